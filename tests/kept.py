"""Worlds that many tests begin with: made once in each process, and put into the empty database of whoever begins with the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Generic, TypeVar

import psycopg
from psycopg.sql import SQL, Identifier

import courses.records  # noqa: F401  # the records fill the metadata by being imported
import scheduler.records  # noqa: F401
from rooms.base import Base
from scheduler.database import Database

Cursor = psycopg.Cursor[tuple[object, ...]]
Told = TypeVar("Told")
TABLES = [table.name for table in Base.metadata.sorted_tables]
WITHOUT_LOG = b"\1\1"
"""Says in the head of a SQLite file that no log of changes stands beside it: in memory none can."""
AS_COPIED = "SET session_replication_role = replica"
"""No trigger and no reference looks at rows that were looked at when they were first written."""
COUNTERS = """SELECT coalesce(string_agg(format('SELECT setval(%L, %s)', sequencename, last_value), '; ' ORDER BY sequencename), 'SELECT 1')
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"""


@dataclass(frozen=True)
class Rows:
    """Everything in a database: a whole SQLite file, or of PostgreSQL the rows of each table and what sets its counters."""

    file: bytes
    tables: tuple[tuple[str, bytes], ...] = ()
    counters: str = ""


class World(Generic[Told]):
    """One world, as it was made on each kind of database, and what whoever made it told of it."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], tuple[Rows, Told]] = {}

    def begin(self, database: Database, make: Callable[[], Told], *, by: str = "") -> Told:
        """Make the world in an empty database, or put there what was made before by the same `by`; gives what `make` tells of it."""
        key = (database.engine.dialect.name, by)
        if key not in self._made:
            told = make()
            self._made[key] = rows_of(database), deepcopy(told)
            return told
        rows, told_before = self._made[key]
        put(rows, database)
        return deepcopy(told_before)


def rows_of(database: Database) -> Rows:
    """All that is in a database."""
    if database.is_sqlite:
        with closing(sqlite3.connect(str(database.engine.url.database))) as there:
            file = there.serialize()
        return Rows(file[:18] + WITHOUT_LOG + file[20:])
    with _connected(database) as cursor:
        tables = [(name, _lines_of(cursor, name)) for name in TABLES]
        counters = str(cursor.execute(COUNTERS).fetchall()[0][0])
    return Rows(b"", tuple((name, lines) for name, lines in tables if lines), counters)


def put(rows: Rows, database: Database) -> None:
    """Have a database that is empty hold it."""
    if database.is_sqlite:
        with closing(sqlite3.connect(":memory:")) as kept, closing(sqlite3.connect(str(database.engine.url.database))) as there:
            kept.deserialize(rows.file)
            kept.backup(there)
        return
    with _connected(database) as cursor:
        cursor.execute(AS_COPIED)
        for name, lines in rows.tables:
            with cursor.copy(SQL("COPY {} FROM STDIN").format(Identifier(name))) as copy:
                copy.write(lines)
        cursor.execute(SQL(rows.counters))


def _lines_of(cursor: Cursor, table: str) -> bytes:
    with cursor.copy(SQL("COPY {} TO STDOUT").format(Identifier(table))) as copy:
        return b"".join(bytes(lines) for lines in copy)


@contextmanager
def _connected(database: Database) -> Iterator[Cursor]:
    """A connection of its own: what is said on it holds for nobody else."""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        yield cursor
