"""Openings: places that became free, who is being offered one, and who waits; offering, and what was answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from courses import offering, queries
from courses.openings.offer import Offering
from courses.openings.wish import EVERY_DAY, Aim, NewWish, When
from courses.queries import openings as looks
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from rooms.availability.hours import MINUTES_OF_DAY, clock_minutes
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from scheduler import openings
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.course_pages import course_page
from scheduler.web.forms import AsTyped, Key, Typed, done_once
from scheduler.web.opening_views import openings_view
from scheduler.web.pages import framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.rendering import counted

router = APIRouter()

SAID = {
    "accept": "Moved to the new time. The old place is free, and is offered to the next.",
    "decline": "The place goes to the next in turn. The wish stands; that day is not offered again.",
    "withdraw": "The offer is withdrawn. The place is free.",
    "wished": "Written down. A place that suits is offered as soon as one is free.",
    "unwished": "The wish is taken back.",
    "settings": "Saved.",
    "none": "No free place suits anybody who waits.",
}


@router.get("/sites/{site}/openings")
def show_openings(request: Request, site: Key, desk: AtDesk, done: str = "", offered: int = 0) -> HTMLResponse:
    """Offers that run, places that became free, and who waits for one."""
    said = f"{counted(offered, 'place')} offered." if 0 < offered < 1000 else SAID.get(done, "")
    with desk.reading() as db:
        return _page(request, db, desk, site, done=said)


@router.post("/sites/{site}/openings/offer")
def offer_now(request: Request, site: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Offer what is free to whoever is next, without waiting for the program: within one freed place, or anywhere."""
    with desk.reading() as db:
        site_id = rooms_queries.site(db, site).id
    try:
        during = _during(form)
    except DomainError as refused:
        with desk.reading() as db:
            return _page(request, db, desk, site, refused=refused)
    openings.end_what_is_over(desk.database, desk.clock, site_id)
    most = 1 if during else openings.MOST_ROUNDS
    made, _ = openings.offer_in_turn(desk.database, desk.clock, site_id, by=desk.by, during=during, most=most)
    return RedirectResponse(f"/sites/{site}/openings?{f'offered={made}' if made else 'done=none'}", 303)


def _during(form: Typed) -> Interval | None:
    if "begins" not in form:
        return None
    try:
        return Interval(datetime.fromisoformat(form["begins"]), datetime.fromisoformat(form["ends"]))
    except ValueError as fault:
        raise Faulty("begins", "this place cannot be read; open the page again") from fault


@router.post("/offers/{offer}/accept")
def accept_offer(request: Request, offer: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The patient takes it: the visit moves, in one step."""
    return _answer(request, offer, "accept", form, desk)


@router.post("/offers/{offer}/decline")
def decline_offer(request: Request, offer: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The patient would rather not: the next has their turn."""
    return _answer(request, offer, "decline", form, desk)


@router.post("/offers/{offer}/withdraw")
def withdraw_offer(request: Request, offer: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Take an offer back."""
    return _answer(request, offer, "withdraw", form, desk)


ANSWERS: dict[str, Callable[[Db, str, Doing], object]] = {
    "accept": offering.accept,
    "decline": offering.decline,
    "withdraw": offering.withdraw,
}


def _answer(request: Request, offer: str, answer: str, form: Typed, desk: Desk) -> Response:
    with desk.reading() as db:
        site = rooms_queries.site(db, looks.offer(db, offer).site_id)

    def work(db: Db) -> str:
        ANSWERS[answer](db, offer, Doing(desk.by, desk.now, desk.new_id, "offered an opening"))
        return f"/sites/{site.public_id}/openings?done={answer}"

    return _done(request, desk, form, site.public_id, work)


@router.post("/courses/{course}/openings/wish")
def put_wish(request: Request, course: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Write down that a patient would have another time."""

    def work(db: Db) -> str:
        known = queries.course(db, course)
        offering.put_wish(db, _wish(form, known.course.id), Doing(desk.by, desk.now, desk.new_id))
        return f"/sites/{known.site.public_id}/openings?done=wished"

    try:
        answer = done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            return course_page(request, db, desk, course, refused=refused, form=form, verb="wish")
    _look(desk, course)
    return answer


def _look(desk: Desk, course: str) -> None:
    with desk.reading() as db:
        site_id = queries.course(db, course).site.id
    openings.look_at_once(desk.database, desk.clock, [site_id])


@router.post("/wishes/{wish}/withdraw")
def withdraw_wish(request: Request, wish: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Take a wish back; what is being offered for it is free again."""
    with desk.reading() as db:
        site = rooms_queries.site(db, looks.wish(db, wish).site_id)

    def work(db: Db) -> str:
        offering.withdraw_wish(db, wish, Doing(desk.by, desk.now, desk.new_id))
        return f"/sites/{site.public_id}/openings?done=unwished"

    return _done(request, desk, form, site.public_id, work)


@router.post("/sites/{site}/openings/settings")
def change_settings(request: Request, site: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Say for how long a place is kept, when the desk calls, and whether places are offered by themselves."""

    def work(db: Db) -> str:
        wanted = Offering(form.whole("hold_minutes"), form.whole("desk_hours"), form["by_itself"] == "yes")
        offering.set_offering(db, site, wanted, expected=form.whole("version"))
        return f"/sites/{site}/openings?done=settings"

    return _done(request, desk, form, site, work)


def _done(request: Request, desk: Desk, form: Typed, site: str, work: Callable[[Db], str]) -> Response:
    """Do it, and at once what a worker would do with its next beat; or show why not."""
    try:
        answer = done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            return _page(request, db, desk, site, refused=refused)
    with desk.reading() as db:
        site_id = rooms_queries.site(db, site).id
    openings.look_at_once(desk.database, desk.clock, [site_id])
    return answer


def _wish(form: Typed, course: str) -> NewWish:
    """What a form asks for. Raises `Faulty`."""
    days = form.all("weekday")
    if not set(days) <= {str(each) for each in EVERY_DAY}:
        raise Faulty("weekdays", "tick at least one weekday")
    if form["aim"] not in set(Aim):
        raise Faulty("aim", "say whether a sooner place is wished for, or other times")
    when = When(
        frozenset(int(each) for each in days) or EVERY_DAY,
        clock_minutes(f"{form.time('from'):%H:%M}") if "from" in form else 0,
        clock_minutes(f"{form.time('until'):%H:%M}") if "until" in form else MINUTES_OF_DAY,
        form.date("earliest") if "earliest" in form else None,
        form.date("latest") if "latest" in form else None,
        form.whole("notice_hours") if "notice_hours" in form else 0,
    )
    return NewWish(course, form["session"] or None, Aim(form["aim"]), when, _priority(form))


def _priority(form: Typed) -> float:
    try:
        return float(form["priority"] or 1)
    except ValueError as fault:
        raise Faulty("priority", f"{form['priority']!r} is no number; 1 is as usual") from fault


def _page(request: Request, db: Db, desk: Desk, site: str, *, refused: DomainError | None = None, done: str = "") -> HTMLResponse:
    frame = framed(request, db, site)
    return show(
        "openings.html",
        frame,
        page="waiting",
        status=status_of(refused),
        view=openings_view(db, frame.site, desk.now),
        offering=looks.offering(db, frame.site.id),
        refused=refused,
        faults=faults_of(refused),
        done=done,
        request_key=desk.new_id("f_"),
    )
