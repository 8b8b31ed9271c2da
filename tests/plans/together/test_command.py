"""`chairtime plan --seconds` and `--rounds`: bound and gap in the plan and in words, and an interruption that keeps what was found."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from courses.plans.batch import solver
from scheduler.clinic_file import open_clinic, open_plan
from tests.plans.together.few_courses import few_courses
from tests.scheduler.command import chairtime

GAPPED = 5
"""Here not every course can have what it would have alone."""


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    file = tmp_path / "clinic.json"
    file.write_text(json.dumps(few_courses(Random(12))))
    return file


def test_a_plan_says_its_bound_and_is_read_back_with_it(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = clinic.with_name("plan.json")

    assert chairtime("plan", clinic, "--rounds", "40", "-o", plan) == 0

    written = json.loads(plan.read_text())
    assert [written[key] for key in ("objective", "bound", "gap")] == [64, 64, 0]
    told = capsys.readouterr().err.splitlines()
    assert told[0].endswith(" s, round 0: objective 0, 1 without a place, nothing proven yet")
    assert told[-1] == "3 courses planned (7 sessions); objective 64, proven to be the least that there is."
    read = open_plan(plan, open_clinic(clinic))
    assert (read.bound, read.gap) == (64, 0)


def test_a_gap_is_told_in_words(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = few_courses(Random(GAPPED))
    for course in document["courses"]:
        course["prefer"] = {"window": ["06:00", "06:30"]}  # when nobody is there, so that everything costs
    document["bookings"] = [
        {"resource": "nurse", "start": "2026-12-04T09:00", "end": "2026-12-04T10:00", "capability": "nurse", "reseat": True}
    ]
    clinic.write_text(json.dumps(document))

    chairtime("plan", clinic, "--rounds", "0", "-o", clinic.with_name("plan.json"))

    written = json.loads(clinic.with_name("plan.json").read_text())
    assert written["gap"] == pytest.approx(written["objective"] / written["bound"] - 1)
    said = f"at most {written['gap']:.2%} above the least that there can be ({written['bound']:g})"
    assert capsys.readouterr().err.endswith(f"{said}.\n")


def test_without_either_option_nothing_is_proven(clinic: Path) -> None:
    chairtime("plan", clinic, "-o", clinic.with_name("plan.json"))

    assert "bound" not in json.loads(clinic.with_name("plan.json").read_text())


def test_the_missing_extra_is_named(clinic: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "find_spec", lambda _name: None)

    chairtime("plan", clinic, "--rounds", "1", "-o", clinic.with_name("plan.json"))

    assert "pip install 'chairtime[solver]'" in capsys.readouterr().err.splitlines()[0]


def test_control_c_writes_the_best_so_far(clinic: Path) -> None:
    plan = clinic.with_name("plan.json")
    command = [sys.executable, "-m", "scheduler", "plan", str(clinic), "--seconds", "600", "-o", str(plan)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as running:
        assert running.stderr is not None
        running.stderr.readline()
        running.send_signal(signal.SIGINT)
        running.stderr.read()

    assert running.returncode == 0
    assert len(json.loads(plan.read_text())["courses"]) == 3
