"""What a re-plan changes, told patient by patient, and the command that prints it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from courses.plans.repair import replan
from courses.plans.repair.difference import Difference, difference
from scheduler.cli import main
from scheduler.cli.difference_text import difference_summary, difference_text
from scheduler.clinic_file import read_disruptions
from tests.plans.checking import Planned
from tests.plans.one_course import clinic, devices, hours, with_course
from tests.plans.site_facts import Document

ZONE = "America/New_York"


def two_patients(n_devices: int = 1) -> Document:
    """Two daily courses of six and two sessions at nine o'clock, on devices of which the second patient is at any but early."""
    document = clinic([{"name": "daily", "sessions": 6}], resources=devices(n_devices))
    short = {**document["protocols"][0], "id": "short", "phases": [{"name": "short", "sessions": 2}]}
    document["protocols"].append(short)
    document["patients"] = [{"id": "p", "available": hours("09:00", "12:00")}, {"id": "q"}]
    with_course(document, prefer={"window": ["09:00", "09:00"]})
    document["courses"].append({**document["courses"][0], "id": "d", "patient": "q", "protocol": "short", "priority": 0.5})
    return document


def changed(document: Document, *what: Document, now: str = "2026-12-01T18:00") -> Difference:
    """What a re-plan changes after things happened."""
    planned, happened = Planned(document), {"now": now, "disruptions": [*what]}
    read = read_disruptions(json.dumps(happened), planned.file)
    after = replan(planned.clinic, planned.file.requests, planned.plan, read)
    assert planned.faults_after(happened, planned.write(after)) == []
    return difference(planned.file.requests, planned.plan, after, read)


def test_a_device_lost_for_an_hour_moves_one_patient() -> None:
    document = with_course(clinic([{"name": "daily", "sessions": 3}]), prefer={"window": ["09:00", "09:00"]})
    down = {"kind": "resource_down", "resource": "device-1", "start": "2026-12-02T08:00", "end": "2026-12-02T10:00"}

    found = changed(document, down)

    assert (found.n_moved, found.n_patients_moved, found.n_reassigned, found.n_ahead) == (1, 1, 0, 2)
    assert difference_text(found, ZONE) == (
        "1 of 2 sessions to come move, of 1 patient.\np: session 2 from Wed Dec 2 09:00 to Wed Dec 2 10:00.\n"
    )


def test_another_device_at_the_same_time_is_told_as_such() -> None:
    document = with_course(clinic([{"name": "daily", "sessions": 3}], resources=devices(2)), prefer={"window": ["09:00", "09:00"]})
    there = Planned(document).written["courses"][0]["sessions"][1]["bookings"][0]["resource"]
    other = {"device-1": "device-2", "device-2": "device-1"}[there]

    found = changed(document, {"kind": "resource_down", "resource": there, "date": "2026-12-02"})

    assert difference_text(found, ZONE) == (
        "0 of 2 sessions to come move; 1 keeps its time on other resources.\n"
        f"p: session 2 keeps Wed Dec 2 09:00, with {other} instead of {there}.\n"
    )


def test_a_missed_session_carries_a_daily_course_along_in_one_line() -> None:
    document = with_course(clinic([{"name": "daily", "sessions": 5, "per_week": 5}]), prefer={"window": ["09:00", "09:00"]})

    found = changed(document, {"kind": "missed", "course": "c", "session": 1})

    assert difference_text(found, ZONE).splitlines()[1] == (
        "p: sessions 1 to 5 (1 missed), the first from Tue Dec 1 09:00 to Wed Dec 2 09:00, "
        "the last from Mon Dec 7 09:00 to Tue Dec 8 09:00."
    )


def test_a_lost_course_comes_first_with_its_reason() -> None:
    document = with_course(two_patients(), finish_on_or_before="2026-12-08")

    found = changed(document, {"kind": "closure", "date": "2026-12-02"})

    assert [lost.course for lost in found.lost] == ["c"]
    assert difference_summary(found).endswith("; 1 course lost.")
    assert difference_text(found, ZONE).splitlines()[1].startswith("p: c has no place any more: session ")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A clinic, its plan and what happened, as files."""
    document = with_course(clinic([{"name": "daily", "sessions": 3}]), prefer={"window": ["09:00", "09:00"]})
    down = {"kind": "resource_down", "resource": "device-1", "start": "2026-12-02T08:00", "end": "2026-12-02T10:00"}
    happened = {"now": "2026-12-01T18:00", "disruptions": [down]}
    found = [tmp_path / name for name in ("clinic.json", "plan.json", "disruptions.json")]
    for file, content in zip(found, (document, Planned(document).written, happened), strict=True):
        file.write_text(json.dumps(content))
    return found


def chairtime(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


def test_diff_is_printed_instead_of_the_plan(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert chairtime("replan", *files, "--diff") == 0

    out, said = capsys.readouterr()
    assert out.endswith("p: session 2 from Wed Dec 2 09:00 to Wed Dec 2 10:00.\n")
    assert "At once: 1 session moved." in said
    assert "Fewer moves are proven impossible." in said


def test_diff_as_a_document_beside_the_plan_in_a_file(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    after = files[0].with_name("after.json")

    assert chairtime("replan", *files, "--diff", "--json", "-o", after, "--seconds", 0) == 0

    out, said = capsys.readouterr()
    (patient,) = json.loads(out)["patients"]
    assert patient["moved"] == [
        {"course": "c", "session": 2, "phase": "daily", "was": "2026-12-02T09:00-05:00", "is": "2026-12-02T10:00-05:00"}
    ]
    assert json.loads(after.read_text())["courses"][0]["moved"] == [2]
    assert "At once" not in said
    assert "proven" not in said
