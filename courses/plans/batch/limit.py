"""When planning many courses has to stop, and what it tells meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class TimeUp(Exception):
    """The seconds are over. No fault: it ends a step that is under way."""


Check = Callable[[], None]
"""Asked now and then by long steps; raises `TimeUp` when they have to stop."""


def no_check() -> None:
    """For steps that may take as long as they like."""


def _never() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Limit:
    """When to stop at the latest: after so many seconds, after so many rounds, or when nothing better is found any more.

    `elapsed` gives the seconds since the start. Rounds give the same plan on every machine; seconds only decide how many rounds there are.
    """

    seconds: float | None = None
    rounds: int | None = None
    elapsed: Callable[[], float] = _never

    def left(self) -> float:
        """How many seconds are left; infinite without a limit of time."""
        return float("inf") if self.seconds is None else self.seconds - self.elapsed()

    def check(self) -> None:
        """Raises `TimeUp` if the seconds are over."""
        if self.left() <= 0:
            raise TimeUp

    def allows(self, n_rounds: int) -> bool:
        """Whether one round may follow so many."""
        return self.left() > 0 and (self.rounds is None or n_rounds < self.rounds)


@dataclass(frozen=True, slots=True)
class Standing:
    """How planning stands after some rounds: the best plan's objective, the proven bound, the gap between them, and who has no place."""

    n_rounds: int
    objective: float
    bound: float | None
    gap: float | None
    n_left_out: int


Watch = Callable[[Standing], None]


def no_watch(_standing: Standing) -> None:
    """For those who do not watch."""
