"""The planner is right and complete: what it places keeps every rule, and what it leaves out has no place, every way having been tried."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from courses.protocols.located.faults import FaultyDocument
from tests.plans.checking import Planned
from tests.plans.every_way import EveryWay, sessions_of
from tests.plans.site_facts import Document, SiteFacts
from tests.plans.tiny_clinics import DAYS, MONDAYS, tiny_clinic


def planned(seed: int) -> Planned | None:
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
        clinic = planned(seed)
        if clinic is None:
            continue
        assert clinic.faults() == [], f"seed {seed}"
        for answer in clinic.written["courses"]:
            if answer["status"] == "planned":
                placed += 1
            else:
                left_out += 1
                assert not could_be_placed(clinic.document, clinic.written, answer["id"]), f"seed {seed}: {answer}"
    return placed, left_out


def test_what_is_placed_keeps_every_rule_and_what_is_left_out_has_no_place() -> None:
    placed, left_out = answered(range(200))

    assert placed > 70
    assert left_out > 70


def test_a_day_off_of_the_clinic_holds_a_session_whose_resources_have_hours_then() -> None:
    saturdays = {"sat": [["09:00", "12:00"]]}
    document: Document = {
        "clinic": {"timezone": "America/New_York", "hours": {"mon": [["08:00", "17:00"]]}},
        "resources": [{"id": "room", "kind": "room", "capabilities": ["group"], "hours": saturdays}],
        "protocols": [
            {
                "id": "day",
                "title": "An all-day session",
                "modality": "group",
                "phases": [{"name": "only", "sessions": 1}],
                "session_templates": {"day": {"steps": [{"name": "all", "minutes": 60}], "requirements": [{"capability": "group"}]}},
                "session_rules": [{"template": "day"}],
            }
        ],
        "patients": [{"id": "p"}],
        "courses": [{"id": "c", "patient": "p", "protocol": "day", "start_on_or_after": "2027-01-05", "finish_on_or_before": "2027-01-09"}],
    }

    clinic = Planned(document)

    assert clinic.faults() == []
    assert [session["start"] for session in clinic.written["courses"][0]["sessions"]] == ["2027-01-09T09:00-05:00"]


@pytest.mark.soak
@pytest.mark.parametrize("thousand", range(1, 11))
def test_ten_thousand_tiny_clinics(thousand: int) -> None:
    placed, left_out = answered(range(1000 * thousand, 1000 * thousand + 1000))

    assert placed > 300
    assert left_out > 300
