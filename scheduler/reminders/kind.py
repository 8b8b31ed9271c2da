"""The kinds of messages, and what is common to each."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a message is for. `form` and `escort` are for the staff alone."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    CHANGED = "changed"
    """Several visits changed at once."""
    THREE_DAYS = "three_days"
    DAY_BEFORE = "day_before"
    PREPARE = "prepare"
    UNCONFIRMED = "unconfirmed"
    STILL_ASKED = "still_asked"
    """What a reminder says of a visit for which another time was asked; no message is planned as one."""
    DIGEST = "digest"
    """The week's visits of a course that has many."""
    OFFER = "offer"
    """A place that became free is kept for a visit for a while."""
    OFFER_GONE = "offer_gone"
    """It can be had no more."""
    CLOSED = "closed"
    """The clinic closed on all dates of somebody's wish for another time."""
    ESCORT = "escort"
    FORM = "form"


FOR_STAFF = frozenset({Kind.ESCORT, Kind.FORM})
FOR_PATIENTS = tuple(kind for kind in Kind if kind not in FOR_STAFF)
CALLED_ABOUT = frozenset({Kind.DAY_BEFORE, Kind.PREPARE, Kind.MOVED, Kind.CANCELLED, Kind.CHANGED, Kind.OFFER, Kind.CLOSED, *FOR_STAFF})
"""What somebody has to be called about where no message reaches them."""
REMINDS = frozenset({Kind.THREE_DAYS, Kind.DAY_BEFORE, Kind.UNCONFIRMED})
"""What reminds of one visit and no more."""
NOTICES = frozenset({Kind.BOOKED, Kind.MOVED, Kind.CANCELLED, Kind.CHANGED})
"""What tells of a change; all others remind."""
