"""For every date of a search and every home time of day: the least that a session costs there, by whom it meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.graph import Visit
from courses.plans.best_plan.meeting_again import over_all
from courses.plans.best_plan.met import Meeting
from courses.plans.best_plan.offers import NO, Clocks, Costs, Offer, Offers
from courses.plans.best_plan.rows import DateRows, Flags
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
        by_start = list(costs.reshape(len(self.clocks), -1))
        away = np.empty_like(by_start[0])
        for rows in (by_start, by_start[::-1]):
            for before, here in pairwise(rows):
                np.add(before, self.step_price, out=away)
                np.minimum(here, away, out=here)
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


class _OfTemplate:
    """The dates laid so far for one kind of session: by date the cost of every start, what meeting each adds (0 or more, or never), and
    what was worked out from that."""

    def __init__(self) -> None:
        self.place: dict[date, int] = {}
        self.base: Costs = np.zeros((0, 0))
        self.met: dict[int, Costs] = {}
        self.whoever: Costs = np.zeros((0, 0))
        self.least: Costs | None = None
        self.asked: list[date] = []
        self.nearest: Costs | None = None
        self.row: dict[date, int] = {}
        self.columns: Columns | None = None
        self._lately: dict[int, Costs] = {}

    def add(self, dates: Sequence[date], base: Costs, met: dict[int, Costs]) -> None:
        """Some dates more."""
        whoever = base.copy()
        for costs in met.values():
            whoever += costs.min(axis=1)
        if self.place:
            whoever = np.concatenate([self.whoever, whoever])
            base = np.concatenate([self.base, base])
            met = {axis: np.concatenate([self.met[axis], costs]) for axis, costs in met.items()}
        self.place |= {on: index for index, on in enumerate(dates, len(self.place))}
        self.base, self.met, self.whoever = base, met, whoever
        self.least = None
        self.forget()

    def forget(self) -> None:
        """What was worked out for some homes is not asked for any more."""
        self.nearest = self.columns = None
        self._lately.clear()

    def lately(self, place: int, find: Callable[[int], Costs]) -> Costs:
        """What was found for a date, where that is not long ago: a search goes through the dates nearly in order."""
        found = self._lately.get(place)
        if found is None:
            found = self._lately[place] = find(place)
            if len(self._lately) > LATELY:
                del self._lately[next(iter(self._lately))]
        return found

    def places(self, dates: Sequence[date]) -> list[int]:
        """Where they are."""
        return [self.place[on] for on in dates]


class Tables:
    """Costs of visits by who is met and by home time. `special` are offers that differ from what their date offers to others."""

    def __init__(
        self,
        offers: Offers,
        rows: DateRows,
        templates: Sequence[SessionTemplate],
        special: Mapping[Visit, Offer],
        homes: HomeTimes,
    ) -> None:
        self._offers, self._rows, self._openings, self._known = offers, rows, rows.openings, rows.known
        self._templates, self._special = templates, special
        self.homes = homes
        self._minutes = homes.clocks * offers.step
        self._tables = {template.name: _OfTemplate() for template in templates}
        self._apart: dict[Visit | tuple[str, date], Costs] = {}
        self._apart_least: dict[Visit | tuple[str, date], Costs] = {}

    def lay(self, visits: Iterable[Visit]) -> None:
        """Lay the tables for visits that are each alone on their date; what is asked next is about these."""
        wanted: dict[str, tuple[SessionTemplate, dict[date, None]]] = {}
        for visit in visits:
            template = self._templates[visit.at]
            if visit.on in self._tables[template.name].place or self._is_dense(visit):
                wanted.setdefault(template.name, (template, {}))[1][visit.on] = None
        for template, dates in wanted.values():
            table = self._tables[template.name]
            if new := [on for on in dates if on not in table.place]:
                self._lay(template, new)
            table.asked = list(dates)
            table.forget()

    def lay_dates(self, template: SessionTemplate, dates: Iterable[date]) -> None:
        """The same for one kind of session on several dates, where no offers are special."""
        there = self._tables[template.name].place
        day, plain = self._openings.calendar.day, self._rows.is_plain(template)
        new = [on for on in dates if on not in there and plain and day(on).wall is None]
        if new:
            self._lay(template, new)

    def _is_dense(self, visit: Visit) -> bool:
        if self._special and visit in self._special:
            return False
        return self._rows.is_plain(self._templates[visit.at]) and self._openings.calendar.day(visit.on).wall is None

    def _lay(self, template: SessionTemplate, dates: Sequence[date]) -> None:
        rows, inside = self._rows.of(template, dates), slice(self.homes.first, int(self.homes.clocks[-1]) + 1)
        free = np.array([row.free[inside] for row in rows])
        base = np.where(free, self._offers.bases(template, dates, self.homes.clocks, self._rows), NO)
        met = {}
        for meeting in self._known.meetings(template):
            flags = np.array([row.met[meeting.axis][:, inside] for row in rows])
            met[meeting.axis] = self._met(meeting, dates, flags)
        self._tables[template.name].add(dates, base, met)

    def _met(self, meeting: Meeting, dates: Sequence[date], flags: Flags) -> Costs:
        """What meeting each adds at every start, date by date."""
        prices: Costs | float = 0.0
        pooled = {demand.index: self._offers.prices_of_pool(demand, dates, self._minutes) for demand in meeting.demands}
        for k, demand in enumerate(meeting.demands):
            if (each := pooled[demand.index]) is not None:
                pool = [resource.id for resource in self._openings.calendar.pool(demand.requirement.capability)]
                for chosen in zip(*(map(pool.index, way[k]) for _, way in meeting.ways), strict=True):
                    prices = prices + each[:, list(chosen)]
        of_ways = np.where(flags, prices, NO)
        if [who for who, _ in meeting.ways] == list(range(self._known.sizes[meeting.axis])):
            return of_ways
        costs = np.full((len(dates), self._known.sizes[meeting.axis], len(self._minutes)), NO)
        if meeting.one_way_each:
            costs[:, [who for who, _ in meeting.ways]] = of_ways
            return costs
        for index, (who, _) in enumerate(meeting.ways):
            np.minimum(costs[:, who], of_ways[:, index], out=costs[:, who])
        return costs

    def least_by_day(self, template: SessionTemplate, first: date, n_days: int) -> Costs:
        """For each of so many days the least that a visit costs there, wherever home is; no number (`nan`) where that is not laid."""
        table, by_day = self._tables[template.name], np.full(n_days, np.nan)
        if table.place:
            by_day[[(on - first).days for on in table.place]] = table.whoever.min(axis=1)
        return by_day

    def alike(self, at: int) -> tuple[str, int]:
        """What tells sessions apart that do not cost the same on the same dates."""
        return self._templates[at].name, at if self._special else -1

    def least(self, visit: Visit) -> Costs:
        """For each home the least that a visit costs, whoever is met."""
        least: Costs = self.leasts(visit.at, [visit.on])[0]
        return least

    def leasts(self, at: int, dates: Sequence[date]) -> Costs:
        """The same for a session on several dates, date by date."""
        if not dates:
            return np.zeros((0, len(self.homes.clocks)))
        table = self._tables[self._templates[at].name]
        if self._all_laid(table, at, dates):
            if table.least is None:
                self._work_out_leasts()
            assert table.least is not None  # noqa: S101  # it was just worked out
            least: Costs = table.least[table.places(dates)]
            return least
        return np.array([self._least_apart(Visit(at, on)) for on in dates])

    def _work_out_leasts(self) -> None:
        """For all kinds of session at once, as it takes hardly longer than for one."""
        tables = [table for table in self._tables.values() if table.least is None and table.place]
        least = np.ascontiguousarray(self.homes.nearest(np.concatenate([table.whoever for table in tables])))
        for table, end in zip(tables, np.cumsum([len(table.place) for table in tables]).tolist(), strict=True):
            table.least = least[end - len(table.place) : end]

    def _all_laid(self, table: _OfTemplate, at: int, dates: Sequence[date]) -> bool:
        """Whether the dates are all in the table, with nothing special about the session there."""
        if self._special and any(Visit(at, on) in self._special for on in dates):
            return False
        return all(on in table.place for on in dates)

    def _least_apart(self, visit: Visit) -> Costs:
        if self._is_dense(visit):
            return self.least(visit)
        key = self._key(visit)
        if key not in self._apart_least:
            self._apart_least[key] = over_all(self._apart_of(visit))
        return self._apart_least[key]

    def nearests(self, at: int, dates: Sequence[date], columns: Columns) -> Costs:
        """The least cost of a session on several dates by who is met and home time, for some homes, date by date."""
        table = self._tables[self._templates[at].name]
        if not self._all_laid(table, at, dates):
            return np.array([self._nearest_apart(Visit(at, on), columns) for on in dates])
        if table.columns is not columns or not all(on in table.row for on in dates):
            table.asked = list(dict.fromkeys([*table.asked, *dates]))
            self._work_out_nearest(table, columns)
        if table.nearest is None:
            return np.array(
                [table.lately(place, lambda place: self._spread([(table, [place])], columns)[0]) for place in table.places(dates)]
            )
        return table.nearest[[table.row[on] for on in dates]]

    def _nearest_apart(self, visit: Visit, columns: Columns) -> Costs:
        dense = self._is_dense(visit)
        found: Costs = self.nearests(visit.at, [visit.on], columns)[0] if dense else self._apart_of(visit)[..., columns]
        return found

    def _work_out_nearest(self, asked: _OfTemplate, columns: Columns) -> None:
        """For all dates asked about at once, where that is not too much, and for those of other kinds of session that meet the same."""
        like = [table for table in self._tables.values() if table.asked and table.met.keys() == asked.met.keys()]
        n_dates = sum(len(table.asked) for table in like)
        fits = n_dates * len(self._minutes) * int(np.prod([met.shape[1] for met in asked.met.values()])) <= ROOM
        nearest = self._spread([(table, table.places(table.asked)) for table in like], columns) if fits else None
        end = 0
        for table in like:
            table.forget()
            begin, end = end, end + len(table.asked)
            table.columns, table.nearest = columns, None if nearest is None else nearest[begin:end]
            table.row = {on: row for row, on in enumerate(table.asked)}

    def _spread(self, asked: Sequence[tuple[_OfTemplate, Sequence[int]]], columns: Columns) -> Costs:
        """Date by date, for some homes."""
        if len(columns) <= FEW:
            there = np.flatnonzero(np.any([np.isfinite(table.base[places]).any(axis=0) for table, places in asked], axis=0))
            costs = np.concatenate([self._by_start(table, places, there) for table, places in asked], axis=1)
            away = [self.homes.away(int(self.homes.clocks[column]))[there] for column in columns]
            few: Costs = np.stack([(costs + each.reshape((-1,) + (1,) * (costs.ndim - 1))).min(axis=0) for each in away], axis=-1)
            return few
        spread = self.homes.spread_out(np.concatenate([self._by_start(table, places, slice(None)) for table, places in asked], axis=1))
        return np.ascontiguousarray(np.moveaxis(spread[columns], 0, -1))

    def _by_start(self, table: _OfTemplate, places: Sequence[int], starts: Clocks | slice) -> Costs:
        """The cost of each start (first axis) on each date, by who is met."""
        n_axes = len(self._known.capabilities)
        costs = np.ascontiguousarray(table.base[places][:, starts].T)
        costs = costs.reshape(costs.shape + (1,) * n_axes)
        for axis, each in table.met.items():
            met = np.ascontiguousarray(each[places][:, :, starts].transpose(2, 0, 1))
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
            place = table.place[visit.on]
            costs = table.base[place] + sum(met[place, who[axis] or 0] for axis, met in table.met.items()) + self.homes.away(at_home)
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
