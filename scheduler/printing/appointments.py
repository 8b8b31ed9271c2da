"""A course for the patient to take home: when to come, and nothing about what for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable

from scheduler.printing.day import Named
from scheduler.printing.frame import Origin, Paper, Section, pdf_of
from scheduler.printing.letters import line
from scheduler.printing.tables import Heads, gap, ruled

TITLE = "Appointments"
HEADS: Heads = (("", 6), ("Day", 34), ("From", 14), ("Until", 14), ("Notes", 32))


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit to come; times are the site's."""

    number: int
    starts_at: datetime
    ends_at: datetime

    @property
    def day(self) -> str:
        """`Monday, November 23, 2026`."""
        return f"{self.starts_at:%A, %B} {self.starts_at.day}, {self.starts_at.year}"


def appointments_pdf(patient: Named, coming: Iterable[Appointment], origin: Origin, paper: Paper) -> bytes:
    """The visits to come, in order."""
    in_order = sorted(coming, key=lambda each: each.starts_at)
    return pdf_of(TITLE, origin, paper, [Section(TITLE, lambda width: _story(patient, in_order, origin, width))])


def _story(patient: Named, coming: list[Appointment], origin: Origin, width: float) -> list[Flowable]:
    story: list[Flowable] = [line(patient.name, 13, bold=True), gap(4)]
    if not coming:
        return [*story, line("No appointment is booked at the moment.", 10)]
    rows = [[str(each.number), each.day, f"{each.starts_at:%H:%M}", f"{each.ends_at:%H:%M}", ""] for each in coming]
    return [
        *story,
        line(f"All times are those of {origin.site}. Call us if you cannot come.", 10),
        gap(),
        ruled("", HEADS, rows, width=width),
    ]
