"""What every test may ask for: an empty database built by the real migrations, on SQLite and on PostgreSQL."""

import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy

from scheduler.database import Database, migrate
from tests import quick
from tests.postgres_server import LentDatabase, created_database, postgres_server

# A deadline per example would measure who else is busy on the machine; in CI the same examples are drawn each time.
hypothesis.settings.register_profile("chairtime", deadline=None, derandomize="CI" in os.environ, print_blob=True)
hypothesis.settings.load_profile("chairtime")

# What the program keeps where no setting says otherwise (the installation's key) stays out of the data folder of whoever runs the tests.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="chairtime-")

quick.be_quick()


def pytest_collection_finish() -> None:
    """What was imported stays: nobody need look through it for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """The database `postgres` of a server that lives as long as the tests of this worker."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url_template(postgres_server_url: str, worker_id: str) -> Iterator[str]:
    """A migrated PostgreSQL database that nobody is connected to, to be cloned by `CREATE DATABASE ... TEMPLATE`."""
    with created_database(postgres_server_url, f"chairtime_template_{worker_id}") as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server_url: str, postgres_url_template: str, worker_id: str) -> LentDatabase:
    """A migrated PostgreSQL database that one test after another gets, always without a row."""
    return LentDatabase(postgres_server_url, f"chairtime_test_{worker_id}", str(sqlalchemy.make_url(postgres_url_template).database))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody has open, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    folded = sqlite3.connect(path)
    folded.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folded.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`: a test that reaches this runs on both."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a freshly migrated database without a row."""
    if database_kind == "sqlite":
        yield f"sqlite:///{shutil.copyfile(request.getfixturevalue('sqlite_template'), tmp_path / 'chairtime.db')}"
    else:
        lender: LentDatabase = request.getfixturevalue("postgres_database")
        with lender.lent() as url:
            yield url


@pytest.fixture
def unmigrated_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'unmigrated.db'}"
    else:
        worker = request.getfixturevalue("worker_id")
        with created_database(request.getfixturevalue("postgres_server_url"), f"chairtime_unmigrated_{worker}") as url:
            yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A freshly migrated database without a row, open."""
    opened = Database(database_url)
    yield opened
    opened.dispose()
