"""All ways through the dates that may still be the best: one state for every session and what its future depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    """A trail, the date of its last session, the least that leads to it, and the hops into it."""

    trail: Trail
    place: int
    on: date
    paid: float
    into: list[Hop] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Visit:
    """One session (from 0) on one date."""

    at: int
    on: date


class Graph:
    """The states by how many sessions have a date. `layers[begun]` holds the one state that all begins with."""

    def __init__(self, begun: int, n_sessions: int, root: Trail) -> None:
        self.begun, self.n_sessions = begun, n_sessions
        self.layers: list[list[State]] = [[] for _ in range(n_sessions + 1)]
        self.layers[begun].append(State(root, 0, date.min, 0))

    def visits(self) -> Iterator[Visit]:
        """The sessions and dates that some way leads through, some more than once."""
        for layer in range(self.begun + 1, self.n_sessions + 1):
            for state in self.layers[layer]:
                yield from (Visit(at, state.on) for at in range(min([hop.layer for hop in state.into]), layer))


DateCosts = Sequence[Mapping[date, float]]
"""For each session (from 0) the least that its visit costs on a date, beside what the date itself costs; nothing, where it is not known."""


def graph_within(walk: Walk, root: Trail, budget: float, n_most: int, visits: DateCosts = ()) -> Graph | None:
    """Every way whose dates do not cost more than a budget, visits counted where they are known; None where that takes more than `n_most`
    states."""
    n_sessions, begun = len(walk.slots), root.placed
    graph = Graph(begun, n_sessions, root)
    known: list[dict[Trail, State]] = [{} for _ in range(n_sessions + 1)]
    several = any(slot.spacing.per_day > 1 for slot in walk.slots)
    n_states = 0
    for layer in range(begun, n_sessions):
        n_states += len(graph.layers[layer])
        if n_states > n_most:
            return None
        for state in graph.layers[layer]:
            if not several and state.trail.last is not None and walk.forgets:
                _hop_singly(walk, graph, known, (layer, state), budget, visits[layer] if visits else {})
                continue
            for day, bound in walk.onward(state.trail, begun):
                if state.paid + bound > budget:
                    if not several or state.paid + walk.floor(layer, day) > budget:
                        break
                    continue
                _hop(walk, graph, known, (layer, state), day, budget)
    return graph


def _hop(walk: Walk, graph: Graph, known: list[dict[Trail, State]], since: tuple[int, State], day: int, budget: float) -> None:
    layer, state = since
    for run, trail, paid in walk.runs_on(state.trail, day):
        ahead = walk.ahead(trail)
        if ahead is None or state.paid + paid + ahead > budget:
            continue
        there = known[trail.placed].get(trail)
        if there is None:
            same = graph.layers[trail.placed]
            there = known[trail.placed][trail] = State(trail, len(same), date.fromordinal(day), state.paid + paid)
            same.append(there)
        there.paid = min(there.paid, state.paid + paid)
        there.into.append(
            Hop(layer, state.place, run, sum(walk.prices.of_date(at, day) for at in range(run.first, run.first + run.length)))
        )


def _hop_singly(
    walk: Walk, graph: Graph, known: list[dict[Trail, State]], since: tuple[int, State], budget: float, visits: Mapping[date, float]
) -> None:
    """The same as for any protocol, in fewer steps, where no date ever holds two sessions."""
    layer, state = since
    run, there, same = Run(layer, 1), known[layer + 1], graph.layers[layer + 1]
    begun, left = state.paid, budget - state.paid
    for on, trail, price, least, ahead, floor in walk.singly(state.trail):
        if floor > left:
            break
        paid = price + visits[on] if on in visits else least
        if paid + ahead > left:
            continue
        reached = there.get(trail)
        if reached is None:
            reached = there[trail] = State(trail, len(same), on, begun + paid)
            same.append(reached)
        elif begun + paid < reached.paid:
            reached.paid = begun + paid
        reached.into.append(Hop(layer, state.place, run, price))


def path_graph(walk: Walk, root: Trail, runs: tuple[Run, ...], dates: tuple[date, ...]) -> Graph:
    """The one way by these dates."""
    graph = Graph(root.placed, len(walk.slots), root)
    trail, layer = root, root.placed
    for run, on in zip(runs, dates, strict=True):
        day = on.toordinal()
        for _ in range(run.length):
            trail = walk.earliest.advance(trail, day)
        price = sum(walk.prices.of_date(at, day) for at in range(run.first, run.first + run.length))
        graph.layers[trail.placed] = [State(trail, 0, on, 0, [Hop(layer, 0, run, price)])]
        layer = trail.placed
    return graph
