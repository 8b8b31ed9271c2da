"""What one part of a session asks of a resource."""

from __future__ import annotations

from dataclasses import dataclass

from rooms.errors import Faulty

WHOLE = "all"
"""The load of a requirement that takes a resource's whole capacity, whatever it is."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many different resources with a capability, each bearing `load`, and `turnover_minutes` more after the patient is gone.

    A load of 0 is presence: the resource must be there, and any number of sessions may share it. `continuity` asks for the same
    resource from session to session, where that can be had.
    """

    capability: str
    count: int = 1
    load: int | str = 1
    turnover_minutes: int = 0
    continuity: bool = False

    def __post_init__(self) -> None:
        if not self.capability:
            raise Faulty("capability", "a requirement names the capability that it needs")
        if self.count < 1:
            raise Faulty("count", f"{self.count} resources asked for; at least 1 is")
        if isinstance(self.load, str) and self.load != WHOLE:
            raise Faulty("load", f"{self.load!r} is no load; use a whole number from 0, or {WHOLE!r}")
        if isinstance(self.load, int) and self.load < 0:
            raise Faulty("load", f"{self.load} is below 0; use 0 for presence")
        if self.turnover_minutes < 0:
            raise Faulty("turnover_minutes", f"{self.turnover_minutes} is below 0")

    def load_on(self, capacity: int) -> int:
        """The share of a resource of this capacity that one booking takes."""
        return capacity if isinstance(self.load, str) else self.load
