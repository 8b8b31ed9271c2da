"""The audit trail over the API, for programs that keep or watch it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import JsonValue

from rooms import queries
from rooms.availability.hours import SiteTime
from scheduler.access.audit_event import Outcome, instant
from scheduler.api.fields import Key, Moment, Shape, instant_of
from scheduler.api.problems import problems
from scheduler.auditing.showing import Known, Wanted, found_events
from scheduler.dependencies import AtDesk, shown

router = APIRouter(prefix="/sites/{site}", tags=["audit"])


class RecordShown(Shape):
    """A record that an event is about."""

    kind: str
    id: str


class AuditEventShown(Shape):
    """One event. `hash` follows from the event and from the hash of the one before it, as the guide to the audit trail says."""

    seq: int
    at: datetime
    actor_kind: str
    actor: str
    roles: list[str]
    login: str
    strength: str
    broke_glass: bool
    source: str
    device: str
    request_id: str
    action: str
    records: list[RecordShown]
    patients: list[str]
    category: str
    outcome: Outcome
    reason: str
    changes: dict[str, JsonValue] | None
    hash: str

    @classmethod
    def of(cls, known: Known) -> AuditEventShown:
        """An event as it is shown."""
        event = known.event
        return cls.model_validate(
            {
                "seq": known.seq,
                "at": instant(event.at),
                "actor_kind": event.actor_kind,
                "actor": event.actor_id,
                "roles": list(event.roles),
                "login": event.login,
                "strength": event.strength,
                "broke_glass": bool(event.break_glass),
                "source": event.source,
                "device": event.device,
                "request_id": event.request_id,
                "action": event.action,
                "records": [{"kind": kind, "id": key} for kind, key in event.objects],
                "patients": list(event.patients),
                "category": event.category,
                "outcome": event.outcome,
                "reason": event.reason,
                "changes": event.diff,
                "hash": known.hash,
            }
        )


class AuditEvents(Shape):
    """Events, the youngest first. `before` asks for the next older ones; null if there are none."""

    events: list[AuditEventShown]
    before: int | None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events are asked for."""

    person: Annotated[Key | None, Query(description="Only what somebody did, by id.")] = None
    patient: Annotated[Key | None, Query(description="Only what concerned a patient, by id.")] = None
    outcome: Annotated[Outcome | None, Query()] = None
    since: Annotated[Moment | None, Query(description="Only from then on.")] = None
    until: Annotated[Moment | None, Query(description="Only before then.")] = None
    before: Annotated[int | None, Query(ge=1, le=2**53 - 1, description="Only events with a smaller number.")] = None

    def wanted(self, site_id: int, time: SiteTime) -> Wanted:
        """The events of a site, and those of no site. Raises `NoSuchTime`."""
        return Wanted(
            actor=self.person or "",
            patient=self.patient or "",
            outcome=self.outcome or "",
            since=self.since and instant_of(self.since, time),
            until=self.until and instant_of(self.until, time),
            sites=frozenset({site_id}),
            up_to=None if self.before is None else self.before - 1,
        )


@router.get("/audit-events", response_model=AuditEvents, responses=problems(404), summary="The audit trail")
def list_audit_events(
    site: Key,
    desk: AtDesk,
    sought: Annotated[Sought, Depends()],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Who changed or looked at what at a site; what is of no site, such as a failed sign-in, is there at every site."""
    with desk.reading() as db:
        at = queries.site(db, site)
        found = found_events(db, sought.wanted(at.id, SiteTime(at.site.timezone)), at_most=limit + 1)
    before = found[limit - 1].seq if len(found) > limit else None
    return shown(AuditEvents(events=[AuditEventShown.of(each) for each in found[:limit]], before=before))
