"""Many courses into one clinic: one after another, by booking tools in the same order, and together with a proven bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from courses.plans.batch import Clinic, objective, plan_clinic
from courses.plans.plan import CoursePlan, Unplaceable
from courses.plans.request import CourseRequest
from rooms.availability.hours import SiteTime
from scheduler.benchmarks.booking_tools import FirstFit, NaiveScan
from scheduler.benchmarks.families import Family
from scheduler.benchmarks.greedy import Greedy
from scheduler.benchmarks.judging import Judge
from scheduler.benchmarks.measuring import Say, Stopwatch, peak_memory_mb, settle
from scheduler.benchmarks.one_course import FIRST_FIT, NAIVE_SCAN
from scheduler.benchmarks.quality import Answered, Quality, quality, utilization

ONE_BY_ONE, TOGETHER = "Chairtime, one by one", "Chairtime, together"


@dataclass(frozen=True)
class Placed:
    """What a way of planning answers: the plans of those that have one, and the bound under every plan where it proves one."""

    plans: Sequence[CoursePlan]
    bound: float | None = None


Way = Callable[[Clinic, Sequence[CourseRequest]], Placed]


@dataclass(frozen=True)
class BatchFigures:
    """One way of planning all courses of a family's clinics; sums over the clinics, memory at its peak until then.

    `bound` is proven by planning together; the gap is told only where all courses were placed.
    """

    way: str
    quality: Quality
    objective: float
    bound: float | None
    utilization: float
    cpu_seconds: float
    wall_seconds: float
    memory_mb: float


@dataclass(frozen=True)
class Together:
    """The figures of a family."""

    family: str
    seconds: float
    ways: tuple[BatchFigures, ...]


def together(family: Family, seconds: float, say: Say) -> Together:
    """Measures a family; planning together is given so many seconds for each clinic. Raises `BrokenPlan`."""
    files = family.clinics()
    ways: dict[str, Way] = {ONE_BY_ONE: _one_by_one, FIRST_FIT: _booked_by(FirstFit), NAIVE_SCAN: _booked_by(NaiveScan)}
    figures = []
    for name, way in ways.items():
        watch, sums, answered, full = Stopwatch(), [0.0, 0.0], list[Answered](), list[float]()
        settle()
        for seed, file in enumerate(files, 1):
            say(f"{family.name}, clinic {seed} of {family.seeds}: {len(file.requests)} courses, {name}")
            clinic, requests = file.as_planned_against(), file.requests
            with watch.once():
                placed = way(clinic, requests)
            Judge(clinic).approve(name, requests, placed.plans)
            of_course = {plan.course: plan for plan in placed.plans}
            mine = [(request, of_course.get(request.id)) for request in requests]
            answered += mine
            full.append(utilization(clinic, mine))
            sums[0] += objective(requests, placed.plans)
            sums[1] += placed.bound if placed.bound is not None else float("nan")
        zone = SiteTime(files[0].site.timezone)
        bound = sums[1] if sums[1] == sums[1] else None
        spent = sum(watch.cpu) / 1000, sum(watch.wall) / 1000
        mean = sum(full) / len(full)
        figures.append(BatchFigures(name, quality(answered, zone), sums[0], bound, mean, *spent, peak_memory_mb()))
    return Together(family.name, seconds, tuple(figures))


def _one_by_one(clinic: Clinic, requests: Sequence[CourseRequest]) -> Placed:
    return Placed(_plans(plan_clinic(clinic, requests).courses))


def _plans(answers: Sequence[CoursePlan | Unplaceable]) -> list[CoursePlan]:
    return [answer for answer in answers if isinstance(answer, CoursePlan)]


def _booked_by(tool: type[Greedy]) -> Way:
    """The weightier courses first, then the earlier: the order in which ours plans one by one."""

    def booked(clinic: Clinic, requests: Sequence[CourseRequest]) -> Placed:
        planner, plans = tool(clinic), list[CoursePlan]()
        for request in sorted(requests, key=lambda each: (-each.priority, each.start_on_or_after)):
            plan = planner.plan(request)
            if plan is not None:
                planner.book(request, plan)
                plans.append(plan)
        return Placed(plans)

    return booked
