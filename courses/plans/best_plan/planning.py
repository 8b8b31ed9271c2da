"""One course planned: every way through dates, times of day and resources that may be the cheapest is weighed, and the cheapest taken.

First any way that keeps the rules (`date_path`); what it costs bounds which dates are worth a look. Over those the search is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from courses.plans.best_plan.graph import Graph, graph_within, path_graph
from courses.plans.best_plan.kept_places import KeptPlaces
from courses.plans.best_plan.meeting_again import MeetingAgain
from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.offers import NO, Offers
from courses.plans.best_plan.on_one_date import OneDate, Turn
from courses.plans.best_plan.search import SLACK, Ground, Search
from courses.plans.best_plan.seating import Seating
from courses.plans.best_plan.situation import Situation
from courses.plans.best_plan.tables import Tables, home_times
from courses.plans.costs import cost_of
from courses.plans.plan import CoursePlan, MissedWish, PlannedSession, Seat, Unplaceable
from courses.plans.possible.cadence import Sieve, Trail, advance, blank, ideal_days
from courses.plans.possible.date_path import Bounds, DatePath, DatePrices, Stuck, Walk
from courses.plans.possible.openings import Openings
from courses.plans.possible.proof import first_without_place
from courses.plans.possible.reasons import why_missed, why_unplaceable
from courses.plans.possible.runs import Run, Runs
from courses.plans.request import CourseRequest
from rooms.availability.hours import clock_text

HORIZON_DAYS = 400
"""How long after its ideal end a course is still looked for."""
MOST_STATES = 4000
"""Above so many states the search is not widened further, and what it found is not proven to be the best."""
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
    return _Planning(request, situation).answer()


class _Planning:
    def __init__(self, request: CourseRequest, situation: Situation) -> None:
        self.request, self.situation = request, situation
        self.calendar = situation.calendar
        self.slots = request.protocol.slots
        self.templates = [request.protocol.template_of(slot.number) for slot in self.slots]
        self.openings = Openings(self.calendar, situation.hours, situation.busy, situation.not_before)
        done = situation.done
        self.runs = Runs(request.protocol, self.openings, len(done), done[-1].interval.ends_at if done else None)
        self._sieves: dict[str, Sieve] = {}
        self._prices_of_runs: dict[tuple[str, date], float | None] = {}
        self.ideal = ideal_days(self.slots, request.start_on_or_after, self._is_open)
        self.bounds = self._bounds()
        self.kept = KeptPlaces(situation.kept, self.calendar, self.openings, self.templates)

    def _is_open(self, day: int) -> bool:
        return self.calendar.is_open(date.fromordinal(day))

    def answer(self) -> Priced:
        if not self._lacks_capability():
            walk = self._walk(self._n_weekdays())
            found = None if self.situation.kept else walk.straight(self._trail())
            if found is None:
                found = DatePath(walk).find(self._trail())
            if found is not None:
                return self._best(walk, *found)
        return Priced(self._unplaceable(), float("inf"), True)

    def _walk(self, n_weekdays: int | None, n_sessions: int | None = None) -> Walk:
        return Walk(self.slots[:n_sessions], self.request.start_on_or_after, self._is_open, self.bounds, self._prices(), n_weekdays)

    def _unplaceable(self) -> Unplaceable:
        """Looks once more without forgetting anything, so that the dates tried are those that every rule allows."""
        number, stuck, trail = len(self.situation.done) + 1, Stuck(len(self.situation.done)), self._trail()
        if not self._lacks_capability():
            quick, full = (partial(self._walk, n_weekdays) for n_weekdays in (self._n_weekdays(), None))
            number, stuck = first_without_place(quick, full, trail, len(self.slots))
        number, code, detail = why_unplaceable(self.request, self.runs, number, stuck, self.bounds)
        return Unplaceable(self.request.id, number, code, detail)

    def _lacks_capability(self) -> bool:
        templates = {template.name: template for template in self.templates[len(self.situation.done) :]}
        demands = [demand for template in templates.values() for demand in template.demands]
        return any(len(self.calendar.pool(demand.requirement.capability)) < demand.requirement.count for demand in demands)

    def _trail(self) -> Trail:
        trail = blank(self.request.start_on_or_after)
        for session in self.situation.done:
            trail = advance(self.slots, trail, self.calendar.time.date_of(session.interval.starts_at).toordinal())
        return trail

    def _bounds(self) -> Bounds:
        start = self.request.start_on_or_after.toordinal()
        if self.situation.not_before is not None:
            start = max(start, self.calendar.time.date_of(self.situation.not_before).toordinal())
        latest = max(self.ideal[-1] if self.ideal else start, start) + HORIZON_DAYS
        if self.request.finish_on_or_before:
            latest = min(latest, self.request.finish_on_or_before.toordinal())
        first = self.request.start_on_or_before
        return Bounds(start, latest, min(latest, first.toordinal()) if first else latest)

    def _n_weekdays(self) -> int:
        """On how many weekdays sessions can be at all, by the hours of all that they need."""
        found = set[int]()
        for template in {template.name: template for template in self.templates}.values():
            hours = [
                {
                    day
                    for r in self.calendar.pool(d.requirement.capability)
                    for day, spans in enumerate((r.hours or self.calendar.site.hours).days)
                    if spans
                }
                for d in template.demands
            ]
            found |= set(range(7)).intersection(*hours)
        return len(found)

    def _prices(self) -> DatePrices:
        weigh = self.situation.weights.delay_day

        def of_date(at: int, day: int) -> float:
            delay = weigh * (day - self.ideal[at]) if self.ideal else 0
            return delay + self.kept.price_of_date(at, day)

        def from_date(at: int, day: int) -> float:
            kept = self.kept.day_of(at)
            return of_date(at, day) if kept is None or kept < day else min(of_date(at, day), of_date(at, kept))

        return DatePrices(of_date, from_date, self._price_of_run, self._next_day)

    def _next_day(self, at: int, since: int) -> int | None:
        template = self.templates[at]
        if template.name not in self._sieves:
            self._sieves[template.name] = Sieve(lambda day: self.openings.starts(template, date.fromordinal(day)) != 0, self.bounds.latest)
        return self._sieves[template.name].next_day(since)

    def _price_of_run(self, run: Run, on: date) -> float | None:
        """The least that a run costs beyond its dates; None where it has no room."""
        key = (self.templates[run.first].name, on)
        if run.length > 1 or self.kept.any or run.first == len(self.situation.done):
            return self._find_price_of_run(run, on)
        if key not in self._prices_of_runs:
            self._prices_of_runs[key] = self._find_price_of_run(run, on)
        return self._prices_of_runs[key]

    def _find_price_of_run(self, run: Run, on: date) -> float | None:
        if not (starts := self.runs.starts(run, on)):
            return None
        if self.kept.touches(run, on):
            return 0
        window = self.request.window
        if window is None or self.calendar.day(on).mask_of_wall(window.opens, window.closes + 1) & starts:
            return 0
        return self.situation.weights.outside_window

    def _best(self, walk: Walk, runs: tuple[Run, ...], dates: tuple[date, ...]) -> Priced:
        done = self.situation.done
        known = Acquaintances(self.request.protocol, [t.name for t in self.templates], self.calendar, done)
        offers = Offers(self.request, self.openings, known, self.situation.weights, self.situation.prices)
        exact = _Exact(self, offers, known)
        priced, gave_way = self._searched(exact, walk, path_graph(walk, self._trail(), runs, dates))
        if not gave_way:
            return priced
        exact.heed_crossing()
        return self._searched(exact, walk, path_graph(walk, self._trail(), runs, dates))[0]

    def _searched(self, exact: _Exact, walk: Walk, path: Graph) -> tuple[Priced, bool]:
        """The cheapest plan, and whether it had to give way to turnovers that the search did not heed."""
        found = exact.search(path, n_homes=1)
        graph = graph_within(walk, self._trail(), found.least + SLACK, MOST_STATES)
        if graph is not None:
            found = exact.search(graph, found)
        seating = Seating(self.runs, exact.offers, exact.known, self.kept, self.situation.seats_first)
        plan = self._plan(seating, found.trace())
        return Priced(plan, found.least, graph is not None and exact.is_exact and not seating.gave_way), seating.gave_way

    def _plan(self, seating: Seating, turns: Sequence[Turn]) -> CoursePlan:
        sessions = list(self.situation.done)
        sessions += [self._session(turn, seats) for turn, seats in seating.seated(turns)]
        time, step = self.calendar.time, self.calendar.site.granularity_minutes
        cost = cost_of(self.request, sessions, self.ideal, time, step, self.situation.weights)
        kept = self.situation.kept
        moved = tuple(s.number for s in sessions if s.number in kept and kept[s.number].interval.starts_at != s.interval.starts_at)
        return CoursePlan(self.request.id, tuple(sessions), cost, moved)

    def _session(self, turn: Turn, seats: tuple[Seat, ...]) -> PlannedSession:
        slot, template = self.slots[turn.at], self.templates[turn.at]
        day = self.calendar.day(turn.on)
        permit, window = self.request.authorization, self.request.window
        missed: tuple[MissedWish, ...] = ()
        if window is not None and not window.holds(day.wall_minute(turn.start)):
            wish = f"start between {clock_text(window.opens)} and {clock_text(window.closes)}"
            missed = (MissedWish(wish, why_missed(self.openings, template, turn.on, window)),)
        return PlannedSession(
            slot.number,
            slot.phase,
            template.name,
            day.interval(turn.start, turn.start + template.minutes),
            seats,
            permit is None or permit.covers(slot.number, turn.on),
            missed,
        )

    def spread_of_done(self) -> tuple[list[int], date | None]:
        """The clock times, in grid steps, that the sessions that took place count with, and the date of the last of them."""
        clocks: list[int] = []
        before: date | None = None
        for at, session in enumerate(self.situation.done):
            local = self.calendar.time.local(session.interval.starts_at)
            if self.slots[at].spacing.per_day == 1 or local.date() != before:
                clocks.append((local.hour * 60 + local.minute) // self.calendar.site.granularity_minutes)
            before = local.date()
        return clocks, before


class _Exact:
    """The searches of one course, on tables that grow with the dates looked at."""

    def __init__(self, planning: _Planning, offers: Offers, known: Acquaintances) -> None:
        self._planning, self.offers, self.known = planning, offers, known
        self._special = planning.kept.offers(offers, known)
        self._clocks, self._begun_on = planning.spread_of_done()
        self._ground: Ground | None = None
        self._heeds_crossing = False

    def search(self, graph: Graph, found: _Found | None = None, *, n_homes: int | None = None) -> _Found:
        """The least that a graph's ways cost, and the way; what was found before, where none is cheaper. With `n_homes` only the most
        promising homes are tried."""
        search = Search(graph, self._ground_for(graph))
        return _cheapest(search, self.known.sizes, found or _Found(NO, list), n_homes)

    def heed_crossing(self) -> None:
        """From now on weigh that turnovers reach from session to session of a date."""
        self._heeds_crossing, self._ground = True, None

    @property
    def is_exact(self) -> bool:
        """Whether every way was gone that could be the cheapest."""
        return self._ground is None or self._ground.dates.is_exact

    def _ground_for(self, graph: Graph) -> Ground:
        planning = self._planning
        hops = [(hop.run, state.on) for layer in graph.layers for state in layer for hop in state.into]
        visits = {(planning.templates[run.first + k].name, on): run.first + k for run, on in hops for k in range(run.length)}
        starts = [(planning.templates[at], on) for (_, on), at in visits.items()]
        weight = planning.situation.weights.spread_step
        if self._ground is None or not self._ground.tables.homes.cover(home_times(planning.openings, starts, self._clocks, weight)):
            homes = home_times(planning.openings, [*starts, *planning.openings.looked_at()], self._clocks, weight)
            spread = np.zeros(len(homes.clocks))
            for clock in self._clocks:
                spread += homes.away(clock)
            tables = Tables(self.offers, planning.openings, self.known, planning.templates, self._special, homes)
            again = MeetingAgain(self.known, planning.templates, graph.begun, planning.situation.weights.change)
            one_date = OneDate(planning.runs, tables, self.known, again, self._begun_on)
            one_date.heeds_crossing = self._heeds_crossing
            self._ground = Ground(tables, one_date, again, spread)
        return self._ground


def _cheapest(search: Search, sizes: Sequence[int], found: _Found, n_homes: int | None) -> _Found:
    bound = search.bound()
    order = np.argsort(bound, kind="stable")[:n_homes]
    at_once = max(1, AT_ONCE // int(np.prod(sizes)))
    least, best, begin, n_tried = found.least, None, 0, at_once if at_once >= len(order) else min(FIRST_HOMES, at_once)
    while begin < len(order) and bound[order[begin]] < least - SLACK:
        columns = order[begin : begin + n_tried]
        columns = columns[bound[columns] < least - SLACK]
        costs = search.least(columns, least)
        if costs.min() < least - SLACK:
            least, best = float(costs.min()), int(columns[int(np.argmin(costs))])
        begin, n_tried = begin + n_tried, at_once
    return found if best is None else _Found(least, partial(search.trace, best, least))
