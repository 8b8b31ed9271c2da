"""Plans mixed by shares: which mixture is cheapest where what it overfills costs the more the farther multipliers have to go for it.

The inner question of a proximal bundle method: with costs c of plans, their parts A of bottlenecks that bear b, and multipliers at a
center p, it finds the shares s (those of each course sum to 1) with the least  c s + max over q >= 0 of  q (A s - b) - |q - p|^2 / 2r,
where r is the reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courses.plans.batch.limit import Check, no_check
from courses.plans.batch.scarcity import Indices, Vector

Matrix = NDArray[np.float64]

MOST_STEPS = 1000
LOOK_EVERY = 10
"""So many steps are made before it is asked again whether they were enough."""
SAFELY = 1.1
"""By so much the estimate of how steep the question is may be too low."""


@dataclass(frozen=True)
class Mixing:
    """Plans, ordered by their courses: what each costs, and its parts of the bottlenecks (one row each), which bear `left`."""

    costs: Vector
    courses: Indices
    parts: Matrix
    left: Vector
    center: Vector
    reach: float

    def multipliers(self, shares: Vector) -> Vector:
        """Where a mixture draws the multipliers."""
        found: Vector = np.maximum(self.center + self.reach * (np.einsum("ij,j->i", self.parts, shares) - self.left), 0)
        return found

    def priced(self, multipliers: Vector) -> Vector:
        """What each plan costs with multipliers."""
        found: Vector = self.costs + np.einsum("i,ij->j", multipliers, self.parts)
        return found

    def steepness(self) -> float:
        """How fast the prices of plans can change with shares, at most, so far as some turns of a power iteration tell."""
        along = np.ones(self.parts.shape[1])
        length = 0.0
        for _ in range(12):
            along = np.einsum("i,ij->j", np.einsum("ij,j->i", self.parts, along), self.parts)
            length = float(np.linalg.norm(along))
            if length == 0:
                return 0.0
            along /= length
        return SAFELY * self.reach * length


def mixed(mixing: Mixing, shares: Vector, enough: float, check: Check = no_check) -> Vector:
    """The cheapest shares, to within `enough`, looked for from some shares on (accelerated steps along the slope). Raises what `check`
    does."""
    groups = _Groups(mixing.courses)
    best = groups.nearest(shares)
    steepness = mixing.steepness()
    if steepness == 0:
        return groups.nearest(best - 1e9 * mixing.costs)
    ahead, momentum = best, 1.0
    for step in range(1, MOST_STEPS + 1):
        slope = mixing.priced(mixing.multipliers(ahead))
        found = groups.nearest(ahead - slope / steepness)
        if float((ahead - found) @ (found - best)) > 0:
            ahead, momentum = found, 1.0
        else:
            after = (1 + (1 + 4 * momentum * momentum) ** 0.5) / 2
            ahead, momentum = found + (momentum - 1) / after * (found - best), after
        best = found
        if step % LOOK_EVERY == 0:
            check()
            priced = mixing.priced(mixing.multipliers(best))
            if float(priced @ best) - groups.least(priced) <= enough:
                break
    return best


class _Groups:
    """The plans course by course, in a table with one row for each course."""

    def __init__(self, courses: Indices) -> None:
        begins = np.flatnonzero(np.concatenate([[True], courses[1:] != courses[:-1]]))
        sizes = np.diff(np.concatenate([begins, [len(courses)]]))
        self._begins = begins
        self._row = np.repeat(np.arange(len(begins)), sizes)
        self._at = np.arange(len(courses)) - np.repeat(begins, sizes)
        self._shape = (len(begins), int(sizes.max()))
        self._counted = np.arange(1, self._shape[1] + 1)

    def least(self, values: Vector) -> float:
        """The sum of the least of each course."""
        return float(np.minimum.reduceat(values, self._begins).sum())

    def nearest(self, values: Vector) -> Vector:
        """The shares nearest to some numbers: none below 0, those of each course summing to 1."""
        table = np.full(self._shape, -1e30)
        table[self._row, self._at] = values
        descending = -np.sort(-table, axis=1)
        sums = np.cumsum(descending, axis=1) - 1
        n_kept = np.count_nonzero(descending * self._counted > sums, axis=1)
        lowered = sums[np.arange(len(sums)), n_kept - 1] / n_kept
        found: Vector = np.maximum(values - lowered[self._row], 0)
        return found
