"""What stands beside the entries of a session: signatures, and alerts that somebody has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courses.checklists.entry import Person


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody signed what they were shown; `digest` tells that from anything else. `strength` is how their sign-in was proven."""

    id: str
    meaning: str
    at: datetime
    by: Person
    strength: str
    digest: str


@dataclass(frozen=True, slots=True)
class AlertSeen:
    """Somebody (an account by public id) silenced an alert on one device."""

    alert: str
    at: datetime
    by: str
    device: str
