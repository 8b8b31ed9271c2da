"""Sign-ins on devices: opening and closing them, locking and unlocking, and who holds one.

A sign-in lives on the server and can be closed there; a browser or a program only holds its token, of which the digest is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite

from rooms.base import Db, NewId
from scheduler import queries
from scheduler.access.actor import Actor, Strength
from scheduler.access.idle import LONGEST, Idle
from scheduler.access.token import digest_of
from scheduler.queries import KnownLogin
from scheduler.records.accounts import ChallengeRow, KnownDeviceRow, LoginRow

NewSecret = Callable[[], str]
"""Draws a text that nobody can guess."""

LABEL_MOST, SOURCE_MOST = 200, 100
DEFAULT_IDLE = Idle()
DEVICE_KNOWN = timedelta(days=180)
"""How long a browser is known after somebody last signed in by it."""


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


def note_signature(db: Db, login_id: int, *, now: datetime) -> None:
    """The person has signed something: for a while the next signature needs no other proof."""
    db.execute(update(LoginRow).where(LoginRow.id == login_id).values(signed_at=now))


def close_login(db: Db, login_id: int, *, now: datetime) -> None:
    """Sign out. Its token is worth nothing from the next request on."""
    db.execute(update(LoginRow).where(LoginRow.id == login_id, LoginRow.closed_at.is_(None)).values(closed_at=now))


def close_all(db: Db, account_id: int, *, now: datetime, but: int | None = None) -> None:
    """End every sign-in of somebody, but for the one that is named."""
    row = LoginRow
    db.execute(update(row).where(row.account_id == account_id, row.closed_at.is_(None), row.id != (but or 0)).values(closed_at=now))


def remember_device(db: Db, account_id: int, token: str, *, now: datetime) -> None:
    """Know a browser by its token from now on: who comes by it gets in although strangers guess at the name."""
    row, digest = KnownDeviceRow, digest_of(token)
    insert = sqlite.insert(row) if db.get_bind().dialect.name == "sqlite" else postgresql.insert(row)
    new = insert.values(account_id=account_id, digest=digest, created_at=now, last_used_at=now)
    db.execute(new.on_conflict_do_update(index_elements=[row.account_id, row.digest], set_={"last_used_at": now}))


def forget_devices(db: Db, account_id: int) -> None:
    """Know no browser of somebody any more."""
    db.execute(delete(KnownDeviceRow).where(KnownDeviceRow.account_id == account_id))


def owe(db: Db, kind: str, account_id: int | None, *, detail: dict[str, object], ends_at: datetime, new_secret: NewSecret) -> str:
    """Note that something is half done, and give the token that finishes it."""
    token = new_secret()
    db.add(ChallengeRow(digest=digest_of(token), kind=kind, account_id=account_id, detail=detail, ends_at=ends_at))
    db.flush()
    return token


def settle(db: Db, challenge_id: int, *, now: datetime) -> bool:
    """Whether what was half done is finished by this very call: it serves once."""
    row = ChallengeRow
    used = db.execute(update(row).where(row.id == challenge_id, row.used_at.is_(None)).values(used_at=now).returning(row.id))
    return used.one_or_none() is not None


def forget_old(db: Db, *, now: datetime) -> None:
    """Remove what nobody finished."""
    db.execute(delete(ChallengeRow).where(ChallengeRow.ends_at < now - timedelta(days=1)))
