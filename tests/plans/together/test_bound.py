"""Planned together, a few courses cost no less than the bound, and no less than the best of all plans, which is found nearly always."""

from __future__ import annotations

import json
from random import Random

import pytest

from courses.plans.batch import solver
from courses.plans.batch.limit import Limit, Standing
from courses.plans.batch.together import plan_together
from courses.plans.plan import ClinicPlan, CoursePlan
from scheduler.clinic_file import plan_document, read_clinic
from tests.plans.checking import shared_faults
from tests.plans.site_facts import Document
from tests.plans.together.few_courses import few_courses
from tests.plans.together.joint_optimum import best_together

CLOSE = 1e-6


def planned(document: Document, rounds: int = 40) -> ClinicPlan:
    """The document's courses planned together."""
    file = read_clinic(json.dumps(document))
    return plan_together(file.as_planned_against(), file.requests, limit=Limit(rounds=rounds))


def dear(document: Document) -> Document:
    """The clinic with weights and priorities that are not whole, so that no rounding helps."""
    for course in document["courses"]:
        course["priority"] = course["priority"] * 1.25
    return document | {"objective": {"delay_day": 7.3, "outside_window": 15, "spread_step": 2.1, "change": 3}}


def on_the_way(document: Document) -> list[Standing]:
    """How it stood after each round."""
    told: list[Standing] = []
    file = read_clinic(json.dumps(document))
    plan_together(file.as_planned_against(), file.requests, limit=Limit(rounds=15), progress=told.append)
    return told


def left_out(document: Document, plan: ClinicPlan) -> float:
    """The priorities of those without a place."""
    priority = {course["id"]: course["priority"] for course in document["courses"]}
    return float(sum(priority[answer.course] for answer in plan.courses if not isinstance(answer, CoursePlan)))


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5, 12, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (6, 7, 8, 9, 10, 11, 13))])
def test_bound_optimum_and_answer_stand_in_this_order(seed: int) -> None:
    document = few_courses(Random(seed))
    fewest, least = best_together(document)

    plan = planned(document)

    assert shared_faults(document, dict(plan_document(plan, "America/New_York"))) == []
    assert left_out(document, plan) == fewest
    assert (plan.bound or 0) <= least + CLOSE
    assert plan.objective >= least - CLOSE


@pytest.mark.parametrize("seed", [5, 26, 27, 53])
def test_the_bound_holds_on_the_way_too(seed: int) -> None:
    document = dear(few_courses(Random(seed)))
    _, least = best_together(document)

    bounds = [told.bound for told in on_the_way(document) if told.bound is not None]

    assert bounds
    assert max(bounds) <= least + CLOSE


@pytest.mark.parametrize("seed", range(4))
def test_without_the_solver_the_same_holds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "find_spec", lambda _name: None)
    document = few_courses(Random(seed))
    fewest, least = best_together(document)

    plan = planned(document)

    assert left_out(document, plan) == fewest
    assert (plan.bound or 0) <= least + CLOSE
    assert plan.objective >= least - CLOSE


@pytest.mark.soak
def test_the_best_is_mostly_found_and_the_bound_mostly_close() -> None:
    documents = [few_courses(Random(seed)) for seed in range(4, 14)]
    plans = [planned(document) for document in documents]

    found = [plan.objective <= best_together(document)[1] + CLOSE for document, plan in zip(documents, plans, strict=True)]
    assert sum(found) >= 9
    gaps = [plan.gap for plan in plans if all(isinstance(answer, CoursePlan) for answer in plan.courses)]
    assert len(gaps) >= 4
    assert all(gap is not None and gap <= 0.02 for gap in gaps)
