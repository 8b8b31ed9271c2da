"""Who is watched: on paper and on a locked screen, from what was written down and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from courses import charting
from courses.checklists.kept import Kept
from courses.checklists.writing import Answered
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.downtime import pack_of
from scheduler.settings import Settings
from tests.audit.trail import events
from tests.charts.ward import SHEET, Ward, at
from tests.courses.clinic import NOW
from tests.signed_in import SignedIn, Staff

DEVICE: Kept = {"product": "Device", "lot": "A1", "units": 1}


@pytest.fixture
def ward(database: Database) -> Ward:
    asked = "code: note, words: Note, kind: text"
    sheet = SHEET.replace(asked, f"{asked}, due: [{{after: last_dose, minutes: 30}}]")
    return Ward(database).open(sheet)


def dose(ward: Ward, minutes: float = 10) -> None:
    ward.start()
    answers = [Answered("oximeter", True), Answered("calm", True), Answered("device", DEVICE)]
    with ward.database.transaction() as db:
        charting.record(db, ward.session, answers, ward.press(minutes))


def test_pack_tells_the_doses_the_release_and_what_is_due(ward: Ward) -> None:
    dose(ward)
    with ward.database.reading() as db:
        (watch,) = pack_of(db, "main", now=at(30)).watches

    assert (watch.patient.name, watch.place) == ("Ana Lopez", "tms-1")
    assert [f"{each:%H:%M}" for each in (watch.first_dose_at, watch.last_dose_at, watch.release_at) if each] == ["08:10", "08:10", "10:10"]
    assert watch.due == ("08:40 Note",)


def test_pack_has_the_checklists_in_force(ward: Ward) -> None:
    with ward.database.reading() as db:
        ((checklist, version),) = pack_of(db, "main", now=NOW).checklists

    assert checklist.title == "Watching after a dose"
    assert version.startswith("watching, version 1, in force from 2026-01-01, ")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_locked_screen_tells_places_and_minutes_and_no_names(ward: Ward, database: Database) -> None:
    dose(ward)
    clock = SettableClock(at(30), frozen=True)
    with SignedIn(
        create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database),
        Staff(database, clock, office=False),
    ) as client:
        open_screen = client.get("/lock/timers")
        client.post("/sign-in/lock")
        assert client.get("/sites/main/board", follow_redirects=False).status_code in {303, 401, 423}
        locked = client.get("/lock/timers")
        clock.step(timedelta(minutes=16))
        late = client.get("/lock/timers")
        clock.step(timedelta(hours=2))
        over = client.get("/lock/timers")
        page = client.get("/lock").text

    assert open_screen.json() == locked.json() == {"timers": [{"place": "tms-1", "minutes": 100, "alarm": ""}]}
    assert late.json()["timers"] == [{"place": "tms-1", "minutes": 84, "alarm": "high"}]
    assert over.json()["timers"] == [{"place": "tms-1", "minutes": 0, "alarm": "high"}]
    assert "data-timers" in page
    assert "Lopez" not in page
    assert [each for each in events(database) if "timers" in str(each["action"])] == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_whoever_is_not_signed_in_is_told_nothing(ward: Ward, database: Database) -> None:
    dose(ward)
    clock = SettableClock(at(30), frozen=True)
    with SignedIn(
        create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database),
        Staff(database, clock, office=False),
    ) as client:
        client.post("/sign-in/out")
        assert client.get("/lock/timers", follow_redirects=False).status_code in {303, 401}
