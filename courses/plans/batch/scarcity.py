"""What is scarce between courses, found where it is overfilled, and the prices that they come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from courses.plans.batch.uses import PATIENT, POOL, RESOURCE, Levels, Place, Room, Use, Uses, pools_of
from courses.plans.pricing.prices import Minutes
from rooms.bookings.calendar import Calendar

Vector = NDArray[np.float64]
"""One number for each bottleneck, or for each plan."""
Indices = NDArray[np.intp]
"""Which bottlenecks, or which plans."""

CROWDED = 1e-6
"""So much above a capacity is no rounding error."""
ROUNDING = 1e-9


class Strand(NamedTuple):
    """A load of 1 on a place from one minute of its date until another takes so much of a bottleneck."""

    place: Place
    begin: int
    end: int
    weight: float


class Bottleneck(NamedTuple):
    """Between two minutes of a date the mean load on a place is at most `left`: what its capacity minute by minute implies. With `strands`
    it is what these take together that is at most `left`, and the place only a name."""

    place: Place
    begin: int
    end: int
    left: float
    strands: tuple[Strand, ...] = ()

    @property
    def woven(self) -> tuple[Strand, ...]:
        """What it is made of."""
        return self.strands or (Strand(self.place, self.begin, self.end, 1.0),)


class Bottlenecks:
    """The bottlenecks found so far, in the order found."""

    def __init__(self) -> None:
        self.all: list[Bottleneck] = []
        self._known: set[tuple[Place, int, int]] = set()
        self._at: dict[Place, list[tuple[int, Strand]]] = defaultdict(list)
        self._spans: dict[Place, tuple[Indices, Indices, Indices, Vector]] = {}

    def add(self, one: Bottleneck) -> bool:
        """Keep one more. False if it is known."""
        key = one[:3]
        if key in self._known:
            return False
        self._known.add(key)
        for strand in one.woven:
            self._at[strand.place].append((len(self.all), strand))
            self._spans.pop(strand.place, None)
        self.all.append(one)
        return True

    def parts_of(self, uses: Iterable[Use]) -> tuple[Indices, Vector]:
        """How much uses take of each bottleneck that they touch: which, and how much, perhaps one more than once."""
        which: list[Indices] = [np.zeros(0, dtype=np.intp)]
        parts: list[Vector] = [np.zeros(0)]
        for use in uses:
            if use.place in self._at:
                indices, begins, ends, weights = self._spans_at(use.place)
                overlap = np.minimum(ends, use.end) - np.maximum(begins, use.begin)
                there = overlap > 0
                which.append(indices[there])
                parts.append(use.load * overlap[there] / (ends - begins)[there] * weights[there])
        return np.concatenate(which), np.concatenate(parts)

    def _spans_at(self, place: Place) -> tuple[Indices, Indices, Indices, Vector]:
        if place not in self._spans:
            there = self._at[place]
            indices, begins, ends = np.array([(index, strand.begin, strand.end) for index, strand in there], dtype=np.intp).T
            self._spans[place] = indices, begins, ends, np.array([strand.weight for _, strand in there])
        return self._spans[place]

    def left(self) -> Vector:
        """What each bottleneck bears."""
        return np.array([one.left for one in self.all])

    def priced(self, duals: Sequence[float]) -> dict[Place, list[tuple[int, int, float]]]:
        """The prices per minute that multipliers of the bottlenecks come to: from, until, price."""
        found: dict[Place, list[tuple[int, int, float]]] = defaultdict(list)
        for one, dual in zip(self.all, duals, strict=True):
            if dual > 0:
                for place, begin, end, weight in one.woven:
                    found[place].append((begin, end, float(dual) * weight / (end - begin)))
        return dict(found)


Table = Mapping[Place, Sequence[tuple[int, int, float]]]
"""Prices per minute by place: from, until, price."""


class ScarcityPrices:
    """Prices that bottlenecks come to, times `scale`. Nothing is asked for a start as such."""

    def __init__(self, table: Table, calendar: Calendar, scale: float = 1) -> None:
        self.table, self._calendar, self._scale = table, calendar, scale
        self._sums: dict[Place, Minutes] = {}
        self._names: dict[str, list[tuple[str, str]]] = {}
        self._scaled: dict[tuple[str, str, int], Minutes] = {}
        self._of_resources: dict[tuple[str, date], Minutes | None] = {}
        self._on_scales: dict[float, ScarcityPrices] = {scale: self}

    def at(self, scale: float) -> ScarcityPrices:
        """The same prices on another scale."""
        if scale not in self._on_scales:
            other = self._on_scales[scale] = ScarcityPrices(self.table, self._calendar, scale)
            other._sums, other._names, other._on_scales = self._sums, self._names, self._on_scales
        return self._on_scales[scale]

    def of_resource(self, resource: str, on: date) -> Minutes | None:
        """What a load of 1 on a resource costs, added up minute by minute: what it costs itself, and what its pools do."""
        key = (resource, on)
        if key not in self._of_resources:
            self._of_resources[key] = self._find_of_resource(resource, on)
        return self._of_resources[key]

    def _find_of_resource(self, resource: str, on: date) -> Minutes | None:
        names = self._names.get(resource)
        if names is None:
            names = [(RESOURCE, resource), *((POOL, pool) for pool in pools_of(self._calendar, resource))]
            self._names[resource] = names
        day = on.toordinal()
        return self._of((RESOURCE, resource, day), [Place(*name, day) for name in names if (*name, day) in self.table])

    def of_patient(self, patient: str, on: date) -> Minutes | None:
        """What a patient's time costs, added up minute by minute."""
        place = Place(PATIENT, patient, on.toordinal())
        return self._of((PATIENT, patient, place.day), [place] if place in self.table else [])

    def of_start(self, template: str, on: date) -> Minutes | None:  # noqa: ARG002  # as `Prices` asks
        """Nothing."""
        return None

    def _of(self, asked: tuple[str, str, int], priced: Sequence[Place]) -> Minutes | None:
        if not priced or not self._scale:
            return None
        if asked not in self._scaled:
            self._scaled[asked] = np.sum([self.added_up(place) for place in priced], axis=0) * self._scale
        return self._scaled[asked]

    def added_up(self, place: Place) -> Minutes:
        """The prices of a place before they are scaled."""
        found = self._sums.get(place)
        if found is None:
            each = np.zeros(self._calendar.day(date.fromordinal(place.day)).length + 1)
            for begin, end, price in self.table[place]:
                each[begin + 1 : end + 1] += price
            found = self._sums[place] = np.cumsum(each)
        return found

    def total(self, uses: Uses) -> float:
        """What uses cost before prices are scaled."""
        table = self.table
        priced = [(self.added_up(use.place), use) for use in uses if use.place in table]
        return float(sum(use.load * (sums[use.end] - sums[use.begin]) for sums, use in priced))


class Crowd(NamedTuple):
    """What is asked of one place together: from when and until when, and each time how much."""

    place: Place
    begins: Indices
    ends: Indices
    loads: Vector

    def asked(self, begins: Levels, ends: Levels) -> Vector:
        """Minutes times load between each two minutes."""
        overlap = np.minimum(self.ends, ends[:, None]) - np.maximum(self.begins, begins[:, None])
        found: Vector = np.maximum(overlap, 0) @ self.loads
        return found


def crowds_of(uses: Iterable[tuple[Use, float]]) -> list[Crowd]:
    """What weighted uses ask of each place."""
    there: dict[Place, list[tuple[Use, float]]] = defaultdict(list)
    for use, weight in uses:
        there[use.place].append((use, weight))
    return [
        Crowd(
            place,
            np.array([use.begin for use, _ in mine]),
            np.array([use.end for use, _ in mine]),
            np.array([use.load * weight for use, weight in mine]),
        )
        for place, mine in there.items()
    ]


def overfilled(room: Room, crowds: Iterable[Crowd], by: float = CROWDED) -> list[Bottleneck]:
    """The bottlenecks that crowds overfill by so much: of each stretch above capacity the parts in which it is most crowded."""
    found: list[Bottleneck] = []
    for crowd in crowds:
        if len(crowd.loads) > 1:
            found += _overfilled_at(crowd, room.left(crowd.place), by)
            found += _overfilled_in_all(crowd, room, by)
    return found


def _overfilled_in_all(crowd: Crowd, room: Room, by: float) -> list[Bottleneck]:
    """The stretches in all of which more is asked than can be borne: known at once, and not start by start."""
    begins, ends, bears = room.bears(crowd.place)
    over = np.flatnonzero(crowd.asked(begins, ends) > bears + by * (ends - begins))
    stretches = ((int(begins[at]), int(ends[at]), int(bears[at])) for at in over)
    return [Bottleneck(crowd.place, begin, end, bears / (end - begin)) for begin, end, bears in stretches]


def _overfilled_at(crowd: Crowd, left: Levels, by: float) -> list[Bottleneck]:
    first, last = int(crowd.begins.min()), int(crowd.ends.max())
    if float(crowd.loads.sum()) <= int(left[first:last].min()) + by:
        return []
    n_edges = last - first + 1
    change = np.bincount(crowd.begins - first, crowd.loads, n_edges) - np.bincount(crowd.ends - first, crowd.loads, n_edges)
    above = np.cumsum(change)[:-1] - left[first:last]
    if above.max() <= by:
        return []
    edges = np.concatenate([crowd.begins, crowd.ends]) - first
    steps = np.flatnonzero(np.diff(left[first:last])) + 1
    cuts = np.unique(np.concatenate([edges, steps]))
    levels = np.concatenate([[0.0], above[cuts[:-1]], [0.0]])
    inner = levels[1:-1]
    peaks = np.flatnonzero((inner > by) & (inner >= levels[:-2] - ROUNDING) & (inner >= levels[2:] - ROUNDING))
    return [_bottleneck(crowd.place, left, first + int(cuts[n]), first + int(cuts[n + 1])) for n in peaks]


def _bottleneck(place: Place, left: Levels, begin: int, end: int) -> Bottleneck:
    return Bottleneck(place, begin, end, float(left[begin:end].mean()))
