"""The clinics that the benchmark makes: thirty courses each, planned and planned again, and judged twice."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from random import Random
from time import process_time

import pytest

from tests.plans.checking import Planned, shared_document, shared_module
from tests.plans.judge import compare
from tests.plans.site_facts import Document

HEADINGS = (
    f"\n{'clinic':>8} {'courses':>8} {'left out':>9} {'broken':>7} {'planned in':>11} {'re-planned in':>14} {'moved':>6} {'given up':>9}\n"
)


def made(size: str, load: float, seed: int) -> Document:
    """A clinic of the benchmark with thirty courses."""
    document: Document = shared_module("make_clinic").clinic_file(size, load, 30, seed)
    return document


def struck(rng: Random, planned: Planned) -> Document:
    """Two resources out for days, snow, patients away, and sessions missed, as seen when a third of all sessions are over."""
    document = planned.document
    starts = sorted(session["start"] for course in planned.written["courses"] for session in course.get("sessions", []))
    now = date.fromisoformat(starts[len(starts) // 3][:10])
    seen_at = f"{now}T{rng.choice(['06:00', '10:35', '13:00', '18:00'])}"

    def time(days: int) -> Document:
        start = now + timedelta(days=rng.randint(0, 5))
        return {"start": f"{start}T{rng.choice(['00:00', '11:00'])}", "end": f"{start + timedelta(days=days)}T00:00"}

    happened: list[Document] = [
        {"kind": "resource_down", "resource": each["id"], **time(3)} for each in rng.sample(document["resources"], 2)
    ]
    happened.append({"kind": "closure", **time(1)})
    happened += [{"kind": "patient_unavailable", "patient": each["id"], **time(2)} for each in rng.sample(document["patients"], 2)]
    for course in rng.sample(planned.written["courses"], 3):
        over = [session["number"] for session in course.get("sessions", []) if session["start"][:16] < seen_at]
        happened += [{"kind": "missed", "course": course["id"], "session": number} for number in over[-1:]]
    return {"now": seen_at, "disruptions": happened}


def n_left_out(plan: Document) -> int:
    """How many courses have no place."""
    return sum(course["status"] == "unplaceable" for course in plan["courses"])


@pytest.mark.parametrize(("size", "load"), [("S", 0.8), ("M", 0.95)])
def test_a_made_clinic_is_planned_and_planned_again_with_nothing_broken(size: str, load: float) -> None:
    planned = Planned(made(size, load, seed=1))
    happened = struck(Random(size), planned)

    after = planned.replanned(happened)

    assert planned.faults() == []
    assert n_left_out(planned.written) == 0
    assert planned.faults_after(happened, after) == []
    assert compare(planned.document, planned.written, after, happened)[1] > 0


def test_the_example_is_planned_and_planned_again_with_nothing_broken() -> None:
    planned = Planned(shared_document("examples/small.yaml"))
    happened = shared_document("examples/disruptions.yaml")

    after = planned.replanned(happened)

    assert planned.faults() == []
    assert planned.faults_after(happened, after) == []
    assert n_left_out(after) == 0


@pytest.mark.soak
@pytest.mark.parametrize("load", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("size", ["S", "M", "L"])
def test_twenty_made_clinics(size: str, load: float, capsys: pytest.CaptureFixture[str]) -> None:
    broken: list[str] = []
    courses = left_out = moved = given_up = 0
    planning = replanning = 0.0
    for seed in range(1, 21):
        began = process_time()
        planned = Planned(made(size, load, seed))
        planning += process_time() - began
        happened = struck(Random(seed), planned)
        began = process_time()
        after = planned.replanned(happened)
        replanning += process_time() - began
        broken += planned.faults() + planned.faults_after(happened, after)
        courses += len(planned.written["courses"])
        left_out += n_left_out(planned.written)
        given_up += n_left_out(after) - n_left_out(planned.written)
        moved += compare(planned.document, planned.written, after, happened)[1]
    seconds = f"{planning / 20:10.2f}s {replanning / 20:13.2f}s"
    with capsys.disabled():
        sys.stdout.write(
            f"{HEADINGS}{size:>3} {load:4.2f} {courses:>8} {left_out:>9} {len(broken):>7} {seconds} {moved:>6} {given_up:>9}\n"
        )
    assert broken == []
