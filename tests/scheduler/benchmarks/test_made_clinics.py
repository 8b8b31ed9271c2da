"""The benchmark's clinics are those of the format's own maker, byte for byte."""

from __future__ import annotations

import json

import pytest

from scheduler.benchmarks.made_clinics import made_clinic
from scheduler.clinic_file import read_clinic
from tests.plans.checking import shared_module


@pytest.mark.parametrize(
    ("size", "load", "courses", "seed", "days"),
    [("S", 0.5, 30, 1, 150), ("S", 0.95, 10, 2, 300), ("M", 0.8, 30, 7, 150), ("M", 0.95, 60, 3, 40), ("L", 0.8, 30, 1, 20)],
)
def test_a_made_clinic_is_the_formats_own(size: str, load: float, courses: int, seed: int, days: int) -> None:
    theirs = shared_module("make_clinic").clinic_file(size, load, courses, seed, days)
    assert json.dumps(made_clinic(size, load, courses, seed, days), indent=1) == json.dumps(theirs, indent=1)


def test_a_made_clinic_can_be_read() -> None:
    clinic = read_clinic(json.dumps(made_clinic("S", 0.8, 5, 1, 30)))
    assert len(clinic.requests) == 5
    assert clinic.warnings
    assert all("ect" in warning.message or "anesthesia" in warning.message or "recovery" in warning.message for warning in clinic.warnings)
