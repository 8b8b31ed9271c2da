"""From dates, starts and who is met to a resource for every requirement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, islice

import numpy as np

from courses.plans.best_plan.kept_places import KeptPlaces
from courses.plans.best_plan.met import Acquaintances
from courses.plans.best_plan.offers import Offers, meets
from courses.plans.best_plan.on_one_date import Turn
from courses.plans.best_plan.situation import SeatsFirst
from courses.plans.plan import Seat
from courses.plans.possible.runs import Run, Runs
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.bookings.calendar import Load

SEATINGS = 20000
"""So many ways of seating one session are tried."""


class Seating:
    """Seats the turns of one course. Where a choice is free, the cheapest resource, else the one of the session before.

    `gave_way` turns true where turnovers between sessions of one date left no seats for the turns, and others were taken.
    """

    def __init__(self, runs: Runs, offers: Offers, known: Acquaintances, kept: KeptPlaces, first: SeatsFirst | None = None) -> None:
        self._runs, self._offers, self._known, self._kept, self._first = runs, offers, known, kept, first
        self._used: dict[str, list[str]] = {}
        self.gave_way = False

    def seated(self, turns: Sequence[Turn]) -> Iterator[tuple[Turn, tuple[Seat, ...]]]:
        """Every turn with its seats."""
        for _, of_date in groupby(turns, key=lambda turn: turn.on):
            yield from self._on_date(list(of_date))

    def _on_date(self, turns: list[Turn]) -> list[tuple[Turn, tuple[Seat, ...]]]:
        taken: dict[str, list[Load]] = defaultdict(list)
        found = []
        for turn in turns:
            seats = self._as_kept(turn) or self._seats(turn, taken)
            if seats is None:
                return self._otherwise(turns)
            found.append((turn, seats))
            self._used |= _by_capability(seats)
            if len(found) < len(turns):
                self._take(turn.on, seats, taken)
        return found

    def _as_kept(self, turn: Turn) -> tuple[Seat, ...] | None:
        seats = self._kept.staying(turn.at, turn.on, turn.start)
        return seats if seats is not None and self._meets(turn, seats) else None

    def _meets(self, turn: Turn, seats: tuple[Seat, ...]) -> bool:
        meetings = self._known.meetings(self._runs.template(turn.at))
        return meets(seats, meetings, [self._known.who[m.axis][turn.who[m.axis] or 0] for m in meetings])

    def _seats(self, turn: Turn, taken: dict[str, list[Load]]) -> tuple[Seat, ...] | None:
        template = self._runs.template(turn.at)
        meetings = self._known.meetings(template)
        only = {d.index: self._known.who[m.axis][turn.who[m.axis] or 0] for m in meetings for d in m.demands}
        settled: dict[int, set[str]] = defaultdict(set)
        for seat in turn.seats:
            settled[seat.requirement].add(seat.resource)
        only |= {requirement: frozenset(resources) for requirement, resources in settled.items()}
        ways = self._runs.openings.seatings(template.demands, turn.on, turn.start, self._wanted(template, turn), taken, only)
        return next((seats for seats in islice(ways, SEATINGS) if self._meets(turn, seats)), None)

    def _wanted(self, template: SessionTemplate, turn: Turn) -> dict[int, list[str]]:
        wanted: dict[int, list[str]] = {}
        first = {} if self._first is None else self._first(template.name, turn.on, turn.start)
        for demand in template.demands:
            need = demand.requirement
            if need.continuity:
                continue
            order = [*first.get(demand.index, ()), *self._used.get(need.capability, ())]
            wanted[demand.index] = self._by_price(demand, turn, order) if self._offers.priced else order
        return wanted

    def _by_price(self, demand: Demand, turn: Turn, order: Sequence[str]) -> list[str]:
        place = {resource: index for index, resource in reversed(list(enumerate(order)))}
        pool, start = self._runs.openings.calendar.pool(demand.requirement.capability), np.array([turn.start])
        prices = {r.id: (float(self._offers.price(demand, r, turn.on, start)[0]), place.get(r.id, len(order))) for r in pool}
        return sorted(prices, key=lambda each: prices[each])

    def _take(self, on: date, seats: tuple[Seat, ...], taken: dict[str, list[Load]]) -> None:
        day = self._runs.openings.calendar.day(on)
        for seat in seats:
            taken[seat.resource].append((day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at), seat.load))

    def _otherwise(self, turns: list[Turn]) -> list[tuple[Turn, tuple[Seat, ...]]]:
        """A turnover that reaches into the next session of the date bars what each alone could have: any way from the same first start."""
        self.gave_way = True
        run = Run(turns[0].at, len(turns))
        placed = self._runs.place(run, turns[0].on, turns[0].start, {})
        assert placed is not None  # noqa: S101  # only starts from which the whole run has a place are offered
        return [(Turn(turn.at, turn.on, each.start, turn.who), each.seats) for turn, each in zip(turns, placed, strict=True)]


def _by_capability(seats: tuple[Seat, ...]) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for seat in seats:
        used.setdefault(seat.capability, []).append(seat.resource)
    return used
