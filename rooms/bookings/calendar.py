"""What is free at a site, day by day: the frozen picture that planning decides on, with bookings added as they are decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from rooms.availability.free_time import BEFORE, over_capacity, span, starts_within, stretches, taken
from rooms.availability.hours import LocalDay, SiteTime, WeeklyHours
from rooms.availability.interval import Interval
from rooms.resources.requirement import Requirement
from rooms.resources.resource import Resource
from rooms.resources.site import Site

Load = tuple[int, int, int]
"""On one date: elapsed minute from, until, and the load between."""

Held = tuple[str, Interval, int]
"""A resource, a time and the load that something else puts on it then."""


class Calendar:
    """Free time of a site's resources. All minutes are elapsed minutes of a `LocalDay`."""

    def __init__(self, site: Site, resources: Iterable[Resource], held: Iterable[Held] = (), *, time: SiteTime | None = None) -> None:
        self.site = site
        self.time = time or SiteTime(site.timezone)
        self.resources = {resource.id: resource for resource in resources}
        self._pools: dict[str, tuple[Resource, ...]] = {}
        self._loads: dict[tuple[str, date], list[Load]] = defaultdict(list)
        self._busy: dict[tuple[str, date], int] = {}
        self._stretches: dict[tuple[str, date], tuple[int, ...]] = {}
        self._hours: list[WeeklyHours] = []
        self._kinds: dict[str, int] = {}
        self._of_hours: dict[tuple[int, date], tuple[int, ...]] = {}
        self._closed: dict[date, int] = {}
        self._closures: list[tuple[date, date, Interval]] | None = None
        self._worked_out: dict[tuple[str, date], dict[tuple[int, int], int]] = {}
        self._pooled: dict[date, dict[tuple[str, int | str, int], list[int]]] = {}
        self._grids: dict[date, int] = {}
        self._open: dict[date, bool] = {}
        for resource, interval, load in held:
            self.take(resource, interval, load)

    def day(self, on: date) -> LocalDay:
        """A date at the site."""
        return self.time.day(on)

    def pool(self, capability: str) -> tuple[Resource, ...]:
        """The resources that have a capability, in their order."""
        found = self._pools.get(capability)
        if found is None:
            found = self._pools[capability] = tuple(r for r in self.resources.values() if capability in r.capabilities)
        return found

    def grid(self, on: date) -> int:
        """The minutes of a date at which a session may start."""
        found = self._grids.get(on)
        if found is None:
            found = self._grids[on] = self.day(on).grid(self.site.granularity_minutes)
        return found

    def is_open(self, on: date) -> bool:
        """Whether some of the site's hours on a date are outside every closure."""
        found = self._open.get(on)
        if found is None:
            found = self._open[on] = self._find_open(on)
        return found

    def _find_open(self, on: date) -> bool:
        hours = [self.day(on).mask_of_wall(opens, closes) for opens, closes in self.site.hours.on(on)]
        return any(mask & ~self.closed(on) for mask in hours)

    def closed(self, on: date) -> int:
        """The minutes of a date that closures cover."""
        found = self._closed.get(on)
        if found is None:
            if self._closures is None:
                self._closures = [
                    (self.time.date_of(closure.interval.starts_at), self.time.date_of(closure.interval.ends_at), closure.interval)
                    for closure in self.site.closures
                ]
            then = [interval for first, last, interval in self._closures if first <= on <= last]
            found = self._closed[on] = _cover(self.day(on), then) if then else 0
        return found

    def open_stretches(self, resource: Resource, on: date) -> tuple[int, ...]:
        """When a resource can be had on a date, whatever is booked: one mask for each stretch that a booking must lie inside."""
        kind = self._kinds.get(resource.id)
        if kind is None:
            kind = self._kinds[resource.id] = self._kind_of(self.site.hours if resource.hours is None else resource.hours)
        found = self._of_hours.get((kind, on))
        if found is None:
            found = self._of_hours[kind, on] = self._find_open_stretches(self._hours[kind], on)
        if not resource.absences:
            return found
        key = (resource.id, on)
        if key not in self._stretches:
            away = _cover(self.day(on), (absence.interval for absence in resource.absences))
            self._stretches[key] = tuple(mask & ~away for mask in found) if away else found
        return self._stretches[key]

    def _kind_of(self, hours: WeeklyHours) -> int:
        """Many resources have the same hours, and one look at a date is enough for all of them."""
        if hours not in self._hours:
            self._hours.append(hours)
        return self._hours.index(hours)

    def _find_open_stretches(self, hours: WeeklyHours, on: date) -> tuple[int, ...]:
        shut, found = self.closed(on), stretches(self.day(on), hours.on(on))
        return tuple(mask & ~shut for mask in found) if shut else found

    def starts(self, resource: Resource, on: date, minutes: int, load: int) -> int:
        """The minutes of a date from which a resource can bear a load for so many minutes. Kept until it changes that day."""
        there, asked = (resource.id, on), (minutes, load)
        known = self._worked_out.get(there)
        if known is None:
            known = self._worked_out[there] = {}
        found = known.get(asked)
        if found is None:
            found = 0
            for stretch in self._find_room(resource, on, load):
                found |= starts_within(stretch, minutes)
            known[asked] = found
        return found

    def pool_starts(self, need: Requirement, on: date, minutes: int) -> Iterator[int]:
        """The same for each resource of a pool and what a requirement asks of it. None is looked at before it is asked for."""
        of_date = self._pooled.get(on)
        if of_date is None:
            of_date = self._pooled[on] = {}
        asked = (need.capability, need.load, minutes)
        known = of_date.get(asked)
        if known is None:
            known = of_date[asked] = []
        for place, resource in enumerate(self.pool(need.capability)):
            if place == len(known):
                known.append(self.starts(resource, on, minutes, need.load_on(resource.capacity)))
            yield known[place]

    def _find_room(self, resource: Resource, on: date, load: int) -> tuple[int, ...]:
        """The open stretches of a date without the minutes at which a resource cannot bear a load."""
        if load > resource.capacity:
            return ()
        open_then = self.open_stretches(resource, on)
        if not load or not open_then:
            return open_then
        full = self._too_full(resource, on, load)
        if not full:
            return open_then
        return (open_then[0] & ~full,) if len(open_then) == 1 else tuple(stretch & ~full for stretch in open_then)

    def _too_full(self, resource: Resource, on: date, load: int) -> int:
        """The minutes of a date at which what is booked leaves no room for a load."""
        key = (resource.id, on)
        if load == resource.capacity:
            return self._busy.get(key, 0)
        return over_capacity(self._loads.get(key, ()), resource.capacity - load)

    def likeness(self, resource: Resource, on: date, window: tuple[int, int], more: Iterable[Load] = ()) -> object:
        """What a resource can do between two minutes of a date, beside `more`: those of equal likeness may stand in for each other."""
        begin, end = window
        loads = [*self._loads.get((resource.id, on), ()), *more]
        clipped = sorted((max(since, begin), min(until, end), load) for since, until, load in loads if since < end and begin < until)
        open_then = tuple(stretch & span(begin, end) for stretch in self.open_stretches(resource, on))
        return resource.capabilities, resource.capacity, open_then, tuple(clipped)

    def bears(self, resource: Resource, on: date, part: Load, more: Iterable[Load] = ()) -> bool:
        """Whether a resource can take one more load on a date, beside `more` that is not in the calendar yet."""
        begin, end, load = part
        if not self.starts(resource, on, end - begin, load) >> begin & 1:
            return False
        extra = [other for other in more if other[0] < end and begin < other[1]]
        if not extra or not load:
            return True
        loads = [*self._loads.get((resource.id, on), ()), *extra]
        return not over_capacity(loads, resource.capacity - load) & span(begin, end)

    def take(self, resource: str, interval: Interval, load: int) -> None:
        """Put a load on a resource. One that is not of this site is passed over, as nothing here can use it."""
        for on, part in self._parts(interval):
            self.take_part(resource, on, (*part, load))

    def take_part(self, resource: str, on: date, part: Load) -> None:
        """The same for a load within one date."""
        key, (begin, end, load) = (resource, on), part
        self._loads[key].append(part)
        if load > 0:
            self._busy[key] = self._busy.get(key, 0) | BEFORE[end] ^ BEFORE[begin]
        self._forget(resource, on)

    def give_back(self, resource: str, interval: Interval, load: int) -> None:
        """Take a load that was put on a resource off it again."""
        for on, part in self._parts(interval):
            self.give_back_part(resource, on, (*part, load))

    def give_back_part(self, resource: str, on: date, part: Load) -> None:
        """The same for a load within one date."""
        key = (resource, on)
        self._loads[key].remove(part)
        self._busy[key] = taken(self._loads[key])
        self._forget(resource, on)

    def _forget(self, resource: str, on: date) -> None:
        """What was worked out for a resource on a date does not hold any more, nor what was for its pools."""
        self._worked_out.pop((resource, on), None)
        self._pooled.pop(on, None)

    def _parts(self, interval: Interval) -> list[tuple[date, tuple[int, int]]]:
        on, parts = self.time.date_of(interval.starts_at), []
        while (day := self.day(on)).midnight < interval.ends_at:
            part = day.part(interval)
            if part:
                parts.append((on, part))
                if part[1] < day.length:
                    break
            on += timedelta(days=1)
        return parts


def _cover(day: LocalDay, intervals: Iterable[Interval]) -> int:
    mask = 0
    for interval in intervals:
        if part := day.part(interval):
            mask |= span(*part)
    return mask
