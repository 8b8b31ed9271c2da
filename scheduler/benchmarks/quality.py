"""How good plans are for patients and for the clinic, beside the weighted cost."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from courses.plans.batch import Clinic
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from courses.protocols.session_template import SessionTemplate
from rooms.availability.hours import SiteTime
from rooms.bookings.calendar import Calendar

BUSY_DAYS = 28
"""Utilization is told of so many days from the first date on which a course may start; later the calendar is still being filled."""

Answered = tuple[CourseRequest, CoursePlan | None]
"""A course that was asked for and its plan; None where it was given up or cannot be placed."""


@dataclass(frozen=True)
class Quality:
    """How many courses were asked and placed. All else is over those `alike`, which every way that is compared has placed: shares of 1,
    and means of one course."""

    courses: int
    placed: int
    alike: int
    cost: float
    in_window: float
    """Of the sessions of courses that wish for a window."""
    at_home: float
    """Sessions that start to the minute at their course's median start."""
    sd_minutes: float
    distinct_starts: float
    changes: float
    delay_days: float


def placed_by_all(ways: Sequence[Sequence[Answered]]) -> list[int]:
    """Of the courses asked, in order, those that every way has placed."""
    return [number for number, answers in enumerate(zip(*ways, strict=True)) if all(plan is not None for _, plan in answers)]


def quality(answered: Sequence[Answered], alike: Sequence[int], time: SiteTime) -> Quality:
    """How good the plans are, compared by the courses `alike`."""
    compared = [(request, plan) for request, plan in (answered[number] for number in alike) if plan is not None]
    placed = [plan for _, plan in compared]
    starts = [_first_starts(plan, time) for plan in placed]
    wishing = [plan for request, plan in compared if request.window is not None]
    sessions = sum(len(plan.sessions) for plan in wishing)
    return Quality(
        len(answered),
        sum(plan is not None for _, plan in answered),
        len(placed),
        _mean([plan.cost.total for plan in placed]),
        1 - sum(plan.cost.outside for plan in wishing) / sessions if sessions else 1.0,
        sum(each == statistics.median_low(of) for of in starts for each in of) / max(1, sum(map(len, starts))),
        _mean([statistics.pstdev(of) for of in starts]),
        _mean([len(set(of)) for of in starts]),
        _mean([plan.cost.changes for plan in placed]),
        _mean([plan.cost.delay for plan in placed]),
    )


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else 0.0


def _first_starts(plan: CoursePlan, time: SiteTime) -> list[int]:
    """On the wall's clock, the minute of each session's start; of several on one date only the first."""
    found: dict[date, int] = {}
    for session in plan.sessions:
        local = time.local(session.interval.starts_at)
        found.setdefault(local.date(), local.hour * 60 + local.minute)
    return [*found.values()]


def cost_beside(answered: Sequence[Answered], best: Sequence[Answered]) -> float | None:
    """How much more plans cost than others of the same courses, as a share, over the courses that both place."""
    both = [(plan, other) for (_, plan), (_, other) in zip(answered, best, strict=True)]
    pairs = [(plan.cost.total, other.cost.total) for plan, other in both if plan is not None and other is not None]
    theirs = sum(cost for _, cost in pairs)
    return sum(cost for cost, _ in pairs) / theirs - 1 if theirs else None


def utilization(clinic: Clinic, answered: Sequence[Answered]) -> float:
    """How full the clinic is of what it could bear: for each kind of visit asked, the capability of which it can bear fewest.

    The hours of devices count only as far as the staff for them is there, and the other way round.
    """
    calendar = Calendar(clinic.site, clinic.resources)
    first = min(request.start_on_or_after for request, _ in answered)
    days = [first + timedelta(days=k) for k in range(BUSY_DAYS)]
    protocols = {request.protocol.id: request.protocol for request, _ in answered}
    templates = [template for protocol in protocols.values() for template in protocol.templates.values()]
    scarce = sorted({_scarcest(calendar, days, template) for template in templates} - {""})
    booked = _booked(calendar, clinic, [plan for _, plan in answered if plan is not None], (days[0], days[-1]))
    pools = {resource.id for capability in scarce for resource in calendar.pool(capability)}
    attainable = sum(_open_minutes(calendar, days, capability) for capability in scarce)
    return sum(minutes for resource, minutes in booked.items() if resource in pools) / attainable if attainable else 0.0


def _scarcest(calendar: Calendar, days: Sequence[date], template: SessionTemplate) -> str:
    taken: dict[str, float] = defaultdict(float)
    for demand in template.demands:
        need = demand.requirement
        pool = calendar.pool(need.capability)
        if pool and need.load != 0:
            taken[need.capability] += need.count * need.load_on(pool[0].capacity) * (demand.end - demand.begin)
    return min(taken, key=lambda capability: (_open_minutes(calendar, days, capability) / taken[capability], capability), default="")


def _open_minutes(calendar: Calendar, days: Sequence[date], capability: str) -> float:
    """What the resources with a capability can bear, in minutes times load."""
    return sum(
        stretch.bit_count() * resource.capacity
        for resource in calendar.pool(capability)
        for on in days
        for stretch in calendar.open_stretches(resource, on)
    )


def _booked(calendar: Calendar, clinic: Clinic, plans: Sequence[CoursePlan], days: tuple[date, date]) -> dict[str, float]:
    first, last = calendar.day(days[0]).midnight, calendar.day(days[1] + timedelta(days=1)).midnight
    seats = [seat for plan in plans for session in plan.sessions for seat in session.seats]
    loads = [*clinic.held, *((seat.resource, seat.interval, seat.load) for seat in seats)]
    booked: dict[str, float] = defaultdict(float)
    for resource, interval, load in loads:
        if first <= interval.starts_at < last:
            booked[resource] += load * interval.length.total_seconds() / 60
    return booked
