"""A course placed beside others that keep their dates but may give way within them.

What a date costs is found date by date, and only for dates that the cheapest way so far leads through: as long as a date was not looked at
it costs what it would cost if nobody else were there.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from courses.plans.batch.limit import Check, no_check
from courses.plans.batch.one_date import OneDate, Starts, Stay, Who, Wish, seats_of
from courses.plans.best_plan import DateWays, Situation
from courses.plans.plan import CoursePlan, PlannedSession, Seat
from courses.plans.possible.openings import Openings
from courses.plans.request import CourseRequest
from courses.protocols.session_template import SessionTemplate
from rooms.bookings.calendar import Calendar

Costs = NDArray[np.float64]
DEPTH = 2
"""So many visits of a date give way one after another, at most."""
NEVER = 1e9
"""What a date costs on which there is no place."""
FINE = 4
"""Budgets are rounded up to so many steps for each doubling, so that dates need not be looked for again with each."""


class Way:
    """What of one course's places depends on no other course. Minutes are elapsed minutes of a date, homes are steps of the grid."""

    def __init__(self, course: int, request: CourseRequest, situation: Situation) -> None:
        self.course, self.request, self.weights = course, request, situation.weights
        self.openings = Openings(situation.calendar, situation.hours)
        self._situation = situation
        self._ways: dict[int, DateWays] = {}
        self._starts: dict[int, Starts] = {}
        self._least: dict[tuple[int, int], Costs] = {}

    @property
    def may_give_way(self) -> bool:
        """Not where a date holds several sessions, or a session wants several of one pool by different requirements."""
        protocol = self.request.protocol
        alone = all(slot.spacing.per_day == 1 for slot in protocol.slots)
        return alone and self.request.priority > 0 and not any(map(self.openings.rivals, protocol.templates.values()))

    def within(self, most: float) -> tuple[DateWays, int]:
        """The ways through dates that cost no more than so much, and what tells them from those of other budgets."""
        level = math.ceil(FINE * math.log2(max(most / self.request.priority, 1.0)))
        if level not in self._ways:
            budget = 2.0 ** (level / FINE)
            like = next(iter(self._ways.values()), None)
            self._ways[level] = DateWays(self.request, self._situation, budget, wishes=False, like=like)
        return self._ways[level], level

    def wish(self, at: int, template: SessionTemplate, on: date, home: int, favorites: Mapping[int, Mapping[str, float]]) -> Wish:
        """What a session may have on a date for a home time, in steps of the grid."""
        return Wish((self.course, at), template, self.openings.patient_starts(on, template.minutes), self.starts(home, on), favorites)

    def starts(self, home: int, on: date) -> Starts:
        """What starts cost for a home."""
        day = self.openings.calendar.day(on)
        if day.wall is not None:
            return self._sorted(home, [(minute, day.wall_minute(minute)) for minute in range(day.length)])
        if home not in self._starts:
            self._starts[home] = self._sorted(home, [(minute, minute) for minute in range(24 * 60)])
        return self._starts[home]

    def _sorted(self, home: int, minutes: Sequence[tuple[int, int]]) -> Starts:
        step, window, priority = self.openings.calendar.site.granularity_minutes, self.request.window, self.request.priority
        found = []
        for minute, wall in minutes:
            if wall % step == 0:
                outside = window is not None and not window.holds(wall)
                cost = self.weights.spread_step * abs(wall // step - home) + self.weights.outside_window * outside
                found.append((priority * cost, minute))
        return Starts(found)

    def least(self, most: float, home: int) -> Costs:
        """What each visit of those ways costs at least, whoever else is there."""
        ways, level = self.within(most)
        if (level, home) not in self._least:
            self._least[level, home] = np.array([self._least_of(home, template, on) for template, on in ways.visits])
        return self._least[level, home]

    def _least_of(self, home: int, template: SessionTemplate, on: date) -> float:
        free = self.openings.starts(template, on)
        found = self.starts(home, on).first(free, NEVER)
        return NEVER if found is None else found[0]


def home_of(calendar: Calendar, plan: CoursePlan) -> int:
    """The time of day, in steps of the grid, from which a plan's starts are the least away."""
    places = (calendar.time.local(session.interval.starts_at) for session in plan.sessions)
    return median_low((local.hour * 60 + local.minute) // calendar.site.granularity_minutes for local in places)


class Standing:
    """The plans of courses that may give way, visit by visit."""

    def __init__(self, calendar: Calendar, ways: Mapping[int, Way], plans: Mapping[int, CoursePlan]) -> None:
        self._calendar, self._ways = calendar, ways
        self.stays: dict[Who, tuple[date, Stay]] = {}
        self._on: dict[date, list[Who]] = defaultdict(list)
        for course, plan in plans.items():
            if course in ways:
                self._read(ways[course], plan)

    def _read(self, way: Way, plan: CoursePlan) -> None:
        places = []
        for session in plan.sessions:
            day = self._calendar.day(self._calendar.time.date_of(session.interval.starts_at))
            places.append((day, day.minute(session.interval.starts_at)))
        home = home_of(self._calendar, plan)
        for at, (session, (day, start)) in enumerate(zip(plan.sessions, places, strict=True)):
            template = way.request.protocol.templates[session.template]
            favorites = self._favorites(way, plan.sessions, at)
            wish = way.wish(at, template, day.date, home, favorites)
            chosen = tuple((seat.requirement, seat.resource) for seat in session.seats)
            demands = {demand.index: demand for demand in template.demands}
            cost = wish.starts.cost(start) + sum(wish.favor(demands[index], resource) for index, resource in chosen)
            self.stays[way.course, at] = day.date, Stay(wish, cost, start, chosen)
            self._on[day.date].append((way.course, at))

    def _favorites(self, way: Way, sessions: Sequence[PlannedSession], at: int) -> dict[int, dict[str, float]]:
        """What a change of resource from the session before, and to the one after, costs."""
        template = way.request.protocol.templates[sessions[at].template]
        change = way.weights.change * way.request.priority
        found: dict[int, dict[str, float]] = {}
        for demand in template.demands:
            if not demand.requirement.continuity or demand.requirement.count != 1:
                continue
            capability = demand.requirement.capability
            near = [_met(sessions[:at][::-1], capability), _met(sessions[at + 1 :], capability)]
            named = [each for each in near if each is not None]
            if named:
                pool = self._calendar.pool(capability)
                found[demand.index] = {r.id: change * sum(each != r.id for each in named) for r in pool}
        return found

    def on(self, on: date) -> list[Stay]:
        """The visits of a date."""
        return [self.stays[who][1] for who in self._on.get(on, ())]

    def move(self, on: date, stay: Stay) -> None:
        """Put a visit elsewhere on its date."""
        self.stays[stay.wish.who] = on, stay

    def visits_of(self, course: int) -> list[tuple[date, int, tuple[Seat, ...]]]:
        """The visits of a course in order: date, start and seats."""
        return [(on, stay.start, seats_of(self._calendar, on, stay)) for who, (on, stay) in sorted(self.stays.items()) if who[0] == course]


def _met(sessions: Sequence[PlannedSession], capability: str) -> str | None:
    return next((seat.resource for session in sessions for seat in session.seats if seat.capability == capability), None)


@dataclass(frozen=True, slots=True)
class Placing:
    """A course to be placed at a home time (in steps of the grid), if it costs less than so much. Where dates (by their ordinals) are
    named, another date has to be better by a day of delay."""

    course: int
    home: int
    most: float
    dates: frozenset[int] = frozenset()


def squeezed(
    way: Way, wanted: Placing, standing: Standing, calendar: Calendar, check: Check = no_check
) -> list[tuple[date, list[Stay]]] | None:
    """The cheapest dates of a course when others give way, with all visits that get another place; None where there are none. Raises
    what `check` does."""
    ways, _ = way.within(wanted.most)
    if not ways.visits:
        return None
    strange = np.array([bool(wanted.dates) and on.toordinal() not in wanted.dates for _, on in ways.visits])
    elsewhere = strange * way.weights.delay_day * way.request.priority
    most = wanted.most + float(elsewhere.max()) * len(wanted.dates)
    prices, placed = way.least(wanted.most, wanted.home) + elsewhere, dict[int, list[Stay]]()
    while True:
        cost, chosen = ways.cheapest(prices / way.request.priority)
        total = way.request.priority * cost + float(prices[chosen].sum())
        if total >= most:
            return None
        unknown = [visit for visit in chosen if visit not in placed]
        if not unknown:
            return [(ways.visits[visit][1], _numbered(placed[visit], way.course, at)) for at, visit in enumerate(chosen)]
        for visit in unknown:
            check()
            template, on = ways.visits[visit]
            wish = way.wish(0, template, on, wanted.home, {})
            found = OneDate(calendar, on, standing.on(on)).place(wish, most - total + float(prices[visit] - elsewhere[visit]), DEPTH)
            price, placed[visit] = found or (NEVER, [])
            prices[visit] = price + elsewhere[visit]


def _numbered(stays: Sequence[Stay], course: int, at: int) -> list[Stay]:
    """The same, with what was asked for one course told to be for one of its sessions."""
    return [replace(stay, wish=replace(stay.wish, who=(course, at))) if stay.wish.who[0] == course else stay for stay in stays]
