"""Several sessions on one date: chains of starts with short gaps, for every home time and everyone who may be met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from courses.plans.best_plan.crossing import Chain, after_chain, chain_back
from courses.plans.best_plan.graph import Visit
from courses.plans.best_plan.meeting_again import MeetingAgain, least_of, where_least
from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.offers import NO, Costs, Offer
from courses.plans.best_plan.tables import Tables
from courses.plans.plan import Seat
from courses.plans.possible.runs import Run, Runs
from rooms.availability.free_time import bits

MOST_WAYS = 20_000
"""Above so many starts times those who may be met, turnovers that reach into the next session are heeded for room only."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A session's place in the cheapest way: its start in elapsed minutes of its date, and who is met on each axis (None: not asked)."""

    at: int
    on: date
    start: int
    who: tuple[int | None, ...]
    seats: tuple[Seat, ...] = ()
    """Resources that only together with those of the other sessions of the date work out."""


class OneDate:
    """Values of the runs of a course. The first session of a date counts for the spread; where a date holds one at most, each does.

    `heeds_crossing`: the seats of each session heed the turnovers of those before it on the date. Without, the values are bounds from
    below. `is_exact` turns false where so many ways lead through a date that not all were gone.
    """

    def __init__(self, runs: Runs, tables: Tables, known: Acquaintances, again: MeetingAgain, begun_on: date | None) -> None:
        self._runs, self._tables, self._known, self._again, self._begun_on = runs, tables, known, again, begun_on
        self._homes = tables.homes
        self.is_exact, self.heeds_crossing = True, False
        self._least: dict[tuple[Run, date], Costs] = {}
        self._offers: dict[tuple[Run, date], list[Offer]] = {}

    def is_alone(self, run: Run, on: date) -> bool:
        """Whether a run is one session that has its date for itself."""
        return run.length == 1 and not (on == self._begun_on and self._runs.slot(run.first).spacing.per_day > 1)

    def _counts(self, run: Run, on: date, k: int) -> bool:
        at = run.first + k
        return self._runs.slot(at).spacing.per_day == 1 or (k == 0 and on != self._begun_on)

    def offers(self, run: Run, on: date) -> list[Offer]:
        """What the date offers each session; to the first only starts from which the run has a place."""
        if (run, on) not in self._offers:
            found = [self._tables.offer(Visit(at, on)) for at in range(run.first, run.first + run.length)]
            able = set(bits(self._runs.starts(run, on)))
            first = [index for index, minute in enumerate(found[0].minutes) if int(minute) in able]
            found[0] = Offer(found[0].minutes[first], found[0].clocks[first], found[0].costs[..., first])
            self._offers[run, on] = found
        return self._offers[run, on]

    def _windows(self, run: Run, offers: Sequence[Offer], k: int) -> list[slice]:
        """For each start of session k the starts of the session before it after which it can begin then."""
        least, most = self._runs.gaps(run.first + k - 1)
        before, starts = offers[k - 1].minutes, offers[k].minutes
        begins, ends = np.searchsorted(before, starts - most), np.searchsorted(before, starts - least, side="right")
        return [slice(*window) for window in zip(begins.tolist(), ends.tolist(), strict=True)]

    def least(self, run: Run, on: date) -> Costs:
        """For every home the least that the run costs, whoever is met."""
        if (run, on) not in self._least:
            self._least[run, on] = self._find_least(run, on)
        return self._least[run, on]

    def _find_least(self, run: Run, on: date) -> Costs:
        """From the last session back: what a start costs with all that follows it, for every home where that makes a difference."""
        offers = self.offers(run, on)
        rest: Costs | None = None
        for k in range(run.length - 1, -1, -1):
            offer = offers[k]
            now = offer.costs.reshape(-1, offer.costs.shape[-1]).min(axis=0)[:, None]
            if self._counts(run, on, k):
                now = now + self._away(offer, counts=True)
            if rest is not None:
                least, most = self._runs.gaps(run.first + k)
                begins = np.searchsorted(offers[k + 1].minutes, offer.minutes + least)
                ends = np.searchsorted(offers[k + 1].minutes, offer.minutes + most, side="right")
                now = now + _least_between(rest, begins, ends)
            rest = now
        assert rest is not None  # noqa: S101  # a run has a session
        least_of_all: Costs = rest.min(axis=0) + np.zeros(len(self._homes.clocks))
        return least_of_all

    def _away(self, offer: Offer, *, counts: bool) -> Costs:
        n_homes = len(self._homes.clocks)
        return np.array([self._homes.away(int(clock)) if counts else np.zeros(n_homes) for clock in offer.clocks])

    def forward(self, values: Costs, run: Run, on: date, columns: np.ndarray) -> Costs:
        """The values after the run."""
        if self._crosses(run, on):
            return after_chain(self._chain(run, on, columns).walk(values), values)
        if not any(self._again.asked[at] for at in range(run.first, run.first + run.length)):
            plain: Costs = values + self.least(run, on)[columns]
            return plain
        last = least_of(way for way in self._ways(values, run, on, columns)[-1] if way is not None)
        return np.full(values.shape, NO) if last is None else last

    def _crosses(self, run: Run, on: date) -> bool:
        """Whether turnovers that reach from session to session are heeded, and not too many ways lead through them."""
        if not self.heeds_crossing or not self._runs.entangled(run):
            return False
        n_ways = int(np.prod(self._known.sizes)) * sum(len(offer.minutes) for offer in self.offers(run, on))
        self.is_exact = self.is_exact and n_ways <= MOST_WAYS
        return n_ways <= MOST_WAYS

    def _chain(self, run: Run, on: date, columns: np.ndarray) -> Chain:
        offers = self.offers(run, on)
        away = [self._away(offer, counts=self._counts(run, on, k))[:, columns] for k, offer in enumerate(offers)]
        return Chain(self._runs, self._known, self._again, run, on, offers, away)

    def _back_along(self, values: Costs, run: Run, on: date, column: int, who: Sequence[int]) -> tuple[list[Turn], tuple[int, ...]]:
        chain = chain_back(self._chain(run, on, np.array([column])).walk(values), tuple(who))
        asked = self._again.asked
        turns = [
            Turn(at, on, stand.minute, tuple(one if axis in asked[at] else None for axis, one in enumerate(stand.met)), came.seats)
            for at, (stand, came) in enumerate(chain, run.first)
        ]
        return turns, where_least(values[..., 0] + self._again.price_to(run.first, chain[0][0].met))

    def _ways(self, values: Costs, run: Run, on: date, columns: np.ndarray) -> list[list[Costs | None]]:
        """For each session of the run and each of its starts the values after it; None where nothing leads there."""
        offers, found = self.offers(run, on), list[list[Costs | None]]()
        for k, offer in enumerate(offers):
            at, ways = run.first + k, list[Costs | None]()
            away = self._away(offer, counts=self._counts(run, on, k))[:, columns]
            begin = self._again.step(values, at)
            windows = self._windows(run, offers, k) if k > 0 else []
            for index in range(len(offer.minutes)):
                came = begin if k == 0 else least_of(way for way in found[-1][windows[index]] if way is not None)
                came = came if k == 0 or came is None else self._again.step(came, at)
                ways.append(None if came is None else came + offer.costs[..., index, None] + away[index])
            found.append(ways)
        return found

    def trace(self, values: Costs, run: Run, on: date, column: int, who: Sequence[int]) -> tuple[list[Turn], tuple[int, ...]]:
        """The turns of the run that end with these met, for one home, and who was met before it."""
        if self._crosses(run, on):
            return self._back_along(values, run, on, column, who)
        offers, ways, turns = self.offers(run, on), self._ways(values, run, on, np.array([column])), list[Turn]()
        met, to_come, window = tuple(who), self._only(values, who), slice(None)
        for k in range(run.length - 1, -1, -1):
            at = run.first + k
            costs = [NO if way is None else float((way[..., 0] + to_come).min()) for way in ways[k][window]]
            index = (window.start or 0) + int(np.argmin(costs))
            best = ways[k][index]
            assert best is not None  # noqa: S101  # the least of those that lead here leads on
            met = where_least(best[..., 0] + to_come)
            start = int(offers[k].minutes[index])
            turns.append(Turn(at, on, start, tuple(one if axis in self._again.asked[at] else None for axis, one in enumerate(met))))
            to_come = self._again.price_to(at, met)
            window = self._windows(run, offers, k)[index] if k > 0 else window
        return turns[::-1], where_least(values[..., 0] + to_come)

    @staticmethod
    def _only(values: Costs, who: Sequence[int]) -> Costs:
        cost = np.full(values.shape[:-1], NO)
        cost[tuple(who)] = 0
        return cost


def _least_between(rows: Costs, begins: np.ndarray, ends: np.ndarray) -> Costs:
    """For each stretch of rows the least of each column; never, where a stretch is empty."""
    found = np.full((len(begins), rows.shape[1]), NO)
    for index, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        if begin < end:
            found[index] = rows[begin:end].min(axis=0)
    return found
