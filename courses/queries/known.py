"""What looks into the tables of the first floor give: frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from courses.patients.patient import Patient
from courses.plans.ongoing.course import Course, hours_of
from courses.plans.request import CourseRequest, PatientHours
from courses.plans.waiting.joint import JointPlan
from courses.plans.waiting.wait import WaitingCourse
from courses.protocols.version import ProtocolVersion
from courses.sessions.status import CourseStatus, SessionStatus
from rooms.availability.interval import Interval
from rooms.queries import KnownSite


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
