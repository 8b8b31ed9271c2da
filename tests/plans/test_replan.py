"""A re-plan keeps history and every rule, moves what it must, and leaves out only what has no place any more."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from courses.protocols.located.faults import FaultyDocument
from tests.plans.checking import Planned
from tests.plans.every_way import EveryWay, Option, option_of, sessions_of
from tests.plans.judge import compare
from tests.plans.mishaps import mishaps
from tests.plans.one_course import clinic, devices, hours, with_course
from tests.plans.site_facts import SiteFacts
from tests.plans.tiny_clinics import DAYS, MONDAYS, tiny_clinic

MOVE = 1000


class Replanned:
    """A tiny clinic, planned, struck by mishaps and planned again."""

    def __init__(self, seed: int, sessions: int = 6) -> None:
        rng = Random(f"re-plan {seed}")
        self.planned = Planned(tiny_clinic(rng, sessions=sessions))
        self.document = self.planned.document
        self.first = MONDAYS[self.document["clinic"]["timezone"]]
        self.happened = mishaps(rng, self.document, self.planned.written, self.first)
        self.after = self.planned.replanned(self.happened)
        self.facts = SiteFacts(self.document, self.happened["disruptions"])
        self.now = self.facts.instant(self.happened["now"])

    def before(self, course: str) -> list[tuple[int, Option]]:
        """A course's sessions in the first plan, with their numbers."""
        answer = next(each for each in self.planned.written["courses"] if each["id"] == course)
        return [(session["number"], option_of(self.facts, session)) for session in answer.get("sessions", [])]

    def least_changes(self, course: str) -> float | None:
        """The fewest moves (in thousands) and reassignments with which a course can go on; None where it cannot."""
        missed = {each["session"] for each in self.happened["disruptions"] if each["kind"] == "missed" and each["course"] == course}
        was = dict(self.before(course))
        done = [option for number, option in was.items() if option.start < self.now and number not in missed]

        def price(at: int, _day: date, option: Option) -> float:
            if at + 1 in missed:
                return 0
            kept = was[at + 1]
            return MOVE if option.start != kept.start else float(set(option.seats) != set(kept.seats))

        others = sessions_of(self.facts, (each for each in self.after["courses"] if each["id"] != course))
        return EveryWay(self.facts, self.facts.courses[course], others, self.now).least(self.first + timedelta(days=DAYS), price, done)

    def changes(self) -> int:
        """The moves (in thousands) beyond those of missed sessions, and the reassignments that the re-plan made."""
        _, moved, reassigned = compare(self.document, self.planned.written, self.after, self.happened)
        missed = len([each for each in self.happened["disruptions"] if each["kind"] == "missed"])
        return MOVE * (moved - missed) + reassigned


def replanned(seed: int) -> Replanned | None:
    """The clinic of a seed; None where it drew what no clinic may write, or has nothing planned."""
    try:
        found = Replanned(seed)
    except FaultyDocument:
        return None
    return found if any(answer["status"] == "planned" for answer in found.planned.written["courses"]) else None


def answered(seeds: range) -> tuple[int, int, int]:
    """Plans, strikes and plans again; how many sessions moved, how many courses were left out, and how many changes were too many."""
    moved = lost = needless = 0
    for seed in seeds:
        tiny = replanned(seed)
        if tiny is None:
            continue
        assert tiny.planned.faults_after(tiny.happened, tiny.after) == [], f"seed {seed}"
        moved += compare(tiny.document, tiny.planned.written, tiny.after, tiny.happened)[1]
        was_planned = {each["id"] for each in tiny.planned.written["courses"] if each["status"] == "planned"}
        left_out = [each for each in tiny.after["courses"] if each["status"] != "planned" and each["id"] in was_planned]
        lost += len(left_out)
        for answer in left_out:
            assert tiny.least_changes(answer["id"]) is None, f"seed {seed}: {answer}"
        if not left_out and len(was_planned) == 1:
            least = tiny.least_changes(was_planned.pop())
            assert least is not None
            needless += tiny.changes() - int(least)
    return moved, lost, needless


def test_a_replan_keeps_history_and_rules_and_gives_up_only_what_has_no_place() -> None:
    moved, lost, needless = answered(range(150))

    assert moved > 20
    assert lost > 7
    assert needless == 0


@pytest.mark.soak
@pytest.mark.parametrize("thousand", range(1, 6))
def test_five_thousand_replans(thousand: int) -> None:
    moved, lost, needless = answered(range(1000 * thousand, 1000 * thousand + 1000))

    assert moved > 200
    assert lost > 40
    assert needless == 0


def test_others_make_room_for_a_course_that_would_be_lost() -> None:
    one_visit = with_course(clinic([{"name": "only", "sessions": 1}], resources=devices(2)), finish_on_or_before="2026-12-01")
    one_visit["patients"] = [{"id": "p", "available": hours("09:00", "09:30")}, {"id": "q"}]
    wish = {"prefer": {"window": ["09:00", "09:00"]}}
    one_visit["courses"] = [one_visit["courses"][0], one_visit["courses"][0] | {"id": "d", "patient": "q"} | wish]
    down = {"kind": "resource_down", "start": "2026-12-01T00:00", "end": "2026-12-02T00:00"}
    planned = Planned(one_visit)
    on_device = {course["id"]: course["sessions"][0]["bookings"][0]["resource"] for course in planned.written["courses"]}
    happened = {"now": "2026-12-01T07:00", "disruptions": [down | {"resource": on_device["c"]}]}

    after = planned.replanned(happened)

    assert planned.faults_after(happened, after) == []
    assert [(course["id"], course["status"], course.get("moved")) for course in after["courses"]] == [
        ("c", "planned", None),
        ("d", "planned", [1]),
    ]
