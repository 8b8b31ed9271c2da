"""The editor of a document that is published in versions: checked as often as one likes, published when nothing is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from courses.errors import CodeTaken, Faulty
from courses.protocols.located.faults import Fault, FaultyDocument
from rooms.base import Db
from rooms.queries import KnownSite
from scheduler.dependencies import Desk
from scheduler.web.forms import Typed, done_once
from scheduler.web.pages import framed, show


@dataclass(frozen=True, slots=True)
class Editor:
    """What is edited, where it is sent and where one goes back to. `code` is that of the document; empty for a new one."""

    title: str
    action: str
    back_href: str
    code: str = ""
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document. `word` is what it is called, `page` its entry of the menu.

    `code_in` gives the id that a text says, or raises `FaultyDocument`; `is_there` tells whether the site has one of that code; `publish`
    publishes a text and gives the address to go to.
    """

    word: str
    page: str
    template: str
    code_in: Callable[[Db, KnownSite, str], str]
    is_there: Callable[[Db, KnownSite, str], bool]
    publish: Callable[[Db, KnownSite, Desk, Editor, str, Typed], str]


def show_editor(  # noqa: PLR0913  # what the page shows
    request: Request,
    desk: Desk,
    kind: Kind,
    editor: Editor,
    text: str,
    *,
    faults: tuple[Fault, ...] = (),
    checked: bool = False,
    from_on: str = "",
) -> HTMLResponse:
    """The editor with a text, and what is wrong with it. `from_on` is a day that was chosen before; empty: today."""
    with desk.reading() as db:
        frame = framed(request, db)
    today: date = frame.time.date_of(desk.now)
    return show(
        kind.template,
        frame,
        page=kind.page,
        status=422 if faults else 200,
        title=editor.title,
        action=editor.action,
        back_href=editor.back_href,
        is_new=not editor.code,
        text=text,
        faults=faults,
        checked=checked,
        from_on=from_on or today.isoformat(),
        today=today,
        request_key=desk.new_id("k_"),
    )


def checked_or_published(request: Request, form: Typed, desk: Desk, kind: Kind, editor: Editor) -> Response:
    """Check what was written, or publish it; with what is wrong beside it where something is."""
    text = _text(form)
    try:
        with desk.reading() as db:
            _check(db, framed(request, db).site, kind, editor, text)
        if form["do"] != "publish":
            return show_editor(request, desk, kind, editor, text, checked=True, from_on=form["from_on"])
        desk.pay()
        return done_once(desk, form, lambda db: _publish(db, framed(request, db).site, desk, kind, editor, form))
    except FaultyDocument as faulty:
        faults = faulty.faults
    except CodeTaken:
        faults = (_taken(kind, text),)
    except Faulty as refused:
        faults = (Fault(kind.word, 0, 0, refused.field, refused.message.removeprefix(f"{refused.field}: ")),)
    return show_editor(request, desk, kind, editor, text, faults=faults, from_on=form["from_on"])


def _text(form: Typed) -> str:
    """The document as it was typed; browsers end its lines in two letters."""
    return form.raw("text").replace("\r\n", "\n")


def _check(db: Db, site: KnownSite, kind: Kind, editor: Editor, text: str) -> None:
    """Raises `FaultyDocument`, for an id that was changed too: that would be another one."""
    code = kind.code_in(db, site, text)
    if editor.code and code != editor.code:
        said = f"this is a version of {editor.code!r}, and keeps that id; to make another {kind.word} of it, copy it"
        raise FaultyDocument([Fault(kind.word, line_of_id(text), 1, "id", said)])
    if not editor.code and kind.is_there(db, site, code):
        raise FaultyDocument([_taken(kind, text)])


def _taken(kind: Kind, text: str) -> Fault:
    said = f"there is a {kind.word} of this id already; choose another, or edit that one"
    return Fault(kind.word, line_of_id(text), 1, "id", said)


def _publish(db: Db, site: KnownSite, desk: Desk, kind: Kind, editor: Editor, form: Typed) -> str:
    text = _text(form)
    _check(db, site, kind, editor, text)
    return kind.publish(db, site, desk, editor, text, form)


def line_of_id(text: str) -> int:
    """The line at which a document says its id; 0 where it does not."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if re.match(r"id\s*:", line)), 0)
