"""What was written down at sessions as it lies in the database, read by plain SQL into records of the checker's own."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field

import yaml
from sqlalchemy import Connection, RowMapping, text

from scheduler.verify.script import LOADER

DOSES = {"first_dose", "last_dose"}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry. Instants are seconds since 1970."""

    id: int
    key: str
    session: int
    version: int
    item: str
    value: object
    unit: str
    kind: str
    replaces: int | None
    observed: int
    recorded: int
    author: str
    second: str | None
    source: str
    moved_from: int | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature."""

    key: str
    session: int
    meaning: str
    at: int
    by: str
    digest: str
    covers: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A version of a checklist as far as it is checked: which items mark which moment, from when on an entry is late, the watch."""

    marks: dict[str, str]
    late_after: int
    watch_minutes: int
    counted_from: str
    seconds: frozenset[str]
    """The meanings that another person has to sign."""
    program: str
    """The safety program whose form a dose owes; empty: none."""


@dataclass(frozen=True, slots=True)
class Visited:
    """A session with what was written down at it, in the order in which it came."""

    key: str
    lines: list[Line] = field(default_factory=list)
    signed: list[Signed] = field(default_factory=list)
    sheets: dict[int, Sheet] = field(default_factory=dict)
    overridden: set[str] = field(default_factory=set)
    happened: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChartTables:
    """All sessions at which something was written down or signed, by row; and of every entry its session's row."""

    visited: dict[int, Visited]
    session_of: dict[int, int]


def read_charts(connection: Connection) -> ChartTables:
    """Every row that matters."""
    keys = {row["id"]: row["public_id"] for row in _rows(connection, "SELECT id, public_id FROM session")}
    visited: defaultdict[int, Visited] = _Visits(keys)
    is_text = connection.dialect.name == "sqlite"  # which gives JSON as text, and a lone number as what it is
    lines = [
        _line(row, json.loads(row["value"]) if is_text and isinstance(row["value"], str) else row["value"])
        for row in _rows(connection, "SELECT * FROM entry ORDER BY id")
    ]
    for line in lines:
        visited[line.session].lines.append(line)
    for row in _rows(connection, "SELECT * FROM signature ORDER BY id"):
        visited[row["session_id"]].signed.append(_signed(row))
    documents = {row["id"]: row["document"] for row in _rows(connection, "SELECT id, document FROM checklist_version")}
    sheets: dict[int, Sheet] = {}
    for row in _rows(connection, "SELECT session_id, checklist_version_id FROM session_checklist ORDER BY id"):
        if row["session_id"] in visited:
            version = row["checklist_version_id"]
            sheets[version] = sheets.get(version) or _sheet(documents[version])
            visited[row["session_id"]].sheets[version] = sheets[version]
    for row in _rows(connection, "SELECT session_id, gate FROM gate_override"):
        if row["session_id"] in visited:
            visited[row["session_id"]].overridden.add(row["gate"])
    for row in _rows(connection, "SELECT session_id, kind, at FROM session_event WHERE session_id IS NOT NULL ORDER BY at, id"):
        if row["session_id"] in visited:
            visited[row["session_id"]].happened.setdefault(row["kind"], row["at"])
    return ChartTables(dict(visited), {line.id: line.session for line in lines})


class _Visits(defaultdict[int, Visited]):
    def __init__(self, keys: dict[int, str]) -> None:
        super().__init__()
        self._keys = keys

    def __missing__(self, session: int) -> Visited:
        made = self[session] = Visited(self._keys[session])
        return made


def _rows(connection: Connection, question: str) -> list[RowMapping]:
    return list(connection.execute(text(question)).mappings())


def _line(row: RowMapping, value: object) -> Line:
    return Line(
        id=row["id"],
        key=row["public_id"],
        session=row["session_id"],
        version=row["checklist_version_id"],
        item=row["item"],
        value=value,
        unit=row["unit"],
        kind=row["kind"],
        replaces=row["replaces_id"],
        observed=row["observed_at"],
        recorded=row["recorded_at"],
        author=row["author"],
        second=row["second"],
        source=row["source"],
        moved_from=row["moved_from_id"],
    )


def _signed(row: RowMapping) -> Signed:
    own = (row["meaning"], row["at"], row["by"], row["digest"], row["covers"])
    return Signed(row["public_id"], row["session_id"], *own)


def _sheet(document: str) -> Sheet:
    read = yaml.load(document, LOADER)  # noqa: S506  # the safe loader, in C where there is one
    watch = read.get("watch") or {}
    return Sheet(
        marks={item["code"]: item["marks"] for item in read["items"] if item.get("marks")},
        late_after=read.get("late_after_minutes", 10),
        watch_minutes=watch.get("minutes", 0),
        counted_from=watch.get("counted_from", "last_dose"),
        seconds=frozenset(meaning["code"] for meaning in read.get("meanings", ()) if meaning.get("another")),
        program=read.get("program", ""),
    )
