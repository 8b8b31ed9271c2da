"""The free time of a site whose like resources count as one pool: what planning may hope for before anyone is re-seated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from rooms.availability.free_time import over_capacity, runs, span, starts_within
from rooms.bookings.calendar import Calendar, Load
from rooms.resources.resource import Resource

Pool = tuple[str, ...]
"""Resources among which bookings may be given from one to another."""


def pools_of(calendar: Calendar, movable: Iterable[tuple[str, str]]) -> dict[str, Pool]:
    """The pool of each resource that a movable booking (where it sits, and its capability) may be on: all that can be reached from it
    by giving bookings on."""
    pools: dict[str, Pool] = {}
    for seat, capability in sorted(set(movable)):
        like = [seat, *(resource.id for resource in calendar.pool(capability))]
        joined = {other for resource in like for other in pools.get(resource, (resource,))}
        pools |= dict.fromkeys(joined, tuple(name for name in calendar.resources if name in joined))
    return pools


class PooledCalendar(Calendar):
    """A calendar in which bookings that may be re-seated take room from their pool, and from none of its resources in particular.

    Whatever `fixed` allows is allowed here. What is allowed here and not there has room in its pool at every minute, which re-seating
    needs and which is not always enough: a start that turned out not to work is told to `forbid`.
    """

    def __init__(self, fixed: Calendar, pinned: Calendar, pools: Mapping[str, Pool]) -> None:
        super().__init__(fixed.site, fixed.resources.values(), time=fixed.time)
        self._fixed, self._pinned, self._pool_of = fixed, pinned, pools
        self._movable: dict[tuple[Pool, date], list[Load]] = defaultdict(list)
        self._known: dict[date, dict[tuple[str, int, int], int]] = defaultdict(dict)
        self._full: dict[date, dict[tuple[Pool, int], int]] = defaultdict(dict)
        self._forbidden: dict[tuple[str, date, int, int], int] = {}

    def put(self, pool: Pool, on: date, load: Load) -> None:
        """One more booking that may be re-seated."""
        self._movable[pool, on].append(load)

    def remove(self, pool: Pool, on: date, load: Load) -> None:
        """One that is there no longer."""
        self._movable[pool, on].remove(load)

    def changed(self, on: date) -> None:
        """Something on a date is not as it was."""
        self._forget_starts(on)
        self._full.pop(on, None)

    def forbid(self, resource: str, on: date, part: Load) -> None:
        """No re-seating makes room on a resource for this."""
        begin, end, load = part
        key = (resource, on, end - begin, load)
        self._forbidden[key] = self._forbidden.get(key, 0) | 1 << begin
        self._forget_starts(on)

    def allow_all(self) -> None:
        """Forget what was forbidden."""
        for _, on, _, _ in self._forbidden:
            self._forget_starts(on)
        self._forbidden.clear()

    def _forget_starts(self, on: date) -> None:
        self._known.pop(on, None)
        self._pooled.pop(on, None)

    def starts(self, resource: Resource, on: date, minutes: int, load: int) -> int:
        """The minutes of a date from which a resource can bear a load for so long, or could if others were re-seated."""
        known, key = self._known[on], (resource.id, minutes, load)
        found = known.get(key)
        if found is None:
            found = known[key] = self._look_for_starts(resource, on, minutes, load)
        return found

    def _look_for_starts(self, resource: Resource, on: date, minutes: int, load: int) -> int:
        fixed, pool = self._fixed.starts(resource, on, minutes, load), self._pool_of.get(resource.id)
        if pool is None or not load or not self._movable.get((pool, on)):
            return fixed
        hoped = self._pinned.starts(resource, on, minutes, load) & ~self._forbidden.get((resource.id, on, minutes, load), 0)
        if not hoped & ~fixed:
            return fixed
        room = span(0, self.day(on).length) & ~self._full_minutes(pool, on, load)
        return fixed | hoped & starts_within(room, minutes)

    def _full_minutes(self, pool: Pool, on: date, load: int) -> int:
        """The minutes at which a whole pool has no room for a load, however its bookings are seated."""
        known = self._full[on]
        if (pool, load) not in known:
            units = [self.resources[name] for name in pool]
            taken = [part for unit in units for part in self._taken(unit, on)] + self._movable[pool, on]
            known[pool, load] = over_capacity(taken, sum(unit.capacity for unit in units) - load)
        return known[pool, load]

    def _taken(self, unit: Resource, on: date) -> Iterator[Load]:
        """What hours and bookings that stay take of a resource, as loads of 1."""
        whole = span(0, self.day(on).length)
        for level in range(1, unit.capacity + 1):
            yield from ((begin, end, 1) for begin, end in runs(whole & ~self._pinned.starts(unit, on, 1, level)))

    def bears(self, resource: Resource, on: date, part: Load, more: Iterable[Load] = ()) -> bool:
        """Whether a resource could take one more load on a date, beside `more`."""
        begin, end, load = part
        extra = [other for other in more if other[0] < end and begin < other[1]]
        if not self.starts(resource, on, end - begin, load) >> begin & 1:
            return False
        return not extra or not load or self._pinned.bears(resource, on, part, extra)

    def likeness(self, resource: Resource, on: date, window: tuple[int, int], more: Iterable[Load] = ()) -> object:
        """What tells a resource from others between two minutes of a date: here, what stays on it."""
        return self._pinned.likeness(resource, on, window, more)

    def open_stretches(self, resource: Resource, on: date) -> tuple[int, ...]:
        """When a resource can be had on a date, whatever is booked."""
        return self._fixed.open_stretches(resource, on)
