"""Courses and their sessions as they are shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from courses.plans.ongoing.course import Course
from courses.protocols.version import ProtocolVersion
from courses.queries import CourseLine, Happening, SessionLine
from courses.sessions.session import TreatmentSession
from courses.sessions.status import CourseStatus, SessionStatus
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from scheduler.access.clinical import Clinical
from scheduler.api.fields import Shape, on_clock
from scheduler.api.plan_shapes import AuthorizationShape, WindowShape, authorization_shown, window_shown


class Who(Shape):
    """A patient in short."""

    id: str
    name: str


class ByProtocol(Shape):
    """The protocol version that a course keeps."""

    id: str
    code: str
    title: str
    modality: str
    number: int = Field(description="The version's number.")

    @classmethod
    def of(cls, version: ProtocolVersion) -> ByProtocol:
        """A protocol version in short."""
        protocol = version.protocol
        return cls(id=version.protocol_id, code=version.code, title=protocol.title, modality=protocol.modality, number=version.number)


class TakenSeat(Shape):
    """A resource that a session has, turnover included."""

    requirement: int
    resource: str
    starts_at: datetime
    ends_at: datetime
    load: int


class SessionShown(Shape):
    """A session of a course. Without times it is owed and has no place yet."""

    id: str
    number: int
    phase: str
    template: str
    status: SessionStatus
    starts_at: datetime | None
    ends_at: datetime | None
    authorized: bool
    missed_wish: str | None
    reason: Annotated[str | None, Clinical]
    replaces: str | None = Field(description="The id of the missed or cancelled session that it makes up for.")
    outcome: Annotated[str | None, Clinical] = Field(None, description="How much was given: complete, incomplete or aborted.")
    bookings: list[TakenSeat]

    @classmethod
    def of(cls, session: TreatmentSession, time: SiteTime) -> SessionShown:
        """A session as it is shown."""
        return cls(
            id=session.id,
            number=session.number,
            phase=session.phase,
            template=session.template,
            status=session.status,
            starts_at=None if session.interval is None else on_clock(session.interval.starts_at, time),
            ends_at=None if session.interval is None else on_clock(session.interval.ends_at, time),
            authorized=session.authorized,
            missed_wish=session.missed_wish,
            reason=session.reason,
            replaces=session.replaces,
            outcome=session.outcome,
            bookings=[seat_shown(b.claim.part, b.claim.resource, b.claim.interval, b.claim.load, time) for b in session.bookings],
        )


class CourseShown(Shape):
    """A course with all its sessions, those missed and cancelled too. `version` is its ETag, and its sessions' as well."""

    id: str
    code: str
    status: CourseStatus
    site: str
    patient: Who
    protocol: ByProtocol
    start_on_or_after: date
    start_on_or_before: date | None
    finish_on_or_before: date | None
    window: WindowShape | None
    authorization: AuthorizationShape | None
    agreed_sessions: int
    reason: Annotated[str | None, Clinical]
    created_at: datetime
    version: int
    reseated: int = Field(0, description="How many bookings of others went to like resources, at the same time, for the change just made.")
    sessions: list[SessionShown]

    @classmethod
    def of(cls, course: Course, time: SiteTime) -> CourseShown:
        """A course as it is shown."""
        version, request = course.version_of, course.request
        return cls(
            id=course.id,
            code=course.code,
            status=course.status,
            site=course.site,
            patient=Who(id=course.patient.id, name=course.patient.name),
            protocol=ByProtocol.of(version),
            start_on_or_after=request.start_on_or_after,
            start_on_or_before=request.start_on_or_before,
            finish_on_or_before=request.finish_on_or_before,
            window=window_shown(request.window),
            authorization=authorization_shown(request.authorization),
            agreed_sessions=course.agreed_sessions,
            reason=course.reason,
            created_at=on_clock(course.created_at, time),
            version=course.version,
            reseated=course.reseated,
            sessions=[SessionShown.of(session, time) for session in course.sessions],
        )


class SessionOfCourse(SessionShown):
    """A session with its course. `version` is its ETag: the course's, since a change of one session may move others."""

    course: str
    patient: Who
    version: int

    @classmethod
    def of_course(cls, course: Course, key: str, time: SiteTime) -> SessionOfCourse:
        """A session of a course as it is shown."""
        shown = SessionShown.of(course.session(key), time)
        patient = Who(id=course.patient.id, name=course.patient.name)
        return cls.model_construct(**dict(shown), course=course.id, patient=patient, version=course.version)


class CourseInList(Shape):
    """A course in a list: how far it has come."""

    id: str
    code: str
    status: CourseStatus
    patient: Who
    protocol: str
    protocol_version: int
    starts_on: date
    agreed_sessions: int
    delivered: int
    owed: int = Field(description="Sessions that have no place yet.")
    next_at: datetime | None
    last_at: datetime | None

    @classmethod
    def of(cls, line: CourseLine, time: SiteTime) -> CourseInList:
        """A course as it is listed."""
        return cls(
            id=line.id,
            code=line.code,
            status=line.status,
            patient=Who(id=line.patient_id, name=line.patient),
            protocol=line.protocol,
            protocol_version=line.protocol_version,
            starts_on=line.starts_on,
            agreed_sessions=line.agreed_sessions,
            delivered=line.delivered,
            owed=line.owed,
            next_at=line.next_at and on_clock(line.next_at, time),
            last_at=line.last_at and on_clock(line.last_at, time),
        )


class SessionInList(Shape):
    """A session on the board or in a list, with what it takes."""

    id: str
    course: str
    patient: Who
    protocol: str
    modality: str
    number: int
    of: int
    phase: str
    template: str
    status: SessionStatus
    starts_at: datetime | None
    ends_at: datetime | None
    authorized: bool
    bookings: list[TakenSeat]

    @classmethod
    def of_line(cls, line: SessionLine, time: SiteTime) -> SessionInList:
        """A session as it is listed."""
        return cls.model_construct(
            id=line.id,
            course=line.course_id,
            patient=Who.model_construct(id=line.patient_id, name=line.patient),
            protocol=line.protocol,
            modality=line.modality,
            number=line.number,
            of=line.of,
            phase=line.phase,
            template=line.template,
            status=line.status,
            starts_at=None if line.interval is None else on_clock(line.interval.starts_at, time),
            ends_at=None if line.interval is None else on_clock(line.interval.ends_at, time),
            authorized=line.authorized,
            bookings=[seat_shown(part, resource, interval, load, time) for resource, interval, load, part in line.bookings],
        )


class HappeningShown(Shape):
    """Something that happened to a session, or (without one) to its course."""

    at: datetime
    kind: str
    by: str
    session: str | None
    reason: Annotated[str | None, Clinical]

    @classmethod
    def of(cls, happening: Happening, time: SiteTime) -> HappeningShown:
        """A happening as it is shown."""
        return cls(
            at=on_clock(happening.at, time), kind=happening.kind, by=happening.by, session=happening.session, reason=happening.reason
        )


def seat_shown(requirement: int, resource: str, interval: Interval, load: int, time: SiteTime) -> TakenSeat:
    """A resource that a session has, as it is shown."""
    return TakenSeat.model_construct(
        requirement=requirement,
        resource=resource,
        starts_at=on_clock(interval.starts_at, time),
        ends_at=on_clock(interval.ends_at, time),
        load=load,
    )
