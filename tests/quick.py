"""What lets the tests of one process be quick, and changes nothing that they could notice."""

from __future__ import annotations

import gc

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.engine.interfaces import CompiledCacheType
from sqlalchemy.util import LRUCache

YOUNG = 50_000
"""How many objects are made before those that refer to each other are looked for: by itself Python looks for them a hundred times as often,
which takes a quarter of the time of a request."""

DIALECTS: dict[str, Dialect] = {}
COMPILED: CompiledCacheType = LRUCache(5_000)
"""Statements that were compiled once: every test has an engine of its own, which would compile all of them anew."""


def be_quick() -> None:
    """For all tests of this process: look for rubbish seldom, compile each statement once, and let SQLite not wait for the disk."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    event.listen(Engine, "engine_connect", _quicker)


def _quicker(connection: Connection) -> None:
    connection.dialect = DIALECTS.setdefault(connection.dialect.name, connection.dialect)
    connection.execution_options(compiled_cache=COMPILED)
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute("PRAGMA synchronous=off")
