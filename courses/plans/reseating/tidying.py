"""The dates on which bookings changed seats, seated once more when all their sessions are known, if fewer changes do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from courses.plans.reseating.pooled import Pool
from courses.plans.reseating.seats import Key, Seats
from rooms.bookings.calendar import Load
from rooms.bookings.pool import Movable, Wish, fewest_reseats
from rooms.resources.requirement import Requirement

STEPS = 1000
"""How long the fewest changes of a date are looked for."""


def tidy(seats: Seats) -> None:
    """Seat each such date anew from how it was, all new sessions together, where that changes fewer bookings."""
    for on, pool in seats.changed_pools():
        _tidy(seats, on, pool)


def _tidy(seats: Seats, on: date, pool: Pool) -> None:
    there = seats.on(on, pool)
    stay = _at_home(seats, on, there)
    others = [key for key in there if key not in stay]
    wishes = [_wish_again(seats, on, pool, there[key]) for key in others]
    found = fewest_reseats(seats.pinned, on, [*stay.values()], wishes, STEPS)
    if found is None:
        return
    units = {key: each.resource for key, each in stay.items()} | dict(zip(others, found.seats, strict=True))
    keys = list(stay)
    units |= {keys[index]: unit for index, unit in found.moved}
    now = {key: replace(each, resource=units[key]) for key, each in there.items()}
    if _n_moved(seats, now) < _n_moved(seats, there):
        for key, unit in units.items():
            seats.give(on, key, unit)


def _n_moved(seats: Seats, there: Mapping[Key, Movable]) -> int:
    return sum(seats.is_moved(key, each) for key, each in there.items())


def _at_home(seats: Seats, on: date, there: Mapping[Key, Movable]) -> dict[Key, Movable]:
    """The bookings that can be where they were beside each other and what stays for good."""
    found: dict[Key, Movable] = {}
    taken: dict[str, list[Load]] = defaultdict(list)
    for key, each in there.items():
        if not key[0]:
            home, part = seats.home(key), (*seats.part(on, each.interval), each.load)
            if seats.pinned.bears(seats.fixed.resources[home], on, part, taken[home]):
                taken[home].append(part)
                found[key] = replace(each, resource=home)
    return found


def _wish_again(seats: Seats, on: date, pool: Pool, each: Movable) -> Wish:
    units = seats.units_like(pool, each.capability, each.resource)
    return Wish(*seats.part(on, each.interval), Requirement(each.capability, load=each.load), units)
