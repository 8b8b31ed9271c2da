"""One course laid out for a general solver: how its dates bind each other, and which dates and starts each session may have.

It takes free minutes from the calendar and shares no search with the planner: the rules about dates are written here anew, as relations
between two sessions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from math import inf

from courses.plans.batch import Clinic
from courses.plans.plan import PlannedSession
from courses.plans.possible.cadence import ideal_days
from courses.plans.request import CourseRequest
from courses.protocols.protocol import SessionSlot
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.free_time import bits, span, starts_within, stretches
from rooms.availability.hours import LocalDay
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Resource

HORIZON_DAYS = 400
"""How long after its ideal end a course without a deadline is still looked for."""
WEEK_DAYS = 7
FAR = date.max.toordinal()


@dataclass(frozen=True)
class Relation:
    """A session (`later`, from 0) must be on `least` of another's date or after; with `most`, on that or before. Both never fall."""

    earlier: int
    later: int
    least: Callable[[int], int]
    most: Callable[[int], int] | None = None


Sessions = tuple[PlannedSession, ...]


@dataclass(frozen=True)
class Effort:
    """How long a run of the solver may last and on how many threads; with `stop_at` it ends as soon as a plan costs no more."""

    seconds: float
    workers: int
    stop_at: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run came to on the dates looked at. No plan costs less than `bound`; `proven`: the plan is the best, or there is none."""

    sessions: Sessions | None
    bound: float
    proven: bool


class Choices:
    """What one course may choose from, with the clinic's bookings fixed."""

    def __init__(self, request: CourseRequest, clinic: Clinic) -> None:
        self.request, self.clinic = request, clinic
        self.calendar = Calendar(clinic.site, clinic.resources, clinic.held)
        self.slots = request.protocol.slots
        self.templates = [request.protocol.template_of(slot.number) for slot in self.slots]
        self.turns = self._turns()
        self.ideal = ideal_days(self.slots, request.start_on_or_after, self.is_open) or [0] * len(self.slots)
        self.has_ideal = self.ideal != [0] * len(self.slots)
        self.relations = list(self._relations())
        self._between = self._between_neighbors()
        self._starts: dict[tuple[str, int], list[int]] = {}
        self._bears: dict[tuple[str, int, int, int, int], int] = {}
        self.first, self.last = self._earliest_days(), self._latest_days()

    def is_open(self, day: int) -> bool:
        """Whether the site is open at all on a day."""
        return self.calendar.is_open(date.fromordinal(day))

    def day(self, day: int) -> LocalDay:
        """The date of an ordinal, with its clock."""
        return self.calendar.day(date.fromordinal(day))

    def starts(self, at: int, day: int) -> list[int]:
        """The minutes of a day at which a session (from 0) finds the patient and enough resources for each requirement by itself."""
        template = self.templates[at]
        key = (template.name, day)
        if key not in self._starts:
            self._starts[key] = list(bits(self._start_mask(template, day)))
        return self._starts[key]

    def _start_mask(self, template: SessionTemplate, day: int) -> int:
        found = self._patient_mask(template.minutes, day)
        for demand in template.demands:
            if not found:
                break
            enough = [found] + [0] * demand.requirement.count
            for resource in self.calendar.pool(demand.requirement.capability):
                able = self.bears(resource, demand, day)
                for k in range(demand.requirement.count, 0, -1):
                    enough[k] |= enough[k - 1] & able
            found = enough[-1]
        return found

    def _patient_mask(self, minutes: int, day: int) -> int:
        on = self.day(day)
        hours = self.clinic.hours_of(self.request.patient)
        away = 0
        for interval in hours.unavailable:
            if interval.overlaps(on.whole) and (part := on.part(interval)):
                away |= span(*part)
        there = (span(0, on.length),) if hours.available is None else stretches(on, hours.available.on(on.date))
        found = 0
        for stretch in there:
            found |= starts_within(stretch & ~away, minutes)
        return found & self.calendar.grid(on.date)

    def bears(self, resource: Resource, demand: Demand, day: int) -> int:
        """The session starts of a day, as bits, at which a resource can meet a requirement, nothing else of the course being on it."""
        load = demand.requirement.load_on(resource.capacity)
        key = (resource.id, day, demand.begin, demand.end, load)
        if key not in self._bears:
            starts = self.calendar.starts(resource, date.fromordinal(day), demand.end - demand.begin, load)
            self._bears[key] = starts >> demand.begin
        return self._bears[key]

    def may_share_date(self, at: int) -> bool:
        """Whether a session may be on the date of the one before it."""
        spacing = self.slots[at].spacing
        return at > 0 and (self.turns[at] == self.turns[at - 1] or (not self._goes_on(at) and spacing.min_gap_days <= 0))

    def days(self, turn: int) -> list[int]:
        """The days on which all sessions of a turn find a start, each by itself."""
        sessions = [at for at, of in enumerate(self.turns) if of == turn]
        first, last = max(self.first[at] for at in sessions), min(self.last[at] for at in sessions)
        return [day for day in range(first, last + 1) if all(self._allows(at, day) for at in sessions)]

    def reach(self, following: int, day: int) -> tuple[int, int]:
        """The first and the last day for a turn when the one before it is on a day, as far as neighbors bind each other."""
        least, most = day, FAR
        for relation in self._between[following]:
            least = max(least, relation.least(day))
            if relation.most is not None:
                most = min(most, relation.most(day))
        return least, most

    def last_day(self, at: int, worth: float) -> int:
        """The last day for a session when the course may cost at most `worth`: later it pushes those after it, and the delays cost more."""
        last = self.last[at]
        if self.clinic.weights.delay_day <= 0 or not self.has_ideal or worth == inf:
            return last
        days = range(self.first[at], last + 1)
        return self.first[at] - 1 + bisect_left(days, True, key=lambda day: self._delay_cost(self._pushed(at, day)) > worth + 1e-6)

    def may_go_uncounted(self, at: int) -> bool:
        """Whether a session's start may not count for spread, since it joins a date of the phase before and is of a phase with several."""
        return self.slots[at].spacing.per_day > 1 and self.turns[at] == at and self.may_share_date(at)

    def wall(self, day: int, minute: int) -> int:
        """What the clock on the wall shows at a minute of a day."""
        return self.day(day).wall_minute(minute)

    def _allows(self, at: int, day: int) -> bool:
        weekdays = self.slots[at].spacing.weekdays
        return (weekdays is None or (day - 1) % WEEK_DAYS in weekdays) and bool(self.starts(at, day))

    def _pushed(self, at: int, day: int) -> list[int]:
        """The earliest days of all sessions, by the rules alone, where one is on a day."""
        found = [*self.first[:at], day, *self.first[at + 1 :]]
        for relation in self.relations:
            if relation.later > at:
                found[relation.later] = max(found[relation.later], relation.least(found[relation.earlier]))
        return found

    def _delay_cost(self, days: list[int]) -> float:
        if not self.has_ideal:
            return 0
        return self.clinic.weights.delay_day * sum(day - ideal for day, ideal in zip(days, self.ideal, strict=True))

    def _earliest_days(self) -> list[int]:
        start = self.request.start_on_or_after.toordinal()
        found = [start] * len(self.slots)
        latest = self._latest()
        for at in range(len(self.slots)):
            fixed = self._anchored(at)
            day = max([found[at], *(r.least(found[r.earlier]) for r in self.relations if r.later == at), fixed[0] if fixed else start])
            while day <= latest and not self._allows(at, day):
                day += 1
            found[at] = day
        return found

    def _latest_days(self) -> list[int]:
        found: list[int] = []
        for at in range(len(self.slots)):
            fixed = self._anchored(at)
            most = [r.most(found[r.earlier]) for r in self.relations if r.later == at and r.most is not None]
            found.append(min([self._latest(), *most, *([fixed[1]] if fixed else [])]))
            by = self.request.start_on_or_before
            if at == 0 and by is not None:
                found[0] = min(found[0], by.toordinal())
        return found

    def _latest(self) -> int:
        if self.request.finish_on_or_before:
            return self.request.finish_on_or_before.toordinal()
        return max(self.request.start_on_or_after.toordinal(), self.ideal[-1]) + HORIZON_DAYS

    def _anchored(self, at: int) -> tuple[int, int] | None:
        """The days of a window that is counted from the course's start."""
        slot = self.slots[at]
        if slot.window is None or slot.phase_begins:
            return None
        start = self.request.start_on_or_after.toordinal()
        return start + slot.window[0], start + slot.window[1]

    def entangled(self) -> Iterator[tuple[int, int]]:
        """The requirements whose choice may bar another's, within a visit or, by their turnover, in a later one of the same date."""
        for at, template in enumerate(self.templates):
            after, later = 0, at
            while later < len(self.slots):
                for one in template.demands:
                    for other in self.templates[later].demands:
                        if (later > at or other.index > one.index) and self._may_clash(one, other, after):
                            yield at, one.index
                            yield later, other.index
                later += 1
                if later < len(self.slots) and self.may_share_date(later):
                    spacing = self.slots[later].spacing
                    after += self.templates[later - 1].minutes + (spacing.min_gap_minutes if spacing.per_day > 1 else 0)
                else:
                    break

    def _may_clash(self, one: Demand, other: Demand, after: int) -> bool:
        if one.requirement.load == 0 or other.requirement.load == 0 or one.end <= other.begin + after:
            return False
        if not after and other.end <= one.begin:
            return False
        pool = self.calendar.pool
        mine = {resource.id for resource in pool(one.requirement.capability)}
        return any(resource.id in mine for resource in pool(other.requirement.capability))

    def free_seats(self, at: int, day: int, minute: int) -> int:
        """As bits, which resources are free for each requirement with continuity at a start."""
        found, place = 0, 0
        for demand in self.templates[at].demands:
            if demand.requirement.continuity:
                for resource in self.calendar.pool(demand.requirement.capability):
                    found |= (self.bears(resource, demand, day) >> minute & 1) << place
                    place += 1
        return found

    def _between_neighbors(self) -> dict[int, list[Relation]]:
        """For each turn, the relations of its sessions to those of the turn before it."""
        found: dict[int, list[Relation]] = {turn: [] for turn in self.turns}
        for relation in self.relations:
            turn = self.turns[relation.later]
            if turn and self.turns[relation.earlier] == self.turns[turn - 1]:
                found[turn].append(relation)
        return found

    def _goes_on(self, at: int) -> bool:
        """Whether a session and the one before it are of one phase with several a day."""
        return self.slots[at].spacing.per_day > 1 and at > self.slots[at].phase_begins

    def _turns(self) -> list[int]:
        """For each session, the first of those that always share its date."""
        found: list[int] = []
        for at, slot in enumerate(self.slots):
            joins = self._goes_on(at) and (at - slot.phase_begins) % slot.spacing.per_day
            found.append(found[-1] if joins else at)
        return found

    def _relations(self) -> Iterator[Relation]:
        for at, slot in enumerate(self.slots):
            spacing = slot.spacing
            if at:
                yield self._after_last(at, slot)
                if spacing.max_gap_days is not None:
                    yield Relation(at - 1, at, lambda day: day, _plus(spacing.max_gap_days))
                if slot.later_week:
                    yield Relation(at - 1, at, _next_monday)
            if spacing.per_week is not None and at >= spacing.per_week:
                yield Relation(at - spacing.per_week, at, _next_monday)
            if spacing.per_7_days is not None and at >= spacing.per_7_days:
                yield Relation(at - spacing.per_7_days, at, _plus(WEEK_DAYS))
            if slot.window is not None and slot.phase_begins:
                yield Relation(slot.phase_begins - 1, at, _plus(slot.window[0]), _plus(slot.window[1]))

    def _after_last(self, at: int, slot: SessionSlot) -> Relation:
        if self.turns[at] == self.turns[at - 1]:
            return Relation(at - 1, at, lambda day: day, lambda day: day)
        if self._goes_on(at):
            return Relation(at - 1, at, lambda day: day + 1, lambda day: self._next_open(day, slot.spacing.weekdays))
        return Relation(at - 1, at, _plus(max(0, slot.spacing.min_gap_days)))

    def _next_open(self, day: int, weekdays: frozenset[int] | None) -> int:
        """The first day after one on which the site is open and the phase takes place: none of them may be skipped."""
        for following in range(day + 1, day + 2 * HORIZON_DAYS):
            if (weekdays is None or (following - 1) % WEEK_DAYS in weekdays) and self.is_open(following):
                return following
        return FAR


def _plus(days: int) -> Callable[[int], int]:
    return lambda day: day + days


def _next_monday(day: int) -> int:
    return day - (day - 1) % WEEK_DAYS + WEEK_DAYS
