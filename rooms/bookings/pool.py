"""Like resources as one pool: which bookings to give to other resources, at the same time, so that there is room for one more.

Nobody's time changes here, only the chair. The search is exact up to a limit of its steps: it finds the fewest bookings that change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from rooms.availability.free_time import bits, over_capacity, span
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar, Load
from rooms.resources.requirement import Requirement
from rooms.resources.resource import Resource

STEPS = 400
"""How many choices the search for the fewest changes weighs before it takes the best that it has; about 0.1 ms each."""
ANYWHERE = -1
"""Stands for no group of wishes that must be apart."""


@dataclass(frozen=True, slots=True)
class Movable:
    """A booking that may be given to another resource with its capability, at the same time and load."""

    resource: str
    interval: Interval
    load: int
    capability: str


@dataclass(frozen=True, slots=True)
class Wish:
    """Room for one requirement from one elapsed minute of a date until another. Of `units` the first is liked best.

    Wishes with the same `apart` need different resources.
    """

    begin: int
    end: int
    need: Requirement
    units: tuple[str, ...]
    apart: int = ANYWHERE

    def part_on(self, unit: Resource) -> Load:
        """The load that it puts on a resource."""
        return self.begin, self.end, self.need.load_on(unit.capacity)


@dataclass(frozen=True, slots=True)
class Reseating:
    """Where the wishes sit, and which of the movable bookings (by place in the list given) go to which other resource for it."""

    seats: tuple[str, ...]
    moved: tuple[tuple[int, str], ...]
    fewest: bool
    """Whether no way with fewer changes exists; False where the search was cut short."""


def free_units(calendar: Calendar, on: date, movable: Sequence[Movable], wishes: Sequence[Wish]) -> Reseating | None:
    """Room for all wishes of a date, changing the resource of as few movable bookings as can be, and no time.

    `movable` are bookings that lie in the calendar; it is the same afterwards. `seats` of the answer are the resources that are then
    free for the wishes, `moved` says which bookings must be given to whom before. None where there is no way, or none was found.
    """
    places = [index for index, each in enumerate(movable) if calendar.day(on).whole.contains(each.interval)]
    there = [movable[index] for index in places]
    for each in there:
        calendar.give_back(each.resource, each.interval, each.load)
    try:
        found = fewest_reseats(calendar, on, there, wishes)
    finally:
        for each in there:
            calendar.take(each.resource, each.interval, each.load)
    return None if found is None else replace(found, moved=tuple((places[index], unit) for index, unit in found.moved))


def fewest_reseats(pinned: Calendar, on: date, movable: Sequence[Movable], wishes: Sequence[Wish], steps: int = STEPS) -> Reseating | None:
    """Seats for all wishes of a date and for all movable bookings, with the fewest of those changed.

    `pinned` is the calendar without the movable bookings. None where there are no such seats, or none were found in so many steps.
    """
    search = _Search(pinned, on, movable, wishes, steps)
    if search.is_hopeless():
        return None
    if found := search.within(0):
        return found
    swept = min(filter(None, (search.sweep(backwards=way) for way in (False, True))), key=lambda each: len(each.moved), default=None)
    for changes in range(1, len(swept.moved) if swept else len(movable) + 1):
        if found := search.within(changes):
            return found
        if search.steps_left <= 0:
            return swept
    return None if swept is None else replace(swept, fewest=search.steps_left > 0)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A unit that may bear something, with the load and its minutes as bits."""

    unit: _Unit
    part: Load
    minutes: int


class _Unit:
    """One resource of the pool: what is settled on it so far, and the movable bookings that sit there still."""

    def __init__(self, pinned: Calendar, resource: Resource, on: date) -> None:
        self._pinned, self.resource, self._on = pinned, resource, on
        self.begin()

    def begin(self) -> None:
        """Nothing settled, and nobody there."""
        self.settled: list[Load] = []
        self.busy = 0
        self.staying: dict[int, _Choice] = {}
        self.apart: list[int] = []

    def choice(self, part: Load) -> _Choice | None:
        """The unit as a place for a load; None where hours, or bookings that stay for good, leave no room."""
        begin, end, load = part
        may = self._pinned.starts(self.resource, self._on, end - begin, load) >> begin & 1
        return self.seat(part) if may else None

    def seat(self, part: Load) -> _Choice:
        """The unit as a place for a load."""
        return _Choice(self, part, span(part[0], part[1]) if part[2] else 0)

    def too_full(self, part: Load, loads: Sequence[Load]) -> int:
        """The minutes at which some loads, with all that stays for good, leave no room for one more."""
        begin, end, load = part
        near = [other for other in loads if other[0] < end and begin < other[1] and other[2]]
        full = 0
        if near and load:
            for level in range(1, self.resource.capacity - load + 2):
                free = self._pinned.starts(self.resource, self._on, 1, load + level)
                full |= over_capacity(near, level - 1) & ~free
        return full & span(begin, end)

    def has_room(self, choice: _Choice) -> bool:
        """Whether it can have one more beside what is settled."""
        if not self.busy & choice.minutes:
            return True
        return self.resource.capacity > 1 and not self.too_full(choice.part, self.settled)

    def in_the_way(self, choice: _Choice) -> int:
        """At least how many of those that sit there still would have to leave."""
        near = [each for each in self.staying.values() if each.minutes & choice.minutes]
        if self.resource.capacity == 1 or not near:
            return len(near)
        return int(bool(self.too_full(choice.part, [*self.settled, *(each.part for each in near)])))

    def ways(self, part: Load, most: int, gone: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
        """Which of those that sit there still might leave, at most so many, to make room."""
        staying = {index: each.part for index, each in self.staying.items() if index not in gone}
        full = self.too_full(part, [*self.settled, *staying.values()])
        if not full:
            yield gone
        elif len(gone) < most:
            minute = next(bits(full))
            for index, (begin, end, load) in staying.items():
                if load and begin <= minute < end:
                    yield from self.ways(part, most, (*gone, index))

    def put(self, choice: _Choice, apart: int) -> None:
        """One more is settled there."""
        self.settled.append(choice.part)
        self.busy |= choice.minutes
        self.apart.append(apart)

    def take_back(self) -> None:
        """The last that was settled there is not."""
        self.settled.pop()
        self.apart.pop()
        self.busy = 0
        for begin, end, load in self.settled:
            self.busy |= span(begin, end) if load else 0


class _Item:
    """A wish, or a movable booking with its place in the list and where it sits: the units that may bear it, and its load on each."""

    def __init__(
        self,
        begin: int,
        end: int,
        units: Sequence[tuple[_Unit, int]],
        *,
        apart: int = ANYWHERE,
        seated: int = -1,
        home: _Choice | None = None,
    ) -> None:
        self.begin, self.end, self._units = begin, end, units
        self.apart, self.seated, self.home = apart, seated, home

    @cached_property
    def choices(self) -> tuple[_Choice, ...]:
        """The units that hours, and bookings that stay for good, leave for it."""
        return tuple(choice for unit, load in self._units if (choice := unit.choice((self.begin, self.end, load))))

    def options(self, left: int) -> list[_Choice]:
        """The units that may have it, what would have to leave there being few enough; for a booking that leaves, the fewest first."""
        able = [
            (way, each)
            for each in self.choices
            if (self.apart == ANYWHERE or self.apart not in each.unit.apart)
            and each.unit.has_room(each)
            and (way := each.unit.in_the_way(each)) <= left
        ]
        if self.seated >= 0:
            able.sort(key=lambda each: each[0])
        return [each for _, each in able]

    def turn(self, *, backwards: bool) -> tuple[bool, int, int]:
        """When it has its turn in a sweep: what has only one unit before all others, then by time."""
        several = self.home is not None or len(self._units) > 1
        return (several, -self.end, -self.begin) if backwards else (several, self.begin, self.end)


class _Search:
    """Depth first: each item takes a unit, and what sits in its way there must find another."""

    def __init__(self, pinned: Calendar, on: date, movable: Sequence[Movable], wishes: Sequence[Wish], steps: int) -> None:
        self._pinned, self._on, self.steps_left = pinned, on, steps
        names = [name for wish in wishes for name in wish.units]
        names += [name for each in movable for name in (each.resource, *(unit.id for unit in pinned.pool(each.capability)))]
        self._units = {name: _Unit(pinned, pinned.resources[name], on) for name in dict.fromkeys(names) if name in pinned.resources}
        self._wishes = [self._wished(wish) for wish in wishes]
        self._seated = {index: self._sits(index, each) for index, each in enumerate(movable) if each.resource in self._units}
        self._now: dict[_Item, _Choice] = {}

    def _wished(self, wish: Wish) -> _Item:
        units = [(self._units[name], wish.part_on(self._units[name].resource)[2]) for name in wish.units]
        return _Item(wish.begin, wish.end, units, apart=wish.apart)

    def _sits(self, index: int, each: Movable) -> _Item:
        day = self._pinned.day(self._on)
        begin, end = day.part(each.interval) or (0, 0)
        others = [unit.id for unit in self._pinned.pool(each.capability) if unit.id != each.resource]
        units = [(self._units[name], each.load) for name in others] if day.whole.contains(each.interval) else []
        return _Item(begin, end, units, seated=index, home=self._units[each.resource].seat((begin, end, each.load)))

    def is_hopeless(self) -> bool:
        """Whether hours, and bookings that stay for good, leave some wish no unit."""
        return any(not wish.choices for wish in self._wishes)

    def _begin(self) -> None:
        """Every movable booking where it is, and nothing settled."""
        self._now = {}
        for unit in self._units.values():
            unit.begin()
        for index, item in self._seated.items():
            if item.home is not None:
                item.home.unit.staying[index] = item.home

    def within(self, changes: int) -> Reseating | None:
        """A way with at most so many changes; None where there is none, or the steps ran out."""
        self._begin()
        return self._answer(fewest=True) if self._settle(tuple(self._wishes), changes) else None

    def _settle(self, pending: tuple[_Item, ...], left: int) -> bool:
        if not pending:
            return True
        if self.steps_left <= 0:
            return False
        self.steps_left -= 1
        item, options = pending[0], pending[0].options(left)
        for other in pending[1:]:
            if not options:
                return False
            if len(found := other.options(left)) < len(options):
                item, options = other, found
        rest = tuple(other for other in pending if other is not item)
        return any(self._take(item, each, leaving, rest, left) for each in options for leaving in each.unit.ways(each.part, left))

    def _take(self, item: _Item, choice: _Choice, leaving: tuple[int, ...], rest: tuple[_Item, ...], left: int) -> bool:
        unit = choice.unit
        unit.put(choice, item.apart)
        self._now[item] = choice
        left_behind = {index: unit.staying.pop(index) for index in leaving}
        if self._settle((*rest, *(self._seated[index] for index in leaving)), left - len(leaving)):
            return True
        unit.staying |= left_behind
        unit.take_back()
        del self._now[item]
        return False

    def sweep(self, *, backwards: bool) -> Reseating | None:
        """A way found by going through the day once: each keeps its seat if it can, or takes the one where it disturbs least."""
        self._begin()
        for item in sorted([*self._wishes, *self._seated.values()], key=lambda item: item.turn(backwards=backwards)):
            chosen = self._sweep_to(item)
            if chosen is None:
                return None
            chosen.unit.put(chosen, item.apart)
            self._now[item] = chosen
        return self._answer(fewest=False)

    @staticmethod
    def _sweep_to(item: _Item) -> _Choice | None:
        if item.home is not None:
            del item.home.unit.staying[item.seated]
            if item.home.unit.has_room(item.home):
                return item.home
        return min(item.options(sys.maxsize), key=lambda each: each.unit.in_the_way(each), default=None)

    def _answer(self, *, fewest: bool) -> Reseating:
        moved = [(item.seated, each.unit.resource.id) for item, each in self._now.items() if item.home and each.unit is not item.home.unit]
        return Reseating(tuple(self._now[wish].unit.resource.id for wish in self._wishes), tuple(sorted(moved)), fewest)
