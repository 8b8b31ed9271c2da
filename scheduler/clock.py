"""The only reader of the clock and the only source of chance. Below this floor, `now` and new ids are arguments."""

from __future__ import annotations

import base64
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta


class Clock(ABC):
    """Tells the time in UTC, in whole seconds."""

    @abstractmethod
    def now(self) -> datetime:
        """The present instant."""

    def monotonic(self) -> float:
        """Seconds from some start, for measuring how long a thing takes; no change of the clock moves it."""
        return time.monotonic()

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


class SettableClock(Clock):
    """A clock for test builds that can be set, put forward or back, and frozen."""

    def __init__(self, at: datetime, *, frozen: bool = False) -> None:
        self._frozen = frozen
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

    def freeze(self, *, frozen: bool = True) -> None:
        """Stand still, or go on from where it stood."""
        self.set(self._exact())
        self._frozen = frozen

    def _exact(self) -> datetime:
        return self._at if self._frozen else self._at + timedelta(seconds=self.monotonic() - self._since)
