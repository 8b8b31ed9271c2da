"""The planner is right and complete: what it places keeps every rule, and what it leaves out has no place, every way having been tried."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from courses.protocols.located.faults import FaultyDocument
from tests.plans.checking import Planned
from tests.plans.every_way import EveryWay, sessions_of
from tests.plans.one_course import clinic, devices, hours, with_course
from tests.plans.site_facts import Document, SiteFacts
from tests.plans.tiny_clinics import DAYS, MONDAYS, tiny_clinic


def planned_tiny(seed: int) -> Planned | None:
    """The tiny clinic of a seed, planned; None where it drew what no clinic may write."""
    try:
        return Planned(tiny_clinic(Random(seed)))
    except FaultyDocument:
        return None


def could_be_placed(document: Document, plan: Document, left_out: str) -> bool:
    """Whether a course has a place beside all that are placed."""
    facts = SiteFacts(document)
    last_day = MONDAYS[document["clinic"]["timezone"]] + timedelta(days=DAYS)
    every_way = EveryWay(facts, facts.courses[left_out], sessions_of(facts, plan["courses"]))
    return every_way.least(last_day) is not None


def answered(seeds: range) -> tuple[int, int]:
    """Plans tiny clinics and judges them; how many courses were placed, and how many left out."""
    placed = left_out = 0
    for seed in seeds:
        tiny = planned_tiny(seed)
        if tiny is None:
            continue
        assert tiny.faults() == [], f"seed {seed}"
        for answer in tiny.written["courses"]:
            if answer["status"] == "planned":
                placed += 1
            else:
                left_out += 1
                assert not could_be_placed(tiny.document, tiny.written, answer["id"]), f"seed {seed}: {answer}"
    return placed, left_out


def test_what_is_placed_keeps_every_rule_and_what_is_left_out_has_no_place() -> None:
    placed, left_out = answered(range(200))

    assert placed > 70
    assert left_out > 70


def test_a_day_off_of_the_clinic_holds_a_session_whose_resources_have_hours_then() -> None:
    saturdays = devices(1, hours={"sat": [["09:00", "12:00"]]})
    document = with_course(clinic([{"name": "only", "sessions": 1}], resources=saturdays), finish_on_or_before="2026-12-05")

    planned = Planned(document)

    assert planned.faults() == []
    assert [session["start"] for session in planned.written["courses"][0]["sessions"]] == ["2026-12-05T09:00-05:00"]


def test_a_booking_over_midnight_holds_its_resource_on_both_dates() -> None:
    document = with_course(clinic([{"name": "nightly", "sessions": 2}]), finish_on_or_before="2026-12-02")
    document["clinic"]["hours"] = {"tue": [["23:00", "24:00"]], "wed": [["00:00", "01:00"]]}
    until_midnight, until_later = ({"resource": "device-1", "start": "2026-12-01T23:30", "end": f"2026-12-02T00:{m}"} for m in ("00", "40"))

    placed = Planned(document | {"bookings": [until_midnight]})
    left_out = Planned(document | {"bookings": [until_later]})

    assert [session["start"][:13] for session in placed.written["courses"][0]["sessions"]] == ["2026-12-01T23", "2026-12-02T00"]
    assert left_out.written["courses"][0]["reason"] == {"session": 2, "code": "no_capacity", "detail": "no device on 2026-12-02"}


def test_a_block_begins_in_a_later_week_than_the_one_before_ended() -> None:
    planned = Planned(clinic([{"name": "taper", "weekly": [1, 2]}]))

    assert planned.faults() == []
    assert [session["start"][:10] for session in planned.written["courses"][0]["sessions"]] == ["2026-12-01", "2026-12-07", "2026-12-08"]


def test_of_two_devices_the_one_free_for_longer_is_left_to_the_requirement_that_needs_it() -> None:
    needs: list[Document] = [{"capability": "device", "steps": ["short"]}, {"capability": "device"}]
    document = with_course(clinic([{"name": "only", "sessions": 1}], *needs, resources=devices(2)), finish_on_or_before="2026-12-01")
    steps = [{"name": "short", "minutes": 30}, {"name": "long", "minutes": 30}]
    document["protocols"][0]["session_templates"]["treatment"]["steps"] = steps
    document["clinic"]["hours"] = hours("09:00", "10:00")
    document["bookings"] = [{"resource": "device-2", "start": "2026-12-01T09:30", "end": "2026-12-01T10:00"}]

    planned = Planned(document)

    assert planned.faults() == []
    assert [seat["resource"] for seat in planned.written["courses"][0]["sessions"][0]["bookings"]] == ["device-2", "device-1"]


@pytest.mark.soak
@pytest.mark.parametrize("thousand", range(1, 11))
def test_ten_thousand_tiny_clinics(thousand: int) -> None:
    placed, left_out = answered(range(1000 * thousand, 1000 * thousand + 1000))

    assert placed > 300
    assert left_out > 300
