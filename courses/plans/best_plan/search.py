"""The cheapest way through a graph of dates, for every home time of day at once, meeting as few others as can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.graph import Graph, Hop, State
from courses.plans.best_plan.meeting_again import MeetingAgain, least_of, over_all, where_least
from courses.plans.best_plan.offers import NO, Costs
from courses.plans.best_plan.on_one_date import OneDate, Turn
from courses.plans.best_plan.tables import HomeTimes, Tables, Visit

Columns = NDArray[np.int64]
"""Some of the home times, by their places."""

SLACK = 1e-6
"""Less than any difference of costs that a person could mean."""


@dataclass(frozen=True)
class Ground:
    """What a search runs on. `spread` is what the sessions that took place already are away from every home."""

    graph: Graph
    tables: Tables
    homes: HomeTimes
    dates: OneDate
    again: MeetingAgain
    spread: Costs


class Search:
    """Values of a graph's states by who was met last and home time."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._graph = ground, ground.graph
        self._rest = self._backward()

    def bound(self) -> Costs:
        """For every home the least that a course at home there can cost, whoever is met."""
        graph = self._graph
        bound: Costs = self._rest[graph.begun][0] + self._ground.spread
        return bound

    def _backward(self) -> list[Costs]:
        graph, n_homes = self._graph, len(self._ground.homes.clocks)
        rest = [np.full((len(layer), n_homes), NO) for layer in graph.layers]
        rest[graph.n_sessions][:] = 0
        for layer in range(graph.n_sessions, graph.begun, -1):
            for state in graph.layers[layer]:
                way = rest[layer][state.place]
                for hop in state.into:
                    np.minimum(rest[hop.layer][hop.place], way + hop.price + self._least(layer, state, hop), out=rest[hop.layer][hop.place])
        return rest

    def _least(self, layer: int, state: State, hop: Hop) -> Costs:
        ground = self._ground
        if ground.dates.is_alone(hop.run, state.on):
            return ground.tables.least(Visit(layer - 1, state.on))
        return ground.dates.least(hop.run, state.on)

    def least(self, columns: Columns, budget: float) -> Costs:
        """For some homes the least that everything costs. Above the budget a number may be too high."""
        last = self._forward(columns, budget)[-1]
        ways = least_of(over_all(values) for values in last if values is not None)
        return np.full(len(columns), NO) if ways is None else ways

    def _forward(self, columns: Columns, budget: float) -> list[list[Costs | None]]:
        graph, ground = self._graph, self._ground
        found: list[list[Costs | None]] = [[None] * len(layer) for layer in graph.layers]
        least: list[list[Costs]] = [[np.empty(0)] * len(layer) for layer in graph.layers]
        found[graph.begun][0] = begin = ground.again.begin(ground.spread[columns])
        least[graph.begun][0] = over_all(begin)
        for layer in range(graph.begun + 1, graph.n_sessions + 1):
            for state in graph.layers[layer]:
                room = budget + SLACK - self._rest[layer][state.place][columns]
                values = self._into(layer, state, (found, least), columns, room)
                if values is not None and (over_all(values) <= room).any():
                    found[layer][state.place] = values
                    least[layer][state.place] = over_all(values)
        return found

    def _into(
        self, layer: int, state: State, before: tuple[list[list[Costs | None]], list[list[Costs]]], columns: Columns, room: Costs
    ) -> Costs | None:
        found, least = before
        alone: list[Costs] = []
        ways: list[Costs] = []
        price = 0.0
        for hop in state.into:
            values = found[hop.layer][hop.place]
            if values is None:
                continue
            if (least[hop.layer][hop.place] + hop.price + self._least(layer, state, hop)[columns] > room).all():
                continue
            if self._ground.dates.is_alone(hop.run, state.on):
                alone.append(values)
                price = hop.price
            else:
                ways.append(self._ground.dates.forward(values, hop.run, state.on, columns) + hop.price)
        came = least_of(alone)
        if came is not None:
            stepped = self._ground.again.step(came, layer - 1)
            ways.append(stepped + (self._ground.tables.nearest(Visit(layer - 1, state.on), columns) + price))
        return least_of(ways)

    def trace(self, column: int, budget: float) -> list[Turn]:
        """The cheapest way for one home."""
        graph, columns = self._graph, np.array([column])
        found = self._forward(columns, budget)
        layer = graph.n_sessions
        costs = [NO if values is None else float(values.min()) for values in found[layer]]
        place = int(np.argmin(costs))
        last = found[layer][place]
        assert last is not None  # noqa: S101  # the least was found before
        met, turns = where_least(last[..., 0]), list[Turn]()
        while layer > graph.begun:
            hop, came, met = min(self._ways_back(layer, graph.layers[layer][place], found, column, met), key=lambda way: way[0])[1:]
            turns = came + turns
            layer, place = hop.layer, hop.place
        return turns

    def _ways_back(
        self, layer: int, state: State, found: list[list[Costs | None]], column: int, met: tuple[int, ...]
    ) -> Iterable[tuple[float, Hop, list[Turn], tuple[int, ...]]]:
        ground, at = self._ground, layer - 1
        to_come = ground.again.price_to(at, met)
        for hop in state.into:
            values = found[hop.layer][hop.place]
            if values is None:
                continue
            if ground.dates.is_alone(hop.run, state.on):
                costs = values[..., 0] + to_come
                turn, own = self._turn(Visit(at, state.on), column, met)
                yield float(costs.min()) + own + hop.price, hop, [turn], where_least(costs)
            else:
                after = ground.dates.forward(values, hop.run, state.on, np.array([column]))
                turns, before = ground.dates.trace(values, hop.run, state.on, column, met)
                yield float(after[..., 0][met]) + hop.price, hop, turns, before

    def _turn(self, visit: Visit, column: int, met: Sequence[int]) -> tuple[Turn, float]:
        """The start that costs least for one home and these met, and its cost."""
        offer, asked = self._ground.tables.offer(visit), self._ground.again.asked[visit.at]
        who = tuple(one if axis in asked else None for axis, one in enumerate(met))
        costs = offer.costs[tuple(0 if one is None else one for one in who)]
        costs = costs + np.abs(offer.clocks - self._ground.homes.clocks[column]) * self._ground.homes.step_price
        best = int(np.argmin(costs))
        return Turn(visit.at, visit.on, int(offer.minutes[best]), who), float(costs[best])
