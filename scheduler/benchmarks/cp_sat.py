"""The general solver as a peer: one course of the full model given to CP-SAT.

What it looks at is narrowed by what is known: a plan's cost, or a guess, says which dates and starts can be in a plan that costs no more
(`cp_sat_bounds`). Where the plan that it finds costs more than the guess, it looks again at all that is worth it then. So a proof holds
for every date and start: none is cut off untold.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from courses.errors import DomainError
from courses.plans.batch import Clinic
from courses.plans.costs import cost_of
from courses.plans.plan import Cost, CoursePlan
from courses.plans.request import CourseRequest
from scheduler.benchmarks.cp_sat_bounds import TOLERANCE, Bounds, Worthwhile
from scheduler.benchmarks.cp_sat_choices import Choices, Effort, Outcome, Sessions
from scheduler.clock import SystemClock


class NoSolver(DomainError):
    """The extra with the general solver is not installed."""

    code = "no_solver"

    def __init__(self) -> None:
        super().__init__("The general solver is not installed; it comes with the extra solver: pip install 'chairtime[solver]'.")


@dataclass(frozen=True)
class SolverAnswer:
    """What the solver found for one course, with all bookings fixed. `cost` and `plan` are None where it found no plan.

    No plan costs less than `bound`. `proven`: the plan is the best, or there is none. `seconds` is wall time, building the model included.
    """

    cost: float | None
    bound: float
    proven: bool
    seconds: float
    plan: CoursePlan | None


def best_by_solver(request: CourseRequest, clinic: Clinic, seconds: float, stop_at: float | None = None, workers: int = 2) -> SolverAnswer:
    """The best plan of one course that CP-SAT finds in so many seconds; with `stop_at`, the first that costs no more than that.

    Raises `NoSolver` where the extra is not installed.
    """
    return _Solving(request, clinic, seconds, stop_at, workers).at_once()


def proven_by_home_times(
    request: CourseRequest, clinic: Clinic, seconds: float, known: float | None = None, workers: int = 1
) -> SolverAnswer:
    """The best plan of one course, a model of its own for each home time that could be the best: far sooner proven than all in one.

    `known` is the cost of a plan that is there already: where none is cheaper, the answer has the bound and no plan. Raises `NoSolver`.
    """
    return _Solving(request, clinic, seconds, None, workers).by_home_times(known)


class _Solving:
    def __init__(self, request: CourseRequest, clinic: Clinic, seconds: float, stop_at: float | None, workers: int) -> None:
        try:
            from scheduler.benchmarks import cp_sat_model  # noqa: PLC0415  # an extra, and slow to load
        except ModuleNotFoundError:
            raise NoSolver from None
        self._model = cp_sat_model.CourseModel
        self._clock = SystemClock()
        self._began, self._seconds = self._clock.monotonic(), seconds
        self._stop_at, self._workers = stop_at, workers
        self.choices = Choices(request, clinic)
        self.bounds = Bounds(self.choices)
        self.least = float(self.bounds.least().min())

    def at_once(self) -> SolverAnswer:
        """One model of all: of what a guess makes worthwhile, and again of what the plan found makes worthwhile if that is more."""
        for worth in self._guesses(self._stop_at):
            field = Worthwhile(self.bounds, worth)
            found = self._run(field)
            if found.sessions is not None or not found.proven:
                break
        if found.sessions is None:
            return self._told(None, inf if found.proven else self.least, proven=found.proven)
        cost = self._cost(found.sessions).total
        worthwhile = Worthwhile(self.bounds, cost)
        if self._reached(cost) or worthwhile.within(field):
            return self._told(found.sessions, found.bound if worthwhile.within(field) else self.least, proven=found.proven)
        again = self._run(worthwhile, hint=found.sessions)
        best = min((each.sessions for each in (again, found) if each.sessions), key=lambda sessions: self._cost(sessions).total)
        return self._told(best, max(again.bound, self.least), proven=again.proven)

    def by_home_times(self, known: float | None) -> SolverAnswer:
        """The home times in the order of their bounds, each asked for something better than the best so far."""
        order = sorted(zip(self.bounds.least().tolist(), self.bounds.homes, strict=True))
        best: Sessions | None = None
        if known is None:
            found = self._some_plan(order[0][1])
            if found.sessions is None:
                return self._told(None, inf if found.proven else self.least, proven=found.proven)
            best = found.sessions
        cost = self._cost(best).total if best is not None else known or 0
        for least, home in order:
            if least > cost - TOLERANCE:
                break
            found = self._run(Worthwhile(self.bounds, cost, home), better_than=cost)
            if found.sessions is not None:
                best, cost = found.sessions, self._cost(found.sessions).total
            if not found.proven:
                return self._told(best, self.least, proven=False)
        return self._told(best, cost, proven=True)

    def _some_plan(self, home: int) -> Outcome:
        """A plan, the best by one home time: every course that has a place has it whatever spread is counted from."""
        for worth in self._guesses(None):
            found = self._run(Worthwhile(self.bounds, worth, home))
            if found.sessions is not None or not found.proven:
                break
        return found

    def _guesses(self, first: float | None) -> list[float]:
        """What a plan may cost, which only decides how much is looked at at a time; the last is no guess."""
        weights = self.choices.clinic.weights
        slack = 2 * (weights.delay_day + weights.outside_window) + 20 * (weights.change + weights.spread_step)
        guess = self.least * 1.1 + slack if first is None else first
        return [guess, 2 * guess + slack, inf] if guess < inf else [inf]

    def _run(self, field: Worthwhile, hint: Sessions | None = None, better_than: float = inf) -> Outcome:
        if not field.some:
            return Outcome(None, inf, proven=True)
        if self._spent() >= self._seconds:
            return Outcome(None, -inf, proven=False)
        model = self._model(field)
        if hint is not None:
            model.hint(hint)
        if better_than < inf:
            model.better_than(better_than)
        return model.solve(Effort(self._seconds - self._spent(), self._workers, self._stop_at))

    def _spent(self) -> float:
        return self._clock.monotonic() - self._began

    def _reached(self, cost: float) -> bool:
        return self._stop_at is not None and cost <= self._stop_at + TOLERANCE

    def _cost(self, sessions: Sessions) -> Cost:
        choices, site = self.choices, self.choices.clinic.site
        ideal = choices.ideal if choices.has_ideal else []
        return cost_of(choices.request, sessions, ideal, choices.calendar.time, site.granularity_minutes, choices.clinic.weights)

    def _told(self, best: Sessions | None, bound: float, *, proven: bool) -> SolverAnswer:
        if best is None:
            return SolverAnswer(None, bound, proven, self._spent(), None)
        cost = self._cost(best)
        return SolverAnswer(cost.total, min(bound, cost.total), proven, self._spent(), CoursePlan(self.choices.request.id, best, cost))
