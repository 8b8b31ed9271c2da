"""A clinic that is used through the HTTP API, seen through a nurse's eyes: each call that changes something is one event."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.api.clinic import Clinic, daily
from tests.audit.trail import NOW, events
from tests.signed_in import SignedIn, Staff


@pytest.fixture
def clinic(database: Database) -> Iterator[Clinic]:
    clock = SettableClock(NOW, frozen=True)
    app = create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock=clock, database=database)
    with SignedIn(app, Staff(database, clock)) as client:
        yield Clinic(client)


def test_each_change_is_one_event_with_its_patient_and_its_versions(clinic: Clinic, database: Database) -> None:
    clinic.open_site()
    clinic.resource("coil-1")
    clinic.protocol(daily(4))
    ana, bob = clinic.patient("Ana"), clinic.patient("Bob")
    so_far = len(events(database))

    course = clinic.book(clinic.plan(clinic.wish(ana))).json()
    other = clinic.book(clinic.plan(clinic.wish(bob))).json()
    first = course["sessions"][0]
    cancelled = clinic.change(f"/sessions/{first['id']}/cancel", {"reason": "flu"}, 1)
    stopped = clinic.change(f"/courses/{other['id']}/stop", {"reason": "moved away"}, other["version"])

    assert (cancelled.status_code, stopped.status_code) == (200, 200)
    told = [each for each in events(database)[so_far:] if each["diff"] is not None]
    looked = [each["patients"] for each in events(database)[so_far:] if each["diff"] is None]
    assert looked == [[ana["id"]], [bob["id"]]]  # when their courses were planned
    assert [each["patients"] for each in told] == [[ana["id"]], [bob["id"]], [ana["id"]], [bob["id"]]]
    assert [each["category"] for each in told] == ["schedule"] * 4
    assert set(told[0]["diff"]["session"]) == {each["id"] for each in course["sessions"]}
    assert told[0]["diff"]["booking"] == {"made": 4}
    assert told[2]["diff"]["session"][first["id"]]["status"] == ["booked", "cancelled"]
    assert "flu" not in str(told)


def test_what_is_refused_is_not_told_as_done(clinic: Clinic, database: Database) -> None:
    clinic.open_site()
    clinic.resource("coil-1")
    clinic.protocol(daily(4))
    course = clinic.booked(sessions="daily")
    so_far = len(events(database))
    first = course["sessions"][0]

    stale = clinic.change(f"/sessions/{first['id']}/cancel", {"reason": "flu"}, 8)
    looked = clinic.get(f"/courses/{course['id']}")

    assert (stale.status_code, looked.status_code) == (412, 200)
    (told,) = events(database)[so_far:]
    assert (told["action"], told["patients"], told["diff"]) == ("GET /api/v1/courses/{course}", [course["patient"]["id"]], None)
