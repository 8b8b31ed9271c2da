"""A few people at two sites, on a clock that stands still."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyotp
from pydantic import SecretStr

from rooms import equipping
from rooms.resources.site import Site
from scheduler import admitting, knocking, proving, signing_in
from scheduler.access.actor import Actor, Strength
from scheduler.access.author import Author, AuthorKind
from scheduler.access.role import Role
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.keys import new_key
from scheduler.knocking import Admitted, CodeOwed, Knock
from scheduler.proving import Hasher, Means
from scheduler.queries import KnownAccount
from scheduler.settings import Settings
from scheduler.signing_in import OpenedLogin
from tests.rooms.small_clinic import WEEK

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
"""A Monday, 08:00 in New York."""

PASSPHRASE = "seven kind herons wade"
QUICK = Hasher(rounds=1, memory_kib=32)
"""The real thing at the least cost, so that a test of many guesses ends."""
STRANGER = Author(AuthorKind.NOBODY, "nobody", source="192.0.2.7")


@dataclass
class Staff:
    """A clinic of two sites, `main` and `east`, and who works there; each call is a transaction of its own."""

    database: Database
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOW, frozen=True))
    _ids: itertools.count[int] = field(default_factory=itertools.count)
    stranger: Author = STRANGER

    def __post_init__(self) -> None:
        self.means = Means(Settings(secret_key=SecretStr(new_key().text), public_address="https://chairtime.example"), self.clock)
        self.means.hasher = Hasher(rounds=1, memory_kib=32)
        with self.database.transaction() as db:
            for code, name in (("main", "Main Street"), ("east", "East Side")):
                equipping.add_site(db, Site(code, name, "America/New_York", WEEK), new_id=self.new_id, now=self.now)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @now.setter
    def now(self, at: datetime) -> None:
        self.clock.set(at)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids)}"

    def later(self, **by: float) -> Staff:
        """Let time pass."""
        self.clock.step(timedelta(**by))
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
                new_secret=self.clock.new_secret,
            )
        )

    def actor(self, token: str) -> Actor | None:
        with self.database.reading() as db:
            return signing_in.actor_of(db, token, now=self.now)

    def knock(self, handle: str, password: str, *, known: str = "", source: str = "192.0.2.7") -> Admitted | CodeOwed:
        return knocking.give_password(self.database, self.means, handle, password, self._at_the_door(known, source))

    def give_code(self, token: str, code: str) -> Admitted:
        return knocking.give_code(self.database, self.means, token, code, self._at_the_door())

    def with_code(self, account: KnownAccount, means: Means | None = None) -> tuple[str, list[str]]:
        """Set up one-time codes, sealed with these means; gives the seed and the recovery codes."""
        sealing = means or self.means
        seed = sealing.new_seed()
        first = pyotp.TOTP(seed).at(self.now)
        return seed, self.database.run(lambda db: proving.set_up_codes(db, sealing, account.id, seed, first, now=self.now))

    def _at_the_door(self, known: str = "", source: str = "192.0.2.7") -> Knock:
        return Knock(self.stranger, source, "desk", "Firefox on Windows", known)
