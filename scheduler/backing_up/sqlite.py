"""SQLite's way of writing a database out while it is used. The file itself must never be copied: half of it may be in the `-wal` file."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from scheduler.backing_up.encrypted import CHUNK
from scheduler.backing_up.refusals import BackupUnderWay, NotWhole

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database's file."""


def file_of(url: str) -> Path:
    """The file of a database."""
    return Path(make_url(url).database or "")


@contextmanager
def copied(path: Path) -> Iterator[Path]:
    """A copy of a database as it is at one moment, beside it and readable by its owner only; it is gone afterwards."""
    copy = path.with_name(f".{path.name}.backup")
    with _alone(path.parent, str(path)):
        remove(copy)  # what a backup that was killed has left
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as into:
                live.backup(into)
                into.execute("PRAGMA journal_mode=delete")
            yield copy
        finally:
            remove(copy)


def chunks(path: Path) -> Iterator[bytes]:
    """A file, a piece at a time."""
    with path.open("rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")


def check(path: Path, backup: Path) -> None:
    """Raises `NotWhole` for a file that SQLite itself does not find sound."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise NotWhole(backup, f"SQLite finds fault with it ({said})")


def remove(path: Path) -> None:
    """A database's file, and what is beside it."""
    path.unlink(missing_ok=True)
    remove_beside(path)


def remove_beside(path: Path) -> None:
    """What is beside a database's file. Left there, SQLite would play it into the file that is put in its place."""
    for ending in BESIDE:
        path.with_name(path.name + ending).unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path, database: str) -> Iterator[None]:
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise BackupUnderWay(database) from None
    try:
        yield
    finally:
        os.close(held)
