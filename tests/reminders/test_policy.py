"""What is said when: a day in the life of messages, by a clock that the test sets."""

from __future__ import annotations

import pytest

from scheduler.database import Database
from tests.reminders.world import DAY, HOUR, World


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def kinds(world: World, *states: str) -> list[str]:
    return [row.kind for row in world.messages(*states)]


def test_one_visit_is_told_at_booking_three_days_and_one_day_before(world: World) -> None:
    starts = world.local("2026-12-01T10:30")
    world.booked(starts)

    world.run(starts + HOUR)

    assert kinds(world, "sent") == ["booked", "day_before", "three_days"]
    assert world.box.times == [world.now, starts - 3 * DAY, starts - DAY]
    assert world.box.texts[0] == (
        "Linden Clinic: Ana, your visits are booked. The first is Tue, Dec 1, 10:30 AM. Questions? Call +15551234567. "
        "Reply STOP to end texts."
    )
    assert set(world.box.copies().values()) == {1}
