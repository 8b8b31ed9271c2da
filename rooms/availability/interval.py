"""A stretch of real time between two instants. All overlap questions are asked here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rooms.errors import Faulty


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Half-open: `starts_at` belongs to it, `ends_at` does not. Both are kept in UTC; a time without a zone is refused."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is not UTC or self.ends_at.tzinfo is not UTC:
            self._bring_to_utc()
        if self.ends_at <= self.starts_at:
            raise Faulty("ends_at", f"{self.ends_at.isoformat()} is not after {self.starts_at.isoformat()}")

    def _bring_to_utc(self) -> None:
        for field in ("starts_at", "ends_at"):
            moment: datetime = getattr(self, field)
            if moment.tzinfo is None:
                raise Faulty(field, f"{moment.isoformat()} has no time zone")
            object.__setattr__(self, field, moment.astimezone(UTC))

    @property
    def length(self) -> timedelta:
        """Elapsed time, whatever the clock on the wall did meanwhile."""
        return self.ends_at - self.starts_at

    def overlaps(self, other: Interval) -> bool:
        """Whether the two share an instant; touching ends do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def common(self, other: Interval) -> Interval | None:
        """The time that both share; None where they share none."""
        return Interval(max(self.starts_at, other.starts_at), min(self.ends_at, other.ends_at)) if self.overlaps(other) else None

    def contains(self, other: Interval) -> bool:
        """Whether all of `other` lies inside."""
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at


def greatest_load(loads: Iterable[tuple[Interval, int]]) -> tuple[int, datetime | None]:
    """The greatest sum of loads at any instant, and the first instant of it; (0, None) for nothing."""
    turns = sorted(turn for interval, load in loads for turn in ((interval.ends_at, 0, -load), (interval.starts_at, 1, load)))
    total, most, at = 0, 0, None
    for moment, _, change in turns:
        total += change
        if total > most:
            most, at = total, moment
    return most, at
