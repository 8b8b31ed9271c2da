"""Lists of courses and visits: a day, what is owed, what a closure hits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from courses.queries.known import CourseLine, SessionLine
from courses.queries.patient_looks import known_patient
from courses.queries.protocol_looks import versions
from courses.queries.scoping import NAMED
from courses.records import CourseRow, PatientRow, ProtocolRow, ProtocolVersionRow, SessionRow
from courses.sessions.status import LIVE, TAKING_TIME, CourseStatus, SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.conflict import LONGEST


def courses(
    db: Db, site_id: int, *, now: datetime, statuses: Collection[CourseStatus] = (), patient_key: str | None = None
) -> tuple[CourseLine, ...]:
    """The courses of a site, by patient and start."""
    delivered = func.count().filter(SessionRow.status == SessionStatus.DISCHARGED)
    owed = func.count().filter(SessionRow.status == SessionStatus.PLANNED, SessionRow.starts_at.is_(None))
    live = SessionRow.status.in_(LIVE)
    ahead = func.min(SessionRow.starts_at).filter(live, SessionRow.starts_at >= now)
    last = func.max(SessionRow.starts_at).filter(live)
    asked = select(CourseRow, PatientRow, ProtocolRow.code, ProtocolVersionRow.number, delivered, owed, ahead, last)
    asked = asked.join(PatientRow, PatientRow.id == CourseRow.patient_id)
    asked = asked.join(ProtocolVersionRow, ProtocolVersionRow.id == CourseRow.protocol_version_id)
    asked = asked.join(ProtocolRow, ProtocolRow.id == ProtocolVersionRow.protocol_id)
    asked = asked.outerjoin(SessionRow, SessionRow.course_id == CourseRow.id).where(CourseRow.site_id == site_id)
    if statuses:
        asked = asked.where(CourseRow.status.in_(statuses))
    if patient_key is not None:
        asked = asked.where(PatientRow.public_id == patient_key)
    asked = asked.group_by(CourseRow.id, PatientRow.id, ProtocolRow.code, ProtocolVersionRow.number)
    ordered = asked.order_by(PatientRow.family_name, PatientRow.given_name, CourseRow.starts_on, CourseRow.id)
    return tuple(
        CourseLine(
            row.public_id,
            row.code,
            CourseStatus(row.status),
            who.public_id,
            known_patient(who, ()).patient.name,
            protocol,
            number,
            row.starts_on,
            row.agreed_sessions,
            n_delivered,
            n_owed,
            next_at,
            last_at,
        )
        for row, who, protocol, number, n_delivered, n_owed, next_at, last_at in db.execute(ordered)
    )


def sessions_on(db: Db, site_id: int, interval: Interval, *, now: datetime) -> tuple[SessionLine, ...]:
    """The sessions of a site during some of a time, those cancelled and missed too, by start, each with its resources."""
    row = SessionRow
    return _lines(
        db,
        now,
        CourseRow.site_id == site_id,
        row.starts_at < interval.ends_at,
        row.starts_at > interval.starts_at - LONGEST,
        row.ends_at > interval.starts_at,
    )


def sessions_with(db: Db, keys: Collection[str], *, now: datetime) -> tuple[SessionLine, ...]:
    """The sessions with these public ids, by start."""
    found = [line for some in rooms_queries.chunks(keys) for line in _lines(db, now, SessionRow.public_id.in_(some))]
    return tuple(sorted(found, key=lambda line: (line.interval is None, line.interval)))


def names_of(db: Db, purposes: Collection[str], *, now: datetime) -> dict[str, str]:
    """Whose the bookings for some purposes are, for staff: the patient and the session. A purpose that is no session is left out."""
    named: frozenset[str] | None = db.info.get(NAMED)
    lines = [line for line in sessions_with(db, purposes, now=now) if named is None or line.patient_id in named]
    return {line.id: f"{line.patient}, session {line.number} of {line.of}" for line in lines}


def owed_sessions(db: Db, site_id: int, *, now: datetime) -> tuple[SessionLine, ...]:
    """The sessions of active courses that are owed and have no place: somebody has to find one."""
    active = CourseRow.status == CourseStatus.ACTIVE
    return _lines(db, now, CourseRow.site_id == site_id, active, SessionRow.status == SessionStatus.PLANNED, SessionRow.starts_at.is_(None))


def sessions_hit(db: Db, site_id: int, interval: Interval, *, now: datetime, resource: str | None = None) -> tuple[SessionLine, ...]:
    """The sessions to come that a closure of the site, or an absence of one resource (by code), would hit, turnover included."""
    purposes = {booking.claim.purpose for booking in rooms_queries.bookings_on(db, site_id, interval, now=now, resource=resource)}
    lines = {line.id: line for line in sessions_with(db, purposes, now=now)}
    if resource is None:
        lines |= {line.id: line for line in sessions_on(db, site_id, interval, now=now)}
    ahead = [line for line in lines.values() if line.status in TAKING_TIME and line.interval and line.interval.ends_at > now]
    return tuple(sorted(ahead, key=lambda line: (line.interval is None, line.interval)))


def _lines(db: Db, now: datetime, *which: ColumnElement[bool]) -> tuple[SessionLine, ...]:
    asked = select(SessionRow, CourseRow.public_id, CourseRow.agreed_sessions, CourseRow.protocol_version_id, PatientRow)
    asked = asked.join(CourseRow, CourseRow.id == SessionRow.course_id).join(PatientRow, PatientRow.id == SessionRow.patient_id)
    ordered = asked.where(*which).order_by(SessionRow.starts_at, SessionRow.id).execution_options(populate_existing=True)
    found = db.execute(ordered).all()
    booked = rooms_queries.bookings_of(db, [row.public_id for row, *_ in found], now=now)
    ids = {version_id for _, _, _, version_id, _ in found}
    documents = {known.id: known.version for known in versions(db, ProtocolVersionRow.id.in_(ids))} if ids else {}
    return tuple(
        SessionLine(
            row.public_id,
            course_key,
            who.public_id,
            known_patient(who, ()).patient.name,
            documents[version_id].protocol.title,
            documents[version_id].protocol.modality,
            row.number,
            of,
            row.phase,
            row.template,
            SessionStatus(row.status),
            Interval(row.starts_at, row.ends_at) if row.starts_at and row.ends_at else None,
            row.authorized,
            row.version,
            tuple((b.claim.resource, b.claim.interval, b.claim.load, b.claim.part) for b in booked.get(row.public_id, ())),
        )
        for row, course_key, of, version_id, who in found
    )
