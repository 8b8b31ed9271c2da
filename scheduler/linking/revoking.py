"""What the staff does about links: looks what was done by them, and has them die before their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from courses import queries as courses_queries
from rooms.base import Db
from scheduler.linking import queries
from scheduler.linking.known import KnownLink, LinkEvent
from scheduler.records.links import LinkEventRow


@dataclass(frozen=True, slots=True)
class ToldLink:
    """A link, and what was done by it."""

    link: KnownLink
    events: tuple[LinkEvent, ...]


def told_links(db: Db, patient: str) -> tuple[ToldLink, ...]:
    """The links of a patient (public id), the newest first. Raises `Unknown`."""
    links = queries.links_of(db, courses_queries.patient(db, patient).id)
    events = queries.events_of(db, [link.id for link in links])
    return tuple(ToldLink(link, tuple(events[link.id])) for link in links)


def revoke_links(db: Db, patient: str, *, by: str, now: datetime) -> int:
    """No link that the patient (public id) was given opens anything any more; the next message brings a new one. How many were alive.

    Raises `Unknown`.
    """
    known = courses_queries.patient(db, patient)
    courses_queries.lock_patient(db, known.id)
    rows = queries.live_rows(db, patient_id=known.id)
    for row in rows:
        row.revoked_at, row.revoked_by, row.version = now, by, row.version + 1
        db.add(LinkEventRow(link_id=row.id, at=now, what="revoked", by=by))
    db.flush()
    return len(rows)
