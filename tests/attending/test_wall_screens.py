"""A screen on the wall is made once, however often the form is sent, and the address that is shown last is the one that works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from httpx2 import Response

from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.signed_in import SignedIn, Staff

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)


@pytest.fixture
def office(database: Database) -> Iterator[SignedIn]:
    clock = SettableClock(NOW)
    staff = Staff(database, clock)
    settings = Settings(database_url=database.url, password_rounds=1, password_memory_kib=32)
    with SignedIn(create_app(settings, clock, database), staff) as client:
        yield client


def page_of(office: SignedIn) -> str:
    """The address of the page of screens."""
    return re.sub("/[a-z]+$", "/screens", office.get("/messages").url.path)


def address_in(answer: Response) -> str:
    """The path of a screen's address that is shown."""
    found = re.search(r"/screens/[\w-]{20,}", answer.text)
    assert found
    return found[0]


def test_a_form_sent_twice_makes_one_screen_with_the_address_shown_last(office: SignedIn) -> None:
    page = page_of(office)
    first, second = (office.post(page, data={"name": "Hall", "idempotency_key": "f_1"}) for _ in range(2))

    assert office.get(page).text.count("/revoke") == 1
    assert (office.get(address_in(first)).status_code, office.get(address_in(second)).status_code) == (404, 200)


def test_a_form_of_a_revoked_screen_makes_none_that_shows_nothing(office: SignedIn) -> None:
    page = page_of(office)
    office.post(page, data={"name": "Hall", "idempotency_key": "f_1"})
    revoke = re.search(r'action="(/screens/[^"]+/revoke)"', office.get(page).text)
    assert revoke
    office.post(revoke[1], data={"idempotency_key": "f_2"})

    again = office.post(page, data={"name": "Hall", "idempotency_key": "f_1"})

    assert again.status_code == 422
    assert "revoked already" in again.text
