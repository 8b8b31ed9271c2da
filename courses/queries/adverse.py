"""Looks at untoward events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from courses.errors import Unknown
from courses.owed.adverse import AdverseEvent, EventStatus
from courses.records import AdverseEventRow, CourseRow, PatientRow, SessionRow
from rooms import queries as rooms_queries
from rooms.base import Db


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An untoward event with its row, and whom it happened to."""

    id: int
    site_id: int
    patient_id: str
    patient: str
    event: AdverseEvent


def events_of(db: Db, session_ids: Collection[int]) -> Mapping[int, list[AdverseEvent]]:
    """Those of some sessions (by row), in order of time."""
    found = defaultdict[int, list[AdverseEvent]](list)
    row = AdverseEventRow
    for some in rooms_queries.chunks(session_ids):
        asked = select(row, SessionRow.public_id).join(SessionRow, SessionRow.id == row.session_id).where(row.session_id.in_(some))
        for each, session in db.execute(asked.order_by(row.began_at, row.id).execution_options(populate_existing=True)):
            found[each.session_id].append(_event(each, session))
    return found


def adverse_event(db: Db, key: str) -> KnownEvent:
    """One by public id. Raises `Unknown`."""
    found = _known_events(db, AdverseEventRow.public_id == key)
    if not found:
        raise Unknown("adverse event", key)
    return found[0]


def adverse_events(db: Db, site_id: int, *, since: datetime) -> tuple[KnownEvent, ...]:
    """Those of a site that are not settled, and all that began since then: what is to be reported first, then the newest first."""
    row, unsettled = AdverseEventRow, (EventStatus.NOTED, EventStatus.TO_REPORT)
    found = _known_events(db, CourseRow.site_id == site_id, (row.began_at >= since) | row.status.in_(unsettled))
    return tuple(sorted(found, key=lambda known: (known.event.status is not EventStatus.TO_REPORT, -known.event.began_at.timestamp())))


def _known_events(db: Db, *which: ColumnElement[bool]) -> tuple[KnownEvent, ...]:
    row = AdverseEventRow
    asked = select(row, SessionRow.public_id, PatientRow, CourseRow.site_id).join(SessionRow, SessionRow.id == row.session_id)
    asked = asked.join(CourseRow, CourseRow.id == SessionRow.course_id).join(PatientRow, PatientRow.id == SessionRow.patient_id)
    found = db.execute(asked.where(*which).order_by(row.began_at, row.id).execution_options(populate_existing=True))
    return tuple(
        KnownEvent(each.id, site_id, who.public_id, f"{who.given_name} {who.family_name}".strip() or who.code, _event(each, session))
        for each, session, who, site_id in found
    )


def _event(row: AdverseEventRow, session: str) -> AdverseEvent:
    return AdverseEvent(
        row.public_id,
        session,
        row.kind,
        row.is_serious,
        row.began_at,
        row.resolved_at,
        row.description,
        EventStatus(row.status),
        row.reported_at,
        row.reported_how,
        row.confirmation,
        row.recorded_at,
        row.by,
        row.version,
    )
