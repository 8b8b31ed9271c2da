"""The same demand planned at each clinic that is tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from courses.plans.plan import ClinicPlan
from scheduler.clinic_file import ClinicFile
from scheduler.what_if.changes import Scenario
from scheduler.what_if.figures import Figures, Span, figures_of, span_of

AS_IT_IS = "as it is"

Planner = Callable[[ClinicFile], ClinicPlan]
"""Plans all courses of a clinic."""


@dataclass(frozen=True)
class Outcome:
    """One clinic with its figures. `n_left_out` bookings that are there today are on resources that it has not."""

    name: str
    figures: Figures
    n_left_out: int = 0


@dataclass(frozen=True)
class Comparison:
    """The clinic as it is, and as it might be. `span` are the dates over which the use of resources is counted."""

    before: Outcome
    after: tuple[Outcome, ...]
    span: Span


def compare(clinic: ClinicFile, scenarios: Sequence[Scenario], planner: Planner) -> Comparison:
    """Plans the clinic as it is and in each scenario. The use of resources is counted over the same dates for all."""
    clinics = [clinic, *(scenario.clinic(clinic) for scenario in scenarios)]
    plans = [planner(each) for each in clinics]
    span = span_of(clinic.requests)
    names = [AS_IT_IS, *(scenario.name for scenario in scenarios)]
    outcomes = [
        Outcome(name, figures_of(each, plan, span), len(clinic.bookings) - len(each.bookings))
        for name, each, plan in zip(names, clinics, plans, strict=True)
    ]
    return Comparison(outcomes[0], tuple(outcomes[1:]), span)
