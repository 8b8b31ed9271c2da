"""The permission table: its rows, the operations that each guards, and what a clinic's own file makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from rooms.errors import DomainError
from scheduler.access.cell import REFUSED, Cell
from scheduler.access.role import Role

FILE = Path(__file__).parent / "permissions.yaml"
COLUMNS = {role.short: role for role in Role}
PATIENT = "PT"


class FaultyTable(DomainError):
    """The permission table, or a clinic's changes to it, cannot be."""

    code = "faulty_permissions"

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(f"permissions, {where}: {fault}")
        self.where = where


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what is done, who may, which operations it guards, and what kind of data of a patient they show or change."""

    number: str
    does: str
    cells: Mapping[Role, Cell]
    patient: str
    operations: tuple[str, ...]
    category: str
    is_signed: bool = False
    """Whether what is done is signed: the first signature of a sitting needs a proof of one's own."""
    is_everywhere: bool = False
    """Whether it is about the installation and no site, so that it is kept to none."""

    def cell(self, role: Role) -> Cell:
        """What a role may."""
        return self.cells.get(role, REFUSED)


@dataclass(frozen=True)
class Table:
    """All rows, the operations that are open to strangers, and those that work on a locked screen."""

    rows: tuple[Row, ...]
    public: tuple[str, ...]
    when_locked: tuple[str, ...] = ()

    def row_of(self, operation: str) -> Row | None:
        """The row that guards an operation; nothing for one that is not in the table, which is refused to everybody."""
        return self._by_operation.get(operation)

    def row(self, number: str) -> Row:
        """A row by its number."""
        return next(row for row in self.rows if row.number == number)

    def is_public(self, method: str, path: str) -> bool:
        """Whether an address answers somebody who has not signed in."""
        return _matches(self._public, method, path)

    def is_open_when_locked(self, method: str, path: str) -> bool:
        """Whether an address answers on a locked screen: what it takes to unlock it."""
        return _matches(self._when_locked, method, path)

    @cached_property
    def _by_operation(self) -> dict[str, Row]:
        return {operation: row for row in self.rows for operation in row.operations}

    @cached_property
    def _public(self) -> list[tuple[str, re.Pattern[str]]]:
        return _patterns(self.public)

    @cached_property
    def _when_locked(self) -> list[tuple[str, re.Pattern[str]]]:
        return _patterns(self.when_locked)


def _matches(patterns: Iterable[tuple[str, re.Pattern[str]]], method: str, path: str) -> bool:
    asked = "GET" if method == "HEAD" else method
    return any(verb == asked and pattern.fullmatch(path) for verb, pattern in patterns)


def _patterns(operations: Iterable[str]) -> list[tuple[str, re.Pattern[str]]]:
    return [(verb, _pattern(path)) for verb, path in (operation.split(" ", 1) for operation in operations)]


def _pattern(path: str) -> re.Pattern[str]:
    """`{path}` stands for any rest of an address, any other name in braces for one part of it."""
    parts = re.split(r"(\{\w+\})", path)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if part == "{path}":
        return ".+"
    return "[^/]+" if part.startswith("{") else re.escape(part)


def read_table(text: str) -> Table:
    """The table as it is written in `permissions.yaml`. Raises `FaultyTable`."""
    document = yaml.safe_load(text)
    rows = tuple(_row(each) for each in document["rows"])
    operations = [operation for row in rows for operation in row.operations] + list(document["public"])
    twice = sorted({operation for operation in operations if operations.count(operation) > 1})
    if twice:
        raise FaultyTable(twice[0], "it stands in two rows; each operation has one")
    return Table(rows, tuple(document["public"]), tuple(document["when_locked"]))


def _row(written: Mapping[str, Any]) -> Row:
    number = str(written["row"])
    unknown = set(written["cells"]) - set(COLUMNS) - {PATIENT}
    if unknown:
        raise FaultyTable(f"row {number}", f"there is no column {min(unknown)!r}")
    try:
        cells = {role: Cell.read(str(written["cells"][column])) for column, role in COLUMNS.items() if column in written["cells"]}
    except ValueError as fault:
        raise FaultyTable(f"row {number}", str(fault)) from None
    patient = str(written["cells"].get(PATIENT, ""))
    operations, category = tuple(written.get("operations", ())), str(written.get("category", ""))
    flags = {"is_signed": bool(written.get("signed")), "is_everywhere": bool(written.get("everywhere"))}
    return Row(number, str(written["does"]), cells, patient, operations, category, **flags)


@cache
def standard_table() -> Table:
    """The table as it comes; it is read once."""
    return read_table(FILE.read_text(encoding="utf-8"))


def changed_table(table: Table, text: str) -> Table:
    """The table with a clinic's own cells, written as `{row: {column: cell}}`. Raises `FaultyTable` for one that gives more than it may."""
    wanted = yaml.safe_load(text)
    if not isinstance(wanted, dict):
        raise FaultyTable("file", "write rows with their cells, such as '14: {TE: \"\"}'")
    rows = {row.number: row for row in table.rows}
    for number, cells in wanted.items():
        if str(number) not in rows:
            raise FaultyTable(f"row {number}", "there is no such row")
        if not isinstance(cells, dict):
            raise FaultyTable(f"row {number}", "write columns with their cells, such as {TE: A}")
        rows[str(number)] = _changed(rows[str(number)], cells)
    return replace(table, rows=tuple(rows.values()))


def _changed(row: Row, cells: Mapping[str, object]) -> Row:
    changed = dict(row.cells)
    for column, text in cells.items():
        where = f"row {row.number}, column {column}"
        if column not in COLUMNS:
            raise FaultyTable(where, f"there is no such column; there are {', '.join(COLUMNS)}")
        role = COLUMNS[column]
        try:
            cell = Cell.read("" if text is None else str(text))
        except ValueError as fault:
            raise FaultyTable(where, str(fault)) from None
        if not (cell.is_within(row.cell(role)) or row.cell(role).loosenable):
            before = row.cell(role).text or "nothing"
            raise FaultyTable(where, f"{cell.text!r} gives more than {before!r}; a cell without + can only be tightened")
        changed[role] = cell
    return replace(row, cells=changed)
