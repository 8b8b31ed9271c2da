"""I1 and I2: nothing is held twice, nobody bears more than they can."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from scheduler.verify.breach import Breach
from scheduler.verify.rows import Tables, Taken, Thing


def overlaps(tables: Tables) -> Iterator[Breach]:
    """I1: two bookings that each take a resource for themselves share no instant, turnover included."""
    for resource, bookings in _by_resource(tables):
        last: Taken | None = None
        for booking in bookings:
            if not booking.exclusive:
                continue
            if last and booking.begins < last.ends:
                yield Breach("I1", f"booking {booking.id}", f"{resource.code} is held by {last.id} at the same time.")
            if last is None or booking.ends > last.ends:
                last = booking


def overloads(tables: Tables) -> Iterator[Breach]:
    """I2: at no instant since the present capacity was set do the loads on a resource add up to more."""
    for resource, bookings in _by_resource(tables):
        load = 0
        turns = [(booking.ends, 0, -booking.load, booking) for booking in bookings]
        turns += [(booking.begins, 1, booking.load, booking) for booking in bookings]
        for at, _, change, booking in sorted(turns, key=lambda turn: turn[:2]):
            load += change
            if change > 0 and load > resource.capacity and max(at, booking.begins) >= resource.capacity_since:
                yield Breach("I2", f"booking {booking.id}", f"{resource.code} bears {load} of {resource.capacity} then.")


def flags(tables: Tables) -> Iterator[Breach]:
    """I1: a booking that takes a resource of capacity 1 is marked so, or the exclusion constraint would not see it."""
    for booking in tables.taken:
        resource = tables.things[booking.resource]
        if booking.ends > resource.capacity_since and booking.exclusive != (resource.capacity == 1 and booking.load > 0):
            yield Breach("I1", f"booking {booking.id}", f"It is {'' if booking.exclusive else 'not '}marked as alone on {resource.code}.")


def _by_resource(tables: Tables) -> Iterator[tuple[Thing, list[Taken]]]:
    for resource, bookings in groupby(tables.taken, key=lambda booking: booking.resource):
        yield tables.things[resource], list(bookings)
