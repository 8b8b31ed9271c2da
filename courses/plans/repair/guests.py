"""Bookings of others that may be re-seated: they keep their time, and go to a like resource where that keeps somebody's start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

from courses.plans.plan import PlannedSession, Reseat, Seat
from courses.plans.possible.openings import Wanted
from courses.plans.repair.case import Case
from courses.protocols.session_template import Demand
from rooms.availability.free_time import span
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar
from rooms.bookings.pool import ANYWHERE, Movable, Wish, free_units
from rooms.resources.requirement import Requirement

Places = Mapping[int, str]
"""Where the bookings are (by place in the clinic's list) that are not where they were."""


class Guests:
    """The bookings to come that may be given to like resources, on a calendar that holds them."""

    def __init__(self, case: Case, calendar: Calendar) -> None:
        self._case, self._calendar = case, calendar
        self._gone: dict[int, str] = {}
        self._on: dict[date, list[int]] = {}

    @cached_property
    def _by_day(self) -> Mapping[int, list[int]]:
        """Them all by the day on which they begin, by the world's clock: most dates are never asked for."""
        found: dict[int, list[int]] = defaultdict(list)
        for index in self._case.guests:
            found[self._case.clinic.held[index][1].starts_at.toordinal()].append(index)
        return found

    def on(self, on: date) -> Sequence[int]:
        """Those of a date."""
        if on not in self._on:
            whole = self._calendar.day(on).whole
            near = range(whole.starts_at.toordinal(), whole.ends_at.toordinal() + 1)
            there = [index for ordinal in near for index in self._by_day.get(ordinal, ())]
            self._on[on] = [index for index in there if whole.starts_at <= self._case.clinic.held[index][1].starts_at < whole.ends_at]
        return self._on[on]

    def movable(self, index: int) -> Movable:
        """One of them, where it is now."""
        home, interval, load = self._case.clinic.held[index]
        return Movable(self._gone.get(index, home), interval, load, self._case.clinic.movable[index])

    def make_room(self, demands: Sequence[Demand], session: PlannedSession, wanted: Wanted) -> tuple[Seat, ...] | None:
        """Resources for a session at its start, with as few guests as can be on others for it. Without any, nothing changes."""
        on = self._case.time.date_of(session.interval.starts_at)
        if not self.on(on):
            return None
        day = self._calendar.day(on)
        start, wishes, places = day.minute(session.interval.starts_at), list[Wish](), list[tuple[Demand, Interval]]()
        for demand in demands:
            begin, end, count = start + demand.begin, start + demand.end, demand.requirement.count
            pool = [unit.id for unit in self._calendar.pool(demand.requirement.capability)]
            units = tuple(unit for unit in dict.fromkeys([*wanted.get(demand.index, ()), *pool]) if unit in pool)
            wishes += [Wish(begin, end, demand.requirement, units, demand.index if count > 1 else ANYWHERE)] * count
            places += [(demand, day.interval(begin, end))] * count
        freed = self._freed(on, wishes)
        return None if freed is None else tuple(_seat(*place, self._calendar, unit) for place, unit in zip(places, freed, strict=True))

    def seat_struck(self) -> None:
        """Those whose resource is away go to like ones that can be had, with as few others as can be on other ones for it."""
        for index in self._case.struck_guests:
            each, on = self.movable(index), self._case.time.date_of(self._case.clinic.held[index][1].starts_at)
            day = self._calendar.day(on)
            part = day.minute(each.interval.starts_at), day.minute(each.interval.ends_at)
            units = tuple(unit.id for unit in self._calendar.pool(each.capability) if unit.id != each.resource)
            freed = self._freed(on, [Wish(*part, Requirement(each.capability, load=each.load), units)], without=index)
            if freed is not None:
                self.put({index: freed[0]})

    def is_stranded(self, index: int) -> bool:
        """Whether its resource is away and nothing like it was to be had."""
        return index in self._case.struck_guests and index not in self._gone

    def go_home(self) -> None:
        """Those that need not be elsewhere any more are where they were."""
        for index in sorted(self._gone):
            home, interval, load = self._case.clinic.held[index]
            on = self._case.time.date_of(interval.starts_at)
            day = self._calendar.day(on)
            part = (day.minute(interval.starts_at), day.minute(interval.ends_at), load)
            if self._calendar.bears(self._calendar.resources[home], on, part):
                self.put({index: home})

    def picture(self) -> Places:
        """Where they are, for `restore`."""
        return dict(self._gone)

    def restore(self, places: Places) -> None:
        """Let all be where they were when the picture was taken."""
        homes = {index: self._case.clinic.held[index][0] for index in self._gone}
        self.put({**homes, **places})

    def put(self, places: Places) -> None:
        """Give some of them to these resources. All leave before the first arrives, for two may change places."""
        changed = {index: unit for index, unit in places.items() if self.movable(index).resource != unit}
        for index in changed:
            each = self.movable(index)
            self._calendar.give_back(each.resource, each.interval, each.load)
        for index, unit in changed.items():
            _, interval, load = self._case.clinic.held[index]
            self._calendar.take(unit, interval, load)
            self._note(index, unit)

    def reseated(self) -> tuple[Reseat, ...]:
        """Those that are not where they were."""
        return tuple(Reseat(index, unit) for index, unit in sorted(self._gone.items()))

    def _freed(self, on: date, wishes: Sequence[Wish], *, without: int | None = None) -> tuple[str, ...] | None:
        if not all(any(self._is_there(unit, on, wish) for unit in wish.units) for wish in wishes):
            return None
        there = [index for index in self._near(on, wishes) if index != without]
        found = free_units(self._calendar, on, [self.movable(index) for index in there], wishes)
        if found is None:
            return None
        self.put({there[place]: unit for place, unit in found.moved})
        return found.seats

    def _is_there(self, unit: str, on: date, wish: Wish) -> bool:
        asked = span(wish.begin, wish.end)
        return any(not asked & ~stretch for stretch in self._calendar.open_stretches(self._calendar.resources[unit], on))

    def _near(self, on: date, wishes: Iterable[Wish]) -> list[int]:
        """Those of a date that could stand in the way of some wishes, or in the way of each other."""
        units = {unit for wish in wishes for unit in wish.units}
        there = [index for index in self.on(on) if self._calendar.day(on).whole.contains(self.movable(index).interval)]
        near: list[int] = []
        while more := [index for index in there if index not in near and self.movable(index).resource in units]:
            near += more
            units |= {unit.id for index in more for unit in self._calendar.pool(self._case.clinic.movable[index])}
        return sorted(near)

    def _note(self, index: int, unit: str) -> None:
        if unit == self._case.clinic.held[index][0]:
            self._gone.pop(index, None)
        else:
            self._gone[index] = unit


def _seat(demand: Demand, interval: Interval, calendar: Calendar, unit: str) -> Seat:
    need = demand.requirement
    return Seat(demand.index, need.capability, unit, interval, need.load_on(calendar.resources[unit].capacity))
