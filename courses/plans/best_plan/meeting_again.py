"""What it costs to meet others than last time, over all who may be met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.offers import NO, Costs
from courses.protocols.session_template import SessionTemplate


class MeetingAgain:
    """The steps from session to session along the axes of continuity. Arrays have one axis for each, and the homes last."""

    def __init__(self, known: Acquaintances, templates: Sequence[SessionTemplate], begun: int, price: float) -> None:
        self.price, self._known = price, known
        self.asked = [tuple(meeting.axis for meeting in known.meetings(template)) for template in templates]
        met = {axis for axis, last in enumerate(known.last) if last is not None}
        self._again: list[tuple[int, ...]] = [()] * len(templates)
        for at in range(begun, len(templates)):
            self._again[at] = tuple(axis for axis in self.asked[at] if axis in met)
            met |= set(self.asked[at])

    def begin(self, spread: Costs) -> Costs:
        """Before the first session to be placed: who was met last is given; where nobody was, all are alike."""
        values = np.zeros((*self._known.sizes, len(spread))) + spread
        for axis, last in enumerate(self._known.last):
            if last is not None:
                others = [who for who in range(self._known.sizes[axis]) if who != last]
                values[(slice(None),) * axis + (others,)] = NO
        return values

    def step(self, values: Costs, at: int) -> Costs:
        """The values (of one state, or of several along the first axis) with whoever is best to come from, for everyone that session `at`
        may meet."""
        for axis in self._again[at]:
            values = np.minimum(values, values.min(axis=axis - len(self._known.sizes) - 1, keepdims=True) + self.price)
        return values

    def price_to(self, at: int, met: Sequence[int]) -> Costs:
        """What it costs session `at` to meet these, by whom was met before; what it does not ask for stays the same."""
        sizes = self._known.sizes
        cost = np.zeros(sizes)
        for axis, size in enumerate(sizes):
            price = self.price if axis in self._again[at] else 0.0 if axis in self.asked[at] else NO
            along = np.where(np.arange(size) != met[axis], price, 0.0)
            cost = cost + along.reshape(tuple(size if k == axis else 1 for k in range(len(sizes))))
        return cost


def over_all(values: Costs) -> Costs:
    """The least for each home, whoever is met."""
    least: Costs = values.reshape(-1, values.shape[-1]).min(axis=0)
    return least


def where_least(values: Costs) -> tuple[int, ...]:
    """The first place of the least number."""
    return tuple(int(index) for index in np.unravel_index(int(np.argmin(values)), values.shape))


def least_of(arrays: Iterable[Costs]) -> Costs | None:
    """The least of several arrays, number by number; None where there are none."""
    found: Costs | None = None
    for array in arrays:
        found = array if found is None else np.minimum(found, array)
    return found
