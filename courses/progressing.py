"""What became of a session on its day, written down: its state, its version and its course's, and its history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, update

from courses import queries
from courses.checklists.item import Moment as ItemMoment
from courses.queries import KnownCourse
from courses.queries.charts import SessionChart
from courses.records import CourseRow, SessionEventRow, SessionRow
from courses.sessions.status import SessionStatus, check_verb
from rooms import queries as rooms_queries
from rooms.base import Db

LEADS_TO = {
    "arrive": SessionStatus.ARRIVED,
    "start": SessionStatus.IN_TREATMENT,
    "observe": SessionStatus.IN_OBSERVATION,
    "discharge": SessionStatus.DISCHARGED,
}
OVER = (ItemMoment.LAST_DOSE, ItemMoment.END_OF_TREATMENT)
"""What says that the treatment is over."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that a patient did or that was done: a session (by public id), `arrive`, `start`, `observe` or `discharge`, and when."""

    session: str
    verb: str
    at: datetime


def attend(db: Db, moments: Sequence[Moment], *, by: str) -> None:
    """Record what happened in the rooms, in the order in which it happened. Raises `WrongState` for what cannot follow, `Unknown`.

    No gate is asked: this is for what was done elsewhere and is only told here.
    """
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


def advance(  # noqa: PLR0913  # what is kept of a step
    db: Db, known: KnownCourse, key: str, verb: str, *, at: datetime, by: str, reason: str | None = None, outcome: str | None = None
) -> None:
    """Move one session of a locked course on. Raises `WrongState`."""
    session = known.course.session(key)
    check_verb(verb, session.number, session.status)
    changed: dict[str, object] = {"status": LEADS_TO[verb]}
    if outcome is not None:
        changed["outcome"] = outcome
    tell(db, known, key, LEADS_TO[verb], at=at, by=by, reason=reason, **changed)


def tell(  # noqa: PLR0913  # what is kept of a change
    db: Db, known: KnownCourse, key: str, kind: str, *, at: datetime, by: str, reason: str | None = None, **columns: object
) -> None:
    """Change columns of one session of a locked course, and add to its history what it was."""
    row, of = SessionRow, CourseRow
    db.execute(update(row).where(row.public_id == key).values(version=row.version + 1, **columns))
    db.execute(update(of).where(of.id == known.id).values(version=of.version + 1))
    told = {"number": known.course.session(key).number} | {name: value for name, value in columns.items() if name == "outcome"}
    where = {"session_id": queries.session_ids(db, [key])[key], "course_id": known.id, "at": at, "by": by}
    db.execute(insert(SessionEventRow), [where | {"kind": kind, "detail": told, "reason": reason}])


def observe_treated(db: Db, chart: SessionChart, *, at: datetime, by: str) -> bool:
    """Watch a patient from now on where it was written down that the treatment is over and a watch follows. Whether anything changed.

    `chart` is the chart with what was just written down, its patient locked.
    """
    if chart.status is not SessionStatus.IN_TREATMENT or not any(each.watch for each in chart.documents):
        return False
    said = [item.code for document in chart.documents for item in document.items if item.marks in OVER]
    if not any(reading.value is not False for code in said for reading in chart.chart.of(code)):
        return False
    advance(db, queries.course_of_session(db, chart.session), chart.session, "observe", at=at, by=by)
    return True
