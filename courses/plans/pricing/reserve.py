"""Room for those who cannot wait: what it costs others to take the share of a date that a protocol reserves for its own courses.

First come, first served makes an urgent patient wait as long as everyone when more is asked for than there is. The reserved share is not
barred to others but dear, so that nobody is refused for it: they take it where they would else wait longer than it costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np

from courses.plans.pricing.prices import Minutes, Prices
from courses.plans.request import Weights
from courses.protocols.protocol import Reserve, TreatmentProtocol
from courses.protocols.session_template import SessionTemplate
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Resource

DAYS_OF_WAITING = 30
"""What a reserved place costs others, in days of delay of one session: they take it where they would else wait longer than that."""


def reserved_prices(
    calendar: Calendar, protocols: Iterable[TreatmentProtocol], asking: TreatmentProtocol, weights: Weights, today: date
) -> Prices | None:
    """The prices for a course of the protocol that asks, by what is free in the calendar now; None where no other reserves anything.

    `protocols` are all that the clinic offers. A reserve holds on the dates more than its `until_days` after `today`.
    """
    others = {each.id: each for each in protocols if each.reserve is not None and each.id != asking.id}
    rooms = [_Room(calendar, each.template_of(1), each.reserve) for each in others.values() if each.reserve is not None]
    return _ReservedPrices(calendar, rooms, weights.delay_day * DAYS_OF_WAITING, today) if rooms else None


class _ReservedPrices:
    def __init__(self, calendar: Calendar, rooms: list[_Room], price: float, today: date) -> None:
        self._calendar, self._rooms, self._price, self._today = calendar, rooms, price, today
        self._known: dict[tuple[str, date], Minutes | None] = {}

    def of_resource(self, resource: str, on: date) -> Minutes | None:
        """The price of a reserved place, spread over the load-minutes of one visit that it is reserved for."""
        key = (resource, on)
        if key not in self._known:
            self._known[key] = self._added_up(resource, on)
        return self._known[key]

    def _added_up(self, resource: str, on: date) -> Minutes | None:
        days_ahead = (on - self._today).days
        by_minute = [room.share_of_visit(resource, on) for room in self._rooms if days_ahead > room.reserve.until_days]
        if not any(by_minute):
            return None
        added_up: Minutes = np.arange(self._calendar.day(on).length + 1, dtype=np.float64) * (self._price * sum(by_minute))
        return added_up

    def of_patient(self, _patient: str, _on: date) -> Minutes | None:
        """Nothing."""
        return None

    def of_start(self, _template: str, _on: date) -> Minutes | None:
        """Nothing."""
        return None


class _Room:
    """What one protocol reserves: a share of those resources of which its visits take the largest part of a date."""

    def __init__(self, calendar: Calendar, visit: SessionTemplate, reserve: Reserve) -> None:
        self.reserve = reserve
        self._calendar = calendar
        self._taken: dict[str, int] = {}
        for demand in visit.demands:
            need = demand.requirement
            load = max((need.load_on(resource.capacity) for resource in calendar.pool(need.capability)), default=0)
            minutes = (demand.end - demand.begin) * load * need.count
            self._taken[need.capability] = self._taken.get(need.capability, 0) + minutes
        self._known: dict[date, dict[str, float]] = {}

    def share_of_visit(self, resource: str, on: date) -> float:
        """What part of a visit one minute of load on a resource is; 0 where the resource is not reserved on the date."""
        if on not in self._known:
            self._known[on] = self._reserved(on)
        return self._known[on].get(resource, 0.0)

    def _reserved(self, on: date) -> dict[str, float]:
        pools = {name: self._calendar.pool(name) for name, taken in self._taken.items() if taken}
        whole = {name: sum(self._open(resource, on) for resource in pool) for name, pool in pools.items()}
        if not whole or not all(whole.values()):
            return {}
        scarcest = max(pools, key=lambda name: self._taken[name] / whole[name])
        left = sum(self._free(resource, on) for resource in pools[scarcest])
        if left - self._taken[scarcest] >= self.reserve.share * whole[scarcest]:
            return {}
        return {resource.id: 1 / self._taken[scarcest] for resource in pools[scarcest]}

    def _open(self, resource: Resource, on: date) -> int:
        """The load-minutes that a resource could bear on a date with nothing booked."""
        mask = 0
        for stretch in self._calendar.open_stretches(resource, on):
            mask |= stretch
        return mask.bit_count() * resource.capacity

    def _free(self, resource: Resource, on: date) -> int:
        """Those that it can still bear."""
        return sum(self._calendar.starts(resource, on, 1, load).bit_count() for load in range(1, resource.capacity + 1))
