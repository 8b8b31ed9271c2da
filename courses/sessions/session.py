"""A treatment session as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courses.sessions.status import SessionStatus
from rooms.availability.interval import Interval
from rooms.bookings.booking import Booking


@dataclass(frozen=True, slots=True)
class TreatmentSession:
    """One session of a course. `id` is public and random; `interval` is None for one that is owed and has no place.

    `number` counts the course's live sessions in order of time. `replaces` is the id of the missed or cancelled one that it makes up for.
    """

    id: str
    number: int
    phase: str
    template: str
    status: SessionStatus
    interval: Interval | None = None
    bookings: tuple[Booking, ...] = ()
    authorized: bool = True
    missed_wish: str | None = None
    reason: str | None = None
    version: int = 1
    replaces: str | None = None
    outcome: str | None = None
    """How much of the treatment was given, of one that began: complete, incomplete or aborted."""

    @property
    def is_live(self) -> bool:
        """Whether it counts among its course's sessions."""
        return self.status.is_live

    def is_history(self, now: datetime) -> bool:
        """Whether it stays as it is, whatever happens: it is over, under way, or the patient has come."""
        return self.status.has_begun or (self.interval is not None and self.interval.starts_at < now)

    @property
    def resources(self) -> tuple[str, ...]:
        """The codes of the resources that it has, in the order of its template's requirements."""
        return tuple(booking.claim.resource for booking in self.bookings)
