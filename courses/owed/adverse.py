"""Untoward events in or after a session: what kinds there are, and how far a report is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from courses.errors import DomainError

KINDS = {
    "sedation": "Sedation",
    "dissociation": "Dissociation",
    "respiratory_depression": "Respiratory depression",
    "blood_pressure": "Raised blood pressure",
    "nausea_or_vomiting": "Nausea or vomiting",
    "syncope": "Fainting",
    "seizure": "Seizure that was not intended",
    "suicidality": "Suicidal thoughts or behavior",
    "allergic_reaction": "Allergic reaction",
    "headache": "Headache or pain",
    "confusion": "Confusion or memory complaint",
    "cardiac": "Heart rhythm or chest pain",
    "airway": "Airway or aspiration",
    "injury": "Fall, burn or injury",
    "medication_error": "Error with a medicine or device",
    "death": "Death",
    "other": "Something else",
}
"""By what an event is known, and the words for it."""


class EventStatus(StrEnum):
    """noted -> to_report -> reported, or noted -> closed."""

    NOTED = "noted"
    TO_REPORT = "to_report"
    REPORTED = "reported"
    CLOSED = "closed"

    @property
    def words(self) -> str:
        """What it is called on a screen."""
        return {"noted": "noted", "to_report": "to be reported", "reported": "reported", "closed": "closed, no report needed"}[self.value]


FROM = {
    EventStatus.TO_REPORT: {EventStatus.NOTED},
    EventStatus.REPORTED: {EventStatus.TO_REPORT},
    EventStatus.CLOSED: {EventStatus.NOTED},
}


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """Something untoward. A serious one is to be reported from the beginning."""

    id: str
    session: str
    kind: str
    is_serious: bool
    began_at: datetime
    resolved_at: datetime | None
    description: str
    status: EventStatus
    reported_at: datetime | None
    reported_how: str | None
    confirmation: str
    recorded_at: datetime
    by: str
    version: int = 1

    @property
    def words(self) -> str:
        """Its kind in words."""
        return KINDS.get(self.kind, self.kind)


class EventMoved(DomainError):
    """An event is too far for this."""

    code = "event_moved_on"

    def __init__(self, status: EventStatus, wanted: EventStatus) -> None:
        super().__init__(f"This event is {status.words} and cannot become {wanted.words}; note another one if something else happened.")
        self.status = status


def first_status(*, is_serious: bool) -> EventStatus:
    """Where an event begins."""
    return EventStatus.TO_REPORT if is_serious else EventStatus.NOTED


def check_step(status: EventStatus, wanted: EventStatus) -> None:
    """Raises `EventMoved` where an event in this state cannot become what is wanted."""
    if status not in FROM.get(wanted, ()):
        raise EventMoved(status, wanted)
