"""One course planned: every way through dates, times of day and resources that may be the cheapest is weighed, and the cheapest taken.

First any way that keeps the rules (`date_path`), or the one that is cheapest by its dates alone, or what was planned at other prices; what
it costs bounds which dates are worth a look. Over those the search is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from courses.plans.best_plan.graph import Graph, graph_within
from courses.plans.best_plan.last_plans import LastPlans
from courses.plans.best_plan.lattice import DateCosts, Lattice, Ways
from courses.plans.best_plan.meeting_again import MeetingAgain
from courses.plans.best_plan.offers import NO, Offers
from courses.plans.best_plan.on_one_date import OneDate, Turn
from courses.plans.best_plan.search import SLACK, Ground, Search, cost_along
from courses.plans.best_plan.seating import Seating
from courses.plans.best_plan.situation import Situation
from courses.plans.best_plan.tables import HomeTimes, Tables
from courses.plans.best_plan.unpriced import Unpriced
from courses.plans.plan import CoursePlan, Seat, Unplaceable
from courses.plans.pricing.prices import Prices
from courses.plans.request import CourseRequest

MOST_STATES = 4000
"""Above so many states the search is not widened further, and what it found is not proven to be the best."""
LOOKS = 4
"""So often dates are looked at that were thought to cost less than they do, before all that are left are searched."""
FIRST_HOMES = 2
"""The most promising home times are searched first, since what they cost spares most of the others."""
AT_ONCE = 1 << 20
"""So many numbers of one state the search holds at once; with more, it takes the home times in turns."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A course's answer with the least that wishes, prices and moves can come to; `proven` is false where that is only what was found."""

    answer: CoursePlan | Unplaceable
    least: float
    proven: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """The least cost, and what tells the way that comes to it."""

    least: float
    trace: Callable[[], list[Turn]]


def plan_course(request: CourseRequest, situation: Situation) -> CoursePlan | Unplaceable:
    """The cheapest place for every session of a course that keeps all hard rules, or why there is none. Books nothing."""
    return price_course(request, situation).answer


def price_course(request: CourseRequest, situation: Situation) -> Priced:
    """The same, with what it comes to at the prices of the situation."""
    return Pricer(request, situation).at(situation.prices)


class Pricer:
    """One course to be planned at one table of prices after another: what does not depend on prices is worked out once.

    The situation's own prices do not count, and its calendar must stay as it is. An answer that is proven is the very one that
    `price_course` gives; what was planned before only spares looks at dearer dates.
    """

    def __init__(self, request: CourseRequest, situation: Situation) -> None:
        self._unpriced = Unpriced(request, situation)
        self._lately = LastPlans(request.patient, situation.calendar)
        self._looked_at: dict[str, dict[date, None]] = {}

    def at(self, prices: Prices | None) -> Priced:
        """The cheapest plan at some prices, with what it comes to there."""
        way = self._unpriced.first_way
        if way is None:
            return Priced(self._unpriced.unplaceable, float("inf"), True)
        exact = _Exact(self._unpriced, prices)
        budget = self._lately.least_at(prices)
        priced, gave_way = self._searched(exact, way, budget)
        if gave_way:
            exact.heed_crossing()
            priced = self._searched(exact, way, budget)[0]
        if self._unpriced.lattice is None and isinstance(priced.answer, CoursePlan) and not self._unpriced.situation.kept:
            self._lately.note(priced.answer)
        return priced

    def as_placed(self, visits: Sequence[tuple[date, int, tuple[Seat, ...]]]) -> CoursePlan:
        """The plan that has its sessions, in order, on these dates, from these minutes on and with these seats."""
        return self._unpriced.plan((Turn(at, on, start, ()), seats) for at, (on, start, seats) in enumerate(visits))

    def _searched(self, exact: _Exact, way: Graph, budget: float) -> tuple[Priced, bool]:
        """The cheapest plan, and whether it had to give way to turnovers that the search did not heed."""
        lattice = self._unpriced.lattice
        if lattice is None:
            found = self._within(exact, budget) or self._within(exact, exact.cost_along(way))
        else:
            found = self._along(exact, lattice, way)
        proven, found = found is not None, found or exact.along(way)
        unpriced = self._unpriced
        seating = Seating(unpriced.runs, exact.offers, unpriced.known, unpriced.kept, unpriced.situation.seats_first)
        plan = unpriced.plan(seating.seated(found.trace()))
        return Priced(plan, found.least, proven and exact.is_exact and not seating.gave_way), seating.gave_way

    def _within(self, exact: _Exact, budget: float) -> _Found | None:
        """The cheapest of all ways, one of which costs no more than the budget; None where that takes too many states."""
        unpriced = self._unpriced
        graph = None if budget == NO else graph_within(unpriced.walk, unpriced.trail, budget + SLACK, MOST_STATES)
        return None if graph is None else exact.search(graph, budget + 2 * SLACK)

    def _along(self, exact: _Exact, lattice: Lattice, way: Graph) -> _Found | None:
        """The same where no date holds two sessions. What the cheapest way by its dates comes to leaves few of the others."""
        visits = exact.least_of_visits(self._looked_at)
        seen = lattice.seen(visits) if visits else None
        budget = exact.cost_along(seen.cheapest() if seen is not None and seen.leads_on else way)
        ways = lattice.within(budget + SLACK, MOST_STATES, visits)
        if exact.visits_tell:
            ways, budget = self._narrowed(exact, lattice, ways, budget)
            self._looked_at = {}
            self._look_at(ways)
        return None if ways is None else exact.search(ways.graph(), budget + 2 * SLACK)

    def _narrowed(self, exact: _Exact, lattice: Lattice, ways: Ways | None, budget: float) -> tuple[Ways | None, float]:
        """What is left of some ways, and of the budget, when all their dates were looked at, or most."""
        for _ in range(LOOKS):
            if not self._look_at(ways):
                break
            visits = exact.least_of_visits(self._looked_at)
            ways = lattice.within(budget + SLACK, MOST_STATES, visits)
            if ways is not None and (less := exact.cost_along(ways.cheapest())) < budget:
                budget = less
                ways = lattice.within(budget + SLACK, MOST_STATES, visits)
        return ways, budget

    def _look_at(self, ways: Ways | None) -> bool:
        """Note the dates of some ways; whether there are new ones among them."""
        new = False
        for at, dates in () if ways is None else ways.visits():
            known = self._looked_at.setdefault(self._unpriced.templates[at].name, {})
            n_known = len(known)
            known |= dict.fromkeys(dates)
            new = new or len(known) > n_known
        return new


class _Exact:
    """The searches of one course at some prices, on tables that grow with the dates looked at."""

    def __init__(self, unpriced: Unpriced, prices: Prices | None) -> None:
        self._unpriced = unpriced
        self.offers = Offers(unpriced.request, unpriced.openings, unpriced.known, unpriced.situation.weights, prices)
        self._special = unpriced.kept.offers(self.offers, unpriced.known)
        self._ground: Ground | None = None
        self._heeds_crossing = False

    def search(self, graph: Graph, least: float = NO, *, n_homes: int | None = None) -> _Found | None:
        """The least that a graph's ways cost, if it is less than some number, and the way. With `n_homes` only the most promising homes
        are tried."""
        search = Search(graph, self._ground_for(graph))
        return _cheapest(search, self._unpriced.known.sizes, least, n_homes)

    def along(self, way: Graph) -> _Found:
        """The most promising home along one way that keeps every rule."""
        found = self.search(way, n_homes=1)
        assert found is not None  # noqa: S101  # something has to be paid
        return found

    def cost_along(self, way: Graph) -> float:
        """What that comes to."""
        cost = cost_along(way, self._ground_for(way))
        return self.along(way).least if cost is None else cost

    def least_of_visits(self, dates: Mapping[str, Iterable[date]]) -> DateCosts:
        """For each session the least that it costs on some dates, by kind of session; nothing is known of other dates."""
        if not dates:
            return ()
        unpriced, bounds = self._unpriced, self._unpriced.bounds
        templates = {template.name: template for template in unpriced.templates}
        homes = unpriced.homes_for((templates[name], on) for name, some in dates.items() for on in some)
        if self._ground is None or self._ground.tables.homes is not homes:
            self._ground = self._ground_with(homes, unpriced.trail.placed)
        tables, first = self._ground.tables, date.fromordinal(bounds.earliest)
        for name, some in dates.items():
            tables.lay_dates(templates[name], some)
        by_name = {name: tables.least_by_day(template, first, bounds.latest - bounds.earliest + 1) for name, template in templates.items()}
        return [by_name[template.name] for template in unpriced.templates]

    @property
    def visits_tell(self) -> bool:
        """Whether there is more to learn from what single visits cost: something costs beside the wishes, and that alike for all sessions
        of a kind."""
        return self.offers.priced and not self._special

    def heed_crossing(self) -> None:
        """From now on weigh that turnovers reach from session to session of a date."""
        self._heeds_crossing, self._ground = True, None

    @property
    def is_exact(self) -> bool:
        """Whether every way was gone that could be the cheapest."""
        return self._ground is None or self._ground.dates.is_exact

    def _ground_for(self, graph: Graph) -> Ground:
        templates = self._unpriced.templates
        homes = self._unpriced.homes_for((templates[visit.at], visit.on) for visit in graph.visits())
        if self._ground is None or self._ground.tables.homes is not homes:
            self._ground = self._ground_with(homes, graph.begun)
        return self._ground

    def _ground_with(self, homes: HomeTimes, begun: int) -> Ground:
        unpriced = self._unpriced
        clocks, begun_on = unpriced.spread_of_done
        spread = np.zeros(len(homes.clocks))
        for clock in clocks:
            spread += homes.away(clock)
        tables = Tables(self.offers, unpriced.rows, unpriced.templates, self._special, homes)
        again = MeetingAgain(unpriced.known, unpriced.templates, begun, unpriced.situation.weights.change)
        one_date = OneDate(unpriced.runs, tables, unpriced.known, again, begun_on)
        one_date.heeds_crossing = self._heeds_crossing
        return Ground(tables, one_date, again, spread)


def _cheapest(search: Search, sizes: Sequence[int], least: float, n_homes: int | None) -> _Found | None:
    bound = search.bound()
    order = np.argsort(bound, kind="stable")[:n_homes]
    at_once = max(1, AT_ONCE // int(np.prod(sizes)))
    best, begin, n_tried = None, 0, at_once if at_once >= len(order) else min(FIRST_HOMES, at_once)
    while begin < len(order) and bound[order[begin]] < least - SLACK:
        columns = order[begin : begin + n_tried]
        columns = columns[bound[columns] < least - SLACK]
        costs = search.least(columns, least)
        if costs.min() < least - SLACK:
            least, best = float(costs.min()), int(columns[int(np.argmin(costs))])
        begin, n_tried = begin + n_tried, at_once
    return None if best is None else _Found(least, partial(search.trace, best, least))
