"""One resource, held for one interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rooms.availability.interval import Interval


class BookingStatus(StrEnum):
    """held (until `hold_until`) -> booked -> released."""

    HELD = "held"
    BOOKED = "booked"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked of one resource: to bear `load` for the whole interval, turnover included.

    `purpose` says for what, in words of the floor above that mean nothing here (a session's id). `part` is the place of the claim
    among the purpose's claims (a session's requirement), `capability` what it was asked for.
    """

    resource: str
    interval: Interval
    load: int
    purpose: str
    part: int = 0
    capability: str = ""
    reseat: bool = False
    """May be given to a like resource at the same time, when that makes room."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A claim that was granted. `id` is public and random."""

    id: str
    claim: Claim
    status: BookingStatus
    hold_until: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether it takes room: a hold that has run out does not."""
        if self.status is BookingStatus.HELD:
            return self.hold_until is None or now < self.hold_until
        return self.status is BookingStatus.BOOKED

    @property
    def may_be_reseated(self) -> bool:
        """Whether a like resource will do as well. A hold stays, since its plan was shown with that resource."""
        return self.claim.reseat and self.claim.load > 0 and self.status is BookingStatus.BOOKED


@dataclass(frozen=True, slots=True)
class SeatChange:
    """A booking as it was seen, and the like resource that is to have it instead, at the same time and load."""

    booking: Booking
    resource: str

    @property
    def claim(self) -> Claim:
        """What is asked of the other resource."""
        return replace(self.booking.claim, resource=self.resource)
