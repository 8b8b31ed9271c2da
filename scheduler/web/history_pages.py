"""All that was ever written down at a session, and one entry of it: changed, or taken back by two people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from courses import charting, queries
from courses.checklists.entry import Entry, EntryKind
from courses.checklists.fold import Reading
from courses.checklists.item import Item, ItemKind
from courses.checklists.kept import Kept
from courses.checklists.writing import AMEND_REASONS, RETRACT_REASONS, WRONG_PATIENT, Amended, Press, TakenBack
from courses.queries.charts import SessionChart
from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.forms import ONCE, AsTyped, Key, Typed, done_once
from scheduler.web.pages import show
from scheduler.web.refusals import status_of
from scheduler.web.sheet_pages import sheet_of
from scheduler.web.sheet_views import Sheet, told, value_words
from scheduler.web.writers import role_words, second_of, sees_hidden, writer_of

router = APIRouter()

Work = Callable[[Db], str]

AMEND_WORDS = {
    "typing_mistake": "Mistyped",
    "wrong_time": "Wrong time",
    "misread": "Misread",
    "wrong_item": "Wrong field",
    "other": "Something else",
}
RETRACT_WORDS = {
    "wrong_patient": "It is another patient's",
    "did_not_happen": "It did not happen",
    "written_twice": "It was written down twice",
    "other": "Something else",
}
ACTIONS = (("measured_again", "Measured again"), ("physician_told", "Physician told"), ("nurse_told", "Charge nurse told"))
FIELDS = ("value", "product", "lot", "units", "at", "reason_code", "reason", "belongs_to")


@dataclass(frozen=True, slots=True)
class EntryTold:
    """An entry in a history; times are the site's. `stands`: it is what counts now."""

    kind: str
    text: str
    was: str
    observed_at: datetime
    recorded_at: datetime
    by: str
    role: str
    second: str
    why: str
    action: str
    note: str
    from_paper: bool
    stands: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """A reading with all that was said of it."""

    words: str
    is_retracted: bool
    disputed: bool
    entries: tuple[EntryTold, ...]


@router.get("/sessions/{session}/sheet/history")
def show_history(request: Request, session: Key, desk: AtDesk) -> HTMLResponse:
    """Originals, late entries, amendments, retractions, signatures and what was gone past, with who, when and why."""
    with desk.reading() as db:
        sheet, frame = sheet_of(request, db, desk, session)
    chains = [chain_of(sheet, reading, sees_all=sees_hidden(desk, sheet.chart)) for reading in sheet.chart.chart.readings]
    return show("sheet_history.html", frame, page="observations", sheet=sheet, chains=chains, signatures=sheet.signatures)


@router.get("/sessions/{session}/sheet/entries/{entry}")
def show_entry(request: Request, session: Key, entry: Key, desk: AtDesk) -> HTMLResponse:
    """One entry, to be changed or taken back."""
    return _entry_page(request, desk, session, entry)


@router.post("/sessions/{session}/sheet/entries/{entry}/amend")
def amend(request: Request, session: Key, entry: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Let something else stand instead of an entry, which stays to be read."""

    def work(db: Db) -> str:
        chart = sheet_of(request, db, desk, session)[0].chart
        item = chart.item(chart.entry(entry).item)[1]
        at = chart.time.exact(_wall("at", form["at"])) if form["at"] else None
        to = Amended(_answer(item, form, chart), form["reason_code"], form["reason"], at, "typed_twice" in form, form["action"])
        charting.amend(db, session, entry, to, _press(desk, form))
        return f"/sessions/{session}/sheet"

    return _changed(request, desk, session, entry, form, work)


@router.post("/sessions/{session}/sheet/entries/{entry}/retract")
def retract(request: Request, session: Key, entry: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Take an entry back, by two people."""

    def work(db: Db) -> str:
        why = TakenBack(form["reason_code"], form["reason"], second_of(db, desk), form["belongs_to"])
        charting.retract(db, session, entry, why, _press(desk, form))
        return f"/sessions/{session}/sheet"

    return _changed(request, desk, session, entry, form, work)


def _changed(request: Request, desk: Desk, session: str, entry: str, form: Typed, work: Work) -> Response:
    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        return _entry_page(request, desk, session, entry, refused=refused, form=form)


def chain_of(sheet: Sheet, reading: Reading, *, sees_all: bool) -> Chain:
    """A reading as the history tells it. What was the wrong patient's is shown to few."""
    items = {item.code: item for document in sheet.chart.documents for item in document.items}
    item = items.get(reading.item)
    hidden = not sees_all and is_hidden(reading)
    entries = tuple(_entries(sheet, item, reading, hidden=hidden))
    return Chain(item.words if item else reading.item, reading.is_retracted, reading.disputed, entries)


def is_hidden(reading: Reading) -> bool:
    """Whether it was taken back as the wrong patient's."""
    return reading.is_retracted and any(each.reason_code == WRONG_PATIENT for each in reading.history if each.kind is EntryKind.RETRACTION)


def _entries(sheet: Sheet, item: Item | None, reading: Reading, *, hidden: bool) -> Iterator[EntryTold]:
    chart, known = sheet.chart, {each.id: each for each in reading.history}
    for each in reading.history:
        replaced = known.get(each.replaces or "")
        was = value_words(item, replaced.value, chart) if replaced else ""
        text = value_words(item, each.value, chart) if each.kind is not EntryKind.RETRACTION else ""
        shown = sheet.sees_values and not hidden
        yield EntryTold(
            told(each),
            text if shown else "not shown" if text else "",
            was if shown else "",
            chart.time.local(each.observed_at),
            chart.time.local(each.recorded_at),
            each.author.name,
            role_words(each.author.role),
            each.second.name if each.second else "",
            _why(each) if sheet.sees_values else "",
            each.action.replace("_", " "),
            _note(chart, each),
            each.source == "paper",
            reading.current is each,
        )


def _why(entry: Entry) -> str:
    words = (AMEND_WORDS | RETRACT_WORDS).get(entry.reason_code, entry.reason_code.replace("_", " "))
    return ": ".join(part for part in (words, entry.reason) if part)


def _note(chart: SessionChart, entry: Entry) -> str:
    if entry.moved_from:
        return "Written down for another patient first, and taken back there."
    return "Written down afresh where it belongs." if chart.links.get(entry.id) else ""


def _entry_page(
    request: Request, desk: Desk, session: str, entry: str, *, refused: DomainError | None = None, form: Typed | None = None
) -> HTMLResponse:
    with desk.reading() as db:
        sheet, frame = sheet_of(request, db, desk, session)
        chart = sheet.chart
        found = chart.entry(entry)
        others = _others(db, desk, sheet)
    item = chart.item(found.item)[1]
    reading = next(each for each in chart.chart.readings if found in each.history)
    rights = sheet.writer.at(chart.site.id)
    own = found.author.id == sheet.writer.id
    local = chart.time.local(found.observed_at)
    shown = sheet.sees_values and (not is_hidden(reading) or sees_hidden(desk, chart))
    return show(
        "sheet_entry.html",
        frame,
        page="observations",
        status=status_of(refused),
        sheet=sheet,
        words=item.words,
        entry={
            "id": found.id,
            "text": value_words(item, found.value, chart) if shown else "",
            "observed_at": local,
            "by": found.author.name,
        },
        item=sheet.item_shown(item),
        amend_reasons=[(code, AMEND_WORDS[code]) for code in AMEND_REASONS],
        retract_reasons=[(code, RETRACT_WORDS[code]) for code in RETRACT_REASONS],
        actions=ACTIONS,
        others=others,
        may_amend=bool(rights.amend_others or (own and rights.amend)) and not reading.is_retracted,
        may_retract=bool(rights.retract) and not reading.is_retracted,
        refused=refused,
        kept=form.values(*FIELDS) if form else dict.fromkeys(FIELDS, ""),
        request_key=desk.new_id("f_"),
    )


def _others(db: Db, desk: Desk, sheet: Sheet) -> list[tuple[str, str]]:
    """The other visits of the day, to which something may belong."""
    time = sheet.chart.time
    interval = sheet.chart.interval
    if interval is None:
        return []
    day = time.day(time.date_of(interval.starts_at)).whole
    lines = queries.sessions_on(db, sheet.chart.site.id, day, now=desk.now)
    return [
        (line.id, f"{line.patient}, {time.local(line.interval.starts_at):%H:%M}")
        for line in lines
        if line.interval and line.id != sheet.session
    ]


def _answer(item: Item, form: Typed, chart: SessionChart) -> Kept:
    match item.kind:
        case ItemKind.CHECK:
            return form["value"] == "yes"
        case ItemKind.NUMBER:
            try:
                return float(form["value"].replace(",", "."))
            except ValueError as fault:
                raise Faulty("value", f"{form['value']!r} is no number; write it in digits") from fault
        case ItemKind.TIME:
            return chart.time.exact(_wall("value", form["value"])).isoformat()
        case ItemKind.DEVICE:
            return {"product": form["product"], "lot": form["lot"], "units": form.whole("units")}
    return form["value"]


def _wall(name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as fault:
        raise Faulty(name, f"{text!r} is no time; write it as 2026-12-01T09:30") from fault


def _press(desk: Desk, form: Typed) -> Press:
    return Press(writer_of(desk), desk.now, desk.new_id, form[ONCE] or desk.new_id("f_"))
