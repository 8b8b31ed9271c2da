"""The visits of one date, some of which give way within it so that one more has a place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, product
from operator import or_

from courses.plans.plan import Seat
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.free_time import span
from rooms.bookings.calendar import Calendar, Load

Chosen = tuple[tuple[int, str], ...]
"""Requirements (by their indices in the template) with the resources that meet them."""
Masks = Mapping[str, int]
"""For each resource of a pool the starts at which it can be had."""
Who = tuple[int, int]
"""A course, and which of its sessions (from 0)."""

LITTLE = 1e-6
"""A smaller difference of costs is none."""


class Starts:
    """What starts cost, in minutes of a date: the cheapest first."""

    def __init__(self, costs: Iterable[tuple[float, int]]) -> None:
        self.each = sorted(costs)
        self.least = self.each[0][0] if self.each else 0.0
        self._costs = [cost for cost, _ in self.each]
        self._masks = [0, *accumulate((1 << start for _, start in self.each), or_)]

    def below(self, most: float) -> int:
        """Those that cost less than so much."""
        found: int = self._masks[bisect_left(self._costs, most)]
        return found

    def first(self, free: int, most: float) -> tuple[float, int] | None:
        """The cheapest of some, if it costs less than so much."""
        for cost, start in self.each:
            if cost >= most:
                return None
            if free >> start & 1:
                return cost, start
        return None

    def cost(self, start: int) -> float:
        """What one costs."""
        return next(cost for cost, other in self.each if other == start)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one visit may have on a date: the starts at which its patient can come, what starts cost, and for some requirements what each
    resource of their pool costs."""

    who: Who
    template: SessionTemplate
    free: int
    starts: Starts
    favorites: Mapping[int, Mapping[str, float]]

    def favor(self, demand: Demand, resource: str) -> float:
        """What a resource costs for a requirement."""
        named = self.favorites.get(demand.index)
        return named[resource] if named else 0.0


@dataclass(frozen=True, slots=True)
class Stay:
    """A visit where it is, and what that costs."""

    wish: Wish
    cost: float
    start: int
    chosen: Chosen


class OneDate:
    """The visits of a date that may be moved within it; all else that takes room is in the calendar beside them."""

    def __init__(self, calendar: Calendar, on: date, stays: Sequence[Stay]) -> None:
        self._calendar, self._on = calendar, on
        self._here = {stay.wish.who: stay for stay in stays}

    def place(self, wish: Wish, most: float, depth: int) -> tuple[float, list[Stay]] | None:
        """Where one more visit and those that give way to it can be, and what that costs more than now; None where it costs `most` or
        more, or where so few may not give way (`depth`, one after another). Moves nothing."""
        masks = self._masks(wish)
        best: tuple[float, list[Stay]] | None = None
        if found := self._cheapest(wish, most, masks):
            best, most = (found.cost, [found]), found.cost
        if not depth or most <= wish.starts.least + LITTLE:
            return best
        there = self._there(wish, masks)
        for stay in list(self._here.values()):
            room = most + stay.cost - stay.wish.starts.least
            wanted = wish.free & wish.starts.below(room)
            if not wanted & _barred(wish.template, stay):
                continue
            self._lift(stay)
            after = self._masks_without(stay, wish, masks)
            gained = self._gained(wish, masks, after, there) & wanted
            mine = self._cheapest(wish, room, after, gained) if gained else None
            if mine is not None:
                self._book(mine, self._calendar.take_part)
                rest = self.place(stay.wish, most - mine.cost + stay.cost, depth - 1)
                if rest is not None:
                    most = mine.cost + rest[0] - stay.cost
                    best = most, [mine, *rest[1]]
                self._book(mine, self._calendar.give_back_part)
            self._drop(stay)
        return best

    def _lift(self, stay: Stay) -> None:
        del self._here[stay.wish.who]
        self._book(stay, self._calendar.give_back_part)

    def _drop(self, stay: Stay) -> None:
        self._here[stay.wish.who] = stay
        self._book(stay, self._calendar.take_part)

    def _book(self, stay: Stay, verb: Callable[[str, date, Load], None]) -> None:
        for index, resource in stay.chosen:
            demand = next(each for each in stay.wish.template.demands if each.index == index)
            load = demand.requirement.load_on(self._calendar.resources[resource].capacity)
            if load:
                verb(resource, self._on, (stay.start + demand.begin, stay.start + demand.end, load))

    def _masks(self, wish: Wish) -> list[Masks]:
        """For each requirement and each resource of its pool the starts at which it can be had."""
        calendar, found = self._calendar, list[Masks]()
        for demand in wish.template.demands:
            need, minutes = demand.requirement, demand.end - demand.begin
            pool = calendar.pool(need.capability)
            found.append({r.id: calendar.starts(r, self._on, minutes, need.load_on(r.capacity)) >> demand.begin for r in pool})
        return found

    def _masks_without(self, stay: Stay, wish: Wish, masks: Sequence[Masks]) -> list[Masks]:
        """The same after a visit was lifted: only its resources can be had more often."""
        found = list(masks)
        for at, demand in enumerate(wish.template.demands):
            need, minutes = demand.requirement, demand.end - demand.begin
            mine = {resource for _, resource in stay.chosen if resource in masks[at]}
            if mine:
                resources = [self._calendar.resources[resource] for resource in sorted(mine)]
                free = {r.id: self._calendar.starts(r, self._on, minutes, need.load_on(r.capacity)) >> demand.begin for r in resources}
                found[at] = {**masks[at], **free}
        return found

    def _there(self, wish: Wish, masks: Sequence[Masks]) -> int:
        """The starts at which every requirement can be met."""
        found = wish.free
        for demand, mask in zip(wish.template.demands, masks, strict=True):
            found &= _at_least(mask.values(), demand.requirement.count)
        return found

    def _gained(self, wish: Wish, before: Sequence[Masks], after: Sequence[Masks], there: int) -> int:
        """The starts that were not there before; where resources do not cost alike, also those at which one more can be had."""
        found = self._there(wish, after)
        if not wish.favorites:
            return found & ~there
        more = 0
        for old, new in zip(before, after, strict=True):
            if new is not old:
                for resource, mask in new.items():
                    more |= mask & ~old[resource]
        return found & more

    def _cheapest(self, wish: Wish, most: float, masks: Sequence[Masks], among: int = -1) -> Stay | None:
        """The cheapest place beside all others, at some starts, if it costs less than `most`."""
        if wish.starts.least >= most - LITTLE:
            return None
        tiers = [_tiers(wish, demand, mask) for demand, mask in zip(wish.template.demands, masks, strict=True)]
        best: tuple[float, int, tuple[float, ...]] | None = None
        for choice in product(*tiers):
            free, extra = wish.free & among, 0.0
            for cost, mask in choice:
                free &= mask
                extra += cost
            if free and (found := wish.starts.first(free, most - extra - LITTLE)):
                most = found[0] + extra
                best = most, found[1], tuple(cost for cost, _ in choice)
        if best is None:
            return None
        return Stay(wish, best[0], best[1], _chosen(wish, best[1], best[2], masks))


def _at_least(masks: Iterable[int], count: int) -> int:
    """The starts at which so many can be had."""
    found = [-1] + [0] * count
    for mask in masks:
        for k in range(count, 0, -1):
            found[k] |= found[k - 1] & mask
    return found[count]


def _tiers(wish: Wish, demand: Demand, masks: Masks) -> list[tuple[float, int]]:
    """The starts at which a requirement can be met by resources that cost no more than so much, the least first."""
    count = demand.requirement.count
    if demand.index not in wish.favorites:
        found = _at_least(masks.values(), count)
        return [(0.0, found)] if found else []
    by_price: dict[float, list[int]] = {}
    for resource, mask in masks.items():
        by_price.setdefault(wish.favor(demand, resource), []).append(mask)
    tiers, cheaper = list[tuple[float, int]](), list[int]()
    for price in sorted(by_price):
        cheaper += by_price[price]
        there = _at_least(cheaper, count)
        if there and not (tiers and tiers[-1][1] == there):
            tiers.append((price, there))
    return tiers


def _chosen(wish: Wish, start: int, prices: Sequence[float], masks: Sequence[Masks]) -> Chosen:
    """Of the resources that can be had those that leave the most to others: with the fewest other starts."""
    found: list[tuple[int, str]] = []
    for demand, price, mask in zip(wish.template.demands, prices, masks, strict=True):
        able = [
            (wish.favor(demand, resource), free.bit_count(), resource)
            for resource, free in mask.items()
            if free >> start & 1 and wish.favor(demand, resource) <= price
        ]
        found += [(demand.index, resource) for _, _, resource in sorted(able)[: demand.requirement.count]]
    return tuple(found)


def seats_of(calendar: Calendar, on: date, stay: Stay) -> tuple[Seat, ...]:
    """The seats of a visit."""
    day, found = calendar.day(on), list[Seat]()
    for demand in stay.wish.template.demands:
        need = demand.requirement
        interval = day.interval(stay.start + demand.begin, stay.start + demand.end)
        for index, resource in stay.chosen:
            if index == demand.index:
                load = need.load_on(calendar.resources[resource].capacity)
                found.append(Seat(index, need.capability, resource, interval, load))
    return tuple(found)


def _barred(template: SessionTemplate, stay: Stay) -> int:
    """The starts at which a visit would hold anything while a stay does."""
    (mine, until), (begin, end) = _held(template), _held(stay.wish.template)
    return span(max(0, stay.start + begin - until + 1), max(0, stay.start + end - mine))


def _held(template: SessionTemplate) -> tuple[int, int]:
    """From when until when after its start a visit holds anything."""
    demands = template.demands
    return min((demand.begin for demand in demands), default=0), max((demand.end for demand in demands), default=0)
