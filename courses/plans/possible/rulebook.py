"""Whether a course's sessions keep every hard rule that does not depend on who else has booked: a check of plans made by anybody.

Whether resources are there, open, able and free is asked under lock, by the floor below when it books them. The planner keeps these
rules by construction; a plan that comes from outside, a hand-made move or an old plan is held against them here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from courses.errors import DomainError
from courses.plans.plan import PlannedSession, Seat
from courses.plans.possible.cadence import advance, blank, refusal
from courses.plans.request import CourseRequest, PatientHours
from courses.protocols.session_template import Demand
from rooms.availability.free_time import stretches
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

SIGHT = timedelta(days=20 * 365)
"""No plan is about times further from now."""
CHANGEABLE = frozenset({"past", "patient_hours", "patient_busy"})
"""Rules that a plan can come to break by itself, as time goes on and patients' days change."""


@dataclass(frozen=True, slots=True)
class PlanFault:
    """A rule that a session breaks. `code` is the rule's name, `detail` says it to a person."""

    session: int
    code: str
    detail: str


class ImpossiblePlan(DomainError):
    """A plan that no calendar could keep: it breaks the protocol's or the site's own rules. `faults` names all of them."""

    code = "impossible_plan"

    def __init__(self, faults: Iterable[PlanFault]) -> None:
        self.faults = tuple(faults)
        first, more = self.faults[0], len(self.faults) - 1
        said = f" (and {more} more)" if more else ""
        super().__init__(f"Session {first.session}: {first.detail}{said}. Ask for a plan and book it as it is shown.")


@dataclass(frozen=True)
class Rulebook:
    """The rules of one course at one site. `busy` are the patient's other sessions."""

    request: CourseRequest
    calendar: Calendar
    hours: PatientHours
    busy: tuple[Interval, ...] = ()

    def faults(self, sessions: Sequence[PlannedSession], now: datetime) -> tuple[PlanFault, ...]:
        """Everything that is wrong with a whole course, by session."""
        amiss = self._miscounted(sessions) or self._out_of_sight(sessions, now)
        return self.faults_of_placed(sessions, now) if amiss is None else (amiss,)

    def faults_of_placed(self, sessions: Sequence[PlannedSession], now: datetime) -> tuple[PlanFault, ...]:
        """Everything that is wrong with those sessions of a course that have a place, in order of time."""
        found = [fault for rule in self._rules(now) for session in sessions for fault in rule(session)]
        return tuple(sorted([*found, *self._dates(sessions), *self._order(sessions)], key=lambda fault: fault.session))

    def _rules(self, now: datetime) -> tuple[Callable[[PlannedSession], Iterator[PlanFault]], ...]:
        return self._past(now), self._kind, self._start, self._seats, self._authorized, self._patient

    def _miscounted(self, sessions: Sequence[PlannedSession]) -> PlanFault | None:
        wanted = [slot.number for slot in self.request.protocol.slots]
        given = [session.number for session in sessions]
        if given == wanted:
            return None
        first = next((number for number, other in zip(wanted, given, strict=False) if number != other), min(len(given), len(wanted)) + 1)
        return PlanFault(first, "count", f"the protocol has sessions 1 to {len(wanted)}, each once and in order")

    def _out_of_sight(self, sessions: Sequence[PlannedSession], now: datetime) -> PlanFault | None:
        for session in sessions:
            if not -SIGHT <= session.interval.starts_at - now <= SIGHT:
                return PlanFault(session.number, "date", f"{session.interval.starts_at:%Y-%m-%d} is far from now")
        return None

    def _past(self, now: datetime) -> Callable[[PlannedSession], Iterator[PlanFault]]:
        def rule(session: PlannedSession) -> Iterator[PlanFault]:
            if session.interval.starts_at < now:
                yield PlanFault(session.number, "past", f"{self._text(session)} is past")

        return rule

    def _kind(self, session: PlannedSession) -> Iterator[PlanFault]:
        slot, template = self.request.protocol.slots[session.number - 1], self.request.protocol.template_of(session.number)
        if session.phase != slot.phase:
            yield PlanFault(session.number, "phase", f"it belongs to the phase {slot.phase!r}, not {session.phase!r}")
        if session.template != template.name:
            yield PlanFault(session.number, "template", f"it is a {template.name!r} session, not {session.template!r}")
        elif session.interval.length != timedelta(minutes=template.minutes):
            yield PlanFault(session.number, "length", f"it lasts {template.minutes} minutes")

    def _start(self, session: PlannedSession) -> Iterator[PlanFault]:
        starts_at, step = session.interval.starts_at, self.calendar.site.granularity_minutes
        day = self.calendar.day(self.calendar.time.date_of(starts_at))
        if day.instant(day.minute(starts_at)) != starts_at or day.wall_minute(day.minute(starts_at)) % step:
            yield PlanFault(session.number, "grid", f"{self._text(session)} is off the grid; sessions start at multiples of {step} minutes")

    def _seats(self, session: PlannedSession) -> Iterator[PlanFault]:
        demands = self.request.protocol.template_of(session.number).demands
        if any(not 0 <= seat.requirement < len(demands) for seat in session.seats):
            yield PlanFault(session.number, "seats", f"it has {len(demands)} requirements, numbered from 0")
        for demand in demands:
            seats = [seat for seat in session.seats if seat.requirement == demand.index]
            if (why := self._misplaced(demand, seats, session)) is not None:
                yield PlanFault(session.number, "seats", why)

    def _misplaced(self, demand: Demand, seats: list[Seat], session: PlannedSession) -> str | None:
        need, starts_at = demand.requirement, session.interval.starts_at
        wanted = Interval(starts_at + timedelta(minutes=demand.begin), starts_at + timedelta(minutes=demand.end))
        if len({seat.resource for seat in seats}) != need.count or len(seats) != need.count:
            return f"it needs {need.count} different {need.capability}"
        for seat in seats:
            there = self.calendar.resources.get(seat.resource)
            if seat.capability != need.capability:
                return f"{seat.resource} is asked for {seat.capability!r} and needed for {need.capability!r}"
            if seat.interval != wanted:
                return f"{seat.resource} is needed for {demand.end - demand.begin} minutes, turnover included"
            if there is not None and seat.load != need.load_on(there.capacity):
                return f"{seat.resource} bears a load of {need.load_on(there.capacity)} for it"
        return None

    def _authorized(self, session: PlannedSession) -> Iterator[PlanFault]:
        permit = self.request.authorization
        covered = permit is None or permit.covers(session.number, self.calendar.time.date_of(session.interval.starts_at))
        if session.authorized != covered:
            yield PlanFault(session.number, "authorization", f"it is {'inside' if covered else 'outside'} the authorization")

    def _patient(self, session: PlannedSession) -> Iterator[PlanFault]:
        day = self.calendar.day(self.calendar.time.date_of(session.interval.starts_at))
        part = day.part(session.interval)
        if part is None or not day.whole.contains(session.interval):
            yield PlanFault(session.number, "date", "it begins and ends on one date")
            return
        asked, hours = ((1 << (part[1] - part[0])) - 1) << part[0], self.hours.available
        there = hours is None or any(not asked & ~stretch for stretch in stretches(day, hours.on(day.date)))
        if not there or any(session.interval.overlaps(away) for away in self.hours.unavailable):
            yield PlanFault(session.number, "patient_hours", f"the patient cannot come at {self._text(session)}")
        if any(session.interval.overlaps(other) for other in self.busy):
            yield PlanFault(session.number, "patient_busy", f"the patient is in another session at {self._text(session)}")

    def _order(self, sessions: Sequence[PlannedSession]) -> Iterator[PlanFault]:
        for before, after in pairwise(sessions):
            gap = after.interval.starts_at - before.interval.ends_at
            spacing = self.request.protocol.slots[after.number - 1].spacing
            least, most = timedelta(minutes=spacing.min_gap_minutes), timedelta(minutes=spacing.max_gap_minutes)
            if gap < timedelta():
                yield PlanFault(after.number, "order", f"it begins before session {before.number} is over")
            elif spacing.per_day > 1 and self._day(before) == self._day(after) and not least <= gap <= most:
                wanted = f"{spacing.min_gap_minutes} to {spacing.max_gap_minutes} minutes"
                yield PlanFault(after.number, "gap", f"{wanted} lie between sessions of one date")

    def _dates(self, sessions: Sequence[PlannedSession]) -> Iterator[PlanFault]:
        slots, trail = self.request.protocol.slots, blank(self.request.start_on_or_after)
        for session in sessions:
            day, trail = self._day(session), trail._replace(placed=session.number - 1)
            why = refusal(slots[session.number - 1], trail, day, self._is_open)
            if why is not None:
                yield PlanFault(session.number, "date", f"{date.fromordinal(day)} cannot be: {why}")
            trail = advance(slots, trail, day)
        if sessions:
            yield from self._bounds(sessions)

    def _bounds(self, sessions: Sequence[PlannedSession]) -> Iterator[PlanFault]:
        first, last = date.fromordinal(self._day(sessions[0])), date.fromordinal(self._day(sessions[-1]))
        earliest, by, finish = self.request.start_on_or_after, self.request.start_on_or_before, self.request.finish_on_or_before
        if first < earliest:
            yield PlanFault(sessions[0].number, "date", f"the course starts on or after {earliest}")
        if by is not None and first > by:
            yield PlanFault(sessions[0].number, "date", f"the course starts on or before {by}")
        if finish is not None and last > finish:
            yield PlanFault(sessions[-1].number, "date", f"the course is over on or before {finish}")

    def _is_open(self, day: int) -> bool:
        return self.calendar.is_open(date.fromordinal(day))

    def _day(self, session: PlannedSession) -> int:
        return self.calendar.time.date_of(session.interval.starts_at).toordinal()

    def _text(self, session: PlannedSession) -> str:
        return self.calendar.time.text(session.interval.starts_at)
