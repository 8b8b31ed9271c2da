"""Looks into courses, their sessions and what happened to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, select

from courses.errors import Unknown
from courses.plans.ongoing.course import Course, CourseWish, Extending, extended_protocol
from courses.plans.ongoing.kept import authorization_of, extending_of
from courses.plans.request import CourseRequest, Window
from courses.protocols.version import ProtocolVersion, RetiredProtocol, VersionStatus
from courses.queries.known import Asked, Happening, KnownCourse, KnownSession
from courses.queries.patient_looks import known_patients, patient, rows_named
from courses.queries.protocol_looks import protocol_version, versions
from courses.records import CourseRow, PatientRow, ProtocolVersionRow, SessionEventRow, SessionRow
from courses.sessions.session import TreatmentSession
from courses.sessions.status import CourseStatus, SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.interval import Interval
from rooms.base import Db


def asked(db: Db, wish: CourseWish) -> Asked:
    """A wish with its site, patient and protocol version. Raises `Unknown` and `RetiredProtocol`."""
    site = rooms_queries.site(db, wish.site)
    whom = patient(db, wish.patient, site_id=site.id)
    by = protocol_version(db, wish.protocol, wish.version, site_id=site.id)
    if by.version.status is not VersionStatus.ACTIVE:
        raise RetiredProtocol(by.version.code, by.version.number)
    return Asked(site, whom, by, wish.request(by.version.protocol, whom.patient.id))


def course(db: Db, key: str, *, site_id: int | None = None) -> KnownCourse:
    """A course with all its sessions and their bookings. Raises `Unknown`."""
    row = _course_row(db, rows_named(CourseRow.public_id, CourseRow.code, CourseRow.site_id, key, site_id))
    if row is None:
        raise Unknown("course", key)
    return _known_course(db, row)


def course_of_session(db: Db, session_key: str) -> KnownCourse:
    """The course that a session belongs to. Raises `Unknown`."""
    row = _course_row(db, CourseRow.id == select(SessionRow.course_id).where(SessionRow.public_id == session_key).scalar_subquery())
    if row is None:
        raise Unknown("session", session_key)
    return _known_course(db, row)


def course_with(db: Db, course_id: int) -> KnownCourse:
    """The course with a row number. Raises `Unknown`."""
    row = _course_row(db, CourseRow.id == course_id)
    if row is None:
        raise Unknown("course", str(course_id))
    return _known_course(db, row)


def _course_row(db: Db, which: ColumnElement[bool]) -> CourseRow | None:
    return db.scalar(select(CourseRow).where(which).execution_options(populate_existing=True))


def _known_course(db: Db, row: CourseRow) -> KnownCourse:
    site = rooms_queries.site(db, row.site_id)
    (whom,) = known_patients(db, select(PatientRow).where(PatientRow.id == row.patient_id))
    (by,) = versions(db, ProtocolVersionRow.id == row.protocol_version_id)
    extended = tuple(extending_of(each) for each in row.extension or ())
    return KnownCourse(
        row.id,
        row.patient_id,
        site,
        Course(
            row.public_id,
            row.code,
            CourseStatus(row.status),
            site.public_id,
            whom.patient,
            by.version,
            _request(row, by.version, whom.patient.id, extended),
            row.agreed_sessions,
            sessions_of(db, row.id),
            extended,
            row.reason,
            row.version,
            row.created_at,
        ),
    )


def _request(row: CourseRow, version: ProtocolVersion, patient_key: str, extended: Iterable[Extending]) -> CourseRequest:
    window = None if row.window_from is None or row.window_until is None else Window(row.window_from, row.window_until)
    return CourseRequest(
        row.public_id,
        patient_key,
        extended_protocol(version.protocol, extended),
        row.starts_on,
        row.start_on_or_before,
        row.finish_on_or_before,
        row.priority,
        window,
        authorization_of(row.authorization),
    )


def sessions_of(db: Db, course_id: int) -> tuple[TreatmentSession, ...]:
    """All sessions of a course with their bookings, by number and time."""
    row, ordered = SessionRow, (SessionRow.number, SessionRow.starts_at, SessionRow.id)
    rows = db.scalars(select(row).where(row.course_id == course_id).order_by(*ordered).execution_options(populate_existing=True)).all()
    names = {each.id: each.public_id for each in rows}
    booked = rooms_queries.bookings_of(db, [each.public_id for each in rows])
    return tuple(
        TreatmentSession(
            each.public_id,
            each.number,
            each.phase,
            each.template,
            SessionStatus(each.status),
            Interval(each.starts_at, each.ends_at) if each.starts_at and each.ends_at else None,
            booked.get(each.public_id, ()),
            each.authorized,
            each.missed_wish,
            each.reason,
            each.version,
            None if each.replaces_id is None else names.get(each.replaces_id),
            each.outcome,
        )
        for each in rows
    )


def course_id(db: Db, key: str) -> int:
    """The row number of a course by public id. Raises `Unknown`."""
    found = db.scalar(select(CourseRow.id).where(CourseRow.public_id == key))
    if found is None:
        raise Unknown("course", key)
    return found


def session_ids(db: Db, keys: Collection[str]) -> dict[str, int]:
    """Row numbers of sessions by public id."""
    row = SessionRow
    pairs = (
        pair for some in rooms_queries.chunks(keys) for pair in db.execute(select(row.public_id, row.id).where(row.public_id.in_(some)))
    )
    return {key: row_id for key, row_id in pairs}


def attended(db: Db, keys: Collection[str]) -> dict[str, KnownSession]:
    """The rows of sessions by public id. Raises `Unknown` for one that is not there."""
    row = SessionRow
    found: dict[str, KnownSession] = {}
    for some in rooms_queries.chunks(keys):
        asked = select(row.public_id, row.id, row.course_id, row.number, row.status).where(row.public_id.in_(some))
        found |= {key: KnownSession(row_id, course, number, SessionStatus(now)) for key, row_id, course, number, now in db.execute(asked)}
    for key in keys:
        if key not in found:
            raise Unknown("session", key)
    return found


def history_of(db: Db, course_id: int) -> tuple[Happening, ...]:
    """Everything that happened to a course and its sessions, in order."""
    row = SessionEventRow
    asked = select(row, SessionRow.public_id).outerjoin(SessionRow, SessionRow.id == row.session_id).where(row.course_id == course_id)
    return tuple(Happening(e.at, e.kind, e.by, key, e.detail, e.reason) for e, key in db.execute(asked.order_by(row.at, row.id)))
