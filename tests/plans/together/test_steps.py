"""Planning together from the outside: it never gets worse, says the same again, stops when told to, in one process or several."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import pytest

from courses.plans.batch import Clinic, Limit, Standing, no_watch, plan_clinic, plan_together
from courses.plans.plan import ClinicPlan
from courses.plans.request import CourseRequest
from scheduler.clinic_file import document_text, plan_document, read_clinic
from tests.plans.site_facts import Document
from tests.plans.together.few_courses import few_courses

SCARCE = few_courses(Random(12))
"""Here the first plan leaves a course out, and there is a better one."""


def asked(document: Document) -> tuple[Clinic, tuple[CourseRequest, ...]]:
    file = read_clinic(json.dumps(document))
    return file.as_planned_against(), file.requests


def text(plan: ClinicPlan) -> str:
    return document_text(plan_document(plan, "America/New_York"), "plan.json")


def value(standing: Standing) -> tuple[int, float]:
    return standing.n_left_out, standing.objective


def test_it_never_gets_worse_and_ends_better_than_one_by_one() -> None:
    clinic, requests = asked(SCARCE)
    told: list[Standing] = []

    plan = plan_together(clinic, requests, limit=Limit(rounds=30), progress=told.append)

    values = [value(standing) for standing in told]
    assert values == sorted(values, reverse=True)
    assert [standing.n_rounds for standing in told] == sorted(standing.n_rounds for standing in told)
    assert values[-1] < (1, plan_clinic(clinic, requests).objective)
    assert plan.objective == values[-1][1]


def test_bounds_never_fall_while_the_same_courses_have_a_place() -> None:
    told: list[Standing] = []
    clinic, requests = asked(few_courses(Random(7)))

    plan_together(clinic, requests, limit=Limit(rounds=10), progress=told.append)

    bounds = [standing.bound or 0 for standing in told]
    assert bounds == sorted(bounds)


def test_the_same_seed_and_rounds_say_the_same_in_any_number_of_processes() -> None:
    clinic, requests = asked(SCARCE)

    plans = [plan_together(clinic, requests, limit=Limit(rounds=5), seed=3, processes=n) for n in (1, 1, 2)]

    assert len({text(plan) for plan in plans}) == 1


def test_more_rounds_begin_as_fewer_do() -> None:
    clinic, requests = asked(SCARCE)
    short: list[Standing] = []
    long: list[Standing] = []

    plan_together(clinic, requests, limit=Limit(rounds=3), progress=short.append)
    plan_together(clinic, requests, limit=Limit(rounds=6), progress=long.append)

    assert long[:3] == short[:3]


@pytest.mark.parametrize("seconds", [0, 3, 10, *range(49, 440, 18)])
def test_when_time_is_up_the_best_so_far_is_given(seconds: float) -> None:
    clinic, requests = asked(SCARCE)
    steps = iter(range(10_000))

    plan = plan_together(clinic, requests, limit=Limit(seconds=seconds, elapsed=lambda: next(steps)))

    assert len(plan.courses) == len(requests)
    assert next(steps) < seconds + 10


def interrupted_at(n_rounds: int) -> Callable[[Standing], None]:
    def interrupt(standing: Standing) -> None:
        if standing.n_rounds == n_rounds:
            raise KeyboardInterrupt

    return interrupt


def test_an_interruption_ends_it_with_the_best_so_far() -> None:
    clinic, requests = asked(SCARCE)
    told: list[Standing] = []

    plan = plan_together(clinic, requests, limit=Limit(rounds=30), progress=interrupted_at(4))
    plan_together(clinic, requests, limit=Limit(rounds=5), progress=told.append)

    assert plan.objective == told[4].objective
    assert plan.bound == told[4].bound


def test_courses_that_do_not_stand_in_each_others_way_are_proven_at_once() -> None:
    document = few_courses(Random(1))
    document["courses"] = document["courses"][:1]
    clinic, requests = asked(document)

    plan = plan_together(clinic, requests, limit=Limit(rounds=0), progress=no_watch)

    assert (plan.gap, plan.bound) == (0, plan.objective)


def test_without_courses_there_is_an_empty_plan() -> None:
    clinic, _ = asked(SCARCE)

    assert plan_together(clinic, (), limit=Limit(rounds=2)).courses == ()
