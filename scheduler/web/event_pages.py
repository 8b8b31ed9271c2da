"""Untoward events: those of a site with how far their reports are, and noting one at a session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from courses import reporting
from courses.owed.adverse import KINDS, AdverseEvent
from courses.queries import adverse, charts
from courses.reporting import NewEvent, Report
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.pages import framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.trying import instant_typed, maybe_typed, tried

router = APIRouter()

SHOWN_FOR = timedelta(days=90)
"""How long a settled event is listed."""
NEW = ("kind", "is_serious", "began_on", "began_time", "resolved_on", "resolved_time", "description")
Step = Callable[[Db, SiteTime], AdverseEvent]


@router.get("/adverse-events")
def show_events(request: Request, desk: AtDesk, done: str = "") -> HTMLResponse:
    """What is to be reported first, then the newest first."""
    with desk.reading() as db:
        return _list_page(request, db, desk, done=bool(done))


@router.get("/sessions/{session}/adverse-events")
def show_session_events(request: Request, session: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """What was noted at one session, and the form for another."""
    with desk.reading() as db:
        return _session_page(request, db, desk, session, done=bool(done))


@router.post("/sessions/{session}/adverse-events")
def note_event(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Keep that something untoward happened."""

    def work(db: Db) -> str:
        time = charts.chart_of(db, session).time
        began_at, resolved_at = instant_typed(form, "began", time), maybe_typed(form, "resolved", time)
        new = NewEvent(form["kind"], "is_serious" in form, began_at, form["description"], resolved_at)
        reporting.note(db, session, new, by=desk.by, now=desk.now, new_id=desk.new_id)
        return f"/sessions/{session}/adverse-events?done=yes"

    return tried(desk, form, work, lambda db, refused: _session_page(request, db, desk, session, refused=refused, form=form))


@router.post("/adverse-events/{adverse_event}/resolve")
def resolve_event(request: Request, adverse_event: Key, form: AsTyped, desk: AtDesk) -> Response:
    """It is over."""

    def step(db: Db, time: SiteTime) -> AdverseEvent:
        at = instant_typed(form, "resolved", time)
        return reporting.resolve(db, adverse_event, at, now=desk.now, new_id=desk.new_id, expected=form.whole("version"))

    return _stepped(request, adverse_event, form, desk, step)


@router.post("/adverse-events/{adverse_event}/to-report")
def call_for_report(request: Request, adverse_event: Key, form: AsTyped, desk: AtDesk) -> Response:
    """It has to be reported."""

    def step(db: Db, _: SiteTime) -> AdverseEvent:
        return reporting.call_for_report(db, adverse_event, expected=form.whole("version"))

    return _stepped(request, adverse_event, form, desk, step)


@router.post("/adverse-events/{adverse_event}/report")
def report_event(request: Request, adverse_event: Key, form: AsTyped, desk: AtDesk) -> Response:
    """It was reported."""

    def step(db: Db, time: SiteTime) -> AdverseEvent:
        told = Report(instant_typed(form, "reported", time), form["how"], form["confirmation"])
        return reporting.report(db, adverse_event, told, now=desk.now, expected=form.whole("version"))

    return _stepped(request, adverse_event, form, desk, step)


@router.post("/adverse-events/{adverse_event}/close")
def close_event(request: Request, adverse_event: Key, form: AsTyped, desk: AtDesk) -> Response:
    """No report is needed."""

    def step(db: Db, _: SiteTime) -> AdverseEvent:
        return reporting.close(db, adverse_event, expected=form.whole("version"))

    return _stepped(request, adverse_event, form, desk, step)


def _stepped(request: Request, key: str, form: Typed, desk: Desk, step: Step) -> Response:
    def work(db: Db) -> str:
        step(db, framed(request, db, adverse.adverse_event(db, key).site_id).time)
        return "/adverse-events?done=yes"

    return tried(desk, form, work, lambda db, refused: _list_page(request, db, desk, refused=refused))


def _list_page(request: Request, db: Db, desk: Desk, *, refused: DomainError | None = None, done: bool = False) -> HTMLResponse:
    frame = framed(request, db)
    now = frame.time.local(desk.now)
    return show(
        "adverse_events.html",
        frame,
        page="forms",
        status=status_of(refused),
        events=adverse.adverse_events(db, frame.site.id, since=desk.now - SHOWN_FOR),
        local=frame.time.local,
        on=f"{now:%Y-%m-%d}",
        at=f"{now:%H:%M}",
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )


def _session_page(  # noqa: PLR0913  # each is a part of the page
    request: Request,
    db: Db,
    desk: Desk,
    session: str,
    *,
    refused: DomainError | None = None,
    form: Typed | None = None,
    done: bool = False,
) -> HTMLResponse:
    charted = charts.chart_of(db, session)
    frame = framed(request, db, charted.site.id)
    now = frame.time.local(desk.now)
    fresh = dict.fromkeys(NEW, "") | {"began_on": f"{now:%Y-%m-%d}", "began_time": f"{now:%H:%M}"}
    return show(
        "session_events.html",
        frame,
        page="forms",
        status=status_of(refused),
        patient=charted.patient,
        session=session,
        number=charted.number,
        events=adverse.events_of(db, [charted.id])[charted.id],
        kinds=KINDS,
        local=frame.time.local,
        asked=form.values(*NEW) if form else fresh,
        faults=faults_of(refused),
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )
