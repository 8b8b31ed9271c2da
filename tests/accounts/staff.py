"""A few people at two sites, on a clock that stands still."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rooms import equipping
from rooms.resources.site import Site
from scheduler import admitting, signing_in
from scheduler.access.actor import Actor, Strength
from scheduler.access.role import Role
from scheduler.database import Database
from scheduler.proving import Hasher
from scheduler.queries import KnownAccount
from scheduler.signing_in import OpenedLogin
from tests.rooms.small_clinic import WEEK

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
"""A Monday, 08:00 in New York."""

PASSPHRASE = "seven kind herons wade"
QUICK = Hasher(rounds=1, memory_kib=32)
"""The real thing at the least cost, so that a test of many guesses ends."""


@dataclass
class Staff:
    """A clinic of two sites, `main` and `east`, and who works there; each call is a transaction of its own."""

    database: Database
    now: datetime = NOW
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        with self.database.transaction() as db:
            for code, name in (("main", "Main Street"), ("east", "East Side")):
                equipping.add_site(db, Site(code, name, "America/New_York", WEEK), new_id=self.new_id, now=self.now)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids)}"

    def new_secret(self) -> str:
        return f"secret-{next(self._ids)}"

    def later(self, **by: float) -> Staff:
        """Let time pass."""
        self.now += timedelta(**by)
        return self

    def add(self, handle: str, *, password: str | None = PASSPHRASE, **roles: set[Role]) -> KnownAccount:
        return self.database.run(
            lambda db: admitting.add_account(
                db,
                handle=handle,
                given_name=handle.title(),
                family_name="Moss",
                roles=roles,
                password=password,
                hasher=QUICK,
                now=self.now,
                new_id=self.new_id,
            )
        )

    def sign_in(self, account: KnownAccount, *, device: str = "desk", strength: Strength = Strength.TWO_FACTORS) -> OpenedLogin:
        return self.database.run(
            lambda db: signing_in.open_login(
                db,
                account.id,
                strength=strength,
                device=device,
                source="192.0.2.7",
                label="Firefox",
                now=self.now,
                new_id=self.new_id,
                new_secret=self.new_secret,
            )
        )

    def actor(self, token: str) -> Actor | None:
        with self.database.reading() as db:
            return signing_in.actor_of(db, token, now=self.now)
