"""Lines that stand in one place only: commits, queries, time zones, HTTP refusals."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rooms", "courses", "scheduler")


@dataclass(frozen=True)
class Rule:
    """A kind of line, where it may stand, and an example that the rule must catch."""

    name: str
    is_wrong: Callable[[ast.AST], bool]
    allowed: Callable[[str], bool]
    example: str

    def breaches(self, source: str, path: str) -> list[str]:
        """Each wrong line of a file, as `path:line`."""
        if self.allowed(path):
            return []
        return [f"{path}:{getattr(node, 'lineno', 0)}" for node in ast.walk(ast.parse(source)) if self.is_wrong(node)]


def _calls_method(*names: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names


def _calls_function(name: str) -> Callable[[ast.AST], bool]:
    def wrong(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        return (isinstance(node.func, ast.Name) and node.func.id == name) or (
            isinstance(node.func, ast.Attribute) and node.func.attr == name and ast.unparse(node.func.value) in {"sa", "sqlalchemy"}
        )

    return wrong


def _mentions(*names: str) -> Callable[[ast.AST], bool]:
    def wrong(node: ast.AST) -> bool:
        return (
            (isinstance(node, ast.Name) and node.id in names)
            or (isinstance(node, ast.Attribute) and node.attr in names)
            or (isinstance(node, ast.alias) and node.name in names)
            or (isinstance(node, ast.keyword) and node.arg in names)
        )

    return wrong


def _thinks_in_wall_time(node: ast.AST) -> bool:
    """A zone by name or a turn into local time; bringing an instant to UTC and asking whether it has a zone are no such thing."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "astimezone":
        return [ast.unparse(argument) for argument in node.args] != ["UTC"]
    if isinstance(node, ast.keyword):
        return node.arg == "tzinfo" and ast.unparse(node.value) != "UTC"
    return _mentions("ZoneInfo", "zoneinfo")(node) or (isinstance(node, ast.ImportFrom) and node.module == "zoneinfo")


RULES = [
    Rule(
        "one transaction at the edge",
        _calls_method("commit", "rollback"),
        lambda path: path == "scheduler/database.py",
        "def book(db): db.commit()",
    ),
    Rule(
        "queries have names",
        _calls_function("select"),
        lambda path: path.endswith("/queries.py") or "/queries/" in path or path in {"rooms/reserving.py", "scheduler/reminding.py"},
        "rows = db.scalars(select(Booking))",
    ),
    Rule(
        "one summer-time code",
        _thinks_in_wall_time,
        lambda path: (
            path in {"rooms/availability/hours.py", "scheduler/benchmarks/judging.py"}  # a judge shares nothing with what it judges
            or path.startswith(("scheduler/web/", "scheduler/reminders/", "scheduler/verify/"))
        ),
        "opens_at.astimezone(site_zone)",
    ),
    Rule(
        "a refusal is no HTTP fact",
        _mentions("HTTPException"),
        lambda path: path.startswith(("scheduler/api/", "scheduler/web/")),
        "from fastapi import HTTPException",
    ),
]


def sources() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), file.read_text()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_wrong_line_stands_nowhere(rule: Rule) -> None:
    assert [breach for path, source in sources() for breach in rule.breaches(source, path)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_catches_its_example(rule: Rule) -> None:
    assert rule.breaches(rule.example, "courses/enrolling.py") == ["courses/enrolling.py:1"]
