"""Keys for backups, and an empty place to put one back into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import make_url

from scheduler.backing_up.encrypted import new_identity
from scheduler.database import Database, migrate
from scheduler.granting import grant
from tests.postgres_server import created_database

OWNER, RUNNING = "chairtime_owner", "chairtime_runs"
PASSWORDS = {OWNER: "the-owners-own-words", RUNNING: "the-programs-own-words"}


@dataclass(frozen=True)
class KeyPair:
    """The secret half opens, the public half closes."""

    secret: str
    public: str


@pytest.fixture
def backup_key() -> KeyPair:
    return KeyPair(*new_identity())


@pytest.fixture
def empty_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place of the kind that the test's database is of."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'restored' / 'clinic.db'}"
    else:
        worker = request.getfixturevalue("worker_id")
        with created_database(request.getfixturevalue("postgres_server_url"), f"chairtime_restored_{worker}") as url:
            yield url


@pytest.fixture
def owned_url(postgres_server_url: str, worker_id: str) -> Iterator[str]:
    """A migrated database that belongs to a role which is no superuser."""
    names = {role: f"{role}_{worker_id}" for role in PASSWORDS}
    with created_database(postgres_server_url, f"chairtime_owned_{worker_id}") as url:
        server = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, isolation_level="AUTOCOMMIT")
        try:
            with server.connect() as connection:
                for role, name in names.items():
                    connection.exec_driver_sql(f"DROP ROLE IF EXISTS {name}")
                    connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORDS[role]}'")
                connection.exec_driver_sql(f"ALTER DATABASE {make_url(url).database} OWNER TO {names[OWNER]}")
            owned = _as(url, names[OWNER], PASSWORDS[OWNER])
            migrate(owned)
            yield owned
            with server.connect() as connection:
                for name in names.values():
                    connection.exec_driver_sql(f"DROP OWNED BY {name}")
                    connection.exec_driver_sql(f"ALTER DATABASE {make_url(url).database} OWNER TO CURRENT_USER")
                    connection.exec_driver_sql(f"DROP OWNED BY {name}")
                    connection.exec_driver_sql(f"DROP ROLE {name}")
        finally:
            server.dispose()


@pytest.fixture
def owner(owned_url: str) -> Iterator[Database]:
    database = Database(owned_url)
    yield database
    database.dispose()


@pytest.fixture
def role(worker_id: str) -> str:
    return f"{RUNNING}_{worker_id}"


@pytest.fixture
def running(owner: Database, role: str) -> Iterator[Database]:
    """The database as the program sees it, after `chairtime grants`."""
    with owner.transaction() as db:
        grant(db, role)
    database = Database(_as(owner.url, role, PASSWORDS[RUNNING]))
    yield database
    database.dispose()


def _as(url: str, role: str, password: str) -> str:
    return make_url(url).set(username=role, password=password).render_as_string(hide_password=False)
