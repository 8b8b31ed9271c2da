"""Whom somebody has to call, the soonest visits first, and what came of the calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from rooms.base import Db
from rooms.errors import DomainError, Unknown
from scheduler.dependencies import AtDesk, Desk
from scheduler.reminding.phoning import Call, Outcome, called, not_called, outcome_of
from scheduler.web.forms import AsTyped, Key, Typed, done_once
from scheduler.web.message_views import OUTCOMES, calls_made, calls_to_make
from scheduler.web.pages import framed, show
from scheduler.web.refusals import status_of

router = APIRouter(prefix="/sites/{site}/calls")

LATELY = timedelta(hours=24)
"""How long somebody who was taken off the list is still shown below it."""
SAID = {
    "called": "Noted. Nobody else has to call.",
    "tried": "Noted. They stay on the list until somebody has spoken with them.",
    "undone": "Back on the list.",
}


@router.get("")
def show_calls(request: Request, site: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """The call list of a site, and who was taken off it in the last day."""
    return _page(request, desk, site, done=SAID.get(done, ""))


@router.post("")
def note_call(request: Request, site: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Somebody called: what came of it."""

    def work(db: Db) -> str:
        at = framed(request, db, site).site
        outcome = outcome_of(form["outcome"])
        called(db, Call(tuple(form.all("message")), tuple(form.all("reply")), outcome, form["note"], desk.by, desk.now))
        done = "called" if outcome in {Outcome.SPOKE, Outcome.NOT_NEEDED} else "tried"
        return f"/sites/{at.public_id}/calls?done={done}"

    return _changed(request, desk, form, site, work)


@router.post("/undo")
def put_back(request: Request, site: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Put somebody back on the list who was taken off it by mistake."""

    def work(db: Db) -> str:
        at = framed(request, db, site).site
        not_called(db, form.all("message"), form.all("reply"), by=desk.by, now=desk.now)
        return f"/sites/{at.public_id}/calls?done=undone"

    return _changed(request, desk, form, site, work)


def _changed(request: Request, desk: Desk, form: Typed, site: str, work: Callable[[Db], str]) -> Response:
    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        return _page(request, desk, site, refused=refused)


def _page(request: Request, desk: Desk, site: str, *, done: str = "", refused: DomainError | None = None) -> HTMLResponse:
    with desk.reading() as db:
        frame = framed(request, db, site)
        to_make, made = calls_to_make(db, frame, desk.now), calls_made(db, frame, desk.now - LATELY, desk.now)
    return show(
        "calls.html",
        frame,
        page="messages",
        status=status_of(refused),
        calls=to_make,
        made=made,
        outcomes=[(each.value, OUTCOMES[each]) for each in Outcome],
        today=frame.time.date_of(desk.now),
        refused=refused,
        done=done,
        request_key=desk.new_id("f_"),
    )
