"""A call that is repeated with the same key is answered as it was the first time, and done only once.

The key is claimed and the answer kept in the transaction of the change itself: both are there, or neither. A call that was refused keeps
nothing, since it changed nothing; it may be tried again with the same key. A call of many steps, each with a transaction of its own, keeps
its answer after the last of them; repeated before that, it goes on with the steps that are left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite

from rooms.base import Db
from rooms.errors import DomainError
from scheduler.records.idempotency import IdempotentReplyRow

KEPT = timedelta(hours=48)
"""How long a repeated call is known: a day was promised, and nobody knows how long a client was switched off."""

CLAIMED = 0
"""The status of a key whose call is being done; nobody else ever sees it, since it is never committed."""


class KeyReused(DomainError):
    """A key came back with another call."""

    code = "idempotency_key_reused"

    def __init__(self, key: str) -> None:
        super().__init__(f"The Idempotency-Key {key!r} was used for another request; give every new request a key of its own.")
        self.key = key


@dataclass(frozen=True, slots=True)
class Call:
    """One call as a client made it. `scope` is the operation, `digest` tells its address and body from any other's."""

    key: str
    scope: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: an HTTP status and a JSON body. `repeated` if it was given before."""

    status: int
    body: str
    repeated: bool = False


def answer_once(db: Db, call: Call, work: Callable[[], Answer], *, now: datetime) -> Answer:
    """What `work` answers, or what it answered the first time. Calls with the same key wait for each other. Raises `KeyReused`."""
    claimed = _claim(db, call, now)
    if claimed is not None:
        return claimed
    answer = work()
    row = IdempotentReplyRow
    kept = update(row).where(row.key == call.key, row.scope == call.scope).values(status=answer.status, body=answer.body)
    db.execute(kept)
    return answer


def answer_given(db: Db, call: Call) -> Answer | None:
    """What was answered to a call before, if it was. Raises `KeyReused`."""
    row = IdempotentReplyRow
    asked = update(row).where(row.key == call.key, row.scope == call.scope).values(key=call.key)
    found = db.execute(asked.returning(row.body_digest, row.status, row.body)).one_or_none()
    return None if found is None else _repeated(call, *found)


def _claim(db: Db, call: Call, now: datetime) -> Answer | None:
    """Nothing if the key is now ours; the kept answer if it was used before. One statement, so two claims cannot pass each other."""
    row = IdempotentReplyRow
    insert = sqlite.insert(row) if db.get_bind().dialect.name == "sqlite" else postgresql.insert(row)
    new = {"key": call.key, "scope": call.scope, "body_digest": call.digest, "status": CLAIMED, "body": "", "created_at": now}
    claim = insert.values(new).on_conflict_do_update(index_elements=[row.key, row.scope], set_={"key": call.key})
    digest, status, body = db.execute(claim.returning(row.body_digest, row.status, row.body)).one()
    if status == CLAIMED:
        return None
    return _repeated(call, digest, status, body)


def _repeated(call: Call, digest: str, status: int, body: str) -> Answer:
    if digest != call.digest:
        raise KeyReused(call.key)
    return Answer(status, body, repeated=True)


def forget_old_answers(db: Db, *, now: datetime) -> None:
    """Remove the answers that nobody will ask for again."""
    db.execute(delete(IdempotentReplyRow).where(IdempotentReplyRow.created_at < now - KEPT))
