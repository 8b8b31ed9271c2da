"""Opening a session's chart: from then on it is charted by the versions of checklists that were in force, and by no others."""

from __future__ import annotations

from datetime import datetime

from courses.queries.charts import SessionChart
from courses.records import SessionChecklistRow
from rooms.base import Db


def pin(db: Db, known: SessionChart, *, now: datetime) -> None:
    """Keep a session to the versions of checklists that it would be charted by now, once. Its patient is locked (`lock_patients_of`)."""
    if not known.is_open:
        db.add_all(SessionChecklistRow(session_id=known.id, checklist_version_id=each.id, pinned_at=now) for each in known.checklists)
        db.flush()
