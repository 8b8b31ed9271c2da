"""Openings over HTTP: a wish, the offer that it gets, and what is answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile

import pytest

from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from scheduler.verify import verify
from tests.api.clinic import Clinic, daily
from tests.signed_in import SignedIn, Staff

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)


@pytest.fixture
def clinic(sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[Clinic, Database]]:
    url = f"sqlite:///{copyfile(sqlite_template, tmp_path / 'chairtime.db')}"
    database, clock = Database(url), SettableClock(NOW, frozen=True)
    app = create_app(Settings(database_url=url, allowed_hosts=("testserver",), password_rounds=1, password_memory_kib=32), clock, database)
    with SignedIn(app, Staff(database, clock)) as client:
        made = Clinic(client)
        made.open_site()
        made.resource("tms-1")
        made.protocol(daily(4))
        yield made, database
    database.dispose()


def test_a_wish_is_offered_a_place_at_once_and_accepting_moves_the_visit(clinic: tuple[Clinic, Database]) -> None:
    made, database = clinic
    course = made.booked()
    wish = made.made(f"/courses/{course['id']}/opening-wishes", {"aim": "other_times", "opens": "14:00", "closes": "16:00"})
    found = made.get(f"/sites/{made.site}/openings").json()
    (offer,) = found["offers"]

    taken = made.create(f"/offers/{offer['id']}/accept").json()
    again = made.create(f"/offers/{offer['id']}/accept").json()

    assert [each["id"] for each in found["wishes"]] == [wish["id"]]
    assert (offer["by"], offer["starts_at"][11:16]) == ("desk", "14:00")
    assert (taken["status"], again["status"]) == ("accepted", "accepted")
    now_at = {each["id"]: each["starts_at"] for each in made.get(f"/courses/{course['id']}").json()["sessions"]}
    assert now_at[offer["session"]] == offer["starts_at"]
    assert verify(database, now=NOW) == []


def test_one_that_is_withdrawn_can_be_taken_no_more_and_the_settings_have_an_etag(clinic: tuple[Clinic, Database]) -> None:
    made, _ = clinic
    course = made.booked()
    made.made(f"/courses/{course['id']}/opening-wishes", {"aim": "other_times", "opens": "14:00", "closes": "16:00"})
    (offer,) = made.get(f"/sites/{made.site}/openings").json()["offers"]
    path = f"/api/v1/sites/{made.site}/opening-settings"

    set_ = made.client.put(path, json={"by_itself": False}, headers={"If-Match": '"0"'})
    stale = made.client.put(path, json={"hold_minutes": 20}, headers={"If-Match": '"0"'})
    withdrawn = made.create(f"/offers/{offer['id']}/withdraw")
    refused = made.create(f"/offers/{offer['id']}/accept")

    assert (set_.status_code, set_.headers["etag"], stale.status_code) == (200, '"1"', 412)
    assert withdrawn.json()["status"] == "withdrawn"
    assert (refused.status_code, refused.json()["code"]) == (409, "offer_over")
    assert made.get(f"/sites/{made.site}/openings").json()["offers"] == []
