"""The planner's answer for one course beside the optimum, judged twice."""

from __future__ import annotations

import json
from dataclasses import dataclass

from courses.plans.batch import plan_clinic
from courses.plans.plan import ClinicPlan, CoursePlan
from scheduler.benchmarks.cp_sat import SolverAnswer, proven_by_home_times
from scheduler.clinic_file import ClinicFile, plan_document, read_clinic
from tests.plans.checking import shared_faults
from tests.plans.exactness.families import Case
from tests.plans.exactness.optimum import least_cost
from tests.plans.judge import judge


@dataclass(frozen=True)
class Compared:
    """What a case came to. `optimum` is the least cost there is, or with `proven_by` empty the least known; None stands for no place."""

    case: Case
    planned: float | None
    optimum: float | None
    proven_by: str
    faults: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the planner's answer is the optimum, to the unit."""
        if self.planned is None or self.optimum is None:
            return self.planned is self.optimum
        return abs(self.planned - self.optimum) <= 1e-6

    @property
    def sound(self) -> bool:
        """Whether nothing is broken, and no better answer is known."""
        return not self.faults and self.equal

    def __str__(self) -> str:
        by = self.proven_by or "the best that the solver found in its time"
        return f"{self.case.name}: planned {self.planned}, optimum {self.optimum} by {by} {'; '.join(self.faults)}"


def compared(case: Case, seconds: float = 20) -> Compared:
    """Plans a case, judges the plan and looks for the optimum: every way where that can be tried, else by the solver for so long."""
    file = read_clinic(json.dumps(case.document))
    plan = plan_clinic(file.as_planned_against(), file.requests)
    faults = _faults(case, file, plan)
    (answer,) = plan.courses
    planned = answer.cost.total if isinstance(answer, CoursePlan) else None
    if case.last_day is not None:
        return Compared(case, planned, least_cost(case.document, case.last_day), "every way", tuple(faults))
    found = solved(file, seconds, planned)
    if found.plan is not None:
        better = ClinicPlan((found.plan,), found.plan.cost.total * file.requests[0].priority)
        faults += [f"the solver's plan: {fault}" for fault in _faults(case, file, better)]
    return Compared(case, planned, planned if found.cost is None else found.cost, "solver" if found.proven else "", tuple(faults))


def solved(file: ClinicFile, seconds: float, known: float | None = None) -> SolverAnswer:
    """What the solver says of a file's only course; only of what is cheaper than a cost that is known."""
    return proven_by_home_times(file.requests[0], file.as_planned_against(), seconds, known)


def _faults(case: Case, file: ClinicFile, plan: ClinicPlan) -> list[str]:
    written = dict(plan_document(plan, file.site.timezone))
    return judge(case.document, written).faults + shared_faults(case.document, written)
