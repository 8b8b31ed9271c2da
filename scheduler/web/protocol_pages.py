"""The protocol library: each protocol with the source of every number, its versions, and the editor that publishes new ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from courses import publishing, queries
from courses.errors import Unknown
from courses.protocols.notation import read_protocol, write_protocol
from courses.protocols.version import ProtocolVersion, VersionStatus
from rooms.base import Db
from rooms.queries import KnownSite
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.document_pages import Editor, Kind, checked_or_published, show_editor
from scheduler.web.forms import AsTyped, Key, Typed, done_once
from scheduler.web.pages import Frame, framed, show
from scheduler.web.protocol_views import line_of, page_of, versions_shown
from scheduler.web.rendering import MODALITIES

router = APIRouter(prefix="/protocols")

FILE = "protocol"
Version = Annotated[int | None, Query(ge=1, le=10_000)]

STARTER = """\
id: my-protocol
title: My protocol
modality: tms
phases:
  - {name: acute, sessions: 20, per_week: 5}
  - {name: taper, weekly: [3, 2, 1]}
session_templates:
  treatment:
    steps:
      - {name: check-in, minutes: 5}
      - {name: treatment, minutes: 20}
    requirements:
      - {capability: tms-device, turnover_minutes: 5, continuity: true}
      - {capability: tms-operator}
session_rules:
  - {template: treatment}
"""
"""What a new protocol begins from: small, whole, and without a fault."""


def _published(db: Db, site: KnownSite, desk: Desk, editor: Editor, text: str, _form: Typed) -> str:
    code, by = read_protocol(text, FILE).protocol.id, desk.by
    made = publishing.publish_protocol(db, site.public_id, code, text, by=by, now=desk.now, new_id=desk.new_id, origin=editor.origin)
    return f"/protocols/{made.protocol_id}?done=published"


KIND = Kind(
    "protocol",
    "protocols",
    "protocol_edit.html",
    code_in=lambda _db, _site, text: read_protocol(text, FILE).protocol.id,
    is_there=lambda db, site, code: bool(queries.versions_of(db, code, site_id=site.id)),
    publish=_published,
)
NEW = Editor("Write a protocol", "/protocols/new", "/protocols")


@router.get("")
def show_library(request: Request, desk: AtDesk) -> HTMLResponse:
    """All protocols of the site by modality."""
    with desk.reading() as db:
        frame = framed(request, db)
        found = [known.version for known in queries.protocols(db, frame.site.id)]
    by_modality: dict[str, list[dict[str, object]]] = defaultdict(list)
    for version in sorted(found, key=lambda version: (version.status is VersionStatus.RETIRED, version.protocol.title)):
        by_modality[version.protocol.modality].append(line_of(version))
    order = [*MODALITIES, *sorted(set(by_modality) - set(MODALITIES))]
    return show(
        "protocols.html",
        frame,
        page="protocols",
        modalities_on_offer=[{"name": name, "protocols": by_modality[name]} for name in order if name in by_modality],
        n_unsigned=sum(bool(version.document.unsigned) for version in found if version.status is VersionStatus.ACTIVE),
    )


@router.get("/new")
def begin_protocol(request: Request, desk: AtDesk) -> HTMLResponse:
    """The editor with a small protocol to begin from."""
    return show_editor(request, desk, KIND, NEW, STARTER)


@router.post("/new")
def publish_new(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Check what was written, or publish it as a protocol of the clinic's own."""
    return checked_or_published(request, form, desk, KIND, NEW)


@router.get("/{protocol}")
def show_protocol(request: Request, protocol: Key, desk: AtDesk, version: Version = None, done: str = "") -> HTMLResponse:
    """A protocol, by its newest version or the one that is asked for."""
    with desk.reading() as db:
        frame = framed(request, db)
        versions = _versions(db, frame, protocol)
        shown = next((each for each in versions if each.number == version), None) if version else versions[-1]
        if shown is None:
            raise Unknown("version", f"{version} of protocol {protocol}")
        code = shown.code
        lines = queries.courses(db, frame.site.id, now=desk.now)
    n_courses = Counter(line.protocol_version for line in lines if line.protocol == code)
    return show(
        "protocol.html",
        frame,
        page_of(shown),
        page="protocols",
        protocol=line_of(shown) | {"code": code, "modality": shown.protocol.modality, "is_newest": shown is versions[-1]},
        versions=versions_shown(versions, shown.number, n_courses, frame.time),
        done=_done(done, shown),
        request_key=desk.new_id("k_"),
    )


def _done(what: str, shown: ProtocolVersion) -> str:
    if what == "published":
        return f"Version {shown.number} is published. New courses begin with it."
    return "It is retired. No course begins by it any more." if what == "retired" else ""


@router.get("/{protocol}/edit")
def edit_protocol(request: Request, protocol: Key, desk: AtDesk) -> HTMLResponse:
    """The editor with a protocol's newest version."""
    newest = _newest(request, desk, protocol)
    return show_editor(request, desk, KIND, _editing(newest), newest.text)


@router.post("/{protocol}/edit")
def publish_version(request: Request, protocol: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Check what was written, or publish it as the protocol's next version."""
    return checked_or_published(request, form, desk, KIND, _editing(_newest(request, desk, protocol)))


@router.get("/{protocol}/copy")
def begin_copy(request: Request, protocol: Key, desk: AtDesk) -> HTMLResponse:
    """The editor with a copy under another id. Nothing is kept until it is published."""
    newest = _newest(request, desk, protocol)
    named = replace(newest.protocol, id=f"{newest.code}-copy", title=f"{newest.protocol.title} (copy)")
    return show_editor(request, desk, KIND, _copying(newest), write_protocol(replace(newest.document, protocol=named)))


@router.post("/{protocol}/copy")
def publish_copy(request: Request, protocol: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Check what was written, or publish it as a protocol of the clinic's own that remembers where it came from."""
    return checked_or_published(request, form, desk, KIND, _copying(_newest(request, desk, protocol)))


@router.post("/{protocol}/retire")
def retire_protocol(request: Request, protocol: Key, form: AsTyped, desk: AtDesk) -> RedirectResponse:
    """Let no course begin by a protocol any more."""

    def retire(db: Db) -> str:
        site = framed(request, db).site
        newest = _versions(db, framed(request, db), protocol)[-1]
        publishing.retire(db, site.public_id, newest.code)
        return f"/protocols/{newest.protocol_id}?done=retired"

    return done_once(desk, form, retire)


def _editing(newest: ProtocolVersion) -> Editor:
    address = f"/protocols/{newest.protocol_id}"
    return Editor(f"Edit {newest.protocol.title}", f"{address}/edit", address, newest.code, newest.origin)


def _copying(newest: ProtocolVersion) -> Editor:
    address = f"/protocols/{newest.protocol_id}"
    return Editor(f"Copy {newest.protocol.title}", f"{address}/copy", address, origin=newest.origin or newest.code)


def _newest(request: Request, desk: Desk, protocol: str) -> ProtocolVersion:
    with desk.reading() as db:
        return _versions(db, framed(request, db), protocol)[-1]


def _versions(db: Db, frame: Frame, protocol: str) -> list[ProtocolVersion]:
    found = queries.versions_of(db, protocol, site_id=frame.site.id)
    if not found:
        raise Unknown("protocol", protocol)
    return [known.version for known in found]
