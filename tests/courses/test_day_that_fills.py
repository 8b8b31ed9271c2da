"""Patients ask the desk for one day, one after another, each at a time of their own: templates bring nearly all that it can hold in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random

import pytest

from courses import enrolling, registering
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from courses.plans.possible.reasons import FILLING_DAY
from courses.plans.request import Window
from courses.protocols.protocol import Phase
from rooms.availability.hours import SiteTime
from scheduler.benchmarks.families import read
from scheduler.clinic_file import ClinicFile
from scheduler.database import Database
from scheduler.loading import load_clinic
from scheduler.verify import verify
from tests.courses.clinic import starts

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
WEDNESDAY = date(2026, 12, 2)
MOST = 36
"""Proven in tests/plans/start_templates: three visits in each of twelve chairs."""
ABOUT = 30
"""Who asks for ten o'clock means from half past nine until half past ten."""


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """One kind is enough: what fits is decided before anything is written."""
    return str(request.param)


def busy_center() -> ClinicFile:
    """A made clinic of size M with nothing booked, whose observed treatment is one visit."""
    clinic = read("M", 0.5, 0, 1, days=0)
    document = clinic.protocols["esketamine-trd"]
    one_visit = replace(document.protocol, phases=(Phase("all", sessions=1),))
    return replace(clinic, protocols={one_visit.id: replace(document, protocol=one_visit)})


class Desk:
    """Plans and books in the center as the product does."""

    def __init__(self, database: Database) -> None:
        self.database, self.clinic, self._number = database, busy_center(), count(1)
        self.time = SiteTime(self.clinic.site.timezone)
        self.told: set[str] = set()
        """Why people could not come at the time that they asked for."""
        with database.transaction() as db:
            load_clinic(db, self.clinic, now=NOW, new_id=self.new_id)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._number)}"

    def fill(self, on: date, chance: Random) -> list[int]:
        """Everybody asks for one date, until it has no place. For each visit, the minutes between its start and the time asked for."""
        away: list[int] = []
        while True:
            asked = chance.randrange(480, 911, 5)
            start = self.book(on, asked)
            if start is None:
                return away
            away.append(abs(start - asked))

    def book(self, on: date, asked: int) -> int | None:
        """The minute of the day at which somebody new comes."""
        with self.database.transaction() as db:
            new = registering.NewPatient(self.new_id("Ana "), "Lopez", date(1980, 5, 17), None)
            patient = registering.register_patient(db, self.clinic.site.id, new, now=NOW, new_id=self.new_id)
            window = Window(asked - ABOUT, asked + ABOUT)
            wish = CourseWish(self.clinic.site.id, patient.id, "esketamine-trd", on, start_on_or_before=on, window=window)
            plan = enrolling.propose(db, wish, now=NOW)
            if not isinstance(plan, CoursePlan):
                return None
            self.told |= {missed.reason for missed in plan.sessions[0].missed if missed.about == "time"}
            course = enrolling.enrol(db, wish, plan, by="desk", now=NOW, new_id=self.new_id)
        local = self.time.local(starts(course)[0])
        return local.hour * 60 + local.minute


def test_with_templates_days_hold_nearly_all_that_they_can(database: Database) -> None:
    desk = Desk(database)

    days = [desk.fill(WEDNESDAY + timedelta(days=7 * week), Random(week)) for week in range(4)]

    assert sum(len(away) for away in days) >= 0.97 * MOST * len(days)
    assert sum(sum(away) for away in days) / sum(len(away) for away in days) <= 50
    assert FILLING_DAY in desk.told
    assert "another time keeps the course closer to one time of day" not in desk.told  # it is one visit
    assert verify(database, now=NOW) == []
