"""The ordered list of an anesthesia block: put in another order, somebody taken off it, others moved up. All of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from courses import queries, rescheduling, seating
from courses.days.case_list import ANESTHESIA, Case, LeavesGap, ListChanged, Places, moved_up, reordered
from courses.days.placing import DayPlaces, moved, taken_times
from courses.errors import DomainError, Faulty
from courses.plans.ongoing.follow import Change, Consequences
from courses.queries import KnownCourse
from courses.queries.lists import Block, block, blocks
from courses.rescheduling import Doing, done, write_visits
from rooms import queries as rooms_queries
from rooms import reserving
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.bookings.booking import Claim
from rooms.bookings.conflict import BookingRefused


class CannotReorder(DomainError):
    """Somebody on the list could not be at their new place. All are where they were."""

    code = "cannot_reorder"

    def __init__(self, who: str, at: str, why: str = "") -> None:
        because = f": {why.removesuffix('.')}" if why else "; something that they need is not free then"
        super().__init__(f"{who} cannot be in the room at {at}{because}. The list stays as it was.")
        self.at = at


@dataclass(frozen=True)
class TakenOff:
    """Somebody was taken off a list: what follows for their course, and who could move up (`places`), with the gaps that would be left."""

    follow: Consequences
    on: date
    resource: str
    free: datetime
    places: Places


@dataclass(frozen=True, slots=True)
class Seen:
    """A list as somebody looked at it: the site (by public id), the date, the block's resource (by code), and the order of all on it."""

    site: str
    on: date
    resource: str
    order: tuple[str, ...]


def reorder(db: Db, seen: Seen, order: Sequence[str], doing: Doing) -> Block:
    """Put those who are not in the room yet in another order. Raises `ListChanged`, `CannotReorder`."""
    known = _locked(db, seen, doing)
    return _placed(db, seen, known, reordered(known.cases, order), doing)


def take_off(db: Db, key: str, doing: Doing) -> TakenOff:
    """Somebody cannot be treated today: their room, bay and anesthesia are free at once, and the session is owed again. Needs a reason.

    Nobody moves up by that alone. Raises `Faulty` for a session that is on no list, `WrongState`.
    """
    known = queries.course_of_session(db, key)
    claim = next((each.claim for each in known.course.session(key).bookings if each.claim.capability == ANESTHESIA), None)
    if claim is None:
        raise Faulty("session", "it is on no list; cancel it as any other visit")
    follow = rescheduling.cancel_session(db, key, doing)
    on, free = SiteTime(known.site.site.timezone).date_of(claim.interval.starts_at), claim.interval.starts_at
    cases = next((each.cases for each in blocks(db, known.site.id, on, now=doing.now) if each.resource == claim.resource), ())
    return TakenOff(follow, on, claim.resource, free, moved_up(cases, free))


def move_up(db: Db, seen: Seen, free: datetime, doing: Doing, *, leave_gaps: bool = False) -> Block:
    """Let those who are ready move up to a place that became free, in their order.

    Raises `LeavesGap` where the block would stand still before somebody's turn, unless that is meant; `ListChanged`, `CannotReorder`.
    """
    known = _locked(db, seen, doing)
    time = SiteTime(rooms_queries.site(db, seen.site).site.timezone)
    places = moved_up(known.cases, free)
    if places.gaps and not leave_gaps:
        raise LeavesGap([f"{time.local(gap):%H:%M}" for gap in places.gaps])
    return _placed(db, seen, known, places, doing)


def _locked(db: Db, seen: Seen, doing: Doing) -> Block:
    """The list with everybody else held off those on it. Raises `ListChanged` where it is not as it was looked at."""
    site_id = rooms_queries.site(db, seen.site).id
    queries.lock_patients_of(db, seen.order)
    found = next((each for each in blocks(db, site_id, seen.on, now=doing.now) if each.resource == seen.resource), None)
    if found is None or found.order != seen.order:
        raise ListChanged
    return found


def _placed(db: Db, seen: Seen, known: Block, places: Places, doing: Doing) -> Block:
    """Give everybody whose place changes their new one, all at once; the list as it is then."""
    at = rooms_queries.site(db, seen.site)
    day = SiteTime(at.site.timezone).day(seen.on)
    changing = [case for case in known.cases if places.of_session.get(case.session, case.starts_at) != case.starts_at]
    courses = {case.session: queries.course_of_session(db, case.session) for case in changing}
    calendar = rooms_queries.calendar(db, at.id, day.whole, now=doing.now, without_purposes=list(courses))
    visits: dict[str, Change] = {}
    claims: list[Claim] = []
    for case in sorted(changing, key=lambda case: places.of_session[case.session]):
        course = courses[case.session]
        busy = [*queries.busy_times(db, course.patient_id, without_course=course.id), *taken_times(course.course, [case.session])]
        change = _change(course, case, DayPlaces(course.course, seen.on, calendar, busy), places.of_session[case.session])
        visits[case.session] = change
        if change.place:
            claims += seating.claims_for(db, at.id, {case.session: change.place}, course.course.request)
    try:
        reserving.replace_all(db, at.id, list(visits), claims, new_id=doing.new_id, now=doing.now)
    except BookingRefused as refused:
        raise CannotReorder("Somebody", "the new place", refused.message) from refused
    for key, change in visits.items():
        write_visits(db, courses[key], [(key, change)], None, doing)
        done(db, courses[key])
    return block(db, at.id, seen.on, seen.resource, now=doing.now)


def _change(course: KnownCourse, case: Case, places: DayPlaces, room_at: datetime) -> Change:
    session = course.course.session(case.session)
    template = course.course.request.protocol.templates[session.template]
    begins = next(demand.begin for demand in template.demands if demand.requirement.capability == ANESTHESIA)
    place = places.place(session, places.day.minute(room_at) - begins)
    if place is None:
        local = SiteTime(course.site.site.timezone).local(room_at)
        raise CannotReorder(course.course.patient.name, f"{local:%H:%M}")
    return moved(session, place)
