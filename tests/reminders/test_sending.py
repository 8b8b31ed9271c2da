"""What becomes of a message that is taken: failures that pass and those that stay, what nobody knows, what people and reports decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import insert

from rooms.errors import Unknown
from scheduler.database import Database
from scheduler.records.keeping import RestorationRow
from scheduler.reminders import queries
from scheduler.reminders.channels.carrier import Came, Outcome, Parcel
from scheduler.reminding import calling
from scheduler.reminding.calling import NotToBeSent
from scheduler.reminding.electing import LASTS, REMINDING
from scheduler.reminding.settling import settle
from scheduler.reminding.working import troubles
from tests.reminders.world import DAY, HOUR, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    made.booked(made.local("2026-12-01T10:30"))
    return made


def always(outcome: Outcome) -> Callable[[Parcel], Outcome]:
    return lambda _: outcome


def only(world: World) -> tuple[str, str, int]:
    (row,) = [row for row in world.messages() if row.kind == "booked"]
    return row.state, row.why, row.copies


def key_of(world: World) -> str:
    return next(row.public_id for row in world.messages() if row.kind == "booked")


def test_a_failure_that_passes_is_tried_again_later_and_later(world: World) -> None:
    world.box.answer = always(Outcome(Came.PASSING, detail="503"))

    world.run(world.now + 3 * HOUR, step=MINUTE * 5)

    waits = [b - a for a, b in zip(world.box.times, world.box.times[1:], strict=False)]
    assert waits == [timedelta(minutes=each) for each in (1, 2, 4, 8, 16, 30, 30)]
    assert only(world) == ("failed", "503", 0)


def test_a_channel_that_is_down_is_left_alone_until_the_next_beat_and_nothing_is_given_up(world: World) -> None:
    for _ in range(4):
        world.booked(world.local("2026-12-01T10:30"))
    world.box.answer = always(Outcome(Came.PASSING, detail="ConnectionRefusedError", is_down=True))
    world.turn()
    assert len(world.box.given) == 1

    world.run(world.now + timedelta(minutes=30), step=MINUTE)
    world.box.answer = always(Outcome(Came.ACCEPTED, "x"))
    world.run(world.now + timedelta(minutes=70), step=MINUTE)

    assert world.states()["sent"] == 5
    assert world.states()["failed"] == 0


def test_the_gateways_wait_is_kept_to(world: World) -> None:
    world.box.answer = always(Outcome(Came.PASSING, detail="429", wait=600))
    world.turn()
    world.box.answer = always(Outcome(Came.ACCEPTED, "x"))
    world.run(world.now + HOUR)

    assert world.box.times == [world.now, world.now + timedelta(minutes=10)]


def test_a_refusal_is_final_and_on_the_call_list_where_it_matters(world: World) -> None:
    session = world.booked(world.local("2026-12-02T10:30"))
    world.box.answer = always(Outcome(Came.REFUSED, detail="21211"))
    world.turn()
    world.clock.step(HOUR)
    world.move(session, world.local("2026-12-03T10:30"))
    world.turn()

    assert {(row.kind, row.why, row.copies) for row in world.messages("failed")} == {("booked", "21211", 0), ("moved", "21211", 0)}
    with world.database.reading() as db:
        assert [each.kind for each in queries.call_list(db, world.site_id, now=world.clock.now())] == ["moved"]


def test_a_number_opted_out_at_the_gateway_is_opted_out_here(world: World) -> None:
    world.box.answer = always(Outcome(Came.REFUSED, detail="21610"))

    world.run(world.local("2026-12-01T10:30"))

    assert len(world.box.given) == 1
    assert [row.kind for row in world.messages() if row.channel == "desk"] == ["day_before"]


def test_what_may_have_gone_out_goes_once_more_and_then_waits_for_a_person(world: World) -> None:
    world.box.answer = always(Outcome(Came.UNKNOWN, detail="TimeoutError"))

    world.run(world.now + 6 * HOUR, step=MINUTE * 5)

    assert world.box.times == [world.now, world.now + timedelta(minutes=10)]
    assert only(world) == ("parked", "may_have_gone_out", 2)
    assert world.lines(key_of(world)) == ["intent", "unknown", "intent", "unknown"]
    with world.database.reading() as db:
        assert [each.public_id for each in queries.call_list(db, world.site_id, now=world.clock.now())] == [key_of(world)]


def test_a_report_settles_what_nobody_knew(world: World) -> None:
    world.box.answer = always(Outcome(Came.UNKNOWN, detail="TimeoutError"))
    world.turn()
    assert only(world)[0] == "uncertain"

    with world.database.transaction() as db:
        assert settle(db, key_of(world), "SM1", "delivered", "", now=world.clock.now())
    world.run(world.now + 2 * HOUR)

    assert (only(world)[0], len(world.box.given)) == ("sent", 1)


@pytest.mark.parametrize("order", [*permutations(("queued", "sent", "delivered")), *permutations(("queued", "sent", "undelivered"))])
def test_reports_in_any_order_and_many_times_end_the_same(world: World, order: tuple[str, ...]) -> None:
    world.turn()
    key = key_of(world)

    for status in order * 5:
        with world.database.transaction() as db:
            settle(db, key, "SM1", status, "30003" if status == "undelivered" else "", now=world.clock.now() + DAY)

    assert only(world)[0] == ("failed" if "undelivered" in order else "sent")
    assert sorted(line for line in world.lines(key) if line.startswith("report")) == sorted(f"report_{status}" for status in order)


def test_a_report_of_nothing_of_ours(world: World) -> None:
    with world.database.transaction() as db, pytest.raises(Unknown):
        settle(db, "m_nothing", "SM1", "delivered", "", now=world.now)


def test_after_a_restore_nothing_that_was_due_before_goes_out_by_itself(world: World) -> None:
    """The mutant that does not raise the barrier has to turn this red."""
    world.turn(carriers=(world.mails,))
    with world.database.transaction() as db:
        restored = {"restored_at": world.now + HOUR, "point": world.now - DAY, "name": "b", "digest": "0"}
        db.execute(insert(RestorationRow), [restored])
    world.clock.step(2 * HOUR)
    world.turn()
    assert (world.box.given, only(world)) == ([], ("parked", "restored", 0))

    with world.database.transaction() as db:
        calling.send_again(db, key_of(world), now=world.clock.now())
    world.turn()
    assert (len(world.box.given), only(world)[0]) == (1, "sent")


def test_a_person_sends_what_failed_again_but_not_what_went_out(world: World) -> None:
    world.box.answer = always(Outcome(Came.REFUSED, detail="30003"))
    world.turn()
    world.box.answer = always(Outcome(Came.ACCEPTED, "x"))
    with world.database.transaction() as db:
        calling.send_again(db, key_of(world), now=world.clock.now())
    world.turn()

    assert (len(world.box.given), only(world)[0]) == (2, "sent")
    with world.database.transaction() as db, pytest.raises(NotToBeSent):
        calling.send_again(db, key_of(world), now=world.clock.now())


def test_a_fault_of_ours_in_the_middle_of_sending_leaves_nothing_taken_for_ever(world: World) -> None:
    def broken(_: Parcel) -> Outcome:
        raise RuntimeError("a fault of ours")

    world.box.answer = broken
    with pytest.raises(RuntimeError):
        world.turn()
    assert only(world)[0] == "claimed"

    world.box.answer = always(Outcome(Came.ACCEPTED, "x"))
    world.turn()
    assert (only(world)[0], len(world.box.given)) == ("sent", 2)


def test_one_of_two_workers_is_at_work_and_the_other_takes_over(world: World) -> None:
    other = world.hire()
    assert (world.worker.beat(), other.beat()) == (True, False)

    world.clock.step(LASTS - timedelta(seconds=1))
    assert other.beat() is False
    world.clock.step(timedelta(seconds=1))
    assert (other.beat(), world.worker.beat()) == (True, False)

    other.stop()
    assert world.worker.beat() is True


def test_the_clock_put_back_does_not_leave_the_post_empty(world: World) -> None:
    other = world.hire()
    assert world.worker.beat()

    world.clock.step(-DAY)
    assert other.beat()


def test_readiness_names_a_silent_worker_and_messages_that_wait(world: World) -> None:
    assert "was never at work" in troubles(world.database, now=world.now)[0]
    world.turn(carriers=(world.mails,))
    assert troubles(world.database, now=world.now) == []

    later = world.now + timedelta(minutes=11)
    found = troubles(world.database, now=later)
    assert ["said nothing since" in found[0], "waiting to go out since" in found[1]] == [True, True]
    with world.database.reading() as db:
        assert queries.lease(db, REMINDING) is not None
