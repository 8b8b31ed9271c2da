"""Links as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KnownLink:
    """A link as it stands; see `scheduler.records.links.VisitLinkRow`."""

    id: int
    public_id: str
    kind: str
    site_id: int
    patient_id: int
    course_id: int
    session_id: int | None
    channel: str
    address: str
    contact_number: int
    visit_at: datetime
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """One thing that was done by a link, or to it."""

    at: datetime
    what: str
    by: str
