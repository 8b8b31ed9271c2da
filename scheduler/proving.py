"""Proving who somebody is by what they know or hold: passwords, one-time codes and recovery codes."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import datetime
from functools import cached_property

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import delete, or_, update

from rooms.base import Db
from rooms.errors import Faulty
from scheduler import queries
from scheduler.access.code import (
    RECOVERY_BYTES,
    RECOVERY_CODES,
    SEED_BYTES,
    fitting_step,
    plain_recovery_code,
    recovery_code,
    seed_of,
)
from scheduler.access.idle import Idle
from scheduler.access.password import check_password, normalized
from scheduler.access.token import digest_of
from scheduler.clock import Clock
from scheduler.keys import Keys, keys_of
from scheduler.records.accounts import AccountRow, RecoveryCodeRow
from scheduler.settings import Settings

AT_ONCE = 2
"""How many passwords are worked on at the same time: each needs 64 MiB, and a flood of guesses must not fill the memory."""


class Hasher:
    """Keeps passwords as Argon2id digests. `rounds` and `memory_kib` are what a guess costs; the defaults are RFC 9106's second choice."""

    def __init__(self, rounds: int = 3, memory_kib: int = 65536) -> None:
        self._argon = PasswordHash((Argon2Hasher(time_cost=rounds, memory_cost=memory_kib, parallelism=4),))
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self.looked_at = 0
        """How many guesses were looked at since the program began, right ones and wrong ones."""

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        with self._turns:
            return self._argon.hash(normalized(password))

    def fits(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Whether it is the password, and what to keep instead if the costs have changed since.

        Nothing kept takes as long as something wrong, so that time does not tell who has an account.
        """
        against = kept or self._decoy
        with self._turns:
            self.looked_at += 1
            fits, anew = self._argon.verify_and_update(normalized(password), against)
        return (fits, anew) if kept else (False, None)

    @cached_property
    def _decoy(self) -> str:
        return self.hash("nobody has this password")


class Means:
    """What proofs are made and checked with, and where this server is; made once, from the settings."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self.clock = clock
        self.hasher = Hasher(settings.password_rounds, settings.password_memory_kib)
        self.address = settings.address
        self.idle = Idle.of_minutes(settings.idle_minutes_desk, settings.idle_minutes_tablet)

    @cached_property
    def keys(self) -> Keys:
        """The keys of the installation. They are looked for when something is first sealed."""
        return keys_of(self._settings)

    def new_seed(self) -> str:
        """A seed for one-time codes."""
        return seed_of(self.clock.new_bytes(SEED_BYTES))

    def kept(self, password: str, *, alone: bool, about: Collection[str] = ()) -> str:
        """What is kept of a new password. Raises `Faulty` if it may not be one. It takes a while: call it outside a transaction."""
        check_password(password, alone=alone, about=about)
        return self.hasher.hash(password)


def is_password(means: Means, password: str, kept: str | None) -> tuple[bool, str | None]:
    """Whether it is somebody's password, and what to keep instead if the costs have changed. Of a long one a part is looked at."""
    return means.hasher.fits(password[:1000], kept)


def keep_password(db: Db, account_id: int, kept: str) -> None:
    """Keep what `Means.kept` gave."""
    row = AccountRow
    db.execute(update(row).where(row.id == account_id).values(password_hash=kept, version=row.version + 1))


def keep_anew(db: Db, account_id: int, kept: str, anew: str) -> None:
    """Keep the same password at its new costs, unless it was changed meanwhile."""
    db.execute(update(AccountRow).where(AccountRow.id == account_id, AccountRow.password_hash == kept).values(password_hash=anew))


def use_code(db: Db, means: Means, account_id: int, code: str, *, now: datetime) -> bool:
    """Whether it is the code of this half minute, or a recovery code; either serves once, however many ask at the same moment."""
    secrets = queries.secrets_of(db, account_id)
    if secrets.code_seed is None:
        return False
    step = fitting_step(means.keys.unseal(secrets.code_seed).decode(), code, now=now, used=secrets.code_step)
    if step is None:
        return _use_recovery_code(db, account_id, code, now)
    row = AccountRow
    unused = or_(row.code_step.is_(None), row.code_step < step)
    used = db.execute(update(row).where(row.id == account_id, unused).values(code_step=step).returning(row.id))
    return used.one_or_none() is not None


def _use_recovery_code(db: Db, account_id: int, code: str, now: datetime) -> bool:
    row, digest = RecoveryCodeRow, digest_of(plain_recovery_code(code))
    used = update(row).where(row.account_id == account_id, row.digest == digest, row.used_at.is_(None)).values(used_at=now)
    return db.execute(used.returning(row.id)).one_or_none() is not None


def set_up_codes(db: Db, means: Means, account_id: int, seed: str, code: str, *, now: datetime) -> list[str]:
    """Ask for one-time codes from now on; a first one shows that the telephone has the seed. Gives recovery codes. Raises `Faulty`."""
    step = fitting_step(seed, code, now=now, used=None)
    if step is None:
        raise Faulty("code", "it does not fit; type the six digits that the telephone shows now, and see that its clock is right")
    row = AccountRow
    sealed = means.keys.seal(seed.encode())
    db.execute(update(row).where(row.id == account_id).values(code_seed=sealed, code_step=step, version=row.version + 1))
    return new_recovery_codes(db, means, account_id)


def new_recovery_codes(db: Db, means: Means, account_id: int) -> list[str]:
    """Ten new recovery codes, given this once; the old ones serve no more."""
    codes = [recovery_code(means.clock.new_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
    db.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
    db.add_all(RecoveryCodeRow(account_id=account_id, digest=digest_of(plain_recovery_code(code))) for code in codes)
    db.flush()
    return codes


def drop_codes(db: Db, account_id: int) -> None:
    """Ask for no one-time codes any more."""
    row = AccountRow
    db.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
    db.execute(update(row).where(row.id == account_id).values(code_seed=None, code_step=None, version=row.version + 1))
