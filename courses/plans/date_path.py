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

from courses.plans.cadence import Earliest, IsOpen, NextDay, Trail, advance, possible_days, refusal
from courses.plans.runs import Run
from courses.protocols.protocol import SessionSlot

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

    def __init__(self, slots: tuple[SessionSlot, ...], start: date, is_open: IsOpen, bounds: Bounds, prices: DatePrices) -> None:
        self._slots, self._is_open, self._bounds, self._prices = slots, is_open, bounds, prices
        self._earliest = Earliest(slots, start, is_open, prices.next_day)
        self._ahead: dict[Trail, float | None] = {}
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

        push(self._bound(trail), _Node(trail, 0, (), ()))
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
                ahead = self._bound(each.trail)
                push(None if ahead is None else each.paid + ahead, each)
        return None

    def _bound(self, trail: Trail) -> float | None:
        """The least that the sessions after a trail can cost; None where the last of them would be too late."""
        if trail not in self._ahead:
            days = self._earliest.dates(trail)
            late = bool(days) and days[-1] > self._bounds.latest
            total = sum(self._prices.from_date(trail.placed + k, day) for k, day in enumerate(days))
            self._ahead[trail] = None if late else total
        return self._ahead[trail]

    def _note_late(self, trail: Trail) -> None:
        """The search need not begin: even at the earliest a session is too late. Its dates, if any, are those that cannot hold it."""
        latest = self._bounds.latest
        trail = self._earliest.trail_until(trail, latest)
        self.stuck = Stuck(trail.placed)
        self.stuck.tried |= set(possible_days(self._slots[trail.placed], trail, self._bounds.earliest, latest, self._is_open))

    def _onward(self, node: _Node) -> _Onward:
        at, last = node.trail.placed, node.trail.last
        latest = self._bounds.first_latest if at == 0 else self._bounds.latest
        if self._last_day is not None:
            latest = min(latest, self._last_day[at])
        earliest = self._bounds.earliest
        if last is not None:
            earliest = max(earliest, last if at == self._begun else last + 1)
        for day in possible_days(self._slots[at], node.trail, earliest, latest, self._is_open):
            ahead = self._bound(advance(self._slots, node.trail, day))
            if ahead is None:
                return
            self.stuck.note(at, day)
            yield node.paid + self._prices.from_date(at, day) + ahead, list(self._runs_on(node, day))

    def _runs_on(self, node: _Node, day: int) -> Iterator[_Node]:
        at, trail, paid = node.trail.placed, node.trail, node.paid
        on = date.fromordinal(day)
        while trail.placed < len(self._slots) and refusal(self._slots[trail.placed], trail, day, self._is_open) is None:
            paid += self._prices.of_date(trail.placed, day)
            trail = advance(self._slots, trail, day)
            if self._is_short(trail):
                continue
            run = Run(at, trail.placed - at)
            extra = self._prices.of_run(run, on)
            if extra is None:
                return
            yield _Node(trail, paid + extra, (*node.runs, run), (*node.days, day))

    def _is_short(self, trail: Trail) -> bool:
        """Whether a phase that wants full dates would be left with a date that is not."""
        if trail.placed == len(self._slots):
            return False
        slot = self._slots[trail.placed]
        in_phase = min(trail.recent[-1][1], trail.placed - slot.phase_begins)
        return 0 < in_phase < slot.spacing.per_day

    def _latest_days(self) -> list[int]:
        """How late each session can be, counting back from the end over the dates that have room."""
        found = [self._bounds.latest] * (len(self._slots) + 1)
        for at in range(len(self._slots) - 1, -1, -1):
            day, alone = found[at + 1], Run(at, 1)
            while day > self._bounds.earliest and self._prices.of_run(alone, date.fromordinal(day)) is None:
                day -= 1
            found[at] = day
        return found[:-1]
