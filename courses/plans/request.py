"""What is wanted: one course for one patient, with the wishes and limits that come with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from courses.errors import Faulty
from courses.protocols.protocol import TreatmentProtocol
from rooms.availability.hours import WeeklyHours, clock_text
from rooms.availability.interval import Interval


@dataclass(frozen=True, slots=True)
class PatientHours:
    """When a patient can come. `available` None is always; a session lies inside one stretch of it."""

    patient: str
    available: WeeklyHours | None = None
    unavailable: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorization:
    """What the payer agreed to: so many sessions between two dates, both included, and perhaps so many devices in all."""

    sessions: int
    valid_from: date
    valid_until: date
    devices: int | None = None

    def __post_init__(self) -> None:
        if self.sessions < 0:
            raise Faulty("authorization.sessions", f"{self.sessions} sessions cannot be authorized")
        if self.devices is not None and self.devices < 0:
            raise Faulty("authorization.devices", f"{self.devices} devices cannot be authorized")
        if self.valid_until < self.valid_from:
            raise Faulty("authorization.valid_until", f"{self.valid_until} is before {self.valid_from}")

    def covers(self, number: int, on: date) -> bool:
        """Whether session `number` on a date is inside the count and the dates."""
        return number <= self.sessions and self.valid_from <= on <= self.valid_until


@dataclass(frozen=True, slots=True)
class Window:
    """Wall-clock minutes between which sessions should start, both ends included."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if self.closes < self.opens:
            raise Faulty("prefer.window", f"{clock_text(self.opens)} to {clock_text(self.closes)} ends before it begins")

    def holds(self, minute: int) -> bool:
        """Whether a wall-clock minute is inside."""
        return self.opens <= minute <= self.closes


@dataclass(frozen=True)
class CourseRequest:
    """A course to be planned. `priority` is its weight among others; dates are local to the site."""

    id: str
    patient: str
    protocol: TreatmentProtocol
    start_on_or_after: date
    start_on_or_before: date | None = None
    finish_on_or_before: date | None = None
    priority: float = 1
    window: Window | None = None
    authorization: Authorization | None = None

    def __post_init__(self) -> None:
        if self.start_on_or_before and self.start_on_or_before < self.start_on_or_after:
            raise Faulty("start_on_or_before", f"{self.start_on_or_before} is before start_on_or_after, {self.start_on_or_after}")
        if self.finish_on_or_before and self.finish_on_or_before < self.start_on_or_after:
            raise Faulty("finish_on_or_before", f"{self.finish_on_or_before} is before start_on_or_after, {self.start_on_or_after}")


@dataclass(frozen=True, slots=True)
class Weights:
    """What one day of delay, one start outside the wished window, one grid step of spread and one change of resource cost."""

    delay_day: float = 10
    outside_window: float = 15
    spread_step: float = 1
    change: float = 3
