"""The cheapest way through a graph of dates, for every home time of day at once, meeting as few others as can be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from courses.plans.best_plan.graph import Graph, Hop, State
from courses.plans.best_plan.meeting_again import MeetingAgain, least_of, over_all, where_least
from courses.plans.best_plan.offers import NO, Costs
from courses.plans.best_plan.on_one_date import OneDate, Turn
from courses.plans.best_plan.tables import Columns, Tables, Visit

SLACK = 1e-6
"""Less than any difference of costs that a person could mean."""


@dataclass(frozen=True)
class Ground:
    """What a search runs on. `spread` is what the sessions that took place already are away from every home."""

    tables: Tables
    dates: OneDate
    again: MeetingAgain
    spread: Costs


@dataclass(slots=True)
class _Reached:
    """What it takes to come to a state, by who is met and home, and by home alone."""

    values: Costs
    least: Costs


class Search:
    """Values of a graph's states by who was met last and home time."""

    def __init__(self, graph: Graph, ground: Ground) -> None:
        self._ground, self._graph = ground, graph
        ground.tables.lay(
            Visit(layer - 1, state.on)
            for layer in range(graph.begun + 1, graph.n_sessions + 1)
            for state in graph.layers[layer]
            if any(ground.dates.is_alone(hop.run, state.on) for hop in state.into)
        )
        self._rest = self._backward()

    def bound(self) -> Costs:
        """For every home the least that a course at home there can cost, whoever is met."""
        bound: Costs = self._rest[self._graph.begun][0] + self._ground.spread
        return bound

    def _backward(self) -> list[Costs]:
        graph, n_homes = self._graph, len(self._ground.tables.homes.clocks)
        rest = [np.full((len(layer), n_homes), NO) for layer in graph.layers]
        rest[graph.n_sessions][:] = 0
        for layer in range(graph.n_sessions, graph.begun, -1):
            for state in graph.layers[layer]:
                for hops, least in self._parted(layer, state):
                    way = rest[layer][state.place] + (least + hops[0].price)
                    for hop in hops:
                        there = rest[hop.layer][hop.place]
                        np.minimum(there, way, out=there)
        return rest

    def _parted(self, layer: int, state: State) -> Iterable[tuple[list[Hop], Costs]]:
        """The hops into a state: those by one visit, which all cost the same, and each of several on one date; with their least cost."""
        ground = self._ground
        alone = [hop for hop in state.into if ground.dates.is_alone(hop.run, state.on)]
        if alone:
            yield alone, ground.tables.least(Visit(layer - 1, state.on))
        for hop in state.into:
            if not ground.dates.is_alone(hop.run, state.on):
                yield [hop], ground.dates.least(hop.run, state.on)

    def least(self, columns: Columns, budget: float) -> Costs:
        """For some homes the least that everything costs. Above the budget a number may be too high."""
        last = self._forward(columns, budget)[-1]
        ways = least_of(reached.least for reached in last if reached is not None)
        return np.full(len(columns), NO) if ways is None else ways

    def _forward(self, columns: Columns, budget: float) -> list[list[_Reached | None]]:
        graph, ground = self._graph, self._ground
        found: list[list[_Reached | None]] = [[None] * len(layer) for layer in graph.layers]
        begin = ground.again.begin(ground.spread[columns])
        found[graph.begun][0] = _Reached(begin, over_all(begin))
        for layer in range(graph.begun + 1, graph.n_sessions + 1):
            room = budget + SLACK - self._rest[layer][:, columns]
            for state in graph.layers[layer]:
                found[layer][state.place] = self._reach(layer, state, found, columns, room[state.place])
        return found

    def _reach(self, layer: int, state: State, found: list[list[_Reached | None]], columns: Columns, room: Costs) -> _Reached | None:
        """A state, where a way within the room leads through it."""
        ways: list[Costs] = []
        for hops, least in self._parted(layer, state):
            before = [reached for hop in hops if (reached := found[hop.layer][hop.place]) is not None]
            nearest = least_of(reached.least for reached in before)
            if nearest is not None and (nearest + (least[columns] + hops[0].price) <= room).any():
                values = least_of(reached.values for reached in before)
                assert values is not None  # noqa: S101  # there is a nearest
                ways.append(self._after(layer, state, hops[0], values, columns))
        values = least_of(ways)
        if values is None:
            return None
        least = over_all(values)
        return _Reached(values, least) if (least <= room).any() else None

    def _after(self, layer: int, state: State, hop: Hop, values: Costs, columns: Columns) -> Costs:
        ground = self._ground
        if not ground.dates.is_alone(hop.run, state.on):
            return ground.dates.forward(values, hop.run, state.on, columns) + hop.price
        return ground.again.step(values, layer - 1) + (ground.tables.nearest(Visit(layer - 1, state.on), columns) + hop.price)

    def trace(self, column: int, budget: float) -> list[Turn]:
        """The cheapest way for one home."""
        graph, columns = self._graph, np.array([column])
        found = self._forward(columns, budget)
        layer = graph.n_sessions
        costs = [NO if reached is None else float(reached.least[0]) for reached in found[layer]]
        place = int(np.argmin(costs))
        last = found[layer][place]
        assert last is not None  # noqa: S101  # the least was found before
        met, turns = where_least(last.values[..., 0]), list[Turn]()
        while layer > graph.begun:
            ways = self._ways_back(layer, graph.layers[layer][place], found, column, met)
            hop, came, met = min(ways, key=lambda way: way[0])[1:]
            turns = came + turns
            layer, place = hop.layer, hop.place
        return turns

    def _ways_back(
        self, layer: int, state: State, found: list[list[_Reached | None]], column: int, met: tuple[int, ...]
    ) -> Iterable[tuple[float, Hop, list[Turn], tuple[int, ...]]]:
        ground, visit = self._ground, Visit(layer - 1, state.on)
        to_come, asked = ground.again.price_to(visit.at, met), ground.again.asked[visit.at]
        who = tuple(one if axis in asked else None for axis, one in enumerate(met))
        for hop in state.into:
            reached = found[hop.layer][hop.place]
            if reached is None:
                continue
            if ground.dates.is_alone(hop.run, state.on):
                costs = reached.values[..., 0] + to_come
                start, price = ground.tables.best_start(visit, who, column)
                yield float(costs.min()) + price + hop.price, hop, [Turn(visit.at, visit.on, start, who)], where_least(costs)
            else:
                after = ground.dates.forward(reached.values, hop.run, state.on, np.array([column]))
                turns, before = ground.dates.trace(reached.values, hop.run, state.on, column, met)
                yield float(after[..., 0][met]) + hop.price, hop, turns, before
