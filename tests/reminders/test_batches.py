"""Many messages taken in one go: what changes before one of them is handed over still counts, and nothing goes out that is out of date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import event

from courses.patients.contact import Channel, Opted
from courses.reaching import Agreement, record_consent
from scheduler.database import Database
from scheduler.reminders.channels.carrier import Came, Outcome, Parcel
from scheduler.reminding.claiming import claim
from scheduler.reminding.sending import deliver
from tests.reminders.mass import many_due, phone
from tests.reminders.world import DAY, HOUR, NOW, World

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ACCEPTED = Outcome(Came.ACCEPTED, "x")
DOWN = Outcome(Came.PASSING, detail="ConnectionRefusedError", is_down=True)


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    many_due(made, 5, now=NOW)
    return made


def send(world: World, then: Callable[[int], Outcome | None]) -> None:
    """Hand over what is due, having something done as the n-th message (from 1) is handed over."""

    def answer(_: Parcel) -> Outcome:
        return then(len(world.box.given)) or ACCEPTED

    world.box.answer = answer
    deliver(world.database, world.clock, world.box, "k_1", still_ours=lambda: True)


def addresses(world: World) -> list[str]:
    return [parcel.address for _, parcel in world.box.given]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What the database was asked."""
    asked: list[str] = []

    def listen(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", listen)
    yield asked
    event.remove(database.engine, "before_cursor_execute", listen)


def test_a_batch_is_taken_in_as_many_statements_as_one_message(world: World) -> None:
    many_due(world, 35, now=NOW, first=2_000)
    counts = []
    for most in (1, 20):
        with statements(world.database) as asked, world.database.transaction() as db:
            assert claim(db, "sms", "k_1", now=NOW, most=most)[0] == most
        counts.append(len(asked))

    assert counts[1] == counts[0] < 30


def test_a_stop_spares_whoever_of_the_batch_was_not_reached_yet(world: World) -> None:
    """The mutant that reads the opt-outs once for each batch has to turn this red."""

    def stop(n: int) -> None:
        if n == 2:
            agreement = Agreement(Channel.SMS, phone(1_004), Opted.OUT, "STOP")
            world.database.run(lambda db: record_consent(db, "p_1004", agreement, by="reply", now=world.clock.now()))

    send(world, stop)

    assert addresses(world) == [phone(n) for n in (1_000, 1_001, 1_002, 1_003)]
    assert world.states() == {"sent": 4, "voided": 1}


def test_a_stop_between_the_decision_and_the_claim_counts(world: World) -> None:
    """The mutant that decides in another transaction than the one that takes has to turn this red."""
    agreement = Agreement(Channel.SMS, phone(1_004), Opted.OUT, "STOP")
    opts_out = partial(record_consent, patient="p_1004", agreement=agreement, by="reply", now=NOW)
    stop = threading.Thread(target=partial(world.database.run, opts_out))

    def listen(_: object, __: object, statement: str, *___: object) -> None:
        if "FROM consent" in statement and stop.ident is None:
            stop.start()
            stop.join(0.5)

    event.listen(world.database.engine, "after_cursor_execute", listen)
    send(world, lambda n: stop.join() if n == 1 else None)
    event.remove(world.database.engine, "after_cursor_execute", listen)

    assert (phone(1_004) in addresses(world), world.states()) == (False, {"sent": 4, "voided": 1})


@pytest.mark.parametrize("what", ["move", "cancel"])
def test_a_change_spares_whoever_of_the_batch_was_not_reached_yet(world: World, what: str) -> None:
    """The mutant that tries again without looking whether the visit still stands has to turn this red."""

    def change(n: int) -> None:
        if n == 2 and what == "move":
            world.move(1_004, NOW + 2 * DAY)
        elif n == 2:
            world.cancel(1_004)

    send(world, change)

    assert (phone(1_004) in addresses(world), world.states()) == (False, {"sent": 4, "voided": 1})


def test_a_visit_called_off_while_its_message_waits_to_be_tried_again(world: World) -> None:
    send(world, lambda n: Outcome(Came.PASSING, detail="500") if n == 5 else None)
    world.cancel(1_004)
    world.clock.step(2 * MINUTE)
    send(world, lambda _: None)

    assert (len(world.box.given), world.states()) == (5, {"sent": 4, "voided": 1})


def test_a_channel_that_goes_down_leaves_the_rest_as_if_it_had_not_been_taken(world: World) -> None:
    send(world, lambda n: DOWN if n == 3 else None)

    assert world.states() == {"sent": 2, "planned": 3}
    assert [(row.copies, row.tries, row.sent_at) for row in world.messages("planned")] == [(0, 0, None)] * 3
    assert world.lines("m_1004") == ["intent", "given_back"]

    world.box.given.clear()
    send(world, lambda _: None)
    assert addresses(world) == [phone(n) for n in (1_002, 1_003, 1_004)]


def test_what_was_not_begun_soon_is_decided_on_anew_and_fewer_are_taken(world: World) -> None:
    send(world, lambda _: world.clock.step(11 * SECOND))

    assert (set(world.box.copies().values()), world.states()) == ({1}, {"sent": 5})
    assert world.lines("m_1004") == ["intent", "given_back", "intent", "accepted"]


def test_no_message_of_a_batch_goes_out_after_the_decent_hours(world: World) -> None:
    world.clock.set(NOW + 10 * HOUR - 2 * SECOND)  # 19:59:58
    send(world, lambda _: world.clock.step(SECOND))

    assert (len(world.box.given), world.states()) == (2, {"sent": 2, "planned": 3})
    assert {row.why for row in world.messages("planned")} == {"quiet_hours"}


def test_a_crash_in_a_batch_leaves_one_in_doubt_for_good(world: World) -> None:
    """What was taken and not begun goes out once more, one by one: a second crash has only one message in its hands."""

    def crash(at: int) -> Callable[[int], Outcome | None]:
        def then(n: int) -> Outcome | None:
            if n == at:
                raise RuntimeError("a fault of ours, instead of a kill")
            return None

        return then

    with world.database.transaction() as db:  # killed right after the claim: nothing at all was handed over
        assert claim(db, "sms", "k_1", now=NOW, most=5)[0] == 5
    with pytest.raises(RuntimeError):
        send(world, crash(2))
    send(world, lambda _: None)

    assert world.states() == {"sent": 4, "parked": 1}
    assert max(world.box.copies().values()) == 1


def test_what_is_in_doubt_waits_for_a_channel_that_is_down_like_everything_else(world: World) -> None:
    with world.database.transaction() as db:
        assert claim(db, "sms", "k_1", now=NOW, most=5)[0] == 5
    send(world, lambda _: DOWN)
    assert world.states() == {"uncertain": 5}
    send(world, lambda _: None)

    assert (world.states(), max(row.copies for row in world.messages())) == ({"sent": 5}, 2)


def test_after_an_outage_it_catches_up_at_sixty_a_minute_and_holds_up_nothing_new(database: Database) -> None:
    world = World(database)
    many_due(world, 150, now=NOW - 3 * HOUR)
    many_due(world, 10, now=NOW, first=2_000)
    sent = []
    for _ in range(5):
        before = len(world.box.given)
        for _ in range(3):
            send(world, lambda _: None)
        sent.append(len(world.box.given) - before)
        world.clock.step(MINUTE)

    assert sent == [60 + 10, 60, 30, 0, 0]
    assert set(world.box.copies().values()) == {1}
    assert {phone(n) for n in range(2_000, 2_010)} < set(addresses(world)[:70])
