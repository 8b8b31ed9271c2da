"""The record of one session on paper: what stands, what is still open, everything ever written down, and who signed it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from reportlab.platypus import Flowable

from courses.checklists.answers import answer_words
from courses.checklists.checklist import Checklist
from courses.checklists.entry import Entry, EntryKind, Person
from courses.checklists.fold import Reading
from courses.checklists.item import Item
from courses.checklists.writing import WRONG_PATIENT
from courses.queries.charts import SessionChart
from scheduler.printing.blanks import answer_room, clinic_limits
from scheduler.printing.frame import Origin, Paper, Section, pdf_of
from scheduler.printing.letters import LONGEST, line
from scheduler.printing.tables import Cell, Heads, gap, ruled

ANSWERS: Heads = (("", 38), ("Answer", 32), ("When it was so", 12), ("Written by", 18))
ENTRIES: Heads = (("Written", 11), ("Was so", 11), ("Kind", 10), ("Question", 22), ("Answer", 16), ("By", 18), ("Why", 22), ("Entry", 14))
GATES: Heads = (("Gate", 24), ("Before", 10), ("When", 14), ("By", 22), ("Second person", 14), ("Reason", 26))
SIGNED: Heads = (("I sign that", 34), ("Name and role", 24), ("When", 18), ("Record", 14), ("", 16))
UNSIGNED: Heads = (("I sign that", 46), ("Name and role", 22), ("Signature", 20), ("Date and time", 14))
TITLE = "Record of a session"


def sheet_pdf(chart: SessionChart, origin: Origin, paper: Paper) -> bytes:
    """The record as a PDF: the same entries, digests and signatures as on the screen."""
    sections = [Section(TITLE, partial(_standing, chart)), Section("Everything that was written down", partial(_history, chart), wide=True)]
    return pdf_of(TITLE, origin, paper, sections)


def _standing(chart: SessionChart, width: float) -> list[Flowable]:
    who, state = chart.patient, f"{chart.status.replace('_', ' ')}{f', {chart.outcome}' if chart.outcome else ''}"
    day = f"{chart.time.local(chart.interval.starts_at):%Y-%m-%d}, " if chart.interval else ""
    story: list[Flowable] = [
        line(f"{who.name}, born {who.born_on or 'unknown'}, no. {who.code}", 11, bold=True),
        line(f"{day}session {chart.number}, {chart.phase}: {state}"),
        *(line(f"{each.checklist.title}, record of the checklist {each.digest[:12]}", 8, gray=True) for each in chart.checklists),
        gap(),
    ]
    for checklist in chart.documents:
        story += [ruled(checklist.title, ANSWERS, _rows(chart, checklist), width=width), gap()]
    return story + _signatures(chart, width)


def _rows(chart: SessionChart, checklist: Checklist) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for item in checklist.items:
        readings = chart.chart.of(item.code)
        rows += [_row(chart, item, reading) for reading in readings] or [[_question(item), answer_room(item), "", ""]]
    return rows


def _row(chart: SessionChart, item: Item, reading: Reading) -> list[Cell]:
    entry = reading.current or reading.original
    marks = [*["amended"] * (entry.kind is EntryKind.AMENDMENT), *["late"] * (entry.kind is EntryKind.LATE)]
    marks += ["two people amended it"] * reading.disputed + ["from paper"] * (entry.source == "paper")
    answer: list[Flowable] = [line(_words(chart, item, entry), bold=True)]
    answer += [line(", ".join(marks), 7.5, gray=True)] if marks else []
    return [_question(item), answer, f"{chart.time.local(entry.observed_at):%H:%M}", _person(entry.author)]


def _question(item: Item) -> Cell:
    limits = clinic_limits(item)
    return [line(item.words), *([line(limits, 7.5, gray=True)] if limits else [])]


def _words(chart: SessionChart, item: Item | None, entry: Entry) -> str:
    """An answer as it is read out, a time by the site's clock."""
    if isinstance(entry.value, datetime):
        return f"{chart.time.local(entry.value):%Y-%m-%d %H:%M %Z}"
    return answer_words(item, entry.value) if item else ""


def _signatures(chart: SessionChart, width: float) -> list[Flowable]:
    meanings = {meaning.code: meaning.words for meaning in chart.meanings}
    rows: list[list[Cell]] = [
        [
            meanings.get(each.meaning, each.meaning),
            _person(each.by),
            f"{chart.time.local(each.at):%Y-%m-%d %H:%M %Z}",
            each.digest[:12],
            "stands" if chart.stands(each) else "amended since: sign again",
        ]
        for each in chart.signatures
    ]
    unsigned: list[list[Cell]] = [[words, "", "", ""] for code, words in meanings.items() if code not in chart.signed]
    story: list[Flowable] = [ruled("Signed", SIGNED, rows, width=width), gap()] if rows else []
    if unsigned:
        story += [ruled("Not signed yet", UNSIGNED, unsigned, width=width, by_hand=True), gap()]
    return story


def _history(chart: SessionChart, width: float) -> list[Flowable]:
    items = {item.code: item for checklist in chart.documents for item in checklist.items}
    replaced = {entry.replaces for entry in chart.entries}
    hidden = _hidden(chart.chart.readings)
    story: list[Flowable] = []
    rows = [_entry(chart, items.get(entry.item), entry, gone=entry.id in replaced, hidden=entry.id in hidden) for entry in chart.entries]
    story.append(ruled("Entries, in the order in which they were written down", ENTRIES, rows, width=width))
    for entry in chart.entries:
        value = _shown(chart, items.get(entry.item), entry, hidden=entry.id in hidden)
        story += [
            line(f"Entry {entry.id} in full: {text}", longest=2 * len(text) + 100) for text in (value, entry.reason) if len(text) > LONGEST
        ]
    if chart.overrides:
        gates: list[list[Cell]] = [
            [
                each.gate,
                each.verb,
                f"{chart.time.local(each.at):%m-%d %H:%M}",
                _person(each.by),
                each.second.name if each.second else "",
                each.reason,
            ]
            for each in chart.overrides
        ]
        story += [gap(), ruled("Gates that somebody went past", GATES, gates, width=width)]
    return story


def _hidden(readings: Sequence[Reading]) -> set[str]:
    """The entries of readings that were taken back as another patient's."""
    return {
        entry.id
        for reading in readings
        if any(each.kind is EntryKind.RETRACTION and each.reason_code == WRONG_PATIENT for each in reading.history)
        for entry in reading.history
    }


def _entry(chart: SessionChart, item: Item | None, entry: Entry, *, gone: bool, hidden: bool) -> list[Cell]:
    local = chart.time.local
    value = _shown(chart, item, entry, hidden=hidden)
    done = f"done: {entry.action.replace('_', ' ')}" if entry.action else ""
    why = ": ".join(filter(None, [entry.reason_code.replace("_", " "), entry.reason, done]))
    return [
        f"{local(entry.recorded_at):%m-%d %H:%M:%S}",
        f"{local(entry.observed_at):%m-%d %H:%M:%S}",
        f"{entry.kind}{' from paper' if entry.source == 'paper' else ''}",
        item.words if item else entry.item,
        line(value, struck=gone),
        f"{_person(entry.author)}{f' with {entry.second.name}' if entry.second else ''}",
        why,
        line(entry.id, 7, gray=True),
    ]


def _shown(chart: SessionChart, item: Item | None, entry: Entry, *, hidden: bool) -> str:
    """What an entry says, unless it was taken back as another patient's."""
    if entry.kind is EntryKind.RETRACTION:
        return ""
    return "another patient's, not printed" if hidden else _words(chart, item, entry)


def _person(person: Person) -> str:
    return f"{person.name}, {person.role.replace('_', ' ')}".removesuffix(", ")
