"""A small clinic for the tests of this floor: two of everything, open on weekdays, with the protocols that a test asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count

from courses import enrolling, publishing, registering
from courses.library import protocol_files
from courses.patients.patient import Patient
from courses.plans.ongoing.course import Course, CourseWish
from courses.plans.ongoing.outdated import PlanOutdated
from courses.plans.plan import CoursePlan
from courses.plans.request import Authorization, Window
from courses.protocols.version import ProtocolVersion
from rooms import equipping
from rooms.availability.hours import WeeklyHours
from rooms.base import Db
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.database import Database

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
"""A Monday, 08:00 in New York."""

WEEKDAYS = {day: [("08:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
Equipment = Mapping[str, tuple[str, int, tuple[str, ...]]]
"""Kind, capacity and capabilities of each resource."""

RESOURCES: Equipment = {
    "tms-1": ("device", 1, ("tms-device",)),
    "tms-2": ("device", 1, ("tms-device",)),
    "op-a": ("staff", 1, ("tms-operator",)),
    "op-b": ("staff", 1, ("tms-operator",)),
    "dr-a": ("staff", 4, ("prescriber",)),
}


@dataclass
class SmallClinic:
    """The clinic at `site`; `new_id` counts, so that a failing test can be read."""

    site: str = "main"
    zone: str = "America/New_York"
    hours: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: dict(WEEKDAYS))
    now: datetime = NOW
    site_id: int = 0
    _count: count[int] = field(default_factory=lambda: count(1))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{self.site}{next(self._count)}"

    def build(self, db: Db, resources: Equipment | None = None) -> SmallClinic:
        hours = WeeklyHours.of(self.hours)
        at = equipping.add_site(db, Site(self.site, "Main", self.zone, hours), new_id=self.new_id, now=self.now)
        for code, (kind, capacity, capabilities) in (resources or RESOURCES).items():
            resource = Resource(code, Kind(kind), frozenset(capabilities), capacity)
            equipping.add_resource(db, at.id, resource, new_id=self.new_id, now=self.now)
        self.site_id = at.id
        return self

    def patient(self, db: Db, given: str = "Ana", *, available: WeeklyHours | None = None) -> Patient:
        new = registering.NewPatient(given, "Lopez", date(1980, 5, 17), available)
        return registering.register_patient(db, self.site, new, now=self.now, new_id=self.new_id)

    def protocol(self, db: Db, code: str, text: str | None = None) -> ProtocolVersion:
        """From the library, unless a text is given."""
        text = text or next(file for file in protocol_files() if file.name == f"{code}.yaml").read_text("utf-8")
        return publishing.publish_protocol(db, self.site, code, text, by="Dr. Reed", now=self.now, new_id=self.new_id)

    def wish(
        self,
        patient: Patient,
        protocol: str,
        start: date = date(2026, 11, 30),
        *,
        window: Window | None = None,
        authorization: Authorization | None = None,
        finish: date | None = None,
    ) -> CourseWish:
        return CourseWish(self.site, patient.id, protocol, start, finish_on_or_before=finish, window=window, authorization=authorization)

    def plan(self, db: Db, wish: CourseWish) -> CoursePlan:
        plan = enrolling.propose(db, wish, now=self.now)
        assert isinstance(plan, CoursePlan), plan
        return plan

    def offered_anew(self, database: Database, outdated: PlanOutdated) -> CoursePlan:
        """The plan that is offered in place of one that can no longer be had."""
        with database.reading() as db:
            plan = enrolling.offer_anew(db, outdated, now=self.now).replan
        assert isinstance(plan, CoursePlan), plan
        return plan

    def enrol(self, db: Db, wish: CourseWish, plan: CoursePlan | None = None) -> Course:
        return enrolling.enrol(db, wish, plan or self.plan(db, wish), by="desk", now=self.now, new_id=self.new_id)


def daily(sessions: int, **phase: object) -> str:
    """A protocol of daily half-hour sessions on one device."""
    more = "".join(f", {key}: {value}" for key, value in phase.items())
    return f"""
id: daily
phases:
  - {{name: acute, sessions: {sessions}, per_week: 5{more}}}
session_templates:
  treatment:
    steps: [{{name: treatment, minutes: 30}}]
    requirements: [{{capability: tms-device, turnover_minutes: 5, continuity: true}}]
session_rules:
  - {{template: treatment}}
"""


def starts(course: Course) -> list[datetime]:
    """When the live sessions of a course start, in order of their numbers."""
    return [session.interval.starts_at for session in course.live if session.interval]
