"""Failures of peers with reminders, each a test of ours: what is tested elsewhere is named, what is not is tested here."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.database import Database
from scheduler.reminders import queries
from scheduler.reminders.channels.carrier import Came, Outcome
from tests.reminders.world import DAY, HOUR, World

TESTS = Path(__file__).parents[1]
POLICY, SENDING, OURS = "reminders/test_policy.py", "reminders/test_sending.py", "known_failures/test_messages.py"
ASKED, SCREENS = "reminders/test_asked_to_move.py", "reminders/test_screens.py"
CLOSING, WAYS = "openings/test_closing.py", "openings/test_every_way.py"
TESTED = {
    "a reminder mailed every hour all day": [(OURS, "test_a_hundred_rounds_of_a_day_are_one_message")],
    "recurring visits never marked as notified": [(OURS, "test_each_visit_of_a_course_has_its_own_reminders")],
    "a window of 150 hours around the lead time": [(OURS, "test_the_lead_is_exact_to_the_minute")],
    "cancelled, still reminded": [
        (OURS, "test_called_off_a_second_before_it_goes_out"),
        (POLICY, "test_cancelled_between_planning_and_sending_is_not_sent"),
        ("reminders/test_batches.py", "test_a_change_spares_whoever_of_the_batch_was_not_reached_yet"),
    ],
    "asked to move, still reminded": [
        (ASKED, "test_asked_right_before_it_goes_out"),
        (ASKED, "test_after_r_the_reminder_says_so"),
        (ASKED, "test_after_asking_on_the_page_the_reminder_says_so"),
        (ASKED, "test_after_the_desk_wrote_down_other_times_the_reminder_says_so"),
    ],
    "the old time after a move": [
        (POLICY, "test_asked_to_move_and_moved_before_sending_shows_the_new_time"),
        (POLICY, "test_a_move_is_told_once_with_the_new_time_and_the_old_reminders_are_void"),
    ],
    "all reminders sent at a late booking": [(POLICY, "test_a_late_booking_skips_what_is_past_and_tells_how_to_get_ready")],
    "moved closer, never told": [(OURS, "test_a_visit_that_is_moved_closer_is_told_of")],
    "retried for ever": [
        (SENDING, "test_a_failure_that_passes_is_tried_again_later_and_later"),
        (OURS, "test_what_was_given_up_is_on_the_call_list"),
    ],
    "an edited template cancels what is planned": [(POLICY, "test_a_text_that_is_edited_keeps_what_is_planned")],
    "many mails for one recurring event": [(POLICY, "test_a_daily_course_has_one_message_a_week")],
    "a reminder after the visit": [
        (OURS, "test_nothing_that_is_due_goes_out_after_the_visit_began"),
        (POLICY, "test_never_after_the_visit_began"),
    ],
    "run twice, told twice; misses a day, never told": [
        ("reminders/test_many.py", "test_two_workers_at_once_send_each_message_once"),
        (POLICY, "test_after_36_hours_of_outage_each_is_sent_or_expired_by_rule"),
    ],
    "two mails for one refusal": [(POLICY, "test_a_cancelled_visit_is_told_once_and_never_reminded_of")],
    "a text at three in the morning": [(POLICY, "test_nothing_goes_out_at_night_where_the_patient_is")],
    "the job never ran": [
        (SENDING, "test_readiness_names_a_silent_worker_and_messages_that_wait"),
        (SCREENS, "test_the_status_says_when_it_last_ran_and_what_comes_next"),
    ],
    "who waits is not told that the day is closed": [
        (CLOSING, "test_who_waits_for_a_day_that_is_closed_is_told_once"),
        (CLOSING, "test_who_cannot_be_reached_is_called"),
        ("openings/test_messages.py", "test_closing_the_day_tells_those_who_were_offered_it"),
    ],
    "more capacity does not wake who waits": [(WAYS, "test_it_is_offered_with_the_next_beat")],
}
"""Each failure that is known of peers, with the files and the names of its tests."""


@pytest.fixture
def world(sqlite_template: Path, tmp_path: Path) -> Iterator[World]:
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'messages.db')}")
    yield World(database)
    database.dispose()


@pytest.mark.parametrize("failure", TESTED)
def test_each_failure_has_its_test(failure: str) -> None:
    for file, name in TESTED[failure]:
        tree = ast.parse((TESTS / file).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_a_hundred_rounds_of_a_day_are_one_message(world: World) -> None:
    starts = world.local("2026-12-01T20:00")
    world.booked(starts)
    world.run(starts - DAY - HOUR)
    before = len(world.box.given)

    for n in range(100):
        world.clock.set(starts - DAY + n * timedelta(minutes=14))
        world.turn()

    assert [row.kind for row in world.messages("sent") if row.sent_at and row.sent_at >= starts - DAY] == ["day_before"]
    assert (len(world.box.given) - before, set(world.box.copies().values())) == (1, {1})


def test_called_off_a_second_before_it_goes_out(world: World) -> None:
    starts = world.local("2026-12-01T10:30")
    session = world.booked(starts)
    world.run(starts - DAY - timedelta(seconds=1))
    assert {row.kind for row in world.messages("planned")} >= {"day_before"}
    before = len(world.box.given)
    world.cancel(session)

    world.clock.set(starts - DAY)
    world.turn(plans=False)

    assert (len(world.box.given), [row.state for row in world.messages() if row.kind == "day_before"]) == (before, ["voided"])


def test_nothing_that_is_due_goes_out_after_the_visit_began(world: World) -> None:
    """The rows are there and due, and nobody plans anew: taking them is what decides."""
    starts = world.local("2026-12-01T10:30")
    world.booked(starts)
    world.run(starts - 4 * DAY)
    before = len(world.box.given)
    assert {row.kind for row in world.messages("planned")} == {"three_days", "day_before"}

    world.clock.set(starts)
    for _ in range(3):
        world.turn(plans=False)
        world.clock.step(DAY / 2)

    assert (len(world.box.given), world.states()["expired"]) == (before, 2)


def test_each_visit_of_a_course_has_its_own_reminders(world: World) -> None:
    starts = [world.local(f"2026-12-{day:02d}T10:30") for day in (1, 4, 8)]
    world.booked(*starts)

    world.run(starts[-1] + HOUR)

    reminded = [(row.visit_at, row.kind) for row in world.messages("sent") if row.kind != "booked"]
    assert sorted(reminded) == sorted((at, kind) for at in starts for kind in ("three_days", "day_before"))


@pytest.mark.parametrize("minutes", [1, 17, 59])
def test_the_lead_is_exact_to_the_minute(world: World, minutes: int) -> None:
    starts = world.local("2026-12-01T10:00") + timedelta(minutes=minutes)
    world.booked(starts)

    world.run(starts)

    assert world.box.times[1:] == [starts - 3 * DAY, starts - DAY]


@pytest.mark.parametrize("hours", [2, 5, 26])
def test_a_visit_that_is_moved_closer_is_told_of(world: World, hours: int) -> None:
    session = world.booked(world.local("2026-12-10T10:30"))
    world.turn()
    world.clock.step(HOUR)
    near = world.clock.now() + hours * HOUR
    world.move(session, near)

    world.run(near)

    about_it = [row for row in world.messages("sent") if row.visit_at == near]
    assert "moved" in {row.kind for row in about_it}
    assert all(row.sent_at is not None and row.sent_at < near for row in about_it)


def test_what_was_given_up_is_on_the_call_list(world: World) -> None:
    starts = world.local("2026-12-01T10:30")
    world.booked(starts)
    world.run(starts - 25 * HOUR)
    world.box.answer = lambda _: Outcome(Came.PASSING, detail="500")
    world.run(starts - 20 * HOUR, step=timedelta(minutes=10))

    with world.database.reading() as db:
        (listed,) = queries.call_list(db, world.site_id, now=world.clock.now())
    assert (listed.kind, listed.state, listed.why) == ("day_before", "failed", "500")
