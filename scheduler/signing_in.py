"""Sign-ins on devices: opening and closing them, locking and unlocking, and who holds one.

A sign-in lives on the server and can be closed there; a browser or a program only holds its token, of which the digest is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from rooms.base import Db, NewId
from scheduler import queries
from scheduler.access.actor import Actor, Strength
from scheduler.access.idle import LONGEST, Idle
from scheduler.access.token import digest_of
from scheduler.queries import KnownLogin
from scheduler.records.accounts import LoginRow

NewSecret = Callable[[], str]
"""Draws a text that nobody can guess."""

LABEL_MOST, SOURCE_MOST = 200, 100
DEFAULT_IDLE = Idle()


@dataclass(frozen=True, slots=True)
class OpenedLogin:
    """A sign-in that was just opened. `token` is given this once; only its digest is kept."""

    token: str
    login: KnownLogin


def open_login(  # noqa: PLR0913  # each is a fact of the sign-in
    db: Db,
    account_id: int,
    *,
    strength: Strength,
    device: str,
    source: str,
    label: str,
    now: datetime,
    new_id: NewId,
    new_secret: NewSecret,
) -> OpenedLogin:
    """Sign somebody in who has proven who they are. `device` is `desk` or `tablet`, `label` what the browser says it is."""
    token = new_secret()
    row = LoginRow(
        public_id=new_id("l_"),
        account_id=account_id,
        digest=digest_of(token),
        device=device,
        strength=strength.value,
        source=source[:SOURCE_MOST],
        label=label[:LABEL_MOST],
        opened_at=now,
        proven_at=now,
        acted_at=now,
        ends_at=now + LONGEST,
    )
    db.add(row)
    db.flush()
    return OpenedLogin(token, queries.known_login(row))


def actor_of(db: Db, token: str, *, now: datetime, idle: Idle = DEFAULT_IDLE) -> Actor | None:
    """Whoever holds this token. None if it is unknown, closed or past its end, or if the account is not in use. It only looks."""
    return queries.actor(db, token, now=now, idle=idle)


def note_action(db: Db, login_id: int, *, now: datetime) -> None:
    """A person did something. What a page fetches by itself is no action, and a locked sign-in is not woken by it."""
    row = LoginRow
    db.execute(
        update(row).where(row.id == login_id, row.locked_at.is_(None), row.closed_at.is_(None), row.acted_at < now).values(acted_at=now)
    )


def lock(db: Db, login_id: int, *, now: datetime) -> None:
    """Show nothing more until somebody proves who they are; what was typed stays."""
    db.execute(update(LoginRow).where(LoginRow.id == login_id, LoginRow.locked_at.is_(None)).values(locked_at=now))


def unlock(db: Db, login_id: int, *, now: datetime) -> None:
    """Go on where it was locked, once the same person has proven who they are; this proof is a fresh one."""
    row = LoginRow
    db.execute(update(row).where(row.id == login_id, row.closed_at.is_(None)).values(locked_at=None, acted_at=now, proven_at=now))


def prove_again(db: Db, login_id: int, *, now: datetime) -> None:
    """The person has just proven once more who they are, for something that asks for it."""
    db.execute(update(LoginRow).where(LoginRow.id == login_id, LoginRow.closed_at.is_(None)).values(proven_at=now, acted_at=now))


def close_login(db: Db, login_id: int, *, now: datetime) -> None:
    """Sign out. Its token is worth nothing from the next request on."""
    db.execute(update(LoginRow).where(LoginRow.id == login_id, LoginRow.closed_at.is_(None)).values(closed_at=now))


def close_all(db: Db, account_id: int, *, now: datetime, but: int | None = None) -> None:
    """End every sign-in of somebody, but for the one that is named."""
    row = LoginRow
    db.execute(update(row).where(row.account_id == account_id, row.closed_at.is_(None), row.id != (but or 0)).values(closed_at=now))
