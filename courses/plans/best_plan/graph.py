"""All ways through the dates that may still be the best: one state for every session and what its future depends on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from courses.plans.possible.cadence import Trail
from courses.plans.possible.date_path import Walk
from courses.plans.possible.runs import Run


class Hop(NamedTuple):
    """From a state (its layer and place there) by the sessions of one date; `price` is what their dates cost."""

    layer: int
    place: int
    run: Run
    price: float


@dataclass(slots=True)
class State:
    """A trail, the date of its last session, and the hops into it."""

    trail: Trail
    place: int
    on: date
    into: list[Hop] = field(default_factory=list)


class Visit(NamedTuple):
    """One session (from 0) on one date."""

    at: int
    on: date


@dataclass(slots=True)
class _Known:
    """A state and the least that leads to it."""

    state: State
    paid: float


class Graph:
    """The states by how many sessions have a date. `layers[begun]` holds the one state that all begins with."""

    def __init__(self, begun: int, n_sessions: int, root: Trail) -> None:
        self.begun, self.n_sessions = begun, n_sessions
        self.layers: list[list[State]] = [[] for _ in range(n_sessions + 1)]
        self.layers[begun].append(State(root, 0, date.min))

    def visits(self) -> Iterator[Visit]:
        """The sessions and dates that some way leads through, some more than once."""
        for layer in range(self.begun + 1, self.n_sessions + 1):
            for state in self.layers[layer]:
                yield from (Visit(at, state.on) for at in range(min([hop.layer for hop in state.into]), layer))


def graph_within(walk: Walk, root: Trail, budget: float, n_most: int) -> Graph | None:
    """Every way whose dates do not cost more than a budget; None where that takes more than `n_most` states."""
    n_sessions, begun = len(walk.slots), root.placed
    graph = Graph(begun, n_sessions, root)
    known: list[dict[Trail, _Known]] = [{} for _ in range(n_sessions + 1)]
    known[begun][root] = _Known(graph.layers[begun][0], 0)
    several = any(slot.spacing.per_day > 1 for slot in walk.slots)
    n_states = 0
    for layer in range(begun, n_sessions):
        n_states += len(graph.layers[layer])
        if n_states > n_most:
            return None
        for since in known[layer].values():
            for day, bound in walk.onward(since.state.trail, begun):
                if since.paid + bound > budget:
                    if not several or since.paid + walk.floor(layer, day) > budget:
                        break
                    continue
                _hop(walk, graph, known, (layer, since), day, budget)
    return graph


def _hop(walk: Walk, graph: Graph, known: list[dict[Trail, _Known]], begin: tuple[int, _Known], day: int, budget: float) -> None:
    layer, since = begin
    for run, trail, paid in walk.runs_on(since.state.trail, day):
        ahead = walk.ahead(trail)
        if ahead is None or since.paid + paid + ahead > budget:
            continue
        there = known[trail.placed].get(trail)
        if there is None:
            same = graph.layers[trail.placed]
            there = known[trail.placed][trail] = _Known(State(trail, len(same), date.fromordinal(day)), since.paid + paid)
            same.append(there.state)
        there.paid = min(there.paid, since.paid + paid)
        price = sum(walk.prices.of_date(at, day) for at in range(run.first, run.first + run.length))
        there.state.into.append(Hop(layer, since.state.place, run, price))


def path_graph(walk: Walk, root: Trail, runs: tuple[Run, ...], dates: tuple[date, ...]) -> Graph:
    """The one way by these dates."""
    graph = Graph(root.placed, len(walk.slots), root)
    trail, layer = root, root.placed
    for run, on in zip(runs, dates, strict=True):
        day = on.toordinal()
        for _ in range(run.length):
            trail = walk.earliest.advance(trail, day)
        price = sum(walk.prices.of_date(at, day) for at in range(run.first, run.first + run.length))
        graph.layers[trail.placed] = [State(trail, 0, on, [Hop(layer, 0, run, price)])]
        layer = trail.placed
    return graph
