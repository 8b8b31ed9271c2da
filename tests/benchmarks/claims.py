"""`python -m tests.benchmarks.claims`: how fast messages that are due are decided on and taken, beside the database's own rate.

The database's own rate is that of the bare claim: the same rows taken in the same order and as many at once, with their intents, in SQL
that decides nothing, renders no words and tells no audit trail. The two take turns over the same messages, so that whatever else the
machine does slows both; then once more the other way round, so that each has taken every message.
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

COUNT, SOME, A_TURN = 100_000, 10_000, 1_000
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


@dataclass(slots=True)
class Turns:
    """What one of the two took so far, in how many seconds, and of these how many the processor worked for this program."""

    take: Callable[[], int]
    taken: int = 0
    seconds: float = 0.0
    busy: float = 0.0

    def go(self, most: int) -> int:
        """Take so many, or what is left."""
        begun, worked, before = time.perf_counter(), time.process_time(), self.taken
        while self.taken - before < most and (some := self.take()):
            self.taken += some
        self.seconds += time.perf_counter() - begun
        self.busy += time.process_time() - worked
        return self.taken - before

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.taken / self.seconds


def rates(url: str, count: int, most: int) -> str:
    """Both rates over so many messages, so many taken at once, in an empty database."""
    migrate(url)
    database = Database(url)
    world = World(database)
    for done in range(0, count, SOME):
        many_due(world, min(SOME, count - done), now=NOW, first=1_000 + done)
    worker = auditing.seen_by(database, WORKER, lambda: NOW)
    bare = Turns(lambda: database.run(partial(_bare, most=most), quiet=True))
    ours = Turns(lambda: len(worker.run(partial(claim, channel="sms", holder="k_1", now=NOW, most=most), quiet=True)[1]))
    for one, other in ((bare, ours), (ours, bare)):
        _tidy(database)
        while one.go(A_TURN) + other.go(A_TURN):
            pass
        with database.engine.begin() as connection:
            connection.execute(sqlalchemy.text(AS_BEFORE))
    assert bare.taken + ours.taken == 2 * count
    name = version_of(database)
    database.dispose()
    return (
        f"{name}, {most} at once: {ours.taken:,} due and claimed, {ours.rate:,.0f}/s ({ours.taken / ours.busy:,.0f} for each "
        f"second of the processor); bare SQL {bare.taken:,}, {bare.rate:,.0f}/s; ratio {ours.rate / bare.rate:.2f}"
    )


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
