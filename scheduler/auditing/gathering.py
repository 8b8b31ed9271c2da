"""What a transaction changes, found out by listening to its database session, and told as one event.

Rows that people know by a public id are told one by one: how they were changed, which fields, and the values of fields that are harmless.
The others are counted, and told by the rows that they belong to. Texts, names and secrets are never told, only that they changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, TableClause, event, inspect
from sqlalchemy.orm import ORMExecuteState, SessionTransaction, UOWTransaction
from sqlalchemy.sql.dml import Delete, Insert, Update

from rooms.base import Base, Db
from scheduler.access.author import Author
from scheduler.auditing import queries
from scheduler.auditing.appending import append
from scheduler.auditing.telling import UNKNOWN, Touched, story_of
from scheduler.database import Database, View

UNTOLD = {
    *("clock_distance", "idempotent_reply", "known_device", "guess", "challenge", "audit_event", "audit_checkpoint", "review"),
    "worker_lease",
}
"""Tables that are the program's own affair, or the trail's."""
_GATHERED = "chairtime.audit.changes"


@dataclass(slots=True)
class Gathered:
    """What was touched so far, and how much of it when each savepoint was made."""

    touched: list[Touched] = field(default_factory=list)
    marks: dict[SessionTransaction, int] = field(default_factory=dict)


def seen_by(database: Database, author: Author, clock: Callable[[], datetime]) -> Database:
    """The same database; whatever is changed through it is told in the trail as what the author did."""

    def closing(db: Db) -> None:
        record_changes(db, author, now=clock())

    return database.seen_through(View(gather, closing))


def gather(db: Db) -> None:
    """Listen from now on to what is changed in this database session. To be called when it is opened."""
    db.info[_GATHERED] = Gathered()
    event.listen(db, "after_flush", _after_flush)
    event.listen(db, "do_orm_execute", _before_statement)
    event.listen(db, "after_transaction_create", _mark)
    event.listen(db, "after_soft_rollback", _take_back)


def record_changes(db: Db, author: Author, *, now: datetime) -> bool:
    """Write one event of everything that was changed since the session was opened; none if nothing was. To be called before the commit.

    Whether there was anything to tell.
    """
    gathered: Gathered = db.info[_GATHERED]
    touched, gathered.touched = gathered.touched, []
    story = story_of(db, touched)
    if story.diff:
        append(
            db,
            author if author.site_id else replace(author, site_id=story.site_id),
            action=author.operation,
            now=now,
            category=story.category,
            objects=[*story.objects, *author.about.items()],
            patients=story.patients,
            diff=story.diff,
        )
    return bool(story.diff)


def _mark(db: Db, transaction: SessionTransaction) -> None:
    gathered: Gathered = db.info[_GATHERED]
    gathered.marks[transaction] = len(gathered.touched)


def _take_back(db: Db, transaction: SessionTransaction) -> None:
    gathered: Gathered = db.info[_GATHERED]
    del gathered.touched[gathered.marks.pop(transaction, 0) :]


def _after_flush(db: Db, _: UOWTransaction) -> None:
    for how, rows in (("made", db.new), ("changed", db.dirty), ("removed", db.deleted)):
        for row in rows:
            table = inspect(row).mapper.local_table
            if isinstance(table, Table) and (how != "changed" or db.is_modified(row)):
                _note(db, Touched(table, how, _before(row)))


def _before(row: object) -> dict[str, object]:
    """What stood in a row before, as far as it was looked at or is changed; what stands in it, if it is new."""
    state = inspect(row)
    values: dict[str, object] = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        was = [*(history.deleted or ()), *(history.unchanged or ())]
        if was or history.added:
            values[column.key] = was[0] if was else history.added[0] if state.pending else UNKNOWN
    return values


def _before_statement(state: ORMExecuteState) -> None:
    statement = state.statement
    if not isinstance(statement, Insert | Update | Delete) or not isinstance(statement.table, TableClause):
        return
    table = Base.metadata.tables[statement.table.name]  # that of the statement would give mapped objects
    given = state.parameters
    for values in [given] if isinstance(given, Mapping) else given or [{}]:
        for touched in _touched_by(state.session, statement, table, values):
            _note(state.session, touched)


def _touched_by(db: Db, statement: Insert | Update | Delete, table: Table, values: Mapping[str, object]) -> list[Touched]:
    if table.name in UNTOLD:
        return []
    if isinstance(statement, Insert):
        return [Touched(table, "made", {**row, **values}) for row in _rows_of(statement)]
    how = "changed" if isinstance(statement, Update) else "removed"
    return [Touched(table, how, row) for row in queries.rows_where(db, table, statement.whereclause, values)]


def _rows_of(statement: Insert) -> list[dict[str, object]]:
    """What stands in the statement itself. SQLAlchemy has no public name for it, and compiles no statement about a mapped class alone."""
    several = [row for rows in statement._multi_values for row in rows]
    return [_plain(row) for row in several or [statement._values or {}] if isinstance(row, Mapping)]


def _plain(row: Mapping[Any, Any]) -> dict[str, object]:
    return {getattr(column, "name", column): getattr(value, "value", value) for column, value in row.items()}


def _note(db: Db, touched: Touched) -> None:
    gathered: Gathered = db.info[_GATHERED]
    if touched.table.name not in UNTOLD:
        gathered.touched.append(touched)
