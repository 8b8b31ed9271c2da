"""The ordered list of an anesthesia block: who is ready, in which order, who moves up when somebody falls out.

The block is one run of time of the anesthesia team, so that the list has places one after another and not appointments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from courses.errors import DomainError
from courses.sessions.status import SessionStatus

ANESTHESIA = "anesthesia"
"""The capability by which a session template is one of a list."""
ESSENTIAL = ("fasted", "consent")
"""How the codes of the items begin that somebody has to have passed before they move up."""


class Ready(StrEnum):
    """How far somebody on the list is. `holding` is being prepared, with something missing; `ready` may be taken into the room."""

    NOT_ARRIVED = "not_arrived"
    HOLDING = "holding"
    READY = "ready"
    IN_ROOM = "in_room"
    RECOVERY = "recovery"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody on the list. `lacking` are the words of what is missing before treatment; `starts_at` when they are in the room.

    `may_move_up`: they have fasted and consented, whatever else is to be done before it is their turn.
    """

    session: str
    starts_at: datetime
    status: SessionStatus
    lacking: tuple[str, ...] = ()
    may_move_up: bool = False

    @property
    def ready(self) -> Ready:
        """How far they are."""
        match self.status:
            case SessionStatus.ARRIVED:
                return Ready.HOLDING if self.lacking else Ready.READY
            case SessionStatus.IN_TREATMENT:
                return Ready.IN_ROOM
            case SessionStatus.IN_OBSERVATION:
                return Ready.RECOVERY
            case SessionStatus.DISCHARGED:
                return Ready.GONE
        return Ready.NOT_ARRIVED

    @property
    def may_change_place(self) -> bool:
        """Whether they are not in the room yet."""
        return self.ready in {Ready.NOT_ARRIVED, Ready.HOLDING, Ready.READY}


class LeavesGap(DomainError):
    """The block would stand still in the middle of the list."""

    code = "leaves_gap"

    def __init__(self, gaps: Sequence[str]) -> None:
        super().__init__(
            f"The list would stand still from {' and from '.join(gaps)}; choose another order, or say that the gap is meant (leave_gaps)."
        )
        self.gaps = tuple(gaps)


class ListChanged(DomainError):
    """Somebody else changed the list since it was looked at."""

    code = "list_changed"

    def __init__(self) -> None:
        super().__init__("The list is not as you have seen it; look at it again and repeat what you wanted.")


@dataclass(frozen=True, slots=True)
class Places:
    """Who is to be in the room when, and the times at which nobody is although somebody comes later."""

    of_session: dict[str, datetime]
    gaps: tuple[datetime, ...] = ()


def reordered(cases: Sequence[Case], order: Sequence[str]) -> Places:
    """The cases that are not in the room yet, in another order: each takes the place that comes at its turn. Raises `ListChanged`."""
    movable = [case for case in cases if case.may_change_place]
    if sorted(order) != sorted(case.session for case in movable):
        raise ListChanged
    places = sorted(case.starts_at for case in movable)
    return Places(dict(zip(order, places, strict=True)))


def moved_up(cases: Sequence[Case], free: datetime) -> Places:
    """Who moves up when a place became free: in the list's order, only those who have fasted and consented; the others stay.

    A place that nobody takes is a gap if somebody still comes after it.
    """
    after: dict[str, datetime] = {}
    places = [free]
    for case in sorted(cases, key=lambda case: case.starts_at):
        if case.starts_at > free and case.may_change_place and case.may_move_up:
            after[case.session] = places.pop(0)
            places = sorted([*places, case.starts_at])
    last = max((after.get(case.session, case.starts_at) for case in cases if case.may_change_place), default=free)
    return Places(after, tuple(place for place in places if place < last))
