"""The worker signs the trail when it is due and checks it once a day."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rooms.base import Db
from scheduler.access.checkpoint import public_half
from scheduler.auditing import Notary, append
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.jobs import check_trail_if_due, heartbeat, make_checkpoint_if_due
from tests.audit.trail import NOW, NURSE, events

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

SEED = bytes(range(32, 64))


@pytest.fixture
def notary(tmp_path: Path) -> Notary:
    return Notary(SEED, frozenset({public_half(SEED)}), tmp_path / "checkpoints", "")


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW, frozen=True)


def happen(database: Database, clock: SettableClock) -> None:
    def work(db: Db) -> None:
        append(db, NURSE, action="x", now=clock.now(), category="access")

    database.run(work)


def test_the_trail_is_checked_once_a_day(database: Database, notary: Notary, clock: SettableClock) -> None:
    for hours in (0, 1, 22, 2):
        clock.step(timedelta(hours=hours))
        check_trail_if_due(database, notary, clock)

    checks = [each for each in events(database) if each["action"] == "audit.verify"]
    assert [(each["actor_kind"], each["outcome"]) for each in checks] == [("program", "done"), ("program", "failed")]


def test_what_is_found_is_logged(database: Database, notary: Notary, clock: SettableClock, caplog: pytest.LogCaptureFixture) -> None:
    happen(database, clock)
    clock.step(timedelta(hours=1))

    with caplog.at_level(logging.ERROR, "chairtime.jobs"):
        check_trail_if_due(database, notary, clock)

    assert [each.getMessage() for each in caplog.records] == [
        "audit trail: No checkpoint proves event 1, of 2026-11-23 10:00 UTC; is the worker on?"
    ]


def test_a_place_that_is_away_is_logged_and_tried_again(
    database: Database, notary: Notary, clock: SettableClock, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    happen(database, clock)
    (tmp_path / "a file").touch()
    with caplog.at_level(logging.ERROR, "chairtime.jobs"):
        make_checkpoint_if_due(database, replace(notary, file=tmp_path / "a file" / "checkpoints"), clock)
    assert "no checkpoint of the audit trail was made" in caplog.text

    make_checkpoint_if_due(database, notary, clock)

    assert notary.file is not None
    assert len(notary.file.read_text().splitlines()) == 1


def test_only_a_worker_with_a_key_signs(database: Database, notary: Notary, clock: SettableClock) -> None:
    with_key = {job.func.__name__ for job in heartbeat(database, clock, notary).get_jobs()}
    without = {job.func.__name__ for job in heartbeat(database, clock, replace(notary, seed=None)).get_jobs()}

    assert with_key - without == {"make_checkpoint_if_due"}
