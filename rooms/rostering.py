"""When a clinic is not there: leave and servicing of a resource, closures of a site, public holidays that a person accepts.

Each gives the bookings that it hits, for a person to settle, and cancels none. The resources concerned are locked first, so that nobody
books meanwhile into the time that is about to close.
"""

from __future__ import annotations

from datetime import date, datetime

import holidays
from sqlalchemy import delete, insert, update

from rooms import queries
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db, NewId
from rooms.bookings.booking import Booking
from rooms.errors import Faulty, Unknown
from rooms.queries import KnownAbsence, KnownClosure
from rooms.records import AbsenceRow, ClosureRow
from rooms.resources.resource import Absence


def add_absence(
    db: Db, site_id: int, resource: str, absence: Absence, *, new_id: NewId, now: datetime
) -> tuple[KnownAbsence, tuple[Booking, ...]]:
    """A resource (by code or public id) is away for a time. Gives the absence and the bookings that it hits."""
    known = queries.resource(db, site_id, resource)
    queries.lock_resources(db, [known.id])
    made = KnownAbsence(new_id("a_"), known.resource.id, absence)
    times = {"starts_at": absence.interval.starts_at, "ends_at": absence.interval.ends_at}
    db.execute(insert(AbsenceRow).values(public_id=made.public_id, resource_id=known.id, reason=absence.reason, created_at=now, **times))
    return made, queries.bookings_on(db, site_id, absence.interval, now=now, resource=known.resource.id)


def remove_absence(db: Db, site_id: int, public_id: str) -> None:
    """The resource is there after all. Raises `Unknown`."""
    if all(known.public_id != public_id for known in queries.absences(db, site_id)):
        raise Unknown("absence", public_id)
    db.execute(delete(AbsenceRow).where(AbsenceRow.public_id == public_id))


def close_site(
    db: Db, site_id: int, closure: Closure, *, by: str, new_id: NewId, now: datetime
) -> tuple[KnownClosure, tuple[Booking, ...]]:
    """A site is closed for a time, as `by` says. Gives the closure and the bookings that it hits. The same closure is not made twice."""
    return _close(db, site_id, KnownClosure(new_id("c_"), closure, "staff", now, by))


def accept_holiday(
    db: Db, site_id: int, holiday: Closure, *, by: str, new_id: NewId, now: datetime
) -> tuple[KnownClosure, tuple[Booking, ...]]:
    """A public holiday that was proposed is one here, as `by` says. Gives the closure and the bookings that it hits."""
    return _close(db, site_id, KnownClosure(new_id("c_"), holiday, "holidays", now, by))


def _close(
    db: Db,
    site_id: int,
    wanted: KnownClosure,
) -> tuple[KnownClosure, tuple[Booking, ...]]:
    queries.lock_site(db, site_id)
    interval, now = wanted.closure.interval, wanted.accepted_at
    there = next((known for known in queries.closures(db, site_id) if known.closure == wanted.closure), None)
    if there is None:
        db.execute(
            insert(ClosureRow).values(
                site_id=site_id,
                public_id=wanted.public_id,
                starts_at=interval.starts_at,
                ends_at=interval.ends_at,
                reason=wanted.closure.reason,
                source=wanted.source,
                accepted_at=now,
                accepted_by=wanted.accepted_by,
            )
        )
    return there or wanted, queries.bookings_on(db, site_id, interval, now=now)


def remove_closure(db: Db, site_id: int, public_id: str, *, now: datetime) -> None:
    """A site is open after all; the closure's row stays as history. Raises `Unknown`."""
    if all(known.public_id != public_id for known in queries.closures(db, site_id)):
        raise Unknown("closure", public_id)
    db.execute(update(ClosureRow).where(ClosureRow.public_id == public_id).values(removed_at=now))


def propose_holidays(zone: str, country: str, year: int, *, subdivision: str | None = None) -> tuple[Closure, ...]:
    """The public holidays of a country (`US`) or a part of it (`NY`), each a closure of one local date. Nothing is closed by this."""
    try:
        days: dict[date, str] = dict(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError as error:
        where = country if subdivision is None else f"{country}, {subdivision}"
        raise Faulty("country", f"no public holidays are known for {where}; use codes such as US and NY") from error
    time = SiteTime(zone)
    return tuple(Closure(time.day(on).whole, name) for on, name in sorted(days.items()))


def proposed_holidays(db: Db, site_id: int, country: str, year: int, *, subdivision: str | None = None) -> tuple[Closure, ...]:
    """Those of a site's public holidays that no closure covers yet."""
    known = queries.site(db, site_id)
    proposals = propose_holidays(known.site.timezone, country, year, subdivision=subdivision)
    return tuple(each for each in proposals if not any(there.interval.contains(each.interval) for there in known.site.closures))


def hit_by(db: Db, site_id: int, interval: Interval, *, now: datetime, resource: str | None = None) -> tuple[Booking, ...]:
    """The bookings that a closure (or an absence of a resource) would hit, before it is made."""
    return queries.bookings_on(db, site_id, interval, now=now, resource=resource)
