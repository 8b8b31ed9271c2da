"""A time at which a whole site is closed."""

from __future__ import annotations

from dataclasses import dataclass

from rooms.availability.interval import Interval


@dataclass(frozen=True, slots=True)
class Closure:
    """A public holiday, snow, a building works: no booking of the site may touch it."""

    interval: Interval
    reason: str = ""
