"""Every look into the tables of the first floor. Rows stay here: what goes out is frozen values.

Row numbers (`id`, `..._id` of a `Known...`) are for joining; people and addresses see public ids. A key is a public id or, where a site is
given, the clinic's own code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, bindparam, event, func, or_, select
from sqlalchemy.orm import QueryContext, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from courses.errors import Unknown
from courses.patients.patient import Patient, PatientAbsence
from courses.plans.ongoing.course import Course, CourseWish, Extending, extended_protocol, hours_of
from courses.plans.ongoing.kept import authorization_of, extending_of
from courses.plans.request import CourseRequest, PatientHours, Window
from courses.plans.waiting.joint import JointAnswer, JointPlan, JointStatus
from courses.plans.waiting.kept_plan import plan_of
from courses.plans.waiting.wait import WaitingCourse, WaitingStatus
from courses.protocols.notation import read_protocol
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.provenance import ProtocolDocument
from courses.protocols.version import ProtocolVersion, RetiredProtocol, VersionStatus
from courses.records import (
    AdverseEventRow,
    AlertSeenRow,
    CertificationRow,
    ChecklistRow,
    ChecklistVersionRow,
    ConsentRow,
    CourseRow,
    EnrollmentRow,
    EntryRow,
    FormSubmissionRow,
    GateOverrideRow,
    JointAnswerRow,
    JointPlanRow,
    LotMoveRow,
    LotRow,
    MonitoringFormRow,
    PatientAbsenceRow,
    PatientContactRow,
    PatientRow,
    ProtocolRow,
    ProtocolVersionRow,
    SessionChecklistRow,
    SessionEventRow,
    SessionRow,
    SignatureRow,
    VisitAnswerRow,
    WaitingCourseRow,
    WaitingEventRow,
)
from courses.sessions.session import TreatmentSession
from courses.sessions.status import LIVE, TAKING_TIME, CourseStatus, SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.conflict import LONGEST
from rooms.queries import KnownSite

NAMED = "patients who may be named"
"""Where a database session keeps that not everybody may be named, see `name_only`."""
SEEN = "patients seen"
"""Where a database session keeps whom it has looked at, see `note_patients`."""

OF_A_SITE = (CertificationRow, ChecklistRow, LotRow, MonitoringFormRow)
OF_A_VISIT = (SessionChecklistRow, EntryRow, SignatureRow, GateOverrideRow, AlertSeenRow, AdverseEventRow, VisitAnswerRow)
OF_A_PERSON = (PatientAbsenceRow, EnrollmentRow, PatientContactRow, ConsentRow)
AT_MOST = 50
"""How many patients a search shows."""


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """A patient with their row."""

    id: int
    site_id: int
    patient: Patient


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A protocol version with its row."""

    id: int
    protocol_id: int
    version: ProtocolVersion


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """A course with its row, and the site that it is at."""

    id: int
    patient_id: int
    site: KnownSite
    course: Course


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session's row and its course's, and how far it is."""

    id: int
    course_id: int
    number: int
    status: SessionStatus


@dataclass(frozen=True, slots=True)
class KnownWaiting:
    """A course that is waited for with its row, and the site that it is to be at."""

    id: int
    patient_id: int
    site: KnownSite
    waiting: WaitingCourse


@dataclass(frozen=True, slots=True)
class KnownJoint:
    """A joint plan with its row, and the site that it is for."""

    id: int
    site: KnownSite
    joint: JointPlan


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish with all that it names looked up."""

    site: KnownSite
    patient: KnownPatient
    version: KnownVersion
    request: CourseRequest

    @property
    def hours(self) -> PatientHours:
        """When the patient can come."""
        return hours_of(self.patient.patient)


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course in a list: how far it has come."""

    id: str
    code: str
    status: CourseStatus
    patient_id: str
    patient: str
    protocol: str
    protocol_version: int
    starts_on: date
    agreed_sessions: int
    delivered: int
    owed: int
    next_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in a list or on the board. `bookings` are (resource code, time with turnover, load, part)."""

    id: str
    course_id: str
    patient_id: str
    patient: str
    protocol: str
    modality: str
    number: int
    of: int
    phase: str
    template: str
    status: SessionStatus
    interval: Interval | None
    authorized: bool
    version: int
    bookings: tuple[tuple[str, Interval, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a session, or (`session` None) to its course as a whole."""

    at: datetime
    kind: str
    by: str
    session: str | None
    detail: dict[str, object]
    reason: str | None


# Patients


def within(sites: Collection[int]) -> tuple[ORMOption, ...]:
    """What keeps every look into the tables of this floor to some sites (by row number): see `scheduler.guarding`."""
    of = {row: select(row.id).where(row.site_id.in_(sites)).scalar_subquery() for row in (PatientRow, ProtocolRow, CourseRow)}
    waiting = select(WaitingCourseRow.id).where(WaitingCourseRow.site_id.in_(sites)).scalar_subquery()
    joint = select(JointPlanRow.id).where(JointPlanRow.site_id.in_(sites)).scalar_subquery()
    own = (PatientRow, ProtocolRow, CourseRow, WaitingCourseRow, JointPlanRow, *OF_A_SITE)
    visits = (
        select(SessionRow.id).join(CourseRow, CourseRow.id == SessionRow.course_id).where(CourseRow.site_id.in_(sites)).scalar_subquery()
    )
    versions = select(ChecklistRow.id).where(ChecklistRow.site_id.in_(sites)).scalar_subquery()
    forms = select(MonitoringFormRow.id).where(MonitoringFormRow.site_id.in_(sites)).scalar_subquery()
    lots = select(LotRow.id).where(LotRow.site_id.in_(sites)).scalar_subquery()
    return (
        *(with_loader_criteria(row, row.site_id.in_(sites), include_aliases=True) for row in own),
        *(with_loader_criteria(row, row.patient_id.in_(of[PatientRow]), include_aliases=True) for row in OF_A_PERSON),
        with_loader_criteria(ProtocolVersionRow, ProtocolVersionRow.protocol_id.in_(of[ProtocolRow]), include_aliases=True),
        with_loader_criteria(SessionRow, SessionRow.course_id.in_(of[CourseRow]), include_aliases=True),
        with_loader_criteria(SessionEventRow, SessionEventRow.course_id.in_(of[CourseRow]), include_aliases=True),
        with_loader_criteria(WaitingEventRow, WaitingEventRow.waiting_course_id.in_(waiting), include_aliases=True),
        with_loader_criteria(JointAnswerRow, JointAnswerRow.joint_plan_id.in_(joint), include_aliases=True),
        *(with_loader_criteria(row, row.session_id.in_(visits), include_aliases=True) for row in OF_A_VISIT),
        with_loader_criteria(ChecklistVersionRow, ChecklistVersionRow.checklist_id.in_(versions), include_aliases=True),
        with_loader_criteria(FormSubmissionRow, FormSubmissionRow.form_id.in_(forms), include_aliases=True),
        with_loader_criteria(LotMoveRow, LotMoveRow.lot_id.in_(lots), include_aliases=True),
    )


def of_patients(keys: Collection[str], sites: Collection[int]) -> ORMOption:
    """What keeps looks at some sites (by row number) to some patients (by public id), as if no others were there."""
    theirs = or_(PatientRow.site_id.not_in(sites), PatientRow.public_id.in_(keys))
    return with_loader_criteria(PatientRow, theirs, include_aliases=True)


def name_only(db: Db, keys: Collection[str]) -> None:
    """Let only some patients (by public id) be named in what is told of others' visits in this database session."""
    db.info[NAMED] = frozenset(keys)


def note_patients(db: Db, seen: set[str]) -> None:
    """Note in `seen` every patient (by public id) who is looked at in this database session from now on."""
    db.info[SEEN] = seen


def _note_patient(row: PatientRow, context: QueryContext, *_: object) -> None:
    seen = context.session.info.get(SEEN)
    if seen is not None:
        seen.add(row.public_id)


event.listen(PatientRow, "load", _note_patient)
event.listen(PatientRow, "refresh", _note_patient)


def patient(db: Db, key: str, *, site_id: int | None = None) -> KnownPatient:
    """A patient, with the times at which they cannot come. Raises `Unknown`."""
    found = _patients(db, select(PatientRow).where(_named(PatientRow.public_id, PatientRow.code, PatientRow.site_id, key, site_id)))
    if not found:
        raise Unknown("patient", key)
    return found[0]


def patients_with(db: Db, ids: Collection[int]) -> dict[int, KnownPatient]:
    """Patients by row number."""
    return {known.id: known for some in rooms_queries.chunks(sorted(ids)) for known in _patients_with(db, some)}


def patients(db: Db, site_id: int) -> tuple[KnownPatient, ...]:
    """Everybody of a site, by code."""
    return tuple(_patients(db, select(PatientRow).where(PatientRow.site_id == site_id).order_by(PatientRow.code)))


def find_patients(db: Db, site_id: int, text: str = "", *, born_on: date | None = None) -> tuple[KnownPatient, ...]:
    """The patients of a site whose names begin with each of the words (or whose code is the text), and who were born on a date."""
    row = PatientRow
    shown = "".join(letter for letter in text if letter.isprintable())
    words = [or_(_begins(row.family_name, word), _begins(row.given_name, word)) for word in shown.split()]
    asked = select(row).where(row.site_id == site_id)
    if words:
        asked = asked.where(or_(and_(*words), row.code == shown))
    if born_on is not None:
        asked = asked.where(row.born_on == born_on)
    return tuple(_patients(db, asked.order_by(row.family_name, row.given_name, row.born_on, row.id).limit(AT_MOST)))


def namesakes(db: Db, site_id: int, given_name: str, family_name: str, born_on: date) -> tuple[Patient, ...]:
    """Those of a site who have the same name, in capitals or not, and the same birth date."""
    born_then = _patients(
        db, select(PatientRow).where(PatientRow.site_id == site_id, PatientRow.born_on == born_on).order_by(PatientRow.id)
    )
    name = (given_name.casefold(), family_name.casefold())
    return tuple(
        known.patient for known in born_then if (known.patient.given_name.casefold(), known.patient.family_name.casefold()) == name
    )


def lock_patient(db: Db, patient_id: int) -> None:
    """Hold everybody else off a patient's courses until the transaction ends. Always before any resource is locked."""
    db.execute(select(PatientRow.id).where(PatientRow.id == patient_id).with_for_update()).all()


def lock_patients_of(db: Db, sessions: Collection[str]) -> None:
    """The same for all whose sessions (by public id) these are, in the order of their rows."""
    asked = select(SessionRow.patient_id).where(SessionRow.public_id.in_(bindparam("some", expanding=True)))
    ids = sorted({patient_id for some in rooms_queries.chunks(sessions) for patient_id in db.scalars(asked, {"some": some})})
    for patient_id in ids:
        lock_patient(db, patient_id)


def busy_times(db: Db, patient_id: int, *, without_course: int | None = None) -> tuple[Interval, ...]:
    """When a patient is in sessions, those of one course left out."""
    row = SessionRow
    asked = select(row.starts_at, row.ends_at).where(row.patient_id == patient_id, row.status.in_(TAKING_TIME))
    if without_course is not None:
        asked = asked.where(row.course_id != without_course)
    return tuple(Interval(begins, ends) for begins, ends in db.execute(asked.order_by(row.starts_at)) if begins and ends)


def _patients(db: Db, asked: Select[PatientRow]) -> list[KnownPatient]:
    rows = db.scalars(asked.execution_options(populate_existing=True)).all()
    absences: dict[int, list[PatientAbsence]] = {row.id: [] for row in rows}
    away = PatientAbsenceRow
    for each in db.scalars(select(away).where(away.patient_id.in_(absences)).order_by(away.starts_at, away.id)):
        absences[each.patient_id].append(PatientAbsence(Interval(each.starts_at, each.ends_at), each.reason))
    return [_known_patient(row, absences[row.id]) for row in rows]


def _known_patient(row: PatientRow, absences: Iterable[PatientAbsence]) -> KnownPatient:
    available = None if row.available is None else rooms_queries.hours_of(row.available)
    names = (row.given_name, row.family_name, row.born_on)
    return KnownPatient(row.id, row.site_id, Patient(row.public_id, row.code, *names, available, tuple(absences), row.version))


def _begins(column: SQLColumnExpression[str], word: str) -> ColumnElement[bool]:
    """SQLite knows capitals of plain letters only, so a word is also tried as names are written."""
    spelled = {word, word.lower(), word.upper(), word.capitalize()}
    as_written = [column.startswith(each, autoescape=True) for each in sorted(spelled)]
    return or_(func.lower(column).startswith(word.lower(), autoescape=True), *as_written)


def _named(
    public_id: SQLColumnExpression[str], code: SQLColumnExpression[str], of_site: SQLColumnExpression[int], key: str, site_id: int | None
) -> ColumnElement[bool]:
    return public_id == key if site_id is None else and_(of_site == site_id, or_(public_id == key, code == key))


# Protocols


def protocol_version(db: Db, key: str, number: int | None = None, *, site_id: int | None = None) -> KnownVersion:
    """A protocol's version of that number, or its active one. Raises `Unknown`, or `RetiredProtocol` where none is active."""
    named = _named(ProtocolRow.public_id, ProtocolRow.code, ProtocolRow.site_id, key, site_id)
    found = versions(db, named)
    if not found:
        raise Unknown("protocol", key)
    if number is None:
        active = [known for known in found if known.version.status is VersionStatus.ACTIVE]
        if not active:
            raise RetiredProtocol(found[-1].version.code)
        return active[-1]
    same = [known for known in found if known.version.number == number]
    if not same:
        raise Unknown("version", f"{number} of protocol {key}")
    return same[0]


def versions_of(db: Db, key: str, *, site_id: int | None = None) -> tuple[KnownVersion, ...]:
    """All versions of a protocol, the oldest first; nothing for a protocol that is not there."""
    return versions(db, _named(ProtocolRow.public_id, ProtocolRow.code, ProtocolRow.site_id, key, site_id))


def protocols(db: Db, site_id: int) -> tuple[KnownVersion, ...]:
    """The protocols of a site, each by its newest version, by code."""
    newest = {known.protocol_id: known for known in versions(db, ProtocolRow.site_id == site_id)}
    return tuple(sorted(newest.values(), key=lambda known: known.version.code))


def reserving_protocols(db: Db, site_id: int) -> tuple[TreatmentProtocol, ...]:
    """The active protocols of a site that reserve room for their own courses."""
    active = versions(db, and_(ProtocolRow.site_id == site_id, ProtocolVersionRow.status == VersionStatus.ACTIVE))
    return tuple(known.version.protocol for known in active if known.version.protocol.reserve)


def lock_protocol(db: Db, code: str, *, site_id: int) -> int | None:
    """Hold everybody else off publishing this protocol until the transaction ends. Its row number, if it is there."""
    return db.scalar(select(ProtocolRow.id).where(ProtocolRow.site_id == site_id, ProtocolRow.code == code).with_for_update())


def versions(db: Db, which: ColumnElement[bool]) -> tuple[KnownVersion, ...]:
    """Protocol versions, the oldest first."""
    asked = select(ProtocolVersionRow, ProtocolRow.public_id, ProtocolRow.code, ProtocolRow.origin)
    asked = asked.join(ProtocolRow, ProtocolRow.id == ProtocolVersionRow.protocol_id).where(which)
    ordered = asked.order_by(ProtocolVersionRow.protocol_id, ProtocolVersionRow.number).execution_options(populate_existing=True)
    return tuple(_known_version(row, public_id, code, origin) for row, public_id, code, origin in db.execute(ordered))


def _known_version(row: ProtocolVersionRow, public_id: str, code: str, origin: str | None) -> KnownVersion:
    published = (row.published_at, row.published_by, origin)
    value = ProtocolVersion(public_id, code, row.number, VersionStatus(row.status), row.document, _document(row.document), *published)
    return KnownVersion(row.id, row.protocol_id, value)


@lru_cache(maxsize=512)
def _document(text: str) -> ProtocolDocument:
    return read_protocol(text)


# Courses and their sessions


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
    row = _course_row(db, _named(CourseRow.public_id, CourseRow.code, CourseRow.site_id, key, site_id))
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
    (whom,) = _patients(db, select(PatientRow).where(PatientRow.id == row.patient_id))
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


# Lists


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
            _known_patient(who, ()).patient.name,
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
            _known_patient(who, ()).patient.name,
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


# The waiting list


def waiting_course(db: Db, key: str) -> KnownWaiting:
    """A course that is or was waited for. Raises `Unknown`."""
    found = _waiting(db, WaitingCourseRow.public_id == key)
    if not found:
        raise Unknown("waiting course", key)
    return found[0]


def waiting_courses(
    db: Db, site_id: int, *, protocol: str | None = None, patient_id: int | None = None, keys: Collection[str] | None = None
) -> tuple[KnownWaiting, ...]:
    """Who waits at a site, the weightiest first, then who has waited longest; of one protocol (by public id), or only some of them."""
    row = WaitingCourseRow
    which = [row.site_id == site_id, row.status == WaitingStatus.WAITING]
    if protocol is not None:
        of_it = select(ProtocolVersionRow.id).join(ProtocolRow, ProtocolRow.id == ProtocolVersionRow.protocol_id)
        which.append(row.protocol_version_id.in_(of_it.where(ProtocolRow.public_id == protocol)))
    if patient_id is not None:
        which.append(row.patient_id == patient_id)
    if keys is not None:
        which.append(row.public_id.in_(keys))
    return _waiting(db, *which)


def waiting_history_of(db: Db, waiting_id: int) -> tuple[Happening, ...]:
    """Everything that happened to a course while it was waited for, in order."""
    row = WaitingEventRow
    asked = select(row).where(row.waiting_course_id == waiting_id).order_by(row.at, row.id)
    return tuple(Happening(each.at, each.kind, each.by, None, each.detail, each.reason) for each in db.scalars(asked))


def joint_plan(db: Db, key: str, *, only: str | None = None) -> KnownJoint:
    """A joint plan with its answers, or with that of one waiting course only (by public id). Raises `Unknown`."""
    row = db.scalar(select(JointPlanRow).where(JointPlanRow.public_id == key).execution_options(populate_existing=True))
    if row is None:
        raise Unknown("joint plan", key)
    joint = JointPlan(
        row.public_id,
        JointStatus(row.status),
        row.by,
        row.created_at,
        timedelta(seconds=row.limit_seconds),
        row.seed,
        row.stands_until,
        row.objective,
        row.bound,
        row.gap,
        _joint_answers(db, row.id, only),
    )
    return KnownJoint(row.id, rooms_queries.site(db, row.site_id), joint)


def newest_joint_plan(db: Db, site_id: int) -> str | None:
    """The public id of a site's newest joint plan, if it has one."""
    row = JointPlanRow
    return db.scalar(select(row.public_id).where(row.site_id == site_id).order_by(row.created_at.desc(), row.id.desc()).limit(1))


def joint_answer_ids(db: Db, key: str) -> dict[str, int]:
    """The row numbers of a joint plan's answers by the waiting courses' public ids."""
    row = JointAnswerRow
    asked = select(WaitingCourseRow.public_id, row.id).join(row, row.waiting_course_id == WaitingCourseRow.id)
    asked = asked.join(JointPlanRow, JointPlanRow.id == row.joint_plan_id).where(JointPlanRow.public_id == key)
    return {waiting: answer_id for waiting, answer_id in db.execute(asked)}


def old_joint_plans(db: Db, site_id: int, *, until: datetime) -> tuple[int, ...]:
    """The row numbers of a site's joint plans that could be booked only until then."""
    return tuple(db.scalars(select(JointPlanRow.id).where(JointPlanRow.site_id == site_id, JointPlanRow.stands_until < until)))


def _joint_answers(db: Db, joint_id: int, only: str | None) -> tuple[JointAnswer, ...]:
    row = JointAnswerRow
    asked = select(row, WaitingCourseRow.public_id).join(WaitingCourseRow, WaitingCourseRow.id == row.waiting_course_id)
    asked = asked.where(row.joint_plan_id == joint_id)
    if only is not None:
        asked = asked.where(WaitingCourseRow.public_id == only)
    found = db.execute(asked.order_by(row.position).execution_options(populate_existing=True)).all()
    keys = [key for _, key in found]
    of_key = {known.waiting.id: known.waiting for some in rooms_queries.chunks(keys) for known in _waiting_with(db, some)}
    return tuple(JointAnswer(of_key[key], each.seen, plan_of(each.plan) if each.plan else None, each.trouble) for each, key in found)


def _waiting_with(db: Db, keys: Collection[str]) -> tuple[KnownWaiting, ...]:
    return _waiting(db, WaitingCourseRow.public_id.in_(keys))


def _waiting(db: Db, *which: ColumnElement[bool]) -> tuple[KnownWaiting, ...]:
    row = WaitingCourseRow
    asked = select(row, CourseRow.public_id).outerjoin(CourseRow, CourseRow.id == row.course_id).where(*which)
    found = db.execute(asked.order_by(row.priority.desc(), row.since, row.id).execution_options(populate_existing=True)).all()
    people = {
        known.id: known for some in rooms_queries.chunks(sorted({e.patient_id for e, _ in found})) for known in _patients_with(db, some)
    }
    by_which = {each.protocol_version_id for each, _ in found}
    known_versions = {known.id: known.version for known in versions(db, ProtocolVersionRow.id.in_(by_which))} if found else {}
    sites = {site_id: rooms_queries.site(db, site_id) for site_id in sorted({each.site_id for each, _ in found})}
    return tuple(
        KnownWaiting(
            each.id,
            each.patient_id,
            sites[each.site_id],
            _waiting_course(each, course, people[each.patient_id].patient, known_versions[each.protocol_version_id], sites[each.site_id]),
        )
        for each, course in found
    )


def _patients_with(db: Db, ids: Collection[int]) -> list[KnownPatient]:
    return _patients(db, select(PatientRow).where(PatientRow.id.in_(ids)))


def _waiting_course(row: WaitingCourseRow, course: str | None, who: Patient, version: ProtocolVersion, site: KnownSite) -> WaitingCourse:
    wish = CourseWish(
        site.public_id,
        who.id,
        version.protocol_id,
        row.starts_on,
        version.number,
        row.start_on_or_before,
        row.finish_on_or_before,
        row.priority,
        None if row.window_from is None or row.window_until is None else Window(row.window_from, row.window_until),
        authorization_of(row.authorization),
        row.code,
    )
    state = WaitingStatus(row.status)
    return WaitingCourse(row.public_id, state, who, version, wish, row.ordered_by, row.since, course, row.reason, row.version)
