"""The whole benchmark: what is asked for, measured part by part, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec

from scheduler.benchmarks.families import Family
from scheduler.benchmarks.full_day import DayFigures, full_days
from scheduler.benchmarks.growth import HORIZONS, GrowthFigures, growth
from scheduler.benchmarks.measuring import Say, apart, machine
from scheduler.benchmarks.one_course import OneCourse, SolverTime, one_course
from scheduler.benchmarks.repairs import RepairFigures, repairs
from scheduler.benchmarks.together import Together, together

PARTS = ("courses", "together", "repair", "day", "growth")
REPAIR_SIZES, REPAIR_LOAD, REPAIR_COURSES = ("S", "M", "L"), 0.8, 30


@dataclass(frozen=True)
class Asked:
    """What to measure. Clinics are made by seeds from 1; the solver is given `solver_courses` courses of each family, each for `seconds`,
    and planning together has as long for each clinic."""

    sizes: tuple[str, ...] = ("S", "M", "L", "XL")
    loads: tuple[float, ...] = (0.5, 0.8, 0.95)
    seeds: int = 1
    courses: int = 30
    seconds: float = 60
    solver_courses: int = 3
    parts: tuple[str, ...] = PARTS
    polish_seconds: float = 5
    day_seeds: int = 20
    horizons: tuple[int, ...] = HORIZONS

    def quickly(self) -> Asked:
        """A first impression, in less than two minutes."""
        return Asked(("S", "M"), (0.8,), 1, 10, 5, 1, self.parts, polish_seconds=2, day_seeds=5, horizons=HORIZONS[:1])

    def families(self) -> list[Family]:
        """Sizes by loads."""
        return [Family(size, load, self.seeds, self.courses) for size in self.sizes for load in self.loads]


@dataclass
class Report:
    """What was measured so far."""

    machine: dict[str, str | int | float]
    asked: Asked
    one_course: list[OneCourse] = field(default_factory=list)
    together: list[Together] = field(default_factory=list)
    repairs: list[RepairFigures] = field(default_factory=list)
    days: list[DayFigures] = field(default_factory=list)
    growth: list[GrowthFigures] = field(default_factory=list)
    complete: bool = False

    def data(self) -> dict[str, object]:
        """For machines to read."""
        return asdict(self)


def run(asked: Asked, say: Say, measured: Callable[[Report], None]) -> Report:
    """Measures all that is asked for; `measured` is told the report after each part of it. Raises `BrokenPlan`.

    An interruption (`KeyboardInterrupt`) ends it with what was measured until then, and the report is not complete.
    """
    report = Report(machine(), asked)
    try:
        for part in (part for part in PARTS if part in asked.parts):
            for _ in STEPS[part](report, _solver_time(asked, say) if part == "courses" else SolverTime(0, 0), say):
                measured(report)
    except KeyboardInterrupt:
        say("Stopped: these are the figures until then.")
        return report
    report.complete = True
    measured(report)
    return report


def _solver_time(asked: Asked, say: Say) -> SolverTime:
    if asked.solver_courses and find_spec("ortools") is None:
        say("CP-SAT is left out: it comes with the extra solver, pip install 'chairtime[solver]'.")
        return SolverTime(0, asked.seconds)
    return SolverTime(asked.solver_courses, asked.seconds)


def _courses(report: Report, solver: SolverTime, say: Say) -> Iterator[None]:
    for family in report.asked.families():
        report.one_course.append(apart(one_course, family, solver, say))
        yield


def _together(report: Report, _solver: SolverTime, say: Say) -> Iterator[None]:
    for family in report.asked.families():
        report.together.append(apart(together, family, report.asked.seconds, say))
        yield


def _repair(report: Report, _solver: SolverTime, say: Say) -> Iterator[None]:
    for size in (size for size in REPAIR_SIZES if size in report.asked.sizes):
        report.repairs += apart(repairs, Family(size, REPAIR_LOAD, report.asked.seeds, REPAIR_COURSES), report.asked.polish_seconds, say)
        yield


def _day(report: Report, _solver: SolverTime, say: Say) -> Iterator[None]:
    for size in report.asked.sizes:
        report.days += apart(full_days, [size], report.asked.day_seeds, say)
        yield


def _growth(report: Report, _solver: SolverTime, say: Say) -> Iterator[None]:
    for size in report.asked.sizes:
        for days in report.asked.horizons:
            report.growth.append(apart(growth, size, days, say))
            yield


STEPS: dict[str, Callable[[Report, SolverTime, Say], Iterator[None]]] = {
    "courses": _courses,
    "together": _together,
    "repair": _repair,
    "day": _day,
    "growth": _growth,
}
