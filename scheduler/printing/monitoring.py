"""A monitoring form on paper: every field in the order of the program's own form.

What nobody wrote down is left to be filled in by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from reportlab.platypus import Flowable

from courses.owed.fields import FIELDS, PARTS, Field
from courses.owed.form import FormAnswer, FormStatus, MonitoringForm
from rooms.availability.hours import SiteTime
from scheduler.printing.frame import Origin, Paper, Section, pdf_of
from scheduler.printing.letters import line
from scheduler.printing.tables import Cell, gap, ruled

TITLE = "Monitoring form"
MISSING = "missing: ____________________"
WHOSE = (("Patient", 40), ("Born", 15), ("No.", 15), ("Dose of", 15), ("Session", 15))
LONG = 2000
"""How many letters of one answer are printed: as many as fit a page."""
HEADS = (("Field", 45), ("What was written down", 55))


def form_pdf(form: MonitoringForm, origin: Origin, paper: Paper, time: SiteTime) -> bytes:
    """A form as a PDF. It is a copy to send or to fill in the program's form from; nothing says that it was sent but what was kept."""
    return pdf_of(f"{TITLE} {form.dose_on}", origin, paper, [Section(TITLE, lambda width: _story(form, time, width))])


def blank_form(width: float) -> list[Flowable]:
    """The form with nothing in it."""
    story: list[Flowable] = [ruled("", WHOSE, [], width=width, blank_rows=1), gap()]
    for number, fields in groupby(FIELDS, key=lambda each: each.part):
        rows: list[list[Cell]] = [[_asked(field), ""] for field in fields]
        story += [ruled(f"{number}. {PARTS[number]}", HEADS, rows, width=width, by_hand=True), gap()]
    return story


def _story(form: MonitoringForm, time: SiteTime, width: float) -> list[Flowable]:
    story: list[Flowable] = [line(each, 9.5, bold=place == 0) for place, each in enumerate(_head(form, time))]
    story.append(gap())
    for number, answers in groupby(form.answers, key=lambda each: each.field.part):
        rows: list[list[Cell]] = [[_asked(answer.field), line(_answered(answer), 8.5, longest=LONG)] for answer in answers]
        story += [ruled(f"{number}. {PARTS[number]}", HEADS, rows, width=width), gap()]
    story += [line(each, 8, gray=True) for each in _foot(form, time)]
    return story


def _head(form: MonitoringForm, time: SiteTime) -> Iterator[str]:
    born = f", born {form.patient.born_on}" if form.patient.born_on else ""
    yield f"{form.patient.name}{born}, session {form.session_number}"
    yield f"{form.site_name}. Dose of {form.dose_on}; due {time.local(form.due_at):%Y-%m-%d %H:%M}."
    if form.is_too_short:
        yield f"{form.total_minutes} minutes were watched, fewer than {form.least_minutes}."
    if form.status is FormStatus.VOID:
        yield "Void: the dose was retracted."


def _asked(field: Field) -> str:
    return f"{field.words}{' *' if field.required else ''}"


def _answered(answer: FormAnswer) -> str:
    return MISSING if answer.is_missing else answer.text or "–"


def _foot(form: MonitoringForm, time: SiteTime) -> Iterator[str]:
    yield f"* required. Filled in from what was written down at the session and from nothing else. Record {form.digest[:12]}."
    for sent in form.submissions:
        receipt = f", confirmation {sent.confirmation}" if sent.confirmation else ""
        same = "" if sent.digest == form.digest else "; the record was changed since"
        at = f"{time.local(sent.submitted_at):%Y-%m-%d %H:%M}"
        yield f"Sent {at} by {sent.by_name}, {sent.how}{receipt} (record {sent.digest[:12]}{same})."
    if not form.submissions:
        yield "Not marked as sent."
