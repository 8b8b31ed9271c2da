"""The ways of a course through its dates, where no date holds two sessions: worked out once, and narrowed by budgets again and again.

What a date costs at all prices is kept; what its visit costs is told each time. All hops from one session to the next are looked at
together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.graph import Graph, Hop, State
from courses.plans.best_plan.offers import NO, Costs
from courses.plans.possible.cadence import Trail
from courses.plans.possible.date_path import Step, Walk
from courses.plans.possible.runs import Run

Places = NDArray[np.int64]
DateCosts = Sequence[Costs]
"""For each session (from 0), by days since the first on which any may be: the least that its visit costs there, beside what the date
itself costs; no number (`nan`), where that is not known."""


@dataclass(frozen=True, slots=True)
class _Hops:
    """From the states of a layer to those of the next: the states' places, what dates cost, and the least with what the date offers."""

    sources: Places
    targets: Places
    prices: Costs
    least: Costs


class _Layer:
    """The states after so many sessions, and the hops from them to the next layer as far as they were asked for."""

    def __init__(self, first_day: int) -> None:
        self.trails: list[Trail] = []
        self.dates: list[date] = []
        self._place: dict[Trail, int] = {}
        self._first_day = first_day
        self._days: list[int] = []
        self._ahead: list[float] = []
        self._sources: list[int] = []
        self._targets: list[int] = []
        self._prices: list[float] = []
        self._least: list[float] = []
        self._next: list[tuple[Iterator[Step], Step | None]] = []
        self._floors: list[float] = []
        self._hops: _Hops | None = None
        self._states: tuple[Places, Costs] | None = None

    def place(self, trail: Trail, on: date, ahead: float) -> int:
        """The place of a state, which may be a new one."""
        found = self._place.get(trail)
        if found is None:
            found = self._place[trail] = len(self.trails)
            self.trails.append(trail)
            self.dates.append(on)
            self._days.append(on.toordinal() - self._first_day)
            self._ahead.append(ahead)
            self._states = None
        return found

    @property
    def states(self) -> tuple[Places, Costs]:
        """The day of each state, and the least of all that comes after it."""
        if self._states is None:
            self._states = np.array(self._days, dtype=np.int64), np.array(self._ahead)
        return self._states

    @property
    def hops(self) -> _Hops:
        """All hops onward."""
        if self._hops is None:
            sources, targets = np.array(self._sources, dtype=np.int64), np.array(self._targets, dtype=np.int64)
            self._hops = _Hops(sources, targets, np.array(self._prices), np.array(self._least))
        return self._hops

    def grow(self, walk: Walk, following: _Layer, paid: Costs, budget: float) -> None:
        """Add the hops that a budget leaves to states to which a way that is paid leads."""
        for trail in self.trails[len(self._next) :]:
            self._next.append((iter(()), None) if trail.placed == len(walk.slots) else _begun(walk.singly(trail)))
            self._floors.append(NO if self._next[-1][1] is None else self._next[-1][1].floor)
        for place in np.flatnonzero(paid + np.array(self._floors) <= budget).tolist():
            self._look_on(place, following, budget - float(paid[place]))
            self._hops = None

    def _look_on(self, place: int, following: _Layer, left: float) -> None:
        steps, step = self._next[place]
        while step is not None and step.floor <= left:
            self._sources.append(place)
            self._targets.append(following.place(step.trail, step.on, step.ahead))
            self._prices.append(step.price)
            self._least.append(step.paid)
            step = next(steps, None)
        self._next[place] = steps, step
        self._floors[place] = NO if step is None else step.floor


def _begun(steps: Iterator[Step]) -> tuple[Iterator[Step], Step | None]:
    return steps, next(steps, None)


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways within a budget: by layer the hops that are left and what the cheapest way that ends with each comes to. The layers hold
    the states of the lattice, of which a hop leads to some."""

    lattice: Lattice
    hops: tuple[Places, ...]
    paid: tuple[Costs, ...]

    @property
    def leads_on(self) -> bool:
        """Whether there are any."""
        return all(map(len, self.hops))

    def cheapest(self) -> Graph:
        """The one that costs least by what is known."""
        lattice, only, target = self.lattice, list[Places](), -1
        for at, (hops, paid) in enumerate(zip(reversed(self.hops), reversed(self.paid), strict=True), 1):
            targets = lattice.hops(lattice.n_sessions - at).targets[hops]
            some = np.flatnonzero(targets == target) if at > 1 else np.arange(len(targets))
            best = hops[some[int(np.argmin(paid[some]))]]
            only.append(np.array([best]))
            target = int(lattice.hops(lattice.n_sessions - at).sources[best])
        return Ways(lattice, tuple(reversed(only)), ()).graph()

    def visits(self) -> Iterator[tuple[int, list[date]]]:
        """The sessions (from 0), each with the dates that it can be on."""
        for at, hops in enumerate(self.hops, self.lattice.begun):
            dates = self.lattice.dates(at + 1)
            yield at, [dates[place] for place in np.unique(self.lattice.hops(at).targets[hops]).tolist()]

    def graph(self) -> Graph:
        """The same as a graph."""
        lattice = self.lattice
        graph = Graph(lattice.begun, lattice.n_sessions, lattice.trails(lattice.begun)[0])
        places = np.zeros(1, dtype=np.int64)
        for at, some in enumerate(self.hops, lattice.begun):
            hops, trails, dates = lattice.hops(at), lattice.trails(at + 1), lattice.dates(at + 1)
            targets = hops.targets[some]
            sources, run = places[hops.sources[some]].tolist(), Run(at, 1)
            places = np.zeros(len(trails), dtype=np.int64)
            places[targets] = 1
            there = np.flatnonzero(places)
            places[there] = np.arange(len(there))
            states = [State(trails[target], place, dates[target]) for place, target in enumerate(there.tolist())]
            graph.layers[at + 1] = states
            for source, place, price in zip(sources, places[targets].tolist(), hops.prices[some].tolist(), strict=True):
                states[place].into.append(Hop(at, source, run, price))
        return graph


class Lattice:
    """All states of one course that a budget ever led to."""

    def __init__(self, walk: Walk, root: Trail) -> None:
        self._walk, self.begun, self.n_sessions = walk, root.placed, len(walk.slots)
        self._layers = [_Layer(walk.bounds.earliest) for _ in range(self.n_sessions + 1)]
        self._layers[self.begun].place(root, date.min, 0)

    def hops(self, at: int) -> _Hops:
        """The hops by a session (from 0)."""
        return self._layers[at].hops

    def trails(self, layer: int) -> list[Trail]:
        """The states after so many sessions."""
        return self._layers[layer].trails

    def dates(self, layer: int) -> list[date]:
        """The date of the last session of each."""
        return self._layers[layer].dates

    def within(self, budget: float, n_most: int, visits: DateCosts = ()) -> Ways | None:
        """Every way whose dates do not cost more than a budget, visits counted where they are known; None where that takes more than
        `n_most` states."""
        return self._forward(budget, n_most, visits)

    def seen(self, visits: DateCosts) -> Ways:
        """Every way looked at so far."""
        ways = self._forward(NO, None, visits)
        assert ways is not None  # noqa: S101  # there is no limit
        return ways

    def _forward(self, budget: float, n_most: int | None, visits: DateCosts) -> Ways | None:
        """By way of more hops than were looked at so far, where the number of states is limited."""
        paid, costs, n_states = [np.zeros(1)], list[Costs](), 0
        for at in range(self.begun, self.n_sessions):
            layer, following, here = self._layers[at], self._layers[at + 1], paid.pop()
            if n_most is not None:
                n_states += int(np.count_nonzero(here < NO))
                if n_states > n_most:
                    return None
                layer.grow(self._walk, following, here, budget)
            hops, (days, ahead) = layer.hops, following.states
            costs.append(_costs(hops, days, visits[at] if visits else None))
            total = here[hops.sources] + costs[-1]
            total[total + ahead[hops.targets] > budget] = NO
            there = np.full(len(ahead), NO)
            np.minimum.at(there, hops.targets, total)
            paid += [total, there]
        return self._back(budget, paid[:-1], costs)

    def _back(self, budget: float, paid: Sequence[Costs], costs: Sequence[Costs]) -> Ways:
        """Without the hops from which no way within the budget leads on."""
        kept, left, rest = list[Places](), list[Costs](), np.zeros(len(self._layers[-1].trails))
        for layer, total, cost in zip(reversed(self._layers[self.begun : -1]), reversed(paid), reversed(costs), strict=True):
            onward = rest[layer.hops.targets]
            kept.append(np.flatnonzero(total + onward <= budget))
            left.append(total[kept[-1]])
            rest = np.full(len(layer.trails), NO)
            np.minimum.at(rest, layer.hops.sources[kept[-1]], (cost + onward)[kept[-1]])
        return Ways(self, tuple(reversed(kept)), tuple(reversed(left)))


def _costs(hops: _Hops, days: Places, visits: Costs | None) -> Costs:
    """What each hop costs at least."""
    if visits is None:
        return hops.least
    there = visits[days[hops.targets]]
    return np.where(np.isnan(there), hops.least, hops.prices + there)
