"""What is free at a site, day by day: the frozen picture that planning decides on, with bookings added as they are decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from rooms.availability.free_time import over_capacity, span, starts_within, stretches
from rooms.availability.hours import LocalDay, SiteTime, WeeklyHours
from rooms.availability.interval import Interval
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
        self._stretches: dict[tuple[str, date], tuple[int, ...]] = {}
        self._of_hours: dict[tuple[int, date], tuple[int, ...]] = {}
        self._closed: dict[date, int] = {}
        self._starts: dict[tuple[str, date], dict[tuple[int, int], int]] = {}
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
            day = self.day(on)
            found = self._closed[on] = _cover(day, (closure.interval for closure in self.site.closures))
        return found

    def open_stretches(self, resource: Resource, on: date) -> tuple[int, ...]:
        """When a resource can be had on a date, whatever is booked: one mask for each stretch that a booking must lie inside."""
        key = (resource.id, on)
        found = self._stretches.get(key)
        if found is None:
            found = self._hours_of(self.site.hours if resource.hours is None else resource.hours, on)
            if resource.absences and (away := _cover(self.day(on), (absence.interval for absence in resource.absences))):
                found = tuple(mask & ~away for mask in found)
            self._stretches[key] = found
        return found

    def _hours_of(self, hours: WeeklyHours, on: date) -> tuple[int, ...]:
        """The stretches of a date outside every closure. Many resources have the same hours, and one look is enough for them."""
        key = (id(hours), on)
        found = self._of_hours.get(key)
        if found is None:
            shut = self.closed(on)
            found = self._of_hours[key] = tuple(mask & ~shut for mask in stretches(self.day(on), hours.on(on)))
        return found

    def starts(self, resource: Resource, on: date, minutes: int, load: int) -> int:
        """The minutes of a date from which a resource can bear a load for so many minutes. Kept until it changes that day."""
        known = self._starts.get((resource.id, on))
        if known is None:
            known = self._starts[resource.id, on] = {}
        found = known.get((minutes, load))
        if found is None:
            found = known[minutes, load] = self._find_starts(resource, on, minutes, load)
        return found

    def _find_starts(self, resource: Resource, on: date, minutes: int, load: int) -> int:
        if load > resource.capacity:
            return 0
        loads = self._loads.get((resource.id, on), ())
        full = over_capacity(loads, resource.capacity - load) if load and loads else 0
        starts = 0
        for stretch in self.open_stretches(resource, on):
            starts |= starts_within(stretch & ~full, minutes)
        return starts

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
            self._loads[resource, on].append((*part, load))
            self._starts.pop((resource, on), None)

    def give_back(self, resource: str, interval: Interval, load: int) -> None:
        """Take a load that was put on a resource off it again."""
        for on, part in self._parts(interval):
            self._loads[resource, on].remove((*part, load))
            self._starts.pop((resource, on), None)

    def _parts(self, interval: Interval) -> list[tuple[date, tuple[int, int]]]:
        on, parts = self.time.date_of(interval.starts_at), []
        while self.day(on).midnight < interval.ends_at:
            part = self.day(on).part(interval)
            if part:
                parts.append((on, part))
            on += timedelta(days=1)
        return parts


def _cover(day: LocalDay, intervals: Iterable[Interval]) -> int:
    mask = 0
    for interval in intervals:
        if interval.overlaps(day.whole) and (part := day.part(interval)):
            mask |= span(*part)
    return mask
