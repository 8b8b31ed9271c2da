"""The ordered list of an anesthesia block on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reportlab.platypus import Flowable

from scheduler.printing.day import Named
from scheduler.printing.letters import line
from scheduler.printing.tables import Cell, Heads, gap, ruled

HEADS: Heads = (
    ("", 3),
    ("At", 6),
    ("Patient", 19),
    ("Born", 10),
    ("No.", 9),
    ("Visit", 20),
    ("Room", 12),
    ("Before and after", 14),
    ("State", 10),
    ("In the room", 9),
    ("Out", 8),
    ("Notes", 16),
)
LINES_FOR_CHANGES = 2


@dataclass(frozen=True, slots=True)
class PrintedCase:
    """A visit on a list: its time by the site's clock, where it is, and how far it is."""

    starts_at: datetime
    patient: Named
    what: str
    rooms: str
    bays: str
    state: str


@dataclass(frozen=True, slots=True)
class PrintedList:
    """The list of one resource on a date, in its order."""

    date: date
    title: str
    cases: tuple[PrintedCase, ...]


def lists(some: Iterable[PrintedList], width: float) -> list[Flowable]:
    """A table for each list."""
    story: list[Flowable] = []
    for each in some:
        rows = [_row(number, case) for number, case in enumerate(each.cases, 1)]
        story += [ruled(f"{each.title}, {each.date:%A, %Y-%m-%d}", HEADS, rows, width=width, blank_rows=LINES_FOR_CHANGES), gap()]
    return story


def _row(number: int, case: PrintedCase) -> Sequence[Cell]:
    who = case.patient
    whose = (line(who.name, bold=True), who.born, who.code)
    return [str(number), f"{case.starts_at:%H:%M}", *whose, case.what, case.rooms, case.bays, case.state, "", "", ""]
