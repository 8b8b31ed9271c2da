"""One course against the bookings that are there: ours, the general solver and booking tools, each on the same clinics and judged."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from courses.plans.batch import Clinic
from courses.plans.best_plan import Situation, plan_course
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from rooms.availability.hours import SiteTime
from rooms.bookings.calendar import Calendar
from scheduler.benchmarks.booking_tools import FirstFit, NaiveScan
from scheduler.benchmarks.cp_sat import SolverAnswer, best_by_solver
from scheduler.benchmarks.families import Family
from scheduler.benchmarks.judging import Judge
from scheduler.benchmarks.measuring import Say, Stopwatch, Times, peak_memory_mb, settle
from scheduler.benchmarks.quality import Answered, Quality, cost_beside, placed_by_all, quality

OURS, FIRST_FIT, NAIVE_SCAN, SOLVER = "Chairtime", "first fit", "naive scan", "CP-SAT"
LONGEST = 36
"""The sessions of the course by which planning is timed: daily stimulation with its taper."""
EQUAL = 1e-6

Prepared = Callable[[], CoursePlan | None]
Way = Callable[[CourseRequest], Prepared]
"""Makes ready what is not measured, and gives what is."""


@dataclass(frozen=True)
class WayFigures:
    """One way of planning every course of a family. `beside_ours` is the share by which it costs more, where both have a plan."""

    way: str
    quality: Quality
    times: Times | None
    longest: Times | None
    """Of the 36-session courses alone."""
    beside_ours: float | None


@dataclass(frozen=True)
class SolverFigures:
    """What CP-SAT did with some of the courses. `seconds_to_same` is its median time until it had a plan as good as ours, or the time it
    was given; `times_slower` is the median of that over our processor time for the same course."""

    courses: int
    seconds: float
    proven: int
    same_cost: int
    ours_better: int
    solver_better: int
    gap: float | None
    """How much more its plans cost than ours, as a share; of those where it found one."""
    bound_gap: float
    """How far its proven bound lies below our cost, as a share."""
    reached: int
    """In how many it had a plan as good as ours in time."""
    seconds_to_same: float
    times_slower: float


@dataclass(frozen=True)
class OneCourse:
    """The figures of a family; memory at its peak, before the solver and with it."""

    family: str
    ways: tuple[WayFigures, ...]
    solver: SolverFigures | None
    memory_mb: float
    memory_with_solver_mb: float


@dataclass(frozen=True)
class SolverTime:
    """How many courses of a family the solver is given, and for how long each."""

    courses: int
    seconds: float


class _Tally:
    """What one way of planning did with the courses of a family so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.answered: list[Answered] = []
        self.watch, self.watch_longest = Stopwatch(), Stopwatch()

    def run(self, way: Way, requests: Sequence[CourseRequest], judge: Judge) -> None:
        """Plan each course by itself. Raises `BrokenPlan`."""
        settle()
        for request in requests:
            prepared = way(request)
            with self.watch.once():
                plan = prepared()
            if request.protocol.n_sessions == LONGEST:
                self.watch_longest.add_last(self.watch)
            judge.approve(self.name, [request], [plan] if plan else [])
            self.answered.append((request, plan))

    def figures(self, ours: Sequence[Answered], alike: Sequence[int], time: SiteTime) -> WayFigures:
        """What came out, compared by the courses `alike`."""
        beside = cost_beside(self.answered, ours)
        return WayFigures(self.name, quality(self.answered, alike, time), self.watch.times(), self.watch_longest.times(), beside)


@dataclass(frozen=True)
class _Case:
    clinic: Clinic
    request: CourseRequest
    ours: CoursePlan
    cpu_ms: float


def one_course(family: Family, solver: SolverTime, say: Say) -> OneCourse:
    """Measures a family. Raises `BrokenPlan`, and `NoSolver` where the solver is to be asked and is not installed."""
    tallies = [_Tally(name) for name in (OURS, FIRST_FIT, NAIVE_SCAN)]
    cases: list[_Case] = []
    time = SiteTime("UTC")
    for seed, file in enumerate(family.clinics(), 1):
        clinic = file.as_planned_against()
        judge, time, known = Judge(clinic), SiteTime(clinic.site.timezone), len(cases)
        for tally, way in zip(tallies, _ways(clinic), strict=True):
            say(f"{family.name}, clinic {seed} of {family.seeds}: {len(file.requests)} courses, {tally.name}")
            tally.run(way, file.requests, judge)
        cases += _cases(clinic, tallies[0], known)
    memory = peak_memory_mb()
    answers = []
    for number, case in enumerate(chosen := _chosen(cases, solver.courses), 1):
        say(f"{family.name}, CP-SAT: course {number} of {len(chosen)}, {case.request.protocol.n_sessions} sessions")
        answers.append(_asked(case, solver.seconds))
    alike = placed_by_all([tally.answered for tally in tallies])
    ways = tuple(tally.figures(tallies[0].answered, alike, time) for tally in tallies)
    return OneCourse(family.name, ways, _solver_figures(answers, solver.seconds), memory, peak_memory_mb())


def _ways(clinic: Clinic) -> tuple[Way, Way, Way]:
    fit, scan = FirstFit(clinic), NaiveScan(clinic)
    return (
        lambda request: _ours(request, clinic),
        lambda request: partial(fit.plan, request),
        lambda request: partial(scan.plan, request),
    )


def _ours(request: CourseRequest, clinic: Clinic) -> Prepared:
    """On a calendar of its own, in which nothing is known yet: so the desk's first question meets it."""
    situation = Situation(Calendar(clinic.site, clinic.resources, clinic.held), clinic.hours_of(request.patient), clinic.weights)

    def plan() -> CoursePlan | None:
        answer = plan_course(request, situation)
        return answer if isinstance(answer, CoursePlan) else None

    return plan


def _cases(clinic: Clinic, ours: _Tally, since: int) -> list[_Case]:
    added = zip(ours.answered[since:], ours.watch.cpu[since:], strict=True)
    return [_Case(clinic, request, plan, cpu) for (request, plan), cpu in added if plan is not None]


def _chosen(cases: Sequence[_Case], n: int) -> list[_Case]:
    """The first course of each protocol, those asked most often first, then the second of each, and so on."""
    often = Counter(case.request.protocol.id for case in cases)
    seen: Counter[str] = Counter()
    turns: list[tuple[int, int, int]] = []
    for index, case in enumerate(cases):
        turns.append((seen[case.request.protocol.id], -often[case.request.protocol.id], index))
        seen[case.request.protocol.id] += 1
    return [cases[index] for _, _, index in sorted(turns)[:n]]


@dataclass(frozen=True)
class _Answer:
    """What the solver said of a case; `same_after` is the wall time after which it had a plan as good as ours."""

    case: _Case
    found: SolverAnswer
    same_after: float | None


def _asked(case: _Case, seconds: float) -> _Answer:
    """Asks the solver for its best, and if that is as good as ours once more, for the time after which it was. Raises `BrokenPlan`."""
    found = best_by_solver(case.request, case.clinic, seconds)
    if found.plan is not None:
        Judge(case.clinic).approve(SOLVER, [case.request], [found.plan])
    if found.cost is None or found.cost > case.ours.cost.total + EQUAL:
        return _Answer(case, found, None)
    again = best_by_solver(case.request, case.clinic, seconds, stop_at=case.ours.cost.total)
    reached = again.cost is not None and again.cost <= case.ours.cost.total + EQUAL
    return _Answer(case, found, min(again.seconds, found.seconds) if reached else found.seconds)


def _solver_figures(answers: Sequence[_Answer], seconds: float) -> SolverFigures | None:
    if not answers:
        return None
    pairs = [(each.found.cost, each.case.ours.cost.total) for each in answers if each.found.cost is not None]
    ours = sum(cost for _, cost in pairs)
    whole = sum(each.case.ours.cost.total for each in answers)
    waits = [seconds if each.same_after is None else each.same_after for each in answers]
    return SolverFigures(
        courses=len(answers),
        seconds=seconds,
        proven=sum(each.found.proven for each in answers),
        same_cost=sum(abs(theirs - cost) <= EQUAL for theirs, cost in pairs),
        ours_better=sum(theirs > cost + EQUAL for theirs, cost in pairs) + len(answers) - len(pairs),
        solver_better=sum(theirs < cost - EQUAL for theirs, cost in pairs),
        gap=sum(theirs for theirs, _ in pairs) / ours - 1 if ours else None,
        bound_gap=1 - sum(max(0.0, each.found.bound) for each in answers) / whole if whole else 0.0,
        reached=sum(each.same_after is not None for each in answers),
        seconds_to_same=statistics.median(waits),
        times_slower=statistics.median(wait * 1000 / each.case.cpu_ms for wait, each in zip(waits, answers, strict=True)),
    )
