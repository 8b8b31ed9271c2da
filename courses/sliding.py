"""A chain of visits on one day that runs late: the visits after it slide, of that patient only."""

from __future__ import annotations

from datetime import datetime, timedelta

from courses import queries, seating
from courses.days.chain import Link, slid
from courses.days.placing import DayPlaces, minute_of, moved, taken_times
from courses.errors import DomainError
from courses.plans.ongoing.course import Course
from courses.queries import KnownCourse
from courses.rescheduling import Doing, done, locked, record, write_visits
from courses.sessions.session import TreatmentSession
from courses.sessions.status import SessionStatus, WrongState
from rooms import queries as rooms_queries
from rooms import reserving
from rooms.availability.hours import LocalDay, SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.conflict import BookingRefused

NOT_BEGUN = (SessionStatus.BOOKED, SessionStatus.ARRIVED)


class CannotSlide(DomainError):
    """The rest of a chain has no room that day with its gaps kept."""

    code = "cannot_slide"

    def __init__(self, session: int, more: int) -> None:
        these = f"Session {session}" + (f" and the {more} after it have" if more else " has")
        super().__init__(
            f"{these} no room today with the gaps kept; nothing was moved. A prescriber decides what becomes of what is left of the day."
        )
        self.session = session
        self.more = more


def slide(db: Db, key: str, not_before: datetime, doing: Doing) -> Course:
    """A session starts no earlier than a time, and those after it on the same day slide as far as they have to, and no farther.

    Each keeps its resources where they are free, no gap becomes shorter than its phase's, and nobody else's visit moves. Raises
    `CannotSlide`; then all stay where they were.
    """
    known = locked(db, queries.course_of_session(db, key), doing)
    session = known.course.session(key)
    if session.status not in NOT_BEGUN or session.interval is None:
        raise WrongState(f"Session {session.number} is {session.status.replace('_', ' ')}; only what is to come slides.", session.status)
    return slide_locked(db, known, session, not_before, doing)


def slide_locked(db: Db, known: KnownCourse, first: TreatmentSession, not_before: datetime, doing: Doing) -> Course:
    """The same for a course that is locked."""
    day, chain = _day_of(known, first), chain_of(known, first)
    places = _places(db, known, chain, day, doing.now)
    links = [_link(known, places, day, each) for each in chain]
    starts = slid(links, minute_of(day.midnight, max([not_before, doing.now, *_rested(known, day, first)])))
    found = [places.place(each, start) for each, start in zip(chain, starts or (), strict=False)]
    if starts is None or None in found:
        raise CannotSlide(first.number, len(chain) - 1)
    visits = [(each.id, moved(each, place)) for each, place in zip(chain, found, strict=True) if place and place.interval != each.interval]
    if not visits:
        return known.course
    claims = seating.claims_for(db, known.site.id, {key: change.place for key, change in visits if change.place}, known.course.request)
    try:
        reserving.replace_all(db, known.site.id, [key for key, _ in visits], claims, new_id=doing.new_id, now=doing.now)
    except BookingRefused as refused:
        raise CannotSlide(first.number, len(chain) - 1) from refused
    write_visits(db, known, visits, None, doing)
    record(db, known, doing, [(first.id, "slid", {"number": first.number, "visits": len(visits)})])
    return done(db, known)


def chain_of(known: KnownCourse, first: TreatmentSession) -> list[TreatmentSession]:
    """Those of a session and of what comes after it on its date, in the same course, that have not begun, in order of time."""
    day = _day_of(known, first).whole
    there = [(each.interval, each) for each in known.course.live if each.status in NOT_BEGUN and each.interval]
    begins = first.interval.starts_at if first.interval else day.ends_at
    after = [(interval, each) for interval, each in there if begins <= interval.starts_at < day.ends_at]
    return [each for _, each in sorted(after, key=lambda pair: pair[0])]


def _day_of(known: KnownCourse, session: TreatmentSession) -> LocalDay:
    time = SiteTime(known.site.site.timezone)
    return time.day(time.date_of(session.interval.starts_at if session.interval else known.course.created_at))


def _places(db: Db, known: KnownCourse, chain: list[TreatmentSession], day: LocalDay, now: datetime) -> DayPlaces:
    keys = [each.id for each in chain]
    calendar = rooms_queries.calendar(db, known.site.id, day.whole, now=now, without_purposes=keys)
    busy = [*queries.busy_times(db, known.patient_id, without_course=known.id), *taken_times(known.course, keys)]
    return DayPlaces(known.course, day.date, calendar, busy)


def _link(known: KnownCourse, places: DayPlaces, day: LocalDay, session: TreatmentSession) -> Link:
    spacing = known.course.request.protocol.slots[session.number - 1].spacing
    template = known.course.request.protocol.templates[session.template]
    begins = session.interval.starts_at if session.interval else day.midnight
    return Link(day.minute(begins), template.minutes, spacing.min_gap_minutes, spacing.max_gap_minutes, places.free(session))


def _rested(known: KnownCourse, day: LocalDay, first: TreatmentSession) -> list[datetime]:
    """When the gap after the visit before, on the same date, is over."""
    gap = timedelta(minutes=known.course.request.protocol.slots[first.number - 1].spacing.min_gap_minutes)
    there: list[Interval] = [each.interval for each in known.course.live if each.interval and day.whole.contains(each.interval)]
    return [each.ends_at + gap for each in there if first.interval and each.ends_at <= first.interval.starts_at]
