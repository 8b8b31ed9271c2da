"""`python -m tests.benchmarks.claims`: how fast messages that are due are decided on and taken, beside the database's own rate.

The database's own rate is that of the bare claim: the same rows taken in the same order and as many at once, with their intents, in SQL
that decides nothing, renders no words and tells no audit trail. Both run over the same messages, one after the other.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import sqlalchemy

from rooms.base import Db
from scheduler import auditing
from scheduler.database import Database, migrate
from scheduler.jobs import WORKER
from scheduler.reminding.claiming import claim
from scheduler.reminding.sending import AT_ONCE
from tests.benchmarks.__main__ import DATABASES, address
from tests.benchmarks.timing import machine, version_of
from tests.reminders.mass import many_due
from tests.reminders.world import NOW, World

COUNT, SOME = 100_000, 10_000
BARE = """
UPDATE message SET state = 'claimed', claimed_by = 'bare', version = version + 1, copies = copies + 1, tries = tries + 1, sent_at = :now
WHERE id IN (SELECT id FROM message WHERE state IN ('planned', 'uncertain') AND channel = 'sms' AND try_at <= :now
             ORDER BY visit_at, id LIMIT :most {hold})
RETURNING id, tries
"""
INTENT = """
INSERT INTO message_attempt (message_id, at, number, what, reference, detail, event) VALUES (:id, :now, :tries, 'intent', '', '', NULL)
"""
AS_BEFORE = "UPDATE message SET state = 'planned', claimed_by = NULL, version = 1, copies = 0, tries = 0, sent_at = NULL"


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a second, `most` taken at once."""

    database: str
    most: int
    bare: float
    ours: float

    def __str__(self) -> str:
        return (
            f"{self.database}, {self.most} at once: {self.ours:,.0f} messages/s due and claimed; "
            f"bare SQL {self.bare:,.0f}/s; ratio {self.ours / self.bare:.2f}"
        )


def rates(url: str, count: int, most: int) -> Rates:
    """Measured over so many messages, in an empty database."""
    migrate(url)
    database = Database(url)
    world = World(database)
    for done in range(0, count, SOME):
        many_due(world, min(SOME, count - done), now=NOW, first=1_000 + done)
    _tidy(database)
    bare = _rate(count, lambda: database.run(partial(_bare, most=most), quiet=True))
    with database.engine.begin() as connection:
        connection.execute(sqlalchemy.text(AS_BEFORE))
    _tidy(database)
    worker = auditing.seen_by(database, WORKER, lambda: NOW)
    ours = _rate(count, lambda: len(worker.run(partial(claim, channel="sms", holder="k_1", now=NOW, most=most), quiet=True)[1]))
    found = Rates(version_of(database), most, bare, ours)
    database.dispose()
    return found


def _rate(count: int, take: Callable[[], int]) -> float:
    begun, taken = time.perf_counter(), 0
    while some := take():
        taken += some
    assert taken == count, (taken, count)
    return count / (time.perf_counter() - begun)


def _bare(db: Db, most: int) -> int:
    bound = {"now": int(NOW.timestamp()), "most": most}
    hold = "" if db.get_bind().dialect.name == "sqlite" else "FOR UPDATE SKIP LOCKED"
    taken = db.execute(sqlalchemy.text(BARE.format(hold=hold)), bound).all()
    if taken:
        db.execute(sqlalchemy.text(INTENT), [{"id": message_id, "tries": tries, "now": bound["now"]} for message_id, tries in taken])
    return len(taken)


def _tidy(database: Database) -> None:
    """What a database does for itself in time: without it, each of the two would meet what the other left behind."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE")


def main() -> int:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, action="append", help="only this one")
    parser.add_argument("--messages", type=int, default=COUNT)
    parser.add_argument("--at-once", type=int, action="append", metavar="N", help=f"how many are taken in one go (the worker: {AT_ONCE})")
    chosen = parser.parse_args()
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    for kind in chosen.database or DATABASES:
        for most in chosen.at_once or [AT_ONCE]:
            with address(kind) as url:
                print(rates(url, chosen.messages, most), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
