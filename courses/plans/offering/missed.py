"""Every wish that a plan could not keep, session by session, each with its real cause: the time of day, the date, the same resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from courses.plans.best_plan import Situation
from courses.plans.plan import CoursePlan, MissedWish, PlannedSession
from courses.plans.possible.cadence import Trail, advance, blank, possible_days
from courses.plans.possible.openings import Openings
from courses.plans.possible.reasons import FILLING_DAY, keeps, why_missed, why_not_on
from courses.plans.request import CourseRequest, Window
from courses.protocols.session_template import SessionTemplate
from rooms.availability.free_time import bits
from rooms.availability.hours import clock_text

BETTER_ELSEWHERE = "another date suits the whole course better"


def explained(request: CourseRequest, situation: Situation, plan: CoursePlan) -> CoursePlan:
    """The plan with the reasons of its missed wishes. A delay is told where it arises, not again for all sessions that it carries along."""
    tell = _Telling(request, situation)
    told = [replace(session, missed=tuple(tell.of(session))) for session in plan.sessions]
    begun = len(situation.done)
    return replace(plan, sessions=(*plan.sessions[:begun], *told[begun:]))


class _Telling:
    """Goes through the sessions in order, and remembers the dates and the resources of those before."""

    def __init__(self, request: CourseRequest, situation: Situation) -> None:
        self.request, self.situation, self.calendar = request, situation, situation.calendar
        self.openings = Openings(self.calendar, situation.hours, situation.busy, situation.not_before)
        self.trail: Trail = blank(request.start_on_or_after)
        self.met: dict[str, frozenset[str]] = {}

    def of(self, session: PlannedSession) -> Iterator[MissedWish]:
        on = self.calendar.time.date_of(session.interval.starts_at)
        template = self.request.protocol.templates[session.template]
        start = self.calendar.day(on).minute(session.interval.starts_at)
        yield from self._time(template, on, start)
        yield from self._date(template, on)
        yield from self._change(session, template, on, start)
        self.trail = advance(self.request.protocol.slots, self.trail, on.toordinal())

    def _time(self, template: SessionTemplate, on: date, start: int) -> Iterator[MissedWish]:
        window = self.request.window
        if window is not None and not window.holds(self.calendar.day(on).wall_minute(start)):
            wish = f"start between {clock_text(window.opens)} and {clock_text(window.closes)}"
            is_left = self._is_left_to_others(template, on, start, window)
            yield MissedWish(wish, FILLING_DAY if is_left else self._why_not_then(template, on, window))

    def _is_left_to_others(self, template: SessionTemplate, on: date, start: int, window: Window) -> bool:
        """Whether the window has room, but every start in it is priced so much above this one that missing the window is the less."""
        prices = self.situation.prices
        costs = None if prices is None else prices.of_start(template.name, on)
        inside = self.calendar.day(on).mask_of_wall(window.opens, window.closes + 1) & self.openings.starts(template, on)
        worth = self.situation.weights.outside_window
        return costs is not None and inside != 0 and all(costs[minute] - costs[start] > worth for minute in bits(inside))

    def _why_not_then(self, template: SessionTemplate, on: date, window: Window) -> str:
        since = self.situation.not_before
        if since is not None and self.calendar.day(on).wall_minute(max(0, self.calendar.day(on).minute(since))) >= window.closes:
            return f"that time of day is over on {on}"
        return why_missed(self.openings, template, on, window)

    def _date(self, template: SessionTemplate, on: date) -> Iterator[MissedWish]:
        """A session that is later than it could be after those before it."""
        slot, earliest = self.request.protocol.slots[self.trail.placed], self.trail.last or self.request.start_on_or_after.toordinal()
        days = possible_days(slot, self.trail, earliest, on.toordinal() - 1, self._is_open)
        passed = [date.fromordinal(day) for day in days if self._is_open(day)]
        if passed:
            yield MissedWish(f"be no later than {passed[0]}", "; ".join(self._why_passed(template, passed)), "date")

    def _is_open(self, day: int) -> bool:
        return self.calendar.is_open(date.fromordinal(day))

    def _why_passed(self, template: SessionTemplate, passed: list[date]) -> list[str]:
        dates: dict[str, list[date]] = defaultdict(list)
        for on in passed:
            dates[self._why_not(template, on)].append(on)
        return [
            why if why == BETTER_ELSEWHERE else f"{why} on {days[0]}" if len(days) == 1 else f"{why} on {days[0]} and {len(days) - 1} more"
            for why, days in dates.items()
        ]

    def _why_not(self, template: SessionTemplate, on: date) -> str:
        since = self.situation.not_before
        if since is not None and on <= self.calendar.time.date_of(since) and not self.openings.starts(template, on):
            return "there is no time left"
        return why_not_on(self.openings, template, on) or BETTER_ELSEWHERE

    def _change(self, session: PlannedSession, template: SessionTemplate, on: date, start: int) -> Iterator[MissedWish]:
        now: dict[str, set[str]] = defaultdict(set)
        demands = {demand.index: demand for demand in template.demands}
        for seat in session.seats:
            if demands[seat.requirement].requirement.continuity:
                now[seat.capability].add(seat.resource)
        for capability, who in now.items():
            lost = sorted(self.met.get(capability, frozenset()) - who)
            demand = next(d for d in demands.values() if d.requirement.capability == capability and d.requirement.continuity)
            for key in lost:
                resource = self.calendar.resources.get(key)
                why = None if resource is None else keeps(self.calendar, resource, demand, on, 1 << start)
                title = key if resource is None else resource.title
                told = f"{title} is {why} then on {on}" if why else "changing here keeps more of the course as wished"
                yield MissedWish(f"stay with {title}", told, "resource")
            self.met[capability] = frozenset(who)
