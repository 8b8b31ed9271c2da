"""Looking into the audit trail: which events, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rooms.base import Db
from scheduler.access.audit_event import AuditEvent, microseconds
from scheduler.auditing import queries

ORDERS = ("seq", "at", "actor_id", "action", "outcome", "category", "source")
"""By what the events may be ordered; by number if two are alike."""


@dataclass(frozen=True, slots=True)
class Known:
    """An event and its place in the chain."""

    seq: int
    event: AuditEvent
    hash: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: what is empty does not matter. `sites` (row numbers) are those that somebody sees; what is of no site everybody sees.

    `up_to` is the last number that is looked at, so that pages stay as they are while others work.
    """

    actor: str = ""
    patient: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    sites: frozenset[int] | None = None
    up_to: int | None = None


def found_events(db: Db, wanted: Wanted, *, order: str = "seq", descending: bool = True, skip: int = 0, at_most: int = 50) -> list[Known]:
    """The events that are wanted. An order that there is not counts as by number."""
    since = microseconds(wanted.since) if wanted.since else None
    until = microseconds(wanted.until) if wanted.until else None
    named = {"actor": wanted.actor, "patient": wanted.patient, "action": wanted.action, "outcome": wanted.outcome}
    conditions = queries.conditions(named, since, until, wanted.sites, wanted.up_to)
    rows = queries.events_where(db, conditions, order if order in ORDERS else "seq", descending, skip, at_most)
    return [Known(seq, event, hashed) for seq, event, hashed in rows]
