"""A mishap is met by re-seating bookings of others first: nobody's time changes by it, and it is counted."""

from __future__ import annotations

import json
from functools import partial
from itertools import count
from random import Random

import pytest

from courses.plans.plan import ClinicPlan, CoursePlan, Reseat
from courses.plans.repair import Polish, replan
from courses.plans.repair.difference import difference
from scheduler.cli.difference_text import difference_text
from scheduler.clinic_file import read_disruptions
from tests.plans.checking import Planned
from tests.plans.one_course import clinic, devices, with_course
from tests.plans.repair.test_fewest_moves import aimed
from tests.plans.reseating.crowded import crowded_clinic, pool_clinic
from tests.plans.site_facts import Document

ZONE = "America/New_York"
DOWN = {"kind": "resource_down", "resource": "device-1", "start": "2026-12-02T08:00", "end": "2026-12-02T12:00"}


def held(device: int, begins: str, ends: str, *, reseat: bool = False) -> Document:
    """A booking on the second day."""
    there = {"resource": f"device-{device}", "start": f"2026-12-02T{begins}", "end": f"2026-12-02T{ends}", "capability": "device"}
    return there | ({"reseat": True} if reseat else {})


def struck(*bookings: Document, polish: Polish | None = None, what: Document = DOWN) -> tuple[Planned, ClinicPlan, str]:
    """Three visits of an hour at nine, on the first of three devices, and what becomes of them when that is lost on the second day."""
    document = with_course(clinic([{"name": "daily", "sessions": 3}], resources=devices(3), minutes=60), prefer={"window": ["09:00"] * 2})
    document["bookings"] = [*bookings]
    planned, happened = Planned(document), {"now": "2026-12-01T18:00", "disruptions": [what]}
    read = read_disruptions(json.dumps(happened), planned.file)
    after = replan(planned.clinic, planned.file.requests, planned.plan, read, polish=polish)
    assert planned.faults_after(happened, planned.write(after)) == []
    changed = difference(planned.file.requests, planned.plan, after, read, planned.clinic.held)
    return planned, after, difference_text(changed, ZONE)


def test_another_visit_goes_to_a_third_device_so_that_nobody_must_come_at_another_time() -> None:
    _, after, text = struck(held(2, "09:00", "09:30", reseat=True), held(3, "09:30", "12:00"))

    assert after.reseated == (Reseat(0, "device-3"),)
    assert text == (
        "0 of 2 sessions to come move; 1 keeps its time on other resources; 1 booking of others re-seated at the same time.\n"
        "p: session 2 keeps Wed Dec 2 09:00, with device-2 instead of device-1.\n"
        "booking 0 keeps Wed Dec 2 09:00, with device-3 instead of device-2.\n"
    )


def test_a_visit_that_is_pinned_stays_and_the_session_moves() -> None:
    _, after, text = struck(held(2, "09:00", "09:30"), held(3, "09:30", "12:00"))

    assert after.reseated == ()
    assert text.startswith("1 of 2 sessions to come move, of 1 patient.\n")


def test_a_visit_whose_own_device_is_lost_finds_another() -> None:
    _, after, _ = struck(held(1, "11:00", "11:30", reseat=True), held(2, "11:00", "12:00", reseat=True), held(3, "11:10", "11:20"))

    assert after.reseated == ()

    _, after, _ = struck(held(1, "11:00", "11:30", reseat=True), held(2, "11:15", "12:00", reseat=True), held(3, "10:00", "11:10"))

    assert after.reseated == (Reseat(0, "device-2"), Reseat(1, "device-3"))


def test_nobody_is_re_seated_where_only_the_file_had_them_on_a_device_that_is_away() -> None:
    other = {"kind": "resource_down", "resource": "device-3", "start": "2026-12-03T08:00", "end": "2026-12-03T12:00"}
    _, after, _ = struck(held(2, "09:00", "09:30", reseat=True), what=other)

    assert after.reseated == ()


@pytest.mark.parametrize("block", range(2))
def test_re_seating_breaks_nothing_and_the_bound_holds(block: int) -> None:
    reseated = 0
    for seed in range(40 * block, 40 * block + 40):
        rng = Random(f"guests {seed}")
        document = crowded_clinic(rng, 20) if seed % 2 else pool_clinic(rng, n_courses=3, most_movable=20)
        planned = Planned(document) if document else None
        if document is None or planned is None or not any(course.get("sessions") for course in planned.written["courses"]):
            continue
        happened = aimed(rng, document, planned.written)
        for each in happened["disruptions"]:
            if each["kind"] == "resource_down":
                each |= {"start": f"{each['start'][:10]}T00:00", "end": f"{each['start'][:10]}T23:00"}
        read = read_disruptions(json.dumps(happened), planned.file)
        told = list[ClinicPlan]()
        polish = Polish(partial(next, count()), 400, told.append)
        best = replan(planned.clinic, planned.file.requests, planned.plan, read, polish=polish)
        for plan in (told[0], best):
            assert planned.faults_after(happened, planned.write(plan)) == [], seed
        assert best.proof is not None
        moved = sum(len(each.moved) for each in best.courses if isinstance(each, CoursePlan))
        assert best.proof.at_least <= best.proof.moves == moved
        reseated += len(best.reseated)
    assert reseated
