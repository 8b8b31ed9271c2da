"""A calendar that takes in what is held only where it is asked: a mishap touches a few dates, and the answer is wanted at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar, Held, Load
from rooms.resources.resource import Resource
from rooms.resources.site import Site

MINUTE = timedelta(minutes=1)


class DayByDay(Calendar):
    """The same answers as a `Calendar` with all that is held, in the time of those dates and resources that are asked for."""

    def __init__(self, site: Site, resources: Iterable[Resource], held: Iterable[Held]) -> None:
        super().__init__(site, resources)
        self._waiting: dict[int, list[Held]] = defaultdict(list)
        self._sorted: dict[int, dict[str, list[Held]]] = {}
        self._seen: set[tuple[str, date]] = set()
        for each in held:
            begins, ends = each[1].starts_at.toordinal(), each[1].ends_at.toordinal()
            if begins == ends:
                self._waiting[begins].append(each)
            else:
                super().take(*each)

    def starts(self, resource: Resource, on: date, minutes: int, load: int) -> int:
        """The minutes of a date from which a resource can bear a load for so many minutes."""
        known = self._worked_out.get((resource.id, on))
        found = None if known is None else known.get((minutes, load))
        if found is not None:
            return found
        self._look(resource.id, on)
        return super().starts(resource, on, minutes, load)

    def likeness(self, resource: Resource, on: date, window: tuple[int, int], more: Iterable[Load] = ()) -> object:
        """What a resource can do between two minutes of a date, beside `more`."""
        self._look(resource.id, on)
        return super().likeness(resource, on, window, more)

    def give_back(self, resource: str, interval: Interval, load: int) -> None:
        """Take a load that was put on a resource off it again."""
        on = self.time.date_of(interval.starts_at)
        while self.day(on).midnight < interval.ends_at:
            self._look(resource, on)
            on += timedelta(days=1)
        super().give_back(resource, interval, load)

    def _look(self, resource: str, on: date) -> None:
        """Take in what is held of a resource on the days of the world's clock that a local date touches."""
        if (resource, on) in self._seen:
            return
        self._seen.add((resource, on))
        day = self.day(on)
        begins, ends = day.midnight, day.instant(day.length)
        for ordinal in range(begins.toordinal(), ends.toordinal() + 1):
            waiting = self._of(ordinal)
            there = waiting.get(resource)
            if not there:
                continue
            waiting[resource] = [each for each in there if each[1].starts_at >= ends or each[1].ends_at <= begins]
            for name, interval, load in there:
                if interval.starts_at >= begins and interval.ends_at <= ends:
                    self.take_part(name, on, (day.minute(interval.starts_at), -((begins - interval.ends_at) // MINUTE), load))
                elif interval.starts_at < ends and interval.ends_at > begins:
                    super().take(name, interval, load)

    def _of(self, ordinal: int) -> dict[str, list[Held]]:
        if ordinal not in self._sorted:
            found = self._sorted[ordinal] = defaultdict(list)
            for each in self._waiting.pop(ordinal, ()):
                found[each[0]].append(each)
        return self._sorted[ordinal]
