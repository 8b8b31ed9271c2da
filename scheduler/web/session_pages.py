"""One session: where it is, and moving, cancelling or missing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from courses import attending, queries, rescheduling
from courses.errors import StaleVersion
from courses.plans.ongoing.moving import Alternative, CannotMove
from courses.queries import KnownCourse
from courses.queries.charts import chart_of
from courses.rescheduling import Doing
from courses.sessions.status import SessionStatus
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.course_pages import confirm_page, followed, view_of
from scheduler.web.course_views import CourseView
from scheduler.web.forms import AsTyped, Key, Typed, date_of, done_once, what_would_follow
from scheduler.web.pages import framed, show
from scheduler.web.refusals import faults_of, refusal_of, status_of

router = APIRouter()

OFFERS = 5
"""How many places a session is offered."""
FIELDS = ("starts_at", "starts_on", "starts_time", "reason", "despite_gap")


@dataclass(frozen=True, slots=True)
class Offer:
    """A place that a session could have."""

    starts_at: datetime
    resources: str
    note: str


@router.get("/sessions/{session}")
def show_session(request: Request, session: Key, desk: AtDesk, near: str = "") -> HTMLResponse:
    """A session, with the places nearest to where it is (or `near` another time) that it could have."""
    with desk.reading() as db:
        return _page(request, db, desk, session, near=_instant("near", near) if near else None)


@router.post("/sessions/{session}/arrive")
def arrive(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The patient is here; the page then shows what is missing before the treatment. From the sheet (`next`) one goes on there."""

    def work(db: Db) -> str:
        expected = form.whole("version") if form["version"] else None
        attending.arrive(db, session, Doing(desk.by, desk.now, desk.new_id, None, expected))
        return f"/sessions/{session}{'/sheet' if form['next'] == 'sheet' else ''}"

    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as error:
        with desk.reading() as db:
            return _page(request, db, desk, session, refused=error, form=form)


@router.post("/sessions/{session}/move")
def move_session(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Put a session elsewhere; where it cannot be, the page says why and offers the nearest places."""
    try:
        return done_once(desk, form, lambda db: _move(db, desk, session, form))
    except Unknown:
        raise
    except DomainError as error:
        with desk.reading() as db:
            return _page(request, db, desk, session, refused=error, form=form, near=_wished(db, session, form))


@router.post("/sessions/{session}/cancel")
def cancel_session(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The session will not take place; first what follows is shown."""
    return _fall_away(request, session, form, desk, "cancel")


@router.post("/sessions/{session}/miss")
def miss_session(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The patient did not come; first what follows is shown."""
    return _fall_away(request, session, form, desk, "miss")


def _move(db: Db, desk: Desk, session: str, form: Typed) -> str:
    known = queries.course_of_session(db, session)
    seen, present = form["session_version"], known.course.session(session).version
    if seen and seen != str(present):
        raise StaleVersion("session", form.whole("session_version"), present)
    expected = form.whole("version") if form["version"] else known.course.version
    doing = Doing(desk.by, desk.now, desk.new_id, form["reason"] or None, expected)
    starts_at = _asked_start(form, SiteTime(known.site.site.timezone))
    rescheduling.move_session(db, session, starts_at, doing, onto=form.all("resource"), despite_gap="despite_gap" in form)
    return f"/courses/{known.course.id}?done=yes"


def _fall_away(request: Request, session: str, form: Typed, desk: Desk, verb: str) -> Response:
    change = rescheduling.cancel_session if verb == "cancel" else rescheduling.miss_session

    def do(db: Db, doing: Doing) -> None:
        change(db, session, doing)

    def work(db: Db) -> str:
        course = queries.course_of_session(db, session).course.id
        expected = form.whole("version") if form["version"] else None
        do(db, Doing(desk.by, desk.now, desk.new_id, form["reason"] or None, expected))
        return f"/courses/{course}?done=yes"

    def look(db: Db) -> HTMLResponse:
        known = queries.course_of_session(db, session)
        number = known.course.session(session).number
        moves, view = followed(db, desk, form, known.course.id, do, subject=session)
        said = ("Cancel", "Cancel it") if verb == "cancel" else ("Record as missed:", "Record as missed")
        return confirm_page(request, db, view, moves, form, title=f"{said[0]} session {number}", button=said[1], is_grave=True)

    try:
        return done_once(desk, form, work) if form["confirmed"] else what_would_follow(desk, look)
    except Unknown:
        raise
    except DomainError as error:
        with desk.reading() as db:
            return _page(request, db, desk, session, refused=error, form=form)


def _asked_start(form: Typed, time: SiteTime) -> datetime:
    """The wished start: one that was offered, or a date and a time of the site. Raises `Faulty` and `NoSuchTime`."""
    if form["starts_at"] not in {"", "other"}:
        return _instant("starts_at", form["starts_at"])
    return time.exact(datetime.combine(form.date("starts_on"), form.time("starts_time")))


def _instant(name: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Faulty(name, f"{text!r} is no time; choose one of those offered") from fault
    if found.tzinfo is None:
        raise Faulty(name, f"{text} has no time zone; choose one of those offered")
    date_of(name, str(found.date()))
    return found


def _wished(db: Db, session: str, form: Typed) -> datetime | None:
    """The wished start as far as it can be read, to offer places near it."""
    try:
        return _asked_start(form, SiteTime(queries.course_of_session(db, session).site.site.timezone))
    except Faulty:
        return None


def _page(  # noqa: PLR0913  # what the page says
    request: Request,
    db: Db,
    desk: Desk,
    session: str,
    *,
    near: datetime | None = None,
    refused: DomainError | None = None,
    form: Typed | None = None,
) -> HTMLResponse:
    known = queries.course_of_session(db, session)
    view = view_of(db, known, desk)
    shown = view.session(known.course.session(session))
    local = view.time.local(near) if near else shown.starts_at
    usual = {"starts_on": str(local.date()) if local else "", "starts_time": f"{local:%H:%M}" if local else ""}
    return show(
        "session.html",
        framed(request, db, known.site.public_id),
        page="board",
        status=status_of(refused),
        view=view,
        course=known.course,
        patient=known.course.patient,
        session=shown,
        alternatives=_offers(db, known, view, session, near, refused) if shown.can_move else [],
        near=local,
        asked=form.values(*FIELDS) if form else dict.fromkeys(FIELDS, "") | usual,
        faults=faults_of(refused),
        refused=None if refused is None else refusal_of(refused, view),
        can_arrive=_can_arrive(known, view, session),
        lacking=_lacking(db, desk, known, session),
        board_href=f"/sites/{known.site.public_id}/board{f'?day={shown.starts_at.date()}' if shown.starts_at else ''}",
        request_key=desk.new_id("f_"),
    )


def _can_arrive(known: KnownCourse, view: CourseView, key: str) -> bool:
    session, today = known.course.session(key), view.time.date_of(view.now)
    is_today = session.interval is not None and view.time.date_of(session.interval.starts_at) == today
    return is_today and session.status is SessionStatus.BOOKED


def _lacking(db: Db, desk: Desk, known: KnownCourse, key: str) -> tuple[str, ...]:
    """What is missing before the treatment of somebody who has come, in words without any value."""
    if known.course.session(key).status is not SessionStatus.ARRIVED:
        return ()
    return attending.lacking(db, chart_of(db, key), Doing(desk.by, desk.now, desk.new_id))[0]


def _offers(db: Db, known: KnownCourse, view: CourseView, session: str, near: datetime | None, refused: DomainError | None) -> list[Offer]:
    if isinstance(refused, CannotMove):
        return [_offer(known, view, session, place) for place in refused.alternatives]
    interval = known.course.session(session).interval
    wished = near or (interval.starts_at if interval else view.now)
    return [_offer(known, view, session, place) for place in rescheduling.alternatives(db, session, wished, now=view.now, n=OFFERS)]


def _offer(known: KnownCourse, view: CourseView, session: str, place: Alternative) -> Offer:
    """A place, and what about it is not as it was."""
    before = known.course.session(session)
    notes = []
    if place.number != before.number:
        notes.append(f"becomes session {place.number}")
    if before.resources and set(place.resources) != set(before.resources):
        notes.append(f"with {view.names(code for code in place.resources if code not in before.resources)} instead")
    window, local = known.course.request.window, view.time.local(place.interval.starts_at)
    if window and not window.holds(local.hour * 60 + local.minute):
        notes.append("outside the wished time")
    return Offer(local, view.names(place.resources), ", ".join(notes))
