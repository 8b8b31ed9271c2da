"""Messages, replies and settings as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scheduler.reminders.kind import Kind


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands; see `scheduler.records.messages.MessageRow`."""

    id: int
    public_id: str
    site_id: int
    patient_id: int
    course_id: int
    subject: str
    kind: Kind
    edition: int
    channel: str
    address: str
    state: str
    why: str
    visit_at: datetime
    due_at: datetime
    try_at: datetime
    useful_until: datetime
    copies: int
    tries: int
    sent_at: datetime | None
    seen_at: datetime | None
    seen_by: str
    version: int

    @property
    def key(self) -> tuple[str, str, int, str, str]:
        """What it is known by."""
        return self.subject, self.kind.value, self.edition, self.channel, self.address


class Line(StrEnum):
    """What we ourselves write down of a message, beside what came of a sending (`channels.carrier.Came`) and what was reported."""

    INTENT = "intent"
    GIVEN_BACK = "given_back"
    BROKEN_OFF = "broken_off"


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of what happened to a message."""

    at: datetime
    number: int
    what: str
    reference: str
    detail: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody wrote back."""

    public_id: str
    patient_id: int | None
    address: str
    body: str
    meaning: str
    at: datetime
    closed_at: datetime | None
    closed_by: str
    id: int = 0
    site_id: int | None = None
    """None of what came from a number that no site ever wrote to: it is read at each."""


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody called about a message or a reply (by row number), or took back that they had (`undone`)."""

    message_id: int | None
    reply_id: int | None
    outcome: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnText:
    """One version of a clinic's own text: who wrote it, and the second person who approved it."""

    number: int
    text: str
    by: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LanguageReview:
    """Who has read what patients get in a language, and what makes them able to judge it."""

    reviewer: str
    qualification: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Messaging:
    """What a site's messages say of it, and between which wall-clock minutes they go out. A site without sends none."""

    label: str
    phone: str
    opens: int = 480
    closes: int = 1200
    version: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """Who of the workers is at work, until when, and when they last said so."""

    holder: str
    until: datetime
    beat_at: datetime
    looked_at: datetime | None
