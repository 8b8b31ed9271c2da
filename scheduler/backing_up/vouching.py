"""What a person vouches for because the program cannot see it."""

from __future__ import annotations

from datetime import datetime

from rooms.base import Db
from rooms.errors import Faulty
from scheduler.records.keeping import AcknowledgementRow

DISK_ENCRYPTION = "disk-encryption"


def acknowledge(db: Db, subject: str, *, by: str, now: datetime) -> None:
    """Note who vouches for something. Raises `Faulty` without a name."""
    if not by.strip() or len(by) > 200:
        raise Faulty("--by", "name the person who vouches for it, in at most 200 letters")
    db.add(AcknowledgementRow(subject=subject, by=by.strip(), at=now))
