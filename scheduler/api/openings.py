"""Openings: who would come at another time, what is being offered to them, and what they answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from courses import offering, queries
from courses.openings.offer import Offer, Offering
from courses.openings.wish import EVERY_DAY, Aim, NewWish, OpeningWish, When
from courses.queries import openings as looks
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from rooms.availability.hours import MINUTES_OF_DAY, SiteTime, clock_minutes, clock_text
from rooms.base import Db
from scheduler import openings
from scheduler.api.fields import Clock, Date, Key, Shape, on_clock
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Change, Changing, Creating, shown

router = APIRouter(tags=["openings"])

Weekday = Annotated[int, Field(strict=True, ge=0, le=6)]
Hours = Annotated[int, Field(strict=True, ge=0, le=336)]


class NewWishShape(Shape):
    """Another time that a patient would have. Without a session it is for every visit to come; weekdays count from Monday, 0."""

    aim: Literal["sooner", "other_times"]
    session: Key | None = None
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)] | None = None
    opens: Clock | None = Field(None, examples=["13:00"])
    closes: Clock | None = Field(None, examples=["17:00"])
    earliest: Date | None = None
    latest: Date | None = None
    notice_hours: Hours = 0
    priority: float = Field(1, strict=True, gt=0, le=1000)

    def value(self, course: str) -> NewWish:
        """The wish, for a course."""
        when = When(
            EVERY_DAY if self.weekdays is None else frozenset(self.weekdays),
            0 if self.opens is None else clock_minutes(self.opens),
            MINUTES_OF_DAY if self.closes is None else clock_minutes(self.closes),
            self.earliest,
            self.latest,
            self.notice_hours,
        )
        return NewWish(course, self.session, Aim(self.aim), when, self.priority)


class WishShown(Shape):
    """A wish as it stands, in its place among the turns."""

    id: str
    patient: str
    course: str
    session: str | None
    aim: str
    weekdays: list[int]
    opens: str
    closes: str
    earliest: date | None
    latest: date | None
    notice_hours: int
    priority: float
    since: datetime
    status: str
    version: int


class OfferShown(Shape):
    """A place that is or was kept for a visit. `by` is `message` or `desk`: then somebody has to call."""

    id: str
    wish: str
    patient: str
    course: str
    session: str
    starts_at: datetime
    ends_at: datetime
    resources: list[str]
    was_at: datetime | None
    by: str
    kept_until: datetime
    status: str
    version: int


class FreedShown(Shape):
    """A place that was given back lately."""

    starts_at: datetime
    ends_at: datetime
    resources: list[str]
    how: str


class OpeningsShown(Shape):
    """Wishes in the order of their turns, what is being offered, and what was given back in the last three days."""

    wishes: list[WishShown]
    offers: list[OfferShown]
    freed: list[FreedShown]


class OfferingShape(Shape):
    """For how many minutes a place is kept, how near to it the desk calls, and whether places are offered without being asked."""

    hold_minutes: Annotated[int, Field(strict=True, ge=10, le=1440)] = 60
    desk_hours: Hours = 24
    by_itself: bool = True


class OfferingShown(OfferingShape):
    """The same as it is set. `version` is the ETag."""

    version: int


@router.get("/sites/{site}/openings", response_model=OpeningsShown, responses=problems(404), summary="Openings and who waits for them")
def get_openings(site: Key, desk: AtDesk) -> Response:
    """Whom to call is whatever is offered `by` the desk."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        time, running = SiteTime(at.site.timezone), looks.running_offers(db, at.id)
        body = OpeningsShown(
            wishes=[_wish(db, each, time) for each in looks.open_wishes(db, at.id)],
            offers=[_offer(db, each, time) for each in running if each.is_running(desk.now)],
            freed=[
                FreedShown(
                    starts_at=on_clock(each.place.starts_at, time),
                    ends_at=on_clock(each.place.ends_at, time),
                    resources=list(each.resources),
                    how=each.how,
                )
                for each in looks.freed_lately(db, at.id, now=desk.now)
            ],
        )
    return shown(body)


@router.post(
    "/courses/{course}/opening-wishes", status_code=201, response_model=WishShown, responses=changes(404), summary="Wish for another time"
)
def put_wish(course: Key, new: NewWishShape, change: Creating) -> Response:
    """What is free is offered at once, and what becomes free as soon as it does."""

    def work(db: Db) -> WishShown:
        known = queries.course(db, course)
        made = offering.put_wish(db, new.value(known.course.id), _doing(change))
        return _wish(db, made, SiteTime(known.site.site.timezone))

    answer = change.answer(new, work, status=201)
    with change.desk.reading() as db:
        site_id = queries.course(db, course).site.id
    _look(change, site_id)
    return answer


@router.post("/opening-wishes/{wish}/withdraw", response_model=WishShown, responses=changes(404), summary="Take a wish back")
def withdraw_wish(wish: Key, change: Creating) -> Response:
    """What is being offered for it is free again."""

    def work(db: Db) -> WishShown:
        gone = offering.withdraw_wish(db, wish, _doing(change))
        return _wish(db, gone, _time(db, gone.site_id))

    answer = change.answer(None, work)
    with change.desk.reading() as db:
        site_id = looks.wish(db, wish).site_id
    _look(change, site_id)
    return answer


@router.post("/offers/{offer}/accept", response_model=OfferShown, responses=changes(404), summary="The patient takes the place")
def accept_offer(offer: Key, change: Creating) -> Response:
    """The visit moves and its old place is free, in one step. Refused where the place is not kept any more."""
    return _answered(offer, change, offering.accept)


@router.post("/offers/{offer}/decline", response_model=OfferShown, responses=changes(404), summary="The patient declines the place")
def decline_offer(offer: Key, change: Creating) -> Response:
    """The next has their turn; the wish stands."""
    return _answered(offer, change, offering.decline)


@router.post("/offers/{offer}/withdraw", response_model=OfferShown, responses=changes(404), summary="Take an offer back")
def withdraw_offer(offer: Key, change: Creating) -> Response:
    """The place is free again."""
    return _answered(offer, change, offering.withdraw)


@router.get("/sites/{site}/opening-settings", response_model=OfferingShown, responses=problems(404), summary="How places are offered")
def get_offering(site: Key, desk: AtDesk) -> Response:
    """As usual where nobody has said."""
    with desk.reading() as db:
        return shown(_setting(looks.offering(db, rooms_queries.site(db, site).id)))


@router.put(
    "/sites/{site}/opening-settings",
    response_model=OfferingShown,
    responses=changes(404, etag=True),
    summary="Say how places are offered",
)
def change_offering(site: Key, wanted: OfferingShape, change: Changing) -> Response:
    """For offers that are made from now on."""

    def work(db: Db) -> OfferingShown:
        setting = Offering(wanted.hold_minutes, wanted.desk_hours, wanted.by_itself)
        return _setting(offering.set_offering(db, site, setting, expected=change.version))

    return change.answer(wanted, work)


def _answered(key: str, change: Change, answer: Callable[[Db, str, Doing], Offer]) -> Response:
    def work(db: Db) -> OfferShown:
        done = answer(db, key, _doing(change))
        return _offer(db, done, _time(db, done.site_id))

    response = change.answer(None, work)
    with change.desk.reading() as db:
        site_id = looks.offer(db, key).site_id
    _look(change, site_id)
    return response


def _doing(change: Change) -> Doing:
    return Doing(change.by, change.now, change.new_id, "offered an opening")


def _look(change: Change, site_id: int) -> None:
    openings.look_at_once(change.desk.database, change.desk.clock, [site_id])


def _time(db: Db, site_id: int) -> SiteTime:
    return SiteTime(rooms_queries.site(db, site_id).site.timezone)


def _patient(db: Db, patient_id: int) -> str:
    return queries.patients_with(db, [patient_id])[patient_id].patient.id


def _wish(db: Db, wish: OpeningWish, time: SiteTime) -> WishShown:
    when = wish.when
    return WishShown(
        id=wish.id,
        patient=_patient(db, wish.patient_id),
        course=wish.course,
        session=wish.session,
        aim=wish.aim,
        weekdays=sorted(when.weekdays),
        opens=clock_text(when.opens),
        closes=clock_text(when.closes),
        earliest=when.earliest,
        latest=when.latest,
        notice_hours=when.notice_hours,
        priority=wish.priority,
        since=on_clock(wish.since, time),
        status=wish.status,
        version=wish.version,
    )


def _offer(db: Db, offer: Offer, time: SiteTime) -> OfferShown:
    return OfferShown(
        id=offer.id,
        wish=offer.wish,
        patient=_patient(db, offer.patient_id),
        course=offer.course,
        session=offer.session,
        starts_at=on_clock(offer.place.starts_at, time),
        ends_at=on_clock(offer.place.ends_at, time),
        resources=list(offer.resources),
        was_at=on_clock(offer.was_at, time) if offer.was_at else None,
        by=offer.by,
        kept_until=on_clock(offer.hold_until, time),
        status=offer.status,
        version=offer.version,
    )


def _setting(setting: Offering) -> OfferingShown:
    return OfferingShown(
        hold_minutes=setting.hold_minutes, desk_hours=setting.desk_hours, by_itself=setting.by_itself, version=setting.version
    )
