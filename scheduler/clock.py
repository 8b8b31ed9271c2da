"""The only reader of the clock and the only source of chance. Below this floor, `now` and new ids are arguments."""

from __future__ import annotations

import base64
import math
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path


class Clock(ABC):
    """Tells the time in UTC, in whole seconds."""

    @abstractmethod
    def now(self) -> datetime:
        """The present instant."""

    def monotonic(self) -> float:
        """Seconds from some start, for measuring how long a thing takes; no change of the clock moves it."""
        return time.monotonic()

    @abstractmethod
    def running(self) -> int:
        """Whole seconds since the machine was started, whatever its clock was put to meanwhile."""

    @abstractmethod
    def distance(self) -> int:
        """By how many whole seconds the clock is ahead of `running`: the same as long as nobody moves the clock."""

    @abstractmethod
    def boot(self) -> str:
        """What tells this start of the machine from any other."""

    def new_id(self, prefix: str) -> str:
        """A public id that nobody can guess: the prefix and 16 letters and digits (80 bits)."""
        return prefix + base64.b32encode(secrets.token_bytes(10)).decode().lower()

    def new_secret(self) -> str:
        """A text that nobody can guess, to be given once and kept as a digest: 32 letters and digits (192 bits)."""
        return secrets.token_urlsafe(24)

    def new_bytes(self, count: int) -> bytes:
        """So many bytes of chance, for seeds and salts."""
        return secrets.token_bytes(count)

    def chosen(self, words: Sequence[str], count: int) -> list[str]:
        """So many words drawn from a list, each as likely as any other."""
        return [secrets.choice(words) for _ in range(count)]


class SystemClock(Clock):
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC).replace(microsecond=0)

    def running(self) -> int:
        """Whole seconds since the machine was started; its sleep counts where the system tells of it."""
        return math.floor(_seconds_since_start())

    def distance(self) -> int:
        """By how many whole seconds the clock is ahead of `running`."""
        return math.floor(time.time() - _seconds_since_start())

    def boot(self) -> str:
        """The system's own name of this start; another one for each program where it has none."""
        return _boot()


def _seconds_since_start() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@lru_cache
def _boot() -> str:
    named = Path("/proc/sys/kernel/random/boot_id")
    return named.read_text("ascii").strip() if named.exists() else secrets.token_hex(16)


class SettableClock(Clock):
    """A clock for test builds that can be set, put forward or back, and frozen: as if that time had passed, except by a `jump`."""

    def __init__(self, at: datetime, *, frozen: bool = False) -> None:
        self._frozen = frozen
        self._jumped = timedelta()
        self.set(at)

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen

    def now(self) -> datetime:
        """The present instant."""
        return self._exact().replace(microsecond=0)

    def set(self, at: datetime) -> None:
        """Show another time from now on. Raises `ValueError` for one without a zone."""
        if at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no time zone")
        self._at, self._since = at.astimezone(UTC), self.monotonic()

    def step(self, by: timedelta) -> None:
        """Put the clock forward, or back."""
        self.set(self._exact() + by)

    def jump(self, by: timedelta) -> None:
        """Put the clock wrong, or right: no time has passed."""
        self.step(by)
        self._jumped += by

    def running(self) -> int:
        """Seconds as they passed, without what was jumped."""
        return math.floor((self._exact() - self._jumped).timestamp())

    def distance(self) -> int:
        """How far it was jumped."""
        return math.floor(self._jumped.total_seconds())

    def boot(self) -> str:
        """Always the same."""
        return "settable"

    def freeze(self, *, frozen: bool = True) -> None:
        """Stand still, or go on from where it stood."""
        self.set(self._exact())
        self._frozen = frozen

    def _exact(self) -> datetime:
        return self._at if self._frozen else self._at + timedelta(seconds=self.monotonic() - self._since)
