"""Whatever somebody does to the trail, the check finds it; and it finds nothing where nobody did anything."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from rooms import equipping
from scheduler.access.checkpoint import public_half
from scheduler.access.verification import Verification
from scheduler.auditing import Notary, append, check, last_check, make_checkpoint, record_check
from scheduler.auditing.checkpointing import TrailBroken
from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.audit.tampering import TAMPERS, Trail, take_guards_away
from tests.audit.trail import CLERK, NOW, NURSE, Ids, add_chair, add_site, watched

SEED = bytes(reversed(range(32)))
STEP = timedelta(seconds=30)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "checkpoints"


@pytest.fixture
def notary(file: Path) -> Notary:
    return Notary(SEED, frozenset({public_half(SEED)}), file, "")


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW, frozen=True)


@pytest.fixture
def lived_in(database: Database, notary: Notary, clock: SettableClock) -> Database:
    """Forty-four events of changes and looks, four checkpoints among them, and eight events after the last."""
    new_id, seen = Ids(), watched(database, NURSE, clock.now)
    site_id = seen.run(lambda db: add_site(db, new_id=new_id))
    for number in range(4):
        for turn in range(8):
            clock.step(STEP)
            if turn % 2:
                database.run(lambda db: append(db, CLERK, action="GET /x", now=clock.now(), category="schedule", patients=["p_1"]))
            else:
                code = f"chair-{number}-{turn}"
                seen.run(lambda db, code=code: add_chair(db, site_id, code, new_id))  # type: ignore[misc]
        if number < 3:
            assert make_checkpoint(database, notary, clock) is not None
    for capacity in range(2, 12):
        clock.step(STEP)
        if capacity == 4:
            assert make_checkpoint(database, notary, clock) is not None
        seen.run(lambda db, wanted=capacity: equipping.change_capacity(db, site_id, "chair-0-0", wanted, now=clock.now()))  # type: ignore[misc]
    return database


def looked(database: Database, notary: Notary, clock: SettableClock) -> Verification:
    return check(database, notary, now=clock.now())


def test_nothing_is_found_where_nobody_did_anything(lived_in: Database, notary: Notary, clock: SettableClock) -> None:
    found = looked(lived_in, notary, clock)

    assert found.findings == ()
    assert (found.events, found.checkpoints, found.proven_up_to, found.unproven) == (44, 4, 36, 8)
    assert found.sentences() == ["Unproven tail: the last 8 events are younger than the last checkpoint."]


@pytest.mark.parametrize("tampers", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_every_tamper_is_found(lived_in: Database, notary: Notary, clock: SettableClock, file: Path, tampers: int) -> None:
    """What is younger than the last checkpoint and agrees with itself is told as unproven; everything else is found."""
    take_guards_away(lived_in)
    original = Trail.read(lived_in, file)
    unseen, merely_unproven = [], 0
    for number in range(tampers):
        tamper, chance, bent = TAMPERS[number % len(TAMPERS)], Random(number), original.copy()
        first = tamper(bent, chance)
        bent.written(lived_in, file)

        found = looked(lived_in, notary, clock)

        if found.is_whole:
            merely_unproven += 1
            if first <= original.proven or not found.unproven:
                unseen.append((number, tamper.__name__, first))
    print(f"{tampers} tampers: {tampers - merely_unproven - len(unseen)} found, {merely_unproven} unproven, {len(unseen)} unseen")  # noqa: T201

    assert unseen == []
    assert merely_unproven < tampers / 10


def test_a_row_that_is_changed_behind_the_trails_back_is_found(lived_in: Database, notary: Notary, clock: SettableClock) -> None:
    bends = {
        "UPDATE resource SET version = version + 1 WHERE code = 'chair-1-0'": "has version 2, but the last that the trail tells of is 1",
        "DELETE FROM resource_capability; DELETE FROM resource WHERE code = 'chair-2-0'": "was removed",
    }
    for bend, sentence in bends.items():
        with lived_in.engine.begin() as connection:
            for statement in bend.split(";"):
                connection.exec_driver_sql(statement)

        assert sentence in looked(lived_in, notary, clock).findings[-1].sentence
    lived_in.run(lambda db: add_site(db, "unwatched", lambda _: "si_unwatched"))
    assert "No event tells that site si_unwatched was made." in looked(lived_in, notary, clock).sentences()


def test_what_is_older_than_the_trail_is_counted(database: Database, notary: Notary, clock: SettableClock) -> None:
    site_id = database.run(add_site)
    database.run(lambda db: add_chair(db, site_id))
    assert looked(database, notary, clock).is_whole

    watched(database).run(lambda db: equipping.change_capacity(db, site_id, "chair-1", 2, now=NOW))

    found = looked(database, notary, clock)
    assert (found.is_whole, found.unwatched) == (True, 1)


def test_a_trail_that_no_checkpoint_proves_for_long_is_told(lived_in: Database, notary: Notary, clock: SettableClock) -> None:
    clock.step(timedelta(minutes=20))

    assert [each.rule for each in looked(lived_in, notary, clock).findings] == ["checkpoint"]


def test_a_check_is_told_in_the_trail(lived_in: Database, notary: Notary, clock: SettableClock) -> None:
    found = looked(lived_in, notary, clock)
    lived_in.run(lambda db: record_check(db, NURSE, found, now=clock.now()))

    with lived_in.reading() as db:
        assert last_check(db) == (clock.now(), found.told())


def test_a_clock_that_went_back_openly_is_no_tamper(lived_in: Database, notary: Notary, clock: SettableClock) -> None:
    clock.step(-timedelta(days=2))
    lived_in.run(lambda db: append(db, NURSE, action="x", now=clock.now(), category="access"))

    assert looked(lived_in, notary, clock).is_whole


def test_checkpoints_are_made_when_due(database: Database, notary: Notary, clock: SettableClock, file: Path) -> None:
    def told() -> bool:
        return make_checkpoint(database, notary, clock, only_if_due=True) is not None

    assert not told()
    database.run(lambda db: append(db, NURSE, action="x", now=NOW, category="access"))
    assert [told(), told()] == [True, False]
    clock.step(timedelta(minutes=6))
    assert not told()
    database.run(lambda db: append(db, NURSE, action="x", now=clock.now(), category="access"))
    assert told()
    with database.transaction() as db:
        for _ in range(999):
            append(db, NURSE, action="x", now=clock.now(), category="access")
    assert not told()
    database.run(lambda db: append(db, NURSE, action="x", now=clock.now(), category="access"))
    assert told()
    assert len(file.read_text().splitlines()) == 3
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_checkpoint_that_reached_only_the_file_is_taken_up(lived_in: Database, notary: Notary, clock: SettableClock, file: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        make_checkpoint(lived_in, replace(notary, syslog="/nowhere/log"), clock)
    assert len(file.read_text().splitlines()) == 5
    lived_in.run(lambda db: append(db, NURSE, action="x", now=clock.now(), category="access"))

    made = make_checkpoint(lived_in, notary, clock)

    assert made is not None
    assert made.checkpoint.number == 6
    assert looked(lived_in, notary, clock).findings == ()


def test_what_did_not_reach_the_file_reaches_it_later(lived_in: Database, notary: Notary, clock: SettableClock, file: Path) -> None:
    whole = file.read_text()
    file.write_text(whole[:-20])  # as if the disk had been full
    assert [each.sentence for each in looked(lived_in, notary, clock).findings] == [f"Checkpoint 4 is missing from {file}."]

    assert make_checkpoint(lived_in, notary, clock, only_if_due=True) is None

    assert file.read_text() == f"{whole[:-20]}\n{whole.splitlines()[-1]}\n"
    assert looked(lived_in, notary, clock).findings == ()


def test_a_place_that_is_away_holds_nobody_up(lived_in: Database, notary: Notary, clock: SettableClock, file: Path) -> None:
    """Whoever adds to the file waits for it outside every transaction: here a reader comes late to a pipe."""
    file.unlink()
    os.mkfifo(file)
    waiting = threading.Thread(target=lambda: make_checkpoint(lived_in, notary, clock), daemon=True)
    waiting.start()
    waiting.join(0.5)

    lived_in.run(lambda db: append(db, NURSE, action="x", now=clock.now(), category="access"))

    assert waiting.is_alive()


def test_a_broken_trail_is_not_signed(lived_in: Database, notary: Notary, clock: SettableClock, file: Path) -> None:
    take_guards_away(lived_in)
    bent = Trail.read(lived_in, file)
    del bent.events[30:]
    bent.written(lived_in, file)

    with pytest.raises(TrailBroken):
        make_checkpoint(lived_in, notary, clock)


def test_what_a_restore_lost_is_said_by_a_signed_checkpoint(lived_in: Database, notary: Notary, clock: SettableClock, file: Path) -> None:
    take_guards_away(lived_in)
    backup = Trail.read(lived_in, file)
    del backup.events[30:]
    backup.checkpoints = backup.checkpoints[:2]
    backup.written(lived_in, file)
    with lived_in.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE resource SET version = 1")
    assert not looked(lived_in, notary, clock).is_whole

    made = make_checkpoint(lived_in, notary, clock, after_restore=True)

    found = looked(lived_in, notary, clock)
    assert made is not None
    assert (made.checkpoint.number, made.checkpoint.seq, made.checkpoint.restored) == (5, 30, 1)
    assert [each for each in found.findings if each.rule == "checkpoint"] == []
    assert found.lost_by_restores == 6


@contextmanager
def log_server() -> Iterator[tuple[str, Iterator[str]]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        host, port = listening.getsockname()
        yield f"{host}:{port}", (listening.recv(4096).decode() for _ in range(1))


def test_checkpoints_go_to_a_log_server(database: Database, clock: SettableClock) -> None:
    with log_server() as (address, lines):
        database.run(lambda db: append(db, NURSE, action="x", now=NOW, category="access"))
        made = make_checkpoint(database, Notary(SEED, frozenset(), None, address), clock)

        assert made is not None
        assert made.line() in next(lines)
