"""What lets the tests of one process be quick, and changes nothing that they could notice."""

from __future__ import annotations

import os
import sys

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.engine.interfaces import CompiledCacheType
from sqlalchemy.util import LRUCache

DIALECTS: dict[str, Dialect] = {}
COMPILED: CompiledCacheType = LRUCache(5_000)
"""Statements that were compiled once: every test has an engine of its own, which would compile all of them anew."""


def be_quick() -> None:
    """For all tests of this process: compile each statement once, and let SQLite not wait for the disk, as PostgreSQL does not.

    The programs that it starts keep their bytecode, wherever this machine says not to: else each would compile all its modules anew.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    event.listen(Engine, "engine_connect", _quicker)


def _quicker(connection: Connection) -> None:
    connection.dialect = DIALECTS.setdefault(connection.dialect.name, connection.dialect)
    connection.execution_options(compiled_cache=COMPILED)
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute("PRAGMA synchronous=off")
