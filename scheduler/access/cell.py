"""One cell of the permission table: how far somebody may go, and what they owe for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

OWED = {"R": "reason", "2": "second", "U": "proof"}
WORDS = {"propose", "own opt-out", "after birth date"}


class Extent(IntEnum):
    """How far a right goes; a greater one holds every smaller one."""

    NONE = 0
    STATUS = 1
    """Whether and when, no values."""
    PROPOSE = 2
    """Prepare it, not make it stand."""
    ASSIGNED = 3
    """For patients of one's discipline on today's list, or in one's own visits."""
    ALL = 4
    """For everybody at the site."""


EXTENTS = {"Y": Extent.ALL, "A": Extent.ASSIGNED, "S": Extent.STATUS, "propose": Extent.PROPOSE, "": Extent.NONE, "-": Extent.NONE}


@dataclass(frozen=True, slots=True)
class Cell:
    """A right as it stands in the table. `reason`, `second` and `proof` are owed: a typed reason, a second person, a fresh proof."""

    text: str
    extent: Extent
    reason: bool = False
    second: bool = False
    proof: bool = False
    loosenable: bool = False

    @classmethod
    def read(cls, text: str) -> Cell:
        """A cell as it is written, such as `Y`, `A+`, `R2`, `U R`. Raises `ValueError` for any other text."""
        bare = text.removesuffix("+")
        if bare in EXTENTS:
            return cls(text, EXTENTS[bare], loosenable=text.endswith("+"))
        if bare in WORDS:
            return cls(text, Extent.ALL)
        letters = bare.replace(" ", "")
        if not re.fullmatch("[R2U]+", letters):
            raise ValueError(f"{text!r} is no cell; write Y, A, R, S, U, 2, propose, or leave it out")
        owed = {OWED[letter]: True for letter in letters}
        return cls(text, Extent.ALL, loosenable=text.endswith("+"), **owed)

    def is_within(self, other: Cell) -> bool:
        """Whether this gives nothing that the other does not."""
        owes_all = all(mine or not theirs for mine, theirs in zip(self._owed(), other._owed(), strict=True))
        return self.extent == Extent.NONE or (self.extent <= other.extent and owes_all)

    def _owed(self) -> tuple[bool, bool, bool]:
        return self.reason, self.second, self.proof


REFUSED = Cell("", Extent.NONE)
