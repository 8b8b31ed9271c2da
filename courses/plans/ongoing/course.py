"""A course as it stands, and the wish that it began with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import accumulate

from courses.errors import Faulty, checked_text
from courses.patients.patient import Patient
from courses.plans.plan import PlannedSession, Seat
from courses.plans.request import Authorization, CourseRequest, PatientHours, Window
from courses.protocols.protocol import Phase, TreatmentProtocol
from courses.protocols.version import ProtocolVersion
from courses.sessions.session import TreatmentSession
from courses.sessions.status import CourseStatus
from rooms.availability.hours import SiteTime
from rooms.bookings.booking import Claim

FARTHEST = timedelta(days=3 * 365)
"""How far ahead a course may begin."""
MOST_PRIORITY = 1_000_000


@dataclass(frozen=True)
class CourseWish:
    """What the desk asks for. Site, patient and protocol are named by public id or code; `version` None is the protocol's active one.

    Dates are local to the site. `code` is the clinic's own name for the course, if it has one.
    """

    site: str
    patient: str
    protocol: str
    start_on_or_after: date
    version: int | None = None
    start_on_or_before: date | None = None
    finish_on_or_before: date | None = None
    priority: float = 1
    window: Window | None = None
    authorization: Authorization | None = None
    code: str | None = None

    def request(self, protocol: TreatmentProtocol, patient: str) -> CourseRequest:
        """The same in the planner's words."""
        return CourseRequest(
            self.code or "course",
            patient,
            protocol,
            self.start_on_or_after,
            self.start_on_or_before,
            self.finish_on_or_before,
            self.priority,
            self.window,
            self.authorization,
        )


@dataclass(frozen=True)
class Extending:
    """Phases that were added to a course. Of each phase in `left`, only so many sessions are left: the new ones take the others' place."""

    phases: tuple[Phase, ...]
    left: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """One patient's series of sessions under one protocol version. `id` is public and random.

    `request` carries the wishes and limits, and the protocol as it binds this course, extensions included. `sessions` are all that there
    ever were, those missed and cancelled too, in order of number and time.
    """

    id: str
    code: str
    status: CourseStatus
    site: str
    patient: Patient
    version_of: ProtocolVersion
    request: CourseRequest
    agreed_sessions: int
    sessions: tuple[TreatmentSession, ...]
    extended: tuple[Extending, ...]
    reason: str | None
    version: int
    created_at: datetime
    reseated: int = 0
    """How many bookings of others went to like resources for the change that gave this."""

    @property
    def live(self) -> tuple[TreatmentSession, ...]:
        """The sessions that count, by number."""
        return tuple(session for session in self.sessions if session.is_live)

    @property
    def owed(self) -> tuple[TreatmentSession, ...]:
        """The live sessions that have no place."""
        return tuple(session for session in self.live if session.interval is None)

    def history(self, now: datetime) -> tuple[TreatmentSession, ...]:
        """The live sessions that stay as they are, in order of time."""
        return tuple(session for session in self.live if session.is_history(now))

    def ahead(self, now: datetime) -> tuple[TreatmentSession, ...]:
        """The live sessions to come, those without a place included, by number."""
        return tuple(session for session in self.live if not session.is_history(now))

    def session(self, key: str) -> TreatmentSession:
        """The session with a public id. Raises `KeyError` where the course has none."""
        return next(session for session in self.sessions if session.id == key)


def extended_protocol(protocol: TreatmentProtocol, extended: Iterable[Extending]) -> TreatmentProtocol:
    """The protocol with what a course was extended by."""
    for each in extended:
        kept = tuple(_cut(phase, each.left[phase.name]) if phase.name in each.left else phase for phase in protocol.phases)
        protocol = replace(protocol, phases=tuple(phase for phase in kept if phase) + each.phases)
    return protocol


def _cut(phase: Phase, left: int) -> Phase | None:
    """The first sessions of a phase."""
    if not left:
        return None
    if phase.sessions is not None:
        return replace(phase, sessions=left)
    before = list(accumulate(phase.weekly, initial=0))
    blocks = tuple(min(size, left - done) for size, done in zip(phase.weekly, before, strict=False) if done < left)
    return replace(phase, weekly=blocks, windows=phase.windows[:left] if phase.windows else ())


def hours_of(patient: Patient) -> PatientHours:
    """When a patient can come, in the planner's words."""
    return PatientHours(patient.id, patient.available, tuple(absence.interval for absence in patient.absences))


def place_of(session: TreatmentSession) -> PlannedSession:
    """Where a session is. Raises `Faulty` for one without a place."""
    if session.interval is None:
        raise Faulty("session", f"session {session.number} has no place yet")
    seats = tuple(
        Seat(booking.claim.part, booking.claim.capability, booking.claim.resource, booking.claim.interval, booking.claim.load)
        for booking in session.bookings
    )
    return PlannedSession(session.number, session.phase, session.template, session.interval, seats, session.authorized)


def claims_of(session: PlannedSession, purpose: str) -> list[Claim]:
    """What a session asks of the site's resources."""
    return [Claim(seat.resource, seat.interval, seat.load, purpose, seat.requirement, seat.capability) for seat in session.seats]


def wishes_text(session: PlannedSession) -> str | None:
    """The wishes that a session could not keep, in words, or nothing."""
    return "; ".join(f"{missed.wish}: {missed.reason}" for missed in session.missed) or None


def check_wish(wish: CourseWish, time: SiteTime, now: datetime) -> None:
    """Raises `Faulty` for a start before today or beyond all planning, and for a weight that is none."""
    today = time.date_of(now)
    if wish.start_on_or_after < today:
        raise Faulty("start_on_or_after", f"{wish.start_on_or_after} is past; today is {today}")
    if wish.start_on_or_after > today + FARTHEST:
        raise Faulty("start_on_or_after", f"{wish.start_on_or_after} is more than {FARTHEST.days // 365} years ahead")
    if not 0 <= wish.priority <= MOST_PRIORITY:
        raise Faulty("priority", f"{wish.priority} is no weight; use 0 to {MOST_PRIORITY}, and 1 as usual")
    if wish.code is not None:
        checked_text("code", wish.code, 100)


def check_start(starts_at: datetime, time: SiteTime, now: datetime) -> None:
    """Raises `Faulty` for an instant without a zone, one that is past, and one beyond all planning."""
    if starts_at.tzinfo is None:
        raise Faulty("starts_at", f"{starts_at.isoformat()} has no time zone; write its offset, as in 2026-12-01T09:00-05:00")
    if starts_at < now:
        raise Faulty("starts_at", f"{time.text(starts_at)} is past; choose a time to come")
    if starts_at > now + 2 * FARTHEST:
        raise Faulty("starts_at", f"{time.text(now + 2 * FARTHEST)} is the last time that can be booked")
