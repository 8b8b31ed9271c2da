"""One course priced again and again: the answers are those that it has when it is priced for the first time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from random import Random

import numpy as np
import pytest

from courses.plans.best_plan import Situation
from courses.plans.best_plan.planning import Pricer, price_course
from courses.plans.plan import CoursePlan
from courses.plans.pricing.prices import Minutes
from courses.plans.request import CourseRequest
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import read_clinic
from tests.plans.exactness.families import made_cases, nasty_cases
from tests.plans.exactness.nasty import NASTY
from tests.plans.site_facts import Document

QUARTERS = 96
TABLES = ((1, 0.2), (2, 0.2), (1, 0.2), (3, 2.0), (4, 0.0), (2, 0.3), (5, 1.0))
"""How prices are drawn, and how high they are at most."""


class DrawnPrices:
    """Prices drawn for some of the quarters of an hour of some resources, dates, patients and starts."""

    def __init__(self, calendar: Calendar, seed: int, most: float) -> None:
        self._calendar, self._seed, self._most = calendar, seed, most

    def of_resource(self, resource: str, on: date) -> Minutes | None:
        return self._added_up(resource, on, 1)

    def of_patient(self, patient: str, on: date) -> Minutes | None:
        return self._added_up(patient, on, 3)

    def of_start(self, template: str, on: date) -> Minutes | None:
        by_minute = self._by_minute(template, on, 30)
        return None if by_minute is None else np.append(by_minute, 0)

    def _added_up(self, name: str, on: date, dear: float) -> Minutes | None:
        by_minute = self._by_minute(name, on, dear)
        return None if by_minute is None else np.concatenate([[0.0], np.cumsum(by_minute)])

    def _by_minute(self, name: str, on: date, dear: float) -> Minutes | None:
        chance = Random(f"{self._seed} {name} {on}")
        if chance.random() < 0.4:
            return None
        length = self._calendar.day(on).length
        drawn = [chance.random() * self._most * dear if chance.random() < 0.3 else 0.0 for _ in range(QUARTERS + 4)]
        return np.repeat(np.array(drawn), 15)[:length]


def course_of(document: Document) -> tuple[CourseRequest, Situation]:
    file = read_clinic(json.dumps(document))
    clinic = file.as_planned_against()
    request = file.requests[0]
    calendar = Calendar(clinic.site, clinic.resources, clinic.held)
    return request, Situation(calendar, clinic.hours_of(request.patient), clinic.weights)


def at_many_prices(document: Document) -> int:
    """Prices a course at one table after another, at some of them twice, and holds each answer against a first one."""
    request, situation = course_of(document)
    pricer, n_planned = Pricer(request, situation), 0
    for seed, most in TABLES:
        prices = DrawnPrices(situation.calendar, seed, most) if most else None

        again = pricer.at(prices)

        _, anew = course_of(document)
        assert again == price_course(request, replace(anew, prices=prices))
        n_planned += isinstance(again.answer, CoursePlan)
    return n_planned


@pytest.mark.parametrize("kind", NASTY)
def test_a_nasty_course_priced_again_has_the_answer_that_it_has_at_first(kind: str) -> None:
    for case in nasty_cases(range(2), kind):
        at_many_prices(case.document)


@pytest.mark.parametrize("protocol", ["tms-standard-36", "ect-index-12"])
def test_a_long_course_priced_again_has_the_answer_that_it_has_at_first(protocol: str) -> None:
    made = [case.document for case in made_cases("M", 0.5, range(2), each=12)]
    document = next(each for each in made if each["courses"][0]["protocol"] == protocol)

    assert at_many_prices(document) == len(TABLES)
