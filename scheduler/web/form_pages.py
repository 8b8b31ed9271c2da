"""Monitoring forms: the queue of those that are owed, one with all that stands in it, to be printed, and what a patient is handed."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from courses import filing
from courses.filing import HOW, Sending
from courses.owed.deadline import Urgency, countdown
from courses.owed.fields import PARTS
from courses.owed.instructions import handed_over
from courses.queries import charts, owed
from courses.queries.owed import FormLine
from rooms.base import Db
from rooms.errors import DomainError
from scheduler.access.clinical import sees_values
from scheduler.dependencies import AtDesk, Desk
from scheduler.downtime import Printer, origin_of
from scheduler.persons import person_at
from scheduler.printing.monitoring import form_pdf
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.pages import framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.trying import instant_typed, tried

router = APIRouter()

SENT_FOR = timedelta(days=30)
"""How long a form that was sent is listed."""
SAID = {
    "submitted": "It is kept that the form was sent.",
    "reopened": "The form is owed again. What was sent before stays on record.",
}
ASKED = ("how", "submitted_on", "submitted_time", "confirmation")


@router.get("/forms")
def show_forms(request: Request, desk: AtDesk, done: str = "") -> HTMLResponse:
    """Every session whose form was not sent yet, what presses most first, and those that were sent of late."""
    with desk.reading() as db:
        frame = framed(request, db)
        since = frame.time.date_of(desk.now - SENT_FOR)
        lines = owed.forms_owed(db, frame.site.id, now=desk.now)
        return show(
            "forms.html",
            frame,
            page="forms",
            lines=lines,
            pressing=sum(line.left.urgency > Urgency.IN_TIME for line in lines),
            tone=_tone,
            sent=owed.forms_sent(db, frame.site.id, since=since),
            local=frame.time.local,
            done=SAID.get(done, ""),
        )


@router.get("/forms/{form}")
def show_form(request: Request, form: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """One form: every field, filled in from what was written down, with what is missing marked."""
    with desk.reading() as db:
        return _page(request, db, desk, form, done=SAID.get(done, ""))


@router.get("/forms/{form}/print")
def print_form(request: Request, form: Key, desk: AtDesk) -> Response:
    """The form as a PDF."""
    printer: Printer = request.app.state.printer
    with desk.reading() as db:
        known = owed.form(db, form)
        origin = origin_of(db, known.site, now=desk.now)
    headers = {"Content-Disposition": f'inline; filename="form-{known.form.id}.pdf"', "Cache-Control": "no-store"}
    return Response(form_pdf(known.form, origin, printer.paper, known.charted.time), headers=headers, media_type="application/pdf")


@router.post("/forms/{form}/submit")
def submit_form(request: Request, form: Key, typed: AsTyped, desk: AtDesk) -> Response:
    """Keep that the form was sent."""

    def work(db: Db) -> str:
        time = owed.form(db, form).charted.time
        sent_at = instant_typed(typed, "submitted", time)
        sending = Sending(typed["how"], sent_at, typed["confirmation"], typed["digest"], person_at(desk), desk.now, typed.whole("version"))
        filing.submit(db, form, sending)
        return "/forms?done=submitted"

    return tried(desk, typed, work, lambda db, refused: _page(request, db, desk, form, refused=refused, typed=typed))


@router.post("/forms/{form}/reopen")
def reopen_form(request: Request, form: Key, typed: AsTyped, desk: AtDesk) -> Response:
    """Owe a form again."""

    def work(db: Db) -> str:
        filing.reopen(db, form, expected=typed.whole("version"))
        return f"/forms/{form}?done=reopened"

    return tried(desk, typed, work, lambda db, refused: _page(request, db, desk, form, refused=refused))


@router.get("/sessions/{session}/instructions")
def show_instructions(request: Request, session: Key, desk: AtDesk) -> HTMLResponse:
    """What the patient is handed at the release, to be printed."""
    with desk.reading() as db:
        charted = charts.chart_of(db, session)
        frame = framed(request, db, charted.site.id)
        words = handed_over(charted.documents, charted.time, charted.released_at)
        released = charted.released_at and charted.time.local(charted.released_at)
        return show("instructions.html", frame, page="", patient=charted.patient, session=session, words=words, released=released)


def _page(  # noqa: PLR0913  # each is a part of the page
    request: Request, db: Db, desk: Desk, form: str, *, refused: DomainError | None = None, typed: Typed | None = None, done: str = ""
) -> HTMLResponse:
    known = owed.form(db, form)
    frame = framed(request, db, known.site.id)
    now = frame.time.local(desk.now)
    fresh = {"how": "online", "submitted_on": f"{now:%Y-%m-%d}", "submitted_time": f"{now:%H:%M}", "confirmation": ""}
    return show(
        "form.html",
        frame,
        page="forms",
        status=status_of(refused),
        form=known.form,
        parts=[(number, PARTS[number], list(answers)) for number, answers in groupby(known.form.answers, key=lambda each: each.field.part)],
        sees=sees_values(),
        is_over=known.charted.released_at is not None,
        patient=known.charted.patient,
        line=FormLine(known, countdown(known.form.dose_on, frame.time, now=desk.now)),
        tone=_tone,
        local=frame.time.local,
        ways=HOW,
        asked=typed.values(*ASKED) if typed else fresh,
        faults=faults_of(refused),
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )


def _tone(urgency: Urgency) -> str:
    return {Urgency.OVERDUE: "danger", Urgency.DAY_5: "danger", Urgency.DAY_3: "warn"}.get(urgency, "")
