"""Time of a day as bits: bit m stands for the elapsed minute m since local midnight.

"Free for d minutes from here" costs a few shifts and ANDs of one integer, with no loop over clock times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache

from rooms.availability.hours import MINUTES_OF_DAY, LocalDay, Span

USUAL_DAY = LocalDay(date(2001, 1, 1), datetime(2001, 1, 1, tzinfo=UTC), MINUTES_OF_DAY)
"""Any of those on which the clock does not change: opening hours lie alike on all of them."""


BEFORE = tuple((1 << minute) - 1 for minute in range(25 * 60 + 1))
"""For each minute of the longest date the minutes before it."""


def span(begin: int, end: int) -> int:
    """The minutes from `begin` until `end`."""
    return ((1 << (end - begin)) - 1) << begin if end > begin else 0


def starts_within(free: int, minutes: int) -> int:
    """The minutes from which all of the next `minutes` are free."""
    for step in _doublings(minutes):
        free &= free >> step
    return free


@lru_cache(maxsize=2048)
def _doublings(minutes: int) -> tuple[int, ...]:
    """Steps of which each is no longer than what is known to be free already, and that come to so many minutes."""
    steps, have = list[int](), 1
    while have < minutes:
        steps.append(min(have, minutes - have))
        have += steps[-1]
    return tuple(steps)


def reachable(later: int, least: int, most: int) -> int:
    """The minutes from which some minute of `later` is between `least` and `most` minutes ahead, ends included."""
    if most < least:
        return 0
    spread, have = later, 1
    while have < most - least + 1:
        step = min(have, most - least + 1 - have)
        spread |= spread >> step
        have += step
    return spread >> least


def bits(mask: int) -> Iterator[int]:
    """The minutes of a mask, in order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def runs(mask: int) -> Iterator[tuple[int, int]]:
    """The minutes of a mask that lie together: from, until."""
    begin = 0
    while mask:
        skip = (mask & -mask).bit_length() - 1
        mask >>= skip
        length = (~mask & (mask + 1)).bit_length() - 1
        begin += skip
        yield begin, begin + length
        begin, mask = begin + length, mask >> length


def nearest(mask: int, to: int) -> int | None:
    """The minute of the mask nearest to another, the earlier of two; None for an empty mask."""
    below = mask & ((1 << (to + 1)) - 1) if to >= 0 else 0
    above = mask >> max(to, 0) << max(to, 0)
    down = below.bit_length() - 1 if below else None
    up = (above & -above).bit_length() - 1 if above else None
    if down is None or up is None:
        return up if down is None else down
    return down if to - down <= up - to else up


def stretches(day: LocalDay, hours: Iterable[Span]) -> tuple[int, ...]:
    """The open minutes of a day, one mask for each stretch that a booking must lie inside.

    Stretches with closed time between them share a mask, since nothing fits across; those that touch or overlap do not.
    """
    spans = tuple(hours)
    return _usual_stretches(spans) if day.wall is None else _stretches(day, spans)


@lru_cache(maxsize=4096)
def _usual_stretches(hours: tuple[Span, ...]) -> tuple[int, ...]:
    return _stretches(USUAL_DAY, hours)


def _stretches(day: LocalDay, hours: Iterable[Span]) -> tuple[int, ...]:
    masks: list[int] = []
    for opens, closes in hours:
        mask = day.mask_of_wall(opens, closes)
        if not mask:
            continue
        apart = mask | mask << 1 | mask >> 1
        for index, other in enumerate(masks):
            if not apart & other:
                masks[index] = other | mask
                break
        else:
            masks.append(mask)
    return tuple(masks)


def taken(loads: Iterable[tuple[int, int, int]]) -> int:
    """The minutes at which there is any load."""
    mask = 0
    for begin, end, load in loads:
        if load > 0:
            mask |= BEFORE[end] ^ BEFORE[begin]  # a call of `span` for each would cost as much as all the rest
    return mask


def over_capacity(loads: Iterable[tuple[int, int, int]], room: int) -> int:
    """The minutes at which the loads (begin, end, load) add up to more than `room`."""
    if room == 0:
        return taken(loads)
    turns: dict[int, int] = {}
    for begin, end, load in loads:
        turns[begin] = turns.get(begin, 0) + load
        turns[end] = turns.get(end, 0) - load
    mask, total, since = 0, 0, None
    for minute in sorted(turns):
        total += turns[minute]
        if total > room and since is None:
            since = minute
        elif total <= room and since is not None:
            mask |= span(since, minute)
            since = None
    return mask
