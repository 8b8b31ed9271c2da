"""How often somebody may be wrong before they must wait, so that guessing gets nobody in and nobody is locked out by strangers.

Guesses are counted apart: by the name that is guessed at from devices where nobody signed in before, by each device that is known, and by
the address that they come from. Strangers use up their own count; who comes by a known device has another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(hours=24)
LONGEST_PAUSE = timedelta(minutes=5)
NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Budget:
    """`most` guesses a day are looked at; after `free` wrong ones each next one must wait, twice as long as the last."""

    most: int
    free: int


BY_NAME = Budget(most=50, free=5)
BY_DEVICE = Budget(most=20, free=5)
BY_CODE = Budget(most=20, free=5)
BY_LOGIN = Budget(most=10, free=5)
BY_SOURCE = Budget(most=300, free=60)
"""A clinic has one address for all its desks."""


@dataclass(frozen=True, slots=True)
class Count:
    """What was guessed wrongly by one key since the count began."""

    failures: int
    since: datetime
    last_at: datetime

    def at(self, now: datetime) -> Count:
        """The count that stands at this moment: after a day it begins anew, as it does if the clock was put back."""
        return self if self.since <= now < self.since + WINDOW else Count(0, now, now)

    def one_more(self, now: datetime) -> Count:
        """With one more guess in it."""
        present = self.at(now)
        return Count(present.failures + 1, present.since, now)


def pause(count: Count, budget: Budget, now: datetime) -> timedelta:
    """How long until the next guess is looked at; nothing if it is at once."""
    present = count.at(now)
    if present.failures >= budget.most:
        return present.since + WINDOW - now
    if present.failures < budget.free:
        return NONE
    growing = min(timedelta(seconds=2 ** min(present.failures - budget.free + 1, 20)), LONGEST_PAUSE)
    return max(present.last_at + growing - now, NONE)
