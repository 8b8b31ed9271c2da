"""Signing: exactly what is signed, by whom, and what came since one looked; releasing with both signatures; going past a gate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from courses import attending, signing
from courses.attending import Approved
from courses.checklists.answers import Flag, flag_of
from courses.checklists.changes import Change, RecordChanged
from courses.checklists.checklist import Meaning
from courses.checklists.entry import Entry
from courses.checklists.gates import Stop
from courses.checklists.item import Verb
from courses.checklists.release import EARLY, TooEarly
from courses.checklists.writing import Press, Writer
from courses.owed.instructions import handed_over
from courses.queries import charts
from courses.queries.charts import SessionChart
from courses.rescheduling import Doing
from rooms.base import Db
from rooms.errors import DomainError, Unknown
from scheduler.dependencies import AtDesk, Desk, office_of
from scheduler.persons import Typed as SecondTyped
from scheduler.persons import note_own_signature, owes_proof, vouched
from scheduler.web.doors import means_of
from scheduler.web.forms import ONCE, AsTyped, Key, Typed, done_once
from scheduler.web.pages import show
from scheduler.web.refusals import status_of
from scheduler.web.rendering import clock
from scheduler.web.sheet_pages import sheet_of
from scheduler.web.sheet_views import KIND_WORDS, Sheet, value_words
from scheduler.web.writers import beside, role_words, second_of, writer_of

router = APIRouter()

OTHER = "Other"


@dataclass(frozen=True, slots=True)
class CoveredLine:
    """A value that a signature covers."""

    words: str
    text: str
    at: str
    by: str
    mark: str
    is_outside: bool


@dataclass(frozen=True, slots=True)
class CoveredGroup:
    """Those of one step."""

    name: str
    lines: tuple[CoveredLine, ...]


@dataclass(frozen=True, slots=True)
class ToSign:
    """Something that may be said by signing. `digest` is that of what is shown; `who` are the roles that may say it."""

    code: str
    words: str
    digest: str
    may: bool
    who: str
    signed_by: str


@router.get("/sessions/{session}/sheet/sign")
def show_signing(request: Request, session: Key, desk: AtDesk) -> HTMLResponse:
    """What is signed, and with which words."""
    return _sign_page(request, desk, session)


@router.post("/sessions/{session}/sheet/sign")
def sign(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Sign what was shown. What came since is shown in its place, and nothing is signed."""

    def work(db: Db) -> str:
        signing.sign(db, session, form["meaning"], form["shown"], _press(desk, writer_of(desk), form))
        note_own_signature(db, desk, writer_of(desk).id)
        return f"/sessions/{session}/sheet"

    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        return _sign_page(request, desk, session, refused=refused)


@router.get("/sessions/{session}/sheet/release")
def show_release(request: Request, session: Key, desk: AtDesk) -> HTMLResponse:
    """What stands before the release, and who signs."""
    return _release_page(request, desk, session)


@router.post("/sessions/{session}/sheet/release")
def release(request: Request, session: Key, form: AsTyped, desk: AtDesk, second: Annotated[SecondTyped, Depends(beside)]) -> Response:
    """Sign, have a second person sign, and let the patient go: all of it or nothing."""
    try:
        other = vouched(desk, office_of(request), means_of(request), second, session) if form["other_meaning"] else None
        return done_once(desk, form, lambda db: _release(db, desk, session, form, other))
    except Unknown:
        raise
    except DomainError as refused:
        return _release_page(request, desk, session, refused=refused, kept={"second_handle": second.handle})


@router.post("/sessions/{session}/sheet/release-early")
def release_early(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Let the patient go before the minimum time, as a physician decided with a second person and a reason."""

    def work(db: Db) -> str:
        chart = charts.chart_of(db, session)
        writer, second = writer_of(desk), second_of(db, desk)
        role = next(iter(writer.at(chart.site.id).co_sign), "")
        approved = Approved(writer.id, writer.name, role, second.id, second.name)
        attending.release(db, session, _doing(desk, form), approved=approved)
        return f"/sessions/{session}/sheet"

    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        return _release_page(request, desk, session, refused=refused)


@router.get("/sessions/{session}/sheet/override")
def ask_to_override(request: Request, session: Key, desk: AtDesk, gate: str = "", verb: str = "") -> HTMLResponse:
    """Why somebody goes past a gate."""
    return _override_page(request, desk, session, gate, verb)


@router.post("/sessions/{session}/sheet/override")
def override(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Go past a clinical gate, as somebody whom it names."""

    def work(db: Db) -> str:
        signing.override(db, session, form["gate"], _verb(form["verb"]), form["reason"], _press(desk, writer_of(desk), form))
        return f"/sessions/{session}/sheet"

    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        return _override_page(request, desk, session, form["gate"], form["verb"], refused=refused, reason=form["reason"])


def _release(db: Db, desk: Desk, session: str, form: Typed, other: Writer | None) -> str:
    if form["own_meaning"]:
        signing.sign(db, session, form["own_meaning"], form["own_shown"], _press(desk, writer_of(desk), form))
        note_own_signature(db, desk, writer_of(desk).id)
    if other is not None:
        signing.sign(db, session, form["other_meaning"], form["other_shown"], _press(desk, other, form))
    attending.release(db, session, _doing(desk, form))
    return f"/sessions/{session}/sheet"


def _doing(desk: Desk, form: Typed) -> Doing:
    return Doing(desk.by, desk.now, desk.new_id, form["reason"] or None, None)


def _press(desk: Desk, writer: Writer, form: Typed) -> Press:
    return Press(writer, desk.now, desk.new_id, form[ONCE] or desk.new_id("f_"))


def _verb(text: str) -> Verb:
    if text not in set(Verb):
        raise Unknown("move", text)
    return Verb(text)


def _sign_page(request: Request, desk: Desk, session: str, *, refused: DomainError | None = None) -> HTMLResponse:
    with desk.reading() as db:
        sheet, frame = sheet_of(request, db, desk, session)
    return show(
        "sheet_sign.html",
        frame,
        page="observations",
        status=status_of(refused),
        sheet=sheet,
        covered=covered(sheet),
        versions=_versions(sheet.chart),
        meanings=[to_sign(sheet, meaning) for meaning in sheet.chart.meanings],
        refused=refused,
        changes=[_change(sheet, each) for each in refused.changes] if isinstance(refused, RecordChanged) else [],
        owes_proof=owes_proof(desk),
        request_key=desk.new_id("f_"),
    )


def _release_page(
    request: Request, desk: Desk, session: str, *, refused: DomainError | None = None, kept: dict[str, str] | None = None
) -> HTMLResponse:
    with desk.reading() as db:
        sheet, frame = sheet_of(request, db, desk, session)
    owed = [
        to_sign(sheet, meaning) for meaning in sheet.chart.meanings if meaning.before_release and meaning.code not in sheet.chart.signed
    ]
    second_words = {meaning.code for meaning in sheet.chart.meanings if meaning.another}
    own = next((each for each in owed if each.code not in second_words), None)
    other = next((each for each in owed if each.code in second_words), None)
    move = sheet.release
    return show(
        "sheet_release.html",
        frame,
        page="observations",
        status=status_of(refused),
        sheet=sheet,
        move=move,
        covered=covered(sheet),
        versions=_versions(sheet.chart),
        instructions=handed_over(sheet.chart.documents, sheet.chart.time, sheet.chart.released_at),
        own=own,
        other=other,
        refused=refused,
        changes=[_change(sheet, each) for each in refused.changes] if isinstance(refused, RecordChanged) else [],
        is_early=isinstance(refused, TooEarly) or move.not_before is not None,
        is_stopped=move.is_stopped or move.not_before is not None,
        kept=kept or {"second_handle": ""},
        owes_proof=owes_proof(desk),
        request_key=desk.new_id("f_"),
    )


def _override_page(  # noqa: PLR0913, PLR0917  # what the page says
    request: Request, desk: Desk, session: str, gate: str, verb: str, refused: DomainError | None = None, reason: str = ""
) -> HTMLResponse:
    with desk.reading() as db:
        sheet, frame = sheet_of(request, db, desk, session)
    early = gate == EARLY
    where = "release-early" if early else "override"
    stop = next((stop for stops in sheet.stops.values() for stop in stops if stop.gate == gate), None)
    if stop is None and not early:
        raise Unknown("gate in the way", gate)
    return show(
        "sheet_decide.html",
        frame,
        page="observations",
        status=status_of(refused),
        sheet=sheet,
        title="Release before the minimum time" if early else "Go past a gate",
        sentence=_before_what(sheet, stop),
        action=f"/sessions/{session}/sheet/{where}",
        operation=f"/sessions/{{session}}/sheet/{where}",
        here=f"/sessions/{session}/sheet/override?gate={gate}&verb={verb}",
        hidden=[("gate", gate), ("verb", verb)],
        choices=[],
        button="Release now" if early else "Go past it",
        refused=refused,
        kept={"reason": reason, "outcome": ""},
        request_key=desk.new_id("f_"),
    )


def _before_what(sheet: Sheet, stop: Stop | None) -> str:
    return stop.sentence if stop else f"The minimum time has {sheet.leaves_told} to go. A physician decides, with a second person."


def to_sign(sheet: Sheet, meaning: Meaning) -> ToSign:
    """A meaning as its signer sees it."""
    chart = sheet.chart
    rights = sheet.writer.at(chart.site.id)
    by = next((each.by.name for each in chart.signatures if each.meaning == meaning.code and chart.stands(each)), "")
    may = bool(set(rights.co_sign if meaning.another else rights.sign) & set(meaning.roles)) and not by
    return ToSign(meaning.code, meaning.words, chart.digest(meaning.code), may, " or ".join(map(role_words, meaning.roles)), by)


def covered(sheet: Sheet) -> list[CoveredGroup]:
    """Every value that stands, under its step, in the order of the checklists."""
    items = [item for document in sheet.chart.documents for item in document.items]
    order = {item.code: place for place, item in enumerate(items)}
    standing = sorted(sheet.chart.chart.effective, key=lambda each: (order.get(each.item, len(order)), each.observed_at))
    return [
        CoveredGroup(name, tuple(_line(sheet, each) for each in some)) for name, some in groupby(standing, key=lambda e: _group(sheet, e))
    ]


def _group(sheet: Sheet, entry: Entry) -> str:
    found = [(document, document.by_code[entry.item]) for document in sheet.chart.documents if entry.item in document.by_code]
    return next((item.group or document.title for document, item in found), OTHER)


def _line(sheet: Sheet, entry: Entry) -> CoveredLine:
    item = sheet.chart.item(entry.item)[1]
    local = sheet.chart.time.local(entry.observed_at)
    outside = flag_of(item, entry.value) is Flag.OUTSIDE_LIMITS
    shown = value_words(item, entry.value, sheet.chart) if sheet.sees_values else "not shown"
    return CoveredLine(item.words, shown, clock(local), entry.author.name, KIND_WORDS[entry.kind], outside)


def _versions(chart: SessionChart) -> list[dict[str, object]]:
    return [{"title": known.checklist.title, "number": known.version.number, "digest": known.digest} for known in chart.checklists]


def _change(sheet: Sheet, change: Change) -> str:
    """What came since somebody looked, in words."""
    if isinstance(change, Entry):
        item = sheet.chart.item(change.item)[1]
        local = sheet.chart.time.local(change.recorded_at)
        kind = KIND_WORDS[change.kind] or "new"
        return f"{item.words}: {value_words(item, change.value, sheet.chart) or kind} ({kind}), by {change.author.name} at {local:%H:%M:%S}"
    return f"{change.by.name} went past “{change.gate}”: {change.reason}"
