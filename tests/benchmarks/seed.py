"""A big clinic to measure: 26 resources, sixteen months of visits, more than 100,000 bookings, 500 courses under way. All of it invented.

Eight bays, each a device, a room and an operator; two nurses look after four bays each. A visit takes four resources for half an hour.
A course has its bay at its time of day for nine weeks, then the next course has it; two thirds of the clinic's time are taken so.
Every row goes in under the triggers and constraints that a booking at the desk meets, and `verify` finds nothing broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from sqlalchemy import Table, insert, select, text

from courses import publishing
from rooms import equipping
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Base, Db
from rooms.queries import resources
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.clock import SystemClock
from scheduler.database import Database

SITE, ZONE = "bench", "America/New_York"
NOW = datetime(2026, 12, 2, 14, 0, tzinfo=UTC)
"""A Wednesday, 09:00 in New York."""
WEEKS_BEFORE = 28
BAYS, SLOTS, COURSES_EACH, WEEKS_OF_COURSE = 8, 20, 7, 9
WEEK = ((0, 1, 2, 3, 4),) * 6 + ((0, 2, 4), (0, 3), (2,))
"""On which weekdays a course has its 36 sessions."""
NEWCOMERS = 400
"""Patients without a course, to be booked while it is measured."""
PROTOCOL = """
id: daily-36
title: Thirty daily sessions and a taper of six
modality: tms
phases:
  - {name: acute, sessions: 30, per_week: 5, max_gap_days: 14}
  - {name: taper, weekly: [3, 2, 1], max_gap_days: 14}
session_templates:
  visit:
    steps: [{name: treatment, minutes: 25}]
    requirements:
      - {capability: device, turnover_minutes: 5, continuity: true}
      - {capability: room, turnover_minutes: 5}
      - {capability: operator, load: all, turnover_minutes: 5}
      - {capability: nurse, turnover_minutes: 5}
session_rules: [{template: visit}]
"""
Row = dict[str, object]


@dataclass(frozen=True)
class Lane:
    """A bay at a time of day, and the courses that have it one after another from some week on."""

    bay: int
    slot: int

    @property
    def used(self) -> bool:
        """About two of three lanes are, the others are free."""
        return (self.bay * 7 + self.slot * 3) % SLOTS < 13

    @cached_property
    def mondays(self) -> list[date]:
        """When each course begins."""
        first = date(2026, 11, 30) - timedelta(weeks=WEEKS_BEFORE - (self.bay * SLOTS + self.slot) % WEEKS_OF_COURSE)
        return [first + timedelta(weeks=WEEKS_OF_COURSE * n) for n in range(COURSES_EACH)]

    @property
    def seats(self) -> tuple[tuple[str, str], ...]:
        """Each requirement's capability and resource."""
        return (
            ("device", f"device-{self.bay}"),
            ("room", f"room-{self.bay}"),
            ("operator", f"op-{self.bay}"),
            ("nurse", f"nurse-{self.bay // 4}"),
        )

    def visits(self, monday: date, clock: SiteTime) -> Iterator[Interval]:
        """The time of each of a course's 36 sessions."""
        for week, days in enumerate(WEEK):
            for day in days:
                begins = clock.day(monday + timedelta(weeks=week, days=day)).instant(8 * 60 + 30 * self.slot)
                yield Interval(begins, begins + timedelta(minutes=25))


LANES = tuple(lane for bay in range(BAYS) for slot in range(SLOTS) if (lane := Lane(bay, slot)).used)
N_COURSES = len(LANES) * COURSES_EACH


def seed(database: Database) -> None:
    """Fill a migrated, empty database. All at once or not at all."""
    with database.transaction() as db:
        site_id = _clinic(db)
        courses = [(lane, monday) for lane in LANES for monday in lane.mondays]
        patients = _ids(db, "patient", (_patient(site_id, n) for n in range(len(courses) + NEWCOMERS)))
        (version,) = db.scalars(select(_table("protocol_version").c.id))
        common = {"site_id": site_id, "protocol_version_id": version}
        keys = _ids(db, "course", (common | _course(n, patients[f"p_{n:05d}"], monday) for n, (_, monday) in enumerate(courses)))
        visits = [(n, number, lane, time) for n, (lane, monday) in enumerate(courses) for number, time in _numbered(lane, monday)]
        rows = (_session(n, number, time, keys[f"c_{n:05d}"], patients[f"p_{n:05d}"]) for n, number, _, time in visits)
        sessions = _ids(db, "session", rows)
        codes = {each.resource.id: each.id for each in resources(db, site_id)}
        _insert(db, "booking", (row for n, number, lane, time in visits for row in _bookings(f"s_{n}_{number}", lane, time, codes)))
        _insert(db, "session_event", (_event(keys[f"c_{n:05d}"], sessions[f"s_{n}_{number}"]) for n, number, _, _ in visits))
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def _numbered(lane: Lane, monday: date) -> Iterator[tuple[int, Interval]]:
    return enumerate(lane.visits(monday, SiteTime(ZONE)), start=1)


def _clinic(db: Db) -> int:
    new_id, long_ago = SystemClock().new_id, NOW - timedelta(days=365)
    hours = WeeklyHours.of({day: [("08:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
    known = equipping.add_site(db, Site(SITE, "Benchmark", ZONE, hours), new_id=new_id, now=long_ago)
    kinds = (("device", "device", Kind.DEVICE), ("room", "room", Kind.ROOM), ("op", "operator", Kind.STAFF))
    wanted = [Resource(f"{code}-{bay}", kind, frozenset({can})) for code, can, kind in kinds for bay in range(BAYS)]
    for each in [*wanted, *(Resource(f"nurse-{n}", Kind.STAFF, frozenset({"nurse"}), capacity=4) for n in range(BAYS // 4))]:
        equipping.add_resource(db, known.id, each, new_id=new_id, now=long_ago)
    publishing.publish_protocol(db, SITE, "daily-36", PROTOCOL, by="bench", now=long_ago, new_id=new_id)
    return known.id


def _patient(site_id: int, n: int) -> Row:
    names = {"given_name": f"Given{n}", "family_name": f"Family{n}", "born_on": date(1950, 1, 1) + timedelta(days=n * 17)}
    return {"site_id": site_id, "public_id": f"p_{n:05d}", "code": f"p-{n:05d}", "available": None, "version": 1, **names}


def _course(n: int, patient_id: int, monday: date) -> Row:
    over = monday + timedelta(weeks=WEEKS_OF_COURSE) <= NOW.date()
    return {
        "public_id": f"c_{n:05d}",
        "code": f"c-{n:05d}",
        "patient_id": patient_id,
        "status": "completed" if over else "active",
        "starts_on": monday,
        "priority": 1.0,
        "agreed_sessions": 36,
        "version": 1,
        "created_at": NOW - timedelta(days=300),
    }


def _session(n: int, number: int, time: Interval, course_id: int, patient_id: int) -> Row:
    return {
        "course_id": course_id,
        "patient_id": patient_id,
        "public_id": f"s_{n}_{number}",
        "number": number,
        "phase": "acute" if number <= 30 else "taper",
        "template": "visit",
        "starts_at": time.starts_at,
        "ends_at": time.ends_at,
        "status": "discharged" if time.ends_at <= NOW else "booked",
        "authorized": True,
        "version": 1,
    }


def _bookings(session: str, lane: Lane, time: Interval, codes: dict[str, int]) -> Iterator[Row]:
    for part, (capability, code) in enumerate(lane.seats):
        yield {
            "public_id": f"b{session}_{part}",
            "resource_id": codes[code],
            "starts_at": time.starts_at,
            "ends_at": time.ends_at + timedelta(minutes=5),
            "load": 1,
            "exclusive": capability != "nurse",
            "status": "booked",
            "purpose": session,
            "part": part,
            "capability": capability,
            "reseat": False,
            "created_at": NOW - timedelta(days=300),
        }


def _event(course_id: int, session_id: int) -> Row:
    made = {"at": NOW - timedelta(days=300), "kind": "booked", "by": "desk", "detail": {}}
    return {"session_id": session_id, "course_id": course_id, **made}


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _insert(db: Db, name: str, rows: Iterable[Row]) -> None:
    db.execute(insert(_table(name)), list(rows))


def _ids(db: Db, name: str, rows: Iterable[Row]) -> dict[str, int]:
    """Put the rows in; their numbers by public id."""
    _insert(db, name, rows)
    table = _table(name)
    return {key: number for key, number in db.execute(select(table.c.public_id, table.c.id))}
