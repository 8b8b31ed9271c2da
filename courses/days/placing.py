"""Where a visit of a day could go on that same day: on the resources that it has, wherever they are free."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice

from courses.plans.ongoing.course import Course, hours_of, place_of
from courses.plans.ongoing.follow import Change, What
from courses.plans.plan import PlannedSession
from courses.plans.possible.openings import Openings
from courses.protocols.session_template import Demand, SessionTemplate
from courses.sessions.session import TreatmentSession
from rooms.availability.free_time import bits
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

MINUTE = timedelta(minutes=1)


class DayPlaces:
    """The places of one date for visits of one course. `calendar` is without the bookings of all visits that are placed anew.

    `busy` are the patient's other times.
    """

    def __init__(self, course: Course, on: date, calendar: Calendar, busy: Iterable[Interval]) -> None:
        self._course = course
        self._calendar = calendar
        self.day = calendar.day(on)
        self._openings = Openings(calendar, hours_of(course.patient), busy)

    def free(self, session: TreatmentSession) -> int:
        """The minutes at which a visit can start, as bits. A resource that stays the same all through a course is not changed."""
        template = self._template(session)
        found = self._openings.patient_starts(self.day.date, template.minutes)
        for demand in template.demands:
            if not found:
                return 0
            found &= self._starts(demand, session, found)
        for group in self._openings.rivals(template):
            found = sum(1 << start for start in bits(found) if self._openings.seated(group, self.day.date, start))
        return found

    def _starts(self, demand: Demand, session: TreatmentSession, among: int) -> int:
        if not demand.requirement.continuity:
            return self._openings.demand_starts(demand, self.day.date, among)
        found = among
        for code in _own(session, demand.index):
            resource = self._calendar.resources.get(code)
            found &= self._openings.resource_starts(demand, resource, self.day.date) if resource else 0
        return found

    def place(self, session: TreatmentSession, start: int) -> PlannedSession | None:
        """A visit at a minute, on its own resources first; None where there is no room for it. The room is taken then."""
        template = self._template(session)
        if not self.free(session) >> start & 1:
            return None
        own = {demand.index: _own(session, demand.index) for demand in template.demands}
        only = {demand.index: frozenset(own[demand.index]) for demand in template.demands if demand.requirement.continuity}
        ways = self._openings.seatings(template.demands, self.day.date, start, own, only=only)
        seats = next(islice(ways, 1), None)
        if seats is None:
            return None
        for seat in seats:
            self._calendar.take(seat.resource, seat.interval, seat.load)
        return replace(place_of(session), interval=self.day.interval(start, start + template.minutes), seats=seats)

    def _template(self, session: TreatmentSession) -> SessionTemplate:
        return self._course.request.protocol.templates[session.template]


def _own(session: TreatmentSession, part: int) -> list[str]:
    return [booking.claim.resource for booking in session.bookings if booking.claim.part == part]


def moved(session: TreatmentSession, place: PlannedSession) -> Change:
    """A visit that keeps its number and goes to another time or other resources."""
    what = What.MOVED if place.interval != session.interval else What.REASSIGNED
    return Change(session, place.number, place.phase, place.template, place, what)


def taken_times(course: Course, without: Collection[str]) -> list[Interval]:
    """When the patient is in visits of a course, some left out."""
    return [session.interval for session in course.live if session.interval and session.id not in without]


def minute_of(day_begins: datetime, instant: datetime) -> int:
    """The first whole minute of a day that is not before an instant."""
    return -(-(instant - day_begins) // MINUTE)
