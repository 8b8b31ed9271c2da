"""A clinic on a busy morning: six chairs, each with somebody in it, and every one of them at another step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

from courses import attending, certifying, charting, enrolling, publishing, registering, stocking
from courses.attending import Moment
from courses.checklists.entry import Person
from courses.checklists.kept import Kept
from courses.checklists.writing import Answered, Press, Rights, Writer
from courses.library import library as checklist_library
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from courses.plans.request import Window
from rooms import equipping
from rooms.availability.hours import WeeklyHours
from rooms.base import Db
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from tests.signed_in import Staff

OPENED = datetime(2026, 11, 19, 13, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
"""A Monday, 10:20 in New York."""
WEEKDAYS = {day: [("08:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
PROGRAM = "spravato-rems"
PEOPLE = (
    ("Ana", "Lopez", date(1980, 5, 17), 8 * 60),
    ("Bo", "Lindqvist", date(1971, 2, 3), 8 * 60 + 20),
    ("Cleo", "Haddad", date(1992, 8, 30), 8 * 60 + 40),
    ("Dan", "Okafor", date(1964, 11, 9), 9 * 60),
    ("Eve", "Tanaka", date(1988, 1, 22), 9 * 60 + 20),
    ("Finn", "Moreau", date(1975, 7, 14), 9 * 60 + 40),
)
DOSED_AT = {"Ana": 118, "Bo": 60, "Cleo": 44, "Dan": 38, "Eve": 2}
"""Minutes before now of the last device. Ana may leave in two, Bo's pressure is overdue, Cleo's due, Dan's soon; Finn has only arrived."""
BEFORE_DOSE: dict[str, Kept] = {
    "enrollment-verified": True,
    "prescriber-on-site": True,
    "oximeter": True,
    "first-treatment": "yes",
    "preparation": "followed",
    "safety-asked": "no concern",
    "ride": "arranged",
    "benzodiazepines": "no",
    "sedative-hypnotics": "no",
    "psychostimulants": "no",
    "maois": "no",
    "opioids": "no",
    "systolic": 124,
    "diastolic": 78,
    "spo2": 98,
    "vitals-before": "yes",
    "dose": "56 mg",
    "sedation": "no",
}
PROTOCOL = """
id: watched-dose
title: Watched dose
modality: esketamine
phases:
  - {name: induction, sessions: 1}
session_templates:
  dose:
    steps:
      - {name: dosing, minutes: 20}
      - {name: observation, minutes: 120}
    requirements:
      - {capability: esketamine-chair, turnover_minutes: 10}
      - {capability: esketamine-nurse, load: 1}
      - {capability: prescriber, load: 0}
session_rules:
  - {template: dose}
"""
EVERYTHING = Rights(*[("nurse",)] * 10)


@dataclass
class WatchedClinic:
    """Sessions go by given name. Everything is written in real transactions, at the time at which it happened."""

    site: str = ""
    site_id: int = 0
    token: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    patients: dict[str, str] = field(default_factory=dict)
    _count: count[int] = field(default_factory=lambda: count(1))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._count)}"

    def build(self, db: Db) -> None:
        hours = WeeklyHours.of(WEEKDAYS)
        at = equipping.add_site(db, Site("main", "Main Street", "America/New_York", hours), new_id=self.new_id, now=OPENED)
        self.site, self.site_id = at.public_id, at.id
        for chair in range(1, 7):
            self._resource(db, f"chair-{chair}", f"Recliner {chair}", Kind.CHAIR, 1, "esketamine-chair")
        for code, name in (("nurse-a", "Ruth Avery, RN"), ("nurse-b", "Tom Silva, RN"), ("nurse-c", "Ida Moss, RN")):
            self._resource(db, code, name, Kind.STAFF, 3, "esketamine-nurse")
        self._resource(db, "dr-a", "Dr. Alvarez", Kind.STAFF, 1, "prescriber")
        publishing.publish_protocol(db, self.site, "watched-dose", PROTOCOL, by="Dr. Reed", now=OPENED, new_id=self.new_id)
        publishing.adopt_checklists(db, self.site, checklist_library(), by="Dr. Reed", now=OPENED, new_id=self.new_id)
        program = certifying.NewCertification(PROGRAM, "C-1001", "Dr. Reed", date(2026, 1, 1))
        certifying.certify(db, self.site, program, by="Dr. Reed", new_id=self.new_id)
        for lot in ("B2201", "B2207"):
            opened = stocking.open_lot(db, self.site, "esketamine 28 mg", lot, date(2027, 12, 31), new_id=self.new_id)
            received = stocking.Moving(60, OPENED, Person("a_pharmacy", "Pat Farmer", "nurse"), OPENED)
            stocking.receive(db, opened.id, received)
        for given, family, born_on, minute in PEOPLE:
            self._book(db, given, family, born_on, minute)
        for given, minutes in DOSED_AT.items():
            self._treat(db, given, minutes)
        self.attend(db, "Finn", ("arrive",), NOW - timedelta(minutes=8))
        self.write(db, "Ana", NOW - timedelta(minutes=76), {"systolic": 131, "diastolic": 84, "spo2": 97})

    def write(self, db: Db, given: str, at: datetime, answers: Mapping[str, Kept]) -> None:
        """The nurse writes something down."""
        press = Press(self.nurse(), at, self.new_id, self.new_id("k"))
        charting.record(db, self.sessions[given], [Answered(item, value) for item, value in answers.items()], press)

    def nurse(self) -> Writer:
        return Writer("a_ruth", "Ruth Avery", {self.site_id: EVERYTHING}, "two_factors", "tablet")

    def _resource(self, db: Db, code: str, name: str, kind: Kind, capacity: int, capability: str) -> None:
        resource = Resource(code, kind, frozenset({capability}), capacity, name=name)
        equipping.add_resource(db, self.site_id, resource, new_id=self.new_id, now=OPENED)

    def _book(self, db: Db, given: str, family: str, born_on: date, minute: int) -> None:
        patient = registering.register_patient(
            db, self.site, registering.NewPatient(given, family, born_on), now=OPENED, new_id=self.new_id
        )
        self.patients[given] = patient.id
        certifying.enroll(
            db, patient.id, self.site, certifying.NewEnrollment(PROGRAM, date(2026, 11, 1)), by="Dr. Reed", new_id=self.new_id
        )
        wish = CourseWish(self.site, patient.id, "watched-dose", date(2026, 11, 23), window=Window(minute, 12 * 60))
        plan = enrolling.propose(db, wish, now=OPENED)
        assert isinstance(plan, CoursePlan), plan
        course = enrolling.enrol(db, wish, plan, by="desk", now=OPENED, new_id=self.new_id)
        first = min(course.live, key=lambda each: each.number)
        assert first.interval is not None
        assert first.interval.starts_at.date() == NOW.date(), (given, first.interval)
        self.sessions[given] = first.id

    def _treat(self, db: Db, given: str, minutes: int) -> None:
        """Here, started, watched since two devices, the second of them so many minutes ago."""
        dosed = NOW - timedelta(minutes=minutes)
        self.attend(db, given, ("arrive",), dosed - timedelta(minutes=20))
        self.attend(db, given, ("start",), dosed - timedelta(minutes=18))
        self.write(db, given, dosed - timedelta(minutes=10), dict(BEFORE_DOSE))
        device: Kept = {"product": "esketamine 28 mg", "lot": "B2201", "units": 1}
        self.write(db, given, dosed - timedelta(minutes=6), {"device": device})
        self.write(db, given, dosed, {"device": device})
        if given != "Eve":
            self.attend(db, given, ("observe",), dosed + timedelta(minutes=1))

    def attend(self, db: Db, given: str, verbs: tuple[str, ...], at: datetime) -> None:
        attending.attend(db, [Moment(self.sessions[given], verb, at) for verb in verbs], by="desk")


def token_for(clinic: WatchedClinic, staff: Staff) -> str:
    """A sign-in of somebody with every role."""
    clinic.token = staff.lasting_token()
    return clinic.token
