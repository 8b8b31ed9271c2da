"""The states of a session and the verbs that move it from one to another.

planned -> booked -> arrived -> in_treatment -> in_observation -> discharged; or cancelled, or missed. A cancelled or missed one stays as
it is, and the session that makes up for it is another.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from courses.errors import DomainError


class SessionStatus(StrEnum):
    """`planned` is owed and has no place yet."""

    PLANNED = "planned"
    BOOKED = "booked"
    ARRIVED = "arrived"
    IN_TREATMENT = "in_treatment"
    IN_OBSERVATION = "in_observation"
    DISCHARGED = "discharged"
    CANCELLED = "cancelled"
    MISSED = "missed"

    @property
    def is_live(self) -> bool:
        """Whether the session counts among its course's."""
        return self not in {SessionStatus.CANCELLED, SessionStatus.MISSED}

    @property
    def has_begun(self) -> bool:
        """Whether the patient has come."""
        return self.is_live and self not in {SessionStatus.PLANNED, SessionStatus.BOOKED}


LIVE = tuple(status for status in SessionStatus if status.is_live)
"""The states of the sessions that count among a course's."""

TAKING_TIME = tuple(status for status in LIVE if status is not SessionStatus.PLANNED)
"""The states in which the session's time is the patient's."""


class CourseStatus(StrEnum):
    """draft -> active <-> on_hold -> completed, or stopped."""

    DRAFT = "draft"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    STOPPED = "stopped"


_S = SessionStatus
_FROM = {
    "move": {_S.PLANNED, _S.BOOKED},
    "cancel": {_S.PLANNED, _S.BOOKED, _S.ARRIVED},
    "miss": {_S.BOOKED},
    "arrive": {_S.BOOKED},
    "start": {_S.ARRIVED},
    "observe": {_S.IN_TREATMENT},
    "discharge": {_S.IN_TREATMENT, _S.IN_OBSERVATION},
    "abort": {_S.IN_TREATMENT, _S.IN_OBSERVATION},
}
_SAID = {
    **{"move": "moved", "cancel": "cancelled", "miss": "recorded as missed", "arrive": "recorded as arrived", "start": "started"},
    **{"observe": "watched", "discharge": "released", "abort": "broken off"},
}


class WrongState(DomainError):
    """The session (or course) is in a state in which this cannot be done to it."""

    code = "wrong_state"

    def __init__(self, message: str, status: SessionStatus | CourseStatus) -> None:
        super().__init__(message)
        self.status = status


def check_verb(verb: str, number: int, status: SessionStatus) -> None:
    """Raises `WrongState` where a session in this state cannot be moved on by a verb (`move`, `cancel`, `miss`, `arrive`, ...)."""
    if status not in _FROM[verb]:
        said = _SAID.get(verb, f"moved on by {verb!r}")
        raise WrongState(f"Session {number} is {status.replace('_', ' ')} and cannot be {said}; what happened stays on record.", status)


def check_course(status: CourseStatus, allowed: Collection[CourseStatus]) -> None:
    """Raises `WrongState` for a course in none of these states."""
    if status not in allowed:
        wanted = " or ".join(each.replace("_", " ") for each in allowed)
        raise WrongState(f"The course is {status.replace('_', ' ')}; this can be done while it is {wanted}.", status)
