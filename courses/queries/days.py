"""Looks at the day itself: who is being watched, whose watch runs over and whom that pushes, and what the roster has against a move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from courses import queries
from courses.checklists.gates import Stop
from courses.checklists.item import GateClass, Verb
from courses.checklists.release import earliest_release
from courses.days.overrun import Watched
from courses.days.presence import stops_of_the_day
from courses.plans.ongoing.course import Course
from courses.protocols.session_template import SessionTemplate
from courses.queries import KnownCourse
from courses.queries.charts import SessionChart, chart_of
from courses.records import CourseRow, SessionRow
from courses.sessions.session import TreatmentSession
from courses.sessions.status import TAKING_TIME, SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.conflict import Occupancy
from rooms.bookings.stretching import Stretched, stretched

MINUTE = timedelta(minutes=1)
THERE = (SessionStatus.IN_TREATMENT, SessionStatus.IN_OBSERVATION)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A visit that cannot begin as booked: what keeps it, when it was to begin, by how many minutes later it may.

    `who` is whose visit it is, for those who may know.
    """

    session: str
    resource: str
    starts_at: datetime
    minutes: int
    who: str | None


@dataclass(frozen=True)
class Overrun:
    """A watch that runs over: by how many minutes, when it is expected to end, whom it pushes, and what else stands in its way."""

    session: str
    minutes: int
    ends_at: datetime
    pushed: tuple[Pushed, ...]
    in_the_way: tuple[str, ...]
    is_booked: bool = True
    """Whether all that could be booked for it is."""


# Watches that run over


def open_observations(db: Db, site_id: int | None = None) -> tuple[str, ...]:
    """The sessions (by public id) whose patients are being treated or watched, at one site or at all, by start."""
    row = SessionRow
    asked = select(row.public_id).join(CourseRow, CourseRow.id == row.course_id).where(row.status.in_(THERE))
    if site_id is not None:
        asked = asked.where(CourseRow.site_id == site_id)
    return tuple(db.scalars(asked.order_by(row.starts_at, row.id)))


def overruns(db: Db, site_id: int, *, now: datetime) -> tuple[Overrun, ...]:
    """The watches of a site that run over what was booked first, by start, as they are at this moment. Nothing is changed."""
    found = (overrun_of(db, key, now=now) for key in open_observations(db, site_id))
    return tuple(each for each in found if each is not None)


def overrun_of(db: Db, key: str, *, now: datetime) -> Overrun | None:
    """One of them; None where the patient is not being watched, or not for longer than booked."""
    known = queries.course_of_session(db, key)
    session, over = known.course.session(key), over_of(db, known, key, now=now)
    if not over:
        return None
    visit = watched(known.course, session)
    wishes = [(each.claim, visit.longer(each.claim, over)) for each in session.bookings]
    usable = {each.id: each.resource for each in rooms_queries.resources(db, known.site.id, since=visit.starts_at)}
    wanted = visit.until(over)
    whole = Interval(wanted.starts_at, wanted.ends_at + A_DAY / 2)
    holders = rooms_queries.holders(db, {row: unit.id for row, unit in usable.items()}, whole, now=now, without_purposes=(key,))
    found = stretched(Occupancy(known.site.site, usable.values(), holders), wishes)
    return overrun_told(db, key, visit, over, found, now=now)


def over_of(db: Db, known: KnownCourse, key: str, *, now: datetime) -> timedelta:
    """By how much longer than booked first a patient has to be watched; nothing for one who is not there, or was given nothing yet."""
    session, chart = known.course.session(key), chart_of(db, key)
    if session.status not in THERE or session.interval is None:
        return timedelta()
    earliest = earliest_release(chart.documents, chart.moments)
    if session.status is SessionStatus.IN_TREATMENT and earliest is None:
        return timedelta()
    return watched(known.course, session).over(earliest, now)


def overrun_told(  # what is told of it
    db: Db, key: str, visit: Watched, over: timedelta, found: Sequence[Stretched], *, now: datetime
) -> Overrun:
    """What became of the bookings of a watch that runs over, for people."""
    who = queries.names_of(db, {holder.purpose for each in found if each.conflict for holder in each.conflict.holders}, now=now)
    pushed: dict[str, Pushed] = {}
    for each in found:
        for holder in each.conflict.holders if each.conflict else ():
            minutes = -(-(each.wanted.interval.ends_at - holder.interval.starts_at) // MINUTE)
            before = pushed.get(holder.purpose)
            if holder.purpose != key and minutes > (before.minutes if before else 0):
                pushed[holder.purpose] = Pushed(
                    holder.purpose, holder.resource, holder.interval.starts_at, minutes, who.get(holder.purpose)
                )
    others = tuple(dict.fromkeys(each.conflict.sentence for each in found if each.conflict and not each.conflict.holders))
    return Overrun(
        key,
        over // MINUTE,
        visit.until(over).ends_at,
        tuple(sorted(pushed.values(), key=lambda each: (each.starts_at, each.session))),
        others,
        all(each.before == each.after for each in found),
    )


def watched(course: Course, session: TreatmentSession) -> Watched:
    """A session as one whose patient is watched, from when it was booked to begin."""
    if session.interval is None:
        raise LookupError(f"session {session.number} has no time and is watched all the same")
    return Watched(template_of(course, session), session.interval.starts_at)


def template_of(course: Course, session: TreatmentSession) -> SessionTemplate:
    """What a session is made of."""
    return course.request.protocol.templates[session.template]


def next_visit_at(db: Db, patient_id: int, after: datetime, without: str) -> datetime | None:
    """When a patient's next visit after a time begins, whatever the course."""
    row = SessionRow
    asked = select(row.starts_at).where(row.patient_id == patient_id, row.status.in_(TAKING_TIME), row.public_id != without)
    return db.scalar(asked.where(row.starts_at >= after).order_by(row.starts_at).limit(1))


# Gates of the day


def stops_now(db: Db, chart: SessionChart, verb: Verb, *, now: datetime) -> tuple[Stop, ...]:
    """What the roster and the closing time have against a session's start or dose now, without what somebody went past."""
    known = queries.course_of_session(db, chart.session)
    session = known.course.session(chart.session)
    if session.interval is None:
        return ()
    time = SiteTime(known.site.site.timezone)
    calendar = rooms_queries.calendar(db, known.site.id, time.day(time.date_of(now)).whole, now=now)
    found = stops_of_the_day(chart.documents, watched(known.course, session), verb, calendar, chart.moments, now=now)
    return tuple(stop for stop in found if stop.kind is not GateClass.CLINICAL or stop.gate not in chart.overridden)
