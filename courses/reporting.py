"""Untoward events in or after a session: noted, reported to the program or another authority, or closed without a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from courses import forming, queries
from courses.errors import Faulty, check_version
from courses.owed.adverse import KINDS, AdverseEvent, EventStatus, check_step, first_status
from courses.queries import adverse, charts
from courses.records import AdverseEventRow
from rooms.base import Db, NewId

LONGEST = 4000
"""Letters of a description."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened, in plain words, and when it began."""

    kind: str
    is_serious: bool
    began_at: datetime
    description: str
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """When, how and to whom an event was reported, with what the other side gave as a receipt."""

    reported_at: datetime
    how: str
    confirmation: str = ""


def note(db: Db, session: str, new: NewEvent, *, by: str, now: datetime, new_id: NewId) -> AdverseEvent:
    """Keep that something untoward happened; the form of that session is owed again where it was sent. Raises `Faulty`, `Unknown`."""
    queries.lock_patients_of(db, [session])
    charted = charts.chart_of(db, session)
    _check(new, now)
    row = AdverseEventRow(
        public_id=new_id("ae_"),
        session_id=charted.id,
        kind=new.kind,
        is_serious=new.is_serious,
        began_at=new.began_at,
        resolved_at=new.resolved_at,
        description=new.description.strip(),
        status=first_status(is_serious=new.is_serious),
        recorded_at=now,
        confirmation="",
        by=by,
        version=1,
    )
    db.add(row)
    db.flush()
    forming.follow(db, charted, now=now, new_id=new_id)
    return adverse.adverse_event(db, row.public_id).event


def resolve(db: Db, key: str, resolved_at: datetime, *, now: datetime, new_id: NewId, expected: int | None = None) -> AdverseEvent:
    """It is over. Raises `Faulty`, `StaleVersion`, `Unknown`."""
    event = _locked(db, key, expected)
    if not event.began_at <= resolved_at <= now:
        raise Faulty("resolved_at", "it is over after it began, and not later than now")
    _change(db, event, resolved_at=resolved_at)
    forming.follow(db, charts.chart_of(db, event.session), now=now, new_id=new_id)
    return adverse.adverse_event(db, key).event


def call_for_report(db: Db, key: str, *, expected: int | None = None) -> AdverseEvent:
    """It has to be reported. Raises `EventMoved`, `StaleVersion`, `Unknown`."""
    return _step(db, key, expected, EventStatus.TO_REPORT)


def report(db: Db, key: str, told: Report, *, now: datetime, expected: int | None = None) -> AdverseEvent:
    """It was reported, by hand. Raises `EventMoved`, `Faulty`, `StaleVersion`, `Unknown`."""
    if told.reported_at > now:
        raise Faulty("reported_at", "this is still to come; say when it was reported")
    if not told.how.strip() or len(told.how) > 40:
        raise Faulty("how", "say in up to 40 letters how and to whom it was reported")
    columns = {"reported_at": told.reported_at, "reported_how": told.how.strip(), "confirmation": told.confirmation.strip()[:200]}
    return _step(db, key, expected, EventStatus.REPORTED, **columns)


def close(db: Db, key: str, *, expected: int | None = None) -> AdverseEvent:
    """No report is needed. Raises `EventMoved`, `StaleVersion`, `Unknown`."""
    return _step(db, key, expected, EventStatus.CLOSED)


def _step(db: Db, key: str, expected: int | None, wanted: EventStatus, **columns: object) -> AdverseEvent:
    event = _locked(db, key, expected)
    check_step(event.status, wanted)
    _change(db, event, status=wanted, **columns)
    return adverse.adverse_event(db, key).event


def _locked(db: Db, key: str, expected: int | None) -> AdverseEvent:
    queries.lock_patients_of(db, [adverse.adverse_event(db, key).event.session])
    event = adverse.adverse_event(db, key).event
    check_version("event", expected, event.version)
    return event


def _change(db: Db, event: AdverseEvent, **columns: object) -> None:
    row = AdverseEventRow
    db.execute(update(row).where(row.public_id == event.id).values(version=event.version + 1, **columns))


def _check(new: NewEvent, now: datetime) -> None:
    if new.kind not in KINDS:
        raise Faulty("kind", f"choose one of {', '.join(KINDS)}")
    if not 1 <= len(new.description.strip()) <= LONGEST:
        raise Faulty("description", f"say in up to {LONGEST} letters what happened")
    if new.began_at > now:
        raise Faulty("began_at", "this is still to come; say when it began")
    if new.resolved_at is not None and not new.began_at <= new.resolved_at <= now:
        raise Faulty("resolved_at", "it is over after it began, and not later than now")
