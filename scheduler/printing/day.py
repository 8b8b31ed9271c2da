"""The board of a day on paper: for each resource who comes when, with room to write, and hours of empty lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reportlab.platypus import Flowable

from scheduler.printing.letters import initials_of, line
from scheduler.printing.tables import Cell, Heads, gap, ruled

HEADS: Heads = (
    ("From", 5),
    ("Until", 5),
    ("Patient", 19),
    ("Born", 10),
    ("No.", 9),
    ("Visit", 26),
    ("With", 20),
    ("State", 9),
    ("Notes", 16),
)
EMPTY: Heads = (("From", 6), ("Until", 6), ("Patient", 24), ("Born", 12), ("Visit", 20), ("Chair or device", 14), ("Notes", 24))
BLANK_HOURS = 8
"""For so many hours a day goes on without the program."""
LINES_PER_HOUR = 4


@dataclass(frozen=True, slots=True)
class Named:
    """A patient: name, the clinic's own number, and birth date."""

    name: str
    code: str
    born_on: date | None

    def cut(self, *, initials: bool) -> Named:
        """The same patient, by initials and the clinic's number only where asked for."""
        return Named(initials_of(self.name), self.code, None) if initials else self

    @property
    def born(self) -> str:
        """The birth date as it is printed."""
        return self.born_on.isoformat() if self.born_on else ""


@dataclass(frozen=True, slots=True)
class PrintedVisit:
    """A visit that takes a resource; times are the site's. `others` are the other resources that it takes."""

    starts_at: datetime
    ends_at: datetime
    patient: Named
    what: str
    others: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PrintedResource:
    """A resource on one date: whom it is for, when it is away, and when it only has to be there."""

    title: str
    visits: tuple[PrintedVisit, ...]
    away: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    empty_lines: int = 1
    """For changes that are made by hand."""


@dataclass(frozen=True, slots=True)
class PrintedDay:
    """One date at a site. `closed` are the reasons for which the site is shut, `idle` the resources with nothing to do."""

    date: date
    resources: tuple[PrintedResource, ...]
    closed: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Such as Monday, 2026-11-23."""
        return f"{self.date:%A, %Y-%m-%d}"


def board(day: PrintedDay, width: float) -> list[Flowable]:
    """A table for each resource that has something to do."""
    story: list[Flowable] = [line(f"Closed: {reason}", 10, bold=True) for reason in day.closed]
    if not day.resources:
        story.append(line("Nothing is booked on this day.", 10))
    for resource in day.resources:
        away, needed = (f"away {each}" for each in resource.away), (f"on site {each}" for each in resource.needed)
        title = " · ".join([resource.title, *needed, *away])
        rows = [_row(visit) for visit in resource.visits]
        story += [ruled(title, HEADS, rows, width=width, blank_rows=resource.empty_lines), gap()]
    if day.idle:
        story.append(line(f"Nothing is booked with: {', '.join(day.idle)}", gray=True, longest=2000))
    return story


def empty_sheet(width: float) -> list[Flowable]:
    """Lines to go on with by hand: four for each of eight hours."""
    return [
        line("Write down whoever comes, and every change, with the time. Enter it when the program is back.", 10),
        gap(),
        ruled("", EMPTY, [], width=width, blank_rows=BLANK_HOURS * LINES_PER_HOUR),
    ]


def _row(visit: PrintedVisit) -> Sequence[Cell]:
    who = visit.patient
    times = f"{visit.starts_at:%H:%M}", f"{visit.ends_at:%H:%M}"
    return [*times, line(who.name, bold=True), who.born, who.code, visit.what, visit.others, visit.state, visit.note]
