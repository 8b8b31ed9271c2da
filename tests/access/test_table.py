"""The permission table itself: its page, what a clinic may change of it, and that a faulty one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduler.access.cell import Cell, Extent
from scheduler.access.role import Role
from scheduler.access.table import FaultyTable, changed_table, read_table, standard_table
from scheduler.access.table_text import table_text

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def test_the_page_is_that_of_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == table_text(standard_table()), "write it anew: chairtime permissions > docs/permissions.md"


@pytest.mark.parametrize(
    ("row", "role", "cell"),
    [("14", "TE", "A"), ("14", "TE", ""), ("17", "MD", "R"), ("41", "AD", "U2"), ("7", "AN", "Y"), ("11", "RN", "Y"), ("18", "RN", "R2")],
)
def test_a_clinic_tightens_every_cell_and_loosens_those_with_a_plus(row: str, role: str, cell: str) -> None:
    changed = changed_table(standard_table(), f'"{row}": {{{role}: "{cell}"}}')

    (column,) = [each for each in Role if each.short == role]
    assert changed.row(row).cell(column) == Cell.read(cell)
    assert sum(before != after for before, after in zip(standard_table().rows, changed.rows, strict=True)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"17": {FD: Y}', "row 17, column FD"),
        ('"41": {AD: Y}', "gives more than 'U'"),
        ('"42": {AD: "2"}', "row 42, column AD"),
        ('"42": {AD: U}', "gives more"),
        ('"18": {RN: Y}', "gives more than 'R'"),
        ('"54": {AD: Y}', "row 54"),
        ('"3": {TE: Y}', "row 3, column TE"),
        ('"99": {AD: Y}', "there is no such row"),
        ('"14": {XX: Y}', "there is no such column"),
        ('"14": {TE: Q}', "is no cell"),
        ('"14": Y', "write columns"),
        ("- 14", "write rows"),
        ("", "write rows"),
    ],
)
def test_nothing_else_is_loosened(text: str, said: str) -> None:
    with pytest.raises(FaultyTable, match=said):
        changed_table(standard_table(), text)


@pytest.mark.parametrize("text", ["Y", "A+", "R2", "U R", "U2", "propose", "S", "", "-"])
def test_a_cell_within_another_owes_at_least_as_much(text: str) -> None:
    """No cell is within one that gives less, whatever it owes; read both ways from the letters alone."""
    cell, yes = Cell.read(text), Cell.read("Y")
    assert cell.is_within(yes)
    assert yes.is_within(cell) == (text == "Y")
    assert (cell.extent > Extent.NONE) == (text not in {"", "-"})


def test_an_operation_stands_in_one_row() -> None:
    text = """
public: [GET /a]
when_locked: []
rows:
  - {row: "1", does: See, cells: {FD: Y}, operations: [GET /b]}
  - {row: "2", does: Hear, cells: {FD: Y}, operations: [GET /b]}
"""
    with pytest.raises(FaultyTable, match="GET /b"):
        read_table(text)
    with pytest.raises(FaultyTable, match="no column 'ZZ'"):
        read_table(text.replace('GET /b]}\n  - {row: "2"', 'GET /c]}\n  - {row: "2"').replace("FD: Y", "ZZ: Y", 1))
