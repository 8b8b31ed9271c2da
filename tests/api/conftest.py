"""The application on a frozen clock, and a clinic in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.api.clinic import Clinic, daily
from tests.signed_in import SignedIn, Staff

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
"""A Monday, 08:00 in New York."""


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW, frozen=True)


@pytest.fixture
def app(database: Database, clock: SettableClock) -> FastAPI:
    return create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database)


@pytest.fixture
def client(app: FastAPI, database: Database, clock: SettableClock) -> Iterator[SignedIn]:
    with SignedIn(app, Staff(database, clock)) as client:
        yield client


@pytest.fixture
def bare(client: SignedIn) -> Clinic:
    """No site yet."""
    return Clinic(client)


@pytest.fixture
def clinic(bare: Clinic) -> Clinic:
    """One site in New York, two devices, and a protocol of six daily sessions."""
    bare.open_site()
    bare.resource("tms-1")
    bare.resource("tms-2")
    bare.protocol(daily(6))
    return bare
