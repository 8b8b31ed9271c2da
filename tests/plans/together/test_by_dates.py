"""Courses by their dates alone: where only the delay counts, that says the same as the exact planner."""

from __future__ import annotations

import json
from random import Random

import numpy as np
import pytest

from courses.plans.batch.by_dates import Dates
from courses.plans.batch.one_by_one import Clinic, plan_clinic
from courses.plans.batch.scarcity import Bottleneck, Bottlenecks, ScarcityPrices
from courses.plans.batch.uses import RESOURCE, Place, Room
from courses.plans.best_plan import DateWays, Pricer, Situation
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from courses.protocols.session_template import SessionTemplate
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import read_clinic
from tests.plans.together.few_courses import few_courses

ONLY_DELAY = {"delay_day": 10, "outside_window": 0, "spread_step": 0, "change": 0}


def only_delay(seed: int, **changed: object) -> tuple[Clinic, tuple[CourseRequest, ...]]:
    """A clinic with one device in which nothing but the delay costs."""
    document = few_courses(Random(seed)) | {"objective": ONLY_DELAY} | changed
    document["resources"] = [each for each in document["resources"] if each["id"] != "device-2"]
    for course in document["courses"]:
        course.pop("prefer", None)
    file = read_clinic(json.dumps(document))
    return file.as_planned_against(), file.requests


def on_device(template: SessionTemplate) -> int:
    """How many minutes a visit holds the device."""
    return next(demand.end - demand.begin for demand in template.demands if demand.requirement.capability == "device")


@pytest.mark.parametrize("seed", range(30))
def test_at_prices_of_whole_dates_it_costs_what_the_exact_planner_says(seed: int) -> None:
    clinic, requests = only_delay(seed)
    chance, calendar = Random(seed), Calendar(clinic.site, clinic.resources, clinic.held)
    for request in requests:
        situation = Situation(calendar, clinic.hours_of(request.patient), clinic.weights)
        ways = DateWays(request, situation, 10_000)
        bottlenecks, duals = Bottlenecks(), list[float]()
        for day in sorted({on.toordinal() for _, on in ways.visits}):
            bottlenecks.add(Bottleneck(Place(RESOURCE, "device-1", day), 0, 1440, 1.0))
            duals.append(chance.choice([0.0, 500.0, 2000.0]))
        per_minute = {one.place.day: dual / 1440 for one, dual in zip(bottlenecks.all, duals, strict=True)}

        exact = Pricer(request, situation).at(ScarcityPrices(bottlenecks.priced(duals), calendar))

        assert bool(ways.visits) == isinstance(exact.answer, CoursePlan)
        if ways.visits:
            minutes = [
                next(d.end - d.begin for d in template.demands if d.requirement.capability == "device") for template, _ in ways.visits
            ]
            prices = np.array([per_minute[on.toordinal()] * each for (_, on), each in zip(ways.visits, minutes, strict=True)])
            cost, chosen = ways.cheapest(prices)
            assert cost + float(prices[chosen].sum()) == pytest.approx(exact.least)


def test_a_morning_that_all_want_has_its_price_and_one_with_room_for_all_has_none() -> None:
    narrow = {day: [["09:00", "10:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    wide = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    found = []
    for hours in (narrow, wide):
        clock = {"timezone": "America/New_York", "granularity_minutes": 30, "hours": hours}
        clinic, requests = only_delay(12, clinic=clock, bookings=[])
        first = plan_clinic(clinic, requests).courses
        costs = {course: plan.cost.total for course, plan in enumerate(first) if isinstance(plan, CoursePlan)}
        room = Room(clinic, Calendar(clinic.site, clinic.resources), requests)
        found.append(Dates(clinic, requests, costs, room).worth([1e6] * len(requests), sum(costs.values())))

    assert found[0]
    assert all(one.place.name == "device-1" and dual > 0 for one, dual in found[0])
    assert found[1] == []
