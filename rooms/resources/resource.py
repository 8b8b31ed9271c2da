"""A chair, a device, a room or a person that can be booked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.errors import Faulty


class Kind(StrEnum):
    """What sort of thing a resource is; the day board groups by it."""

    CHAIR = "chair"
    DEVICE = "device"
    ROOM = "room"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Absence:
    """A time at which one resource cannot be had: leave, servicing, training."""

    interval: Interval
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something bookable. At every instant the loads on it add up to at most `capacity`.

    `hours` None means the site's hours. `name` is what people call it; it defaults to the id.
    """

    id: str
    kind: Kind
    capabilities: frozenset[str]
    capacity: int = 1
    hours: WeeklyHours | None = None
    absences: tuple[Absence, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            raise Faulty("id", "a resource needs an id")
        if self.capacity < 1:
            raise Faulty("capacity", f"{self.id} has capacity {self.capacity}; at least 1 is needed")

    @property
    def title(self) -> str:
        """What the board calls it."""
        return self.name or self.id
