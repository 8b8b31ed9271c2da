"""One worker of many: a row says who is at work and until when; whoever finds it run out takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from rooms.base import Db
from scheduler.records.messages import WorkerLeaseRow
from scheduler.reminders import queries

REMINDING = "reminding"
LASTS = timedelta(seconds=15)
"""How long nobody else takes over after the last beat of one that died."""


@dataclass(frozen=True, slots=True)
class Post:
    """Whether we are at work, and whether we have just begun."""

    is_ours: bool
    is_new: bool = False


def elected(db: Db, holder: str, *, now: datetime, name: str = REMINDING) -> Post:
    """Take or keep the post. One statement, so that two who ask at once are not both told yes."""
    before = queries.lease(db, name)
    row = WorkerLeaseRow
    insert = sqlite.insert(row) if db.get_bind().dialect.name == "sqlite" else postgresql.insert(row)
    new = insert.values(name=name, holder=holder, until=now + LASTS, beat_at=now, looked_at=None)
    free = (row.holder == holder) | (row.until <= now) | (row.beat_at > now + LASTS)  # the last: the clock was put back
    taken = new.on_conflict_do_update(index_elements=[row.name], set_={"holder": holder, "until": now + LASTS, "beat_at": now}, where=free)
    is_ours = db.execute(taken.returning(row.holder)).scalar_one_or_none() == holder
    return Post(is_ours, is_ours and (before is None or before.holder != holder))


def resign(db: Db, holder: str, *, now: datetime, name: str = REMINDING) -> None:
    """Give the post back, so that another need not wait."""
    row = WorkerLeaseRow
    db.execute(update(row).where(row.name == name, row.holder == holder).values(until=now))


def looked(db: Db, holder: str, *, now: datetime, name: str = REMINDING) -> None:
    """Note that it was looked whom there is something to say to."""
    row = WorkerLeaseRow
    db.execute(update(row).where(row.name == name, row.holder == holder).values(looked_at=now))
