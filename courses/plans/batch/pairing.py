"""What a date bears of visits that need several resources at the same time: far less than each of these bears by itself.

A visit that fits is worth 1, of which each of its requirements has a share, start by start. Every resource takes the visits that are worth
the most to it, whatever the others take: that is quickly told, and all of it together is never less than the visits that fit. The shares
are moved until it is hardly more. What a resource loses from one start to the next is then what its minutes between them are worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from courses.plans.batch.packing import ANYONE
from courses.plans.batch.scarcity import Bottleneck, Strand, Vector
from courses.plans.batch.uses import RESOURCE, VISITS, Place
from courses.plans.possible.openings import Openings
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.bookings.calendar import Calendar

STEPS = 200
"""So often the shares are moved."""
FAR, LESS_FAR = 0.15, 0.98
"""The first step goes as far as if such a share of what was found were too much; each after it aims so much less far."""
FINE = 4
"""At the end a share is a whole number of parts of 1, so many."""
DAY = 24 * 60

NOTHING: Vector = np.zeros(DAY + 1)

Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]
"""One for each start of the grid and date."""


@dataclass(frozen=True)
class Kind:
    """A kind of visit, of a protocol."""

    protocol: TreatmentProtocol
    template: SessionTemplate


class Pairing:
    """What the dates of a calendar bear of one kind of visit, and what other kinds take of that."""

    def __init__(self, calendar: Calendar, kind: Kind, dates: Iterable[date]) -> None:
        self._calendar, self._kind = calendar, kind
        self._openings = Openings(calendar, ANYONE)
        self._dates = [on for on in dates if calendar.day(on).wall is None and self._openings.starts(kind.template, on)]
        self._demands = [demand for demand in kind.template.demands if demand.requirement.load != 0]
        self._step = calendar.site.granularity_minutes
        every = [minute for on in self._dates for minute in _ends(self._openings.starts(kind.template, on))]
        self._first, self._last = min(every, default=0), max(every, default=0)

    def bottlenecks(self) -> list[Bottleneck]:
        """For each date what it bears of such visits, 1 being one of them."""
        sides = [_Side(self._free(demand), max((demand.end - demand.begin) // self._step, 1)) for demand in self._demands]
        worths = [side.worths(shares) for side, shares in zip(sides, _moved(sides), strict=True)] if self._dates else []
        return [self._bottleneck(at, on, worths) for at, on in enumerate(self._dates)]

    def _free(self, demand: Demand) -> Flags:
        """At which starts of which dates each of the resources can be had."""
        pool, template = self._calendar.pool(demand.requirement.capability), self._kind.template
        found = np.zeros(((self._last - self._first) // self._step + 1, len(self._dates), len(pool)), dtype=np.bool_)
        for at, on in enumerate(self._dates):
            starts = self._openings.starts(template, on)
            for place, resource in enumerate(pool):
                free = starts & self._openings.resource_starts(demand, resource, on)
                found[:, at, place] = _flags(free)[self._first : self._last + 1 : self._step]
        return found

    def _bottleneck(self, at: int, on: date, worths: Sequence[Shares]) -> Bottleneck:
        strands: list[Strand] = []
        for demand, worth in zip(self._demands, worths, strict=True):
            lost = worth[:-1, at] - worth[1:, at]
            for start, place in zip(*np.nonzero(lost > 1 / FINE / 2), strict=True):
                resource = self._calendar.pool(demand.requirement.capability)[place]
                begin = self._first + int(start) * self._step + demand.begin
                there = Place(RESOURCE, resource.id, on.toordinal())
                strands.append(Strand(there, begin, begin + self._step, float(lost[start, place])))
        place = Place(VISITS, f"{self._kind.protocol.id}/{self._kind.template.name}", on.toordinal())
        return Bottleneck(place, 0, DAY, sum(strand.weight for strand in strands), tuple(strands))


@dataclass(frozen=True)
class _Side:
    """One requirement: at which starts of which dates each of its resources can be had, and for how many steps it is held."""

    free: Flags
    lasts: int

    def worths(self, shares: Shares) -> Shares:
        """What each resource can take from each start on, at most."""
        n_starts = len(self.free)
        found = np.zeros((n_starts + self.lasts, *self.free.shape[1:]))
        gains = np.where(self.free, shares[:, :, None], -np.inf)
        for at in range(n_starts - 1, -1, -1):
            np.maximum(found[at + 1], gains[at] + found[at + self.lasts], out=found[at])
        return found

    def taken(self, worths: Shares) -> Shares:
        """How many resources take a visit at each start."""
        found = np.zeros(self.free.shape[:2])
        until = np.zeros(self.free.shape[1:], dtype=np.intp)
        for at in range(len(self.free)):
            takes = (until <= at) & (worths[at] > worths[at + 1])
            found[at] = takes.sum(axis=1)
            until[takes] = at + self.lasts
        return found


def _moved(sides: Sequence[_Side]) -> list[Shares]:
    """The shares of requirements, start by start, with the least worth in all."""
    shares = [np.full(side.free.shape[:2], 1 / len(sides)) for side in sides]
    best, least = shares, np.full(sides[0].free.shape[1], np.inf)
    for step in range(STEPS):
        worths = [side.worths(each) for side, each in zip(sides, shares, strict=True)]
        total: Vector = np.sum([worth[0].sum(axis=1) for worth in worths], axis=0)
        better = total < least
        best = [np.where(better, new, old) for new, old in zip(shares, best, strict=True)]
        least = np.minimum(total, least)
        taken = [side.taken(worth) for side, worth in zip(sides, worths, strict=True)]
        apart = [each - np.mean(taken, axis=0) for each in taken]
        steep = np.sum([(each * each).sum(axis=0) for each in apart], axis=0)
        far = np.where(steep > 0, (total - least * (1 - FAR * LESS_FAR**step)) / np.maximum(steep, 1e-9), 0.0)
        shares = [each - far * by for each, by in zip(shares, apart, strict=True)]
    rounded = [np.round(each * FINE) / FINE for each in best[:-1]]
    return [*rounded, 1 - np.sum(rounded, axis=0)] if rounded else best


def is_paired(calendar: Calendar, template: SessionTemplate) -> bool:
    """Whether visits need several resources at once, of pools that share none, each one and for themselves alone."""
    demands = [demand for demand in template.demands if demand.requirement.load != 0]
    pools = [calendar.pool(demand.requirement.capability) for demand in demands]
    members = [resource.id for pool in pools for resource in pool]
    one_each = all(demand.requirement.count == 1 for demand in demands)
    return len(demands) > 1 and one_each and len(set(members)) == len(members) and all(r.capacity == 1 for pool in pools for r in pool)


def added_up(one: Bottleneck) -> dict[str, Vector]:
    """How much of a bottleneck a load of 1 takes until each minute of its date, by resource."""
    found: dict[str, Vector] = {}
    for place, begin, end, weight in one.strands:
        found.setdefault(place.name, np.zeros(DAY + 1))[begin + 1 : end + 1] += weight / (end - begin)
    return {name: np.cumsum(each) for name, each in found.items()}


def least_taken(taken: Mapping[str, Vector], openings: Openings, template: SessionTemplate, on: date) -> float:
    """How much of a bottleneck of a date a visit takes at least, wherever on the date it is; nothing where it has no place. `taken` is
    what resources take of it until each minute."""
    starts = openings.starts(template, on)
    if not starts:
        return 0.0
    total = np.zeros(DAY)
    for demand in template.demands:
        pool = openings.calendar.pool(demand.requirement.capability)
        if demand.requirement.load == 0:
            continue
        least = np.full(DAY, np.inf)
        for resource in pool:
            at = np.flatnonzero(_flags(openings.resource_starts(demand, resource, on) & starts))
            sums = taken.get(resource.id, NOTHING)
            asked = (sums[at + demand.end] - sums[at + demand.begin]) * demand.requirement.load_on(resource.capacity)
            least[at] = np.minimum(least[at], asked)
        total += least
    return float(total[_flags(starts)].min())


def _ends(mask: int) -> tuple[int, int]:
    """The first and the last minute of some."""
    return (mask & -mask).bit_length() - 1, mask.bit_length() - 1


def _flags(mask: int) -> Flags:
    """Minute by minute of a date of usual length."""
    raw = np.frombuffer(mask.to_bytes(DAY // 8 + 8, "little"), dtype=np.uint8)
    return np.unpackbits(raw, bitorder="little")[:DAY].astype(np.bool_)
