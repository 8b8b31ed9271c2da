"""Visits of one patient that follow each other on a date: when one is late, those after it slide, and no gap becomes shorter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rooms.availability.free_time import reachable


@dataclass(frozen=True, slots=True)
class Link:
    """A visit of a chain, in elapsed minutes of its date: its booked start, its length, and the gap to the one before it.

    `free` are the minutes at which it may start, as bits: those at which the patient and all that it needs are free.
    """

    start: int
    minutes: int
    least_gap: int
    most_gap: int
    free: int


def slid(chain: Sequence[Link], not_before: int) -> tuple[int, ...] | None:
    """The earliest starts of a chain whose first visit starts at `not_before` or later; none is earlier than it was.

    Every gap is as long as it has to be and no longer than it may. None where there are no such starts.
    """
    possible = [0] * len(chain)
    for place in range(len(chain) - 1, -1, -1):
        link = chain[place]
        possible[place] = link.free >> link.start << link.start
        if place + 1 < len(chain):
            after = chain[place + 1]
            possible[place] &= reachable(possible[place + 1], link.minutes + after.least_gap, link.minutes + after.most_gap)
    starts: list[int] = []
    for link, minutes in zip(chain, possible, strict=True):
        least = not_before if not starts else starts[-1] + chain[len(starts) - 1].minutes + link.least_gap
        ahead = minutes >> max(0, least) << max(0, least)
        if not ahead:
            return None
        starts.append((ahead & -ahead).bit_length() - 1)
    return tuple(starts)
