"""A free place that is kept for one patient for a while: offered -> accepted, declined, run_out, or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from courses.errors import DomainError, Faulty
from rooms.availability.interval import Interval

LEAST_MINUTES, MOST_MINUTES = 10, 24 * 60
LEAST_HOLD = timedelta(minutes=10)
"""A place that can be kept for less is offered to nobody: there is no time to answer."""
MOST_DESK_HOURS = 14 * 24


class OfferStatus(StrEnum):
    """What became of it. Only one that is `offered` keeps a place."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RUN_OUT = "run_out"
    WITHDRAWN = "withdrawn"


class By(StrEnum):
    """How it is told: a message goes out, or somebody of the desk calls."""

    MESSAGE = "message"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Asking:
    """How somebody is asked, and from when on: the time to answer begins when they can be reached."""

    by: By
    begins_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A place that is or was kept for a visit. `id` is what its bookings are held for; `was_at` is where the visit was then, if it had a
    place. `why` is why it was withdrawn."""

    id: str
    row: int
    wish: str
    wish_row: int
    site_id: int
    patient_id: int
    course: str
    session: str
    place: Interval
    resources: tuple[str, ...]
    was_at: datetime | None
    by: By
    begins_at: datetime
    hold_until: datetime
    status: OfferStatus
    why: str
    made_at: datetime
    ended_at: datetime | None
    ended_by: str
    version: int

    def is_running(self, now: datetime) -> bool:
        """Whether its place is kept."""
        return self.status is OfferStatus.OFFERED and now < self.hold_until


@dataclass(frozen=True, slots=True)
class Offering:
    """How a site offers: for how many minutes a place is kept, from how few hours before a visit the desk calls instead of a message,
    and whether free places are offered by themselves."""

    hold_minutes: int = 60
    desk_hours: int = 24
    by_itself: bool = True
    version: int = 0

    def hold_until(self, asking: Asking, place: Interval) -> datetime | None:
        """Until when a place is kept; None where nobody could answer in time."""
        last = place.starts_at - timedelta(minutes=30)
        until = min(asking.begins_at + timedelta(minutes=self.hold_minutes), last)
        return until if until - asking.begins_at >= LEAST_HOLD else None


class OfferOver(DomainError):
    """An offer that can be answered no more: its place is not kept any longer."""

    code = "offer_over"

    def __init__(self, status: OfferStatus) -> None:
        super().__init__(f"This offer {SAID[status]}. The visit stays where it is; look at the openings again.")
        self.status = status


SAID = {
    OfferStatus.OFFERED: "stands",
    OfferStatus.ACCEPTED: "was accepted already",
    OfferStatus.DECLINED: "was declined already",
    OfferStatus.RUN_OUT: "has run out",
    OfferStatus.WITHDRAWN: "was withdrawn",
}


def check_answerable(offer: Offer, now: datetime) -> None:
    """Raises `OfferOver` unless the place is kept at this moment."""
    if offer.status is not OfferStatus.OFFERED:
        raise OfferOver(offer.status)
    if now >= offer.hold_until:
        raise OfferOver(OfferStatus.RUN_OUT)


def check_offering(offering: Offering) -> None:
    """Raises `Faulty`."""
    if not LEAST_MINUTES <= offering.hold_minutes <= MOST_MINUTES:
        raise Faulty("hold_minutes", f"from {LEAST_MINUTES} to {MOST_MINUTES} minutes")
    if not 0 <= offering.desk_hours <= MOST_DESK_HOURS:
        raise Faulty("desk_hours", f"from 0 to {MOST_DESK_HOURS} hours")
