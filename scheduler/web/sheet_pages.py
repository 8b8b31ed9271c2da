"""The session sheet: who it is, what stands before the next move, what is asked; kept true while it is open. And the moves themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from courses import attending, queries
from courses.attending import Attended
from courses.queries import SessionLine, charts
from courses.queries.lots import lots
from courses.queries.stops import stops_before
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.errors import DomainError, Unknown
from scheduler.access.clinical import sees_values
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.forms import AsTyped, Key, Typed, done_once
from scheduler.web.observation_views import OPEN, Watch, seat_of
from scheduler.web.pages import TEMPLATES, Frame, framed, show
from scheduler.web.refusals import status_of
from scheduler.web.sheet_views import Sheet, next_verb
from scheduler.web.visitor import present_visitor
from scheduler.web.writers import writer_of

router = APIRouter()

Step = Callable[[Db, str, Doing], Attended]


@router.get("/sessions/{session}/sheet")
def show_sheet(request: Request, session: Key, desk: AtDesk, fragment: str = "") -> HTMLResponse:
    """The sheet of a session. `fragment` asks for the part that changes, alone."""
    with desk.reading() as db:
        sheet, frame = sheet_of(request, db, desk, session)
    context = around(desk, sheet, frame)
    if fragment:
        text = TEMPLATES.get_template("sheet_now.html").render(visitor=present_visitor(), sees_values=sees_values, frame=frame, **context)
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})
    return show("sheet.html", frame, context, page="observations")


@router.post("/sessions/{session}/sheet/start")
def start(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The treatment begins."""
    return _step(request, session, form, desk, attending.start)


@router.post("/sessions/{session}/sheet/observe")
def observe(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The treatment is over, and the patient is watched."""
    return _step(request, session, form, desk, attending.observe)


@router.get("/sessions/{session}/sheet/stop")
def ask_how_it_stops(request: Request, session: Key, desk: AtDesk) -> HTMLResponse:
    """What happened that the session cannot go on."""
    return _stop_page(request, session, desk)


@router.post("/sessions/{session}/sheet/stop")
def stop(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The treatment is broken off, or less is given than was ordered."""
    step = attending.incomplete if form["outcome"] == "incomplete" else attending.abort
    try:
        return done_once(desk, form, lambda db: _done(db, desk, session, form, step))
    except Unknown:
        raise
    except DomainError as refused:
        return _stop_page(request, session, desk, refused=refused, form=form)


def _step(request: Request, session: str, form: Typed, desk: Desk, step: Step) -> Response:
    try:
        return done_once(desk, form, lambda db: _done(db, desk, session, form, step))
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            sheet, frame = sheet_of(request, db, desk, session)
        return show("sheet.html", frame, around(desk, sheet, frame, refused), page="observations", status=status_of(refused))


def _done(db: Db, desk: Desk, session: str, form: Typed, step: Step) -> str:
    step(db, session, Doing(desk.by, desk.now, desk.new_id, form["reason"] or None, None))
    return f"/sessions/{session}/sheet"


def _stop_page(
    request: Request, session: str, desk: Desk, *, refused: DomainError | None = None, form: Typed | None = None
) -> HTMLResponse:
    with desk.reading() as db:
        sheet, frame = sheet_of(request, db, desk, session)
    dosed = sheet.chart.moments.first_dose is not None
    broken_off = "It was broken off. " + (
        "The patient is watched all the same." if dosed else "Nothing was given; the session is owed again."
    )
    return show(
        "sheet_decide.html",
        frame,
        page="observations",
        status=status_of(refused),
        sheet=sheet,
        title="It cannot go on",
        sentence="Whether it is made up for is the prescriber's order; nothing is booked by this.",
        action=f"/sessions/{session}/sheet/stop",
        operation="/sessions/{session}/sheet/stop",
        here=f"/sessions/{session}/sheet/stop",
        hidden=[],
        choices=[("aborted", broken_off), ("incomplete", "Less was given than ordered. It counts, and the patient is watched.")],
        button="Write it down",
        refused=refused,
        kept=form.values("outcome", "reason") if form else {"outcome": "", "reason": ""},
        request_key=desk.new_id("f_"),
    )


def around(desk: Desk, sheet: Sheet, frame: Frame, refused: DomainError | None = None) -> dict[str, object]:
    """What a sheet's templates need besides the frame."""
    return {
        "sheet": sheet,
        "site_id": frame.site.public_id,
        "server_now": sheet.now_utc.astimezone(UTC).isoformat(),
        "turns_at": sheet.watch.turns_at().astimezone(UTC).isoformat(),
        "request_key": desk.new_id("f_"),
        "refused": refused,
    }


def sheet_of(request: Request, db: Db, desk: Desk, session: str) -> tuple[Sheet, Frame]:
    """The sheet of a session as its reader sees it. Raises `Unknown`."""
    now, chart = desk.now, charts.chart_of(db, session)
    frame = framed(request, db, chart.site.public_id)
    resources = rooms_queries.resources(db, frame.site.id)
    line = queries.sessions_with(db, [session], now=now)[0]
    watch = Watch([chart] if chart.status in OPEN else [], {line.id: line}, resources, frame.time, now, sees_values())
    known_lots = [(lot.product, lot.lot) for lot in lots(db, frame.site.id)]
    verb = next_verb(chart)
    stops = {verb: stops_before(db, chart, verb, now=now)} if verb else {}
    alike = [(other, seat_of(other, resources)) for other in _alike(db, frame, line, desk)]
    place, writer = seat_of(line, resources), writer_of(desk)
    return Sheet(chart, line, place, watch, writer, now, stops, known_lots, alike, sees_values()), frame


def _alike(db: Db, frame: Frame, line: SessionLine, desk: Desk) -> list[SessionLine]:
    """The visits of today of others with the patient's family name who are here."""
    today = frame.time.day(frame.time.date_of(desk.now)).whole
    there = [each for each in queries.sessions_on(db, frame.site.id, today, now=desk.now) if each.patient_id != line.patient_id]
    family = line.patient.casefold().split()[-1:]
    return [each for each in there if each.status in OPEN and each.patient.casefold().split()[-1:] == family]
