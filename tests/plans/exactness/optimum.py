"""The least cost of one course by trying every date, start and resource: written from the clinic file's description alone."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from tests.plans.date_rules import template_name
from tests.plans.every_way import EveryWay, Load, Met, Option
from tests.plans.ideal_dates import ideal_dates
from tests.plans.site_facts import Document, SiteFacts, clock

Costs = NDArray[np.float64]
"""For each time of day that could be home, the least cost of what is left, spread counted from there; infinite where nothing is."""


def least_cost(document: Document, last_day: date) -> float | None:
    """The least cost of the only course of a clinic file with no session after a day; None where it has no place."""
    facts = SiteFacts(document)
    (course,) = facts.courses.values()
    return Optimum(facts, course).cost(last_day)


class Optimum(EveryWay):
    """Tries all that `EveryWay` tries and weighs it all. Spread is the sum of distances to the median, which is the least to any home."""

    def cost(self, last_day: date) -> float | None:
        """The least cost of the whole course; None where there is no way."""
        self._last_day = last_day
        self._ideal = ideal_dates(self.places, self.start, self.facts.is_open)
        self._homes = np.arange(0, 24 * 60, self.facts.grid)
        self._least: dict[object, Costs] = {}
        found = float(self._after((), None, (), ()).min())
        return None if found == np.inf else found

    def _after(self, days: tuple[date, ...], over: datetime | None, tails: tuple[Load, ...], met: Met) -> Costs:
        at = len(days)
        if at == len(self.places):
            return np.zeros(len(self._homes))
        if not self._can_join(at):
            over, tails = None, ()
        key = (days, over, tails, met)
        if key not in self._least:
            self._least[key] = self._cheapest(at, days, over, tails, met)
        return self._least[key]

    def _can_join(self, at: int) -> bool:
        """Whether a session may be on the date of the one before it."""
        place = self.places[at]
        return place.per_day > 1 or int(place.phase.get("min_gap_days", 1)) == 0

    def _cheapest(self, at: int, days: tuple[date, ...], over: datetime | None, tails: tuple[Load, ...], met: Met) -> Costs:
        best = np.full(len(self._homes), np.inf)
        for day in self._days(at, days):
            for option in self._options_on(at, day):
                if not self._follows(at, day, days, over, option) or not self._fits(tails, option):
                    continue
                left = tuple(sorted(load for load in (*tails, *option.loads) if load[2] > option.end))
                now_met, was = self._met(at, met, option), dict(met)
                changes = sum(was.get(capability, who) != who for capability, who in now_met)
                rest = self._after((*days, day), option.end, left, self._asked_again(at, now_met))
                best = np.minimum(best, rest + self._own(at, days, day, option) + self.facts.weights["change"] * changes)
        return best

    def _fits(self, tails: tuple[Load, ...], option: Option) -> bool:
        return not tails or all(self._bears(load, (*tails, *option.loads)) for load in option.loads)

    def _own(self, at: int, days: tuple[date, ...], day: date, option: Option) -> Costs:
        """What a session costs by its date and start, for each home."""
        weights, wall = self.facts.weights, self.facts.wall(option.start)
        cost = weights["delay_day"] * (day - self._ideal[at]).days if self._ideal else 0
        window = self.course.get("prefer", {}).get("window")
        if window is not None and not clock(window[0]) <= wall <= clock(window[1]):
            cost += weights["outside_window"]
        if self.places[at].per_day == 1 or day not in days[-1:]:
            away: Costs = np.abs(self._homes - wall) / self.facts.grid
            apart: Costs = cost + weights["spread_step"] * away
            return apart
        return np.full(len(self._homes), float(cost))

    def _asked_again(self, at: int, met: Met) -> Met:
        """Who met those capabilities last that a session after this one asks for with continuity."""
        names = {template_name(self.protocol, number + 1) for number in range(at + 1, len(self.places))}
        templates = [self.protocol["session_templates"][name] for name in sorted(names)]
        wanted = {each["capability"] for template in templates for each in template.get("requirements", []) if each.get("continuity")}
        return tuple(entry for entry in met if entry[0] in wanted)
