"""Where not all can keep their time: who keeps it."""

from __future__ import annotations

import pytest

from tests.plans.checking import Planned
from tests.plans.one_course import clinic, devices, with_course
from tests.plans.site_facts import Document

DAILY = [{"name": "acute", "sessions": 8}]
TWICE_WEEKLY = [{"name": "induction", "sessions": 8, "per_week": 2, "weekdays": ["tue", "thu"]}]
WEEKLY = [{"name": "maintenance", "sessions": 4, "per_week": 1, "min_gap_days": 7}]
BOTH_MEET = "2026-12-08"
"""All of these courses have a session on the second Tuesday."""


def two_courses(one: list[Document], other: list[Document], **of_other: object) -> Document:
    """Two courses that begin on the same Tuesday at nine, each on its device, and a third device that is idle."""
    document = with_course(clinic(one, resources=devices(3)), prefer={"window": ["09:00", "09:00"]})
    document["protocols"].append({**document["protocols"][0], "id": "other", "phases": other})
    document["patients"].append({"id": "q"})
    document["courses"].append({**document["courses"][0], "id": "d", "patient": "q", "protocol": "other", **of_other})
    return document


def keeps_its_time(document: Document) -> str:
    """The course that keeps its time when both devices are out on the day on which both have a session."""
    planned = Planned(document)
    seats = {
        course["id"]: session["bookings"][0]["resource"]
        for course in planned.written["courses"]
        for session in course["sessions"]
        if session["start"] == f"{BOTH_MEET}T09:00-05:00"
    }
    assert sorted(seats) == ["c", "d"]
    happened = {
        "now": "2026-12-07T18:00",
        "disruptions": [{"kind": "resource_down", "resource": seat, "date": BOTH_MEET} for seat in seats.values()],
    }

    after = planned.replanned(happened)

    assert planned.faults_after(happened, after) == []
    (kept,) = [course["id"] for course in after["courses"] if not course.get("moved")]
    return str(kept)


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [(DAILY, WEEKLY, "c"), (WEEKLY, DAILY, "d"), (TWICE_WEEKLY, WEEKLY, "c"), (WEEKLY, TWICE_WEEKLY, "d")],
    ids=["daily before weekly", "weekly after daily", "twice weekly before weekly", "weekly after twice weekly"],
)
def test_the_shorter_rhythm_keeps_its_time(one: list[Document], other: list[Document], kept: str) -> None:
    assert keeps_its_time(two_courses(one, other)) == kept


def test_the_earlier_in_its_course_keeps_its_time() -> None:
    assert keeps_its_time(two_courses(DAILY, DAILY, start_on_or_after="2026-12-04")) == "d"


def test_the_weightier_keeps_its_time_before_all() -> None:
    assert keeps_its_time(two_courses(DAILY, WEEKLY, priority=3)) == "d"
