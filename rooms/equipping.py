"""What a clinic has: sites, and the chairs, devices, rooms and people of each; what they can do, how much they bear, when they are there.

A change that would overfill or take away what is booked is refused and names the visits. One that only goes against them (fewer
hours, fewer capabilities) is made and gives them back for a person to settle; none is ever cancelled here. Every change locks the
resource first, so that nobody books meanwhile what is about to go.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, update

from rooms import queries
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.availability.interval import greatest_load
from rooms.base import Db, NewId
from rooms.bookings.booking import Booking
from rooms.bookings.conflict import Occupancy, Rule, lacks_capability, outside_hours
from rooms.errors import DomainError, Faulty
from rooms.queries import KnownResource, KnownSite
from rooms.records import ResourceCapabilityRow, ResourceRow, SiteRow
from rooms.resources.resource import Resource
from rooms.resources.site import Site


class StillBooked(DomainError):
    """A resource that visits to come still need. Nothing was changed."""

    code = "still_booked"

    def __init__(self, known: KnownResource, change: str, bookings: tuple[Booking, ...]) -> None:
        visits = "1 booking stands" if len(bookings) == 1 else f"{len(bookings)} bookings stand"
        super().__init__(f"{known.resource.title} cannot {change}: {visits} against it. Move them first.")
        self.resource = known.resource.id
        self.bookings = bookings


class AlreadyThere(DomainError):
    """A second thing by the same id."""

    code = "already_there"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"There is a {kind} {key!r} already; choose another id.")
        self.kind = kind
        self.key = key


def add_site(db: Db, site: Site, *, new_id: NewId, now: datetime) -> KnownSite:
    """A new site; its closures are for `rostering`. Raises `AlreadyThere`, and `NoSuchZone` for its time zone."""
    SiteTime(site.timezone)
    if any(known.site.id == site.id for known in queries.sites(db)):
        raise AlreadyThere("site", site.id)
    db.execute(insert(SiteRow).values(public_id=new_id("si_"), code=site.id, version=1, **_site_columns(site, now)))
    return queries.site(db, site.id)


def change_site(db: Db, site_id: int, site: Site, *, now: datetime) -> tuple[Booking, ...]:
    """Give a site another name, zone, grid or hours. Gives the bookings to come that are now outside hours."""
    SiteTime(site.timezone)
    queries.lock_site(db, site_id)
    db.execute(update(SiteRow).where(SiteRow.id == site_id).values(version=SiteRow.version + 1, **_site_columns(site, now)))
    return _against(db, site_id, (outside_hours,), now)


def add_resource(db: Db, site_id: int, resource: Resource, *, new_id: NewId, now: datetime, reseat_allowed: bool = True) -> KnownResource:
    """A new resource, last on the board; its absences are for `rostering`. Raises `AlreadyThere`."""
    there = queries.resources(db, site_id, retired=True)
    if any(known.resource.id == resource.id for known in there):
        raise AlreadyThere("resource", resource.id)
    last = max((known.position for known in there), default=0)
    db.execute(
        insert(ResourceRow).values(
            site_id=site_id,
            public_id=new_id("r_"),
            code=resource.id,
            name=resource.title,
            kind=resource.kind,
            capacity=resource.capacity,
            capacity_since=now,
            hours=_hours(resource.hours),
            reseat_allowed=reseat_allowed,
            position=last + 1,
            version=1,
            changed_at=now,
        )
    )
    known = queries.resource(db, site_id, resource.id)
    _write_capabilities(db, known.id, resource.capabilities)
    return queries.resource(db, site_id, resource.id)


def rename_resource(db: Db, site_id: int, key: str, *, name: str, now: datetime, position: int | None = None) -> None:
    """Call a resource something else, or put it elsewhere on the board."""
    if not name.strip():
        raise Faulty("name", "a resource needs a name that people know it by")
    known = _lock(db, site_id, key)
    _write(db, known, now, name=name.strip(), position=known.position if position is None else position)


def change_capacity(db: Db, site_id: int, key: str, capacity: int, *, now: datetime) -> None:
    """Let a resource bear more or less from now on. Raises `StillBooked` with the bookings to come that it could not bear."""
    if capacity < 1:
        raise Faulty("capacity", f"{capacity} is no capacity; at least 1 is needed, or retire the resource")
    known = _lock(db, site_id, key)
    coming = queries.bookings_to_come(db, site_id, now=now, resource=known.resource.id)
    too_many = tuple(booking for booking in coming if _load_during(booking, coming) > capacity)
    if too_many:
        raise StillBooked(known, f"bear only {capacity} at once", too_many)
    _write(db, known, now, capacity=capacity, capacity_since=now)


def change_capabilities(db: Db, site_id: int, key: str, capabilities: Iterable[str], *, now: datetime) -> tuple[Booking, ...]:
    """What a resource can be used for from now on. Gives the bookings to come for what it no longer can."""
    known = _lock(db, site_id, key)
    db.execute(delete(ResourceCapabilityRow).where(ResourceCapabilityRow.resource_id == known.id))
    _write_capabilities(db, known.id, frozenset(capabilities))
    _write(db, known, now)
    return _against(db, site_id, (lacks_capability,), now, known.resource.id)


def change_hours(db: Db, site_id: int, key: str, hours: WeeklyHours | None, *, now: datetime) -> tuple[Booking, ...]:
    """When a resource is there from now on; None is the site's hours. Gives the bookings to come that are now outside them."""
    known = _lock(db, site_id, key)
    _write(db, known, now, hours=_hours(hours))
    return _against(db, site_id, (outside_hours,), now, known.resource.id)


def allow_reseating(db: Db, site_id: int, key: str, *, allowed: bool, now: datetime) -> None:
    """Whether bookings may be given from a resource to like ones, and to it, at the same time, where that makes room."""
    _write(db, _lock(db, site_id, key), now, reseat_allowed=allowed)


def retire_resource(db: Db, site_id: int, key: str, *, now: datetime) -> None:
    """Use a resource no longer; its history stays. Raises `StillBooked` with the bookings to come."""
    known = _lock(db, site_id, key)
    coming = queries.bookings_to_come(db, site_id, now=now, resource=known.resource.id)
    if coming:
        raise StillBooked(known, "be retired", coming)
    _write(db, known, now, retired_at=now)


def _lock(db: Db, site_id: int, key: str) -> KnownResource:
    known = queries.resource(db, site_id, key)
    queries.lock_resources(db, [known.id])
    return queries.resource(db, site_id, key)


def _write(db: Db, known: KnownResource, now: datetime, **columns: object) -> None:
    db.execute(update(ResourceRow).where(ResourceRow.id == known.id).values(version=ResourceRow.version + 1, changed_at=now, **columns))


def _write_capabilities(db: Db, resource_id: int, capabilities: frozenset[str]) -> None:
    rows = [{"resource_id": resource_id, "capability": capability} for capability in sorted(capabilities)]
    if rows:
        db.execute(insert(ResourceCapabilityRow), rows)


def _site_columns(site: Site, now: datetime) -> dict[str, object]:
    return {
        "name": site.name,
        "timezone": site.timezone,
        "granularity_minutes": site.granularity_minutes,
        "hours": site.hours.text(),
        "changed_at": now,
    }


def _hours(hours: WeeklyHours | None) -> dict[str, list[list[str]]] | None:
    return None if hours is None else hours.text()


def _load_during(booking: Booking, others: Iterable[Booking]) -> int:
    """The greatest load at an instant of a booking; 0 for a mere presence."""
    if not booking.claim.load:
        return 0
    shared = [(common, other.claim.load) for other in others if (common := booking.claim.interval.common(other.claim.interval))]
    return greatest_load(shared)[0]


def _against(db: Db, site_id: int, rules: tuple[Rule, ...], now: datetime, resource: str | None = None) -> tuple[Booking, ...]:
    coming = queries.bookings_to_come(db, site_id, now=now, resource=resource)
    known = queries.resources(db, site_id, since=now, retired=True)
    occupancy = Occupancy(queries.site(db, site_id).site, [each.resource for each in known])
    return tuple(booking for booking in coming if any(rule(occupancy, booking.claim) for rule in rules))
