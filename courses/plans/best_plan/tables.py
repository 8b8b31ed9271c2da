"""For every date of a search and every home time of day: the least that a session costs there, by whom it meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.meeting_again import over_all
from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.offers import NO, Clocks, Costs, Offer, Offers, as_booleans
from courses.plans.possible.openings import Openings
from courses.protocols.session_template import SessionTemplate
from rooms.availability.free_time import bits

Columns = NDArray[np.int64]
"""Some of the home times, by their places."""
FEW = 2
"""For so few homes the ways are gone one by one."""
LATELY = 12
"""So many dates are kept where not all are."""
ROOM = 4_000_000
"""So many numbers are kept for all dates at once; above it they are worked out when they are asked for."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One session (from 0) on one date."""

    at: int
    on: date


class HomeTimes:
    """All times of day, in grid steps, at which a course may be at home, and what it costs to start away from it."""

    def __init__(self, first: int, last: int, step_price: float) -> None:
        self.first, self.step_price = first, step_price
        self.clocks: Clocks = np.arange(first, last + 1)

    def nearest(self, costs: Costs) -> Costs:
        """From the cost of every start (last axis) the least cost, way from home included, for every home."""
        by_start = np.ascontiguousarray(np.moveaxis(costs, -1, 0))
        return np.moveaxis(self.spread_out(by_start), 0, -1)

    def spread_out(self, costs: Costs) -> Costs:
        """The same where the starts come first; changes the costs given."""
        by_start = costs.reshape(len(self.clocks), -1)
        for here in range(1, len(by_start)):
            np.minimum(by_start[here], by_start[here - 1] + self.step_price, out=by_start[here])
        for here in range(len(by_start) - 2, -1, -1):
            np.minimum(by_start[here], by_start[here + 1] + self.step_price, out=by_start[here])
        return costs

    def nearest_of(self, offer: Offer) -> Costs:
        """The same from the starts of one offer."""
        found = np.full((*offer.costs.shape[:-1], len(self.clocks)), NO)
        for index, clock in enumerate(offer.clocks):
            np.minimum(found, offer.costs[..., index, None] + self.away(int(clock)), out=found)
        return found

    def cover(self, others: HomeTimes) -> bool:
        """Whether all the others are among these."""
        return self.first <= others.first and others.clocks[-1] <= self.clocks[-1]

    def away(self, clock: int) -> Costs:
        """What a start costs for every home."""
        cost: Costs = np.abs(self.clocks - clock) * self.step_price
        return cost


@dataclass(frozen=True)
class _Laid:
    """One date for one kind of session: the cost of every start, and what meeting each adds (0 or more, or never)."""

    base: Costs
    met: dict[int, Costs]


class _OfTemplate:
    """The dates laid so far for one kind of session, and what was worked out from all of them."""

    def __init__(self) -> None:
        self.place: dict[date, int] = {}
        self.laid: list[_Laid] = []
        self.least: Costs | None = None
        self.nearest: Costs | None = None
        self.columns: Columns | None = None
        self._lately: dict[date, Costs] = {}

    def add(self, on: date, laid: _Laid) -> None:
        """One date more."""
        self.place[on] = len(self.laid)
        self.laid.append(laid)
        self.least = None
        self.forget()

    def forget(self) -> None:
        """What was worked out for some homes is not asked for any more."""
        self.nearest = self.columns = None
        self._lately.clear()

    def lately(self, on: date, find: Callable[[_Laid], Costs]) -> Costs:
        """What was found for a date, where that is not long ago: a search goes through the dates nearly in order."""
        found = self._lately.get(on)
        if found is None:
            found = self._lately[on] = find(self.laid[self.place[on]])
            if len(self._lately) > LATELY:
                del self._lately[next(iter(self._lately))]
        return found


class Tables:
    """Costs of visits by who is met and by home time. `special` are offers that differ from what their date offers to others."""

    def __init__(
        self,
        offers: Offers,
        openings: Openings,
        known: Acquaintances,
        templates: Sequence[SessionTemplate],
        special: Mapping[Visit, Offer],
        homes: HomeTimes,
    ) -> None:
        self._offers, self._openings, self._known, self._templates, self._special = offers, openings, known, templates, special
        self.homes = homes
        self._minutes = homes.clocks * offers.step
        self._tables = {template.name: _OfTemplate() for template in templates}
        self._plain = {template.name: offers.is_plain(template) for template in templates}
        self._apart: dict[Visit | tuple[str, date], Costs] = {}
        self._apart_least: dict[Visit | tuple[str, date], Costs] = {}

    def lay(self, visits: Iterable[Visit]) -> None:
        """Lay the tables for visits that are each alone on their date."""
        wanted: dict[str, tuple[SessionTemplate, list[date]]] = {}
        for visit in visits:
            template = self._templates[visit.at]
            if self._is_dense(visit) and visit.on not in self._tables[template.name].place:
                wanted.setdefault(template.name, (template, []))[1].append(visit.on)
        for template, dates in wanted.values():
            self._lay(template, list(dict.fromkeys(dates)))

    def _is_dense(self, visit: Visit) -> bool:
        plain = self._plain[self._templates[visit.at].name]
        special = bool(self._special) and visit in self._special
        return plain and not special and self._openings.calendar.day(visit.on).wall is None

    def _lay(self, template: SessionTemplate, dates: Sequence[date]) -> None:
        table, minutes, step = self._tables[template.name], self._minutes, self._offers.step
        inside = slice(int(minutes[0]), int(minutes[-1]) + 1, step)
        free = as_booleans([self._openings.starts(template, on) for on in dates])[:, inside]
        met = self._met(template, dates, inside)
        window = None if self._offers.priced else self._offers.base(template, dates[0], minutes, self.homes.clocks)
        for index, on in enumerate(dates):
            base = self._offers.base(template, on, minutes, self.homes.clocks) if window is None else window
            table.add(on, _Laid(np.where(free[index], base, NO), {axis: costs[index] for axis, costs in met.items()}))

    def _met(self, template: SessionTemplate, dates: Sequence[date], inside: slice) -> dict[int, Costs]:
        """For each axis what meeting each adds at every start, date by date."""
        found = {}
        for meeting in self._known.meetings(template):
            ways = [(k, *way) for k, on in enumerate(dates) for way in self._offers.ways(meeting, on, self._minutes)]
            costs = found[meeting.axis] = np.full((len(dates), self._known.sizes[meeting.axis], len(self._minutes)), NO)
            if not ways:
                continue
            rows = as_booleans([mask for _, _, mask, _ in ways])[:, inside]
            if not self._offers.priced and meeting.one_way_each:
                costs[[k for k, *_ in ways], [who for _, who, *_ in ways]] = np.where(rows, 0.0, NO)
                continue
            for row, (k, who, _, price) in zip(rows, ways, strict=True):
                np.minimum(costs[k, who], np.where(row, price, NO), out=costs[k, who])
        return found

    def least(self, visit: Visit) -> Costs:
        """For each home the least that a visit costs, whoever is met."""
        if not self._is_dense(visit):
            key = self._key(visit)
            if key not in self._apart_least:
                self._apart_least[key] = over_all(self._apart_of(visit))
            return self._apart_least[key]
        table = self._tables[self._templates[visit.at].name]
        if table.least is None:
            costs = np.array([laid.base for laid in table.laid])
            for axis in table.laid[0].met:
                costs += np.array([laid.met[axis].min(axis=0) for laid in table.laid])
            table.least = np.ascontiguousarray(self.homes.nearest(costs))
        least: Costs = table.least[table.place[visit.on]]
        return least

    def nearest(self, visit: Visit, columns: Columns) -> Costs:
        """The least cost of a visit by who is met and home time, for some homes."""
        if not self._is_dense(visit):
            apart: Costs = self._apart_of(visit)[..., columns]
            return apart
        table = self._tables[self._templates[visit.at].name]
        if len(columns) <= FEW:
            return self._direct(table.laid[table.place[visit.on]], columns)
        if table.columns is not columns:
            table.forget()
            table.columns, table.nearest = columns, self._of_all(table, columns)
        if table.nearest is None:
            return table.lately(visit.on, lambda laid: self._spread([laid], columns)[0])
        nearest: Costs = table.nearest[table.place[visit.on]]
        return nearest

    def _direct(self, laid: _Laid, columns: Columns) -> Costs:
        there = np.flatnonzero(np.isfinite(laid.base))
        costs = self._by_start([laid], there)[:, 0]
        away = [(costs + self._along(self.homes.away(int(self.homes.clocks[column]))[there])).min(axis=0) for column in columns]
        return np.stack(away, axis=-1)

    def _along(self, costs: Costs) -> Costs:
        return costs.reshape((-1,) + (1,) * len(self._known.capabilities))

    def _of_all(self, table: _OfTemplate, columns: Columns) -> Costs | None:
        """All dates at once, where that is not too much."""
        laid = table.laid[0]
        if len(table.laid) * laid.base.size * int(np.prod([len(met) for met in laid.met.values()])) > ROOM:
            return None
        return self._spread(table.laid, columns)

    def _spread(self, laid: Sequence[_Laid], columns: Columns) -> Costs:
        costs = self.homes.spread_out(self._by_start(laid, slice(None)))
        return np.ascontiguousarray(np.moveaxis(costs[columns], 0, -1))

    def _by_start(self, laid: Sequence[_Laid], starts: Clocks | slice) -> Costs:
        """The cost of each start (first axis) on each date, by who is met."""
        n_axes = len(self._known.capabilities)
        costs = np.ascontiguousarray(np.array([each.base[starts] for each in laid]).T)
        costs = costs.reshape(costs.shape + (1,) * n_axes)
        for axis in laid[0].met:
            met = np.ascontiguousarray(np.array([each.met[axis][:, starts] for each in laid]).transpose(2, 0, 1))
            costs = costs + met.reshape(met.shape[:2] + tuple(self._known.sizes[axis] if k == axis else 1 for k in range(n_axes)))
        return costs

    def _key(self, visit: Visit) -> Visit | tuple[str, date]:
        return visit if visit in self._special else (self._templates[visit.at].name, visit.on)

    def _apart_of(self, visit: Visit) -> Costs:
        key = self._key(visit)
        if key not in self._apart:
            self._apart[key] = self.homes.nearest_of(self.offer(visit))
        return self._apart[key]

    def offer(self, visit: Visit) -> Offer:
        """The starts of a visit and what they cost."""
        offer = self._special.get(visit) or self._offers.of(self._templates[visit.at], visit.on)
        assert offer is not None  # noqa: S101  # a visit is made only of dates with room
        return offer

    def best_start(self, visit: Visit, who: Sequence[int | None], home: int) -> tuple[int, float]:
        """The start, in elapsed minutes, that costs least for a home with these met, and its cost."""
        at_home = int(self.homes.clocks[home])
        if self._is_dense(visit):
            table = self._tables[self._templates[visit.at].name]
            laid = table.laid[table.place[visit.on]]
            costs = laid.base + sum(met[who[axis] or 0] for axis, met in laid.met.items()) + self.homes.away(at_home)
            best = int(np.argmin(costs))
            return int(self._minutes[best]), float(costs[best])
        offer = self.offer(visit)
        costs = offer.costs[tuple(0 if one is None else one for one in who)]
        costs = costs + np.abs(offer.clocks - at_home) * self.homes.step_price
        best = int(np.argmin(costs))
        return int(offer.minutes[best]), float(costs[best])


def home_times(openings: Openings, visits: Iterable[tuple[SessionTemplate, date]], clocks: Iterable[int], step_price: float) -> HomeTimes:
    """The homes that the starts of these visits, and some clocks more (in grid steps), leave open."""
    found, step = list(clocks), openings.calendar.site.granularity_minutes
    for template, on in visits:
        starts, day = openings.starts(template, on), openings.calendar.day(on)
        if day.wall is None:
            found += [((starts & -starts).bit_length() - 1) // step, (starts.bit_length() - 1) // step]
        else:
            found += [day.wall_minute(minute) // step for minute in bits(starts)]
    return HomeTimes(min(found), max(found), step_price)
