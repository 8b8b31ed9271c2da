"""One course by its dates alone, whatever the time of day: the cheapest way when visits cost something on some dates."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.graph import Graph
from courses.plans.best_plan.offers import NO, Costs
from courses.plans.best_plan.situation import Situation
from courses.plans.best_plan.unpriced import Unpriced
from courses.plans.request import CourseRequest
from courses.protocols.session_template import SessionTemplate

MOST_STATES = 20_000
Places = NDArray[np.intp]


class DateWays:
    """All ways of a course whose dates do not cost more than a budget. `visits` are the kinds of session and dates on them.

    What ways of another budget (`like`) found out of the course's dates is shared with them. With `wishes` a date without any start that
    was wished for costs what that weighs.

    A course with several sessions on a date, or with too many ways, has none here.
    """

    def __init__(
        self, request: CourseRequest, situation: Situation, budget: float, *, wishes: bool = True, like: DateWays | None = None
    ) -> None:
        self.visits: list[tuple[SessionTemplate, date]] = []
        self._unpriced: Unpriced = Unpriced(request, situation) if like is None else like._unpriced
        unpriced = self._unpriced
        self._wishes = wishes
        self._layers: list[tuple[Places, Costs, Places, Places]] = []
        if unpriced.lattice is None or unpriced.first_way is None:
            return
        ways = unpriced.lattice.within(budget, MOST_STATES)
        if ways is not None and ways.leads_on:
            self._take(ways.graph(), unpriced)

    def _take(self, graph: Graph, unpriced: Unpriced) -> None:
        known: dict[tuple[str, date], int] = {}
        for layer in range(graph.begun + 1, graph.n_sessions + 1):
            template = unpriced.templates[layer - 1]
            sources, costs, begins, visits = list[int](), list[float](), list[int](), list[int]()
            for state in graph.layers[layer]:
                if (template.name, state.on) not in known:
                    known[template.name, state.on] = len(self.visits)
                    self.visits.append((template, state.on))
                begins.append(len(sources))
                visits.append(known[template.name, state.on])
                beyond = (unpriced.walk.prices.of_run(state.into[0].run, state.on) or 0.0) if self._wishes else 0.0
                sources += [hop.place for hop in state.into]
                costs += [hop.price + beyond for hop in state.into]
            self._layers.append((np.array(sources), np.array(costs), np.array(begins), np.array(visits)))

    def cheapest(self, prices: Costs) -> tuple[float, list[int]]:
        """What the cheapest way costs without the prices of its visits, and these by their places; needs that there are some."""
        reached, ways = np.zeros(1), list[Costs]()
        for sources, costs, begins, visits in self._layers:
            ways.append(reached[sources] + costs)
            reached = np.minimum.reduceat(ways[-1], begins) + prices[visits]
        at, chosen, paid = int(np.argmin(reached)), list[int](), float(reached.min())
        for (sources, _, begins, visits), way in zip(reversed(self._layers), reversed(ways), strict=True):
            end = int(begins[at + 1]) if at + 1 < len(begins) else len(way)
            hop = int(begins[at]) + int(np.argmin(way[int(begins[at]) : end]))
            chosen.append(int(visits[at]))
            at = int(sources[hop])
        assert paid < NO  # noqa: S101  # every state can be reached
        return paid - float(prices[chosen].sum()), chosen[::-1]
