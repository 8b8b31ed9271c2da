"""Keys for backups, and an empty place to put one back into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scheduler.backing_up.encrypted import new_identity
from tests.postgres_server import created_database


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
