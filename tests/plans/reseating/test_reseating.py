"""Bookings of like resources give way: more courses find a place, nobody's time changes, and no course is worse off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import inf
from random import Random

from courses.plans.batch import Clinic, plan_clinic
from courses.plans.best_plan import Situation
from courses.plans.plan import CoursePlan, Reseat, Unplaceable
from courses.plans.reseating import plan_reseating
from rooms.bookings.calendar import Calendar
from tests.plans.checking import shared_module
from tests.plans.one_course import clinic, devices, with_course
from tests.plans.reseating.crowded import Reseated, crowded_clinic, pool_clinic
from tests.plans.site_facts import Document

MAY = {"capability": "device", "reseat": True}


def booked(device: int, opens: str, closes: str, **more: object) -> Document:
    """A device that is taken for a part of the first day."""
    return {"resource": f"device-{device}", "start": f"2026-12-01T{opens}", "end": f"2026-12-01T{closes}", **more}


def one_hour(*bookings: Document, n_devices: int = 2, **wanted: object) -> Document:
    """Two devices open from 8 to 10, and one session of an hour wanted on the first day."""
    open_then = {"hours": {"tue": [["08:00", "10:00"]]}}
    document = clinic(
        [{"name": "only", "sessions": 1}], {"capability": "device", **wanted}, resources=devices(n_devices, **open_then), minutes=60
    )
    document["bookings"] = list(bookings)
    return with_course(document, start_on_or_before="2026-12-01", finish_on_or_before="2026-12-01")


def scattered(first: Document, others: Document, n_devices: int = 2) -> Document:
    """Three bookings that fit on one device, on two of them so that neither has a free hour."""
    times = (booked(1, "08:30", "09:15", **first), booked(2, "08:00", "08:30", **others), booked(2, "09:15", "10:00", **others))
    return one_hour(*times, n_devices=n_devices)


def test_a_booking_gives_way_where_that_is_the_only_way() -> None:
    planned = Reseated(scattered(MAY, MAY))

    assert isinstance(planned.fixed.courses[0], Unplaceable)
    assert isinstance(planned.plan.courses[0], CoursePlan)
    assert planned.plan.reseated == (Reseat(0, "device-2"),)
    assert planned.faults() == []


def test_another_gives_way_to_one_that_stays() -> None:
    planned = Reseated(scattered({}, MAY))

    assert planned.plan.reseated in ((Reseat(1, "device-1"),), (Reseat(2, "device-1"),))
    assert planned.faults() == []


def test_a_plan_without_its_change_of_seats_is_caught() -> None:
    planned = Reseated(scattered(MAY, MAY))
    del planned.written["reseated"]

    assert planned.faults() != []


def test_a_booking_that_does_not_say_so_stays() -> None:
    planned = Reseated(scattered({}, {}))

    assert planned.plan == planned.fixed
    assert isinstance(planned.plan.courses[0], Unplaceable)


def test_two_bookings_of_one_session_stay_on_two_resources() -> None:
    together = {"course": "x", "session": 1, "load": 1, **MAY}
    document = one_hour(booked(1, "08:00", "09:30", **together), booked(2, "08:00", "09:30", **together))
    for each in document["resources"]:
        each["capacity"] = 2
    document["protocols"][0]["session_templates"]["treatment"]["requirements"][0]["load"] = "all"

    planned = Reseated(document)

    assert planned.plan == planned.fixed


def test_no_booking_gives_way_where_a_plan_as_good_has_room() -> None:
    planned = Reseated(scattered(MAY, MAY, n_devices=3))

    assert planned.plan == planned.fixed


def test_a_made_clinic_gains_and_nothing_breaks() -> None:
    document = shared_module("make_clinic").clinic_file("S", 0.95, 6, 1, 60)
    planned = Reseated(document)

    assert planned.faults() == []
    assert gains(planned)[1] > 0
    assert planned.plan.objective < planned.fixed.objective
    assert planned.plan.reseated
    assert planned.written == Reseated(document).written


def gains(planned: Reseated) -> tuple[int, int]:
    """How many courses have a place that had none, and how many cost less; none may lose its place or cost more."""
    pairs = [(cost(before), cost(after)) for before, after in zip(planned.fixed.courses, planned.plan.courses, strict=True)]
    assert all(after <= before for before, after in pairs)
    return sum(after < before == inf for before, after in pairs), sum(after < before < inf for before, after in pairs)


def test_nearly_full_clinics_gain_and_nothing_breaks() -> None:
    more = cheaper = 0
    for seed in range(150):
        planned = Reseated(pool_clinic(Random(f"full-{seed}"), n_courses=3, most_movable=60))
        assert planned.faults() == [], f"seed {seed}"
        more, cheaper = more + gains(planned)[0], cheaper + gains(planned)[1]
    assert more > 5
    assert cheaper > 30


def test_clinics_with_all_rules_are_sound_and_no_course_is_worse_off() -> None:
    reseated = 0
    for seed in range(80):
        document = crowded_clinic(Random(f"crowded-{seed}"), most_movable=30)
        if document is not None:
            planned = Reseated(document)
            assert planned.faults() == [], f"seed {seed}"
            reseated += sum(gains(planned)) > 0
    assert reseated > 0


def seatings(clinic: Clinic) -> Iterator[Clinic]:
    """A clinic with its movable bookings seated in every way there is."""
    calendar = Calendar(clinic.site, clinic.resources)
    homes = {index: clinic.held[index][0] for index in clinic.movable}
    may = [dict.fromkeys([homes[index], *(unit.id for unit in calendar.pool(what))]) for index, what in clinic.movable.items()]
    for units in product(*may):
        seats = dict(zip(clinic.movable, units, strict=True))
        stays = [held for index, held in enumerate(clinic.held) if seats.get(index, held[0]) == held[0]]
        there = Calendar(clinic.site, clinic.resources, stays)
        if all(_sits(there, unit, clinic, index) for index, unit in seats.items() if unit != homes[index]):
            yield replace(clinic, held=[(seats.get(index, held[0]), *held[1:]) for index, held in enumerate(clinic.held)])


def _sits(calendar: Calendar, unit: str, clinic: Clinic, index: int) -> bool:
    _, interval, load = clinic.held[index]
    on = calendar.time.date_of(interval.starts_at)
    day = calendar.day(on)
    part = day.part(interval)
    if part is None or not day.whole.contains(interval) or not calendar.bears(calendar.resources[unit], on, (*part, load)):
        return False
    calendar.take(unit, interval, load)
    return True


def test_one_course_costs_the_least_that_any_seating_allows() -> None:
    bettered = 0
    for seed in range(80, 110):
        planned = Reseated(pool_clinic(Random(f"exact-{seed}"), n_courses=1, most_movable=5))
        (fixed,), (answer,) = planned.fixed.courses, planned.plan.courses
        least = min(cost(plan_clinic(each, planned.file.requests).courses[0]) for each in seatings(planned.clinic))

        assert cost(answer) == least, f"seed {seed}"
        bettered += cost(answer) < cost(fixed)
    assert bettered > 1


def cost(answer: CoursePlan | Unplaceable) -> float:
    """What a course costs; more than anything where it has no place."""
    return answer.cost.total if isinstance(answer, CoursePlan) else inf


def test_one_course_alone_says_who_gives_way() -> None:
    planned = Reseated(scattered(MAY, MAY))
    (request,) = planned.file.requests
    situation = Situation(Calendar(planned.clinic.site, planned.clinic.resources), planned.clinic.hours_of("p"))

    alone = plan_reseating(planned.clinic, request, situation)

    assert (alone.answer,) == planned.plan.courses
    assert alone.reseated == planned.plan.reseated
