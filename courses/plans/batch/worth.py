"""What scarce time is worth: multipliers of the bottlenecks, and with every try a proven bound (Lagrangian)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from courses.plans.batch.scarcity import Bottlenecks, Vector
from courses.plans.batch.uses import Uses


@dataclass(frozen=True)
class Tried:
    """What pricing at some multipliers said. `least` is for each course the least that it can cost with prices."""

    duals: Vector
    least: Mapping[int, float]
    uses: Sequence[Uses]


class Worth:
    """The multipliers with the best bound so far. It holds for all plans in which every course has a place."""

    def __init__(self) -> None:
        self.bottlenecks = Bottlenecks()
        self.duals = np.zeros(0)
        self.least: Mapping[int, float] = {}
        self.bound = float("-inf")
        self.magnitude = 0.0

    def longer(self, duals: Vector) -> Vector:
        """Multipliers with 0 for the bottlenecks found since."""
        return np.concatenate([duals, np.zeros(len(self.bottlenecks.all) - len(duals))])

    def best(self) -> Vector:
        """The multipliers with the best bound."""
        return self.longer(self.duals)

    def excess(self, uses: Sequence[Uses]) -> Vector:
        """By how much plans overfill each bottleneck; below 0 where they leave room."""
        which, parts = self.bottlenecks.parts_of([use for each in uses for use in each])
        found: Vector = np.bincount(which, parts, len(self.bottlenecks.all)) - self.bottlenecks.left()
        return found

    def value_of(self, tried: Tried) -> float:
        """The bound that a try proves."""
        return sum(tried.least.values()) - float(tried.duals @ self.bottlenecks.left()[: len(tried.duals)])

    def learn(self, tried: Tried) -> bool:
        """Take in the bound of a try. Whether it is the best yet."""
        bound = self.value_of(tried)
        better = bound > self.bound + 1e-9 * (1 + abs(bound))
        if better:
            self.bound, self.duals, self.least = bound, tried.duals, tried.least
        total = sum(abs(value) for value in tried.least.values())
        self.magnitude = max(self.magnitude, abs(bound) + 2 * total)
        return better
