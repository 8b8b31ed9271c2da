"""What the gateway reports afterwards: any number of times, in any order, late."""

from __future__ import annotations

from datetime import datetime

from rooms.base import Db
from scheduler.records.messages import MessageAttemptRow, MessageRow
from scheduler.reminders import queries

HANDED_ON = {"accepted", "queued", "sending", "sent", "scheduled"}
ARRIVED = {"delivered", "read"}
LOST = {"undelivered", "failed", "canceled"}
REPORTED = "report_"
"""What is written down of a report begins so."""


def settle(db: Db, key: str, reference: str, status: str, code: str, *, now: datetime) -> bool:
    """Take a report about a message (by public id). Whether it was new. Raises `Unknown`.

    A report only ever tells more: that it arrived stands against every other, that it was lost against all but that.
    """
    row = queries.row_of(db, key)
    event = f"{reference}:{status}"[:120]
    if status not in HANDED_ON | ARRIVED | LOST or queries.has_event(db, row.id, event):
        return False
    known = {line.what for line in queries.happened(db, row.id)}
    line = {"number": row.tries, "what": f"{REPORTED}{status}"[:20], "reference": reference[:100], "detail": code[:200], "event": event}
    db.add(MessageAttemptRow(message_id=row.id, at=now, **line))
    has_arrived = any(f"{REPORTED}{each}" in known for each in ARRIVED)
    if status in ARRIVED or (status in HANDED_ON and not any(f"{REPORTED}{each}" in known for each in LOST)):
        _close(row, "sent", "")
    elif status in LOST and not has_arrived:
        _close(row, "failed", code or status)
    db.flush()
    return True


def _close(row: MessageRow, state: str, why: str) -> None:
    if row.state in {"claimed", "uncertain", "sent", "failed"} or (row.state == "parked" and row.copies):
        row.state, row.claimed_by, row.why, row.version = state, None, why[:40], row.version + 1
