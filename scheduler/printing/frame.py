"""The frame around every printed page: whose it is, how old it is, and where it belongs."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, NextPageTemplate, PageBreak, PageTemplate
from reportlab.platypus import Frame as Column

from scheduler.printing.letters import BOLD, PLAIN, fitted, load_fonts, printable

MARGIN = 12 * mm
BAND = 9 * mm
"""How much of a page the head takes, and the foot."""
WARNING = "Contains health information"
FOOT_SIZE = 7.5
TOTAL, WIDEST_TOTAL = "total", "of 999"


class Paper(StrEnum):
    """The sizes of paper."""

    LETTER = "letter"
    A4 = "a4"

    def size(self, *, wide: bool) -> tuple[float, float]:
        """Width and height in points."""
        width, height = LETTER if self is Paper.LETTER else A4
        return landscape((width, height)) if wide else (width, height)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when something was printed, by the site's clock. `changed_at` is when anything in the records last changed.

    `checkpoint` are the first twelve digits of the audit trail's newest checkpoint.
    """

    site: str
    printed_at: datetime
    changed_at: datetime | None
    checkpoint: str

    @property
    def age(self) -> str:
        """How old the data is, in a sentence."""
        if self.changed_at is None:
            return "No change is in the trail yet"
        minutes = max(0, int((self.printed_at - self.changed_at).total_seconds() // 60))
        day = "" if self.changed_at.date() == self.printed_at.date() else f"{self.changed_at:%Y-%m-%d} "
        return f"Last change recorded {day}{self.changed_at:%H:%M}, {lasting(minutes)} before"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a print that begins on a page of its own. `made` gives what stands in it, for a width in points."""

    title: str
    made: Callable[[float], list[Flowable]]
    wide: bool = False


def lasting(minutes: int) -> str:
    """`25 min`, `2 h`, `2 h 5 min`, `3 days`."""
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours))


def pdf_of(title: str, origin: Origin, paper: Paper, sections: Sequence[Section]) -> bytes:
    """The print. Each page says the site, when it was printed, how old the data is, which page of how many it is, and what it holds."""
    load_fonts()
    written = io.BytesIO()
    document = BaseDocTemplate(written, title=printable(f"{origin.site}: {title}"), author="Chairtime", lang="en", invariant=1)
    story: list[Flowable] = []
    for number, section in enumerate(sections):
        width, height = paper.size(wide=section.wide)
        column = Column(MARGIN, MARGIN + BAND, width - 2 * MARGIN, height - 2 * (MARGIN + BAND), 0, 0, 0, 0)
        draw = partial(_draw, size=(width, height), origin=origin, title=section.title)
        document.addPageTemplates(PageTemplate(str(number), [column], onPage=draw, pagesize=(width, height)))
        story += [NextPageTemplate(str(number)), PageBreak()] if number else []
        story += section.made(width - 2 * MARGIN)
    document.build(story, canvasmaker=_Counted)
    return written.getvalue()


class _Counted(Canvas):
    """Every page shows the same drawing for how many there are; it is made last, when that is known."""

    def save(self) -> None:
        self.beginForm(TOTAL)
        self.setFont(PLAIN, FOOT_SIZE)
        self.drawString(0, 0, f"of {self.getPageNumber() - 1}")
        self.endForm()
        super().save()


def _draw(canvas: Canvas, document: BaseDocTemplate, *, size: tuple[float, float], origin: Origin, title: str) -> None:
    width, height = size
    top, foot, right = height - MARGIN, MARGIN, width - MARGIN
    canvas.saveState()
    canvas.setFont(BOLD, 11)
    room = right - MARGIN - stringWidth(WARNING, BOLD, 8.5) - 10
    canvas.drawString(MARGIN, top - 9, fitted(f"{origin.site} · {title}", BOLD, 11, room))
    canvas.setFont(BOLD, 8.5)
    canvas.drawRightString(right, top - 9, WARNING)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, top - 14, right, top - 14)
    canvas.line(MARGIN, foot + 12, right, foot + 12)
    canvas.setFont(PLAIN, FOOT_SIZE)
    printed = f"Printed {origin.printed_at:%Y-%m-%d %H:%M %Z}. {origin.age}. Checkpoint {origin.checkpoint}"
    canvas.drawString(MARGIN, foot + 2, printable(printed))
    room_for_total = stringWidth(WIDEST_TOTAL, PLAIN, FOOT_SIZE)
    canvas.drawRightString(right - room_for_total, foot + 2, f"Page {document.page} ")
    canvas.translate(right - room_for_total, foot + 2)
    canvas.doForm(TOTAL)
    canvas.restoreState()
