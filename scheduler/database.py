"""The database: SQLite or PostgreSQL behind one door, and the only commit of the house."""

from __future__ import annotations

import asyncio
import copy
import sqlite3
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from rooms import faults
from rooms.base import Db

T = TypeVar("T")

CHANNEL = "chairtime"
"""Where PostgreSQL tells everybody that something was committed."""

COUNTS = 2**31
"""Where the count of transactions on SQLite begins anew."""

CONNECTIONS = 50
WRITERS = 8
"""How many threads of one program write to PostgreSQL at once; the others wait their turn."""
LOCK_WAIT_MS = 20_000
TURN_SECONDS = 0.001
"""How soon a writer on SQLite looks again whether another program is done."""
LOOK_SECONDS = 0.5
"""How often a screen that is kept live looks for changes."""
TRIALS = 3
"""How often what would follow is tried before others are held up for it."""
STATEMENTS = 2_000
"""How many compiled statements are kept: some for each set of sites that somebody may see."""
MIGRATIONS = Path(__file__).parent.parent / "migrations"


def _nothing(_: Db) -> None:
    """The programs' own looks and changes need nothing more."""


@dataclass(frozen=True, slots=True)
class View:
    """Through whose eyes the database is looked at: `opening` is done when a session of it is opened, `closing` right before what was
    changed in it becomes lasting, in the same transaction."""

    opening: Callable[[Db], None] = _nothing
    closing: Callable[[Db], None] = _nothing


class Database:
    """One database and its connections. Give it back by `dispose`."""

    def __init__(self, url: str, view: View | None = None) -> None:
        self.url = url
        self._view = view or View()
        self.engine = make_engine(url)
        self._watch = _Watch(self.engine)
        self._writers = _Queue(1 if self.is_sqlite else WRITERS)
        self._readers = self.engine.execution_options(reading=True, **self._reader_options())
        self._trials = self.engine.execution_options(trial=True)

    def seen_through(self, view: View) -> Database:
        """The same database and connections, through somebody's eyes. It is given back with the one that it was made of."""
        seen = copy.copy(self)
        seen._view = view
        return seen

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self, *, quiet: bool = False) -> Iterator[Db]:
        """A session that may write. Everything done in it is there afterwards, or nothing if an error leaves it.

        Screens that are kept live hear of it, unless it is `quiet`: what they need not show, such as that somebody looked at one.
        """
        with self._writers, self._opened(self.engine) as db:
            yield db
            db.flush()
            self._view.closing(db)
            db.flush()
            faults.point("F5")
            if not quiet:
                self._tell(db)
            db.commit()

    def _tell(self, db: Db) -> None:
        """Let everybody know of this transaction once it is there: SQLite has no news, and counts in its `user_version`."""
        if not self.is_sqlite:
            db.execute(sqlalchemy.text(f"NOTIFY {CHANNEL}"))
            return
        count = db.execute(sqlalchemy.text("PRAGMA user_version")).scalar_one()
        db.execute(sqlalchemy.text(f"PRAGMA user_version = {(count + 1) % COUNTS}"))

    def run(self, work: Callable[[Db], T], *, quiet: bool = False) -> T:
        """What `work` gives in a transaction of its own; once more from the start if PostgreSQL broke a deadlock by ending it."""
        try:
            with self.transaction(quiet=quiet) as db:
                return work(db)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "40P01":
                raise
        with self.transaction(quiet=quiet) as db:
            return work(db)

    def what_would_follow(self, work: Callable[[Db], T]) -> T:
        """What `work` gives in a transaction that is given up. It holds others up on SQLite only from its first change on, not while
        it still reads and plans; if somebody else changes something in between, it is done once more."""
        for _ in range(TRIALS):
            try:
                with self._opened(self._trials) as db:
                    return work(db)
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_BUSY_SNAPSHOT":
                    raise
        with self._writers, self._opened(self.engine) as db:
            return work(db)

    @contextmanager
    def reading(self) -> Iterator[Db]:
        """A session that sees one moment of the database and cannot write. It holds nobody up."""
        with self._opened(self._readers, autoflush=False) as db:
            yield db

    def _opened(self, engine: Engine, *, autoflush: bool = True) -> Db:
        db = Db(engine, expire_on_commit=False, autoflush=autoflush)
        self._view.opening(db)
        return db

    async def changes(self) -> AsyncIterator[None]:
        """Yields at once, and then each time that somebody has committed something, in this program or another."""
        seen = -1
        while True:
            version = await asyncio.to_thread(self._watch.version)
            if version != seen:
                seen = version
                yield
            await asyncio.sleep(LOOK_SECONDS)

    def dispose(self) -> None:
        """Close every connection."""
        self._watch.close()
        self.engine.dispose()

    def _reader_options(self) -> dict[str, object]:
        return {} if self.is_sqlite else {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}


class _Queue:
    """First come, first served, so many at a time.

    SQLite lets its writers try again at random, so that one among many may wait for seconds. Among many on PostgreSQL those that
    hold locks would wait for the processor behind those that wait for the locks.
    """

    def __init__(self, places: int) -> None:
        self._mutex = threading.Lock()
        self._free = places
        self._waiting: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._mutex:
            if self._free:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        if not turn.wait(LOCK_WAIT_MS / 1000):
            self._give_up(turn)

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

    def _give_up(self, turn: threading.Event) -> None:
        with self._mutex:
            if turn in self._waiting:
                self._waiting.remove(turn)
                raise TimeoutError(f"no turn to write came for {LOCK_WAIT_MS / 1000:.0f} seconds")


class _Watch:
    """A number that grows with every commit, looked up on one connection for all who ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._connection: PoolProxiedConnection | None = None
        self._version, self._told, self._looked = 0, 0, 0.0

    def version(self) -> int:
        """The number; the database is asked at most twice in `LOOK_SECONDS`."""
        with self._turn:
            if time.monotonic() - self._looked >= LOOK_SECONDS / 2:
                self._version += self._look()
                self._looked = time.monotonic()
            return self._version

    def close(self) -> None:
        """Give the connection back."""
        with self._turn:
            self._drop()

    def _look(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
                self._changed(self._connection, first=True)
                return True
            return self._changed(self._connection)
        except (self._engine.dialect.loaded_dbapi.Error, sqlalchemy.exc.SQLAlchemyError):
            self._drop()  # the server went away: something may have changed, and the next look opens anew
            return True

    def _changed(self, connection: PoolProxiedConnection, *, first: bool = False) -> bool:
        if self._engine.dialect.name == "sqlite":
            before, self._told = self._told, _told(connection)
            return before != self._told
        if first:
            connection.cursor().execute(f"LISTEN {CHANNEL}")
            connection.commit()
        driver = connection.driver_connection
        return driver is not None and len(list(driver.notifies(timeout=0))) > 0

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None


def _told(connection: PoolProxiedConnection) -> int:
    cursor = connection.cursor()
    cursor.execute("PRAGMA user_version")
    (count,) = cursor.fetchone() or (0,)
    cursor.close()
    return int(count)


def make_engine(url: str) -> Engine:
    """The engine of a database address, set up so that writers queue and nothing acknowledged is lost."""
    parsed = sqlalchemy.make_url(url)
    pool = {"pool_size": CONNECTIONS, "max_overflow": 10, "query_cache_size": STATEMENTS}
    if parsed.get_backend_name() != "sqlite":
        lock_wait = {"options": f"-c lock_timeout={LOCK_WAIT_MS}"}
        return sqlalchemy.create_engine(parsed, hide_parameters=True, pool_pre_ping=True, connect_args=lock_wait, **pool)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(parsed, hide_parameters=True, **pool)  # an error must not tell what was stored
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # else the driver begins transactions by itself, and only with the first write
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={LOCK_WAIT_MS}", "journal_mode=wal", "synchronous=full", "foreign_keys=on"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that reads first and writes later may be refused, so writers queue from the start; what is only tried does not."""
    options = connection.get_execution_options()
    reading = options.get("reading", False)
    waits = reading or options.get("trial", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'on' if reading else 'off'}")
    if waits or not _begin_writing(connection):
        connection.exec_driver_sql("BEGIN DEFERRED" if waits else "BEGIN IMMEDIATE")


def _begin_writing(connection: Connection) -> bool:
    """Whether the turn to write came. SQLite itself would look again after up to 100 ms, and writers of another program slip in between."""
    driver: object = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        return False
    until = time.monotonic() + LOCK_WAIT_MS / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while not _began(driver):
            if time.monotonic() > until:
                return False
            time.sleep(TURN_SECONDS)
        return True
    finally:
        driver.execute(f"PRAGMA busy_timeout={LOCK_WAIT_MS}")


def _began(driver: sqlite3.Connection) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_BUSY":
            raise
        return False
    return True


def alembic_config(url: str) -> Config:
    """Alembic's settings for a database address."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the tables to a revision, up or down. Old or new, never between: one transaction."""
    config = alembic_config(url)
    script = ScriptDirectory.from_config(config)
    target = script.get_revision(revision) if revision != "base" else None
    present = schema_revision(url)
    behind = {each.revision for each in script.walk_revisions("base", present)} if present else set()
    if target is None or target.revision in behind:
        command.downgrade(config, revision if target is None else target.revision)
    else:
        command.upgrade(config, revision)


def schema_revision(url: str) -> str | None:
    """The revision that the tables are at; None for an empty database."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def schema_is_current(url: str) -> bool:
    """Whether the tables are those that this program was written for."""
    return schema_revision(url) == ScriptDirectory.from_config(alembic_config(url)).get_current_head()
