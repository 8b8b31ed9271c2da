"""Adding to the audit trail, in the transaction that did what is told.

Events wait in the database session and join the chain right before the commit: the chain has one end, and whoever holds it holds up
everybody who writes. What a savepoint takes back is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Table, event, insert
from sqlalchemy.orm import SessionTransaction

from rooms.base import Base, Db
from scheduler.access.audit_event import AuditEvent, Outcome, Told, event_of, instant
from scheduler.access.author import Author, AuthorKind
from scheduler.access.canonical import Value, canonical
from scheduler.access.chain import Head, link
from scheduler.auditing import queries
from scheduler.records.audit import AuditEventRow

VERSIONED = ("course", "patient", "resource", "session", "site", "waiting_course")
"""Tables whose rows count their changes: each count has an event."""
PROGRAM = Author(AuthorKind.PROGRAM, "chairtime", "Chairtime")
BEGUN, CLOCK_WENT_BACK = "audit.begun", "audit.clock_went_back"
BACKWARD = 120_000_000
"""How many microseconds an event may seem older than the one before it: it waited for its turn, which lasts less than two minutes."""

_WAITING = "chairtime.audit"


@dataclass(slots=True)
class Waiting:
    """What waits in a database session to be written down, and how much of it there was when each savepoint was made."""

    events: list[AuditEvent] = field(default_factory=list)
    marks: dict[SessionTransaction, int] = field(default_factory=dict)


def append(  # noqa: PLR0913  # what an event says
    db: Db,
    author: Author,
    *,
    action: str,
    now: datetime,
    category: str,
    outcome: str = Outcome.DONE,
    objects: Sequence[tuple[str, str]] = (),
    patients: Sequence[str] = (),
    diff: Mapping[str, Value] | None = None,
    reason: str = "",
) -> None:
    """Write down that somebody did something, in this transaction; it is in the trail once that is committed, or not at all.

    `category` and `outcome` are those of `scheduler.access.audit_event`; never put a password, a token or a digest of one into `diff`.
    Raises `ValueError` for what cannot be written down, and in a session that only looks.
    """
    told = Told(action, category, outcome, objects, patients, diff, reason or author.reason)
    happened = event_of(author, told, now)
    canonical(happened.content(1))
    _waiting(db).events.append(happened)


def record_read(
    db: Db,
    author: Author,
    *,
    now: datetime,
    patients: Sequence[str],
    category: str,
    objects: Sequence[tuple[str, str]] = (),
) -> None:
    """Write down that somebody looked at patients (public ids): one event for one look. The session must be one that writes."""
    if author.site_id is None:
        author = replace(author, site_id=_site_of(db, patients))
    append(db, author, action=author.operation, now=now, category=category, objects=[*objects, *author.about.items()], patients=patients)


def _site_of(db: Db, patients: Sequence[str]) -> int | None:
    """The site at which the patients are treated, if it is one."""
    table = _table("patient")
    sites = set(queries.values_by(db, table.c.public_id, table.c.site_id, patients).values())
    return one if len(sites) == 1 and isinstance(one := next(iter(sites)), int) else None


def anchor(db: Db) -> str:
    """The first twelve digits of the trail's last hash, for prints that people keep: nobody can change the trail before it unnoticed."""
    return queries.head(db).anchor


def _waiting(db: Db) -> Waiting:
    if db.get_bind().get_execution_options().get("reading"):
        raise ValueError("a session that only looks cannot write down anything; open one that writes")
    waiting: Waiting | None = db.info.get(_WAITING)
    if waiting is None:
        waiting = db.info[_WAITING] = Waiting()
        event.listen(db, "before_commit", _seal)
        event.listen(db, "after_transaction_create", _mark)
        event.listen(db, "after_soft_rollback", _take_back)
    return waiting


def _mark(db: Db, transaction: SessionTransaction) -> None:
    waiting: Waiting = db.info[_WAITING]
    waiting.marks[transaction] = len(waiting.events)


def _take_back(db: Db, transaction: SessionTransaction) -> None:
    waiting: Waiting = db.info[_WAITING]
    del waiting.events[waiting.marks.pop(transaction, 0) :]


def _seal(db: Db) -> None:
    waiting: Waiting = db.info[_WAITING]
    if db.in_nested_transaction() or not waiting.events:
        return
    events, waiting.events = waiting.events, []
    head = queries.locked_head(db)
    if not head.seq:
        events.insert(0, _beginning(db, events[0]))
    rows = []
    for happened in _with_clock(events, head):
        rows.append(_row(happened, head))
        head = Head(head.seq + 1, str(rows[-1]["hash"]), happened.at)
    db.execute(insert(AuditEventRow), rows)


def _beginning(db: Db, first: AuditEvent) -> AuditEvent:
    """Tells which rows were there before the trail: of them alone it need not know."""
    there: dict[str, Value] = {table: queries.greatest_row(db, _table(table)) for table in VERSIONED}
    return event_of(PROGRAM, Told(BEGUN, "trail", diff=there), instant(first.at))


def _with_clock(events: Sequence[AuditEvent], head: Head) -> list[AuditEvent]:
    """The events, and before one that seems much older than the last, one that says so: a clock was put back, and nobody hid it."""
    at, told = head.at, []
    for happened in events:
        if happened.at < at - BACKWARD:
            moved: dict[str, Value] = {"from": at, "to": happened.at}
            told.append(event_of(PROGRAM, Told(CLOCK_WENT_BACK, "trail", diff=moved), instant(happened.at)))
        told.append(happened)
        at = happened.at
    return told


def _row(happened: AuditEvent, head: Head) -> dict[str, object]:
    content = happened.content(head.seq + 1)
    texts = {name: canonical(content[name]) for name in ("roles", "objects", "patients")}
    diff = None if happened.diff is None else canonical(happened.diff)
    return {**content, **texts, "diff": diff, "prev": head.hash, "hash": link(head.hash, content)}


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
