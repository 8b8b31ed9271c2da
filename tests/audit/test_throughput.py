"""How many transactions a second sixteen writers get through, with and without an event in each. Run it by `make soak`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from rooms.base import Db
from scheduler.auditing import append, check
from scheduler.auditing.checkpointing import Notary
from scheduler.database import Database
from scheduler.records.accounts import GuessRow
from tests.audit.trail import NOW, NURSE

pytestmark = [pytest.mark.soak, pytest.mark.benchmark]

WRITERS = 16
SECONDS = 5.0


def rate(database: Database, work: Callable[[Db, str], None], name: str) -> float:
    """Transactions a second."""
    until = time.monotonic() + SECONDS
    done = [0] * WRITERS

    def write(writer: int) -> None:
        while time.monotonic() < until:
            database.run(lambda db: work(db, f"{name} {writer} {done[writer]}"))
            done[writer] += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / SECONDS


def plainly(db: Db, key: str) -> None:
    db.add(GuessRow(key=key, failures=1, since=NOW, last_at=NOW))


def told(db: Db, key: str) -> None:
    plainly(db, key)
    append(db, NURSE, action="POST /api/v1/x", now=NOW, category="schedule", objects=[("session", key)], patients=["p_1"], diff={"n": 1})


def test_the_chain_bears_sixteen_writers(database: Database) -> None:
    without, with_chain = rate(database, plainly, "plain"), rate(database, told, "told")
    began = time.monotonic()
    found = check(database, Notary(None, frozenset(), None, ""), now=NOW)
    taken = time.monotonic() - began
    rates = f"{without:.0f} tx/s without the chain, {with_chain:.0f} with it"
    print(f"{database.engine.dialect.name}: {rates}; {found.events} events checked in {taken:.1f} s")  # noqa: T201

    assert found.is_whole
    assert with_chain > 50
