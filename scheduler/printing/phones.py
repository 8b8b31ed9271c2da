"""Whom to call when the screens are dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.platypus import Flowable

from scheduler.printing.day import Named
from scheduler.printing.letters import line
from scheduler.printing.tables import Cell, Heads, gap, ruled

PATIENTS: Heads = (("Visit", 16), ("Patient", 26), ("Born", 12), ("No.", 12), ("Phone", 20), ("Reached at, by", 18))
STAFF: Heads = (("Who", 40), ("Here", 20), ("Phone", 40))
BLANK_LINES = 6


@dataclass(frozen=True, slots=True)
class PrintedPhone:
    """A patient who is to be reached about a visit. `phone` is empty where none is known."""

    visit: str
    patient: Named
    phone: str


@dataclass(frozen=True, slots=True)
class PrintedColleague:
    """Somebody who works here, and when."""

    name: str
    hours: str


def phone_list(phones: Sequence[PrintedPhone], colleagues: Sequence[PrintedColleague], width: float) -> list[Flowable]:
    """Patients by the time of their visit, then those who work here; numbers that are not known have room to be written down."""
    rows: list[Sequence[Cell]] = [
        [each.visit, line(each.patient.name, bold=True), each.patient.born, each.patient.code, each.phone, ""] for each in phones
    ]
    staff: list[Sequence[Cell]] = [[each.name, each.hours, ""] for each in colleagues]
    return [
        ruled("Patients", PATIENTS, rows, width=width, blank_rows=BLANK_LINES),
        gap(),
        ruled("Staff", STAFF, staff, width=width, blank_rows=BLANK_LINES),
    ]
