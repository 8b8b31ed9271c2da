"""A clinic so small that a test can be read without looking here: times are those on its wall on Tuesday, 1 December 2026."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rooms import equipping, queries, reserving
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.availability.interval import Interval
from rooms.bookings.booking import Booking, Claim
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.database import Database

WEEK = WeeklyHours.of({day: [("08:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
SITE = Site("main", "Main Street", "America/New_York", WEEK)
RESOURCES = (
    Resource("chair-1", Kind.CHAIR, frozenset({"chair"}), name="Chair 1"),
    Resource("chair-2", Kind.CHAIR, frozenset({"chair"}), name="Chair 2"),
    Resource("nurse", Kind.STAFF, frozenset({"nurse"}), capacity=4, name="Nurse A"),
    Resource("doctor", Kind.STAFF, frozenset({"doctor"}), name="Dr. Who"),
)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def at(clock: str, day: int = 1) -> datetime:
    """A wall-clock time of a day in December 2026."""
    return SiteTime(SITE.timezone).exact(datetime.fromisoformat(f"2026-12-{day:02d}T{clock}"))


def between(opens: str, closes: str, day: int = 1) -> Interval:
    """A stretch of a day in December 2026."""
    return Interval(at(opens, day), at(closes, day))


def claim(resource: str, opens: str, closes: str, purpose: str = "s_1", *, load: int = 1, part: int = 0, day: int = 1) -> Claim:
    """A claim for what the resource is there for."""
    capability = {"chair-1": "chair", "chair-2": "chair"}.get(resource, resource)
    return Claim(resource, between(opens, closes, day), load, purpose, part, capability)


@dataclass
class Clinic:
    """The clinic; each call is a transaction of its own."""

    database: Database
    site_id: int
    now: datetime = NOW
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids)}"

    def reserve(self, *claims: Claim, hold_minutes: int | None = None) -> tuple[Booking, ...]:
        hold_until = None if hold_minutes is None else self.now + timedelta(minutes=hold_minutes)
        with self.database.transaction() as db:
            return reserving.reserve(db, self.site_id, claims, new_id=self.new_id, now=self.now, hold_until=hold_until)

    def move(self, purpose: str, *claims: Claim) -> tuple[Booking, ...]:
        with self.database.transaction() as db:
            return reserving.move(db, self.site_id, purpose, claims, new_id=self.new_id, now=self.now)

    def replace(self, purposes: tuple[str, ...], *claims: Claim) -> tuple[Booking, ...]:
        with self.database.transaction() as db:
            return reserving.replace_all(db, self.site_id, purposes, claims, new_id=self.new_id, now=self.now)

    def release(self, *purposes: str) -> int:
        with self.database.transaction() as db:
            return reserving.release(db, purposes, now=self.now)

    def confirm(self, *purposes: str) -> None:
        with self.database.transaction() as db:
            reserving.confirm(db, purposes, now=self.now)

    def day(self, day: int = 1) -> list[tuple[str, str, str, str]]:
        """(resource, from, until, purpose) of all that is held or booked on a day, by the wall clock."""
        time = SiteTime(SITE.timezone)
        with self.database.reading() as db:
            booked = queries.bookings_on(db, self.site_id, between("00:00", "23:59", day), now=self.now)
        return [
            (
                each.claim.resource,
                f"{time.local(each.claim.interval.starts_at):%H:%M}",
                f"{time.local(each.claim.interval.ends_at):%H:%M}",
                each.claim.purpose,
            )
            for each in booked
        ]


def open_clinic(database: Database) -> Clinic:
    """The clinic in an empty database."""
    clinic = Clinic(database, 0)
    with database.transaction() as db:
        clinic.site_id = equipping.add_site(db, SITE, new_id=clinic.new_id, now=NOW).id
        for resource in RESOURCES:
            equipping.add_resource(db, clinic.site_id, resource, new_id=clinic.new_id, now=NOW)
    return clinic
