"""The states of a session and the verbs that move it from one to another.

planned -> booked -> arrived -> in_treatment -> in_observation -> discharged; or cancelled, or missed. A cancelled or missed one stays as
it is, and the session that makes up for it is another.
"""

from __future__ import annotations

from enum import StrEnum


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
}


def may(verb: str, status: SessionStatus) -> bool:
    """Whether a session in this state can be moved on by a verb (`move`, `cancel`, `miss`, `arrive`, ...)."""
    return status in _FROM[verb]
