"""The cheapest way through a graph of dates, for every home time of day at once, meeting as few others as can be.

The states after so many sessions are gone through together, as rows of one array.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.graph import Graph, Hop, State, Visit
from courses.plans.best_plan.meeting_again import MeetingAgain, where_least
from courses.plans.best_plan.offers import NO, Costs
from courses.plans.best_plan.on_one_date import OneDate, Turn
from courses.plans.best_plan.tables import Columns, Tables
from courses.plans.possible.cadence import Trail

SLACK = 1e-6
"""Less than any difference of costs that a person could mean."""
AT_HAND = 1 << 16
"""So many numbers are worked on at once: more would not stay close to the processor."""

Places = NDArray[np.int64]
"""Places of states in a layer, or of rows; -1 stands for none."""


@dataclass(frozen=True)
class Ground:
    """What a search runs on. `spread` is what the sessions that took place already are away from every home."""

    tables: Tables
    dates: OneDate
    again: MeetingAgain
    spread: Costs


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """How the states of a layer are reached. `alone` are those to which single visits lead: `sources` are the states before each of them,
    `targets` the places in `alone` to which each state before leads, and `least` is the least that these visits cost for every home.
    `others` are the hops by whole dates."""

    alone: Places
    dates: tuple[date, ...]
    price: Costs
    sources: Places
    targets: Places
    least: Costs
    others: tuple[tuple[State, Hop], ...]


@dataclass(frozen=True, slots=True)
class _Reached:
    """What it takes to come to the states of a layer: by who is met and home, and by home alone. `row` tells the row of a state, one
    entry more than there are states; the last row, which stands for never, is that of states which cannot be reached."""

    row: Places
    values: Costs
    least: Costs

    def at(self, place: int) -> Costs | None:
        """The values of one state, if it can be reached."""
        return None if self.row[place] < 0 else self.values[self.row[place]]


class Search:
    """Values of a graph's states by who was met last and home time."""

    def __init__(self, graph: Graph, ground: Ground) -> None:
        self._ground, self._graph = ground, graph
        layers = range(graph.begun + 1, graph.n_sessions + 1)
        alone = ground.dates.is_alone
        visits = ((layer - 1, state) for layer in layers for state in graph.layers[layer])
        ground.tables.lay(Visit(at, state.on) for at, state in visits if any(alone(hop.run, state.on) for hop in state.into))
        self._arrivals = {layer: self._arrive(layer) for layer in layers}
        self._rest = self._backward()
        self._last: tuple[Columns, list[_Reached]] | None = None

    def _arrive(self, layer: int) -> _Arrivals:
        is_alone = self._ground.dates.is_alone
        dates, places, price = list[date](), list[int](), list[float]()
        sources, others = list[list[int]](), list[tuple[State, Hop]]()
        targets: list[list[int]] = [[] for _ in self._graph.layers[layer - 1]]
        for state in self._graph.layers[layer]:
            hops = state.into
            if not all(is_alone(hop.run, state.on) for hop in hops):
                others += [(state, hop) for hop in hops if not is_alone(hop.run, state.on)]
                hops = [hop for hop in hops if is_alone(hop.run, state.on)]
            if hops:
                for hop in hops:
                    targets[hop.place].append(len(dates))
                sources.append([hop.place for hop in hops])
                dates.append(state.on)
                places.append(state.place)
                price.append(hops[0].price)
        prices, alone = np.array(price), np.array(places, dtype=np.int64)
        least = self._ground.tables.leasts(layer - 1, dates) + prices[:, None]
        return _Arrivals(alone, tuple(dates), prices, _padded(sources), _padded(targets), least, tuple(others))

    def bound(self) -> Costs:
        """For every home the least that a course at home there can cost, whoever is met."""
        bound: Costs = self._rest[self._graph.begun][0] + self._ground.spread
        return bound

    def _backward(self) -> list[Costs]:
        graph, n_homes = self._graph, len(self._ground.tables.homes.clocks)
        rest = [np.full((len(layer), n_homes), NO) for layer in graph.layers]
        rest[graph.n_sessions][:] = 0
        for layer in range(graph.n_sessions, graph.begun, -1):
            arrivals = self._arrivals[layer]
            if arrivals.dates:
                ways = np.full((len(arrivals.dates) + 1, n_homes), NO)
                np.add(rest[layer][arrivals.alone], arrivals.least, out=ways[:-1])
                np.minimum(rest[layer - 1], _least_of(ways, arrivals.targets), out=rest[layer - 1])
            for state, hop in arrivals.others:
                there = rest[hop.layer][hop.place]
                np.minimum(there, rest[layer][state.place] + (self._ground.dates.least(hop.run, state.on) + hop.price), out=there)
        return rest

    def least(self, columns: Columns, budget: float) -> Costs:
        """For some homes the least that everything costs. Above the budget a number may be too high."""
        self._last = columns, self._forward(columns, budget)
        least: Costs = self._last[1][-1].least.min(axis=0)
        return least

    def _forward(self, columns: Columns, budget: float) -> list[_Reached]:
        graph, begin = self._graph, self._ground.again.begin(self._ground.spread[columns])
        values = _with_never(begin[None])
        found = [_Reached(np.full(len(layer) + 1, -1), values[-1:], _over_all(values[-1:])) for layer in graph.layers[: graph.begun]]
        found.append(_Reached(np.array([0, -1]), values, _over_all(values)))
        for layer in range(graph.begun + 1, graph.n_sessions + 1):
            room = budget + SLACK - self._rest[layer][:, columns]
            found.append(self._reach(layer, found, columns, room))
        return found

    def _reach(self, layer: int, found: Sequence[_Reached], columns: Columns, room: Costs) -> _Reached:
        """The states of a layer through which a way within the room leads."""
        arrivals, before = self._arrivals[layer], found[layer - 1]
        rows = before.row[arrivals.sources]
        if len(room) == len(arrivals.alone) == 1 and not arrivals.others:
            return self._reach_the_one(layer, arrivals, _least_of(before.values, rows), columns)
        near = np.flatnonzero((_least_of(before.least, rows) + arrivals.least[:, columns] <= room[arrivals.alone]).any(axis=1))
        others = [
            (state.place, way)
            for state, hop in arrivals.others
            if (way := self._by_date(state, hop, found, columns, room[state.place])) is not None
        ]
        places, alone = arrivals.alone[near], np.empty((len(near) + 1, *before.values.shape[1:]))
        alone[-1] = NO
        at_once = max(1, AT_HAND // alone[-1].size)
        for begin in range(0, len(near), at_once):
            some = near[begin : begin + at_once]
            came = _least_of(before.values, rows[some])
            self._after(layer, arrivals, some, came, columns, alone[begin : begin + len(some)])
        values = alone
        if others:
            places = np.unique(np.concatenate([places, [place for place, _ in others]]))
            values = np.full((len(places) + 1, *alone.shape[1:]), NO)
            values[np.searchsorted(places, arrivals.alone[near])] = alone[:-1]
        for place, way in others:
            here = values[int(np.searchsorted(places, place))]
            np.minimum(here, way, out=here)
        least = _over_all(values)
        row = np.full(len(room) + 1, -1)
        reached = np.flatnonzero((least[:-1] <= room[places]).any(axis=1))
        row[places[reached]] = reached
        return _Reached(row, values, least)

    def _reach_the_one(self, layer: int, arrivals: _Arrivals, came: Costs, columns: Columns) -> _Reached:
        """The same where all ways lead through one state, by single visits."""
        values = np.empty((2, *came.shape[1:]))
        values[-1] = NO
        self._after(layer, arrivals, np.zeros(1, dtype=np.int64), came, columns, values[:-1])
        return _Reached(np.array([0, -1]), values, _over_all(values))

    def _after(self, layer: int, arrivals: _Arrivals, some: Places, came: Costs, columns: Columns, out: Costs) -> None:
        """The values after single visits."""
        nearest = self._ground.tables.nearests(layer - 1, [arrivals.dates[index] for index in some], columns)
        nearest += arrivals.price[some].reshape((-1,) + (1,) * (nearest.ndim - 1))
        np.add(self._ground.again.step(came, layer - 1), nearest, out=out)

    def _by_date(self, state: State, hop: Hop, found: Sequence[_Reached], columns: Columns, room: Costs) -> Costs | None:
        """The values after a whole date, where a way within the room leads through it."""
        dates, before = self._ground.dates, found[hop.layer]
        row = before.row[hop.place]
        if row < 0 or not (before.least[row] + (dates.least(hop.run, state.on)[columns] + hop.price) <= room).any():
            return None
        return dates.forward(before.values[row], hop.run, state.on, columns) + hop.price

    def trace(self, home: int, budget: float) -> list[Turn]:
        """The cheapest way for one home."""
        graph, found = self._graph, self._found_for(home, budget)
        layer, states = graph.n_sessions, graph.layers[graph.n_sessions]
        costs = {state.place: found[layer].least[found[layer].row[state.place], 0] for state in states}
        place = min(costs, key=lambda place: (costs[place], states[place].trail))
        last = found[layer].at(place)
        assert last is not None  # noqa: S101  # the least was found before
        met, turns = where_least(last[..., 0]), list[Turn]()
        while layer > graph.begun:
            ways = self._ways_back(layer, graph.layers[layer][place], found, home, met)
            hop, came, met = min(ways, key=lambda way: way[0])[1:]
            turns = came + turns
            layer, place = hop.layer, hop.place
        return turns

    def _found_for(self, home: int, budget: float) -> list[_Reached]:
        """What was found for one home alone."""
        if self._last is not None and home in self._last[0]:
            columns, found = self._last
            index = int(np.flatnonzero(columns == home)[0])
            return [_Reached(each.row, each.values[..., index : index + 1], each.least[:, index : index + 1]) for each in found]
        return self._forward(np.array([home]), budget)

    def _ways_back(
        self, layer: int, state: State, found: Sequence[_Reached], home: int, met: tuple[int, ...]
    ) -> Iterable[tuple[tuple[float, int, Trail], Hop, list[Turn], tuple[int, ...]]]:
        """The ways into a state: what each costs, and of equal ones which is to be taken, in whatever order they are looked at."""
        ground, visit = self._ground, Visit(layer - 1, state.on)
        to_come, asked = ground.again.price_to(visit.at, met), ground.again.asked[visit.at]
        who = tuple(one if axis in asked else None for axis, one in enumerate(met))
        best: tuple[int, float] | None = None
        for hop in state.into:
            values, trail = found[hop.layer].at(hop.place), self._graph.layers[hop.layer][hop.place].trail
            if values is None:
                continue
            if ground.dates.is_alone(hop.run, state.on):
                costs = values[..., 0] + to_come
                start, price = best = best or ground.tables.best_start(visit, who, home)
                turns, before = [Turn(visit.at, visit.on, start, who)], where_least(costs)
                yield (float(costs.min()) + price + hop.price, hop.layer, trail), hop, turns, before
            else:
                after = ground.dates.forward(values, hop.run, state.on, np.array([home]))
                turns, before = ground.dates.trace(values, hop.run, state.on, home, met)
                yield (float(after[..., 0][met]) + hop.price, hop.layer, trail), hop, turns, before


def cost_along(path: Graph, ground: Ground) -> float | None:
    """What the one way of a graph costs at the home that promises most; None where it has several sessions on a date."""
    hops = [(state.into[0], state.on) for layer in path.layers[path.begun + 1 :] for state in layer]
    if not all(ground.dates.is_alone(hop.run, on) for hop, on in hops):
        return None
    tables, prices = ground.tables, np.array([hop.price for hop, _ in hops])
    tables.lay(Visit(hop.layer, on) for hop, on in hops)
    kinds: dict[tuple[str, int], list[int]] = {}
    for index, (hop, _) in enumerate(hops):
        kinds.setdefault(tables.alike(hop.layer), []).append(index)
    asked = [(some, hops[some[0]][0].layer, [hops[index][1] for index in some]) for some in kinds.values()]
    bound = ground.spread + prices.sum() + sum(tables.leasts(at, dates).sum(axis=0) for _, at, dates in asked)
    home = np.array([int(np.argmin(bound))])
    nearest = {index: each for some, at, dates in asked for index, each in zip(some, tables.nearests(at, dates, home), strict=True)}
    values = ground.again.begin(ground.spread[home])
    for index, (hop, _) in enumerate(hops):
        values = ground.again.step(values, hop.layer) + (nearest[index] + hop.price)
    return float(values.min())


def _padded(lists: Sequence[Sequence[int]]) -> Places:
    """Lists of places as one array; -1 fills up."""
    width = max(map(len, lists), default=0) or 1
    return np.array([[*each, *[-1] * (width - len(each))] for each in lists], dtype=np.int64).reshape(len(lists), width)


def _least_of(values: Costs, rows: Places) -> Costs:
    """For each list of rows the least of their numbers."""
    if len(rows) == 1:
        one: Costs = values[rows[0][rows[0] >= 0]].min(axis=0, initial=NO)[None]
        return one
    found: Costs = values[rows[:, 0]]
    for k in range(1, rows.shape[1]):
        np.minimum(found, values[rows[:, k]], out=found)
    return found


def _with_never(values: Costs) -> Costs:
    """With one row more, which stands for never."""
    return np.concatenate([values, np.full_like(values[:1], NO)])


def _over_all(values: Costs) -> Costs:
    """State by state the least for each home, whoever is met."""
    least: Costs = values.reshape(len(values), -1, values.shape[-1]).min(axis=1)
    return least
