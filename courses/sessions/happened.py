"""A course as those see it who tell the patient of it: its visits, and how their places changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from courses.sessions.status import SessionStatus
from rooms.availability.interval import Interval


class Place(StrEnum):
    """What happened to the place of a visit."""

    GIVEN = "given"
    MOVED = "moved"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """One change of a visit's place. `visit_at` is when the visit was to be, of one that was taken away."""

    at: datetime
    session: str
    what: Place
    visit_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A session as the patient knows it. `edition` counts the places that it had, the last of them since `placed_at`.

    `changes` counts how often its place was given, moved or taken, the last time at `changed_at`; `session_id` is the row.
    """

    session: str
    number: int
    status: SessionStatus
    starts_at: datetime | None
    edition: int
    placed_at: datetime | None
    answers: frozenset[str] = frozenset()
    """What the patient answered about this very place, such as `confirmed`, `ride`."""
    ends_at: datetime | None = None
    changes: int = 1
    changed_at: datetime | None = None
    session_id: int = 0
    asked_at: datetime | None = None
    """When they asked for another time, or said that they cannot come, and have not confirmed since."""

    @property
    def place(self) -> Interval | None:
        """From when to when it is, if it has a place."""
        return Interval(self.starts_at, self.ends_at) if self.starts_at is not None and self.ends_at is not None else None

    @property
    def is_ahead(self) -> bool:
        """Whether somebody is awaited."""
        return self.status is SessionStatus.BOOKED and self.starts_at is not None


@dataclass(frozen=True, slots=True)
class OwedForm:
    """A form that is owed for a visit."""

    form: str
    session: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OfferedPlace:
    """A place that is or was offered for a visit. `stands` until it is answered or ends; `by_message` or by phone; `is_gone` if it was
    taken back."""

    offer: str
    session: str
    starts_at: datetime
    asked_at: datetime
    hold_until: datetime
    by_message: bool
    stands: bool
    is_gone: bool
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShutOut:
    """A wish (by public id) that the closing at `at` left nothing of; it was for dates before `until`. `next_at` is the patient's next
    visit of those that it is about. `offers` are places that were kept for it when the site was closed."""

    wish: str
    at: datetime
    until: datetime
    next_at: datetime | None
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CourseHistory:
    """A course with its visits, the changes of the last days, and the forms that are owed. `patient` is the first name."""

    course: str
    course_id: int
    site_id: int
    patient_id: int
    patient: str
    modality: str
    visits: tuple[Visit, ...]
    changes: tuple[PlaceChange, ...]
    forms: tuple[OwedForm, ...] = ()
    offers: tuple[OfferedPlace, ...] = ()
    shut_out: tuple[ShutOut, ...] = ()
    """Wishes for other times of which a closing left nothing."""
    unsuited: frozenset[str] = frozenset()
    """The sessions that are not at the times that the desk wrote down as suiting them better."""

    def visit(self, session: str) -> Visit | None:
        """A visit by its session, if it is there."""
        return next((visit for visit in self.visits if visit.session == session), None)
