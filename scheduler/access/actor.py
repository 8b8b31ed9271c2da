"""Whoever a request comes from, as far as it matters for what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scheduler.access.role import Role

FRESH = timedelta(minutes=5)
"""How long a proof of who somebody is counts as fresh (NIST SP 800-63B-4 leaves it to us; reliability bar, section 3)."""


SITTING = timedelta(minutes=15)
"""How long after a signature the next one needs no other proof (21 CFR 11.200: once at the first signature of a sitting)."""


class Strength(StrEnum):
    """How a sign-in was proven."""

    PASSWORD = "password"  # noqa: S105  # no password, the word
    TWO_FACTORS = "two_factors"
    PASSKEY = "passkey"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is signed in. `roles` go by the row number of the site, as does `broken_glass`: the sites whose glass they broke."""

    account_id: int
    public_id: str
    handle: str
    name: str
    roles: Mapping[int, frozenset[Role]]
    login_id: int
    login: str
    device: str
    strength: Strength
    proven_at: datetime
    resource_id: int | None = None
    broken_glass: frozenset[int] = frozenset()
    locked: bool = False
    signed_at: datetime | None = None
    """When they last signed something in this sign-in."""

    @property
    def sites(self) -> frozenset[int]:
        """The sites that are theirs."""
        return frozenset(self.roles)

    def has_fresh_proof(self, now: datetime) -> bool:
        """Whether they proved who they are a moment ago."""
        return now - self.proven_at <= FRESH

    def may_sign(self, now: datetime) -> bool:
        """Whether a signature needs no other proof: it follows a fresh one, or another signature of the same sitting."""
        in_sitting = self.signed_at is not None and timedelta(0) <= now - self.signed_at <= SITTING
        return in_sitting or self.has_fresh_proof(now)
