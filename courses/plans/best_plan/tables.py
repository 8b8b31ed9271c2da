"""For every date of a search and every home time of day: the least that a session costs there, by whom it meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from courses.plans.best_plan.meeting_again import over_all
from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.offers import NO, Clocks, Costs, Offer, Offers, as_booleans
from courses.plans.openings import Openings
from courses.protocols.session_template import SessionTemplate
from rooms.availability.free_time import bits

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
        self._ramp = (self.clocks - first) * step_price

    def nearest(self, costs: Costs) -> Costs:
        """From the cost of every start (last axis) the least cost, way from home included, for every home."""
        up = np.minimum.accumulate(costs - self._ramp, axis=-1) + self._ramp
        down = np.minimum.accumulate((costs + self._ramp)[..., ::-1], axis=-1)[..., ::-1] - self._ramp
        found: Costs = np.minimum(up, down)
        return found

    def nearest_of(self, offer: Offer) -> Costs:
        """The same from the starts of one offer."""
        found = np.full((*offer.costs.shape[:-1], len(self.clocks)), NO)
        for index, clock in enumerate(offer.clocks):
            np.minimum(found, offer.costs[..., index, None] + self.away(int(clock)), out=found)
        return found

    def away(self, clock: int) -> Costs:
        """What a start costs for every home."""
        cost: Costs = np.abs(self.clocks - clock) * self.step_price
        return cost


@dataclass
class _Dense:
    """The dates of one kind of session side by side: the cost of every start, and what meeting each adds (0 or more, or never)."""

    base: Costs
    met: dict[int, Costs]


class Tables:
    """Costs of visits by who is met and by home time. `special` are offers that differ from what their date offers to others."""

    def __init__(
        self, offers: Offers, openings: Openings, known: Acquaintances, templates: Sequence[SessionTemplate], special: Mapping[Visit, Offer]
    ) -> None:
        self._offers, self._openings, self._known, self._templates, self._special = offers, openings, known, templates, special
        self._dense: dict[str, _Dense] = {}
        self._place: dict[tuple[str, date], int] = {}
        self._nearest: dict[str, Costs] = {}
        self._least: dict[str, Costs] = {}
        self._apart: dict[Visit | tuple[str, date], Costs] = {}
        self._taken: tuple[NDArray[np.int64], dict[str, Costs]] = (np.empty(0, dtype=np.int64), {})

    def home_times(self, visits: Iterable[Visit], clocks: Iterable[int], step_price: float) -> HomeTimes:
        """The homes that the starts of these visits, and some clocks more, leave open."""
        found = list(clocks)
        step = self._offers.step
        for template, on in dict.fromkeys((self._templates[visit.at], visit.on) for visit in visits):
            starts, day = self._openings.starts(template, on), self._openings.calendar.day(on)
            if day.wall is None:
                found += [(starts & -starts).bit_length() // step, (starts.bit_length() - 1) // step]
            else:
                found += [day.wall_minute(minute) // step for minute in bits(starts)]
        return HomeTimes(min(found), max(found), step_price)

    def prepare(self, visits: Iterable[Visit], homes: HomeTimes) -> None:
        """Lay the tables for visits that are each alone on their date."""
        self._homes = homes
        dates: dict[str, list[date]] = {}
        for visit in dict.fromkeys(visits):
            template = self._templates[visit.at]
            if self._is_dense(visit, template) and (template.name, visit.on) not in self._place:
                of_template = dates.setdefault(template.name, [])
                self._place[template.name, visit.on] = len(of_template)
                of_template.append(visit.on)
        by_name = {template.name: template for template in self._templates}
        for name, days in dates.items():
            self._dense[name] = self._lay(by_name[name], days)

    def _is_dense(self, visit: Visit, template: SessionTemplate) -> bool:
        return visit not in self._special and self._openings.calendar.day(visit.on).wall is None and self._offers.is_plain(template)

    def _lay(self, template: SessionTemplate, dates: Sequence[date]) -> _Dense:
        minutes = self._homes.clocks * self._offers.step
        inside = slice(int(minutes[0]), int(minutes[-1]) + 1, self._offers.step)
        free = as_booleans([self._openings.starts(template, on) for on in dates])[:, inside]
        base = np.where(free, np.array([self._offers.base(template, on, minutes, self._homes.clocks) for on in dates]), NO)
        met = {}
        for meeting in self._known.meetings(template):
            n_who = self._known.sizes[meeting.axis]
            costs = np.full((len(dates), n_who, len(minutes)), NO)
            ways = [(k, *way) for k, on in enumerate(dates) for way in self._offers.ways(meeting, on, minutes)]
            rows = as_booleans([mask for _, _, mask, _ in ways])[:, inside]
            if len(ways) == 0:
                met[meeting.axis] = costs
                continue
            if len({who for who, _ in meeting.ways}) == len(meeting.ways) and not self._offers.priced:
                costs[[k for k, *_ in ways], [who for _, who, *_ in ways]] = np.where(rows, 0.0, NO)
            else:
                for row, (k, who, _, price) in zip(rows, ways, strict=True):
                    np.minimum(costs[k, who], np.where(row, price, NO), out=costs[k, who])
            met[meeting.axis] = costs
        return _Dense(base, met)

    def least(self, visit: Visit) -> Costs:
        """For each home the least that a visit costs, whoever is met."""
        template = self._templates[visit.at]
        if not self._is_dense(visit, template):
            return over_all(self._apart_of(visit))
        if (found := self._least.get(template.name)) is None:
            dense = self._dense[template.name]
            costs = dense.base.copy()
            for met in dense.met.values():
                costs += met.min(axis=1)
            found = self._least[template.name] = self._homes.nearest(costs)
        return found[self._place[template.name, visit.on]]

    def nearest(self, visit: Visit, columns: NDArray[np.int64]) -> Costs:
        """The least cost of a visit by who is met and home time, for some homes."""
        template = self._templates[visit.at]
        if not self._is_dense(visit, template):
            apart: Costs = self._apart_of(visit)[..., columns]
            return apart
        place = self._place[template.name, visit.on]
        dense = self._dense[template.name]
        if dense.base.size * int(np.prod([met.shape[1] for met in dense.met.values()])) > ROOM:
            alone: Costs = self._homes.nearest(self._combined(dense, [place]))[0][..., columns]
            return alone
        if template.name not in self._nearest:
            self._nearest[template.name] = self._homes.nearest(self._combined(dense, slice(None)))
        if self._taken[0] is not columns:
            self._taken = (columns, {})
        of_columns = self._taken[1]
        if template.name not in of_columns:
            of_columns[template.name] = self._nearest[template.name][..., columns]
        taken: Costs = of_columns[template.name][place]
        return taken

    def _apart_of(self, visit: Visit) -> Costs:
        key = visit if visit in self._special else (self._templates[visit.at].name, visit.on)
        if key not in self._apart:
            self._apart[key] = self._homes.nearest_of(self.offer(visit))
        return self._apart[key]

    def offer(self, visit: Visit) -> Offer:
        """The starts of a visit and what they cost."""
        offer = self._special.get(visit) or self._offers.of(self._templates[visit.at], visit.on)
        assert offer is not None  # noqa: S101  # a visit is made only of dates with room
        return offer

    def _combined(self, dense: _Dense, places: Sequence[int] | slice) -> Costs:
        n_axes, base = len(self._known.capabilities), dense.base[places]
        costs = base.reshape((len(base),) + (1,) * n_axes + (-1,))
        for axis, met in dense.met.items():
            shape = [len(base)] + [1] * n_axes + [base.shape[-1]]
            shape[1 + axis] = met.shape[1]
            costs = costs + met[places].reshape(shape)
        return costs
