"""Every look into the tables of the ground floor. Rows stay here: what goes out is frozen values.

Row numbers (`id`) are for the floors above to join by; people and addresses see `public_id` or the resource's code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar, TypeVarTuple

from sqlalchemy import BigInteger, ColumnElement, Select, and_, or_, select, type_coerce

from rooms.availability.closure import Closure
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.booking import Booking, BookingStatus, Claim
from rooms.bookings.calendar import Calendar
from rooms.bookings.conflict import LONGEST, Holder
from rooms.errors import Unknown
from rooms.records import AbsenceRow, BookingRow, ClosureRow, HoursText, ResourceCapabilityRow, ResourceRow, SiteRow
from rooms.resources.resource import Absence, Kind, Resource
from rooms.resources.site import Site

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

AT_ONCE = 500
"""How many values one statement may name; SQLite has a limit."""


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A site with its row. `site.closures` are those that stand."""

    id: int
    public_id: str
    version: int
    site: Site


@dataclass(frozen=True, slots=True)
class KnownResource:
    """A resource with its row. `retired_at` is set for one that is no longer used."""

    id: int
    public_id: str
    version: int
    position: int
    reseat_allowed: bool
    retired_at: datetime | None
    resource: Resource


@dataclass(frozen=True, slots=True)
class KnownClosure:
    """A closure with its row, and who accepted it."""

    public_id: str
    closure: Closure
    source: str
    accepted_at: datetime
    accepted_by: str


@dataclass(frozen=True, slots=True)
class KnownAbsence:
    """An absence with its row, and whose it is (a resource's code)."""

    public_id: str
    resource: str
    absence: Absence


def hours_of(text: HoursText) -> WeeklyHours:
    """Weekly hours as they are kept."""
    return WeeklyHours.of({day: [(opens, closes) for opens, closes in spans] for day, spans in text.items()})


def sites(db: Db) -> tuple[KnownSite, ...]:
    """All sites, by code."""
    return tuple(_known_site(db, row) for row in db.scalars(_fresh(select(SiteRow).order_by(SiteRow.code))))


def site(db: Db, key: str | int) -> KnownSite:
    """The site with a code or public id, or with a row number. Raises `Unknown`."""
    same = SiteRow.id == key if isinstance(key, int) else or_(SiteRow.code == key, SiteRow.public_id == key)
    row = db.scalar(_fresh(select(SiteRow).where(same)))
    if row is None:
        raise Unknown("site", str(key))
    return _known_site(db, row)


def _known_site(db: Db, row: SiteRow) -> KnownSite:
    standing = tuple(known.closure for known in closures(db, row.id))
    value = Site(row.code, row.name, row.timezone, hours_of(row.hours), row.granularity_minutes, standing)
    return KnownSite(row.id, row.public_id, row.version, value)


def closures(db: Db, site_id: int, *, since: datetime | None = None) -> tuple[KnownClosure, ...]:
    """The closures of a site that stand (and end after `since`), in order of time."""
    row = ClosureRow
    asked = select(row.public_id, row.starts_at, row.ends_at, row.reason, row.source, row.accepted_at, row.accepted_by)
    asked = asked.where(row.site_id == site_id, row.removed_at.is_(None)).order_by(row.starts_at, row.id)
    if since:
        asked = asked.where(row.ends_at > since)
    return tuple(
        KnownClosure(public_id, Closure(Interval(starts_at, ends_at), reason), source, accepted_at, accepted_by)
        for public_id, starts_at, ends_at, reason, source, accepted_at, accepted_by in db.execute(asked)
    )


def absences(db: Db, site_id: int, *, since: datetime | None = None, codes: Collection[str] | None = None) -> tuple[KnownAbsence, ...]:
    """The absences of a site's resources (that end after `since`), in order of time."""
    asked = select(AbsenceRow.public_id, ResourceRow.code, AbsenceRow.starts_at, AbsenceRow.ends_at, AbsenceRow.reason)
    asked = asked.join(ResourceRow).where(ResourceRow.site_id == site_id).order_by(AbsenceRow.starts_at, AbsenceRow.id)
    if since:
        asked = asked.where(AbsenceRow.ends_at > since)
    if codes is not None:
        asked = asked.where(ResourceRow.code.in_(codes))
    return tuple(
        KnownAbsence(public_id, code, Absence(Interval(starts_at, ends_at), reason))
        for public_id, code, starts_at, ends_at, reason in db.execute(asked)
    )


def resources(
    db: Db, site_id: int, *, since: datetime | None = None, codes: Collection[str] | None = None, retired: bool = False
) -> tuple[KnownResource, ...]:
    """A site's resources in the board's order, with their absences (that end after `since`); those retired only where asked for."""
    asked = select(ResourceRow).where(ResourceRow.site_id == site_id).order_by(ResourceRow.position, ResourceRow.code)
    if codes is not None:
        asked = asked.where(ResourceRow.code.in_(codes))
    if not retired:
        asked = asked.where(ResourceRow.retired_at.is_(None))
    rows = db.scalars(_fresh(asked)).all()
    capabilities = _capabilities(db, [row.id for row in rows])
    away = defaultdict(list)
    for known in absences(db, site_id, since=since, codes=codes):
        away[known.resource].append(known.absence)
    return tuple(_known_resource(row, capabilities[row.id], away[row.code]) for row in rows)


def resource(db: Db, site_id: int, key: str) -> KnownResource:
    """The site's resource with a code or public id, retired or not. Raises `Unknown`."""
    same = or_(ResourceRow.code == key, ResourceRow.public_id == key)
    code = db.scalar(select(ResourceRow.code).where(ResourceRow.site_id == site_id, same))
    if code is None:
        raise Unknown("resource", key)
    (known,) = resources(db, site_id, codes=[code], retired=True)
    return known


def resource_ids(db: Db, site_id: int, codes: Collection[str]) -> dict[str, int]:
    """Row numbers of a site's resources by code; codes that it has not are left out."""
    asked = select(ResourceRow.code, ResourceRow.id).where(ResourceRow.site_id == site_id, ResourceRow.code.in_(codes))
    return {code: row_id for code, row_id in db.execute(asked)}


def lock_resources(db: Db, resource_ids: Iterable[int]) -> None:
    """Hold everybody else off these resources until the transaction ends. SQLite does so for the whole database when it begins."""
    wanted = sorted(set(resource_ids))
    db.execute(select(ResourceRow.id).where(ResourceRow.id.in_(wanted)).order_by(ResourceRow.id).with_for_update()).all()


def lock_site(db: Db, site_id: int) -> None:
    """Hold everybody else off all resources of a site."""
    lock_resources(db, db.scalars(select(ResourceRow.id).where(ResourceRow.site_id == site_id)))


def _capabilities(db: Db, resource_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    row, found = ResourceCapabilityRow, defaultdict(set)
    for resource_id, capability in db.execute(select(row.resource_id, row.capability).where(row.resource_id.in_(resource_ids))):
        found[resource_id].add(capability)
    return {resource_id: frozenset(found[resource_id]) for resource_id in resource_ids}


def _known_resource(row: ResourceRow, capabilities: frozenset[str], away: Iterable[Absence]) -> KnownResource:
    hours = None if row.hours is None else hours_of(row.hours)
    value = Resource(row.code, Kind(row.kind), capabilities, row.capacity, hours, tuple(away), row.name)
    return KnownResource(row.id, row.public_id, row.version, row.position, row.reseat_allowed, row.retired_at, value)


def calendar(db: Db, site_id: int, between: Interval, *, now: datetime, without_purposes: Collection[str] = ()) -> Calendar:
    """What is free at a site between two instants, as if the bookings for `without_purposes` were not there."""
    known = site(db, site_id)
    usable = resources(db, site_id, since=between.starts_at)
    codes = {each.id: each.resource.id for each in usable}
    without = frozenset(without_purposes)
    held = ((code, taken, load) for code, taken, load, purpose in _held(db, codes, between, now) if purpose not in without)
    return Calendar(known.site, [each.resource for each in usable], held)


def bookings_on(db: Db, site_id: int, interval: Interval, *, now: datetime, resource: str | None = None) -> tuple[Booking, ...]:
    """Who has what at a site (or of one resource, by code) during some of a time, by resource and start."""
    asked = _bookings().where(ResourceRow.site_id == site_id, _touches(interval), _active(now))
    if resource is not None:
        asked = asked.where(ResourceRow.code == resource)
    ordered = asked.order_by(ResourceRow.position, ResourceRow.code, BookingRow.starts_at, BookingRow.id)
    return tuple(_booking(row, code) for row, code in db.execute(ordered))


def bookings_to_come(db: Db, site_id: int, *, now: datetime, resource: str | None = None) -> tuple[Booking, ...]:
    """Who has what at a site (or of one resource, by code) from now on, what is under way included, in order of time."""
    asked = _bookings().where(ResourceRow.site_id == site_id, BookingRow.ends_at > now, BookingRow.starts_at > now - LONGEST, _active(now))
    if resource is not None:
        asked = asked.where(ResourceRow.code == resource)
    return tuple(_booking(row, code) for row, code in db.execute(asked.order_by(BookingRow.starts_at, BookingRow.id)))


def bookings_of(db: Db, purposes: Iterable[str], *, now: datetime | None = None) -> dict[str, tuple[Booking, ...]]:
    """What is booked for each purpose, by part; with `now`, without the holds that have run out. A purpose without any is left out."""
    found: dict[str, list[Booking]] = defaultdict(list)
    standing = BookingRow.status != BookingStatus.RELEASED if now is None else _active(now)
    for some in chunks(purposes):
        asked = _bookings().where(BookingRow.purpose.in_(some), standing)
        for row, code in db.execute(asked.order_by(BookingRow.part, ResourceRow.code, BookingRow.starts_at)):
            found[row.purpose].append(_booking(row, code))
    return {purpose: tuple(bookings) for purpose, bookings in found.items()}


def holders(
    db: Db, resource_codes: dict[int, str], interval: Interval, *, now: datetime, without_purposes: Collection[str] = ()
) -> list[Holder]:
    """Who takes capacity of some resources (code by row number) during some of a time."""
    return [
        Holder(code, held, load, purpose)
        for code, held, load, purpose in _held(db, resource_codes, interval, now)
        if purpose not in without_purposes
    ]


def _held(db: Db, codes: dict[int, str], between: Interval, now: datetime) -> Iterator[tuple[str, Interval, int, str]]:
    row, seconds = BookingRow, BigInteger()
    asked = select(row.resource_id, type_coerce(row.starts_at, seconds), type_coerce(row.ends_at, seconds), row.load, row.purpose)
    asked = asked.where(row.resource_id.in_(codes), row.load > 0, _touches(between), _active(now))
    for resource_id, begins, ends, load, purpose in db.execute(asked):
        yield codes[resource_id], Interval(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC)), load, purpose


def _bookings() -> Select[BookingRow, str]:
    return _fresh(select(BookingRow, ResourceRow.code).join(ResourceRow, ResourceRow.id == BookingRow.resource_id))


def _booking(row: BookingRow, code: str) -> Booking:
    claim = Claim(code, Interval(row.starts_at, row.ends_at), row.load, row.purpose, row.part, row.capability, row.reseat)
    return Booking(row.public_id, claim, BookingStatus(row.status), row.hold_until)


def _touches(interval: Interval) -> ColumnElement[bool]:
    row = BookingRow
    return and_(
        row.starts_at < interval.ends_at, row.starts_at > interval.starts_at - LONGEST, row.ends_at > interval.starts_at
    )  # the second follows from the third, and lets the index be used


def _active(now: datetime) -> ColumnElement[bool]:
    return or_(BookingRow.status == BookingStatus.BOOKED, and_(BookingRow.status == BookingStatus.HELD, BookingRow.hold_until > now))


def _fresh(asked: Select[*Ts]) -> Select[*Ts]:
    return asked.execution_options(populate_existing=True)


def chunks(values: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    """The values, so many at a time."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
