"""Sessions of one date whose turnovers reach into the next: what each may have depends on what the ones before still hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

import numpy as np

from courses.plans.best_plan.meeting_again import MeetingAgain
from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.offers import NO, Costs, Offer, meets
from courses.plans.plan import Seat
from courses.plans.possible.runs import Run, Runs
from courses.protocols.session_template import Demand
from rooms.bookings.calendar import Load

Tail = tuple[str, Load]
"""A resource, and what a session over already still puts on it."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a chain is after a session: its start, who was met last on each axis, and what is still held."""

    minute: int
    met: tuple[int, ...]
    tails: tuple[Tail, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """The least that leads to a stand, for some homes, the stand before (for the first of the homes), and the seats taken."""

    values: Costs
    before: Stand | None
    seats: tuple[Seat, ...]


@dataclass(frozen=True)
class Chain:
    """One run on one date. `away[k]` is what each start of session k is away from some homes, `windows` the starts that may follow."""

    runs: Runs
    known: Acquaintances
    again: MeetingAgain
    run: Run
    on: date
    offers: Sequence[Offer]
    away: Sequence[Costs]

    def walk(self, values: Costs) -> list[dict[Stand, Came]]:
        """For each session of the run every stand after it."""
        found: list[dict[Stand, Came]] = []
        for k in range(self.run.length):
            here: dict[Stand, Came] = {}
            for before, came in self._before(k, values, found):
                self._onward(k, before, came, here)
            found.append(here)
        return found

    def _before(self, k: int, values: Costs, found: Sequence[dict[Stand, Came]]) -> Iterator[tuple[Stand | None, Costs]]:
        if k == 0:
            yield None, self.again.step(values, self.run.first)
            return
        for stand, came in found[-1].items():
            yield stand, came.values

    def _onward(self, k: int, before: Stand | None, came: Costs, here: dict[Stand, Came]) -> None:
        at, offer = self.run.first + k, self.offers[k]
        for index in self._next(k, before):
            minute = int(offer.minutes[index])
            for met in self._meetable(at, before):
                values = came[met] if before is None else came + self.again.price_to(at, met)[before.met]
                cost = float(offer.costs[tuple(one if size > 1 else 0 for one, size in zip(met, offer.costs.shape, strict=False))][index])
                values = values + cost + self.away[k][index]
                if not np.isfinite(values).any():
                    continue
                for stand, seats in self._stands(at, minute, met, before):
                    here[stand] = _better(here.get(stand), Came(values, before, seats))

    def _next(self, k: int, before: Stand | None) -> range:
        if before is None:
            return range(len(self.offers[k].minutes))
        least, most = self.runs.gaps(self.run.first + k - 1)
        minutes = self.offers[k].minutes
        return range(
            int(np.searchsorted(minutes, before.minute + least)), int(np.searchsorted(minutes, before.minute + most, side="right"))
        )

    def _meetable(self, at: int, before: Stand | None) -> Iterator[tuple[int, ...]]:
        sizes, asked = self.known.sizes, self.again.asked[at]
        yield from product(*(range(size) if before is None or axis in asked else (before.met[axis],) for axis, size in enumerate(sizes)))

    def _stands(self, at: int, minute: int, met: tuple[int, ...], before: Stand | None) -> Iterator[tuple[Stand, tuple[Seat, ...]]]:
        template = self.runs.template(at)
        crossing = frozenset[str]().union(*self.runs.entangled(self.run))
        demands = tuple(demand for demand in template.demands if demand.requirement.capability in crossing)
        meetings = [m for m in self.known.meetings(template) if self.known.capabilities[m.axis] in crossing]
        wanted = [self.known.who[meeting.axis][met[meeting.axis]] for meeting in meetings]
        only = {demand.index: self._pool(demand) for demand in demands}
        only |= {demand.index: who for meeting, who in zip(meetings, wanted, strict=True) for demand in meeting.demands}
        taken: dict[str, list[Load]] = {}
        for resource, load in before.tails if before else ():
            taken.setdefault(resource, []).append(load)
        for seats in self.runs.openings.seatings(demands, self.on, minute, {}, taken, only):
            if meets(seats, meetings, wanted):
                yield Stand(minute, met, self._tails(seats, minute + template.minutes, before)), seats

    def _pool(self, demand: Demand) -> frozenset[str]:
        """All that a requirement may have: those alike for the rest of the date are not alike for whoever is met there later."""
        return frozenset(resource.id for resource in self.runs.openings.calendar.pool(demand.requirement.capability))

    def _tails(self, seats: tuple[Seat, ...], over: int, before: Stand | None) -> tuple[Tail, ...]:
        day = self.runs.openings.calendar.day(self.on)
        mine = [(s.resource, (day.minute(s.interval.starts_at), day.minute(s.interval.ends_at), s.load)) for s in seats]
        return tuple(sorted((resource, load) for resource, load in [*(before.tails if before else ()), *mine] if load[1] > over))


def after_chain(found: Sequence[dict[Stand, Came]], like: Costs) -> Costs:
    """The values after the run, by who was met last."""
    values = np.full(like.shape, NO)
    for stand, came in found[-1].items():
        values[stand.met] = np.minimum(values[stand.met], came.values)
    return values


def chain_back(found: Sequence[dict[Stand, Came]], met: tuple[int, ...]) -> list[tuple[Stand, Came]]:
    """The cheapest chain that ends with these met, for the first of the homes, session by session."""
    ends = {stand: came for stand, came in found[-1].items() if stand.met == met}
    stand: Stand | None = min(ends, key=lambda each: float(ends[each].values[0]))
    chain: list[tuple[Stand, Came]] = []
    for stands in reversed(found):
        assert stand is not None  # noqa: S101  # every session but the first has one before it
        chain.append((stand, stands[stand]))
        stand = stands[stand].before
    return chain[::-1]


def _better(known: Came | None, came: Came) -> Came:
    """The least of two ways to one stand, and the way that is the better for the first of the homes."""
    if known is None:
        return came
    way = came if came.values[0] < known.values[0] else known
    return Came(np.minimum(known.values, came.values), way.before, way.seats)
