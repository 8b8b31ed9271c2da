"""Many courses into one clinic: one after another, by booking tools in the same order, and together with a proven bound.

All of these leave the bookings that are there where they are; one more way may give those of like resources to others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import cpu_count

from courses.plans.batch import Clinic, Limit, objective, plan_clinic, plan_together
from courses.plans.plan import CoursePlan, Reseat, Unplaceable
from courses.plans.request import CourseRequest
from courses.plans.reseating import reseat_clinic
from rooms.availability.hours import SiteTime
from scheduler.benchmarks.booking_tools import FirstFit, NaiveScan
from scheduler.benchmarks.families import Family
from scheduler.benchmarks.greedy import Greedy
from scheduler.benchmarks.judging import BrokenPlan, Judge
from scheduler.benchmarks.measuring import Say, Stopwatch, peak_memory_mb, settle
from scheduler.benchmarks.one_course import FIRST_FIT, NAIVE_SCAN
from scheduler.benchmarks.quality import Answered, Quality, placed_by_all, quality, utilization
from scheduler.clinic_file import ClinicFile
from scheduler.clock import SystemClock

ONE_BY_ONE, TOGETHER, RESEATING = "Chairtime, one by one", "Chairtime, together", "one by one, re-seating"
SEED = 1


@dataclass(frozen=True)
class Placed:
    """What a way of planning answers: the plans of those that have one, the bound under every plan where it proves one, and the bookings
    that it gave to others."""

    plans: Sequence[CoursePlan]
    bound: float | None = None
    reseated: Sequence[Reseat] = ()


Way = Callable[[Clinic, Sequence[CourseRequest]], Placed]
"""What a clinic's bookings may be given to others for is told to all; only one makes use of it."""


@dataclass(frozen=True)
class BatchFigures:
    """One way of planning all courses of a family's clinics; sums over the clinics, memory at its peak until then.

    `full_before` and `full` are the clinic's utilization without these courses and with them.

    `bound` is proven by planning together, and for bookings that stay; it can be compared where all courses were placed.
    """

    way: str
    quality: Quality
    objective: float
    bound: float | None
    reseated: int
    full_before: float
    full: float
    cpu_seconds: float
    wall_seconds: float
    memory_mb: float


@dataclass(frozen=True)
class Together:
    """The figures of a family."""

    family: str
    seconds: float
    ways: tuple[BatchFigures, ...]


class _Tally:
    """What one way of planning did with the clinics of a family so far."""

    def __init__(self, name: str, way: Way) -> None:
        self.name, self._way = name, way
        self.answered: list[Answered] = []
        self._watch = Stopwatch()
        self._objective, self._bounds = 0.0, list[float | None]()
        self._full: list[tuple[float, float]] = []
        self._memory, self._reseated = 0.0, 0

    def run(self, file: ClinicFile) -> None:
        """Plan one clinic's courses. Raises `BrokenPlan`."""
        clinic, requests = file.as_planned_against(), file.requests
        settle()
        with self._watch.once():
            placed = self._way(clinic, requests)
        self._memory = max(self._memory, peak_memory_mb())
        self._reseated += len(placed.reseated)
        judge = Judge(file.as_planned_against(placed.reseated))
        if faults := judge.faults(requests, placed.plans) + judge.reseat_faults(file.bookings, placed.reseated):
            raise BrokenPlan(self.name, faults)
        of_course = {plan.course: plan for plan in placed.plans}
        answered = [(request, of_course.get(request.id)) for request in requests]
        self.answered += answered
        self._objective += objective(requests, placed.plans)
        self._bounds.append(placed.bound)
        self._full.append((utilization(clinic, [(request, None) for request in requests]), utilization(clinic, answered)))

    def figures(self, alike: Sequence[int], time: SiteTime) -> BatchFigures:
        """What came out, compared by the courses `alike`."""
        bounds = [bound for bound in self._bounds if bound is not None]
        before, after = (sum(each) / len(self._full) for each in zip(*self._full, strict=True))
        return BatchFigures(
            way=self.name,
            quality=quality(self.answered, alike, time),
            objective=self._objective,
            bound=sum(bounds) if len(bounds) == len(self._bounds) else None,
            reseated=self._reseated,
            full_before=before,
            full=after,
            cpu_seconds=sum(self._watch.cpu) / 1000,
            wall_seconds=sum(self._watch.wall) / 1000,
            memory_mb=self._memory,
        )


def together(family: Family, seconds: float, say: Say) -> Together:
    """Measures a family; planning together is given so many seconds for each clinic. Raises `BrokenPlan`."""
    files = family.clinics()
    ways: dict[str, Way] = {
        FIRST_FIT: _booked_by(FirstFit),
        NAIVE_SCAN: _booked_by(NaiveScan),
        ONE_BY_ONE: _one_by_one,
        RESEATING: _reseating,
        TOGETHER: _together_within(seconds),  # the last, as it needs the most memory
    }
    tallies = [_Tally(name, way) for name, way in ways.items()]
    for tally in tallies:
        for seed, file in enumerate(files, 1):
            say(f"{family.name}, clinic {seed} of {family.seeds}: {len(file.requests)} courses, {tally.name}")
            tally.run(file)
    alike = placed_by_all([tally.answered for tally in tallies])
    time = SiteTime(files[0].site.timezone)
    return Together(family.name, seconds, tuple(tally.figures(alike, time) for tally in tallies))


def _together_within(seconds: float) -> Way:
    """As many processes as the machine has cores; in a number of seconds, not of rounds."""

    def planned(clinic: Clinic, requests: Sequence[CourseRequest]) -> Placed:
        clock = SystemClock()
        began = clock.monotonic()
        limit = Limit(seconds=seconds, elapsed=lambda: clock.monotonic() - began)
        plan = plan_together(replace(clinic, movable={}), requests, limit=limit, seed=SEED, processes=cpu_count() or 1)
        return Placed(_plans(plan.courses), plan.bound)

    return planned


def _one_by_one(clinic: Clinic, requests: Sequence[CourseRequest]) -> Placed:
    return Placed(_plans(plan_clinic(replace(clinic, movable={}), requests).courses))


def _reseating(clinic: Clinic, requests: Sequence[CourseRequest]) -> Placed:
    plan = reseat_clinic(clinic, requests, plan_clinic(replace(clinic, movable={}), requests))
    return Placed(_plans(plan.courses), None, plan.reseated)


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
