"""Sites: places with their own clock and hours."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Response
from pydantic import Field

from courses import publishing
from courses.errors import check_version
from courses.library import library
from rooms import equipping, queries
from rooms.base import Db
from rooms.queries import KnownSite
from rooms.resources.site import Site
from scheduler import admitting
from scheduler.access.role import Role
from scheduler.api.fields import Code, Hours, Key, Line, Shape, hours_shown
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Changing, Creating, shown

router = APIRouter(prefix="/sites", tags=["sites"])

GRID = Field(5, strict=True, ge=1, le=1440, description="Sessions start at multiples of so many minutes after midnight.")


class NewSite(Shape):
    """A site to be opened."""

    code: Code = Field(examples=["main-street"])
    name: Line
    timezone: str = Field(max_length=64, description="An IANA name.", examples=["America/New_York"])
    hours: Hours
    granularity_minutes: int = GRID


class SiteChange(Shape):
    """What is to change of a site; what is left out stays."""

    name: Line | None = None
    timezone: str | None = Field(None, max_length=64)
    hours: Hours | None = None
    granularity_minutes: int | None = Field(None, strict=True, ge=1, le=1440)


class SiteShown(Shape):
    """A site. `version` is its ETag."""

    id: str
    code: str
    name: str
    timezone: str
    hours: Hours
    granularity_minutes: int
    version: int

    @classmethod
    def of(cls, known: KnownSite) -> SiteShown:
        """A site as it is shown."""
        site = known.site
        return cls(
            id=known.public_id,
            code=site.id,
            name=site.name,
            timezone=site.timezone,
            hours=hours_shown(site.hours) or Hours(),
            granularity_minutes=site.granularity_minutes,
            version=known.version,
        )


class Sites(Shape):
    """All sites of the clinic."""

    sites: list[SiteShown]


@router.get("", response_model=Sites, responses=problems(), summary="All sites")
def list_sites(desk: AtDesk) -> Response:
    """All sites, by code."""
    with desk.reading() as db:
        return shown(Sites(sites=[SiteShown.of(known) for known in queries.sites(db)]))


@router.post("", status_code=201, response_model=SiteShown, responses=changes(), summary="Open a site")
def add_site(new: NewSite, change: Creating) -> Response:
    """A new site, with its own clock and hours and the library's checklists; its resources are added one by one."""
    site = Site(new.code, new.name, new.timezone, new.hours.value(), new.granularity_minutes)

    def work(db: Db) -> SiteShown:
        made = equipping.add_site(db, site, new_id=change.new_id, now=change.now)
        publishing.adopt_checklists(db, made.public_id, library(), by=change.by, now=change.now, new_id=change.new_id)
        if change.desk.actor is not None:
            admitting.give_roles_at(db, change.desk.actor.account_id, made.id, {Role.ADMIN}, now=change.now)
        return SiteShown.of(made)

    return change.answer(new, work, status=201)


@router.get("/{site}", response_model=SiteShown, responses=problems(404), summary="One site")
def get_site(site: Key, desk: AtDesk) -> Response:
    """A site by its id or code."""
    with desk.reading() as db:
        return shown(SiteShown.of(queries.site(db, site)))


@router.patch("/{site}", response_model=SiteShown, responses=changes(404, etag=True), summary="Change a site")
def change_site(site: Key, wanted: SiteChange, change: Changing) -> Response:
    """Another name, clock, grid or hours. Sessions that are booked stay."""

    def work(db: Db) -> SiteShown:
        queries.lock_site(db, queries.site(db, site).id)
        known = queries.site(db, site)
        check_version("site", change.version, known.version)
        changed = replace(
            known.site,
            name=wanted.name or known.site.name,
            timezone=wanted.timezone or known.site.timezone,
            hours=wanted.hours.value() if wanted.hours else known.site.hours,
            granularity_minutes=wanted.granularity_minutes or known.site.granularity_minutes,
        )
        equipping.change_site(db, known.id, changed, now=change.now)
        return SiteShown.of(queries.site(db, site))

    return change.answer(wanted, work)
