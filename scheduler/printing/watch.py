"""Who is watched at this moment, on paper: until when, as far as was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable

from scheduler.printing.day import Named
from scheduler.printing.frame import lasting
from scheduler.printing.letters import line
from scheduler.printing.tables import Cell, Heads, gap, ruled

HEADS: Heads = (
    ("Where", 12),
    ("Patient", 18),
    ("Born", 11),
    ("No.", 10),
    ("Visit", 20),
    ("First dose", 8),
    ("Last dose", 8),
    ("Not released before", 11),
    ("Left when printed", 11),
    ("Due next", 18),
    ("Released at, by", 17),
)
BLANK_LINES = 4


@dataclass(frozen=True, slots=True)
class PrintedWatch:
    """A patient who is treated or watched; times are the site's, None where there is no such moment.

    `due` are what is due next, each with its time.
    """

    place: str
    patient: Named
    what: str
    first_dose_at: datetime | None
    last_dose_at: datetime | None
    release_at: datetime | None
    due: tuple[str, ...] = ()


def watched(watches: Sequence[PrintedWatch], printed_at: datetime, width: float) -> list[Flowable]:
    """Who is watched, whoever may leave first at the top."""
    if not watches:
        return [
            line("Nobody was being watched when this was printed.", 10),
            gap(),
            ruled("", HEADS, [], width=width, blank_rows=BLANK_LINES),
        ]
    ordered = sorted(watches, key=lambda each: (each.release_at is None, each.release_at or printed_at, each.place))
    rows = [_row(each, printed_at) for each in ordered]
    return [
        line("Minutes count from when this was printed: look at the time of release, not at them.", 10),
        gap(),
        ruled("", HEADS, rows, width=width, blank_rows=BLANK_LINES),
    ]


def minutes_left(release_at: datetime, now: datetime) -> int:
    """Minutes until somebody may leave, rounded up; 0 from then on."""
    return max(0, -int((now - release_at).total_seconds() // 60))


def _row(watch: PrintedWatch, printed_at: datetime) -> Sequence[Cell]:
    who, until = watch.patient, watch.release_at
    left = "" if until is None else lasting(minutes_left(until, printed_at))
    release = line(_clock(until, printed_at), 10, bold=True)
    doses = _clock(watch.first_dose_at, printed_at), _clock(watch.last_dose_at, printed_at)
    return [watch.place, line(who.name, bold=True), who.born, who.code, watch.what, *doses, release, left, "; ".join(watch.due), ""]


def _clock(at: datetime | None, printed_at: datetime) -> str:
    if at is None:
        return ""
    return f"{at:%H:%M}" if at.date() == printed_at.date() else f"{at:%m-%d %H:%M}"
