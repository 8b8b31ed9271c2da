"""Letting the clinic's own sign-in service say who somebody is: setting out for it, coming back, and whose account that is.

The service itself is asked between two transactions, by `scheduler.sign_in_service`. Nothing that could be used by who reads the database
is kept of a trip: the browser keeps a secret, and everything that the service is sent is made from it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update

from rooms.base import Db
from scheduler import queries
from scheduler.access.delegation import WAIT, LinkedElsewhere, NotLinked, Purpose, Unproven, nonce_of, verifier_of
from scheduler.access.relying_party import LastWayIn, may_lose_one
from scheduler.access.token import digest_of
from scheduler.queries import KnownAccount
from scheduler.records.accounts import AccountRow, ChallengeRow
from scheduler.sign_in_service import Trip

NewSecret = Callable[[], str]
"""Draws a text that nobody can guess."""

AWAY = "service"
"""The kind of challenge that somebody leaves behind who goes to the service."""


@dataclass(frozen=True, slots=True)
class SetOut:
    """Somebody who is about to go to the service. `browser` is for a cookie of their browser alone."""

    trip: Trip
    browser: str


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody goes to the service for: whose account it is about, where that is known; the row of the invitation by which they join;
    and the address on this server where they go on afterwards."""

    purpose: Purpose
    account_id: int | None = None
    invitation: int = 0
    onward: str = ""


@dataclass(frozen=True, slots=True)
class CameBack:
    """Somebody who came back in the browser in which they set out."""

    trip: Trip
    errand: Errand


def set_out(db: Db, errand: Errand, *, now: datetime, new_secret: NewSecret) -> SetOut:
    """Begin a trip."""
    db.execute(delete(ChallengeRow).where(ChallengeRow.kind == AWAY, ChallengeRow.ends_at <= now))
    state, browser = new_secret(), new_secret()
    kept: dict[str, object] = {
        "browser": digest_of(browser),
        "purpose": errand.purpose.value,
        "invitation": errand.invitation,
        "onward": errand.onward,
    }
    db.add(ChallengeRow(digest=digest_of(state), kind=AWAY, account_id=errand.account_id, detail=kept, ends_at=now + WAIT))
    return SetOut(_trip(state, browser, errand.purpose), browser)


def come_back(db: Db, state: str, browser: str, *, label: str, now: datetime) -> CameBack | Unproven:
    """End a trip: it serves once, whether it ends well or not, and only in the browser in which it began."""
    row = ChallengeRow
    begun = update(row).where(row.digest == digest_of(state), row.kind == AWAY, row.used_at.is_(None), row.ends_at > now)
    found = db.execute(begun.values(used_at=now).returning(row.account_id, row.detail)).one_or_none()
    if found is None:
        return Unproven(label, "the trip is unknown, used or too old")
    account_id, kept = found
    if not hmac.compare_digest(str(kept["browser"]), digest_of(browser)):
        return Unproven(label, "another browser set out")
    errand = Errand(Purpose(str(kept["purpose"])), account_id, int(str(kept["invitation"])), str(kept["onward"]))
    return CameBack(_trip(state, browser, errand.purpose), errand)


def linked(db: Db, subject: str, *, label: str) -> KnownAccount | NotLinked:
    """Whose account somebody of the service may open."""
    account = queries.account_linked(db, subject)
    return account if account is not None and account.is_active else NotLinked(label)


def link(db: Db, account_id: int, subject: str, *, label: str) -> None:
    """Let somebody of the service open an account from now on. Raises `LinkedElsewhere`."""
    other = queries.account_linked(db, subject)
    row = db.get_one(AccountRow, account_id, with_for_update=True, populate_existing=True)
    if (other is not None and other.id != account_id) or row.subject not in {None, subject}:
        raise LinkedElsewhere(label)
    row.subject = subject
    db.flush()


def unlink(db: Db, account_id: int) -> None:
    """Let nobody of the service open an account any more. Raises `LastWayIn` if they could not sign in then."""
    row = db.get_one(AccountRow, account_id, with_for_update=True, populate_existing=True)
    if row.subject is None:
        return
    if not may_lose_one(passkeys=len(queries.passkeys(db, account_id)), has_password=row.password_hash is not None, has_service=True):
        raise LastWayIn
    row.subject = None
    db.flush()


def _trip(state: str, browser: str, purpose: Purpose) -> Trip:
    return Trip(state, nonce_of(browser, state), verifier_of(browser, state), purpose)
