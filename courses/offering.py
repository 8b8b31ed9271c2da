"""Wishes for other places, and free places offered for them: written down, kept for a while, and taken in one step or given up.

An offer's place is held by the same bookings that refuse a double booking. Every change locks the patient first and decides on what is
there then; done twice it is done once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert, update

from courses import queries, rescheduling, seating
from courses.errors import Unknown, check_version
from courses.openings.matching import REACH, Match, match
from courses.openings.offer import Asking, Offer, Offering, OfferOver, OfferStatus, check_answerable, check_offering
from courses.openings.wish import Aim, NewWish, NotOpen, OpeningWish, WishedAlready, WishStatus, check_priority, check_when, is_open
from courses.plans.ongoing.course import Course
from courses.queries import KnownCourse
from courses.queries import openings as looks
from courses.records import OpeningOfferRow, OpeningSettingRow, OpeningWishRow
from courses.rescheduling import Doing
from courses.sessions.status import CourseStatus, WrongState, check_course, check_verb
from rooms import queries as rooms_queries
from rooms import reserving
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.calendar import Calendar
from rooms.bookings.conflict import BookingRefused
from rooms.errors import DomainError, Faulty

CHANGED, CLOSED = "changed", "closed"
"""Why an offer is withdrawn by itself: the visit is elsewhere by now, or the place cannot be had any more."""
Stamp = tuple[int, ...]
"""Numbers that are others once anything became another that decides who has their turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, as it was seen, and at which place among the wishes."""

    wish: OpeningWish
    position: int


# Wishes


def put_wish(db: Db, new: NewWish, doing: Doing) -> OpeningWish:
    """Write down that a patient would have another place. Raises `WishedAlready`, `WrongState`, `Faulty`, `Unknown`."""
    known = rescheduling.locked(db, queries.course(db, new.course), doing)
    check_course(known.course.status, (CourseStatus.ACTIVE,))
    check_when(new.when, new.aim, SiteTime(known.site.site.timezone).date_of(doing.now))
    check_priority(new.priority)
    if new.session is not None:
        _check_visit(known.course, new.session, doing.now)
    there = looks.open_wishes(db, known.site.id, course=known.course.id)
    if any(each.session == new.session for each in there):
        raise WishedAlready
    row = _wish_row(db, known, new, doing)
    db.add(row)
    db.flush()
    return looks.wish(db, row.public_id)


def _check_visit(course: Course, key: str, now: datetime) -> None:
    session = next((each for each in course.sessions if each.id == key), None)
    if session is None:
        raise Unknown("session", key)
    check_verb("move", session.number, session.status)
    if not is_open(session, now):
        raise Faulty("session", "this visit has begun already")


def _wish_row(db: Db, known: KnownCourse, new: NewWish, doing: Doing) -> OpeningWishRow:
    when = new.when
    return OpeningWishRow(
        public_id=doing.new_id("ow_"),
        site_id=known.site.id,
        patient_id=known.patient_id,
        course_id=known.id,
        session_id=queries.session_ids(db, [new.session])[new.session] if new.session else None,
        aim=new.aim,
        weekdays=sum(1 << day for day in when.weekdays),
        opens=when.opens,
        closes=when.closes,
        earliest=when.earliest,
        latest=when.latest,
        notice_hours=when.notice_hours,
        priority=new.priority,
        since=doing.now,
        status=WishStatus.OPEN,
        by=doing.by,
        version=1,
    )


def withdraw_wish(db: Db, key: str, doing: Doing) -> OpeningWish:
    """Take a wish back; what is being offered for it is free again at once. Done twice, it is done once. Raises `NotOpen`, `Unknown`."""
    wish = _locked_wish(db, key)
    if wish.status is WishStatus.WITHDRAWN:
        return wish
    if wish.status is not WishStatus.OPEN:
        raise NotOpen(wish.status)
    for offer in looks.running_offers(db, wish.site_id):
        if offer.wish == wish.id:
            _end(db, offer, OfferStatus.WITHDRAWN, doing, why=CHANGED)
    _set_wish(db, wish, WishStatus.WITHDRAWN)
    return looks.wish(db, key)


def _locked_wish(db: Db, key: str) -> OpeningWish:
    queries.lock_patient(db, looks.wish(db, key).patient_id)
    return looks.wish(db, key)


def _set_wish(db: Db, wish: OpeningWish, status: WishStatus) -> None:
    row = OpeningWishRow
    db.execute(update(row).where(row.id == wish.row).values(status=status, version=row.version + 1))


def outlived(db: Db, site_id: int, *, now: datetime) -> tuple[str, ...]:
    """The wishes of a site that nothing can meet any more: their visit has begun or is gone, their course is over, or their dates are."""
    today = SiteTime(rooms_queries.site(db, site_id).site.timezone).date_of(now)
    return tuple(
        wish.id for wish in looks.open_wishes(db, site_id) if _is_outlived(wish, queries.course(db, wish.course).course, now, today)
    )


def _is_outlived(wish: OpeningWish, course: Course, now: datetime, today: date) -> bool:
    if course.status not in {CourseStatus.ACTIVE, CourseStatus.ON_HOLD} or (wish.when.latest is not None and wish.when.latest < today):
        return True
    about = [each for each in course.live if wish.session in {None, each.id}]
    return not any(is_open(each, now) for each in about)


def set_offering(db: Db, site: str, wanted: Offering, *, expected: int | None = None) -> Offering:
    """Say how a site offers free places. Raises `Faulty`, `StaleVersion`, `Unknown`."""
    site_id = rooms_queries.site(db, site).id
    rooms_queries.lock_site(db, site_id)
    check_version("setting", expected, looks.offering(db, site_id).version)
    check_offering(wanted)
    row = OpeningSettingRow
    values = {"hold_minutes": wanted.hold_minutes, "desk_hours": wanted.desk_hours, "by_itself": wanted.by_itself}
    if looks.has_setting(db, site_id):
        db.execute(update(row).where(row.site_id == site_id).values(version=row.version + 1, **values))
    else:
        db.execute(insert(row), [{"site_id": site_id, "version": 1, **values}])
    return looks.offering(db, site_id)


# Whose turn it is


def stamp(db: Db, site_id: int, *, now: datetime) -> Stamp:
    """What tells whether anything changed that decides on turns: what is free, the wishes, the courses that they are of, the date."""
    time = SiteTime(rooms_queries.site(db, site_id).site.timezone)
    today = time.date_of(now).toordinal()
    return (today, *rooms_queries.freedom(db, site_id, now=now), *looks.demand(db, site_id))


def next_turn(  # where to go on
    db: Db, site_id: int, *, now: datetime, from_position: int = 0, during: Interval | None = None, without: Collection[str] = ()
) -> Turn | None:
    """The first wish, in the order of turns and from a position on, for which there is a place (within a time, where one is named).

    Wishes `without` (by public id) are passed over.
    """
    wishes = looks.open_wishes(db, site_id)
    running = looks.active_courses(db, {each.course for each in wishes})
    scene = _scene(db, site_id, now, during)
    for position, wish in enumerate(wishes[from_position:], from_position):
        if wish.id in scene.busy or wish.id in without or wish.course not in running:
            continue
        if _found(db, wish, queries.course(db, wish.course), scene) is not None:
            return Turn(wish, position)
    return None


@dataclass(frozen=True)
class _Scene:
    """What is free at a site at one moment, and within which time something is looked for. `busy` are visits that are being offered
    something already, and the wishes for them. A visit's own place counts as taken, since it stays the visit's while another is kept."""

    now: datetime
    calendar: Calendar
    busy: frozenset[str]
    during: Interval | None


def _scene(db: Db, site_id: int, now: datetime, during: Interval | None) -> _Scene:
    busy = frozenset(key for each in looks.running_offers(db, site_id) for key in (each.session, each.wish))
    return _Scene(now, rooms_queries.calendar(db, site_id, _reach(now), now=now), busy, during)


def _found(db: Db, wish: OpeningWish, known: KnownCourse, scene: _Scene) -> Match | None:
    """The first place for a visit of a wish; visits that are being offered something already are left alone."""
    for session in wish.visits(known.course, scene.calendar.time, scene.now):
        if session.id in scene.busy:
            continue
        found = match(wish, rescheduling.moving_in(db, known, session.id, scene.calendar, now=scene.now), scene.during)
        if found is not None:
            return found
    return None


def _reach(now: datetime) -> Interval:
    return Interval(now, now + REACH + timedelta(days=2))


def _around(during: Interval, time: SiteTime) -> Interval:
    first, last = (time.day(time.date_of(at)).whole for at in (during.starts_at, during.ends_at))
    return Interval(first.starts_at, last.ends_at)


def offer_to(
    db: Db, key: str, doing: Doing, *, seen: Stamp, ask: Callable[[OpeningWish, Interval], Asking], during: Interval | None = None
) -> Offer | None:
    """Keep the place that suits a wish, if nothing has changed since it was seen to be its turn; None where it has, or nobody could answer.

    `ask` says how the patient would be asked about a place.
    """
    wish = _locked_wish(db, key)
    scene = _scene(db, wish.site_id, doing.now, during)
    if wish.status is not WishStatus.OPEN or wish.id in scene.busy:
        return None
    known = queries.course(db, wish.course)
    found = _found(db, wish, known, scene)
    if found is None or stamp(db, wish.site_id, now=doing.now) != seen:  # what was found is of the moment in which it was their turn
        return None
    asking = ask(wish, found.place.interval)
    until = looks.offering(db, wish.site_id).hold_until(asking, found.place.interval)
    if until is None:
        return None
    offer = doing.new_id("of_")
    claims = seating.claims_for(db, wish.site_id, {offer: found.place}, known.course.request)
    try:
        reserving.reserve(db, wish.site_id, claims, new_id=doing.new_id, now=doing.now, hold_until=until)
    except BookingRefused:
        return None
    before = known.course.session(found.session).interval
    row = OpeningOfferRow(
        public_id=offer,
        site_id=wish.site_id,
        patient_id=wish.patient_id,
        wish_id=wish.row,
        session_id=queries.session_ids(db, [found.session])[found.session],
        starts_at=found.place.interval.starts_at,
        ends_at=found.place.interval.ends_at,
        resources=[seat.resource for seat in found.place.seats],
        was_at=before and before.starts_at,
        asked_by=asking.by,
        begins_at=asking.begins_at,
        hold_until=until,
        status=OfferStatus.OFFERED,
        why="",
        made_at=doing.now,
        ended_at=None,
        ended_by="",
        version=1,
    )
    db.add(row)
    db.flush()
    return looks.offer(db, offer)


# What becomes of an offer


def accept(db: Db, key: str, doing: Doing) -> Offer:
    """Put the visit where it was offered to be, and free the place that it had. Done twice, it is done once.

    Raises `OfferOver` where the place is not kept any more, what `move_session` raises, `Unknown`.
    """
    offer = _locked_offer(db, key)
    if offer.status is OfferStatus.ACCEPTED:
        return offer
    check_answerable(offer, doing.now)
    session = queries.course(db, offer.course).course.session(offer.session)
    if not is_open(session, doing.now) or (session.interval and session.interval.starts_at) != offer.was_at:
        raise OfferOver(OfferStatus.WITHDRAWN)
    course = rescheduling.move_session(db, offer.session, offer.place.starts_at, doing, held_for=(offer.id,))
    _write_end(db, offer, OfferStatus.ACCEPTED, doing, "")
    wish = looks.wish(db, offer.wish)
    if wish.status is WishStatus.OPEN and _is_met(wish, course, doing.now, SiteTime(rooms_queries.site(db, offer.site_id).site.timezone)):
        _set_wish(db, wish, WishStatus.MET)
    return looks.offer(db, key)


def _is_met(wish: OpeningWish, course: Course, now: datetime, time: SiteTime) -> bool:
    """A wish for one visit has its place; one for all is met once every visit is as wished, or has come sooner where it could."""
    return wish.session is not None or (wish.aim is Aim.OTHER_TIMES and not wish.visits(course, time, now))


def decline(db: Db, key: str, doing: Doing) -> Offer:
    """The patient would rather not: the place is free for the next, and the wish stands. Done twice, it is done once.

    Raises `OfferOver`, `Unknown`.
    """
    return _answered(db, key, OfferStatus.DECLINED, doing, "")


def withdraw(db: Db, key: str, doing: Doing) -> Offer:
    """Take an offer back. Done twice, it is done once. Raises `OfferOver`, `Unknown`."""
    return _answered(db, key, OfferStatus.WITHDRAWN, doing, looks.BY_DESK)


def _answered(db: Db, key: str, status: OfferStatus, doing: Doing, why: str) -> Offer:
    offer = _locked_offer(db, key)
    if offer.status is status:
        return offer
    check_answerable(offer, doing.now)
    _end(db, offer, status, doing, why)
    return looks.offer(db, key)


def _locked_offer(db: Db, key: str) -> Offer:
    queries.lock_patient(db, looks.offer(db, key).patient_id)
    return looks.offer(db, key)


def see_to(db: Db, key: str, doing: Doing) -> OfferStatus:
    """End an offer that has run out, or whose place or visit is not what it was. What it is then."""
    offer = _locked_offer(db, key)
    if offer.status is not OfferStatus.OFFERED:
        return offer.status
    if doing.now >= offer.hold_until:
        _end(db, offer, OfferStatus.RUN_OUT, doing, "")
    elif why := why_not(db, offer, doing.now):
        _end(db, offer, OfferStatus.WITHDRAWN, doing, why)
    return looks.offer(db, key).status


def why_not(db: Db, offer: Offer, now: datetime) -> str:
    """Why a place that is kept can be had no more; empty where it can."""
    known = queries.course(db, offer.course)
    session = known.course.session(offer.session)
    is_there = (session.interval and session.interval.starts_at) == offer.was_at
    if not is_open(session, now) or not is_there or known.course.status is not CourseStatus.ACTIVE:
        return CHANGED
    day = _around(offer.place, SiteTime(known.site.site.timezone))
    try:
        moving = rescheduling.moving_of(db, known, offer.session, day, now=now, held_for=(offer.id,))
        seats = moving.seats_at(offer.place.starts_at)
    except WrongState:
        return CHANGED
    except DomainError:
        return CLOSED
    return CLOSED if seats is None or moving.faults(offer.place.starts_at, seats) else ""


def _end(db: Db, offer: Offer, status: OfferStatus, doing: Doing, why: str) -> None:
    reserving.release(db, [offer.id], now=doing.now)
    _write_end(db, offer, status, doing, why)


def _write_end(db: Db, offer: Offer, status: OfferStatus, doing: Doing, why: str) -> None:
    row = OpeningOfferRow
    ended = {"status": status, "why": why, "ended_at": doing.now, "ended_by": doing.by, "version": row.version + 1}
    db.execute(update(row).where(row.id == offer.row).values(**ended))
