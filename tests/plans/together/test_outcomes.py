"""Of outcomes found side by side those are kept that go together; and a whole plan built some courses at a time goes together."""

from __future__ import annotations

import json
from random import Random

import pytest

from courses.plans.batch.best_so_far import BestSoFar
from courses.plans.batch.building import Building
from courses.plans.batch.crew import Answer, Bench
from courses.plans.batch.giving_way import Placing
from courses.plans.batch.uses import PATIENT, Filling, Room, uses_of
from courses.plans.plan import CoursePlan, Seat
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import read_clinic
from tests.plans.site_facts import Document
from tests.plans.together.few_courses import FIRST, few_courses

TEN, ELEVEN = {"window": ["10:00", "10:30"]}, {"window": ["11:00", "11:30"]}


def one_visit_each() -> Document:
    """One device, two courses of one visit that both wish for ten, and one that wishes for eleven."""
    visit = {"steps": [{"name": "all", "minutes": 30}], "requirements": [{"capability": "device"}]}
    phases, rules = [{"name": "phase", "sessions": 1, "per_week": 1}], [{"template": "visit"}]
    one = {"id": "one", "title": "one", "modality": "any", "phases": phases, "session_templates": {"visit": visit}, "session_rules": rules}
    asked = {"protocol": "one", "start_on_or_after": f"{FIRST}"}
    return {
        "clinic": {"timezone": "America/New_York", "granularity_minutes": 30, "hours": {"mon": [["09:00", "12:00"]]}},
        "resources": [{"id": "device-1", "kind": "device", "capabilities": ["device"]}],
        "protocols": [one],
        "patients": [{"id": f"p-{n}"} for n in range(3)],
        "courses": [{"id": f"c-{n}", "patient": f"p-{n}", "prefer": wish} | asked for n, wish in enumerate([TEN, TEN, ELEVEN])],
        "bookings": [],
    }


def test_of_outcomes_that_want_the_same_room_one_is_kept_and_what_goes_with_it() -> None:
    file = read_clinic(json.dumps(one_visit_each()))
    clinic, requests = file.as_planned_against(), file.requests
    bench, room = Bench(clinic, requests), Room(clinic, Calendar(clinic.site, clinic.resources), requests)

    def at(course: int, minute: int) -> Answer:
        seat = Seat(0, "device", "device-1", bench.bare.day(FIRST).interval(minute, minute + 30), 1)
        plan = bench.pricer(course).as_placed([(FIRST, minute, (seat,))])
        return Answer(course, plan, uses_of(bench.bare, requests[course].patient, plan), proven=False)

    before = [at(0, 540), at(1, 570), at(2, 630)]
    best = BestSoFar(requests, before)

    best.take_together([{0: at(0, 600)}, {1: at(1, 600)}, {2: at(2, 660)}], before, room)

    assert [answer.uses for answer in best.answers] == [at(0, 600).uses, at(1, 570).uses, at(2, 660).uses]


@pytest.mark.parametrize("seed", [0, 2, 4, 12])
def test_what_is_built_some_courses_at_a_time_goes_together(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("courses.plans.batch.building.AT_ONCE", 1)
    file = read_clinic(json.dumps(few_courses(Random(seed))))
    clinic, requests = file.as_planned_against(), file.requests
    bench, building = Bench(clinic, requests), Building([Placing(course, 18, 10_000) for course in range(len(requests))])
    n_tasks = 0

    while not building.done:
        building.take(building.task().done_at(bench))
        n_tasks += 1

    filling = Filling(Room(clinic, Calendar(clinic.site, clinic.resources), requests))
    placed = [answer for answer in building.answers.values() if isinstance(answer.found, CoursePlan)]
    assert n_tasks == len(requests) == len(building.answers)
    assert all(filling.take(answer.uses) for answer in placed)
    assert all(any(use.place.kind == PATIENT for use in answer.uses) for answer in placed)
