"""What a print says of the trail: how old the records are, and which checkpoint knows them."""

from __future__ import annotations

from datetime import datetime

from rooms.base import Db
from scheduler.access.audit_event import instant
from scheduler.auditing import queries
from scheduler.auditing.appending import anchor

DIGITS = 12


def checkpoint_digits(db: Db) -> str:
    """The first twelve digits of the newest checkpoint's hash; of the trail's end, where no checkpoint was ever made."""
    last = queries.last_checkpoint(db)
    return last.hash[:DIGITS] if last else anchor(db)


def last_change(db: Db) -> datetime | None:
    """When anything of the clinic last changed; that somebody signed in or looked is no change."""
    at = queries.last_change(db)
    return None if at is None else instant(at)
