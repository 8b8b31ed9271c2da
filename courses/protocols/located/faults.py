"""What is wrong with a document, where, and how to put it right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from courses.errors import DomainError

Path = tuple[str | int, ...]
"""Where an entry stands: the keys and places (from 0) that lead to it."""

Place = tuple[int, int]
"""A line and a column, both from 1."""

MOST_FAULTS = 200
"""Past so many, a list helps nobody: the document is something else altogether."""


def field_text(path: Path) -> str:
    """`protocols[2].phases[0].per_week` for a path."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its file, line and field, and a sentence with the way out. Line 0 means the file as a whole."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}, {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class FaultyDocument(DomainError):
    """A document that cannot be taken as it is; `faults` names everything that was found, one line each in the message."""

    code = "faulty_document"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class EnoughFaults(Exception):
    """Reading stops here: there are more faults than anyone would read."""


class Refusals:
    """Faults as they are found, by path; their lines are looked up at the end."""

    def __init__(self) -> None:
        self.found: list[tuple[Path, str]] = []

    def add(self, path: Path, message: str) -> None:
        """Note one more. Raises `EnoughFaults` after the last that is worth a line."""
        self.found.append((path, message))
        if len(self.found) >= MOST_FAULTS:
            raise EnoughFaults
