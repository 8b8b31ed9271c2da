"""What the checker finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that must not be so, and the row where it is.

    `decision` marks what became so by a change that a person made (a closure over visits that were there before, fewer hours): the
    data are sound, and somebody must settle those visits. It is no failure of the program.
    """

    rule: str
    row: str
    sentence: str
    decision: bool = False
