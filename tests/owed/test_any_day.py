"""No form of a dose is missing on any day, and none is there for no dose; no device is lost."""

from __future__ import annotations

import pytest

from scheduler.database import Database
from tests.owed.days import RandomDay, owing_ward


@pytest.mark.parametrize("seed", range(3))
def test_a_random_day(database: Database, seed: int) -> None:
    RandomDay(owing_ward(database), seed).live(40)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 150))
def test_many_random_days(database: Database, seed: int) -> None:
    RandomDay(owing_ward(database), seed).live(60)
