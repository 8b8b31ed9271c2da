"""A course is placed where others give way within their dates: no rule is broken, and nobody else's date changes."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import product
from random import Random

import pytest

from courses.plans.batch import plan_clinic
from courses.plans.batch.crew import Bench, MakingWay
from courses.plans.batch.giving_way import Placing, home_of
from courses.plans.batch.one_date import OneDate, Starts, Stay, Wish, seats_of
from courses.plans.batch.uses import uses_of
from courses.plans.plan import ClinicPlan, CoursePlan
from courses.protocols.session_template import SessionTemplate
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import plan_document, read_clinic
from tests.plans.judge import judge
from tests.plans.site_facts import Document
from tests.plans.together.few_courses import FIRST, few_courses

ZONE = "America/New_York"
MOST = 1e6


def crowded(seed: int) -> Document:
    """Four courses of four patients on one or two devices, each of which would like some hour."""
    rng = Random(seed)
    document = few_courses(rng)
    document["clinic"]["hours"] = {day: [["09:00", "12:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    shut = {"start": f"{FIRST + timedelta(days=11)}T00:00", "end": "2031-01-01T00:00"}
    document["patients"] = [{"id": f"p-{n}", "unavailable": [shut]} for n in range(1, 5)]
    kept = document["courses"][0]
    document["courses"] = [kept | {"id": f"c-{n}", "patient": f"p-{n}", "protocol": rng.choice(["one", "other"])} for n in range(1, 5)]
    for course in document["courses"]:
        course["prefer"] = {"window": rng.choice([["09:00", "09:30"], ["10:00", "10:30"], ["11:00", "11:00"]])}
        course["priority"] = rng.choice([1, 2])
    return document


def dates_of(bench: Bench, plan: CoursePlan) -> list[date]:
    """When its sessions are."""
    return [bench.bare.time.date_of(session.interval.starts_at) for session in plan.sessions]


@pytest.mark.parametrize("seed", range(25))
def test_whoever_gives_way_keeps_the_date_and_every_rule_holds(seed: int) -> None:
    document = crowded(seed)
    file = read_clinic(json.dumps(document))
    clinic, requests = file.as_planned_against(), file.requests
    bench = Bench(clinic, requests)
    plans = {course: plan for course, plan in enumerate(plan_clinic(clinic, requests).courses) if isinstance(plan, CoursePlan)}

    for course, plan in list(plans.items()):
        others = {other: there for other, there in plans.items() if other != course}
        kept = {other: uses_of(bench.bare, requests[other].patient, there) for other, there in others.items()}
        placing = Placing(course, home_of(bench.bare, plan), MOST)
        answers = MakingWay((placing,), others, kept).done_at(bench)

        changed = {answer.course: answer.found for answer in answers if isinstance(answer.found, CoursePlan)}
        assert course in changed
        assert all(dates_of(bench, there) == dates_of(bench, others[other]) for other, there in changed.items() if other != course)
        plans |= changed
        told = ClinicPlan(tuple(plans[each] for each in sorted(plans)), sum(requests[n].priority * p.cost.total for n, p in plans.items()))
        assert judge(document, dict(plan_document(told, ZONE))).faults == []


def test_a_visit_gives_way_to_one_that_can_come_at_no_other_time() -> None:
    document = crowded(1)
    document["clinic"]["hours"] = {"mon": [["09:00", "10:00"]]}
    document["resources"] = [{"id": "device-1", "kind": "device", "capabilities": ["device", "nurse"], "capacity": 4}]
    visit = {"steps": [{"name": "all", "minutes": 30}], "requirements": [{"capability": "device", "load": "all"}]}
    for protocol in document["protocols"]:
        protocol["phases"] = [{"name": "phase", "sessions": 1}]
        protocol["session_templates"] = {"visit": visit}
    document["patients"][1]["available"] = {"mon": [["09:00", "09:30"]]}
    document["patients"][0].pop("unavailable")
    document["courses"] = document["courses"][:2]
    document["bookings"] = []
    document["courses"][0]["prefer"] = {"window": ["09:00", "09:00"]}
    file = read_clinic(json.dumps(document))
    clinic, requests = file.as_planned_against(), file.requests
    bench = Bench(clinic, requests)
    first = plan_clinic(clinic, requests[:1]).courses[0]
    assert isinstance(first, CoursePlan)

    answers = MakingWay((Placing(1, 18, MOST),), {0: first}, {0: uses_of(bench.bare, requests[0].patient, first)}).done_at(bench)

    starts = {
        answer.course: bench.bare.time.local(answer.found.sessions[0].interval.starts_at).strftime("%d %H:%M")
        for answer in answers
        if isinstance(answer.found, CoursePlan)
    }
    assert starts == {0: f"{FIRST.day} 09:30", 1: f"{FIRST.day} 09:00"}


def drawn(seed: int) -> tuple[Calendar, SessionTemplate, list[Wish]]:
    """A date, a kind of visit, and what four visits cost at each of their starts."""
    rng = Random(seed)
    file = read_clinic(json.dumps(crowded(seed)))
    clinic = file.as_planned_against()
    template = next(iter(file.requests[0].protocol.templates.values()))
    wishes = []
    for course in range(3):
        minutes = rng.sample(range(9 * 60, 12 * 60, 30), 4)
        starts = Starts((float(rng.choice([0, 1, 2, 5, 9])), minute) for minute in minutes)
        wishes.append(Wish((course, 0), template, sum(1 << minute for minute in minutes), starts, {}))
    return Calendar(clinic.site, clinic.resources, clinic.held), template, wishes


def booked(calendar: Calendar, stays: list[Stay]) -> list[tuple[str, tuple[int, int, int]]]:
    """What they put on their resources."""
    day = calendar.day(FIRST)
    return [
        (seat.resource, (day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at), seat.load))
        for stay in stays
        for seat in seats_of(calendar, FIRST, stay)
        if seat.load
    ]


def fit(calendar: Calendar, stays: list[Stay]) -> bool:
    """Whether visits go together."""
    taken: list[tuple[str, tuple[int, int, int]]] = []
    for resource, part in booked(calendar, stays):
        if not calendar.bears(calendar.resources[resource], FIRST, part, [other for name, other in taken if name == resource]):
            return False
        taken.append((resource, part))
    return True


def ways(calendar: Calendar, wish: Wish) -> list[Stay]:
    """All places that a visit alone may have."""
    demands = wish.template.demands
    pools = [[resource.id for resource in calendar.pool(demand.requirement.capability)] for demand in demands]
    chosen = [tuple((d.index, r) for d, r in zip(demands, each, strict=True)) for each in product(*pools)]
    stays = [Stay(wish, cost, start, each) for cost, start in wish.starts.each for each in chosen]
    return [stay for stay in stays if fit(calendar, [stay])]


def test_what_is_found_is_possible_and_mostly_the_best_there_is() -> None:
    n_tried = n_best = 0
    for seed in range(60):
        calendar, _, wishes = drawn(seed)
        each = [ways(calendar, wish) for wish in wishes]
        there = next(([*two] for two in product(*each[:2]) if fit(calendar, [*two])), None)
        if there is None:
            continue
        together = [[*three] for three in product(*each) if fit(calendar, [*three])]
        for resource, part in booked(calendar, there):
            calendar.take_part(resource, FIRST, part)
        before = {resource: calendar.starts(calendar.resources[resource], FIRST, 30, 1) for resource in calendar.resources}

        found = OneDate(calendar, FIRST, there).place(wishes[2], MOST, 2)

        assert {resource: calendar.starts(calendar.resources[resource], FIRST, 30, 1) for resource in calendar.resources} == before
        for resource, part in booked(calendar, there):
            calendar.give_back_part(resource, FIRST, part)
        best = min((sum(stay.cost for stay in three) for three in together), default=None)
        if found is None:
            n_tried += best is not None
            continue
        cost, moved = found
        after = {stay.wish.who: stay for stay in [*there, *moved]}
        assert fit(calendar, [*after.values()])
        assert cost == pytest.approx(sum(stay.cost for stay in after.values()) - sum(stay.cost for stay in there))
        assert best is not None
        assert sum(stay.cost for stay in after.values()) >= best - 1e-9
        n_tried, n_best = n_tried + 1, n_best + (sum(stay.cost for stay in after.values()) <= best + 1e-9)
    assert n_tried > 20
    assert n_best >= 0.7 * n_tried
