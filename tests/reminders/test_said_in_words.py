"""Everything that can become of a message, and everything that can be written down of it, has its words on the page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import CheckConstraint, Table

import scheduler.reminders
import scheduler.reminding
from scheduler.records.messages import MessageRow
from scheduler.reminders.channels.carrier import Came
from scheduler.reminders.kind import Kind
from scheduler.reminders.known import Line
from scheduler.reminders.opt_out import Meaning
from scheduler.reminding.phoning import UNDONE, Outcome
from scheduler.reminding.settling import ARRIVED, HANDED_ON, LOST, REPORTED
from scheduler.web.message_pages import TABS
from scheduler.web.message_views import DID, HAPPENED, KINDS, OUTCOMES, STATES, WHYS

FOLDERS = [Path(str(package.__file__)).parent for package in (scheduler.reminders, scheduler.reminding)]


def states() -> set[str]:
    """The states that the database lets a message have."""
    table = MessageRow.__table__
    assert isinstance(table, Table)
    (check,) = [each for each in table.constraints if isinstance(each, CheckConstraint) and str(each.name).endswith("state")]
    return set(re.findall(r"'(\w+)'", str(check.sqltext)))


def test_every_state() -> None:
    assert set(STATES) == states()
    assert {state for tab in TABS for state in tab.states} == states()


def test_everything_that_happens() -> None:
    reports = {f"{REPORTED}{status}" for status in HANDED_ON | ARRIVED | LOST}
    assert {str(each) for each in HAPPENED} == {*Line, *Came, *reports}


def test_every_kind_call_and_reply() -> None:
    assert set(KINDS) == set(Kind)
    assert {str(each) for each in OUTCOMES} == {*Outcome, UNDONE}
    assert set(DID) == set(Meaning)


def written(tree: ast.AST) -> Iterator[str]:
    """The texts that a module gives as why a message is as it is: to a verdict, or to a row."""
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Verdict", "_later"}:
            values = node.args
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                values += [value for name, value in _pairs(target, node.value) if isinstance(name, ast.Attribute) and name.attr == "why"]
        yield from (each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def test_every_why() -> None:
    ours = {why for folder in FOLDERS for file in folder.rglob("*.py") for why in written(ast.parse(file.read_text("utf-8")))}
    assert ours >= {"too_late", "changed", "quiet_hours", "broken_off", "called"}
    assert ours - set(WHYS) == set()
