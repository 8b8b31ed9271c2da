"""How the worth of scarce time is found: a proximal bundle method, which needs no solver."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from courses.plans.batch.columns import Sketch
from courses.plans.batch.limit import Check, no_check
from courses.plans.batch.mixing import Mixing, mixed
from courses.plans.batch.scarcity import Bottleneck, Crowd, Indices, Vector, crowds_of
from courses.plans.batch.seen import Seen
from courses.plans.batch.worth import Tried, Worth

FARTHER = 4.0
"""So many times as far as the straight way to the target the first try goes."""
Find = Callable[[Sequence[Crowd]], Sequence[Bottleneck]]
"""Finds the bottlenecks that crowds overfill."""


class Reach:
    """How far a try may go from the best multipliers (Kiwiel's rule): farther where tries keep what was promised, else less far, but
    never less than at first: many short ways take longer than a few that go too far."""

    LONG = 0.5
    SERIOUS = 0.1
    """Such a share of what was promised a good try keeps, and a fair one."""
    LEAP = 5.0
    """At most so many times farther, or nearer, after one try."""

    def __init__(self, length: float) -> None:
        self.length = self._first = length
        self._since = 0

    def learn(self, kept: float) -> None:
        """Take in which share of what was promised a try kept; below 0 where it was worse than where it came from."""
        tight = 1 / self.length
        fitting = 2 * tight * (1 - kept)
        if kept > self.SERIOUS:
            wanted = fitting if kept >= self.LONG and self._since > 0 else tight / 2 if self._since > 3 else tight
            wanted = min(max(wanted, tight / self.LEAP), tight)
            self._since = max(self._since + 1, 1) if wanted == tight else 1
        else:
            wanted = min(fitting, self.LEAP * tight) if kept <= 0 and self._since < -2 else tight
            self._since = min(self._since - 1, -1) if wanted == tight else -1
        self.length = max(1 / wanted, self._first)


class Ascent:
    """Chooses multipliers to try: a proximal bundle method over all plans seen, each course's apart.

    It believes of every course only what its plans show, and goes from the multipliers with the best bound to where these promise the
    most, less what going so far costs. No solver is needed for it.
    """

    CLOSE = 1e-6
    """Such a share more than the bound promised is nothing."""
    PRECISE = 0.1
    """To such a share of what is promised a mixture is made."""
    TURNS = 2
    """So often in one round the mixture is made anew with the bottlenecks that it overfilled."""
    SHARED = 1e-5
    """A smaller share is none."""
    NEWEST = 3
    """So many plans of each course, the cheapest at the center, are weighed with those that had a share."""

    def __init__(self, worth: Worth, columns: Sequence[Sketch], find: Find, penalties: Sequence[float], check: Check = no_check) -> None:
        self._worth, self._find, self._check = worth, find, check
        self._penalties = np.array(penalties)
        self._seen = Seen(columns, worth.bottlenecks)
        self._shares: dict[int, float] = {}
        self._reach: Reach | None = None
        self._promised, self._from = 0.0, 0.0
        self._done = False

    def settled(self) -> bool:
        """Whether no try is known to better the bound any more."""
        return self._done

    def promised(self) -> float:
        """By how much the bound may still rise, so far as is known."""
        return float("inf") if self._reach is None else self._promised

    def mixture(self) -> list[tuple[int, float]]:
        """The plans, by their places, that go together best when they may be mixed, with their shares."""
        return sorted(self._shares.items())

    def next(self, tried: Tried, target: float) -> Vector:
        """What to try after a try; `target` is an objective that was reached."""
        worth = self._worth
        if self._reach is None:
            self._crowded(crowds_of([(use, 1.0) for uses in tried.uses for use in uses]))
            self._promised = max(target - worth.bound, 1.0)
            self._reach = Reach(self._first_reach(tried))
        elif self._promised > 0:
            self._reach.learn((worth.value_of(tried) - self._from) / self._promised)
        duals = self._mix(self._reach.length)
        for _ in range(self.TURNS):
            if not self._crowded(self._seen.crowds(self._shares)):
                break
            duals = self._mix(self._reach.length)
        self._from = worth.bound
        self._done = self._promised <= self.CLOSE * (1 + abs(worth.bound))
        return duals

    def _crowded(self, crowds: Sequence[Crowd]) -> bool:
        """Keep the bottlenecks that crowds overfill. Whether there was one that was not known."""
        return sum([self._worth.bottlenecks.add(one) for one in self._find(crowds)]) > 0

    def _first_reach(self, tried: Tried) -> float:
        """Somewhat farther than the straight way to the target would be."""
        self._seen.grow()
        excess = self._worth.excess(tried.uses) * self._scale()
        square = float(excess @ excess)
        return FARTHER * self._promised / square if square > 0 else 1.0

    def _scale(self) -> Vector:
        """What makes of each bottleneck one that a plan takes at most 1 of."""
        heaviest = self._seen.heaviest
        return np.where(heaviest > 0, 1 / np.where(heaviest > 0, heaviest, 1), 1.0)

    def _mix(self, reach: float) -> Vector:
        """The multipliers to try by what the plans seen promise; among all plans those that could have a share are looked for."""
        self._seen.grow()
        center, enough = self._worth.best(), self.PRECISE * self._promised
        chosen = {*self._shares, *self._cheapest(self._seen.priced(center))}
        while True:
            duals = self._mixed_of(np.array(sorted(chosen), dtype=np.intp), center, reach, enough)
            priced = self._seen.priced(duals)
            cheaper = self._undercutting(priced, chosen, enough)
            if not cheaper:
                break
            chosen |= cheaper
        least = np.minimum(self._least(priced), self._penalties)[self._wanted()]
        self._promised = float(least.sum() - duals @ self._worth.bottlenecks.left()) - self._worth.bound
        return duals

    def _mixed_of(self, chosen: Indices, center: Vector, reach: float, enough: float) -> Vector:
        """The multipliers by some plans alone; keeps their shares."""
        seen, scale, left = self._seen, self._scale(), self._worth.bottlenecks.left()
        wanted = self._wanted()
        courses = np.concatenate([seen.courses[chosen], wanted])
        order = np.argsort(courses, kind="stable")
        parts = np.concatenate([seen.parts(chosen), np.zeros((len(center), len(wanted)))], axis=1)[:, order]
        begins = np.flatnonzero(np.diff(courses[order], prepend=-1))
        tight = np.flatnonzero((center > 0) | (np.maximum.reduceat(parts, begins, axis=1).sum(axis=1) > left))
        costs = np.concatenate([seen.costs[chosen], self._penalties[wanted]])[order]
        there, by = parts[tight] * scale[tight, None], scale[tight]
        mixing = Mixing(costs, courses[order], there, left[tight] * by, center[tight] / by, reach)
        before = np.array([*(self._shares.get(index, 0.0) for index in chosen.tolist()), *(0.0 for _ in wanted)])[order]
        shares = mixed(mixing, before, enough, self._check)
        places = [*chosen.tolist(), *(-1 for _ in wanted)]
        self._shares = {
            places[at]: share for at, share in zip(order.tolist(), shares.tolist(), strict=True) if share > self.SHARED and places[at] >= 0
        }
        duals = np.zeros(len(center))
        duals[tight] = mixing.multipliers(shares) * by
        return duals

    def _wanted(self) -> Indices:
        return np.unique(self._seen.courses)

    def _least(self, priced: Vector) -> Vector:
        """The least of each course's plans."""
        found = np.full(len(self._penalties), np.inf)
        np.minimum.at(found, self._seen.courses, priced)
        return found

    def _cheapest(self, priced: Vector) -> list[int]:
        """Some plans of each course, the cheapest."""
        order = np.lexsort((priced, self._seen.courses))
        courses = self._seen.courses[order]
        begins = np.flatnonzero(np.diff(courses, prepend=-1))
        rank = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
        return [int(index) for index in order[rank < self.NEWEST]]

    def _undercutting(self, priced: Vector, chosen: set[int], enough: float) -> set[int]:
        """Plans that are cheaper by so much than any chosen of the same course."""
        least = np.minimum(self._least(np.where(np.isin(np.arange(len(priced)), sorted(chosen)), priced, np.inf)), self._penalties)
        slack = enough / max(len(self._wanted()), 1)
        return {index for index in self._cheapest(priced) if priced[index] < least[self._seen.courses[index]] - slack} - chosen
