"""What planning answers: every session's start and every resource, or why the course cannot be placed."""

from __future__ import annotations

from dataclasses import dataclass

from rooms.availability.interval import Interval


@dataclass(frozen=True, slots=True)
class Seat:
    """One resource held for one requirement of a session (by its index in the template), turnover included."""

    requirement: int
    capability: str
    resource: str
    interval: Interval
    load: int


@dataclass(frozen=True, slots=True)
class MissedWish:
    """A wish that a session could not keep, and why, in words for the desk. `about` is its time of day, its date or a resource."""

    wish: str
    reason: str
    about: str = "time"


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """One session with its place. `interval` is the time that the patient is there."""

    number: int
    phase: str
    template: str
    interval: Interval
    seats: tuple[Seat, ...]
    authorized: bool = True
    missed: tuple[MissedWish, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """The soft goals: days of delay, starts outside the window, grid steps of spread, changes of resource, and their weighted sum."""

    delay: int
    outside: int
    spread: int
    changes: int
    total: float


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """A course that has a place for every session."""

    course: str
    sessions: tuple[PlannedSession, ...]
    cost: Cost
    moved: tuple[int, ...] = ()
    """After a re-plan: the sessions whose start differs from before."""


@dataclass(frozen=True, slots=True)
class Unplaceable:
    """A course that has none: the first session that cannot be placed whatever is chosen for those before it, and why."""

    course: str
    session: int
    code: str
    """unknown_capability, never_free, no_capacity, no_patient_time or no_date."""
    detail: str
    alone: bool | None = None
    """Whether it is proven that there is no place beside what is booked already, whatever becomes of other courses; False where there is
    one that others took. None where nobody asked."""


@dataclass(frozen=True, slots=True)
class Reseat:
    """A booking that was there (by its place in the clinic file), given to another resource at the same time and load."""

    booking: int
    resource: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven of a re-plan. `at_least`: no plan that keeps the same courses moves fewer sessions than so many."""

    moves: int
    at_least: int
    fewest_lost: bool
    """None of the lost courses has a place, even if no other course stood in its way."""
    hopeless: tuple[str, ...] = ()
    """The lost courses of which that is proven."""

    @property
    def fewest_moves(self) -> bool:
        """No plan loses fewer courses, and none that loses as few moves fewer sessions."""
        return self.fewest_lost and self.moves == self.at_least


@dataclass(frozen=True, slots=True)
class ClinicPlan:
    """The answers for all courses of a clinic, in the order asked."""

    courses: tuple[CoursePlan | Unplaceable, ...]
    objective: float
    reseated: tuple[Reseat, ...] = ()
    bound: float | None = None
    """What any plan must cost at least that leaves all bookings on their resources, where that is proven."""
    gap: float | None = None
    """How far the objective, before any booking was re-seated, is from the bound at most, as a share of it: 0.012 is 1.2 %."""
    proof: Proof | None = None
    """Of a re-plan that was bettered: what is proven of it."""
