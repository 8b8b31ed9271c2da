"""Messages by what became of them, one message with its history, and what patients wrote back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rooms.base import Db
from rooms.errors import DomainError, Unknown
from scheduler.dependencies import AtDesk, Desk
from scheduler.reminders import queries
from scheduler.reminding import calling
from scheduler.reminding import queries as desk_queries
from scheduler.reminding.situation import situations
from scheduler.web.forms import AsTyped, Key, done_once
from scheduler.web.message_views import HAPPENED, OUTCOMES, calls_to_make, line_of, lines_of, patients_of, reply_lines, why_words
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import status_of

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Tab:
    """Messages in some states, under one word."""

    name: str
    label: str
    states: tuple[str, ...]
    says: str


TABS = (
    Tab("planned", "Planned", ("planned", "claimed"), "What goes out by itself, the next one first."),
    Tab("sent", "Sent", ("sent",), "Taken by the mail server or the gateway."),
    Tab(
        "uncertain",
        "Uncertain",
        ("uncertain",),
        "May or may not have gone out. Each is sent once more at most, unless a report settles it.",
    ),
    Tab("parked", "Parked", ("parked",), "A person decides: send it again, or call."),
    Tab("failed", "Failed", ("failed", "expired"), "Refused for good, or too late to be of use."),
    Tab("dropped", "Dropped", ("voided",), "What it was about has changed, so it never went out."),
)
REPLIES = Tab("replies", "Replies", (), "What patients wrote back and a person has to read.")
SAID = {
    "again": "It goes out again, within the patient's hours and not more often than allowed.",
    "closed": "Dealt with. It stays among all replies.",
}


@router.get("/messages")
def go_to_messages(request: Request, desk: AtDesk) -> RedirectResponse:
    """The messages of the site that one works at."""
    with desk.reading() as db:
        return RedirectResponse(f"/sites/{framed(request, db).site.public_id}/messages", 303)


@router.get("/sites/{site}/messages")
def show_messages(  # what an address may ask for
    request: Request, site: Key, desk: AtDesk, tab: str = "planned", everything: bool = False, done: str = ""
) -> HTMLResponse:
    """The messages of a site under one tab; under `replies`, what was written back, and with `everything` also what is dealt with."""
    with desk.reading() as db:
        frame = framed(request, db, site)
        return _page(db, frame, desk, tab, everything=everything, done=SAID.get(done, ""))


def _page(db: Db, frame: Frame, desk: Desk, name: str, *, everything: bool, done: str) -> HTMLResponse:
    counts, is_inbox = desk_queries.counts_at(db, frame.site.id), name == REPLIES.name
    tab = next((each for each in TABS if each.name == name), TABS[0])
    replies = queries.replies(db, frame.site.id, is_open=not everything) if is_inbox else ()
    messages = () if is_inbox else desk_queries.messages_in(db, frame.site.id, tab.states)
    numbers = {each.name: sum(counts.get(state, 0) for state in each.states) for each in TABS}
    return show(
        "messages.html",
        frame,
        page="messages",
        tabs=(*TABS, REPLIES),
        tab=REPLIES if is_inbox else tab,
        numbers=numbers | {REPLIES.name: desk_queries.open_replies(db, frame.site.id)},
        to_call=len(calls_to_make(db, frame, desk.now)),
        messages=lines_of(db, frame, messages),
        replies=reply_lines(db, frame, replies),
        everything=everything,
        is_set=bool(queries.messagings(db, [frame.site.id])),
        most=desk_queries.MOST_SHOWN,
        done=done,
        request_key=desk.new_id("f_"),
    )


@router.get("/messages/{message}")
def show_message(request: Request, message: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """One message: what it says, why it is as it is, and everything that happened to it."""
    with desk.reading() as db:
        return _message_page(request, db, desk, message, done=SAID.get(done, ""))


@router.post("/messages/{message}/send-again")
def send_again(request: Request, message: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Let one go out once more; quiet hours, the most a day, opting out and what is true then still hold."""

    def work(db: Db) -> str:
        calling.send_again(db, message, now=desk.now)
        return f"/messages/{message}?done=again"

    return _changed(
        lambda: done_once(desk, form, work), lambda db, refused: _message_page(request, db, desk, message, refused=refused), desk
    )


@router.post("/replies/{reply}/close")
def close_reply(request: Request, reply: Key, form: AsTyped, desk: AtDesk) -> RedirectResponse:
    """Somebody has dealt with a reply."""

    def work(db: Db) -> str:
        calling.close_reply(db, reply, by=desk.by, now=desk.now)
        site = framed(request, db, queries.reply_row(db, reply).site_id or form["site"] or None).site.public_id
        return f"/sites/{site}/messages?tab=replies&done=closed"

    return done_once(desk, form, work)


def _changed(work: Callable[[], Response], page: Callable[[Db, DomainError], Response], desk: Desk) -> Response:
    """What a form asks for, or the page again with why not."""
    try:
        return work()
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            return page(db, refused)


def _message_page(  # what the page says
    request: Request, db: Db, desk: Desk, key: str, *, done: str = "", refused: DomainError | None = None
) -> HTMLResponse:
    message = queries.message(db, key)
    frame = framed(request, db, message.site_id)
    local = frame.time.local
    happened = [
        (local(each.at), HAPPENED.get(each.what, each.what.replace("_", " ")), why_words(each.detail))
        for each in queries.happened(db, message.id)
    ]
    calls = [
        (local(each.at), f"{OUTCOMES.get(each.outcome, each.outcome)} ({each.by})", each.note)
        for each in desk_queries.calls_about(db, [message.id], [])
    ]
    situation = situations(db, [message.course_id], now=desk.now)[message.course_id]
    return show(
        "message.html",
        frame,
        page="messages",
        status=status_of(refused),
        message=line_of(message, patients_of(db, [message.patient_id])[message.patient_id], frame),
        useful_until=local(message.useful_until),
        words=situation.words(message) if message.channel != "desk" and situation.messaging else None,
        happened=sorted([*happened, *calls], key=lambda each: each[0]),
        refused=refused,
        done=done,
        request_key=desk.new_id("f_"),
    )
