"""The best plans of a few courses together by trying all of them: written from the clinic file's description alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from math import inf
from statistics import median

from tests.plans.every_way import EveryWay, Load, Met, Option
from tests.plans.ideal_dates import ideal_dates
from tests.plans.site_facts import Document, SiteFacts, clock, touches
from tests.plans.together.few_courses import FIRST

Plan = tuple[Option, ...]


class EveryPlan(EveryWay):
    """All plans of one course with what they cost, as if it were alone. Made for courses with one session a day."""

    def plans(self, last_day: date) -> list[tuple[float, Plan]]:
        """All of them, the cheapest first."""
        self._last_day = last_day
        self._ideal = ideal_dates(self.places, self.start, self.facts.is_open)
        return sorted(((self._cost(plan), plan) for plan in self._all((), (), None)), key=lambda found: found[0])

    def _all(self, so_far: Plan, days: tuple[date, ...], over: datetime | None) -> Iterator[Plan]:
        at = len(so_far)
        if at == len(self.places):
            yield so_far
            return
        for day in self._days(at, days):
            for option in self._options_on(at, day):
                if self._follows(at, day, days, over, option):
                    yield from self._all((*so_far, option), (*days, day), option.end)

    def _cost(self, plan: Plan) -> float:
        weights, walls = self.facts.weights, [self.facts.wall(option.start) for option in plan]
        delay = sum((self.facts.local(o.start).date() - ideal).days for o, ideal in zip(plan, self._ideal, strict=True))
        window = self.course.get("prefer", {}).get("window")
        outside = 0 if window is None else sum(not clock(window[0]) <= wall <= clock(window[1]) for wall in walls)
        spread = sum(abs(wall - median(walls)) for wall in walls) / self.facts.grid
        changes, met = 0, dict[str, tuple[str, ...]]()
        for at, option in enumerate(plan):
            after: Met = self._met(at, tuple(sorted(met.items())), option)
            changes += sum(met.get(capability, who) != who for capability, who in after)
            met = dict(after)
        weighed = weights["delay_day"] * delay + weights["outside_window"] * outside
        return float(weighed + weights["spread_step"] * spread + weights["change"] * changes)


def best_together(document: Document) -> tuple[float, float]:
    """The priorities of the courses left out, as few as can be, and then the least objective."""
    facts = SiteFacts(document)
    last_day = FIRST + timedelta(days=7)
    courses = list(facts.courses.values())
    return _Together(facts, courses, [EveryPlan(facts, course).plans(last_day) for course in courses]).best()


class _Together:
    def __init__(self, facts: SiteFacts, courses: Sequence[Document], plans: Sequence[list[tuple[float, Plan]]]) -> None:
        self._facts, self._courses, self._plans = facts, courses, plans
        self._best = (inf, inf)

    def best(self) -> tuple[float, float]:
        self._place(0, (0.0, 0.0), [])
        return self._best

    def _place(self, at: int, value: tuple[float, float], placed: list[tuple[Document, Plan]]) -> None:
        if value >= self._best:
            return
        if at == len(self._courses):
            self._best = value
            return
        course = self._courses[at]
        for cost, plan in self._plans[at]:
            after = (value[0], value[1] + course["priority"] * cost)
            if after >= self._best:
                break
            if self._go_together(course, plan, placed):
                self._place(at + 1, after, [*placed, (course, plan)])
        self._place(at + 1, (value[0] + course["priority"], value[1]), placed)

    def _go_together(self, course: Document, plan: Plan, placed: Sequence[tuple[Document, Plan]]) -> bool:
        mine = [(option.start, option.end) for option in plan]
        theirs = [(o.start, o.end) for other, options in placed if other["patient"] == course["patient"] for o in options]
        if any(touches(one, other) for one in mine for other in theirs):
            return False
        loads = [load for options in (plan, *(options for _, options in placed)) for option in options for load in option.loads]
        return all(self._bears(load, loads) for load in loads)

    def _bears(self, load: Load, loads: Sequence[Load]) -> bool:
        """Whether what begins with a load is not too much then."""
        name, moment = load[0], load[1]
        held = [(self._facts.stretch(b), b.get("load", 1)) for b in self._facts.held if b["resource"] == name]
        there = [((begin, end), weight) for resource, begin, end, weight in loads if resource == name]
        used = sum(weight for (begin, end), weight in [*held, *there] if begin <= moment < end)
        return bool(used <= self._facts.resources[name].get("capacity", 1))
