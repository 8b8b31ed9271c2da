"""Every look into the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy
from sqlalchemy import Column, ColumnElement, Table, func, select

from rooms.base import Db
from rooms.queries import chunks
from scheduler.access.chain import Head
from scheduler.records.audit import AuditEventRow

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
