"""A small clinic on a real database."""

import pytest

from scheduler.database import Database
from tests.rooms.small_clinic import Clinic, open_clinic


@pytest.fixture
def clinic(database: Database) -> Clinic:
    """Two chairs, a nurse who can watch four, and a doctor, open 08:00 to 17:00 on weekdays in New York."""
    return open_clinic(database)
