"""Removing keys that have opened nothing for long: whoever still has one is answered as though it had never been."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from rooms.base import Db
from scheduler.linking import queries
from scheduler.linking.opening import CALENDAR_GRACE
from scheduler.records.links import LinkKeyRow

KEPT = timedelta(days=90)
"""How long a key is kept after the visit, or after it was revoked. What was done by its link is kept for ever."""
AT_ONCE = 1000


def forget_old_keys(db: Db, *, now: datetime) -> int:
    """Remove some keys that nothing can be opened with any more. How many; none once all are gone."""
    ids = queries.keys_of_no_use(db, before=now - KEPT, calendars_before=now - KEPT - CALENDAR_GRACE, most=AT_ONCE)
    if ids:
        db.execute(delete(LinkKeyRow).where(LinkKeyRow.id.in_(ids)))
    return len(ids)
