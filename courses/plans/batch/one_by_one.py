"""Many courses planned one after another: the weightier first, then the earlier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from courses.plans.best_plan import Situation, loads_of, plan_course
from courses.plans.plan import ClinicPlan, CoursePlan, Unplaceable
from courses.plans.pricing.reserve import reserved_prices
from courses.plans.request import CourseRequest, PatientHours, Weights
from courses.protocols.protocol import TreatmentProtocol
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar, Held
from rooms.resources.resource import Resource
from rooms.resources.site import Site

Progress = Callable[[int, int], None]
"""Told how many courses are answered, of how many."""


def no_progress(_done: int, _of: int) -> None:
    """For those who do not watch."""


@dataclass(frozen=True)
class Clinic:
    """What the courses are planned against: the site, its resources, what is booked already, the patients' hours and the weights.

    `movable` says which of the bookings (by place in `held`) may be given to another resource with which capability. `reserving` are the
    protocols that reserve room for their own courses.
    """

    site: Site
    resources: Sequence[Resource]
    held: Sequence[Held] = ()
    patients: Mapping[str, PatientHours] = field(default_factory=dict)
    weights: Weights = field(default_factory=Weights)
    movable: Mapping[int, str] = field(default_factory=dict)
    reserving: Sequence[TreatmentProtocol] = ()

    def hours_of(self, patient: str) -> PatientHours:
        """When a patient can come; always, where nothing is said."""
        return self.patients.get(patient) or PatientHours(patient)


def plan_clinic(clinic: Clinic, requests: Sequence[CourseRequest], progress: Progress = no_progress) -> ClinicPlan:
    """An answer for every course asked for, in the order asked. Each course is placed whole, or not at all.

    Planning is taken to be done on the first day that a course may begin: reserves hold counted from there.
    """
    calendar = Calendar(clinic.site, clinic.resources, clinic.held)
    busy: dict[str, list[Interval]] = defaultdict(list)
    answers: dict[str, CoursePlan | Unplaceable] = {}
    in_turn = sorted(requests, key=lambda request: (-request.priority, request.start_on_or_after))
    today = min((request.start_on_or_after for request in requests), default=date.min)
    for request in in_turn:
        prices = reserved_prices(calendar, clinic.reserving, request.protocol, clinic.weights, today)
        situation = Situation(calendar, clinic.hours_of(request.patient), clinic.weights, tuple(busy[request.patient]), prices=prices)
        answer = answers[request.id] = plan_course(request, situation)
        if isinstance(answer, CoursePlan):
            take(calendar, answer)
            busy[request.patient] += [session.interval for session in answer.sessions]
        progress(len(answers), len(in_turn))
    return ClinicPlan(tuple(answers[request.id] for request in requests), objective(requests, answers.values()))


def take(calendar: Calendar, plan: CoursePlan) -> None:
    """Put a course's bookings into the calendar."""
    for load in loads_of(plan.sessions):
        calendar.take(*load)


def objective(requests: Iterable[CourseRequest], answers: Iterable[CoursePlan | Unplaceable]) -> float:
    """The sum of the courses' costs, each times its priority."""
    priority = {request.id: request.priority for request in requests}
    return sum(answer.cost.total * priority[answer.course] for answer in answers if isinstance(answer, CoursePlan))
