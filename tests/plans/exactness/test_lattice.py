"""The ways of a course through its dates, narrowed by budgets: the very ways that going from date to date finds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from courses.plans.best_plan.graph import Graph, graph_within
from courses.plans.best_plan.lattice import DateCosts, Lattice
from courses.plans.best_plan.unpriced import Unpriced
from tests.plans.exactness.families import nasty_cases
from tests.plans.exactness.nasty import NASTY
from tests.plans.exactness.test_pricer import course_of

MOST = 100_000
BEYOND = (0.0, 8.0, 20.0, 45.0)
"""How much more than the cheapest way a budget allows."""

PLENTY = 400.0

Hops = set[tuple[object, object]]
NO = float("inf")


def courses_of(kind: str) -> Iterator[Unpriced]:
    """Those of nasty courses that have a way, and no date with two sessions."""
    for case in nasty_cases(range(4), kind):
        unpriced = Unpriced(*course_of(case.document))
        if unpriced.lattice is not None and unpriced.first_way is not None:
            yield unpriced


def least_of(unpriced: Unpriced) -> float:
    """What the cheapest way by its dates costs."""
    least = cheapest(unpriced, every_way(unpriced), ())
    assert least < NO
    return least


def every_way(unpriced: Unpriced) -> Graph:
    """The ways that going from date to date finds, among them all that any budget here allows."""
    graph = graph_within(unpriced.walk, unpriced.trail, PLENTY, MOST)
    assert graph is not None
    return graph


def drawn_visits(unpriced: Unpriced, seed: int) -> DateCosts:
    """What visits cost on some days; other days are not known."""
    drawn = np.random.default_rng(seed)
    n_days = unpriced.bounds.latest - unpriced.bounds.earliest + 1
    costs = drawn.integers(0, 20, (len(unpriced.slots), n_days)).astype(float)
    return [np.where(drawn.random(n_days) < 0.3, np.nan, each) for each in costs]


def hop_costs(unpriced: Unpriced, graph: Graph, visits: DateCosts) -> Iterator[tuple[int, int, int, float]]:
    """By layer: from which state, to which, at what cost."""
    for layer in range(graph.begun + 1, graph.n_sessions + 1):
        for state in graph.layers[layer]:
            for hop in state.into:
                known = visits[layer - 1][state.on.toordinal() - unpriced.bounds.earliest] if visits else np.nan
                beyond = unpriced.walk.prices.of_run(hop.run, state.on) if np.isnan(known) else float(known)
                assert beyond is not None
                yield layer, hop.place, state.place, hop.price + beyond


def reached(unpriced: Unpriced, graph: Graph, visits: DateCosts) -> list[dict[int, float]]:
    """The least that leads to each state."""
    paid: list[dict[int, float]] = [{} for _ in graph.layers]
    paid[graph.begun][0] = 0.0
    for layer, source, target, cost in hop_costs(unpriced, graph, visits):
        paid[layer][target] = min(paid[layer].get(target, NO), paid[layer - 1].get(source, NO) + cost)
    return paid


def cheapest(unpriced: Unpriced, graph: Graph, visits: DateCosts) -> float:
    return min(reached(unpriced, graph, visits)[-1].values(), default=NO)


def hops_within(unpriced: Unpriced, budget: float, visits: DateCosts) -> Hops:
    """The hops of all ways that cost no more than a budget."""
    graph = every_way(unpriced)
    paid, found = reached(unpriced, graph, visits), set[tuple[object, object]]()
    rest: list[dict[int, float]] = [{} for _ in graph.layers]
    rest[-1] = {state.place: 0.0 for state in graph.layers[-1]}
    for layer, source, target, cost in sorted(hop_costs(unpriced, graph, visits), reverse=True):
        onward = rest[layer].get(target, NO) + cost
        rest[layer - 1][source] = min(rest[layer - 1].get(source, NO), onward)
        if paid[layer - 1][source] + onward <= budget + 1e-9:
            found.add((graph.layers[layer - 1][source].trail, graph.layers[layer][target].trail))
    return found


def hops_of(graph: Graph) -> Hops:
    layers = graph.layers
    return {(layers[hop.layer][hop.place].trail, state.trail) for layer in layers for state in layer for hop in state.into}


def within(lattice: Lattice, budget: float, visits: DateCosts) -> Graph:
    ways = lattice.within(budget + 1e-9, MOST, visits)
    assert ways is not None
    return ways.graph()


@pytest.mark.parametrize("kind", NASTY)
def test_a_lattice_gives_every_way_within_a_budget_and_no_other(kind: str) -> None:
    for unpriced in courses_of(kind):
        lattice, least = Lattice(unpriced.walk, unpriced.trail), least_of(unpriced)

        for beyond in (*BEYOND, BEYOND[1]):
            assert hops_of(within(lattice, least + beyond, ())) == hops_within(unpriced, least + beyond, ())


@pytest.mark.parametrize("kind", NASTY)
def test_what_visits_cost_narrows_the_ways_and_tells_the_cheapest(kind: str) -> None:
    for seed, unpriced in enumerate(courses_of(kind)):
        visits = drawn_visits(unpriced, seed)
        lattice, least = Lattice(unpriced.walk, unpriced.trail), cheapest(unpriced, every_way(unpriced), visits)

        ways = lattice.within(least + BEYOND[2], MOST, visits)

        assert ways is not None
        assert hops_of(ways.graph()) == hops_within(unpriced, least + BEYOND[2], visits)
        assert cheapest(unpriced, ways.cheapest(), visits) == pytest.approx(least)
        assert hops_of(lattice.seen(visits).cheapest()) == hops_of(ways.cheapest())


def test_more_states_than_are_allowed_give_no_ways() -> None:
    unpriced = next(courses_of(next(iter(NASTY))))
    lattice, least = Lattice(unpriced.walk, unpriced.trail), least_of(unpriced)

    assert lattice.within(least + BEYOND[-1], 2) is None
    assert lattice.within(least + BEYOND[-1], MOST) is not None
