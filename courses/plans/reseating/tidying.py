"""The dates on which bookings changed seats, seated once more when all their sessions are known, if fewer changes do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from courses.plans.reseating.pooled import Pool
from courses.plans.reseating.seats import Seats
from rooms.bookings.pool import Movable, Wish, fewest_reseats
from rooms.resources.requirement import Requirement

STEPS = 2500
"""How long the fewest changes of a date are looked for."""


def tidy(seats: Seats) -> None:
    """Seat each such date anew from how it was, all new sessions together, where that changes fewer bookings."""
    for on, pool in seats.changed_pools():
        there = seats.on(on, pool)
        held = {key: replace(each, resource=seats.home(key)) for key, each in there.items() if not key[0]}
        ours = {key: each for key, each in there.items() if key[0]}
        wishes = [_wish_again(seats, on, pool, each) for each in ours.values()]
        found = fewest_reseats(seats.pinned, on, list(held.values()), wishes, STEPS)
        if found is not None and len(found.moved) < sum(seats.is_moved(key, each) for key, each in there.items()):
            moved = dict(found.moved)
            for index, (key, each) in enumerate(held.items()):
                seats.give(on, key, moved.get(index, each.resource))
            for key, unit in zip(ours, found.seats, strict=True):
                seats.give(on, key, unit)


def _wish_again(seats: Seats, on: date, pool: Pool, each: Movable) -> Wish:
    units = seats.units_like(pool, each.capability, each.resource)
    return Wish(*seats.part(on, each.interval), Requirement(each.capability, load=each.load), units)
