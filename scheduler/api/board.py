"""The day board: who is where, and when, on one date at a site."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from courses import queries
from rooms import queries as rooms_queries
from rooms.availability.hours import LocalDay, SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.queries import KnownResource, KnownSite
from rooms.resources.resource import Kind
from scheduler.api.course_shapes import SessionInList
from scheduler.api.fields import Date, Key, Shape, on_clock
from scheduler.api.problems import problems
from scheduler.api.resources import BookingShown
from scheduler.dependencies import AtDesk, shown

router = APIRouter(prefix="/sites/{site}", tags=["board"])


class Span(Shape):
    """A stretch of time with its reason, where there is one."""

    starts_at: datetime
    ends_at: datetime
    reason: str = ""


class Column(Shape):
    """A resource on the board: when it is there, and when it is away."""

    id: str
    code: str
    name: str
    kind: Kind
    capacity: int
    open: list[Span]
    away: list[Span]


class Board(Shape):
    """One date at a site."""

    site: str
    date: date
    now: datetime
    closures: list[Span]
    resources: list[Column]
    sessions: list[SessionInList] = Field(description="Those cancelled and missed too.")
    bookings: list[BookingShown] = Field(description="What is booked for anything else than a session.")


class Waiting(Shape):
    """Sessions that are owed and have no place."""

    sessions: list[SessionInList]


@router.get("/board", response_model=Board, responses=problems(404), summary="The board of a day")
def get_board(site: Key, desk: AtDesk, day: Annotated[Date | None, Query(description="Today where it is left out.")] = None) -> Response:
    """Everything that a day board shows of one local date."""
    with desk.reading() as db:
        known = rooms_queries.site(db, site)
        time = SiteTime(known.site.timezone)
        return shown(_board(db, known, time.day(day or time.date_of(desk.now)), time, desk.now))


@router.get("/waiting", response_model=Waiting, responses=problems(404), summary="Sessions that wait for a place")
def list_waiting(site: Key, desk: AtDesk) -> Response:
    """Sessions of active courses that are owed; somebody has to find a time for each."""
    with desk.reading() as db:
        known = rooms_queries.site(db, site)
        time = SiteTime(known.site.timezone)
        owed = queries.owed_sessions(db, known.id, now=desk.now)
        return shown(Waiting(sessions=[SessionInList.of_line(line, time) for line in owed]))


def _board(db: Db, known: KnownSite, day: LocalDay, time: SiteTime, now: datetime) -> Board:
    sessions = queries.sessions_on(db, known.id, day.whole, now=now)
    ours = {line.id for line in sessions}
    booked = rooms_queries.bookings_on(db, known.id, day.whole, now=now)
    columns = rooms_queries.resources(db, known.id, since=day.whole.starts_at)
    return Board(
        site=known.public_id,
        date=day.date,
        now=on_clock(now, time),
        closures=[_span(each.interval, time, each.reason) for each in known.site.closures if each.interval.overlaps(day.whole)],
        resources=[_column(resource, known, day, time) for resource in columns],
        sessions=[SessionInList.of_line(line, time) for line in sessions],
        bookings=[BookingShown.of(booking, time) for booking in booked if booking.claim.purpose not in ours],
    )


def _column(known: KnownResource, site: KnownSite, day: LocalDay, time: SiteTime) -> Column:
    resource = known.resource
    hours = resource.hours or site.site.hours
    return Column(
        id=known.public_id,
        code=resource.id,
        name=resource.title,
        kind=resource.kind,
        capacity=resource.capacity,
        open=[_span(interval, time) for opens, closes in hours.on(day.date) if (interval := _open(day, opens, closes))],
        away=[_span(each.interval, time, each.reason) for each in resource.absences if each.interval.overlaps(day.whole)],
    )


def _open(day: LocalDay, opens: int, closes: int) -> Interval | None:
    """The real time of a stretch of the wall clock; nothing where the clock skips all of it."""
    mask = day.mask_of_wall(opens, closes)
    return day.interval((mask & -mask).bit_length() - 1, mask.bit_length()) if mask else None


def _span(interval: Interval, time: SiteTime, reason: str = "") -> Span:
    return Span(starts_at=on_clock(interval.starts_at, time), ends_at=on_clock(interval.ends_at, time), reason=reason)
