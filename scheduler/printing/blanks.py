"""An empty checklist on paper, made from the published one: nothing is filled in, and there are lines for eight hours."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable

from courses.checklists.answers import range_words
from courses.checklists.checklist import Checklist
from courses.checklists.item import ANY, GateClass, Item, ItemKind, Verb
from courses.owed.instructions import untimed
from scheduler.printing.boxes import Choices
from scheduler.printing.day import BLANK_HOURS
from scheduler.printing.letters import line
from scheduler.printing.tables import Cell, Heads, gap, ruled

QUESTIONS: Heads = (("", 44), ("Answer", 34), ("Time", 9), ("By", 13))
SIGNING: Heads = (("I sign that", 46), ("Name and role", 22), ("Signature", 20), ("Date and time", 14))
USUAL_MINUTES = 30
"""Between two lines of readings, where a checklist repeats nothing."""
MOST_COLUMNS = 9
"""Readings side by side; what is more goes into another table."""
PARTS = (
    (Verb.START, "Before the treatment starts"),
    (Verb.DOSE, "Before each dose"),
    (None, "When it happens"),
    (Verb.RELEASE, "Before the release"),
)
DAGGER = " †"
LEGEND = "* has to be answered. † needs the medical director's sign-off."
"""What the marks beside questions mean."""
GATES = {GateClass.REGULATORY: "STOP: nobody goes past", GateClass.CLINICAL: "Stop, unless overridden by", GateClass.HOUSE: "House rule"}


def blank(checklist: Checklist, version: str, width: float) -> list[Flowable]:
    """The checklist to be filled in by hand. `version` says which one it is, such as `version 3, from 2026-11-01`."""
    story: list[Flowable] = [
        line(checklist.title, 13, bold=True),
        line(version, 8, gray=True),
        gap(4),
        _whose(width),
        line(LEGEND, 8),
        gap(),
    ]
    for before, title in PARTS:
        items = [item for item in checklist.items if _belongs(item, before)]
        if items:
            story += [ruled(title, QUESTIONS, [_question(item) for item in items], width=width, by_hand=True), gap()]
    story += _readings(checklist, width) + _end(checklist, width)
    return story


def clinic_limits(item: Item) -> str:
    """`limits 90 to 140 mmHg`; nothing where the clinic has set none."""
    limits = item.bands.limits if item.bands else ANY
    return "" if limits == ANY else f"limits {range_words(limits, item.unit)}"


def _whose(width: float) -> Flowable:
    heads: Heads = (("Patient", 30), ("Born", 14), ("No.", 14), ("Date", 14), ("Visit number", 12), ("Chair or room", 16))
    return ruled("", heads, [], width=width, blank_rows=1)


def _repeats(item: Item) -> bool:
    return any(due.after is not None for due in item.due)


def _belongs(item: Item, before: Verb | None) -> bool:
    """Whether an item is asked for before a move; without one: whether it is asked for at no particular time."""
    return any(due.before is before for due in item.due) if before else not item.due


def _question(item: Item) -> Sequence[Cell]:
    marks = f"{' *' * item.required}{DAGGER * item.unconfirmed}"
    notes = [clinic_limits(item), _gate(item)]
    words: list[Flowable] = [line(f"{item.words}{marks}")]
    said = "; ".join(filter(None, notes))
    return [[*words, *([line(said, 7.5, gray=True)] if said else [])], answer_room(item), "", ""]


def answer_room(item: Item) -> Cell:
    """Where the answer is written."""
    if item.kind is ItemKind.CHECK:
        return Choices(("yes", "no"))
    if item.kind is ItemKind.CHOICE:
        return Choices(item.choices)
    if item.kind is ItemKind.DEVICE:
        return [line(each, 8, gray=True) for each in ("Product:", "Lot:", "Units:")]
    return line(item.unit, 7.5, gray=True) if item.unit else ""


def _gate(item: Item) -> str:
    if item.gate is None:
        return ""
    says = GATES[item.gate.kind]
    if item.gate.kind is GateClass.CLINICAL:
        says += f" {' or '.join(item.gate.overridden_by)}, with a reason"
    return f"{says}{f': {item.gate.says}' if item.gate.says else ''}"


def _readings(checklist: Checklist, width: float) -> list[Flowable]:
    items = [item for item in checklist.items if _repeats(item)]
    every = min((due.every for item in items for due in item.due if due.every), default=USUAL_MINUTES)
    lines = -(-BLANK_HOURS * 60 // every)
    asked = [f"{item.words}: {', '.join(item.choices)}" for item in items if item.choices]
    story: list[Flowable] = [line(words, 8) for words in [*asked, *map(_when, items)]]
    for first in range(0, len(items), MOST_COLUMNS):
        some = items[first : first + MOST_COLUMNS]
        heads = [("Time", 7.0), *((_head(item), 10.0) for item in some), ("By", 9.0)]
        story += [gap(3), ruled("Readings, each with its time", heads, [], width=width, blank_rows=lines), gap()]
    return story


def _head(item: Item) -> str:
    limits = clinic_limits(item)
    return "; ".join(filter(None, [f"{item.words}{DAGGER * item.unconfirmed}", limits or item.unit]))


def _when(item: Item) -> str:
    times = [
        f"{due.minutes} min after {str(due.after).replace('_', ' ')}{f', then every {due.every} min' if due.every else ''}"
        for due in item.due
        if due.after
    ]
    return f"{item.words}: {'; '.join(times)}"


def _end(checklist: Checklist, width: float) -> list[Flowable]:
    story: list[Flowable] = []
    watch = checklist.watch
    if watch:
        moment = str(watch.counted_from).replace("_", " ")
        heads: Heads = ((f"Time of {moment}", 30), (f"+ {watch.minutes} minutes = not released before", 40), ("Released at", 30))
        story += [ruled("Watched until", heads, [], width=width, blank_rows=1), gap()]
    if checklist.meanings:
        rows = [[meaning.words, "", "", ""] for meaning in checklist.meanings]
        story += [ruled("Signatures", SIGNING, rows, width=width, by_hand=True), gap()]
    if checklist.instructions:
        story += [
            line("To be handed over at the release", 9.5, bold=True),
            *(line(f"– {each}") for each in untimed(checklist.instructions)),
        ]
    return story
