"""A clinic that writes to its patients: one for a whole file on SQLite, one of a test's own on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.access.misses import Misses
from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.api.conftest import NOW
from tests.patient_page.visitor import World


@pytest.fixture(scope="module")
def lasting(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For all tests of a file, each with a patient of its own."""
    path = tmp_path_factory.mktemp("patients") / "patients.db"
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, path)}")
    made = World(database, SettableClock(NOW, frozen=True))
    yield made
    made.close()
    database.dispose()


@pytest.fixture
def world(lasting: World) -> World:
    """The same with the clock put back, and a browser that knows nothing."""
    lasting.clock.set(NOW)
    lasting.forget()
    lasting.app.state.misses = Misses()
    return lasting


@pytest.fixture
def anew(database: Database) -> Iterator[World]:
    """A clinic of the test's own, on each database."""
    made = World(database, SettableClock(NOW, frozen=True))
    yield made
    made.close()
