"""Times at which a whole site is closed, and public holidays, which a person accepts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from rooms import queries, rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.bookings.booking import Booking
from rooms.errors import Faulty
from rooms.queries import KnownClosure
from scheduler.api.fields import Date, Key, Reason, Shape, Time, on_clock
from scheduler.api.problems import changes, problems
from scheduler.api.resources import BookingShown
from scheduler.dependencies import AtDesk, Creating, shown

router = APIRouter(prefix="/sites/{site}", tags=["closures"])

Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
Subdivision = Annotated[str, StringConstraints(pattern="^[A-Z0-9]{1,5}$")]
Year = Annotated[int, Field(ge=2000, le=2100)]


class NewClosure(Time):
    """A time at which the site is closed."""

    reason: Reason = Field("", examples=["snow"])


class ClosureShown(Shape):
    """A closure, and who accepted it."""

    id: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    source: Literal["staff", "holidays"]
    accepted_at: datetime
    accepted_by: str


class Closures(Shape):
    """Closures in order of time."""

    closures: list[ClosureShown]


class ClosureMade(ClosureShown):
    """A closure with the bookings that it hits. None of them was cancelled: somebody has to settle them."""

    hits: list[BookingShown]


class ClosuresMade(Shape):
    """The closures that were made."""

    closures: list[ClosureMade]


class HolidayShown(Shape):
    """A public holiday that nobody has accepted yet."""

    date: date
    name: str


class Holidays(Shape):
    """Public holidays that no closure covers yet."""

    holidays: list[HolidayShown]


class AcceptedHolidays(Shape):
    """The holidays on which the site is closed."""

    country: Country = Field(examples=["US"])
    subdivision: Subdivision | None = Field(None, examples=["NY"])
    dates: list[Date] = Field(min_length=1, max_length=60)


@router.get("/closures", response_model=Closures, responses=problems(404), summary="Closures to come")
def list_closures(site: Key, desk: AtDesk) -> Response:
    """The closures of a site that are not over."""
    with desk.reading() as db:
        at = queries.site(db, site)
        time = SiteTime(at.site.timezone)
        return shown(Closures(closures=[ClosureShown(**_columns(known, time)) for known in queries.closures(db, at.id, since=desk.now)]))


@router.post("/closures", status_code=201, response_model=ClosureMade, responses=changes(404), summary="Close a site for a time")
def add_closure(site: Key, new: NewClosure, change: Creating) -> Response:
    """Nothing can be booked in it. Gives the bookings that stand in it; none is cancelled."""

    def work(db: Db) -> ClosureMade:
        at = queries.site(db, site)
        time = SiteTime(at.site.timezone)
        closure = Closure(new.interval(time), new.reason)
        return _made(*rostering.close_site(db, at.id, closure, by=change.by, new_id=change.new_id, now=change.now), time)

    return change.answer(new, work, status=201)


@router.delete("/closures/{closure}", status_code=204, responses=changes(404), summary="Open after all")
def remove_closure(site: Key, closure: Key, change: Creating) -> Response:
    """Take a closure back; it stays in the records."""

    def work(db: Db) -> None:
        rostering.remove_closure(db, queries.site(db, site).id, closure, now=change.now)

    return change.answer(None, work)


@router.get("/holidays", response_model=Holidays, responses=problems(404), summary="Public holidays to decide on")
def propose_holidays(
    site: Key,
    desk: AtDesk,
    country: Annotated[Country, Query(examples=["US"])],
    year: Annotated[Year, Query(examples=[2027])],
    subdivision: Annotated[Subdivision | None, Query(examples=["NY"])] = None,
) -> Response:
    """The public holidays of a year that no closure covers yet. Nothing is closed by this."""
    with desk.reading() as db:
        at = queries.site(db, site)
        time = SiteTime(at.site.timezone)
        found = rostering.proposed_holidays(db, at.id, country, year, subdivision=subdivision)
    return shown(Holidays(holidays=[HolidayShown(date=time.date_of(each.interval.starts_at), name=each.reason) for each in found]))


@router.post("/holidays", status_code=201, response_model=ClosuresMade, responses=changes(404), summary="Close on public holidays")
def accept_holidays(site: Key, wanted: AcceptedHolidays, change: Creating) -> Response:
    """Close the site on the named dates, each of which must be a public holiday that was proposed."""

    def work(db: Db) -> ClosuresMade:
        at = queries.site(db, site)
        time = SiteTime(at.site.timezone)
        made = []
        for holiday in _holidays(wanted, at.site.timezone):
            known, hits = rostering.accept_holiday(db, at.id, holiday, by=change.by, new_id=change.new_id, now=change.now)
            made.append(_made(known, hits, time))
        return ClosuresMade(closures=made)

    return change.answer(wanted, work, status=201)


def _holidays(wanted: AcceptedHolidays, zone: str) -> list[Closure]:
    """The holidays of the wanted dates. Raises `Faulty` for a date that is none."""
    time, dates = SiteTime(zone), sorted(set(wanted.dates))
    years = {on.year for on in dates}
    known = {
        time.date_of(each.interval.starts_at): each
        for year in years
        for each in rostering.propose_holidays(zone, wanted.country, year, subdivision=wanted.subdivision)
    }
    strange = [on for on in dates if on not in known]
    if strange:
        raise Faulty("dates", f"{strange[0]} is no public holiday there; close the site by a closure instead")
    return [known[on] for on in dates]


def _columns(known: KnownClosure, time: SiteTime) -> dict[str, object]:
    interval = known.closure.interval
    return {
        "id": known.public_id,
        "starts_at": on_clock(interval.starts_at, time),
        "ends_at": on_clock(interval.ends_at, time),
        "reason": known.closure.reason,
        "source": known.source,
        "accepted_at": on_clock(known.accepted_at, time),
        "accepted_by": known.accepted_by,
    }


def _made(known: KnownClosure, hits: tuple[Booking, ...], time: SiteTime) -> ClosureMade:
    return ClosureMade(**_columns(known, time), hits=[BookingShown.of(booking, time) for booking in hits])
