"""Planning one session after the other without a look ahead, as booking tools do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from courses.plans.batch import Clinic
from courses.plans.costs import cost_of
from courses.plans.plan import CoursePlan, PlannedSession, Seat
from courses.plans.possible.cadence import Trail, advance, blank, ideal_days, possible_days
from courses.plans.request import CourseRequest, PatientHours
from courses.protocols.session_template import SessionTemplate
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar, Load

SIGHT_DAYS = 400
"""How long after the earliest date a session is looked for before it is given up."""

Taken = Mapping[str, Sequence[Load]]
"""What the course's own sessions of a date put on resources so far."""


class Greedy(ABC):
    """Gives each session in turn a start on the first date that the rules allow and that has one. What is placed is never reconsidered,
    so that a course may be given up that has a place."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.calendar = Calendar(clinic.site, clinic.resources)
        self._busy: dict[str, list[Interval]] = defaultdict(list)

    @abstractmethod
    def take(self, seat: Seat) -> None:
        """Book a seat."""

    @abstractmethod
    def starts(self, request: CourseRequest, template: SessionTemplate, on: date) -> Iterator[int]:
        """The free starts of a date, in elapsed minutes, in order."""

    @abstractmethod
    def seats(self, template: SessionTemplate, on: date, start: int, taken: Taken) -> tuple[Seat, ...] | None:
        """Free resources for a start; None where there are none."""

    def in_order(self, request: CourseRequest, starts: Iterator[int], on: date, before: int | None) -> Iterable[int]:  # noqa: ARG002  for those who choose
        """Which start to try first; `before` is that of the course's session before."""
        return starts

    def plan(self, request: CourseRequest) -> CoursePlan | None:
        """A place for every session of a course; None where it gave up. Books nothing."""
        trail, sessions = blank(request.start_on_or_after), list[PlannedSession]()
        while trail.placed < request.protocol.n_sessions:
            found = self._next_date(request, trail, sessions)
            if found is None:
                return None
            on, placed = found
            sessions += placed
            for _ in placed:
                trail = advance(request.protocol.slots, trail, on.toordinal())
        ideal = ideal_days(request.protocol.slots, request.start_on_or_after, self._is_open)
        cost = cost_of(request, sessions, ideal, self.calendar.time, self.clinic.site.granularity_minutes, self.clinic.weights)
        return CoursePlan(request.id, tuple(sessions), cost)

    def book(self, request: CourseRequest, plan: CoursePlan) -> None:
        """The course takes place; the next one finds its time taken."""
        self._busy[request.patient] += [session.interval for session in plan.sessions]
        for seat in (seat for session in plan.sessions for seat in session.seats):
            self.take(seat)

    def hours_of(self, request: CourseRequest) -> PatientHours:
        """When a patient can come, other courses' sessions taken out."""
        hours = self.clinic.hours_of(request.patient)
        return PatientHours(hours.patient, hours.available, (*hours.unavailable, *self._busy[request.patient]))

    def _is_open(self, day: int) -> bool:
        return self.calendar.is_open(date.fromordinal(day))

    def _next_date(
        self, request: CourseRequest, trail: Trail, before: Sequence[PlannedSession]
    ) -> tuple[date, list[PlannedSession]] | None:
        slot = request.protocol.slots[trail.placed]
        since = request.start_on_or_after.toordinal() if trail.last is None else trail.last
        limits = [since + SIGHT_DAYS, *(each.toordinal() for each in [request.finish_on_or_before] if each)]
        limits += [request.start_on_or_before.toordinal()] if request.start_on_or_before and not trail.placed else []
        for day in possible_days(slot, trail, since, min(limits), self._is_open):
            on = date.fromordinal(day)
            if placed := self._date(request, trail.placed, on, before):
                return on, placed
        return None

    def _date(self, request: CourseRequest, first: int, on: date, before: Sequence[PlannedSession]) -> list[PlannedSession] | None:
        slots = request.protocol.slots
        phase = [slot for slot in slots[first:] if slot.phase_begins == slots[first].phase_begins]
        length = min(slots[first].spacing.per_day, len(phase))
        day, template = self.calendar.day(on), request.protocol.template_of(first + 1)
        last = self._wall(before[-1].interval) if before else None
        starts = self.starts(request, template, on)
        offered = None if length == 1 else [*starts]
        for start in self.in_order(request, starts if offered is None else iter(offered), on, last):
            if before and day.instant(start) < before[-1].interval.ends_at:
                continue
            placed = self._chain(
                request, range(first + 1, first + length + 1), on, [start] if offered is None else offered[offered.index(start) :]
            )
            if placed is not None:
                return placed
        return None

    def _wall(self, interval: Interval) -> int:
        local = self.calendar.time.local(interval.starts_at)
        return local.hour * 60 + local.minute

    def _chain(self, request: CourseRequest, numbers: range, on: date, offered: Sequence[int]) -> list[PlannedSession] | None:
        """The sessions of one date from the first start on, each as soon after the one before as can be; None where one has no place."""
        taken: dict[str, list[Load]] = defaultdict(list)
        placed: list[PlannedSession] = []
        earliest = latest = offered[0]
        for number in numbers:
            session = next(
                (
                    found
                    for minute in offered
                    if earliest <= minute <= latest and (found := self._session(request, number, on, minute, taken)) is not None
                ),
                None,
            )
            if session is None:
                return None
            placed.append(session)
            day, spacing = self.calendar.day(on), request.protocol.slots[number - 1].spacing
            for seat in session.seats:
                taken[seat.resource].append((day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at), seat.load))
            over = day.minute(session.interval.ends_at)
            earliest, latest = over + spacing.min_gap_minutes, over + spacing.max_gap_minutes
        return placed

    def _session(self, request: CourseRequest, number: int, on: date, start: int, taken: Taken) -> PlannedSession | None:
        slot, template = request.protocol.slots[number - 1], request.protocol.template_of(number)
        seats = self.seats(template, on, start, taken)
        if seats is None:
            return None
        permit = request.authorization
        interval = self.calendar.day(on).interval(start, start + template.minutes)
        return PlannedSession(number, slot.phase, template.name, interval, seats, permit is None or permit.covers(number, on))
