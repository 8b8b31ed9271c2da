"""The clinic's checklists: each as the nurse will see it, its versions, and the editor that publishes new ones."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from courses import publishing
from courses.checklists.checklist import Checklist
from courses.checklists.notation import read_checklist
from courses.checklists.version import ChecklistVersion, SameQuestion, check_questions
from courses.errors import Unknown
from courses.library import library
from courses.protocols.located.faults import Fault, FaultyDocument
from courses.protocols.version import VersionStatus
from courses.queries import checklists as queries
from rooms.base import Db
from rooms.queries import KnownSite
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.checklist_views import line_of, page_of, versions_shown
from scheduler.web.document_pages import Editor, Kind, checked_or_published, show_editor
from scheduler.web.forms import AsTyped, Key, Typed, date_of, done_once
from scheduler.web.pages import Frame, framed, show
from scheduler.web.rendering import MODALITIES

router = APIRouter(prefix="/checklists")

FILE = "checklist"
Version = Annotated[int | None, Query(ge=1, le=10_000)]

STARTER = """\
id: my-checklist
title: My checklist
used_for:
  - {modality: other}
items:
  - {code: identity, words: "Name and birth date checked", kind: check, required: true, due: [{before: start}]}
  - {code: how-it-was, words: "How it was", kind: text}
"""
"""What a new checklist begins from: small, whole, and without a fault."""


def _code_in(db: Db, site: KnownSite, text: str) -> str:
    """The id that a text says; what another checklist asks of the same sessions already is a fault of the text."""
    checklist = read_checklist(text, FILE)
    try:
        check_questions(checklist, _active(db, site))
    except SameQuestion as refused:
        line = next((number for number, said in enumerate(text.splitlines(), 1) if f"code: {refused.item}" in said), 0)
        raise FaultyDocument([Fault(FILE, line, 1, "items", refused.message.removeprefix("items: "))]) from refused
    return checklist.code


def _active(db: Db, site: KnownSite) -> list[Checklist]:
    return [known.checklist for known in queries.checklists(db, site.id) if known.version.status is VersionStatus.ACTIVE]


def _published(db: Db, site: KnownSite, desk: Desk, editor: Editor, text: str, form: Typed) -> str:
    code = read_checklist(text, FILE).code
    from_on = date_of("from_on", form["from_on"]) if form["from_on"] else None

    made = publishing.publish_checklist(
        db, site.public_id, code, text, from_on=from_on, origin=editor.origin, by=desk.by, now=desk.now, new_id=desk.new_id
    )
    return f"/checklists/{made.checklist_id}?done=published"


KIND = Kind(
    "checklist",
    "checklists",
    "checklist_edit.html",
    code_in=_code_in,
    is_there=lambda db, site, code: bool(queries.versions_of_checklist(db, code, site_id=site.id)),
    publish=_published,
)
NEW = Editor("Write a checklist", "/checklists/new", "/checklists")


@router.get("")
def show_checklists(request: Request, desk: AtDesk, done: str = "") -> HTMLResponse:
    """All checklists of the site by the modality that they are first for."""
    with desk.reading() as db:
        frame = framed(request, db)
        found = [known.version for known in queries.checklists(db, frame.site.id)]
    by_modality: dict[str, list[dict[str, object]]] = defaultdict(list)
    for version in sorted(found, key=lambda version: (version.status is VersionStatus.RETIRED, version.checklist.title)):
        by_modality[version.checklist.used_for[0].modality].append(line_of(version))
    order = [*MODALITIES, *sorted(set(by_modality) - set(MODALITIES))]
    return show(
        "checklists.html",
        frame,
        page="checklists",
        modalities_on_offer=[{"name": name, "checklists": by_modality[name]} for name in order if name in by_modality],
        n_unsigned=sum(bool(version.checklist.unsigned) for version in found if version.status is VersionStatus.ACTIVE),
        n_new=len(set(library()) - {version.code for version in found}),
        done="The library's checklists were taken over." if done == "adopted" else "",
        request_key=desk.new_id("k_"),
    )


@router.post("/adopt")
def adopt(request: Request, form: AsTyped, desk: AtDesk) -> RedirectResponse:
    """Take over the library's checklists that the site does not have."""

    def take_over(db: Db) -> str:
        site = framed(request, db).site
        publishing.adopt_checklists(db, site.public_id, library(), by=desk.by, now=desk.now, new_id=desk.new_id)
        return "/checklists?done=adopted"

    return done_once(desk, form, take_over)


@router.get("/new")
def begin_checklist(request: Request, desk: AtDesk) -> HTMLResponse:
    """The editor with a small checklist to begin from."""
    return show_editor(request, desk, KIND, NEW, STARTER)


@router.post("/new")
def publish_new(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Check what was written, or publish it as a checklist of the clinic's own."""
    return checked_or_published(request, form, desk, KIND, NEW)


@router.get("/{checklist}")
def show_checklist(request: Request, checklist: Key, desk: AtDesk, version: Version = None, done: str = "") -> HTMLResponse:
    """A checklist, by its newest version or the one that is asked for."""
    with desk.reading() as db:
        frame = framed(request, db)
        versions = _versions(db, frame, checklist)
    shown = next((each for each in versions if each.number == version), None) if version else versions[-1]
    if shown is None:
        raise Unknown("version", f"{version} of checklist {checklist}")
    return show(
        "checklist.html",
        frame,
        page_of(shown),
        page="checklists",
        checklist=line_of(shown) | {"is_newest": shown is versions[-1]},
        versions=versions_shown(versions, shown.number, frame.time, frame.time.date_of(desk.now)),
        done=_done(done, shown),
        request_key=desk.new_id("k_"),
    )


def _done(what: str, shown: ChecklistVersion) -> str:
    if what == "published":
        return f"Version {shown.number} is published. Sessions from {shown.from_on:%Y-%m-%d} on are opened with it."
    return "It is retired. No session is opened with it any more." if what == "retired" else ""


@router.get("/{checklist}/edit")
def edit_checklist(request: Request, checklist: Key, desk: AtDesk) -> HTMLResponse:
    """The editor with a checklist's newest version."""
    newest = _newest(request, desk, checklist)
    return show_editor(request, desk, KIND, _editing(newest), newest.text)


@router.post("/{checklist}/edit")
def publish_version(request: Request, checklist: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Check what was written, or publish it as the checklist's next version."""
    return checked_or_published(request, form, desk, KIND, _editing(_newest(request, desk, checklist)))


@router.post("/{checklist}/retire")
def retire(request: Request, checklist: Key, form: AsTyped, desk: AtDesk) -> RedirectResponse:
    """Let no session be opened with a checklist any more."""

    def work(db: Db) -> str:
        frame = framed(request, db)
        newest = _versions(db, frame, checklist)[-1]
        publishing.retire_checklist(db, frame.site.public_id, newest.code)
        return f"/checklists/{newest.checklist_id}?done=retired"

    return done_once(desk, form, work)


def _editing(newest: ChecklistVersion) -> Editor:
    address = f"/checklists/{newest.checklist_id}"
    return Editor(f"Edit {newest.checklist.title}", f"{address}/edit", address, newest.code, newest.origin)


def _newest(request: Request, desk: Desk, checklist: str) -> ChecklistVersion:
    with desk.reading() as db:
        return _versions(db, framed(request, db), checklist)[-1]


def _versions(db: Db, frame: Frame, checklist: str) -> list[ChecklistVersion]:
    found = queries.versions_of_checklist(db, checklist, site_id=frame.site.id)
    if not found:
        raise Unknown("checklist", checklist)
    return [known.version for known in found]
