"""The search for the starts of a day that hold the most visits and, of those, lie closest to evenly through it.

A beam over the starts of the day in order. Each state is a day so far; beside one another stand days of each number of visits, those
nearest to even and those with the most room left. What a state can still reach is bounded, so that hopeless ones fall out. The number
found is the most there can be where it meets the bound, and close to it elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from courses.plans.start_templates.roster_day import Numbers, RosterDay, Truths

EFFORT = 300
"""States kept for each number of visits, times resources: more find a little more on days that are hard, in more time."""

FoundVisit = tuple[int, tuple[int, ...]]
"""A start in minutes and, for each requirement that takes load and each of its count, the resource by its place in the roster."""


@dataclass(frozen=True)
class _Days:
    """Many days so far, one in each row: what is free from the present start on, how many visits, how far from even, and which."""

    free: Numbers
    n_visits: Numbers
    uneven: NDArray[np.float64]
    places: Numbers

    def only(self, chosen: NDArray[np.intp] | Truths) -> _Days:
        return _Days(self.free[chosen], self.n_visits[chosen], self.uneven[chosen], self.places[chosen])


def most_visits(day: RosterDay) -> tuple[FoundVisit, ...]:
    """The visits of the fullest day found, in the order of their starts."""
    wanted = day.most
    while wanted > 0:
        found, wanted = _Search(day, wanted).run()
        if found:
            return found
    return ()


class _Search:
    """A day of so many visits."""

    def __init__(self, day: RosterDay, n_wanted: int) -> None:
        self._day, self._n_wanted = day, n_wanted
        self._width = max(1, EFFORT // max(1, len(day.resources)))
        self._even = np.append(np.linspace(day.starts[0], day.starts[-1], n_wanted), 0.0)

    def run(self) -> tuple[tuple[FoundVisit, ...], int]:
        """The visits found, or none and the next number that is worth a search."""
        day, days = self._day, self._empty()
        for at, start in enumerate(day.starts):
            days = self._with_visits(days, at)
            following = day.starts[at + 1] if at + 1 < len(day.starts) else None
            reach = days.n_visits.copy()
            if following is not None:
                days = self._later(days, following - start)
                reach += day.most_beside(days.free, following)
            if reach.max() < self._n_wanted:
                return (), int(reach.max())
            days = days.only(self._best(days, reach >= self._n_wanted))
        best = days.places[int(days.uneven.argmin())]
        return tuple((int(place[0]), tuple(int(resource) for resource in place[1:])) for place in best), 0

    def _empty(self) -> _Days:
        day = self._day
        n_seats = sum(asked.demand.requirement.count for asked in day.asked)
        free = np.repeat(day.capacity[None, :, None], day.length, axis=2)
        return _Days(free, np.zeros(1, np.int64), np.zeros(1), np.zeros((1, self._n_wanted, 1 + n_seats), np.int64))

    def _with_visits(self, days: _Days, at: int) -> _Days:
        """The days with none, one, two ... visits more that begin at a start."""
        layers = [days]
        for spread in (True, False):
            more = days
            while len((more := self._with_one(more.only(more.n_visits < self._n_wanted), at, spread=spread)).free):
                layers.append(more)
        return _Days(*(np.concatenate([getattr(layer, field.name) for layer in layers]) for field in fields(_Days)))

    def _with_one(self, days: _Days, at: int, *, spread: bool) -> _Days:
        fits, free, places = self._seated(days, at, spread=spread)
        start = self._day.starts[at]
        places[:, 0] = start
        rows = np.arange(len(days.free))
        all_places = days.places.copy()
        all_places[rows, np.minimum(days.n_visits, self._n_wanted - 1)] = places
        uneven = days.uneven + np.abs(self._even[days.n_visits] - start)
        return _Days(free, days.n_visits + 1, uneven, all_places).only(fits)

    def _seated(self, days: _Days, at: int, *, spread: bool) -> tuple[Truths, Numbers, Numbers]:
        """Each day with one visit more: on the resources with the most room, as loads spread out leave room for one that is large, or
        on those with the least, as a resource kept free can go home or bear a long visit."""
        free, rows = days.free.copy(), np.arange(len(days.free))
        fits = np.ones(len(rows), np.bool_)
        places = np.zeros((len(rows), days.places.shape[2]), np.int64)
        seat = 0
        for asked in self._day.asked:
            used = np.zeros(free.shape[:2], np.bool_)
            for _ in range(asked.demand.requirement.count):
                part = free[:, :, asked.begin : asked.end]
                able = asked.allowed[None, :, at] & (part.min(axis=2) >= asked.loads) & ~used
                room = part.sum(axis=2)
                chosen = np.where(able, room if spread else -room, -(1 << 40)).argmax(axis=1)
                fits &= able[rows, chosen]
                free[rows, chosen, asked.begin : asked.end] -= asked.loads[chosen][:, None]
                used[rows, chosen] = True
                seat += 1
                places[:, seat] = chosen
        return fits, free, places

    def _later(self, days: _Days, minutes: int) -> _Days:
        """The days as they are seen from a later start."""
        by = min(minutes // self._day.step, self._day.length)
        fresh = np.broadcast_to(self._day.capacity[None, :, None], (*days.free.shape[:2], by))
        return _Days(np.concatenate([days.free[:, :, by:], fresh], axis=2), days.n_visits, days.uneven, days.places)

    def _best(self, days: _Days, hopeful: Truths) -> NDArray[np.intp]:
        """Of each number of visits, the days nearest to even and those with the most room."""
        there = np.flatnonzero(hopeful)
        room = days.free[there].sum(axis=(1, 2))
        uneven, n_visits = days.uneven[there], days.n_visits[there]
        chosen = [self._first_of_each(n_visits, order) for order in (np.lexsort((uneven, n_visits)), np.lexsort((uneven, -room, n_visits)))]
        return there[np.unique(np.concatenate(chosen))]

    def _first_of_each(self, n_visits: Numbers, order: NDArray[np.intp]) -> NDArray[np.intp]:
        sorted_counts = n_visits[order]
        place = np.arange(len(order)) - np.searchsorted(sorted_counts, sorted_counts, side="left")
        return order[place < self._width]


def visits_of(found: Sequence[FoundVisit], day: RosterDay) -> list[tuple[int, dict[int, tuple[str, ...]]]]:
    """The visits with the ids of their resources by the requirement's place in the session template."""
    named = []
    for start, resources in found:
        left = iter(resources)
        seats = {
            asked.demand.index: tuple(day.resources[next(left)].id for _ in range(asked.demand.requirement.count)) for asked in day.asked
        }
        named.append((start, seats))
    return named
