"""Transactions, reading, turns to write and news of changes, on both databases."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.exc import DBAPIError, OperationalError

from rooms.base import Db
from scheduler.database import TRIALS, Database, migrate, schema_is_current

ROOT = Path(__file__).parents[2]
KEEP = sqlalchemy.text("INSERT INTO idempotent_reply (key, scope, body_digest, status, body, created_at) VALUES (:key, '', '', 200, '', 0)")
KEYS = sqlalchemy.text("SELECT key FROM idempotent_reply ORDER BY key")


def keys(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(KEYS))


def fail_after_writing(database: Database) -> None:
    with database.transaction() as db:
        db.execute(KEEP, {"key": "a"})
        raise RuntimeError("the desk fell asleep")


def test_transaction_is_whole_or_not_at_all(database: Database) -> None:
    with pytest.raises(RuntimeError):
        fail_after_writing(database)
    assert keys(database) == []

    with database.transaction() as db:
        db.execute(KEEP, {"key": "a"})
    assert keys(database) == ["a"]


def test_reader_cannot_write(database: Database) -> None:
    with database.reading() as db, pytest.raises(DBAPIError):
        db.execute(KEEP, {"key": "a"})

    with database.transaction() as db:
        db.execute(KEEP, {"key": "b"})
    assert keys(database) == ["b"]


def test_what_would_follow_is_seen_and_not_kept(database: Database) -> None:
    def work(db: Db) -> list[str]:
        db.execute(KEEP, {"key": "a"})
        return list(db.scalars(KEYS))

    assert database.what_would_follow(work) == ["a"]
    assert keys(database) == []


def test_what_would_follow_holds_no_writer_up_while_it_plans_and_sees_what_was_written_meanwhile(database: Database) -> None:
    seen: list[list[str]] = []

    def work(db: Db) -> list[str]:
        seen.append(list(db.scalars(KEYS)))
        if len(seen) == 1:
            with database.transaction() as writing:
                writing.execute(KEEP, {"key": "b"})
        db.execute(KEEP, {"key": "a"})
        return list(db.scalars(KEYS))

    assert database.what_would_follow(work) == ["a", "b"]
    assert seen == ([[], ["b"]] if database.is_sqlite else [[]])
    assert keys(database) == ["b"]


def test_what_would_follow_is_told_in_the_end_however_much_is_written_meanwhile(database: Database) -> None:
    count = 0

    def work(db: Db) -> int:
        nonlocal count
        list(db.scalars(KEYS))
        count += 1
        if count <= TRIALS:
            with database.transaction() as writing:
                writing.execute(KEEP, {"key": f"b-{count}"})
        db.execute(KEEP, {"key": "a"})
        return count

    assert database.what_would_follow(work) == (TRIALS + 1 if database.is_sqlite else 1)


def test_reader_sees_one_moment_and_holds_nobody_up(database: Database) -> None:
    with database.reading() as db:
        before = list(db.scalars(KEYS))
        with database.transaction() as writing:
            writing.execute(KEEP, {"key": "a"})
        assert list(db.scalars(KEYS)) == before

    assert keys(database) == ["a"]


def test_writers_of_two_programs_wait_for_each_other(database: Database) -> None:
    other = Database(database.url)

    def count_up(which: Database) -> None:
        for _ in range(20):
            with which.transaction() as db:
                if not which.is_sqlite:
                    db.execute(sqlalchemy.text("LOCK TABLE idempotent_reply IN EXCLUSIVE MODE"))
                seen = len(list(db.scalars(KEYS)))
                db.execute(KEEP, {"key": f"{seen:03d}"})

    threads = [threading.Thread(target=count_up, args=(which,)) for which in (database, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()

    assert keys(database) == [f"{n:03d}" for n in range(40)]


def test_deadlock_that_the_server_broke_is_tried_once_more(database: Database) -> None:
    tries: list[int] = []

    def work(db: Db) -> str:
        tries.append(len(tries))
        db.execute(KEEP, {"key": str(len(tries))})
        if len(tries) == 1:
            broken = RuntimeError("deadlock detected")
            broken.sqlstate = "40P01"  # type: ignore[attr-defined]  # as the driver's error has it
            raise OperationalError("", None, broken)
        return "done"

    assert database.run(work) == "done"
    assert keys(database) == ["2"]


def test_other_faults_are_not_tried_again(database: Database) -> None:
    def work(_: Db) -> None:
        raise OperationalError("", None, RuntimeError("disk full"))

    with pytest.raises(OperationalError, match="disk full"):
        database.run(work)


def test_change_is_told_once_to_everybody_who_looks(database: Database) -> None:
    other = Database(database.url)

    async def watch() -> tuple[int, int]:
        told = 0

        async def listen() -> None:
            nonlocal told
            async for _ in database.changes():
                told += 1

        listener = asyncio.create_task(listen())
        await _until(lambda: told == 1)
        await asyncio.to_thread(fill, other)
        await _until(lambda: told == 2)
        await asyncio.sleep(1.2)
        listener.cancel()
        return told, 2

    def fill(which: Database) -> None:
        with which.transaction() as db:
            db.execute(KEEP, {"key": "a"})

    told, expected = asyncio.run(watch())
    other.dispose()
    assert told == expected


async def _until(done: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not done():
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.05)


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'deep' / 'er' / 'chairtime.db'}")
    connection = database.engine.raw_connection()
    asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    told = {pragma: connection.cursor().execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in asked}
    connection.close()
    database.dispose()

    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}


def test_schema_is_current_only_after_migrating(unmigrated_database_url: str) -> None:
    assert not schema_is_current(unmigrated_database_url)

    migrate(unmigrated_database_url)

    assert schema_is_current(unmigrated_database_url)


def test_programs_that_start_together_migrate_once(unmigrated_database_url: str) -> None:
    start = [sys.executable, "-c", "import sys; from scheduler.database import migrate; migrate(sys.argv[1])", unmigrated_database_url]

    programs = [subprocess.Popen(start, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    assert [program.communicate()[1] for program in programs] == ["", "", ""]
    assert schema_is_current(unmigrated_database_url)
