"""Chairs, devices, rooms and people: what they can do, how much they bear, when they are there, and what is booked on them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from courses.errors import check_version
from rooms import equipping, queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.booking import Booking
from rooms.errors import Faulty
from rooms.queries import KnownResource
from rooms.resources.resource import Kind, Resource
from scheduler.api.fields import Code, Count, Hours, Key, Line, Moment, Shape, hours_of, hours_shown, instant_of, on_clock
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Change, Changing, Creating, shown

router = APIRouter(prefix="/sites/{site}/resources", tags=["resources"])

Capabilities = Annotated[list[Line], Field(max_length=100, description="What it can be used for.", examples=[["observation-chair"]])]
Place = Annotated[int, Field(strict=True, ge=0, le=100_000, description="Its place among the board's columns.")]

RESEATED = "Whether bookings may be given from it to like resources, and to it, at the same time, to make room. Never with staff."

LONGEST_DAYS = 400
"""How much of a resource's diary is shown at once."""


class NewResource(Shape):
    """A resource to be added."""

    code: Code = Field(examples=["chair-3"])
    name: Line | None = None
    kind: Kind
    capabilities: Capabilities
    capacity: Count = 1
    hours: Hours | None = Field(None, description="The site's where they are left out.")
    reseat_allowed: bool = Field(True, strict=True, description=RESEATED)


class ResourceChange(Shape):
    """What is to change of a resource; what is left out stays. `hours` null is the site's."""

    name: Line | None = None
    position: Place | None = None
    capacity: Count | None = None
    capabilities: Capabilities | None = None
    hours: Hours | None = None
    reseat_allowed: bool | None = Field(None, strict=True, description=RESEATED)


class ResourceShown(Shape):
    """A resource. `version` is its ETag."""

    id: str
    code: str
    name: str
    kind: Kind
    capabilities: list[str]
    capacity: int
    hours: Hours | None
    reseat_allowed: bool = Field(description=RESEATED)
    position: int
    retired_at: datetime | None
    version: int

    @classmethod
    def of(cls, known: KnownResource) -> ResourceShown:
        """A resource as it is shown."""
        resource = known.resource
        return cls(
            id=known.public_id,
            code=resource.id,
            name=resource.title,
            kind=resource.kind,
            capabilities=sorted(resource.capabilities),
            capacity=resource.capacity,
            hours=hours_shown(resource.hours),
            reseat_allowed=known.reseat_allowed,
            position=known.position,
            retired_at=known.retired_at,
            version=known.version,
        )


class Resources(Shape):
    """The resources of a site in the board's order."""

    resources: list[ResourceShown]


class BookingShown(Shape):
    """A time at which a resource is taken, turnover included, and what for (a session's id, or the clinic's own words)."""

    id: str
    resource: str
    starts_at: datetime
    ends_at: datetime
    load: int
    status: str
    purpose: str

    @classmethod
    def of(cls, booking: Booking, time: SiteTime) -> BookingShown:
        """A booking as it is shown, by the site's clock."""
        claim = booking.claim
        return cls(
            id=booking.id,
            resource=claim.resource,
            starts_at=on_clock(claim.interval.starts_at, time),
            ends_at=on_clock(claim.interval.ends_at, time),
            load=claim.load,
            status=booking.status,
            purpose=claim.purpose,
        )


class Bookings(Shape):
    """What is booked, in order of time."""

    bookings: list[BookingShown]


@router.get("", response_model=Resources, responses=problems(404), summary="The resources of a site")
def list_resources(site: Key, desk: AtDesk, retired: bool = False) -> Response:
    """The resources in the board's order; with `retired`, those that are no longer used too."""
    with desk.reading() as db:
        found = queries.resources(db, queries.site(db, site).id, since=desk.now, retired=retired)
        return shown(Resources(resources=[ResourceShown.of(known) for known in found]))


@router.post("", status_code=201, response_model=ResourceShown, responses=changes(404), summary="Add a resource")
def add_resource(site: Key, new: NewResource, change: Creating) -> Response:
    """A new chair, device, room or person, last on the board."""
    hours = hours_of(new.hours)
    resource = Resource(new.code, new.kind, frozenset(new.capabilities), new.capacity, hours, (), new.name or new.code)

    def work(db: Db) -> ResourceShown:
        at = queries.site(db, site).id
        known = equipping.add_resource(db, at, resource, new_id=change.new_id, now=change.now, reseat_allowed=new.reseat_allowed)
        return ResourceShown.of(known)

    return change.answer(new, work, status=201)


@router.get("/{resource}", response_model=ResourceShown, responses=problems(404), summary="One resource")
def get_resource(site: Key, resource: Key, desk: AtDesk) -> Response:
    """A resource by its id or code, retired or not."""
    with desk.reading() as db:
        return shown(ResourceShown.of(queries.resource(db, queries.site(db, site).id, resource)))


@router.patch("/{resource}", response_model=ResourceShown, responses=changes(404, etag=True), summary="Change a resource")
def change_resource(site: Key, resource: Key, wanted: ResourceChange, change: Changing) -> Response:
    """Refused if visits to come would not fit any more. Visits that are only outside its new hours stay, for a person to settle."""

    def work(db: Db) -> ResourceShown:
        at = queries.site(db, site).id
        known = _seen(db, at, resource, change)
        _apply(db, at, known, wanted, change)
        return ResourceShown.of(queries.resource(db, at, resource))

    return change.answer(wanted, work)


@router.post("/{resource}/retire", response_model=ResourceShown, responses=changes(404, etag=True), summary="Use a resource no longer")
def retire_resource(site: Key, resource: Key, change: Changing) -> Response:
    """Its history stays. Refused while visits to come need it."""

    def work(db: Db) -> ResourceShown:
        at = queries.site(db, site).id
        _seen(db, at, resource, change)
        equipping.retire_resource(db, at, resource, now=change.now)
        return ResourceShown.of(queries.resource(db, at, resource))

    return change.answer(None, work)


@router.get("/{resource}/bookings", response_model=Bookings, responses=problems(404), summary="What is booked on a resource")
def list_bookings(
    site: Key,
    resource: Key,
    desk: AtDesk,
    starts_at: Annotated[Moment, Query(alias="from", description="From when.")],
    ends_at: Annotated[Moment, Query(alias="until", description="Until when; at most 400 days later.")],
) -> Response:
    """The bookings that touch a stretch of time."""
    with desk.reading() as db:
        at = queries.site(db, site)
        time = SiteTime(at.site.timezone)
        interval = Interval(instant_of(starts_at, time), instant_of(ends_at, time))
        if interval.length.days > LONGEST_DAYS:
            raise Faulty("until", f"ask for at most {LONGEST_DAYS} days at once")
        code = queries.resource(db, at.id, resource).resource.id
        found = queries.bookings_on(db, at.id, interval, now=desk.now, resource=code)
        return shown(Bookings(bookings=[BookingShown.of(booking, time) for booking in found]))


def _seen(db: Db, site_id: int, resource: str, change: Change) -> KnownResource:
    """The resource, locked. Raises `StaleVersion` unless it is as the caller has seen it."""
    queries.lock_resources(db, [queries.resource(db, site_id, resource).id])
    known = queries.resource(db, site_id, resource)
    check_version("resource", change.version, known.version)
    return known


def _apply(db: Db, site_id: int, known: KnownResource, wanted: ResourceChange, change: Change) -> None:
    code, now = known.resource.id, change.now
    if wanted.name is not None or wanted.position is not None:
        equipping.rename_resource(db, site_id, code, name=wanted.name or known.resource.title, now=now, position=wanted.position)
    if wanted.capabilities is not None:
        equipping.change_capabilities(db, site_id, code, wanted.capabilities, now=now)
    if "hours" in wanted.model_fields_set:
        equipping.change_hours(db, site_id, code, hours_of(wanted.hours), now=now)
    if wanted.reseat_allowed is not None:
        equipping.allow_reseating(db, site_id, code, allowed=wanted.reseat_allowed, now=now)
    if wanted.capacity is not None:
        equipping.change_capacity(db, site_id, code, wanted.capacity, now=now)
