"""The dates of a course: the cheapest way through all dates that the rules allow and on which there is room.

A best-first search (A*) over trails. What is still to come is bounded from below by the earliest dates that the rules alone give,
which is nearly always what happens, so the search hardly ever looks aside; where it must, it looks everywhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import NamedTuple

from courses.plans.possible.cadence import NEVER, Earliest, Forgetting, IsOpen, NextDay, Trail, allowed_days, allows, possible_days, reach
from courses.plans.possible.runs import Run
from courses.protocols.protocol import SessionSlot

NO = float("inf")
"""The cost of what cannot be."""
PATIENCE = 4000
"""Steps after which the search first works out how late each session can be at all."""


@dataclass(frozen=True, slots=True)
class DatePrices:
    """What the search weighs. Sessions are counted from 0, dates are day numbers."""

    of_date: Callable[[int, int], float]
    """The price of a session's date."""
    from_date: Callable[[int, int], float]
    """The least price of a date for the session, that one or any later."""
    of_run: Callable[[Run, date], float | None]
    """What the sessions of a date cost beyond the date itself, at least 0; None where the date has no room for them."""
    next_day: NextDay
    """Passes over only dates on which of_run is None for every run with that session."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """First and last day numbers that any session, and the first session, may be on."""

    earliest: int
    latest: int
    first_latest: int


@dataclass(slots=True)
class Stuck:
    """How far the search came where it found nothing: the first session (from 0) that has no date, and the dates tried for it."""

    at: int = 0
    tried: set[int] = field(default_factory=set)

    def note(self, at: int, day: int) -> None:
        """A date was tried in vain for a session."""
        if at > self.at:
            self.at = at
            self.tried = set()
        if at == self.at:
            self.tried.add(day)


class Step(NamedTuple):
    """One date that the next session may be on, where no date holds two. `floor` is the least that it and all after it cost, there or
    later; `paid` what it costs at least (infinite, where the date has no room), of which `price` is for its date; `ahead` the least of all
    after it."""

    on: date
    trail: Trail
    price: float
    paid: float
    ahead: float
    floor: float


class Walk:
    """From every trail the dates that the next session may be on, and the least that all sessions to come can cost.

    With `n_weekdays`, on how many weekdays there can be sessions at all, it passes over what makes no difference to the way found: dates
    without room, and counts that no week can reach. Without, it looks at every date that the rules allow.
    """

    def __init__(
        self,
        slots: tuple[SessionSlot, ...],
        start: date,
        is_open: IsOpen,
        bounds: Bounds,
        prices: DatePrices,
        n_weekdays: int | None = None,
    ) -> None:
        self.slots, self.bounds, self.prices, self.is_open = slots, bounds, prices, is_open
        self._thorough = n_weekdays is None
        forgetting = None if n_weekdays is None else Forgetting(slots, n_weekdays)
        self.forgets = forgetting is not None and forgetting.is_single
        self._steps: dict[Trail, Step] = {}
        self.earliest = Earliest(slots, start, is_open, prices.next_day, forgetting)
        self._ahead: dict[Trail, tuple[float, int] | None] = {}

    def ahead(self, trail: Trail) -> float | None:
        """The least that the sessions after a trail can cost; None where the last of them would be too late."""
        found = self._ahead.get(trail) or self._least(trail)
        return None if found is None or found[1] > self.bounds.latest else found[0]

    def _least(self, trail: Trail) -> tuple[float, int] | None:
        """What all sessions after a trail cost at their earliest, and the date of the last of them, NEVER where one finds none."""
        chain: list[tuple[Trail, int]] = []
        total, last = 0.0, trail.last or 0
        while trail not in self._ahead and trail.placed < len(self.slots) and (step := self.earliest.step(trail)) is not None:
            chain.append((trail, step[0]))
            if step[0] == NEVER:
                last = NEVER
                break
            trail = step[1]
            last = step[0]
        if (known := self._ahead.get(trail)) is not None and last != NEVER:
            total, last = known
        for before, day in reversed(chain):
            total += self.prices.from_date(before.placed, day) if day != NEVER else 0
            self._ahead[before] = (total, last)
        return total, last

    def onward(self, trail: Trail, begun: int) -> Iterator[tuple[int, float]]:
        """The dates, in order, that the next session may be on, each with the least that it and all after it cost, there or later."""
        at, last = trail.placed, trail.last
        latest = self.bounds.first_latest if at == 0 else self.bounds.latest
        earliest = self.bounds.earliest
        if last is not None:
            earliest = max(earliest, last if at == begun else last + 1)
        for day in self._days(trail, earliest, latest):
            ahead = self.ahead(self.earliest.advance(trail, day))
            if ahead is None:
                return
            yield day, self.prices.from_date(at, day) + ahead

    def singly(self, trail: Trail) -> Iterator[Step]:
        """The next session's dates with room, in order, where none holds two."""
        at, last = trail.placed, trail.last
        earliest = self.bounds.earliest if last is None else max(self.bounds.earliest, last + self.slots[at].spacing.min_gap_days)
        for day in self._days(trail, earliest, self.bounds.first_latest if at == 0 else self.bounds.latest):
            after = self.earliest.advance(trail, day)
            step = self._steps.get(after) or self._step(at, day, after)
            if step is None:
                return
            if step.paid < NO:
                yield step

    def _step(self, at: int, day: int, after: Trail) -> Step | None:
        """One step, which is the same from wherever it leads to a trail; None where the last of all sessions would then be too late."""
        ahead, prices = self.ahead(after), self.prices
        if ahead is None:
            return None
        on = date.fromordinal(day)
        price, extra = prices.of_date(at, day), prices.of_run(Run(at, 1), on)
        paid = NO if extra is None else price + extra
        found = self._steps[after] = Step(on, after, price, paid, ahead, prices.from_date(at, day) + ahead)
        return found

    def floor(self, at: int, day: int) -> float:
        """The least that a session and all after it cost if none is before a day, whatever the rules say."""
        return sum(self.prices.from_date(later, day) for later in range(at, len(self.slots)))

    def straight(self, trail: Trail) -> tuple[tuple[Run, ...], tuple[date, ...]] | None:
        """Each session alone on the earliest date that the rules allow and that has room; None where that leads nowhere."""
        days = self.earliest.dates(trail)
        there = len(days) == len(self.slots) - trail.placed and (not days or days[-1] <= self.bounds.latest)
        if not there or any(slot.spacing.per_day > 1 for slot in self.slots) or len(set(days)) < len(days) or trail.last in days:
            return None
        runs = tuple(Run(trail.placed + k, 1) for k in range(len(days)))
        dates = tuple(map(date.fromordinal, days))
        first = trail.placed > 0 or (bool(days) and days[0] <= self.bounds.first_latest)
        room = all(self.prices.of_run(run, on) is not None for run, on in zip(runs, dates, strict=True))
        begins = not days or days[0] >= self.bounds.earliest
        return (runs, dates) if first and room and begins else None

    def _days(self, trail: Trail, earliest: int, latest: int) -> Iterator[int]:
        slot = self.slots[trail.placed]
        if self._thorough:
            return possible_days(slot, trail, earliest, latest, self.is_open)
        first, last = reach(slot, trail, earliest, latest)
        return allowed_days(slot, trail, first, last, self.is_open, self.prices.next_day)

    def runs_on(self, trail: Trail, day: int) -> Iterator[tuple[Run, Trail, float]]:
        """What the next sessions can do on a date: so many of them, the trail after them and what they cost at least."""
        at, paid, on = trail.placed, 0.0, date.fromordinal(day)
        while trail.placed < len(self.slots) and allows(self.slots[trail.placed], trail, day, self.is_open):
            paid += self.prices.of_date(trail.placed, day)
            trail = self.earliest.advance(trail, day)
            if self._is_short(trail):
                continue
            run = Run(at, trail.placed - at)
            extra = self.prices.of_run(run, on)
            if extra is None:
                return
            yield run, trail, paid + extra

    def _is_short(self, trail: Trail) -> bool:
        """Whether a phase that wants full dates would be left with a date that is not."""
        if trail.placed == len(self.slots):
            return False
        slot = self.slots[trail.placed]
        in_phase = min(trail.recent[-1][1], trail.placed - slot.phase_begins)
        return 0 < in_phase < slot.spacing.per_day


@dataclass(frozen=True, slots=True)
class _Node:
    trail: Trail
    paid: float
    runs: tuple[Run, ...]
    days: tuple[int, ...]


_Onward = Iterator[tuple[float, list[_Node]]]
"""Date by date: the nodes that it leads to, and the least that these and those of later dates can come to."""


class DatePath:
    """One search for the runs of a course and their dates."""

    def __init__(self, walk: Walk) -> None:
        self._walk, self._slots, self._bounds, self._prices = walk, walk.slots, walk.bounds, walk.prices
        self._last_day: list[int] | None = None
        self._begun = 0
        self.stuck = Stuck()

    def find(self, trail: Trail) -> tuple[tuple[Run, ...], tuple[date, ...]] | None:
        """The cheapest runs and dates for all sessions after a trail; None where there are none, and then `stuck` says where."""
        self.stuck, self._begun = Stuck(trail.placed), trail.placed
        tie, seen, steps = count(), set[Trail](), 0
        heap: list[tuple[float, int, int, _Node, _Onward | None]] = []

        def push(bound: float | None, node: _Node, more: _Onward | None = None) -> None:
            if bound is not None:
                heapq.heappush(heap, (bound, -node.trail.placed, next(tie), node, more))

        push(self._walk.ahead(trail), _Node(trail, 0, (), ()))
        if not heap:
            self._note_late(trail)
        while heap:
            _, _, _, node, more = heapq.heappop(heap)
            if more is None:
                if node.trail.placed == len(self._slots):
                    return node.runs, tuple(date.fromordinal(day) for day in node.days)
                if node.trail in seen:
                    continue
                seen.add(node.trail)
                more = self._onward(node)
                steps += 1
                if steps == PATIENCE:
                    self._last_day = self._latest_days()
            bound, nodes = next(more, (None, []))
            push(bound, node, more)
            for each in nodes:
                ahead = self._walk.ahead(each.trail)
                push(None if ahead is None else each.paid + ahead, each)
        return None

    def _note_late(self, trail: Trail) -> None:
        """The search need not begin: even at the earliest a session is too late. Its dates, if any, are those that cannot hold it."""
        latest = self._bounds.latest
        trail = self._walk.earliest.trail_until(trail, latest)
        self.stuck = Stuck(trail.placed)
        self.stuck.tried |= set(possible_days(self._slots[trail.placed], trail, self._bounds.earliest, latest, self._walk.is_open))

    def _onward(self, node: _Node) -> _Onward:
        at = node.trail.placed
        for day, bound in self._walk.onward(node.trail, self._begun):
            if self._last_day is not None and day > self._last_day[at]:
                return
            self.stuck.note(at, day)
            runs = self._walk.runs_on(node.trail, day)
            found = [_Node(trail, node.paid + paid, (*node.runs, run), (*node.days, day)) for run, trail, paid in runs]
            yield node.paid + bound, found

    def _latest_days(self) -> list[int]:
        """How late each session can be, counting back from the end over the dates that have room."""
        found = [self._bounds.latest] * (len(self._slots) + 1)
        for at in range(len(self._slots) - 1, -1, -1):
            day, alone = found[at + 1], Run(at, 1)
            while day > self._bounds.earliest and self._prices.of_run(alone, date.fromordinal(day)) is None:
                day -= 1
            found[at] = day
        return found[:-1]
