"""Checking the audit trail from the raw rows: the chain, the checkpoints in every place, and that no change is missing from it.

dense: the events count 1, 2, 3. chain: each event's hash is what it must be, after the one before it. clock: none is older than the one
before it, unless it is said that the clock was put back. checkpoint: what was signed is still there. orphan: the last version that was
told of every record is the one that it has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rooms.base import Base, Db
from scheduler.access.audit_event import AuditEvent, instant, microseconds
from scheduler.access.author import Author
from scheduler.access.canonical import Value, canonical
from scheduler.access.chain import Head, link
from scheduler.access.checkpoint import LATE, Signed, from_line
from scheduler.access.verification import Finding, Verification
from scheduler.auditing import queries
from scheduler.auditing.appending import BACKWARD, BEGUN, CLOCK_WENT_BACK, VERSIONED, append
from scheduler.auditing.checkpointing import Notary, lines_of
from scheduler.database import Database

CHECKED = "audit.verify"
"""The event that says what a check found."""
TEXTS = ("roles", "objects", "patients", "diff")
"""What is kept as canonical JSON."""
DATABASE = "the database"


def check(database: Database, notary: Notary, *, now: datetime) -> Verification:
    """Recompute the whole trail as it is at one moment, and compare it with every checkpoint that can be reached."""
    with database.reading() as db:
        held = {DATABASE: [each.line() for each in queries.checkpoints(db)]}
        if notary.file is not None:
            held[str(notary.file)] = list(lines_of(notary.file))
        points = _Checkpoints(held, notary)
        walk = _Walk(points.wanted)
        for row in queries.raw_events(db):
            walk.take(row)
        points.compare(walk, now)
        unwatched = _compare_versions(db, walk)
    return Verification(
        walk.seen,
        walk.head.anchor,
        len(points.genuine),
        points.proven_up_to,
        points.lost,
        unwatched,
        bool(notary.trusted),
        tuple([*walk.findings, *points.findings]),
    )


def record_check(db: Db, author: Author, found: Verification, *, now: datetime) -> None:
    """Write down in the trail that it was checked, and what was found."""
    outcome = "done" if found.is_whole else "failed"
    append(db, author, action=CHECKED, now=now, category="trail", outcome=outcome, diff=found.told())


def last_check(db: Db) -> tuple[datetime, Mapping[str, Value]] | None:
    """When the trail was last checked, and what `Verification.told` said."""
    last = queries.last_event(db, CHECKED)
    return (instant(last[0]), last[1]) if last else None


@dataclass
class _Walk:
    """What is known of the events up to the one that was last looked at. `versions` is the last that was told of each record."""

    wanted: frozenset[int]
    head: Head = field(default_factory=Head)
    seen: int = 0
    hashes: dict[int, str] = field(default_factory=dict)
    next_at: dict[int, int] = field(default_factory=dict)
    """When the event after each wanted one was."""
    versions: dict[str, dict[str, int | None]] = field(default_factory=lambda: {kind: {} for kind in VERSIONED})
    older: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _said_back: bool = False

    def take(self, row: Mapping[str, Value]) -> None:
        """Look at the next event."""
        seq, at = row["seq"], row["at"]
        if not isinstance(seq, int) or not isinstance(at, int):
            self._find(self.head.seq + 1, "chain", f"Event {self.head.seq + 1} is not what was written: its number or time is none.")
            return
        if seq != self.head.seq + 1:
            self._find(self.head.seq + 1, "dense", f"Event {self.head.seq + 1} is missing; the next one is {seq}.")
        if row["prev"] != self.head.hash:
            self._find(seq, "chain", f"Event {seq} does not follow the one before it.")
        told, fault = _content(row)
        if fault or link(str(row["prev"]), told) != row["hash"]:
            self._find(seq, "chain", f"Event {seq} is not what was written{fault}.")
        if at < self.head.at - BACKWARD and not self._said_back and row["action"] != CLOCK_WENT_BACK:
            self._find(seq, "clock", f"Event {seq} is older than the one before it.")
        if self.head.seq in self.wanted:
            self.next_at[self.head.seq] = at
        self._said_back = row["action"] == CLOCK_WENT_BACK
        self._note(seq, told.get("action"), told.get("diff"))
        self.head, self.seen = Head(seq, str(row["hash"]), at), self.seen + 1
        if seq in self.wanted:
            self.hashes[seq] = self.head.hash

    def _find(self, seq: int, rule: str, sentence: str) -> None:
        self.findings.append(Finding(seq, rule, sentence))

    def _note(self, seq: int, action: object, diff: object) -> None:
        if not isinstance(diff, Mapping):
            return
        if seq == 1 and action == BEGUN:
            self.older = {kind: last for kind, last in diff.items() if isinstance(last, int)}
            return
        for kind in VERSIONED:
            entries = diff.get(kind)
            for key, entry in entries.items() if isinstance(entries, Mapping) else ():
                if isinstance(entry, Mapping) and isinstance(version := entry.get("version"), int):
                    self.versions[kind][key] = None if entry.get("how") == "removed" else version


def _content(row: Mapping[str, Value]) -> tuple[dict[str, Value], str]:
    """What the hash was taken of, and what is wrong with it, if that is seen already."""
    content: dict[str, Value] = {}
    for name in (*AuditEvent.__slots__, "seq"):
        value = row[name]
        try:
            read: Value = json.loads(str(value)) if name in TEXTS and value is not None else value
            if canonical(read) != (value if name in TEXTS and value is not None else canonical(value)):
                return content, f": {name} is written otherwise"
        except (ValueError, RecursionError):
            return content, f": {name} cannot be read"
        content[name] = read
    return content, ""


class _Checkpoints:
    """The checkpoints of all places, and what is wrong with them."""

    def __init__(self, held: Mapping[str, Sequence[str]], notary: Notary) -> None:
        self.findings: list[Finding] = []
        self.genuine: dict[int, Signed] = {}
        self.proven_up_to = 0
        self.lost = 0
        self._is_elsewhere = notary.file is not None
        self._trusted = notary.trusted
        found = {place: self._numbers(place, lines) for place, lines in held.items()}
        for number in range(1, max(self.genuine, default=0) + 1):
            for place, numbers in found.items():
                if number not in numbers:
                    self._find(f"Checkpoint {number} is missing from {place}.")
        self.wanted = frozenset({0, *(each.checkpoint.seq for each in self.genuine.values())})

    def compare(self, walk: _Walk, now: datetime) -> None:
        """Hold the events against what was signed."""
        points = [each.checkpoint for each in self.genuine.values()]
        restores = [point for point in points if point.restored]
        self.lost = sum(max(0, max((p.seq for p in points if p.number < r.number), default=0) - r.seq) for r in restores)
        for point in points:
            if walk.hashes.get(point.seq) == point.hash:
                self.proven_up_to = max(self.proven_up_to, point.seq)
            elif any(point.number < restore.number and restore.seq < point.seq for restore in restores):
                continue
            elif point.seq > walk.head.seq:
                said = (
                    f"The trail ends at event {walk.head.seq}, but checkpoint {point.number} knows event {point.seq}: the end was cut off."
                )
                self._find(said, walk.head.seq + 1)
            else:
                self._find(f"Event {point.seq} is not the one that checkpoint {point.number} knows.", point.seq)
        first_unproven = walk.next_at.get(self.proven_up_to)
        if self._is_elsewhere and first_unproven is not None and first_unproven < microseconds(now - LATE):
            self._find(
                f"No checkpoint proves event {self.proven_up_to + 1}, of {instant(first_unproven):%Y-%m-%d %H:%M} UTC; is the worker on?"
            )

    def _numbers(self, place: str, lines: Sequence[str]) -> set[int]:
        numbers = set()
        for line in lines:
            try:
                found = from_line(line)
            except ValueError:
                continue  # its number is missing, or was written once more after the disk had been full
            number = found.checkpoint.number
            if not found.is_genuine or (self._trusted and found.key not in self._trusted):
                self._find(f"Checkpoint {number} in {place} was not signed by the key of this installation.")
            elif self.genuine.setdefault(number, found) != found:
                self._find(f"Checkpoint {number} in {place} is another one than elsewhere.")
            numbers.add(number)
        return numbers

    def _find(self, sentence: str, seq: int | None = None) -> None:
        self.findings.append(Finding(seq, "checkpoint", sentence))


def _compare_versions(db: Db, walk: _Walk) -> int:
    """Add to the findings each record that has another version than the trail knows. How many are older than the trail."""
    unwatched = 0
    for kind in VERSIONED:
        told = walk.versions[kind]
        last_older = walk.older.get(kind, 0) if walk.seen else None
        for row_id, key, version in queries.versions(db, Base.metadata.tables[kind]):
            if key in told:
                known = told.pop(key)
                if known != version:
                    walk.findings.append(Finding(None, "orphan", _changed_unnoticed(kind, key, version, known)))
            elif last_older is None or row_id <= last_older:
                unwatched += 1
            else:
                walk.findings.append(Finding(None, "orphan", f"No event tells that {_words(kind)} {key} was made."))
        gone = sorted(key for key, version in told.items() if version is not None)
        walk.findings += [Finding(None, "orphan", f"No event tells that {_words(kind)} {key} was removed.") for key in gone]
    return unwatched


def _changed_unnoticed(kind: str, key: str, version: int, known: int | None) -> str:
    if known is None:
        return f"By the trail, {_words(kind)} {key} was removed, but it is there."
    return f"{_words(kind).capitalize()} {key} has version {version}, but the last that the trail tells of is {known}."


def _words(kind: str) -> str:
    return kind.replace("_", " ")
