"""Counting guesses, so that they can be refused before they are looked at.

A guess is counted before it is looked at and given back if it was right: many at the same moment cannot pass each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite

from rooms.base import Db
from scheduler.access.not_proven import NOT_PROVEN, TryLater
from scheduler.access.throttle import NONE, WINDOW, Budget, Count, pause
from scheduler.records.accounts import GuessRow


def take(db: Db, budgets: Mapping[str, Budget], *, now: datetime, sentence: str = NOT_PROVEN) -> None:
    """Count a guess by each of these keys. Raises `TryLater` if any of them must wait; then none is counted."""
    counts = {key: _locked(db, key, now) for key in sorted(budgets)}
    wait = max((pause(count, budgets[key], now) for key, count in counts.items()), default=NONE)
    if wait > NONE:
        raise TryLater(wait, sentence)
    for key, count in counts.items():
        more = count.one_more(now)
        db.execute(update(GuessRow).where(GuessRow.key == key).values(failures=more.failures, since=more.since, last_at=more.last_at))


def is_spent(db: Db, key: str, budget: Budget, *, now: datetime) -> bool:
    """Whether nothing more is looked at today."""
    return _locked(db, key, now).at(now).failures >= budget.most


def give_back(db: Db, keys: Collection[str]) -> None:
    """The guess was right, and does not count."""
    row = GuessRow
    db.execute(update(row).where(row.key.in_(sorted(keys)), row.failures > 0).values(failures=row.failures - 1))


def forget(db: Db, *, now: datetime) -> None:
    """Remove the counts that are over."""
    db.execute(delete(GuessRow).where(GuessRow.last_at < now - WINDOW))


def _locked(db: Db, key: str, now: datetime) -> Count:
    row = GuessRow
    insert = sqlite.insert(row) if db.get_bind().dialect.name == "sqlite" else postgresql.insert(row)
    new = insert.values(key=key, failures=0, since=now, last_at=now).on_conflict_do_update(index_elements=[row.key], set_={"key": key})
    return Count(*db.execute(new.returning(row.failures, row.since, row.last_at)).one())
