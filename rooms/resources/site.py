"""A place with its own clock, hours and closures."""

from __future__ import annotations

from dataclasses import dataclass

from rooms.availability.closure import Closure
from rooms.availability.hours import WeeklyHours
from rooms.errors import Faulty

MINUTES_OF_HOUR = 60


@dataclass(frozen=True, slots=True)
class Site:
    """Where sessions happen. Session starts lie on a grid of `granularity_minutes` counted from local midnight."""

    id: str
    name: str
    timezone: str
    hours: WeeklyHours
    granularity_minutes: int = 5
    closures: tuple[Closure, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.granularity_minutes <= 24 * MINUTES_OF_HOUR:
            raise Faulty("granularity_minutes", f"{self.granularity_minutes} is no grid; use 5, 10, 15 or 30")
