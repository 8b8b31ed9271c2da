"""Putting a backup back into an empty place, so that nothing is sent twice and nobody stays signed in.

Until everything is in place, the database is not at any revision that Chairtime would start with: a machine that stops half way leaves
nothing that looks like a clinic.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from rooms import faults
from scheduler.backing_up import postgres, sqlite
from scheduler.backing_up.encrypted import Contents, decrypt, identities_of
from scheduler.backing_up.refusals import AnotherKind, FromNewerProgram, NotEmpty, NotWhole
from scheduler.database import alembic_config, make_engine, migrate

OURS = """SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'"""
RAISE_BARRIER = "INSERT INTO restoration (restored_at, point, name, digest) VALUES (:now, :point, :name, :digest)"
CLOSED = (
    "UPDATE login SET closed_at = :now WHERE closed_at IS NULL",
    "UPDATE invitation SET ends_at = :now WHERE used_at IS NULL AND ends_at > :now",
    "UPDATE challenge SET ends_at = :now WHERE used_at IS NULL AND ends_at > :now",
    "UPDATE approval SET ends_at = :now WHERE used_at IS NULL AND ends_at > :now",
    "UPDATE break_glass SET ended_at = :now WHERE ended_at IS NULL AND ends_at > :now",
    "UPDATE visit_link SET revoked_at = :now, revoked_by = 'restore', version = version + 1 WHERE revoked_at IS NULL",
)
"""What was open when the backup was made: since then somebody may have left, used a link that serves once, or changed a number."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and from when on messages go out by themselves again."""

    contents: Contents
    barrier: datetime


def restore(file: Path, identity: str, url: str, *, pg_bin: Path | None = None, now: datetime) -> Restored:
    """Put a backup back, and bring its tables to this edition. `identity` is the text of the file with the secret key.

    Raises `NotEmpty`, `NotOurKey`, `NotWhole`, `AnotherKind`, `FromNewerProgram`, `NoTool`, `BackupFailed`.
    """
    identities = identities_of(identity)
    wanted = sqlalchemy.make_url(url).get_backend_name()
    _refuse_what_is_there(url, wanted)
    digest = _digest(file)
    with _scratch(url, wanted) as scratch:
        contents = decrypt(file, scratch, identities)
        if contents.kind != wanted:
            raise AnotherKind(contents.kind, wanted)
        _refuse_unknown(contents.revision)
        facts = {
            "now": max(int(now.timestamp()), int(contents.made_at.timestamp())),
            "point": int(contents.made_at.timestamp()),
            "name": file.name,
            "digest": digest,
        }
        if wanted == "sqlite":
            _into_sqlite(file, scratch, sqlite.file_of(url), facts)
        else:
            _into_postgresql(url, scratch, contents, facts, pg_bin)
    return Restored(contents, max(now, contents.made_at))


def _refuse_what_is_there(url: str, kind: str) -> None:
    if kind == "sqlite":
        path = sqlite.file_of(url)
        if path.exists() and path.stat().st_size:
            raise NotEmpty(str(path))
        return
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if connection.scalar(text(OURS)):
                raise NotEmpty(sqlalchemy.make_url(url).render_as_string(hide_password=True))
    finally:
        engine.dispose()


def _digest(file: Path) -> str:
    """The file's SHA-256. Raises `NotWhole` if what stands beside it says another one."""
    with file.open("rb") as read:
        digest = hashlib.file_digest(read, "sha256").hexdigest()
    manifest = file.with_suffix(".json")
    if manifest.is_file() and digest not in manifest.read_text(encoding="utf-8", errors="replace"):
        raise NotWhole(file, f"it is not the file that {manifest.name} tells of")
    return digest


def _refuse_unknown(revision: str) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions()}
    if revision not in known:
        raise FromNewerProgram(revision)


@contextmanager
def _scratch(url: str, kind: str) -> Iterator[Path]:
    """An empty file that only its owner reads: beside the database, where it can be renamed into place, or among the machine's own."""
    path = sqlite.file_of(url) if kind == "sqlite" else None
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path and path.parent, prefix=".chairtime-restore-")
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        sqlite.remove(Path(name))


def _into_sqlite(file: Path, scratch: Path, target: Path, facts: dict[str, object]) -> None:
    sqlite.check(scratch, file)
    engine = sqlalchemy.create_engine(f"sqlite:///{scratch}", poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        _close_everything(connection, facts)
    migrate(f"sqlite:///{scratch}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=delete")  # so that all of it is in the file that is renamed
    faults.point("F25")
    sqlite.remove_beside(target)
    with scratch.open("rb") as whole:
        os.fsync(whole.fileno())
    scratch.replace(target)


def _into_postgresql(url: str, scratch: Path, contents: Contents, facts: dict[str, object], pg_bin: Path | None) -> None:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            major = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
        postgres.put_back(engine, postgres.tool("pg_restore", major, pg_bin), scratch, leaving="alembic_version")
        faults.point("F25")
        with engine.begin() as connection:
            _close_everything(connection, facts)
            connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:revision)"), {"revision": contents.revision})
    finally:
        engine.dispose()
    migrate(url)


def _close_everything(connection: Connection, facts: dict[str, object]) -> None:
    connection.execute(text(RAISE_BARRIER), facts)
    for statement in CLOSED:
        connection.execute(text(statement), {"now": facts["now"]})
