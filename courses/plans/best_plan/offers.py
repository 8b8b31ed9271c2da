"""What one date offers one kind of session: every start, whom it would meet there, and what that costs beside the spread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, product

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.met import Acquaintances, Meeting, Met, rivals_met
from courses.plans.best_plan.rows import DateRows, as_booleans
from courses.plans.plan import Seat
from courses.plans.possible.openings import Openings
from courses.plans.pricing.prices import Minutes, Prices
from courses.plans.request import CourseRequest, Weights
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.free_time import bits
from rooms.resources.resource import Resource

Costs = NDArray[np.float64]
Clocks = NDArray[np.int64]
NO = np.inf
"""The cost of what cannot be."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The starts of one date: elapsed minutes, the same on the wall clock in grid steps, and the cost by who is met and start."""

    minutes: Clocks
    clocks: Clocks
    costs: Costs
    """One axis for each capability with continuity (of length 1 where the session does not ask for it), the last for the starts."""


class Offers:
    """Prices every start of a date for one course."""

    def __init__(self, request: CourseRequest, openings: Openings, known: Acquaintances, weights: Weights, prices: Prices | None) -> None:
        self._request, self._openings, self._known, self._weights, self._prices = request, openings, known, weights, prices
        self._step = openings.calendar.site.granularity_minutes
        self._offers: dict[tuple[str, date], Offer | None] = {}
        self._of_pools: dict[tuple[str, date], list[Minutes | None]] = {}

    @property
    def priced(self) -> bool:
        """Whether anything but the wishes costs."""
        return self._prices is not None

    @property
    def step(self) -> int:
        """Minutes between two starts of the grid."""
        return self._step

    def of(self, template: SessionTemplate, on: date) -> Offer | None:
        """What a date offers; None where it has no room."""
        key = (template.name, on)
        if key not in self._offers:
            self._offers[key] = self._find(template, on)
        return self._offers[key]

    def _find(self, template: SessionTemplate, on: date) -> Offer | None:
        day = self._openings.calendar.day(on)
        found = list(bits(self._openings.starts(template, on)))
        if not found:
            return None
        minutes = np.array(found, dtype=np.int64)
        clocks = np.array([day.wall_minute(minute) // self._step for minute in found], dtype=np.int64)
        n_axes = len(self._known.capabilities)
        costs = self.base(template, on, minutes, clocks).reshape((1,) * n_axes + (-1,))
        for meeting in self._known.meetings(template):
            met = np.full((self._known.sizes[meeting.axis], len(found)), NO)
            for who, mask, price in self.ways(meeting, on, minutes):
                met[who] = np.minimum(met[who], np.where(as_booleans([mask])[0][minutes], price, NO))
            shape = [1] * n_axes + [len(found)]
            shape[meeting.axis] = len(met)
            costs = costs + met.reshape(shape)
        return Offer(minutes, clocks, self._without_rivals(template, on, minutes, costs))

    def base(self, template: SessionTemplate, on: date, minutes: Clocks, clocks: Clocks) -> Costs:
        """What starts cost whoever is met: the wish for a window, and the prices of time, of starts, and of what has no continuity."""
        cost = self._wish(clocks)
        return cost if self._prices is None else cost + self._priced(self._prices, template, on, minutes)

    def bases(self, template: SessionTemplate, dates: Sequence[date], clocks: Clocks, rows: DateRows) -> Costs:
        """The same for starts that lie on the grid of several dates on which the clock does not change, by date."""
        wish, minutes = self._wish(clocks), clocks * self._step
        if self._prices is None:
            return np.tile(wish, (len(dates), 1))
        costs: Costs = np.array([self._of_time(self._prices, template, on, minutes) for on in dates])
        inside = slice(int(clocks[0]), int(clocks[-1]) + 1)
        for demand in template.demands:
            if not demand.requirement.continuity and (each := self.prices_of_pool(demand, dates, minutes)) is not None:
                free = rows.pool(template, demand, dates)[:, :, inside]
                costs += _cheapest_of(np.where(free, each, NO), demand.requirement.count, axis=1)
        costs += wish
        return costs

    def prices_of_pool(self, demand: Demand, dates: Sequence[date], minutes: Clocks) -> Costs | None:
        """What each resource of its pool costs for a requirement of sessions that start at some minutes of dates of usual length: by
        date, resource and minute; None where nothing costs."""
        if self._prices is None:
            return None
        pool = self._openings.calendar.pool(demand.requirement.capability)
        asked = list(chain.from_iterable(self._of_pool(self._prices, demand.requirement.capability, on) for on in dates))
        there = [each for each in asked if each is not None]
        if not there:
            return None
        spent = np.zeros((len(there) + 1, len(minutes)))
        np.subtract(self._at_minutes(there, minutes + demand.end), self._at_minutes(there, minutes + demand.begin), out=spent[:-1])
        places = np.full(len(asked), -1)
        places[[index for index, each in enumerate(asked) if each is not None]] = np.arange(len(there))
        loads = np.array([demand.requirement.load_on(resource.capacity) for resource in pool])
        priced: Costs = spent[places].reshape(len(dates), len(pool), len(minutes))
        if (loads != 1).any():
            priced *= loads[:, None]
        return priced

    def _of_pool(self, prices: Prices, capability: str, on: date) -> list[Minutes | None]:
        """The prices of each resource that has a capability. Several kinds of session ask for them."""
        key = (capability, on)
        found = self._of_pools.get(key)
        if found is None:
            found = self._of_pools[key] = [prices.of_resource(r.id, on) for r in self._openings.calendar.pool(capability)]
        return found

    def _at_minutes(self, added_up: Sequence[Costs], minutes: Clocks) -> Costs:
        """The entries of each at minutes that lie a step apart, at its last one where it is shorter."""
        if minutes[-1] < len(added_up[0]):
            each = slice(int(minutes[0]), int(minutes[-1]) + 1, self._step)
            return np.array([one[each] for one in added_up])
        return np.array([one[np.minimum(minutes, len(one) - 1)] for one in added_up])

    def _wish(self, clocks: Clocks) -> Costs:
        window, walls = self._request.window, clocks * self._step
        if window is None:
            return np.zeros(len(clocks))
        return np.where((walls < window.opens) | (walls > window.closes), float(self._weights.outside_window), 0.0)

    def _priced(self, prices: Prices, template: SessionTemplate, on: date, minutes: Clocks) -> Costs:
        cost = self._of_time(prices, template, on, minutes)
        for demand in template.demands:
            if not demand.requirement.continuity:
                cost += self._cheapest(prices, demand, on, minutes)
        return cost

    def _of_time(self, prices: Prices, template: SessionTemplate, on: date, minutes: Clocks) -> Costs:
        """The prices of starting then, and of the patient's time."""
        cost = np.zeros(len(minutes))
        if (of_start := prices.of_start(template.name, on)) is not None:
            cost += of_start[minutes]
        if (of_patient := prices.of_patient(self._request.patient, on)) is not None:
            cost += of_patient[minutes + template.minutes] - of_patient[minutes]
        return cost

    def _cheapest(self, prices: Prices, demand: Demand, on: date, minutes: Clocks) -> Costs:
        pool = self._openings.calendar.pool(demand.requirement.capability)
        if all(prices.of_resource(resource.id, on) is None for resource in pool):
            return np.zeros(len(minutes))
        free = as_booleans([self._openings.resource_starts(demand, resource, on) for resource in pool])[:, minutes]
        each = np.where(free, np.array([self.price(demand, resource, on, minutes) for resource in pool]), NO)
        return _cheapest_of(each, demand.requirement.count, axis=0)

    def price(self, demand: Demand, resource: Resource, on: date, minutes: Clocks) -> Costs:
        """What a resource costs for a requirement of sessions that start then."""
        added_up = None if self._prices is None else self._prices.of_resource(resource.id, on)
        if added_up is None:
            return np.zeros(len(minutes))
        last = len(added_up) - 1
        spent = added_up[np.minimum(minutes + demand.end, last)] - added_up[np.minimum(minutes + demand.begin, last)]
        priced: Costs = spent * demand.requirement.load_on(resource.capacity)
        return priced

    def ways(self, meeting: Meeting, on: date, minutes: Clocks) -> Iterable[tuple[int, int, Costs | float]]:
        """Every way of meeting somebody on a date: who, the starts as bits, and the price at some minutes."""
        calendar = self._openings.calendar
        if self._prices is None and meeting.is_simple:
            demand = meeting.demands[0]
            for who, ((resource,),) in meeting.ways:
                if mask := self._openings.resource_starts(demand, calendar.resources[resource], on):
                    yield who, mask, 0.0
            return
        free = {
            (demand.index, r.id): self._openings.resource_starts(demand, r, on)
            for demand in meeting.demands
            for r in calendar.pool(demand.requirement.capability)
        }
        for who, way in meeting.ways:
            mask, price = -1, 0.0 if self._prices is None else np.zeros(len(minutes))
            for demand, part in zip(meeting.demands, way, strict=True):
                for resource in part:
                    mask &= free[demand.index, resource]
                    if self._prices is not None:
                        price = price + self.price(demand, calendar.resources[resource], on, minutes)
            if mask:
                yield who, mask, price

    def _without_rivals(self, template: SessionTemplate, on: date, minutes: Clocks, costs: Costs) -> Costs:
        meetings = self._known.meetings(template)
        for group in rivals_met(self._openings, template, meetings):
            inside = {demand.index for demand in group}
            met = tuple(meeting for meeting in meetings if any(demand.index in inside for demand in meeting.demands))
            more = tuple(demand for meeting in met for demand in meeting.demands if demand.index not in inside)
            for at, minute in enumerate(minutes):
                self._bar((*group, *more), met, (on, int(minute)), costs[..., at])
        return costs

    def _bar(self, demands: tuple[Demand, ...], met: tuple[Meeting, ...], when: tuple[date, int], costs: Costs) -> None:
        """Write off who cannot be met at once with whom."""
        for chosen in product(*(range(self._known.sizes[meeting.axis]) for meeting in met)):
            where: list[int | slice] = [slice(None)] * costs.ndim
            for meeting, who in zip(met, chosen, strict=True):
                where[meeting.axis] = who
            if np.isfinite(costs[tuple(where)]).any() and not self._can_meet(demands, met, chosen, when):
                costs[tuple(where)] = NO

    def _can_meet(self, demands: tuple[Demand, ...], met: tuple[Meeting, ...], chosen: tuple[int, ...], when: tuple[date, int]) -> bool:
        wanted = [self._known.who[meeting.axis][who] for meeting, who in zip(met, chosen, strict=True)]
        only = {demand.index: who for meeting, who in zip(met, wanted, strict=True) for demand in meeting.demands}
        return any(meets(seats, met, wanted) for seats in self._openings.seatings(demands, *when, {}, only=only))


def _cheapest_of(each: Costs, count: int, axis: int) -> Costs:
    """What the so many cheapest along an axis cost; nothing, where there are not so many."""
    parts = np.partition(each, count - 1, axis=axis).take(range(count), axis=axis) if count > 1 else each
    cheapest: Costs = parts.sum(axis=axis) if count > 1 else each.min(axis=axis)
    return np.where(np.isfinite(cheapest), cheapest, 0)


def meets(seats: Iterable[Seat], met: Iterable[Meeting], wanted: Iterable[Met]) -> bool:
    """Whether seats meet just those who are wanted on each axis."""
    by_demand: dict[int, set[str]] = defaultdict(set)
    for seat in seats:
        by_demand[seat.requirement].add(seat.resource)
    return all(
        set().union(*(by_demand[demand.index] for demand in meeting.demands)) == who for meeting, who in zip(met, wanted, strict=True)
    )
