"""Leave, servicing and training: times at which one resource cannot be had."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field

from rooms import queries, rostering
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.queries import KnownAbsence
from rooms.resources.resource import Absence
from scheduler.api.fields import Key, Reason, Shape, Time, on_clock
from scheduler.api.problems import changes, problems
from scheduler.api.resources import BookingShown
from scheduler.dependencies import AtDesk, Creating, shown

router = APIRouter(prefix="/sites/{site}", tags=["absences"])


class NewAbsence(Time):
    """A time at which a resource is away."""

    reason: Reason = Field("", examples=["yearly service"])


class AbsenceShown(Shape):
    """An absence. It stays until it is removed; to change one, remove it and add another."""

    id: str
    resource: str
    starts_at: datetime
    ends_at: datetime
    reason: str

    @classmethod
    def of(cls, known: KnownAbsence, time: SiteTime) -> AbsenceShown:
        """An absence as it is shown."""
        interval = known.absence.interval
        return cls(
            id=known.public_id,
            resource=known.resource,
            starts_at=on_clock(interval.starts_at, time),
            ends_at=on_clock(interval.ends_at, time),
            reason=known.absence.reason,
        )


class Absences(Shape):
    """Absences in order of time."""

    absences: list[AbsenceShown]


class AbsenceMade(AbsenceShown):
    """An absence with the bookings that it hits. None of them was cancelled: somebody has to settle them."""

    hits: list[BookingShown]


@router.get("/absences", response_model=Absences, responses=problems(404), summary="Absences to come")
def list_absences(site: Key, desk: AtDesk) -> Response:
    """The absences of a site's resources that are not over."""
    with desk.reading() as db:
        at = queries.site(db, site)
        time = SiteTime(at.site.timezone)
        return shown(Absences(absences=[AbsenceShown.of(known, time) for known in queries.absences(db, at.id, since=desk.now)]))


@router.post(
    "/resources/{resource}/absences", status_code=201, response_model=AbsenceMade, responses=changes(404), summary="A resource is away"
)
def add_absence(site: Key, resource: Key, new: NewAbsence, change: Creating) -> Response:
    """The resource cannot be booked at that time. Gives the bookings that stand in it; none is cancelled."""

    def work(db: Db) -> AbsenceMade:
        at = queries.site(db, site)
        time = SiteTime(at.site.timezone)
        absence = Absence(new.interval(time), new.reason)
        made, hits = rostering.add_absence(db, at.id, resource, absence, new_id=change.new_id, now=change.now)
        return AbsenceMade(**AbsenceShown.of(made, time).model_dump(), hits=[BookingShown.of(booking, time) for booking in hits])

    return change.answer(new, work, status=201)


@router.delete("/absences/{absence}", status_code=204, responses=changes(404), summary="It is there after all")
def remove_absence(site: Key, absence: Key, change: Creating) -> Response:
    """Take an absence back."""

    def work(db: Db) -> None:
        rostering.remove_absence(db, queries.site(db, site).id, absence)

    return change.answer(None, work)
