"""What a plan means for those who wait and for what they wait for, in figures."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from courses.plans.best_plan import loads_of
from courses.plans.plan import ClinicPlan, CoursePlan
from courses.plans.request import CourseRequest
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import ClinicFile

FOUR_WEEKS = timedelta(weeks=4)


@dataclass(frozen=True)
class Figures:
    """The courses that found a place and those that did not, and of the former: how they fare.

    `wait` are days from the earliest start to the first session, `delay` days by which a session is later than its ideal date, `in_window`
    the share of sessions inside the wished window; None where no session counts. `used` is, for each capability, the share of
    the open time of those who have it that is booked, by load.
    """

    n_courses: int
    n_without_place: int
    wait_mean: float | None
    wait_p90: float | None
    delay_mean: float | None
    in_window: float | None
    objective: float
    used: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """The dates over which the use of resources is counted, both included."""

    first: date
    last: date


def span_of(requests: Sequence[CourseRequest]) -> Span:
    """The days on which courses are asked to begin, and four weeks more.

    Later a clinic empties in any plan, since those who will ask then are not in the file.
    """
    asked = [request.start_on_or_after for request in requests]
    return Span(min(asked), max(asked) + FOUR_WEEKS)


def figures_of(clinic: ClinicFile, plan: ClinicPlan, span: Span) -> Figures:
    """The figures of a plan for all courses of a clinic."""
    time = SiteTime(clinic.site.timezone)
    requests = {request.id: request for request in clinic.requests}
    placed = [(requests[answer.course], answer) for answer in plan.courses if isinstance(answer, CoursePlan)]
    waits = sorted((time.date_of(answer.sessions[0].interval.starts_at) - request.start_on_or_after).days for request, answer in placed)
    n_sessions = sum(len(answer.sessions) for _, answer in placed)
    wishing = [answer for request, answer in placed if request.window is not None]
    n_wishing = sum(len(answer.sessions) for answer in wishing)
    return Figures(
        len(plan.courses),
        len(plan.courses) - len(placed),
        _share(sum(waits), len(waits)),
        waits[math.ceil(0.9 * len(waits)) - 1] if waits else None,
        _share(sum(answer.cost.delay for _, answer in placed), n_sessions),
        _share(n_wishing - sum(answer.cost.outside for answer in wishing), n_wishing),
        plan.objective,
        _used(clinic, [answer for _, answer in placed], span),
    )


def _share(part: float, of: int) -> float | None:
    return part / of if of else None


def _used(clinic: ClinicFile, plans: Sequence[CoursePlan], span: Span) -> dict[str, float]:
    calendar = Calendar(clinic.site, clinic.resources)
    whole = Interval(calendar.day(span.first).midnight, calendar.day(span.last).whole.ends_at)
    booked: dict[str, float] = defaultdict(float)
    for resource, interval, load in [*clinic.as_planned_against().held, *(each for plan in plans for each in loads_of(plan.sessions))]:
        begin, end = max(interval.starts_at, whole.starts_at), min(interval.ends_at, whole.ends_at)
        booked[resource] += load * max(0.0, (end - begin).total_seconds() / 60)
    there = {resource.id: resource.capacity * _open_minutes(calendar, resource.id, span) for resource in clinic.resources}
    found = {}
    for capability in _wanted(clinic.requests):
        pool = [resource.id for resource in calendar.pool(capability)]
        if (at_hand := sum(there[name] for name in pool)) > 0:
            found[capability] = sum(booked[name] for name in pool) / at_hand
    return found


def _open_minutes(calendar: Calendar, name: str, span: Span) -> int:
    total, on = 0, span.first
    while on <= span.last:
        mask = 0
        for stretch in calendar.open_stretches(calendar.resources[name], on):
            mask |= stretch
        total += mask.bit_count()
        on += timedelta(days=1)
    return total


def _wanted(requests: Sequence[CourseRequest]) -> list[str]:
    """The capabilities that courses ask for and that a booking takes something of."""
    protocols = {request.protocol.id: request.protocol for request in requests}
    demands = [demand for each in protocols.values() for template in each.templates.values() for demand in template.demands]
    return sorted({demand.requirement.capability for demand in demands if demand.requirement.load != 0})
