"""Elapsed time that a clock which was put right, or wrong, cannot shorten.

Beside its clock a machine counts the seconds since it was started, whatever its clock is put to. The clock's distance from that count is
the same as long as nobody moves the clock; every distance that was seen since the start is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

PACE = "the machine's pace"
"""Where a database session keeps how its pace is told: a function of the session that gives a `Pace`."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`running` are the machine's seconds now, `distances` all that its clock was ahead of them by, in whole seconds."""

    running: int
    distances: frozenset[int]

    def seconds_left(self, since: Iterable[datetime], length: timedelta) -> int:
        """How long it is yet until so much time has passed since the last of some instants, each told by the clock as it was then.

        Nobody knows by which clock an instant was told, if the clock was moved: the latest moment that it can have been counts. If it
        never was, the clock itself is right, and nothing is left.
        """
        if len(self.distances) < 2:
            return 0
        begun = [start for at in since for distance in self.distances if (start := int(at.timestamp()) - distance) <= self.running]
        return max(0, max(begun, default=self.running - int(length.total_seconds())) + int(length.total_seconds()) - self.running)
