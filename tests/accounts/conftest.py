"""Two sites and whoever a test lets work there."""

from __future__ import annotations

import pytest

from scheduler.database import Database
from tests.accounts.staff import Staff


@pytest.fixture
def staff(database: Database) -> Staff:
    return Staff(database)
