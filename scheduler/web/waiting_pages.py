"""The waiting list: who waits for a course, planning many together, looking at what was found, and booking it course by course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask

from courses import queries, waiting
from courses.errors import Unknown
from courses.plans.ongoing.course import CourseWish
from courses.plans.request import Authorization, Window
from courses.plans.waiting.wait import WaitingStatus
from courses.protocols.version import VersionStatus
from courses.queries import KnownWaiting
from courses.waiting import Acting
from rooms import queries as rooms_queries
from rooms.availability.hours import clock_minutes, clock_text
from rooms.base import Db
from rooms.errors import DomainError, Faulty
from scheduler.dependencies import AtDesk, Desk
from scheduler.waiting_list import SECONDS, book_each, make_joint_plan
from scheduler.web.forms import AsTyped, Key, Typed, done_once
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import status_of
from scheduler.web.waiting_views import (
    AnswerView,
    JointView,
    WaitingView,
    history_shown,
    protocols_waited_for,
    sessions_shown,
)

router = APIRouter(prefix="/waiting-list")

SAID = {
    "put_on": "The course is on the waiting list. Nothing is booked yet.",
    "changed": "The wishes are changed. The place on the list stays.",
    "taken_off": "Taken off the waiting list.",
}
FIELDS = {
    "start_on_or_after": "start_on",
    "start_on_or_before": "start_by",
    "finish_on_or_before": "finish_by",
    "prefer.window": "window_until",
    "authorization.sessions": "units",
    "authorization.valid_until": "valid_until",
}
"""What the floors below call a field, and what it is called on these pages."""
WISHES = (
    "start_on",
    "start_by",
    "finish_by",
    "priority",
    "window_from",
    "window_until",
    "units",
    "valid_from",
    "valid_until",
    "ordered_by",
)


@router.get("")
def show_list(
    request: Request, desk: AtDesk, protocol: Annotated[str, Query(pattern="^[A-Za-z0-9_]{0,40}$")] = "", done: str = ""
) -> HTMLResponse:
    """Who waits: the weightiest first, then who has waited longest."""
    with desk.reading() as db:
        return _list_page(db, desk, framed(request, db), protocol=protocol, done=SAID.get(done, ""))


@router.post("/plan")
def plan_together(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Begin to plan all who wait (of one protocol, where the list shows but those), or those ticked, together."""
    asked: list[str] = []

    def ask(db: Db) -> str:
        frame = framed(request, db)
        acting, limit = Acting(desk.by, desk.now), timedelta(seconds=SECONDS)
        keys = form.all("chosen") if form["which"] == "ticked" else _listed(db, frame, form["protocol"])
        return waiting.ask_together(db, frame.site.public_id, acting, new_id=desk.new_id, keys=keys, limit=limit).id

    def once(db: Db) -> str:
        asked.append(ask(db))
        return f"/waiting-list/plans/{asked[-1]}"

    try:
        answer = done_once(desk, form, once)
    except DomainError as refused:
        with desk.reading() as db:
            return _list_page(db, desk, framed(request, db), protocol=form["protocol"], refused=refused)
    if asked:
        answer.background = BackgroundTask(make_joint_plan, desk.database, desk.clock, asked[-1])
    return answer


@router.get("/plans/{joint}")
def show_joint_plan(request: Request, joint: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """How far a joint plan is or, once it is ready, what was found for each course."""
    with desk.reading() as db:
        return _joint_page(request, db, desk, joint, done=bool(done))


@router.post("/plans/{joint}/book")
def book_together(request: Request, joint: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Book all that were found, or those ticked, each on its own; sent twice, each is booked once."""
    keys = form.all("chosen")
    try:
        if form["which"] == "all":
            with desk.reading() as db:
                keys = [answer.waiting.id for answer in queries.joint_plan(db, joint).joint.open_answers]
        elif not keys:
            raise Faulty("", "tick at least one course")
        book_each(desk.database, desk.clock, joint, keys, desk.by)
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            return _joint_page(request, db, desk, joint, refused=refused)
    return RedirectResponse(f"/waiting-list/plans/{joint}?done=booked", 303)


@router.get("/plans/{joint}/{key}")
def show_answer(request: Request, joint: Key, key: Key, desk: AtDesk) -> HTMLResponse:
    """Every session that a joint plan has for one course. Raises `Unknown` where it has none."""
    with desk.reading() as db:
        known = queries.joint_plan(db, joint, only=key)
        frame, answer = framed(request, db, known.site.id), known.joint.answer(key)
        if answer is None or answer.plan is None:
            raise Unknown("plan of this course", key)
        resources = rooms_queries.resources(db, frame.site.id, retired=True)
        return show(
            "joint_answer.html",
            frame,
            page="waiting",
            answer=AnswerView.of(answer, joint, frame.time, desk.now),
            sessions=sessions_shown(answer.plan, resources, frame.time),
            back_href=f"/waiting-list/plans/{joint}",
        )


@router.get("/{key}")
def show_waiting_course(request: Request, key: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """One course on the list, with what happened to it."""
    with desk.reading() as db:
        return _course_page(request, db, desk, key, done=SAID.get(done, ""))


@router.post("/{key}/wishes")
def change_wishes(request: Request, key: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Wish for something else; the place on the list stays."""

    def work(db: Db) -> str:
        wish = _wish(form, queries.waiting_course(db, key))
        acting = Acting(desk.by, desk.now, expected=form.whole("version"))
        waiting.change_wish(db, key, wish, acting, ordered_by=form["ordered_by"])
        return f"/waiting-list/{key}?done=changed"

    return _changed(request, desk, form, key, work)


@router.post("/{key}/take-off")
def take_off(request: Request, key: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Take a course off the list, for a reason."""

    def work(db: Db) -> str:
        waiting.take_off(db, key, Acting(desk.by, desk.now, form["reason"], form.whole("version")))
        return "/waiting-list?done=taken_off"

    return _changed(request, desk, form, key, work)


def _listed(db: Db, frame: Frame, protocol: str) -> list[str]:
    return [known.waiting.id for known in queries.waiting_courses(db, frame.site.id, protocol=protocol or None)]


def _list_page(  # each is a part of the page
    db: Db, desk: Desk, frame: Frame, *, protocol: str = "", refused: DomainError | None = None, done: str = ""
) -> HTMLResponse:
    everybody = queries.waiting_courses(db, frame.site.id)
    listed = [known for known in everybody if protocol in {"", known.waiting.version_of.protocol_id}]
    return show(
        "waiting_list.html",
        frame,
        page="waiting",
        status=status_of(refused),
        waiting=[WaitingView.of(known.waiting, frame.time, desk.now, known.site.site) for known in listed],
        protocols=protocols_waited_for(everybody),
        protocol=protocol,
        latest=_latest(db, desk, frame),
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )


def _latest(db: Db, desk: Desk, frame: Frame) -> JointView | None:
    """The newest joint plan, while it is of use."""
    newest = queries.newest_joint_plan(db, frame.site.id)
    if newest is None:
        return None
    view = JointView.of(queries.joint_plan(db, newest).joint, frame.time, desk.now)
    return view if view.state == "under_way" or (view.state == "ready" and view.to_book) else None


def _joint_page(
    request: Request, db: Db, desk: Desk, joint: str, *, refused: DomainError | None = None, done: bool = False
) -> HTMLResponse:
    known = queries.joint_plan(db, joint)
    frame = framed(request, db, known.site.id)
    return show(
        "joint_plan.html",
        frame,
        page="waiting",
        status=status_of(refused),
        joint=JointView.of(known.joint, frame.time, desk.now),
        again=[answer.waiting.id for answer in known.joint.answers if answer.waiting.status is WaitingStatus.WAITING],
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )


def _changed(request: Request, desk: Desk, form: Typed, key: str, work: Callable[[Db], str]) -> Response:
    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            return _course_page(request, db, desk, key, refused=refused, form=form)


def _course_page(  # noqa: PLR0913  # each is a part of the page
    request: Request, db: Db, desk: Desk, key: str, *, refused: DomainError | None = None, form: Typed | None = None, done: str = ""
) -> HTMLResponse:
    known = queries.waiting_course(db, key)
    frame = framed(request, db, known.site.id)
    view = WaitingView.of(known.waiting, frame.time, desk.now, known.site.site)
    return show(
        "waiting_course.html",
        frame,
        page="waiting",
        status=status_of(refused),
        there=view,
        asked=form.values(*WISHES) if form else _as_text(known),
        reason=form["reason"] if form else "",
        is_retired=known.waiting.version_of.status is not VersionStatus.ACTIVE,
        history=history_shown(queries.waiting_history_of(db, known.id), frame.time),
        faults=_faults(refused),
        refused=refused,
        done=done,
        today=frame.time.date_of(desk.now),
        request_key=desk.new_id("k_"),
    )


def _faults(refused: DomainError | None) -> dict[str, str]:
    found = dict.fromkeys((*WISHES, "reason"), "")
    if isinstance(refused, Faulty):
        sentence = refused.message.removeprefix(f"{refused.field}: ")
        found[FIELDS.get(refused.field, refused.field)] = f"{sentence[:1].upper()}{sentence[1:]}."
    return found


def _as_text(known: KnownWaiting) -> dict[str, str]:
    """The wishes as they stand in the form."""
    wish = known.waiting.wish
    window, permit = wish.window, wish.authorization
    return {
        "start_on": str(wish.start_on_or_after),
        "start_by": str(wish.start_on_or_before or ""),
        "finish_by": str(wish.finish_on_or_before or ""),
        "priority": f"{wish.priority:g}",
        "window_from": clock_text(window.opens) if window else "",
        "window_until": clock_text(window.closes) if window else "",
        "units": str(permit.sessions) if permit else "",
        "valid_from": str(permit.valid_from) if permit else "",
        "valid_until": str(permit.valid_until) if permit else "",
        "ordered_by": known.waiting.ordered_by,
    }


def _wish(form: Typed, known: KnownWaiting) -> CourseWish:
    """What a form asks for, by the protocol version of before or, if that is retired, by the present one. Raises `Faulty`."""
    there = known.waiting
    return replace(
        there.wish,
        version=there.wish.version if there.version_of.status is VersionStatus.ACTIVE else None,
        start_on_or_after=form.date("start_on"),
        start_on_or_before=_date(form, "start_by"),
        finish_on_or_before=_date(form, "finish_by"),
        priority=_priority(form),
        window=_window(form),
        authorization=_authorization(form),
    )


def _date(form: Typed, name: str) -> date | None:
    return form.date(name) if name in form else None


def _priority(form: Typed) -> float:
    try:
        return float(form["priority"] or 1)
    except ValueError as fault:
        raise Faulty("priority", f"{form['priority']!r} is no number; 1 is as usual") from fault


def _window(form: Typed) -> Window | None:
    if "window_from" not in form and "window_until" not in form:
        return None
    opens = clock_minutes(f"{form.time('window_from'):%H:%M}") if "window_from" in form else 0
    closes = clock_minutes(f"{form.time('window_until'):%H:%M}") if "window_until" in form else 24 * 60
    return Window(opens, closes)


def _authorization(form: Typed) -> Authorization | None:
    if not any(name in form for name in ("units", "valid_from", "valid_until")):
        return None
    return Authorization(form.whole("units"), form.date("valid_from"), form.date("valid_until"))
