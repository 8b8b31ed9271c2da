"""The application on a frozen clock, and a clinic in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import pytest
from fastapi import FastAPI

from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.queries import KnownAccount
from scheduler.settings import Settings
from tests.api.clinic import Clinic, daily
from tests.kept import World
from tests.signed_in import SignedIn, Staff

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
"""A Monday, 08:00 in New York."""


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW, frozen=True)


@pytest.fixture
def app(database: Database, clock: SettableClock) -> FastAPI:
    return create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database)


@dataclass(frozen=True)
class Made:
    """What a test knows of the clinic that it begins with."""

    people: tuple[KnownAccount, KnownAccount]
    site: str


CLINICS: World[Made] = World()
MADE_LATER = 1_000
"""The first key of what a test creates itself."""


def made(app: FastAPI, staff: Staff) -> Made:
    """One site in New York, two devices, and a protocol of six daily sessions."""
    with SignedIn(app, staff) as client:
        clinic = Clinic(client)
        clinic.open_site()
        clinic.resource("tms-1")
        clinic.resource("tms-2")
        clinic.protocol(daily(6))
    return Made((staff.first, staff.second), clinic.site)


@pytest.fixture
def begun(app: FastAPI, database: Database, clock: SettableClock, request: pytest.FixtureRequest) -> Made | None:
    """The clinic of a test that asks for it, before anybody signs in."""
    if "clinic" not in request.fixturenames:
        return None
    return CLINICS.begin(database, lambda: made(app, Staff(database, clock)))


@pytest.fixture
def client(app: FastAPI, database: Database, clock: SettableClock, begun: Made | None) -> Iterator[SignedIn]:
    with SignedIn(app, Staff(database, clock, there=begun.people if begun else None)) as client:
        yield client


@pytest.fixture
def bare(client: SignedIn) -> Clinic:
    """No site yet."""
    return Clinic(client)


@pytest.fixture
def clinic(bare: Clinic, begun: Made) -> Clinic:
    """One site in New York, two devices, and a protocol of six daily sessions."""
    bare.site, bare._keys = begun.site, count(MADE_LATER)
    return bare
