"""What is scarce between courses, found where it is overfilled, and the prices that they come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from courses.plans.batch.uses import PATIENT, POOL, RESOURCE, Levels, Place, Room, Use, Uses, by_place, pools_of
from courses.plans.pricing.prices import Minutes
from rooms.bookings.calendar import Calendar

Vector = NDArray[np.float64]
"""One number for each bottleneck."""

CROWDED = 1e-6
"""So much above a capacity is no rounding error."""


class Bottleneck(NamedTuple):
    """Between two minutes of a date the mean load on a place is at most `left`: what its capacity minute by minute implies."""

    place: Place
    begin: int
    end: int
    left: float


class Bottlenecks:
    """The bottlenecks found so far, in the order found."""

    def __init__(self) -> None:
        self.all: list[Bottleneck] = []
        self._known: set[tuple[Place, int, int]] = set()
        self._at: dict[Place, list[int]] = defaultdict(list)

    def add(self, one: Bottleneck) -> bool:
        """Keep one more. False if it is known."""
        key = one[:3]
        if key in self._known:
            return False
        self._known.add(key)
        self._at[one.place].append(len(self.all))
        self.all.append(one)
        return True

    def parts_of(self, uses: Uses) -> dict[int, float]:
        """How much uses take of each bottleneck that they touch."""
        parts: dict[int, float] = {}
        for use in uses:
            for index in self._at.get(use.place, ()):
                if part := part_of(use, self.all[index]):
                    parts[index] = parts.get(index, 0.0) + part
        return parts

    def left(self) -> Vector:
        """What each bottleneck bears."""
        return np.array([one.left for one in self.all])

    def priced(self, duals: Sequence[float]) -> dict[Place, list[tuple[int, int, float]]]:
        """The prices per minute that multipliers of the bottlenecks come to: from, until, price."""
        found: dict[Place, list[tuple[int, int, float]]] = defaultdict(list)
        for one, dual in zip(self.all, duals, strict=True):
            if dual > 0:
                found[one.place].append((one.begin, one.end, float(dual) / (one.end - one.begin)))
        return dict(found)


def part_of(use: Use, one: Bottleneck) -> float:
    """How much a use at the bottleneck's place takes of it."""
    overlap = min(use.end, one.end) - max(use.begin, one.begin)
    return use.load * overlap / (one.end - one.begin) if overlap > 0 else 0.0


Table = Mapping[Place, Sequence[tuple[int, int, float]]]
"""Prices per minute by place: from, until, price."""


class ScarcityPrices:
    """Prices that bottlenecks come to, times `scale`. Nothing is asked for a start as such."""

    def __init__(self, table: Table, calendar: Calendar, scale: float = 1) -> None:
        self._table, self._calendar, self._scale = table, calendar, scale
        self._sums: dict[Place, Minutes] = {}
        self._scaled: dict[tuple[str, str, date], Minutes | None] = {}

    def at(self, scale: float) -> ScarcityPrices:
        """The same prices on another scale."""
        if scale == self._scale:
            return self
        other = ScarcityPrices(self._table, self._calendar, scale)
        other._sums = self._sums
        return other

    def of_resource(self, resource: str, on: date) -> Minutes | None:
        """What a load of 1 on a resource costs, added up minute by minute."""
        return self._of((RESOURCE, resource, on))

    def of_patient(self, patient: str, on: date) -> Minutes | None:
        """What a patient's time costs, added up minute by minute."""
        return self._of((PATIENT, patient, on))

    def of_start(self, template: str, on: date) -> Minutes | None:  # noqa: ARG002  # as `Prices` asks
        """Nothing."""
        return None

    def _of(self, asked: tuple[str, str, date]) -> Minutes | None:
        if asked not in self._scaled:
            kind, name, on = asked
            pools = pools_of(self._calendar, name) if kind == RESOURCE else []
            places = [Place(kind, name, on.toordinal()), *(Place(POOL, pool, on.toordinal()) for pool in pools)]
            priced = [self.added_up(place) for place in places if place in self._table] if self._scale else []
            self._scaled[asked] = np.sum(priced, axis=0) * self._scale if priced else None
        return self._scaled[asked]

    def added_up(self, place: Place) -> Minutes:
        """The prices of a place before they are scaled."""
        found = self._sums.get(place)
        if found is None:
            each = np.zeros(self._calendar.day(date.fromordinal(place.day)).length + 1)
            for begin, end, price in self._table[place]:
                each[begin + 1 : end + 1] += price
            found = self._sums[place] = np.cumsum(each)
        return found

    def total(self, uses: Uses) -> float:
        """What uses cost before prices are scaled."""
        table = self._table
        priced = [(self.added_up(use.place), use) for use in uses if use.place in table]
        return float(sum(use.load * (sums[use.end] - sums[use.begin]) for sums, use in priced))


def overfilled(room: Room, uses: Iterable[tuple[Use, float]]) -> list[Bottleneck]:
    """The bottlenecks that weighted uses overfill: of each stretch above capacity the parts in which it is most crowded."""
    found: list[Bottleneck] = []
    for place, there in by_place([*uses]).items():
        if len(there) > 1:
            found += _overfilled_at(place, room.left(place), there)
            found += _overfilled_in_all(place, room, there)
    return found


def _overfilled_in_all(place: Place, room: Room, there: Sequence[tuple[Use, float]]) -> list[Bottleneck]:
    """The whole date, where more is asked of it than it bears: known at once, and not start by start."""
    bears, length = room.of_date(place), len(room.left(place))
    asked = sum(weight * use.load * (use.end - use.begin) for use, weight in there)
    return [Bottleneck(place, 0, length, bears / length)] if asked > bears + CROWDED * length else []


def _overfilled_at(place: Place, left: Levels, there: Sequence[tuple[Use, float]]) -> list[Bottleneck]:
    ends = sorted({minute for use, _ in there for minute in (use.begin, use.end)})
    above = -left[ends[0] : ends[-1]].astype(np.float64)
    for use, weight in there:
        above[use.begin - ends[0] : use.end - ends[0]] += use.load * weight
    if above.max() <= CROWDED:
        return []
    cuts = sorted({*(minute - ends[0] for minute in ends), *(int(cut) + 1 for cut in np.flatnonzero(np.diff(above)))})
    levels = [0.0, *(float(above[cut]) for cut in cuts[:-1]), 0.0]
    peaks = [n for n in range(1, len(levels) - 1) if levels[n] > CROWDED and levels[n] >= levels[n - 1] and levels[n] >= levels[n + 1]]
    return [_bottleneck(place, left, ends[0] + cuts[n - 1], ends[0] + cuts[n]) for n in peaks]


def _bottleneck(place: Place, left: Levels, begin: int, end: int) -> Bottleneck:
    return Bottleneck(place, begin, end, float(left[begin:end].mean()))
