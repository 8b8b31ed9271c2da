"""The benchmark's judge finds nothing in sound plans, and each kind of defect that is planted in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from courses.plans.plan import CoursePlan, PlannedSession, Reseat, Seat
from rooms.availability.interval import Interval
from scheduler.benchmarks.judging import BrokenPlan, Judge
from tests.scheduler.benchmarks.made import clinic_file, planned

MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize(("size", "load", "seed"), [("S", 0.5, 1), ("S", 0.8, 1), ("M", 0.8, 2)])
def test_a_sound_plan_has_no_faults(size: str, load: float, seed: int) -> None:
    clinic, requests, plans = planned(size, load, seed=seed)
    assert Judge(clinic).faults(requests, plans) == []


def later(interval: Interval, by: timedelta) -> Interval:
    return Interval(interval.starts_at + by, interval.ends_at + by)


def moved(session: PlannedSession, by: timedelta) -> PlannedSession:
    return replace(
        session, interval=later(session.interval, by), seats=tuple(replace(s, interval=later(s.interval, by)) for s in session.seats)
    )


def seated(session: PlannedSession, change: Callable[[Seat], Seat]) -> PlannedSession:
    return replace(session, seats=(change(session.seats[0]), *session.seats[1:]))


DEFECTS: dict[str, Callable[[PlannedSession], PlannedSession]] = {
    "off the grid": lambda s: moved(s, 2 * MINUTES),
    "date of the session before": lambda s: moved(s, timedelta(days=-30)),
    "days after": lambda s: moved(s, timedelta(days=30)),
    "outside its hours": lambda s: moved(s, timedelta(hours=12)),
    "lasts": lambda s: replace(s, interval=Interval(s.interval.starts_at, s.interval.ends_at + 5 * MINUTES)),
    "has no tms-device": lambda s: seated(s, lambda seat: replace(seat, resource="chair-1")),
    "is not held from": lambda s: seated(
        s, lambda seat: replace(seat, interval=Interval(seat.interval.starts_at, seat.interval.ends_at - 5 * MINUTES))
    ),
    "bears 2": lambda s: seated(s, lambda seat: replace(seat, load=2)),
    "has 0 seats": lambda s: replace(s, seats=s.seats[1:]),
    "authorized": lambda s: replace(s, authorized=False),
    "is treatment of": lambda s: replace(s, phase="taper"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(defect: str) -> None:
    clinic, requests, plans = planned()
    plan = next(each for each in plans if len(each.sessions) == 36)
    broken = replace(plan, sessions=(*plan.sessions[:11], DEFECTS[defect](plan.sessions[11]), *plan.sessions[12:]))
    assert any(defect in fault for fault in Judge(clinic).faults(requests, [broken]))


def test_two_plans_on_one_resource_are_found() -> None:
    clinic, requests, plans = planned()
    twin = replace(requests[0], id="twin", patient="twin")
    faults = Judge(clinic).faults([*requests, twin], [plans[0], replace(plans[0], course="twin")])
    assert any("bears" in fault for fault in faults)


def test_a_patient_in_two_places_is_found() -> None:
    clinic, requests, plans = planned()
    twin = replace(requests[0], id="twin")
    assert any(
        "in two sessions" in fault for fault in Judge(clinic).faults([*requests, twin], [plans[0], replace(plans[0], course="twin")])
    )


@pytest.mark.parametrize("key", ["delay", "outside", "spread", "changes", "total"])
def test_a_cost_that_is_told_wrongly_is_found(key: str) -> None:
    clinic, requests, plans = planned()
    cost = plans[0].cost
    told = {
        "delay": replace(cost, delay=cost.delay + 1),
        "outside": replace(cost, outside=cost.outside + 1),
        "spread": replace(cost, spread=cost.spread + 1),
        "changes": replace(cost, changes=cost.changes + 1),
        "total": replace(cost, total=cost.total + 1),
    }
    assert Judge(clinic).faults(requests, [replace(plans[0], cost=told[key])])


def test_no_number_is_printed_for_a_broken_plan() -> None:
    clinic, requests, plans = planned()
    broken: list[CoursePlan] = [replace(plans[0], sessions=plans[0].sessions[:-1])]
    with pytest.raises(BrokenPlan, match="first fit gave a plan that breaks a rule: c-0001: its sessions are not 1 to"):
        Judge(clinic).approve("first fit", requests, broken)


def test_bookings_are_given_only_to_others_that_may_have_them() -> None:
    file = clinic_file("M", 0.5, 2)
    chairs = [resource.id for resource in file.resources if "esketamine-chair" in resource.capabilities]
    held, taken, free = next(
        (each, other.resource, chair)
        for each in file.bookings
        if each.capability == "esketamine-chair"
        for other in (one for one in file.bookings if one.interval.overlaps(each.interval) and one.resource in chairs and one != each)
        for chair in chairs
        if not any(one.resource == chair and one.interval.overlaps(each.interval) for one in file.bookings)
    )
    pinned = next(each for each in file.bookings if not each.reseat)
    for reseat, told in (
        (Reseat(held.index, free), None),
        (Reseat(held.index, taken), "bears more than 1"),
        (Reseat(held.index, "nurse-1"), "may not be given to nurse-1"),
        (Reseat(pinned.index, "tms-1"), "may not be given to tms-1"),
    ):
        faults = Judge(file.as_planned_against([reseat])).reseat_faults(file.bookings, [reseat])
        assert any(told in fault for fault in faults) if told else faults == []
