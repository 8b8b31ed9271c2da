"""Bookings that are to last longer, as far as their resources are free for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from rooms.bookings.conflict import RULES, Conflict, Holder, Occupancy

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stretched:
    """A booking as it was, as it was wished and as it is; `conflict` stands in the way of the rest."""

    before: Claim
    wanted: Claim
    after: Claim
    conflict: Conflict | None = None


def stretched(occupancy: Occupancy, wishes: Sequence[tuple[Claim, Claim]]) -> tuple[Stretched, ...]:
    """Each booking (as it is, as it is wished: ending later, perhaps beginning later) by as many minutes later as its resource allows.

    `occupancy` is without these bookings; it has them afterwards. What begins last is put off first, to leave room for what is before it.
    """
    found: dict[int, Stretched] = {}
    for place in sorted(range(len(wishes)), key=lambda place: wishes[place][1].interval, reverse=True):
        before, wanted = wishes[place]
        after, conflict = _farthest(occupancy, before, wanted)
        occupancy.add(Holder(after.resource, after.interval, after.load, after.purpose))
        found[place] = Stretched(before, wanted, after, conflict)
    return tuple(found[place] for place in range(len(wishes)))


def _farthest(occupancy: Occupancy, before: Claim, wanted: Claim) -> tuple[Claim, Conflict | None]:
    why: Conflict | None = None
    put_off = wanted.interval.starts_at - before.interval.starts_at
    for minutes in range(int((wanted.interval.ends_at - before.interval.ends_at) // MINUTE), 0, -1):
        later = minutes * MINUTE
        interval = Interval(before.interval.starts_at + min(later, put_off), before.interval.ends_at + later)
        claim = replace(before, interval=interval)
        conflict = _conflict(occupancy, claim)
        if conflict is None:
            return claim, why
        why = why or conflict
    return before, why


def _conflict(occupancy: Occupancy, claim: Claim) -> Conflict | None:
    return next(filter(None, (rule(occupancy, claim) for rule in RULES)), None)
