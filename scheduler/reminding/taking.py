"""A free place that is taken by answering its message."""

from __future__ import annotations

from datetime import datetime

from courses import offering
from courses.openings.offer import OfferStatus
from courses.rescheduling import Doing
from rooms.base import Db, NewId
from rooms.errors import DomainError
from scheduler.reminders import queries
from scheduler.reminders.kind import Kind

ANSWERABLE = (Kind.OFFER, Kind.DAY_BEFORE, Kind.UNCONFIRMED)
"""What a C may answer: it answers the one that went out last."""
TAKEN, GONE = "offer_taken", "offer_gone"
BY = "patient, by reply"


def take_offer(db: Db, address: str, *, now: datetime, new_id: NewId) -> str:
    """Take the place that was offered to an address last; what is answered then. Empty where something else was asked after it."""
    last = queries.asked_last(db, address, ANSWERABLE)
    if last is None or last[0] != Kind.OFFER:
        return ""
    try:
        with db.begin_nested():
            taken = offering.accept(db, last[1], Doing(BY, now, new_id))
    except DomainError:
        return GONE
    return TAKEN if taken.status is OfferStatus.ACCEPTED else GONE
