"""A course that somebody waits for: it is ordered and wished for, and has no place yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from courses.errors import DomainError
from courses.patients.patient import Patient
from courses.plans.ongoing.course import CourseWish
from courses.protocols.version import ProtocolVersion
from rooms.availability.hours import SiteTime


class WaitingStatus(StrEnum):
    """waiting -> booked, or taken_off."""

    WAITING = "waiting"
    BOOKED = "booked"
    TAKEN_OFF = "taken_off"


@dataclass(frozen=True)
class WaitingCourse:
    """Who waits for which course since when. `id` is public and random; `course` is the course's, once it is booked.

    `wish` names the protocol's version that was ordered. `ordered_by` is who ordered the course, if that is known.
    """

    id: str
    status: WaitingStatus
    patient: Patient
    version_of: ProtocolVersion
    wish: CourseWish
    ordered_by: str
    since: datetime
    course: str | None
    reason: str | None
    version: int

    def days_waiting(self, now: datetime, time: SiteTime) -> int:
        """Whole days on the site's calendar since the course was put on the list."""
        return (time.date_of(now) - time.date_of(self.since)).days

    def wish_on(self, today: date) -> CourseWish:
        """The wish as it can be kept today: a start that is past by now is today."""
        return replace(self.wish, start_on_or_after=max(self.wish.start_on_or_after, today))


class AlreadyWaiting(DomainError):
    """The patient is on the waiting list for this protocol already."""

    code = "already_waiting"

    def __init__(self, there: WaitingCourse) -> None:
        super().__init__(
            f"{there.patient.name} is on the waiting list for {there.version_of.protocol.title} already; change the wishes there instead."
        )
        self.waiting = there.id


class NotWaiting(DomainError):
    """The course was booked meanwhile, or somebody took it off the list."""

    code = "not_waiting"

    def __init__(self, there: WaitingCourse) -> None:
        done = "is booked already" if there.status is WaitingStatus.BOOKED else "was taken off the waiting list"
        super().__init__(f"The course of {there.patient.name} {done}; look at the waiting list again.")
        self.waiting = there.id
        self.status = there.status


class NobodyWaits(DomainError):
    """There is no course on the list to be planned."""

    code = "nobody_waits"

    def __init__(self) -> None:
        super().__init__("No course on the waiting list was chosen; put one on the list first, or choose others.")


def check_waiting(there: WaitingCourse) -> None:
    """Raises `NotWaiting` for a course that waits no more."""
    if there.status is not WaitingStatus.WAITING:
        raise NotWaiting(there)
