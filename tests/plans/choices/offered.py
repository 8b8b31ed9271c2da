"""What a course of a clinic document is offered, and what of it can be judged as a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator

from courses.plans.best_plan import Situation
from courses.plans.offering.choices import Choice, choices
from courses.plans.offering.relaxation import Gives, Relaxation, nearest_relaxation
from courses.plans.plan import ClinicPlan, CoursePlan
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import plan_document, read_clinic
from tests.plans.checking import shared_faults
from tests.plans.judge import judge
from tests.plans.site_facts import Document
from tests.plans.test_complete import planned_tiny


class Offered:
    """The first course of a document, planned alone."""

    def __init__(self, document: Document) -> None:
        self.document = document | {"courses": document["courses"][:1]}
        self.file = read_clinic(json.dumps(self.document))
        clinic = self.file.as_planned_against()
        (self.request,) = self.file.requests
        calendar = Calendar(clinic.site, clinic.resources, clinic.held)
        self.situation = Situation(calendar, clinic.hours_of(self.request.patient), clinic.weights)

    def choices(self) -> tuple[Choice, ...]:
        """The choices; none for a course without a place."""
        found = choices(self.request, self.situation)
        return found if isinstance(found, tuple) else ()

    def named(self, name: str) -> Choice:
        """The choice that is best at something."""
        return next(choice for choice in self.choices() if name in (choice.name, *choice.also))

    def relaxation(self) -> Relaxation | None:
        """What would help."""
        return nearest_relaxation(self.request, self.situation)

    def faults(self, plan: CoursePlan, document: Document | None = None) -> list[str]:
        """What either judge finds broken in a plan, its cost included; in another document than its own where one is given."""
        written = dict(plan_document(ClinicPlan((plan,), plan.cost.total * self.request.priority), self.file.site.timezone))
        document = document or self.document
        return judge(document, written).faults + shared_faults(document, written)


def relaxed(document: Document, relaxation: Relaxation) -> Document:
    """The document in which somebody gave way."""
    course = document["courses"][0]
    limits = {
        "start_on_or_before": relaxation.request.start_on_or_before,
        "finish_on_or_before": relaxation.request.finish_on_or_before,
    }
    changed = {name: limit.isoformat() for name, limit in limits.items() if limit}
    kept = {name: value for name, value in course.items() if name not in limits}
    if relaxation.gives is Gives.WINDOW and (window := relaxation.request.window):
        kept["prefer"] = {"window": [f"{m // 60:02d}:{m % 60:02d}" for m in (window.opens, window.closes)]}
    patients = [
        patient | ({"available": relaxation.available.text()} if patient["id"] == course["patient"] and relaxation.available else {})
        for patient in document["patients"]
    ]
    return document | {"courses": [kept | changed], "patients": patients}


def offered_tiny(seeds: range) -> Iterator[tuple[int, Offered]]:
    """The first courses of tiny clinics, with the seeds."""
    for seed in seeds:
        tiny = planned_tiny(seed)
        if tiny is not None:
            yield seed, Offered(tiny.document)
