"""The two sites, made once and put back for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.two_sites import TwoSites, two_sites


@pytest.fixture(scope="session")
def made(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoSites]:
    """Both sites, as whoever was last has left them."""
    world = two_sites(sqlite_template, tmp_path_factory.mktemp("two_sites"))
    yield world
    world.close()


@pytest.fixture
def world(made: TwoSites) -> TwoSites:
    """As it was at first."""
    made.put_back()
    return made
