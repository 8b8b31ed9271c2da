"""How the time for one long course grows with the clinic and with how far its calendar is filled."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from courses.plans.batch import Clinic
from courses.plans.best_plan import Situation, plan_course
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from rooms.bookings.calendar import Calendar
from scheduler.benchmarks.families import read
from scheduler.benchmarks.judging import Judge
from scheduler.benchmarks.measuring import Say, Stopwatch, settle
from scheduler.benchmarks.one_course import LONGEST, OURS

LOAD = 0.8
HORIZONS = (150, 300)
COURSES = 30
"""Wanted of each made clinic; only those of 36 sessions are planned."""


@dataclass(frozen=True)
class GrowthFigures:
    """One clinic: the processor time of planning a 36-session course, and of reading its free time into a calendar."""

    size: str
    resources: int
    days: int
    bookings: int
    courses: int
    cpu_median_ms: float
    cpu_p95_ms: float
    calendar_cpu_ms: float


def growth(size: str, days: int, say: Say) -> GrowthFigures:
    """Measures one size of clinic whose calendar is filled for so many days. Raises `BrokenPlan`."""
    say(f"growth: {size}, {days} days")
    file = read(size, LOAD, COURSES, 1, days)
    clinic, watch, loading = file.as_planned_against(), Stopwatch(), Stopwatch()
    judge = Judge(clinic)
    settle()
    longest = [request for request in file.requests if request.protocol.n_sessions == LONGEST]
    for request in longest:
        with loading.once():
            calendar = Calendar(clinic.site, clinic.resources, clinic.held)
        judge.approve(OURS, [request], _planned(request, clinic, calendar, watch))
    times, loads = watch.times(), loading.times()
    median, p95 = (times.cpu_median, times.cpu_p95) if times else (0.0, 0.0)
    n = len(clinic.resources)
    return GrowthFigures(size, n, days, len(clinic.held), len(longest), median, p95, loads.cpu_median if loads else 0.0)


def _planned(request: CourseRequest, clinic: Clinic, calendar: Calendar, watch: Stopwatch) -> list[CoursePlan]:
    situation = Situation(calendar, clinic.hours_of(request.patient), clinic.weights)
    with watch.once():
        answer = plan_course(request, situation)
    return [answer] if isinstance(answer, CoursePlan) else []


def power(points: Sequence[tuple[float, float]]) -> float:
    """With which power of x y grows, by the least squares of the logarithms: 1 is growth in proportion."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    return statistics.linear_regression([x for x, _ in logs], [y for _, y in logs]).slope if len(logs) > 1 else math.nan
