"""Everything that was written down at a session, one line each: the same for a screen, for print and for a program."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from courses.checklists.checklist import Checklist
from courses.checklists.entry import Entry, EntryKind
from courses.checklists.fold import Chart, Reading
from courses.checklists.signing import entry_record
from courses.checklists.writing import WRONG_PATIENT


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An entry. `reading` is the one that it belongs to; `stands` if it is what is shown of that now.

    `is_hidden` if its value is kept from most, since it was written down for the wrong patient. `link` is the other session at which the
    same was, or is, written down. `note` says in plain words what came of it; `digest` tells it from any other.
    """

    entry: Entry
    words: str
    reading: str
    stands: bool
    is_hidden: bool
    link: str
    note: str
    digest: str


def history(checklists: Sequence[Checklist], entries: Sequence[Entry], chart: Chart, links: Mapping[str, str]) -> tuple[HistoryLine, ...]:
    """Every entry, in the order of `entries`."""
    words = {item.code: item.words for checklist in checklists for item in checklist.items}
    of = {entry.id: reading for reading in chart.readings for entry in reading.history}
    return tuple(_line(entry, words.get(entry.item, entry.item), of[entry.id], links.get(entry.id, "")) for entry in entries)


def is_hidden(reading: Reading) -> bool:
    """Whether the values of a reading are kept from most: the whole of it was written down for the wrong patient."""
    return reading.is_retracted and any(_is_wrong_patients(entry) for entry in reading.history)


def entry_digest(entry: Entry) -> str:
    """The SHA-256 of an entry."""
    told = json.dumps(entry_record(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(told.encode()).hexdigest()


def _line(entry: Entry, words: str, reading: Reading, link: str) -> HistoryLine:
    hidden = is_hidden(reading) and entry.kind is not EntryKind.RETRACTION
    stands = reading.current is not None and reading.current.id == entry.id
    digest = "" if hidden else entry_digest(entry)  # a number that is hidden could be guessed by its digest
    return HistoryLine(entry, words, reading.original.id, stands, hidden, link, _note(entry, reading, link), digest)


def _note(entry: Entry, reading: Reading, link: str) -> str:
    if entry.moved_from:
        return f"It was written down at another patient's session first ({link}), and taken back there." if link else MOVED
    taken = next((each for each in reading.history if each.kind is EntryKind.RETRACTION and each.replaces == entry.id), None)
    if taken is None:
        return ""
    if not _is_wrong_patients(taken):
        return "It was taken back by two people."
    return f"It was written down for the wrong patient{f'; it stands at the right one now ({link})' if link else ''}."


MOVED = "It was written down at another patient's session first, and taken back there."


def _is_wrong_patients(entry: Entry) -> bool:
    return entry.kind is EntryKind.RETRACTION and entry.reason_code == WRONG_PATIENT
