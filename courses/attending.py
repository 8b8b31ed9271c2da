"""The day itself: a patient arrives, is treated, is watched, and goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, update

from courses import queries
from courses.records import SessionEventRow, SessionRow
from courses.sessions.status import SessionStatus, check_verb
from rooms import queries as rooms_queries
from rooms.base import Db

LEADS_TO = {
    "arrive": SessionStatus.ARRIVED,
    "start": SessionStatus.IN_TREATMENT,
    "observe": SessionStatus.IN_OBSERVATION,
    "discharge": SessionStatus.DISCHARGED,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that a patient did or that was done: a session (by public id), `arrive`, `start`, `observe` or `discharge`, and when."""

    session: str
    verb: str
    at: datetime


def attend(db: Db, moments: Sequence[Moment], *, by: str) -> None:
    """Record what happened in the rooms, in the order in which it happened. Raises `WrongState` for what cannot follow, `Unknown`."""
    sessions = {moment.session for moment in moments}
    queries.lock_patients_of(db, sessions)
    rows = queries.attended(db, sessions)
    status = {key: row.status for key, row in rows.items()}
    events = []
    for moment in moments:
        row = rows[moment.session]
        check_verb(moment.verb, row.number, status[moment.session])
        status[moment.session] = LEADS_TO[moment.verb]
        where = {"session_id": row.id, "course_id": row.course_id, "at": moment.at, "by": by}
        events.append(where | {"kind": LEADS_TO[moment.verb], "detail": {"number": row.number}, "reason": None})
    for now_is in LEADS_TO.values():
        _write(db, [row.id for key, row in rows.items() if row.status is not status[key] is now_is], now_is)
    if events:
        db.execute(insert(SessionEventRow), events)


def _write(db: Db, row_ids: Iterable[int], status: SessionStatus) -> None:
    row = SessionRow
    for some in rooms_queries.chunks(row_ids):
        changed = update(row).where(row.id.in_(some)).values(status=status, version=row.version + 1)
        db.execute(changed.execution_options(synchronize_session=False))
