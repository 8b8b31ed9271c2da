"""A small clinic that browsers look at: two devices with operators, a nurse who watches several, and people amid their courses."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count

from courses import attending, enrolling, publishing, registering
from courses.attending import Moment
from courses.library import library, protocol_files
from courses.patients.patient import Patient
from courses.plans.ongoing.course import Course, CourseWish
from courses.plans.plan import CoursePlan
from courses.plans.request import Window
from rooms import equipping
from rooms.availability.hours import WeeklyHours
from rooms.base import Db
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site

OPENED = datetime(2026, 11, 17, 13, 0, tzinfo=UTC)
"""A Tuesday, 08:00 in New York, when the first courses were booked."""

NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
"""The Monday after, 10:20 in New York."""

WEEKDAYS = {day: [("08:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
RESOURCES = (
    ("chair-1", "Recliner 1", Kind.CHAIR, 1, "esketamine-chair"),
    ("chair-2", "Recliner 2", Kind.CHAIR, 1, "esketamine-chair"),
    ("tms-1", "TMS 1", Kind.DEVICE, 1, "tms-device"),
    ("tms-2", "TMS 2", Kind.DEVICE, 1, "tms-device"),
    ("op-a", "Maya Torres", Kind.STAFF, 1, "tms-operator"),
    ("op-b", "Jonah Reed", Kind.STAFF, 1, "tms-operator"),
    ("nurse-a", "Ruth Avery, RN", Kind.STAFF, 4, "esketamine-nurse"),
    ("dr-a", "Dr. Alvarez", Kind.STAFF, 1, "prescriber"),
)
PROTOCOLS = ("tms-standard-36-19-minutes", "tms-itbs-36", "esketamine-trd")
PEOPLE = (("Ana", "Lopez", date(1980, 5, 17)), ("Bo", "Lindqvist", date(1971, 2, 3)), ("Cleo", "Haddad", date(1992, 8, 30)))


@dataclass
class BrowserClinic:
    """What stands in the database. Patients and courses go by given name."""

    site: str = ""
    token: str = ""
    patients: dict[str, Patient] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    _count: count[int] = field(default_factory=lambda: count(1))

    def copy(self) -> BrowserClinic:
        """The same, to be gone on with by itself."""
        return replace(self, patients={**self.patients}, courses={**self.courses}, _count=copy(self._count))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._count)}"

    def build(self, db: Db) -> None:
        at = equipping.add_site(
            db, Site("main", "Main Street", "America/New_York", WeeklyHours.of(WEEKDAYS)), new_id=self.new_id, now=OPENED
        )
        self.site = at.public_id
        for code, name, kind, capacity, capability in RESOURCES:
            resource = Resource(code, kind, frozenset({capability}), capacity, name=name)
            equipping.add_resource(db, at.id, resource, new_id=self.new_id, now=OPENED)
        wanted = [file for file in protocol_files() if file.name.removesuffix(".yaml") in PROTOCOLS]
        publishing.load_library(db, self.site, wanted, by="Dr. Reed", now=OPENED, new_id=self.new_id)
        for given, family, born_on in PEOPLE:
            new = registering.NewPatient(given, family, born_on)
            self.patients[given] = registering.register_patient(db, self.site, new, now=OPENED, new_id=self.new_id)
        self.courses["Ana"] = self.book(db, "Ana", "tms-standard-36-19-minutes", date(2026, 11, 17), Window(9 * 60, 10 * 60))
        self.courses["Bo"] = self.book(db, "Bo", "esketamine-trd", date(2026, 11, 18), Window(10 * 60, 12 * 60))
        self.courses["Cleo"] = self.book(db, "Cleo", "tms-itbs-36", date(2026, 11, 20), Window(13 * 60, 14 * 60))
        attending.attend(db, list(self._attended()), by="desk")
        publishing.adopt_checklists(db, self.site, library(), by="Dr. Reed", now=OPENED, new_id=self.new_id)

    def book(self, db: Db, given: str, protocol: str, start: date, window: Window | None = None, *, now: datetime = OPENED) -> Course:
        """A course booked by somebody else."""
        wish = CourseWish(self.site, self.patients[given].id, protocol, start, window=window)
        plan = enrolling.propose(db, wish, now=now)
        assert isinstance(plan, CoursePlan), plan
        return enrolling.enrol(db, wish, plan, by="desk", now=now, new_id=self.new_id)

    def _attended(self) -> Iterator[Moment]:
        for course in self.courses.values():
            for session in course.sessions:
                if session.interval and session.interval.ends_at <= NOW:
                    for verb in ("arrive", "start", "discharge"):
                        yield Moment(session.id, verb, session.interval.ends_at)
