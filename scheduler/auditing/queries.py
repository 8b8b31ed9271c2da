"""Every look into the audit trail."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import Column, ColumnElement, Table, func, or_, select

from rooms.base import Db
from rooms.queries import AT_ONCE, chunks
from scheduler.access.audit_event import AuditEvent, Category
from scheduler.access.canonical import Value, canonical
from scheduler.access.chain import Head
from scheduler.access.checkpoint import Checkpoint, Signed
from scheduler.records.audit import AuditCheckpointRow, AuditEventRow

CHAIN_LOCK = 4_217_037
"""PostgreSQL's number for "somebody adds to the trail"."""


def locked_head(db: Db) -> Head:
    """The trail's last event. Nobody else adds one until this transaction ends."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(sqlalchemy.text(f"SELECT pg_advisory_xact_lock({CHAIN_LOCK})"))
    return head(db)


def head(db: Db) -> Head:
    """The trail's last event."""
    row = AuditEventRow
    last = db.execute(select(row.seq, row.hash, row.at).order_by(row.seq.desc()).limit(1)).one_or_none()
    return Head(*last) if last else Head()


def hash_of(db: Db, seq: int) -> str | None:
    """The hash of an event, if it is there."""
    row = AuditEventRow
    return db.scalar(select(row.hash).where(row.seq == seq))


def last_checkpoint(db: Db) -> Checkpoint | None:
    """The checkpoint with the greatest number."""
    row = AuditCheckpointRow
    last = db.scalar(select(row).order_by(row.id.desc()).limit(1))
    return _signed(last).checkpoint if last else None


def checkpoints(db: Db, *, after: int = 0) -> list[Signed]:
    """Those that the database holds, with a greater number, by number."""
    row = AuditCheckpointRow
    return [_signed(each) for each in db.scalars(select(row).where(row.id > after).order_by(row.id))]


def raw_events(db: Db) -> Iterator[Mapping[str, Value]]:
    """Every event as it lies in the database, by number; not all of them are in memory at once."""
    table = AuditEventRow.__table__
    found = db.execute(select(table).order_by(table.c.seq), execution_options={"yield_per": AT_ONCE})
    yield from (dict(row) for row in found.mappings())


def versions(db: Db, table: Table) -> Iterator[tuple[int, str, int]]:
    """Each row's number, public id and version."""
    asked = select(table.c.id, table.c.public_id, table.c.version).order_by(table.c.id)
    yield from ((row_id, key, version) for row_id, key, version in db.execute(asked, execution_options={"yield_per": AT_ONCE}))


def last_event(db: Db, action: str) -> tuple[int, dict[str, Value]] | None:
    """When something was last done (microseconds since 1970), and what was told of it."""
    row = AuditEventRow
    last = db.execute(select(row.at, row.diff).where(row.action == action).order_by(row.seq.desc()).limit(1)).one_or_none()
    return (last[0], json.loads(last[1] or "{}")) if last else None


def last_change(db: Db) -> int | None:
    """When a record of a clinic was last changed, in microseconds since 1970: no sign-in, no look, and nothing about the trail itself."""
    row = AuditEventRow
    other = (Category.ACCESS, Category.ACCOUNTS, Category.BREAK_GLASS, Category.TRAIL)
    changed = select(row.at).where(row.diff.is_not(None), row.category.not_in(other)).order_by(row.seq.desc()).limit(1)
    return db.scalar(changed)


def conditions(
    named: Mapping[str, str], since: int | None, until: int | None, sites: Collection[int] | None, up_to: int | None
) -> list[ColumnElement[bool]]:
    """What must be true of the events that are wanted."""
    row = AuditEventRow
    texts = {
        "actor": row.actor_id == named.get("actor"),
        "patient": row.patients.contains(canonical(named.get("patient", "")), autoescape=True),
        "action": row.action.contains(named.get("action", ""), autoescape=True),
        "outcome": row.outcome == named.get("outcome"),
    }
    found = [texts[name] for name, value in named.items() if value]
    found += [row.at >= since] if since is not None else []
    found += [row.at < until] if until is not None else []
    found += [or_(row.site_id.is_(None), row.site_id.in_(sorted(sites)))] if sites is not None else []
    return found + ([row.seq <= up_to] if up_to is not None else [])


def events_where(
    db: Db, wanted: Sequence[ColumnElement[bool]], order: str, descending: bool, skip: int = 0, at_most: int | None = None
) -> Iterator[tuple[int, AuditEvent, str]]:
    """Events with their numbers and hashes."""
    columns = AuditEventRow.__table__.c
    by = [columns[order].desc() if descending else columns[order], columns.seq.desc()]
    asked = select(AuditEventRow.__table__).where(*wanted).order_by(*by).offset(skip).limit(at_most)
    for row in db.execute(asked).mappings():
        yield row["seq"], _event(dict(row)), row["hash"]


def _event(row: Mapping[str, Any]) -> AuditEvent:
    fields = {name: row[name] for name in AuditEvent.__slots__}
    objects = tuple((kind, key) for kind, key in json.loads(row["objects"]))
    parts = {"roles": tuple(json.loads(row["roles"])), "objects": objects, "patients": tuple(json.loads(row["patients"]))}
    return AuditEvent(**{**fields, **parts, "diff": None if row["diff"] is None else json.loads(row["diff"])})


def _signed(row: AuditCheckpointRow) -> Signed:
    return Signed(Checkpoint(row.id, row.seq, row.hash, row.at, row.restored), row.key, row.signature)


def greatest_row(db: Db, table: Table) -> int:
    """The greatest row number of a table; 0 for an empty one."""
    return db.scalar(select(func.max(table.c.id))) or 0


def rows_where(db: Db, table: Table, condition: ColumnElement[bool] | None, values: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The rows of a table that a change will reach."""
    asked = select(table) if condition is None else select(table).where(condition)
    return [dict(found) for found in db.execute(asked, dict(values)).mappings()]


def rows_by(db: Db, column: Column[object], keys: Collection[object]) -> list[Mapping[str, object]]:
    """The rows of a column's table by what stands in the column."""
    table: Table = column.table
    found: list[Mapping[str, object]] = []
    for some in chunks(sorted(keys, key=str)):
        found += [dict(row) for row in db.execute(select(table).where(column.in_(some)).order_by(table.c.id)).mappings()]
    return found


def values_by(db: Db, column: Column[object], wanted: Column[object], keys: Iterable[object]) -> dict[object, object]:
    """One column's values with another's, of the rows with these values."""
    found: dict[object, object] = {}
    for some in chunks(sorted(keys, key=str)):
        found |= {key: value for key, value in db.execute(select(column, wanted).where(column.in_(some)))}
    return found
