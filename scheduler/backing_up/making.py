"""Making a backup while everybody works: all of one moment, encrypted, and either whole or not there."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from rooms.base import Db
from scheduler.backing_up import postgres, sqlite
from scheduler.backing_up.encrypted import Contents, encrypt, recipients_of
from scheduler.database import Database
from scheduler.records.keeping import BackupRow

HALF = ".half"
"""How the name of a file ends that is being written."""
LEFT_AFTER = timedelta(days=1)
"""When a half written file is one that was left, and not one that is being written."""

REVISION = "SELECT version_num FROM alembic_version"
AUDIT_HEAD = "SELECT seq, hash FROM audit_event ORDER BY seq DESC LIMIT 1"
One = Callable[[str], Sequence[object] | None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written whole: the name of its file, the moment that it holds, and its size and SHA-256."""

    name: str
    made_at: datetime
    bytes: int
    digest: str
    revision: str
    audit_head: str


def make_backup(database: Database, place: Path, recipients: Sequence[str], *, pg_bin: Path | None = None, now: datetime) -> Backup:
    """Write a backup into a folder, and note it. Raises `NoRecipient`, `NoTool`, `BackupUnderWay`, `BackupFailed`."""
    public_keys = recipients_of(recipients)
    place.mkdir(parents=True, exist_ok=True)
    _remove_left(place, now)
    descriptor, half = tempfile.mkstemp(dir=place, prefix=".chairtime-", suffix=HALF)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file, _written_out(database, pg_bin, now) as (contents, payload):
            size, digest = encrypt(payload, contents, file, public_keys)
        path = _free_name(place, now)
        Path(half).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(half).unlink()
        raise
    made = Backup(path.name, now, size, digest, contents.revision, contents.audit_head)
    _write_manifest(path, contents, made)
    _sync(place)
    database.run(lambda db: db.add(BackupRow(**{name: getattr(made, name) for name in Backup.__slots__})))
    return made


@contextmanager
def _written_out(database: Database, pg_bin: Path | None, now: datetime) -> Iterator[tuple[Contents, Iterator[bytes]]]:
    if database.is_sqlite:
        with sqlite.copied(sqlite.file_of(database.url)) as copy:
            with closing(sqlite3.connect(copy)) as connection:
                contents = _contents("sqlite", lambda asked: connection.execute(asked).fetchone(), now)
            yield contents, sqlite.chunks(copy)
        return
    with database.reading() as db:
        one = _one(db)
        snapshot, version = one("SELECT pg_export_snapshot(), current_setting('server_version_num')::int") or ("", 0)
        program = postgres.tool("pg_dump", int(str(version)) // 10_000, pg_bin)
        with postgres.dumped(database.engine, program, str(snapshot)) as payload:
            yield _contents("postgresql", one, now), payload


def _one(db: Db) -> One:
    return lambda asked: db.execute(text(asked)).one_or_none()


def _contents(kind: str, one: One, now: datetime) -> Contents:
    (revision,) = one(REVISION) or ("",)
    head = one(AUDIT_HEAD)
    return Contents(kind, now, str(revision), f"{head[0]} {head[1]}" if head else "", importlib.metadata.version("chairtime"))


def _free_name(place: Path, now: datetime) -> Path:
    stem = f"chairtime-{now:%Y%m%dT%H%M%SZ}"
    names = (place / f"{stem}{f'-{number}' if number else ''}.age" for number in range(1000))
    return next(path for path in names if not path.exists())


def _write_manifest(path: Path, contents: Contents, made: Backup) -> None:
    """What can be known of a backup without its key, so that a copy elsewhere can be checked."""
    facts = contents.facts() | {"file": made.name, "bytes": made.bytes, "sha256": made.digest}
    manifest = path.with_suffix(".json")
    half = manifest.with_name(f".{manifest.name}{HALF}")
    with half.open("w", encoding="utf-8") as file:
        file.write(json.dumps(facts, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    half.replace(manifest)


def _remove_left(place: Path, now: datetime) -> None:
    for left in place.glob(f".chairtime-*{HALF}"):
        if now.timestamp() - left.stat().st_mtime > LEFT_AFTER.total_seconds():
            left.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make the names in a folder lasting, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
