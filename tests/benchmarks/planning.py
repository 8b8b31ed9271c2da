"""Clinic files of three sizes planned from nothing, by the format's own generator: milliseconds for each course."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from courses.plans.batch import plan_clinic
from scheduler.clinic_file import open_clinic
from tests.benchmarks.timing import Timing
from tests.clinic_files import FORMAT

SIZES = {"S": 10, "M": 30, "L": 60}
"""How many courses are asked of each size."""
SEEDS = (1, 2, 3)


def plannings() -> Iterator[Timing]:
    """Each size at 80 % load; a sample is one file, divided by its courses. Left out where the format's tools are not there."""
    maker = FORMAT / "make_clinic.py"
    if not maker.exists():
        print(f"planning is left out: {maker} is not there", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        for size, courses in SIZES.items():
            timing = Timing(f"planning a file of size {size}, per course", "none")
            for number in SEEDS:
                one = _plan(maker, Path(folder) / "clinic.json", size, courses, number)
                timing.samples.append(one.median / courses)
                timing.busy.append(one.cpu / courses)
            yield timing


def _plan(maker: Path, file: Path, size: str, courses: int, number: int) -> Timing:
    asked = ["--size", size, "--load", "0.8", "--courses", str(courses), "--seed", str(number)]
    with file.open("w") as out:
        subprocess.run([sys.executable, maker, *asked], stdout=out, check=True)
    clinic = open_clinic(file)
    timing = Timing("", "")
    with timing.once():
        plan_clinic(clinic.as_planned_against(), clinic.requests)
    return timing
