"""The made clinics on which everything is measured, read once for each measurement."""

from __future__ import annotations

import json
from dataclasses import dataclass

from scheduler.benchmarks.made_clinics import made_clinic
from scheduler.clinic_file import ClinicFile, read_clinic


@dataclass(frozen=True)
class Family:
    """Clinics of one size filled to one load, with so many courses wanted of each; one clinic for each seed."""

    size: str
    load: float
    seeds: int
    courses: int

    @property
    def name(self) -> str:
        """`M 0.8`."""
        return f"{self.size} {self.load:g}"

    def clinics(self) -> list[ClinicFile]:
        """Its clinics, by seed from 1."""
        return [read(self.size, self.load, self.courses, seed) for seed in range(1, self.seeds + 1)]


def read(size: str, load: float, courses: int, seed: int, days: int = 150) -> ClinicFile:
    """A made clinic as planning reads it."""
    return read_clinic(json.dumps(made_clinic(size, load, courses, seed, days)))
