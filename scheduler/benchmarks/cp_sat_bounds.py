"""What a course costs at least, date by date and home time by home time, so that a solver is not given what cannot be worth it.

The relaxation: sessions follow each other by the gaps between neighbors, each takes its cheapest start of the date for a home time, and
who meets the patient costs nothing. A shortest path through it, from both ends, bounds every plan with a session on a date from below.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import inf

import numpy as np
from numpy.typing import NDArray

from scheduler.benchmarks.cp_sat_choices import Choices

Table = NDArray[np.float64]
"""A row for each day that a turn may be on, a column for each home time."""
TOLERANCE = 1e-6


class Bounds:
    """Lower bounds for the turns of a course: sessions that always share a date are one turn, told by the first of them."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._turns = sorted(set(choices.turns))
        self._days = {turn: choices.days(turn) for turn in self._turns}
        self.homes = self._home_times()
        self._own = {turn: self._costs_of_turn(turn) for turn in self._turns}
        before = self._from_start()
        after = self._to_end()
        self._through = {turn: before[turn] + after[turn] for turn in self._turns}

    def least(self) -> Table:
        """For each home time, what a plan costs at least; infinite where the dates alone leave none."""
        found: Table = self._through[0].min(axis=0, initial=inf)
        return found

    def days(self, turn: int, worth: float, home: int | None = None) -> list[int]:
        """The days on which a turn may be in a plan that costs at most `worth`."""
        table = self._through[turn] if home is None else self._through[turn][:, [self.homes.index(home)]]
        keep = table.min(axis=1, initial=inf) <= worth + TOLERANCE
        last = min(self.choices.last_day(at, worth) for at, of in enumerate(self.choices.turns) if of == turn)
        return [day for day, kept in zip(self._days[turn], keep, strict=True) if kept and day <= last]

    def starts(self, at: int, day: int, worth: float, home: int | None = None) -> list[int]:
        """The same for the starts of one session."""
        starts = self.choices.starts(at, day)
        if self.choices.turns[at] != at:
            return starts
        row = self._days[at].index(day)
        rest = self._through[at][row] - self._own[at][row] + self._others(at, day)
        costs = rest + np.array([self._start_cost(at, day, minute) for minute in starts]).reshape(len(starts), -1)
        if home is not None:
            costs = costs[:, [self.homes.index(home)]]
        return [minute for minute, least in zip(starts, costs.min(axis=1), strict=True) if least <= worth + TOLERANCE]

    def start_cost(self, at: int, day: int, minute: int, home: int) -> float:
        """What the time of day of a session's start costs for one home time."""
        return float(self._start_cost(at, day, minute)[self.homes.index(home)])

    def _home_times(self) -> list[int]:
        if not self.choices.clinic.weights.spread_step:
            return [0]
        counted = [(turn, day) for turn in self._turns for day in self._days[turn]]
        return sorted({self.choices.wall(day, minute) for turn, day in counted for minute in self.choices.starts(turn, day)}) or [0]

    def _start_cost(self, at: int, day: int, minute: int) -> Table:
        weights, wall, window = self.choices.clinic.weights, self.choices.wall(day, minute), self.choices.request.window
        outside = weights.outside_window if window is not None and not window.holds(wall) else 0
        if self.choices.turns[at] != at or self.choices.may_go_uncounted(at):
            return np.full(len(self.homes), float(outside))
        away = np.abs(np.array(self.homes) - wall) / self.choices.clinic.site.granularity_minutes
        found: Table = outside + weights.spread_step * away
        return found

    def _costs_of_turn(self, turn: int) -> Table:
        rows = [self._cost_on(turn, day) for day in self._days[turn]]
        return np.array(rows).reshape(len(rows), len(self.homes))

    def _cost_on(self, turn: int, day: int) -> Table:
        return self._others(turn, day) + self._cheapest_start(turn, day)

    def _others(self, turn: int, day: int) -> float:
        """What a turn costs on a day beside the start of its first session: its delays and the others' starts."""
        sessions = [at for at, of in enumerate(self.choices.turns) if of == turn]
        delay = sum(day - self.choices.ideal[at] for at in sessions) if self.choices.has_ideal else 0
        others = sum(float(self._cheapest_start(at, day).min()) for at in sessions[1:])
        return self.choices.clinic.weights.delay_day * delay + others

    def _cheapest_start(self, at: int, day: int) -> Table:
        starts = self.choices.starts(at, day)
        weights, window = self.choices.clinic.weights, self.choices.request.window
        walls = np.array([self.choices.wall(day, minute) for minute in starts])
        outside = np.array([weights.outside_window if window is not None and not window.holds(int(wall)) else 0 for wall in walls], float)
        if self.choices.turns[at] != at or self.choices.may_go_uncounted(at):
            return np.full(len(self.homes), float(outside.min()))
        away = np.abs(walls[:, None] - np.array(self.homes)) / self.choices.clinic.site.granularity_minutes
        found: Table = (outside[:, None] + weights.spread_step * away).min(axis=0)
        return found

    def _from_start(self) -> dict[int, Table]:
        found = {0: self._own[0]}
        for last, turn in zip(self._turns, self._turns[1:], strict=False):
            rows = [self._least_of(found[last], self._before(last, turn, day)) for day in self._days[turn]]
            found[turn] = np.array(rows).reshape(len(rows), len(self.homes)) + self._own[turn]
        return found

    def _to_end(self) -> dict[int, Table]:
        last = self._turns[-1]
        found = {last: np.zeros_like(self._own[last])}
        for turn, following in reversed(list(zip(self._turns, self._turns[1:], strict=False))):
            onward = found[following] + self._own[following]
            rows = [self._least_of(onward, self._after(following, day)) for day in self._days[turn]]
            found[turn] = np.array(rows).reshape(len(rows), len(self.homes))
        return found

    def _least_of(self, table: Table, rows: slice) -> Table:
        found: Table = table[rows].min(axis=0, initial=inf)
        return found

    def _after(self, following: int, day: int) -> slice:
        least, most = self.choices.reach(following, day)
        days = self._days[following]
        return slice(bisect_left(days, least), bisect_right(days, most))

    def _before(self, last: int, turn: int, day: int) -> slice:
        days = self._days[last]
        end = bisect_right(days, day, key=lambda each: self.choices.reach(turn, each)[0])
        begin = bisect_left(days, day, key=lambda each: self.choices.reach(turn, each)[1])
        return slice(begin, end)


class Worthwhile:
    """The days and starts of a course that may be in a plan of at most some cost; with `home`, of those that keep to that time."""

    def __init__(self, bounds: Bounds, worth: float, home: int | None = None) -> None:
        self.bounds, self.choices, self.worth, self.home = bounds, bounds.choices, worth, home
        self.days = {turn: bounds.days(turn, worth, home) for turn in sorted(set(self.choices.turns))}
        self._entangled = set(self.choices.entangled())

    @property
    def some(self) -> bool:
        """Whether every turn has a day left."""
        return all(self.days.values())

    def within(self, other: Worthwhile) -> bool:
        """Whether no day is worth a look that the other leaves out."""
        return all(set(days) <= set(other.days[turn]) for turn, days in self.days.items())

    def starts(self, at: int, day: int) -> list[int]:
        """The starts of a session on a day; with a home time, none beside a cheaper one with the same resources or more."""
        starts = self.bounds.starts(at, day, self.worth, self.home)
        if self.home is None or not self._alone(at):
            return starts
        cost = {minute: self.bounds.start_cost(at, day, minute, self.home) for minute in starts}
        kept: list[int] = []
        seats: list[int] = []
        for minute in sorted(starts, key=lambda minute: (cost[minute], minute)):
            mine = self.choices.free_seats(at, day, minute)
            if all(mine & ~other for other in seats):
                kept.append(minute)
                seats.append(mine)
        return sorted(kept)

    def _alone(self, at: int) -> bool:
        """Whether nothing but its date, its cost and its resources tells one start of a session from another."""
        follows = self.choices.may_share_date(at)
        followed = at + 1 < len(self.choices.turns) and self.choices.may_share_date(at + 1)
        return not follows and not followed and not any(of == at for of, _ in self._entangled)
