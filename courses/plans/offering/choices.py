"""A desk needs choices, not one answer: the same course planned for other aims, each with what it costs in words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from statistics import median_low

from courses.plans.best_plan import Situation, plan_course
from courses.plans.offering.missed import explained
from courses.plans.plan import CoursePlan, Unplaceable
from courses.plans.possible.openings import Openings
from courses.plans.request import CourseRequest, Weights, Window
from rooms.availability.free_time import bits
from rooms.availability.hours import SiteTime, clock_text

APART = 60
"""Minutes by which another usual time of day differs at least from those that are offered already."""
NEAR = 15
"""Minutes around another usual time of day within which sessions should start."""
OTHER_TIMES = 2


class Aim(StrEnum):
    """What a choice is best at. The recommended one weighs all wishes as the site does."""

    RECOMMENDED = "recommended"
    EARLIEST = "earliest"
    BEST_TIMES = "best_times"
    STEADIEST = "steadiest"
    RESEATING = "reseating"
    """Weighed as the recommended one, with visits of others given to like resources at the same time."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to place the course. `name` is its aim, or `at_13:10` for another usual time of day; `also` are more aims that it is best at.

    `words` say what it is like, or how it differs from the recommended one. Its cost is in the site's own weights.
    """

    name: str
    plan: CoursePlan
    words: str
    also: tuple[str, ...] = ()


def weights_for(aim: Aim, weights: Weights) -> Weights:
    """The site's weights, with one wish before all others: a date, the wished window, or one time and the same resources."""
    usual = Weights()
    if aim is Aim.EARLIEST:
        return replace(weights, delay_day=100 * (weights.delay_day or usual.delay_day))
    if aim is Aim.BEST_TIMES:
        return replace(weights, outside_window=20 * (weights.outside_window or usual.outside_window))
    if aim is Aim.STEADIEST:
        spread, change = weights.spread_step or usual.spread_step, weights.change or usual.change
        return replace(weights, spread_step=5 * spread, change=10 * change, outside_window=2 * weights.outside_window)
    return weights


def choices(request: CourseRequest, situation: Situation, *, other_times: int = OTHER_TIMES) -> tuple[Choice, ...] | Unplaceable:
    """The recommended plan first, then those that are best for one aim and differ from it, then other usual times of day.

    Or why there is no plan at all. Every missed wish is told with its reason. Books nothing.
    """
    best = plan_course(request, situation)
    if isinstance(best, Unplaceable):
        return best
    plans: dict[str, CoursePlan] = {Aim.RECOMMENDED: best}
    same: dict[str, list[str]] = {Aim.RECOMMENDED: []}
    for name, plan in _others(request, situation, best, other_times):
        alike = next((known for known, other in plans.items() if _same(other, plan, in_worth=isinstance(name, Aim))), None)
        if alike is None:
            plans[name], same[name] = plan, []
        elif isinstance(name, Aim):
            same[alike].append(name)
    say = Difference(request, situation.calendar.time)
    return tuple(
        Choice(name, explained(request, situation, plan), say.alone(plan) if plan is best else say.beside(plan, best), tuple(same[name]))
        for name, plan in plans.items()
    )


def _others(request: CourseRequest, situation: Situation, best: CoursePlan, other_times: int) -> Iterator[tuple[str, CoursePlan]]:
    for aim in (Aim.EARLIEST, Aim.BEST_TIMES, Aim.STEADIEST):
        if aim is Aim.BEST_TIMES and request.window is None:
            continue
        answer = plan_course(request, replace(situation, weights=weights_for(aim, situation.weights)))
        if isinstance(answer, CoursePlan):
            yield aim, weighed(answer, request, situation)
    homes = [usual_start(best, situation.calendar.time)]
    for _ in range(other_times):
        home = _next_home(request, situation, best, homes)
        if home is None:
            return
        homes.append(home)
        around = replace(request, window=Window(max(0, home - NEAR), min(24 * 60, home + NEAR)))
        answer = plan_course(around, replace(situation, weights=weights_for(Aim.BEST_TIMES, situation.weights)))
        if isinstance(answer, CoursePlan):
            found = usual_start(answer, situation.calendar.time)
            if all(abs(found - other) >= NEAR for other in homes[:-1]):
                yield f"at_{clock_text(found)}", weighed(answer, request, situation)


def weighed(plan: CoursePlan, request: CourseRequest, situation: Situation) -> CoursePlan:
    """A plan that was made for other weights or another window, with its cost as the site counts it."""
    window, time, weights, cost = request.window, situation.calendar.time, situation.weights, plan.cost
    outside = 0 if window is None else sum(not window.holds(clock) for clock in _clocks(plan, time))
    total = weights.delay_day * cost.delay + weights.outside_window * outside
    total += weights.spread_step * cost.spread + weights.change * cost.changes
    return replace(plan, cost=replace(cost, outside=outside, total=total))


def usual_start(plan: CoursePlan, time: SiteTime) -> int:
    """The wall-clock minute around which the sessions start."""
    return median_low(_clocks(plan, time))


def _clocks(plan: CoursePlan, time: SiteTime) -> list[int]:
    found = [time.local(session.interval.starts_at) for session in plan.sessions]
    return [local.hour * 60 + local.minute for local in found]


def _same(one: CoursePlan, other: CoursePlan, *, in_worth: bool) -> bool:
    """Whether two plans leave nothing to choose: of those for an aim, that they are worth the same in every wish is enough."""
    if in_worth:
        return one.cost == other.cost
    return [each.interval for each in one.sessions] == [each.interval for each in other.sessions]


def _next_home(request: CourseRequest, situation: Situation, best: CoursePlan, taken: Sequence[int]) -> int | None:
    """The minute of the day, away from those taken, to which the starts that the plan's dates offer lie nearest in sum."""
    openings = Openings(situation.calendar, situation.hours, situation.busy, situation.not_before)
    offers: dict[date, list[int]] = {}
    for session in best.sessions[len(situation.done) :]:
        on = situation.calendar.time.date_of(session.interval.starts_at)
        if on not in offers:
            starts = openings.starts(request.protocol.templates[session.template], on)
            offers[on] = sorted({situation.calendar.day(on).wall_minute(start) for start in bits(starts)})
    step = situation.calendar.site.granularity_minutes
    lists = [offer for offer in offers.values() if offer]
    free = {minute for offer in lists for minute in offer if minute % step == 0}
    homes = sorted(minute for minute in free if all(abs(minute - other) >= APART for other in taken))
    return min(homes, key=lambda home: sum(_distance(offer, home) for offer in lists)) if homes else None


def _distance(minutes: Sequence[int], home: int) -> int:
    at = bisect_left(minutes, home)
    return min(abs(minute - home) for minute in minutes[max(0, at - 1) : at + 1])


class Difference:
    """Says in words what a plan is like, and how it differs from another."""

    def __init__(self, request: CourseRequest, time: SiteTime) -> None:
        self._request, self._time = request, time

    def alone(self, plan: CoursePlan) -> str:
        """`starts 2026-12-01, ends 2027-01-20, all 36 inside 09:00-10:30, 3 start times, no change of device or staff`."""
        begins, ends = self._dates(plan)
        parts = [f"starts {begins}", f"ends {ends}", *self._inside(plan), _n(len(self._starts(plan)), "start time"), _changes(plan)]
        return ", ".join(parts)

    def beside(self, plan: CoursePlan, best: CoursePlan) -> str:
        """`starts 2 days later, ends 1 day later, all 36 inside 09:00-10:30, usually at 09:10, 2 start times instead of 5`."""
        parts = [
            f"{verb} {days(later)}"
            for verb, here, there in zip(("starts", "ends"), self._dates(plan), self._dates(best), strict=True)
            if (later := here - there)
        ]
        if plan.cost.delay != best.cost.delay and not parts:
            parts.append("dates in between differ")
        parts += self._inside(plan)
        home, other = usual_start(plan, self._time), usual_start(best, self._time)
        parts += [f"usually at {clock_text(home)}"] if home != other else []
        n, n_best = len(self._starts(plan)), len(self._starts(best))
        parts += [f"{_n(n, 'start time')} instead of {n_best}"] if n != n_best else []
        if plan.cost.spread != best.cost.spread and n == n_best:
            parts.append("closer to one time of day" if plan.cost.spread < best.cost.spread else "farther from one time of day")
        parts += [f"{_changes(plan)} instead of {best.cost.changes}"] if plan.cost.changes != best.cost.changes else []
        return ", ".join(parts)

    def _inside(self, plan: CoursePlan) -> list[str]:
        window, n = self._request.window, len(plan.sessions)
        if window is None:
            return []
        inside = n - plan.cost.outside
        if n == 1:
            return [f"{'inside' if inside else 'outside'} {clock_text(window.opens)}-{clock_text(window.closes)}"]
        how_many = f"all {n}" if inside == n else "none" if inside == 0 else f"{inside} of {n}"
        return [f"{how_many} inside {clock_text(window.opens)}-{clock_text(window.closes)}"]

    def _dates(self, plan: CoursePlan) -> tuple[date, date]:
        first, last = plan.sessions[0].interval, plan.sessions[-1].interval
        return self._time.date_of(first.starts_at), self._time.date_of(last.starts_at)

    def _starts(self, plan: CoursePlan) -> frozenset[int]:
        return frozenset(_clocks(plan, self._time))


def days(later: timedelta) -> str:
    """`2 days later` or `1 day earlier`."""
    return f"{_n(abs(later.days), 'day')} {'later' if later.days > 0 else 'earlier'}"


def _changes(plan: CoursePlan) -> str:
    number = plan.cost.changes
    return f"{number if number else 'no'} change{'s' if number > 1 else ''} of device or staff"


def _n(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
