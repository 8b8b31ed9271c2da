"""Every look into the tables of the ground floor. Rows stay here: what goes out is frozen values.

Row numbers (`id`) are for the floors above to join by; people and addresses see `public_id` or the resource's code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar, TypeVarTuple

from sqlalchemy import BigInteger, Select, and_, bindparam, func, literal_column, or_, select, type_coerce
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from rooms.availability.closure import Closure
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Db, UtcInstant
from rooms.bookings.booking import Booking, BookingStatus, Claim
from rooms.bookings.calendar import Calendar, Held
from rooms.bookings.conflict import LONGEST, Holder
from rooms.errors import Unknown
from rooms.records import AbsenceRow, BookingRow, ClosureRow, HoursText, ResourceCapabilityRow, ResourceRow, SiteRow
from rooms.resources.resource import Absence, Kind, Resource
from rooms.resources.site import Site

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

EVER = datetime.fromtimestamp(0, UTC)
AHEAD = timedelta(days=20 * 365)
"""Farther ahead than anything is booked."""
NOTICE = timedelta(hours=1)
"""Who comes sooner than this may be there already, and keeps the chair."""
WEEK = 7 * 24 * 3600
AT_ONCE = 500
"""How many values one statement may name; SQLite has a limit."""


# Statements that every booking asks are built once: building one takes longer than answering it. What they give is read anew each time,
# never taken from what the transaction has seen before.
LOCK = (
    select(ResourceRow)
    .where(
        or_(
            and_(ResourceRow.site_id == bindparam("site"), ResourceRow.code.in_(bindparam("codes", expanding=True))),
            ResourceRow.id.in_(bindparam("ids", expanding=True)),
        )
    )
    .order_by(ResourceRow.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
TOUCHES = and_(
    BookingRow.starts_at < bindparam("ends_at", type_=UtcInstant),
    BookingRow.starts_at > bindparam("earliest", type_=UtcInstant),  # follows from the next, and lets the index be used
    BookingRow.ends_at > bindparam("starts_at", type_=UtcInstant),
)
ACTIVE = or_(
    BookingRow.status == literal_column("'booked'"),
    and_(BookingRow.status == literal_column("'held'"), BookingRow.hold_until > bindparam("now", type_=UtcInstant)),
)
HELD = select(
    BookingRow.resource_id,
    type_coerce(BookingRow.starts_at, BigInteger()),
    type_coerce(BookingRow.ends_at, BigInteger()),
    BookingRow.load,
    BookingRow.purpose,
).where(BookingRow.resource_id.in_(bindparam("resources", expanding=True)), BookingRow.load > 0, TOUCHES, ACTIVE)
# What may be given to like resources at the same time.
MOVABLE = (
    select(
        BookingRow.public_id,
        ResourceRow.code,
        type_coerce(BookingRow.starts_at, BigInteger()),
        type_coerce(BookingRow.ends_at, BigInteger()),
        BookingRow.load,
        BookingRow.purpose,
        BookingRow.part,
        BookingRow.capability,
    )
    .join(ResourceRow, ResourceRow.id == BookingRow.resource_id)
    .where(
        ResourceRow.site_id == bindparam("site"),
        ResourceRow.reseat_allowed,
        ResourceRow.kind != literal_column("'staff'"),
        ResourceRow.retired_at.is_(None),
        TOUCHES,
        BookingRow.status == literal_column("'booked'"),
        BookingRow.reseat,
        BookingRow.capability != literal_column("''"),
        BookingRow.load > 0,
        BookingRow.starts_at >= bindparam("notice", type_=UtcInstant),
    )
    .order_by(ResourceRow.position, ResourceRow.code, BookingRow.starts_at, BookingRow.id)
)
ABSENCES = (
    select(AbsenceRow.resource_id, AbsenceRow.starts_at, AbsenceRow.ends_at, AbsenceRow.reason)
    .where(AbsenceRow.resource_id.in_(bindparam("resources", expanding=True)), AbsenceRow.ends_at > bindparam("since", type_=UtcInstant))
    .order_by(AbsenceRow.starts_at, AbsenceRow.id)
)
CLOSURES = (
    select(
        ClosureRow.public_id,
        ClosureRow.starts_at,
        ClosureRow.ends_at,
        ClosureRow.reason,
        ClosureRow.source,
        ClosureRow.accepted_at,
        ClosureRow.accepted_by,
    )
    .where(
        ClosureRow.site_id == bindparam("site"), ClosureRow.removed_at.is_(None), ClosureRow.ends_at > bindparam("since", type_=UtcInstant)
    )
    .order_by(ClosureRow.starts_at, ClosureRow.id)
)
SITE = select(SiteRow).where(SiteRow.id == bindparam("site")).execution_options(populate_existing=True)
CAPABILITIES = select(ResourceCapabilityRow.resource_id, ResourceCapabilityRow.capability).where(
    ResourceCapabilityRow.resource_id.in_(bindparam("resources", expanding=True))
)


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

    @property
    def is_interchangeable(self) -> bool:
        """Whether bookings may be given from it to like resources, and to it: staff is known to patients, and a clinic may forbid it."""
        return self.reseat_allowed and self.resource.kind is not Kind.STAFF


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


def within(sites: Collection[int]) -> tuple[ORMOption, ...]:
    """What keeps every look into the tables of this floor to some sites (by row number): see `scheduler.guarding`."""
    units = select(ResourceRow.id).where(ResourceRow.site_id.in_(sites)).scalar_subquery()
    return (
        with_loader_criteria(SiteRow, SiteRow.id.in_(sites), include_aliases=True),
        *(with_loader_criteria(row, row.site_id.in_(sites), include_aliases=True) for row in (ResourceRow, ClosureRow)),
        *(
            with_loader_criteria(row, row.resource_id.in_(units), include_aliases=True)
            for row in (ResourceCapabilityRow, AbsenceRow, BookingRow)
        ),
    )


def hours_of(text: HoursText) -> WeeklyHours:
    """Weekly hours as they are kept."""
    return WeeklyHours.of({day: [(opens, closes) for opens, closes in spans] for day, spans in text.items()})


def sites(db: Db) -> tuple[KnownSite, ...]:
    """All sites, by code."""
    return tuple(_known_site(db, row) for row in db.scalars(_fresh(select(SiteRow).order_by(SiteRow.code))))


def site(db: Db, key: str | int) -> KnownSite:
    """The site with a code or public id, or with a row number. Raises `Unknown`."""
    if isinstance(key, str):
        row = db.scalar(_fresh(select(SiteRow).where(or_(SiteRow.code == key, SiteRow.public_id == key))))
    else:
        row = db.scalar(SITE, {"site": key})
    if row is None:
        raise Unknown("site", str(key))
    return _known_site(db, row)


def _known_site(db: Db, row: SiteRow) -> KnownSite:
    standing = tuple(known.closure for known in closures(db, row.id))
    value = Site(row.code, row.name, row.timezone, hours_of(row.hours), row.granularity_minutes, standing)
    return KnownSite(row.id, row.public_id, row.version, value)


def closures(db: Db, site_id: int, *, since: datetime = EVER) -> tuple[KnownClosure, ...]:
    """The closures of a site that stand (and end after `since`), in order of time."""
    return tuple(
        KnownClosure(public_id, Closure(Interval(starts_at, ends_at), reason), source, accepted_at, accepted_by)
        for public_id, starts_at, ends_at, reason, source, accepted_at, accepted_by in db.execute(
            CLOSURES, {"site": site_id, "since": since}
        )
    )


def absences(db: Db, site_id: int, *, since: datetime = EVER) -> tuple[KnownAbsence, ...]:
    """The absences of a site's resources (that end after `since`), in order of time."""
    asked = select(AbsenceRow.public_id, ResourceRow.code, AbsenceRow.starts_at, AbsenceRow.ends_at, AbsenceRow.reason).join(ResourceRow)
    asked = asked.where(ResourceRow.site_id == site_id, AbsenceRow.ends_at > since).order_by(AbsenceRow.starts_at, AbsenceRow.id)
    return tuple(
        KnownAbsence(public_id, code, Absence(Interval(starts_at, ends_at), reason))
        for public_id, code, starts_at, ends_at, reason in db.execute(asked)
    )


def resources(
    db: Db, site_id: int, *, since: datetime = EVER, codes: Collection[str] | None = None, retired: bool = False
) -> tuple[KnownResource, ...]:
    """A site's resources in the board's order, with their absences (that end after `since`); those retired only where asked for."""
    asked = select(ResourceRow).where(ResourceRow.site_id == site_id).order_by(ResourceRow.position, ResourceRow.code)
    if codes is not None:
        asked = asked.where(ResourceRow.code.in_(codes))
    if not retired:
        asked = asked.where(ResourceRow.retired_at.is_(None))
    return _known_resources(db, db.scalars(_fresh(asked)).all(), since)


def resource(db: Db, site_id: int, key: str) -> KnownResource:
    """The site's resource with a code or public id, retired or not. Raises `Unknown`."""
    same = or_(ResourceRow.code == key, ResourceRow.public_id == key)
    code = db.scalar(select(ResourceRow.code).where(ResourceRow.site_id == site_id, same))
    if code is None:
        raise Unknown("resource", key)
    (known,) = resources(db, site_id, codes=[code], retired=True)
    return known


def lock_resources(db: Db, resource_ids: Iterable[int]) -> None:
    """Hold everybody else off these resources until the transaction ends. SQLite does so for the whole database when it begins."""
    wanted = sorted(set(resource_ids))
    db.execute(select(ResourceRow.id).where(ResourceRow.id.in_(wanted)).order_by(ResourceRow.id).with_for_update()).all()


def locked_resources(db: Db, site_id: int, codes: Collection[str], ids: Collection[int], *, since: datetime) -> tuple[KnownResource, ...]:
    """Hold everybody else off some of a site's resources, and off those by row number, and see the former as they are then.

    Codes that the site has not, or has no longer, are left out.
    """
    rows = db.scalars(LOCK, {"site": site_id, "codes": list(codes), "ids": list(ids)}).all()
    return _known_resources(db, [row for row in rows if row.site_id == site_id and row.code in codes and row.retired_at is None], since)


def lock_site(db: Db, site_id: int) -> None:
    """Hold everybody else off all resources of a site."""
    lock_resources(db, db.scalars(select(ResourceRow.id).where(ResourceRow.site_id == site_id)))


def _known_resources(db: Db, rows: Sequence[ResourceRow], since: datetime) -> tuple[KnownResource, ...]:
    numbers = {"resources": [row.id for row in rows]}
    abilities, away = defaultdict(set), defaultdict(list)
    for resource_id, capability in db.execute(CAPABILITIES, numbers):
        abilities[resource_id].add(capability)
    for resource_id, starts_at, ends_at, reason in db.execute(ABSENCES, {"since": since, **numbers}):
        away[resource_id].append(Absence(Interval(starts_at, ends_at), reason))
    return tuple(_known_resource(row, frozenset(abilities[row.id]), away[row.id]) for row in rows)


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


def held_during(db: Db, site_id: int, between: Interval, *, now: datetime, without_purposes: Collection[str] = ()) -> tuple[Held, ...]:
    """What is taken of a site's resources during some of a time, as if the bookings for `without_purposes` were not there."""
    codes = {row_id: code for row_id, code in db.execute(select(ResourceRow.id, ResourceRow.code).where(ResourceRow.site_id == site_id))}
    without = frozenset(without_purposes)
    return tuple((code, taken, load) for code, taken, load, purpose in _held(db, codes, between, now) if purpose not in without)


def held_from(db: Db, site_id: int, now: datetime) -> tuple[Held, ...]:
    """What is taken of a site's resources from now on, what is under way included, however far ahead."""
    return held_during(db, site_id, Interval(now, now + AHEAD), now=now)


def bookings_on(db: Db, site_id: int, interval: Interval, *, now: datetime, resource: str | None = None) -> tuple[Booking, ...]:
    """Who has what at a site (or of one resource, by code) during some of a time, by resource and start."""
    asked = _bookings().where(ResourceRow.site_id == site_id, TOUCHES, ACTIVE)
    if resource is not None:
        asked = asked.where(ResourceRow.code == resource)
    ordered = asked.order_by(ResourceRow.position, ResourceRow.code, BookingRow.starts_at, BookingRow.id)
    return tuple(_booking(row, code) for row, code in db.execute(ordered, {"now": now, **_during(interval)}))


def movable_bookings(
    db: Db, site_id: int, interval: Interval, *, now: datetime, without_purposes: Collection[str] = ()
) -> tuple[Booking, ...]:
    """The bookings that touch a time and may be given to like resources at the same time, by resource and start: none that begins soon."""
    found = db.execute(MOVABLE, {"site": site_id, "notice": now + NOTICE, **_during(interval)})
    return tuple(
        Booking(key, Claim(code, _interval(begins, ends), load, purpose, part, capability, reseat=True), BookingStatus.BOOKED)
        for key, code, begins, ends, load, purpose, part, capability in found
        if purpose not in without_purposes
    )


def freedom(db: Db, site_id: int, *, now: datetime) -> tuple[int, ...]:
    """A few numbers that are others whenever something of what is free at a site from now on became another: told apart, not understood."""
    row, unit = BookingRow, ResourceRow
    taken = select(
        func.count(),
        func.sum(type_coerce(row.starts_at, BigInteger())),
        func.sum(type_coerce(row.ends_at, BigInteger())),
        func.sum(row.resource_id * (type_coerce(row.starts_at, BigInteger()) % WEEK)),
    )
    of_site = select(unit.id).where(unit.site_id == site_id).scalar_subquery()
    ahead = taken.where(row.resource_id.in_(of_site), row.ends_at > now, row.starts_at > now - LONGEST, ACTIVE)
    units = select(func.count(), func.sum(unit.version), func.sum(unit.capacity)).where(unit.site_id == site_id, unit.retired_at.is_(None))
    away = select(func.count(), func.sum(AbsenceRow.id)).where(AbsenceRow.resource_id.in_(of_site))
    shut = select(func.count(), func.sum(ClosureRow.id)).where(ClosureRow.site_id == site_id, ClosureRow.removed_at.is_(None))
    open_hours = select(SiteRow.version).where(SiteRow.id == site_id)
    found = (n for asked in (ahead, units, away, shut, open_hours) for n in db.execute(asked, {"now": now}).one())
    return tuple(int(n or 0) for n in found)


def interchangeable(db: Db, site_id: int) -> frozenset[str]:
    """The codes of a site's resources of which others may take the place: all that is not staff, unless the clinic forbids it."""
    unit = ResourceRow
    return frozenset(db.scalars(select(unit.code).where(unit.site_id == site_id, unit.reseat_allowed, unit.kind != Kind.STAFF)))


def bookings_to_come(db: Db, site_id: int, *, now: datetime, resource: str | None = None) -> tuple[Booking, ...]:
    """Who has what at a site (or of one resource, by code) from now on, what is under way included, in order of time."""
    asked = _bookings().where(ResourceRow.site_id == site_id, BookingRow.ends_at > now, BookingRow.starts_at > now - LONGEST, ACTIVE)
    if resource is not None:
        asked = asked.where(ResourceRow.code == resource)
    return tuple(_booking(row, code) for row, code in db.execute(asked.order_by(BookingRow.starts_at, BookingRow.id), {"now": now}))


def bookings_of(db: Db, purposes: Iterable[str], *, now: datetime | None = None) -> dict[str, tuple[Booking, ...]]:
    """What is booked for each purpose, by part; with `now`, without the holds that have run out. A purpose without any is left out."""
    found: dict[str, list[Booking]] = defaultdict(list)
    standing = BookingRow.status != BookingStatus.RELEASED if now is None else ACTIVE
    for some in chunks(purposes):
        asked = _bookings().where(BookingRow.purpose.in_(some), standing)
        ordered = asked.order_by(BookingRow.part, ResourceRow.code, BookingRow.starts_at)
        for row, code in db.execute(ordered, {} if now is None else {"now": now}):
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
    asked = {"resources": list(codes), "now": now, **_during(between)}
    for resource_id, begins, ends, load, purpose in db.execute(HELD, asked):
        yield codes[resource_id], _interval(begins, ends), load, purpose


def _interval(begins: int, ends: int) -> Interval:
    return Interval(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))


def _bookings() -> Select[BookingRow, str]:
    return _fresh(select(BookingRow, ResourceRow.code).join(ResourceRow, ResourceRow.id == BookingRow.resource_id))


def _booking(row: BookingRow, code: str) -> Booking:
    claim = Claim(code, Interval(row.starts_at, row.ends_at), row.load, row.purpose, row.part, row.capability, row.reseat)
    return Booking(row.public_id, claim, BookingStatus(row.status), row.hold_until)


def _during(interval: Interval) -> dict[str, datetime]:
    return {"starts_at": interval.starts_at, "ends_at": interval.ends_at, "earliest": interval.starts_at - LONGEST}


def _fresh(asked: Select[*Ts]) -> Select[*Ts]:
    return asked.execution_options(populate_existing=True)


def chunks(values: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    """The values, so many at a time."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
