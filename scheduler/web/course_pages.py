"""One course: how far it is, what happened, and what can be done to it; each change is shown with what follows before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from courses import queries, rescheduling
from courses.plans.request import Authorization
from courses.queries import KnownCourse
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Unknown
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.course_views import CourseView, MoveView
from scheduler.web.forms import ONCE, AsTyped, Key, Typed, done_once, what_would_follow
from scheduler.web.opening_views import wishes_of
from scheduler.web.pages import framed, show
from scheduler.web.refusals import RefusalView, faults_of, refusal_of, status_of
from scheduler.web.rendering import counted

router = APIRouter()

JUST_NOW = timedelta(minutes=2)
"""How long after it was done a change is told at the top of the page."""

Do = Callable[[Db, Doing], None]
"""A change to a course."""

TITLES = {"hold": "Put the course on hold", "resume": "Resume the course", "extend": "Extend the course", "stop": "Stop the course"}
BUTTONS = {"hold": "Put on hold", "resume": "Resume", "extend": "Extend", "stop": "Stop the course"}
WISH = ("aim", "session", "from", "until", "earliest", "latest", "notice_hours", "priority")
FIELDS = ("reason", "from_on", "despite_gap", "more", "units", "valid_from", "valid_until", *WISH)


@router.get("/courses/{course}")
def show_course(request: Request, course: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """A course with all its sessions."""
    with desk.reading() as db:
        return course_page(request, db, desk, course, tell=bool(done))


@router.post("/courses/{course}/{verb}")
def change_course(request: Request, course: Key, verb: str, form: AsTyped, desk: AtDesk) -> Response:
    """Hold, resume, extend or stop a course: first what follows is shown, then it is done."""
    if verb not in TITLES:
        raise Unknown("way to change a course", verb)
    try:
        do = _doing_it(course, verb, form)
        if form["confirmed"]:
            return done_once(desk, form, lambda db: changed(db, desk, form, course, do))
        return _confirm(request, desk, form, course, verb, do)
    except Unknown:
        raise
    except DomainError as error:
        with desk.reading() as db:
            return course_page(request, db, desk, course, refused=error, form=form, verb=verb)


def _doing_it(course: str, verb: str, form: Typed) -> Do:
    """What a form asks for. Raises `Faulty` for what it cannot mean."""
    if verb == "resume":
        from_on = form.date("from_on")
        return lambda db, doing: _ignore(rescheduling.resume_course(db, course, from_on, doing, despite_gap="despite_gap" in form))
    if verb == "extend":
        more, permit = form.whole("more") if form["more"] else None, _authorization(form)
        return lambda db, doing: _ignore(rescheduling.extend_course(db, course, doing, more=more, authorization=permit))
    change = rescheduling.hold_course if verb == "hold" else rescheduling.stop_course
    return lambda db, doing: _ignore(change(db, course, doing))


def _ignore(_: object) -> None:
    """What a change gives is read again from the database."""


def _authorization(form: Typed) -> Authorization | None:
    if not form["units"]:
        return None
    return Authorization(form.whole("units"), form.date("valid_from"), form.date("valid_until"))


def changed(db: Db, desk: Desk, form: Typed, course: str, do: Do) -> str:
    """Do what a form asks, to the course as its page showed it. Gives the address that tells of it."""
    expected = form.whole("version") if form["version"] else None
    do(db, Doing(desk.by, desk.now, desk.new_id, form["reason"] or None, expected))
    return f"/courses/{course}?done=yes"


def _confirm(request: Request, desk: Desk, form: Typed, course: str, verb: str, do: Do) -> HTMLResponse:
    def work(db: Db) -> HTMLResponse:
        moves, view = followed(db, desk, form, course, do)
        return confirm_page(request, db, view, moves, form, title=TITLES[verb], button=BUTTONS[verb], is_grave=verb == "stop")

    return what_would_follow(desk, work)


def followed(db: Db, desk: Desk, form: Typed, course: str, do: Do, subject: str = "") -> tuple[list[MoveView], CourseView]:
    """What becomes of the course's sessions when it is done; `subject` is the session that it is done to."""
    before = queries.course(db, course)
    changed(db, desk, form, course, do)
    view = view_of(db, queries.course(db, course), desk)
    return view.changes_from(before.course, subject), view


def confirm_page(  # noqa: PLR0913  # what the page says
    request: Request, db: Db, view: CourseView, moves: list[MoveView], form: Typed, *, title: str, button: str, is_grave: bool
) -> HTMLResponse:
    """What follows, and the same form once more to do it."""
    kept = [(name, value) for name, value in form.items if name != "confirmed"]
    return show(
        "confirm.html",
        framed(request, db, view.course.site),
        page="patients",
        title=title,
        sentence=f"{view.course.patient.name}, {view.title}.",
        follows=sentence_of(moves),
        moves=moves,
        action=form.address,
        fields=kept,
        button=button,
        is_grave=is_grave,
        back_href=view.href,
    )


def sentence_of(moves: list[MoveView]) -> str:
    """What follows in one sentence, the session that it is done to left out."""
    others = [move for move in moves if not move.is_subject]
    moved = sum(move.from_at is not None and move.to_at is not None for move in others)
    placed = sum(move.from_at is None and move.to_at is not None for move in others)
    gone = sum(move.to_at is None for move in others)
    said = [
        f"{counted(n, 'session')} {one if n == 1 else many}"
        for n, one, many in (
            (moved, "changes its place", "change their place"),
            (placed, "gets a new place", "get a new place"),
            (gone, "has no place then", "have no place then"),
        )
        if n
    ]
    return f"{', '.join(said)}." if said else "No other session moves."


def course_page(  # noqa: PLR0913  # what the page says
    request: Request,
    db: Db,
    desk: Desk,
    course: str,
    *,
    tell: bool = False,
    refused: DomainError | None = None,
    form: Typed | None = None,
    verb: str = "",
) -> HTMLResponse:
    """The page of a course; with what was just done, or why something could not be."""
    known = queries.course(db, course)
    view = view_of(db, known, desk)
    history = view.history(queries.history_of(db, known.id))
    recent = tell and history and desk.now - history[0].at < JUST_NOW
    return show(
        "course.html",
        framed(request, db, known.site.public_id),
        page="patients",
        status=status_of(refused),
        view=view,
        course=known.course,
        patient=known.course.patient,
        document=known.course.version_of.document,
        history=history,
        wishes=wishes_of(db, known.site, known.course.id, desk.now),
        done=history[0].what if recent else "",
        refused=_refusal(refused, view),
        faults=faults_of(refused),
        asked=form.values(*FIELDS) if form else dict.fromkeys(FIELDS, "") | {"from_on": str(view.time.date_of(desk.now))},
        open_verb=verb,
        today=view.time.date_of(desk.now),
        once_name=ONCE,
        request_key=desk.new_id("f_"),
    )


def _refusal(refused: DomainError | None, view: CourseView) -> RefusalView | None:
    return None if refused is None else refusal_of(refused, view)


def view_of(db: Db, known: KnownCourse, desk: Desk) -> CourseView:
    """What the pages show of a course."""
    resources = rooms_queries.resources(db, known.site.id, retired=True)
    return CourseView(known.course, SiteTime(known.site.site.timezone), resources, desk.now)
