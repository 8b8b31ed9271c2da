"""What scarce time is worth: multipliers of the bottlenecks, and with every try a proven bound (Lagrangian)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from courses.plans.batch.columns import Column
from courses.plans.batch.master import Master
from courses.plans.batch.scarcity import Bottlenecks, Vector, overfilled
from courses.plans.batch.uses import Room, Uses


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
        excess = -self.bottlenecks.left()
        for each in uses:
            for index, part in self.bottlenecks.parts_of(each).items():
                excess[index] += part
        return excess

    def learn(self, tried: Tried) -> bool:
        """Take in the bound of a try. Whether it is the best yet."""
        capacity = float(tried.duals @ self.bottlenecks.left()[: len(tried.duals)])
        bound = sum(tried.least.values()) - capacity
        better = bound > self.bound + 1e-9 * (1 + abs(bound))
        if better:
            self.bound, self.duals, self.least = bound, tried.duals, tried.least
        self.magnitude = max(self.magnitude, capacity + sum(abs(value) for value in tried.least.values()))
        return better


class Ascent(Protocol):
    """Chooses multipliers to try."""

    def settled(self) -> bool:
        """Whether no try could better the bound any more."""

    def mixture(self) -> list[tuple[Column, float]]:
        """The plans that go together best when they may be mixed, with their shares; none where that is not known."""

    def next(self, tried: Tried, better: bool, target: float) -> Vector:
        """What to try after a try; `target` is an objective that was reached."""


class Subgradient:
    """Goes against what was overfilled, without any solver."""

    PATIENCE = 4
    """After so many tries without a better bound, steps are halved."""
    NEWEST = 0.3
    """How much a direction owes to the last try alone; the rest is what the tries before said."""

    def __init__(self, worth: Worth, room: Room) -> None:
        self._worth, self._room = worth, room
        self._direction = np.zeros(0)
        self._step, self._failures = 1.0, 0

    def settled(self) -> bool:
        """When steps have become too short to matter."""
        return self._step < 1e-3

    def mixture(self) -> list[tuple[Column, float]]:
        """Not known."""
        return []

    def next(self, tried: Tried, better: bool, target: float) -> Vector:
        """A step of a length that the target says."""
        worth = self._worth
        for one in overfilled(self._room, [(use, 1.0) for uses in tried.uses for use in uses]):
            worth.bottlenecks.add(one)
        now = worth.longer(tried.duals)
        self._failures = 0 if better else self._failures + 1
        if self._failures >= self.PATIENCE:
            self._step, self._failures, now = self._step / 2, 0, worth.best()
        excess = worth.excess(tried.uses)
        excess[(now <= 0) & (excess < 0)] = 0
        self._direction = self.NEWEST * excess + (1 - self.NEWEST) * worth.longer(self._direction)
        square = float(self._direction @ self._direction)
        length = self._step * max(target - worth.bound, 1e-3 * abs(target)) / square if square > 0 else 0.0
        return np.maximum(now + length * self._direction, 0)


class Smoothed:
    """Column generation: the multipliers of the linear program, drawn toward those with the best bound (Wentges).

    Between two programs, which take longest, a few steps go from the best multipliers straight against what is overfilled.
    """

    STEPS = 4
    MANY = 100
    """With fewer bottlenecks the program alone is sooner there."""
    FAR = 0.01
    """Such a share above the bound the program's total has still to come down, or the bound to rise, by a good deal."""
    NEWEST = 0.4
    """How much the direction of a step owes to the last try alone."""

    CLOSE = 1e-5
    """Such a share between bound and program is none."""
    NEAR = 0.05
    """Such a share is so little that leaving a course out has to be made dearer, where the program still does."""

    def __init__(self, worth: Worth, master: Master) -> None:
        self._worth, self._master = worth, master
        self._drawn, self._aim = 0.8, np.zeros(0)
        self._done = False
        self._n_steps, self._total, self._reach = 0, 0.0, 0.5
        self._direction = np.zeros(0)

    def settled(self) -> bool:
        """When the bound has met the program, or the solver has failed."""
        return self._done

    def mixture(self) -> list[tuple[Column, float]]:
        """The program's."""
        return self._master.mixture

    def next(self, tried: Tried, better: bool, target: float) -> Vector:
        """Between the program's multipliers and the best, farther out where the bound was still rising; then a few steps without it."""
        if self._n_steps > 0:
            self._n_steps -= 1
            return self._step(tried, better)
        values = self._master.solve()
        if values is None:
            self._done = True
            return self._worth.best()
        if self._worth.bound >= values.total * (1 - self.NEAR) and self._master.insist(values):
            return self.next(tried, better, target)
        self._done = self._master.complete and self._worth.bound >= values.total - self.CLOSE * (1 + abs(values.total))
        far = values.total - self._worth.bound > self.FAR * abs(values.total)
        self._n_steps, self._total = self.STEPS if far and len(self._worth.bottlenecks.all) > self.MANY else 0, values.total
        best, worth = self._worth.best(), self._worth.longer(values.duals)
        if len(self._aim):
            rising = float(self._worth.excess(tried.uses) @ (self._worth.longer(self._aim) - best)) > 0
            self._drawn = max(self._drawn - 0.1, 0.0) if rising else self._drawn + 0.1 * (1 - self._drawn)
        self._aim = worth
        return self._drawn * best + (1 - self._drawn) * worth

    def _step(self, tried: Tried, better: bool) -> Vector:
        """From the best multipliers against what plans overfill, as far as the program's total says that the bound can still rise."""
        self._reach = min(self._reach * 1.2, 1.5) if better else max(self._reach * 0.8, 0.02)
        best, excess = self._worth.best(), self._worth.excess(tried.uses)
        self._direction = self.NEWEST * excess + (1 - self.NEWEST) * self._worth.longer(self._direction)
        direction = np.where((best <= 0) & (self._direction < 0), 0.0, self._direction)
        square = float(direction @ direction)
        length = self._reach * max(self._total - self._worth.bound, 0.0) / square if square > 0 else 0.0
        return np.maximum(best + length * direction, 0)
