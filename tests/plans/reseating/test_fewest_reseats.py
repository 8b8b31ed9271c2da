"""The fewest changes of seat, against all ways there are, on days so small that all can be tried."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar
from rooms.bookings.pool import Movable, Reseating, Wish, fewest_reseats, free_units
from rooms.resources.requirement import Requirement
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site

DAY = date(2026, 12, 1)
MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
STEP = 30
"""Everything begins and ends on half hours."""


def span(begin: int, end: int) -> Interval:
    """Between two half hours of the day."""
    return Interval(MIDNIGHT + timedelta(minutes=STEP * begin), MIDNIGHT + timedelta(minutes=STEP * end))


def every_day(opens: int, closes: int) -> WeeklyHours:
    return WeeklyHours((((STEP * opens, STEP * closes),),) * 7)


SITE = Site("here", "Here", "UTC", every_day(0, 48))


def chair(name: str, *capabilities: str, capacity: int = 1, opens: int = 0, closes: int = 48) -> Resource:
    return Resource(name, Kind.CHAIR, frozenset(capabilities or ("chair",)), capacity, every_day(opens, closes))


class Day:
    """A small day: its chairs, what stays on them, what may be given to another, and what is wanted."""

    def __init__(self, chairs: list[Resource], stays: list[tuple[str, Interval, int]], movable: list[Movable], wishes: list[Wish]) -> None:
        self.chairs, self.stays, self.movable, self.wishes = chairs, stays, movable, wishes
        self.pinned = Calendar(SITE, chairs, stays)

    def solved(self, steps: int = 20_000) -> Reseating | None:
        return fewest_reseats(self.pinned, DAY, self.movable, self.wishes, steps)

    def fewest(self) -> int | None:
        """The fewest changes of all seats that break nothing, by trying all."""
        room = {each.id: self._room(each) for each in self.chairs}
        for name, interval, load in self.stays:
            self._put(room[name], interval, load)
        return self._least(room, 0, [])

    def _least(self, room: dict[str, list[int]], at: int, taken: list[tuple[str, int]]) -> int | None:
        if at == len(self.wishes) + len(self.movable):
            return 0
        found = []
        for chair in self.chairs:
            wish = self.wishes[at] if at < len(self.wishes) else None
            if wish:
                able, change = chair.id in wish.units and (wish.apart < 0 or (chair.id, wish.apart) not in taken), 0
                interval, load = span(wish.begin // STEP, wish.end // STEP), wish.need.load_on(chair.capacity)
            else:
                each = self.movable[at - len(self.wishes)]
                able, change = chair.id == each.resource or each.capability in chair.capabilities, int(chair.id != each.resource)
                interval, load = each.interval, each.load
            if able and self._put(room[chair.id], interval, load):
                rest = self._least(room, at + 1, [*taken, (chair.id, wish.apart if wish else -1)])
                self._put(room[chair.id], interval, -load)
                found += [] if rest is None else [rest + change]
        return min(found, default=None)

    @staticmethod
    def _room(chair: Resource) -> list[int]:
        """What it can bear in each half hour."""
        assert chair.hours is not None
        ((opens, closes),) = chair.hours.on(DAY)
        return [chair.capacity if opens <= STEP * k < closes else 0 for k in range(48)]

    @staticmethod
    def _put(room: list[int], interval: Interval, load: int) -> bool:
        begin, end = (minute // STEP for minute in _minutes(interval))
        if any(free < load for free in room[begin:end]):
            return False
        room[begin:end] = [free - load for free in room[begin:end]]
        return True

    def is_sound(self, found: Reseating) -> bool:
        """Told half hour by half hour, without the calendar."""
        chairs, units = {each.id: each for each in self.chairs}, dict(found.moved)
        loads = list(self.stays)
        loads += [(units.get(index, each.resource), each.interval, each.load) for index, each in enumerate(self.movable)]
        for seat, wish in zip(found.seats, self.wishes, strict=True):
            loads.append((seat, span(wish.begin // STEP, wish.end // STEP), wish.need.load_on(chairs[seat].capacity)))
        groups = [(seat, wish.apart) for seat, wish in zip(found.seats, self.wishes, strict=True) if wish.apart >= 0]
        able = all(self.movable[index].capability in chairs[unit].capabilities for index, unit in found.moved)
        room = {each.id: self._room(each) for each in self.chairs}
        return able and len(set(groups)) == len(groups) and all(self._put(room[name], interval, load) for name, interval, load in loads)


def some_day(rng: Random) -> Day:
    """Two to four chairs, some wide and some open for less of the day, filled by chance with what stays and what may move."""
    chairs = [
        chair(f"chair-{n}", *rng.choice([("chair",), ("chair",), ("chair", "bed")]), capacity=rng.choice([1, 1, 1, 1, 2, 3]),
              opens=rng.choice([0, 0, 1]), closes=rng.choice([7, 8, 8]))
        for n in range(rng.randint(3, 4))
    ]  # fmt: skip
    taken = Calendar(SITE, chairs)
    stays: list[tuple[str, Interval, int]] = []
    movable: list[Movable] = []
    for _ in range(rng.randint(8, 30)):
        begin, capability = rng.randrange(8), rng.choice(["chair", "chair", "bed"])
        interval, load = span(begin, begin + rng.randint(1, 3)), rng.choice([1, 1, 1, 2])
        able = [each for each in taken.pool(capability) if taken.bears(each, DAY, (*_minutes(interval), load))]
        if able:
            seat = rng.choice(able)
            taken.take(seat.id, interval, load)
            if rng.random() < 0.9 and len(movable) < 8:
                movable.append(Movable(seat.id, interval, load, capability))
            else:
                stays.append((seat.id, interval, load))
    return Day(chairs, stays, movable, [_wish(rng, taken) for _ in range(rng.choice([1, 1, 1, 2]))])


def _minutes(interval: Interval) -> tuple[int, int]:
    return int((interval.starts_at - MIDNIGHT).total_seconds()) // 60, int((interval.ends_at - MIDNIGHT).total_seconds()) // 60


def _wish(rng: Random, calendar: Calendar) -> Wish:
    begin = rng.randrange(7)
    units = tuple(each.id for each in calendar.pool("chair"))
    loads: list[int | str] = [1, 1, 1, 1, 2, "all"]
    need = Requirement("chair", load=rng.choice(loads))
    return Wish(STEP * begin, STEP * (begin + rng.randint(1, 3)), need, units, rng.choice([-1, 7]))


@pytest.mark.parametrize("block", range(3))
def test_the_fewest_bookings_change_and_every_seat_is_sound(block: int) -> None:
    rng = Random(f"days-{block}")
    seen = []
    for _ in range(200):
        day = some_day(rng)
        found, fewest = day.solved(), day.fewest()
        seen.append(fewest)

        assert (found is None) == (fewest is None)
        if found is not None:
            assert day.is_sound(found)
            assert found.fewest
            assert len(found.moved) == fewest
    assert all(seen.count(number) for number in (None, 0, 1, 2))


def test_a_unit_is_freed_in_a_full_calendar_which_is_the_same_afterwards() -> None:
    chairs = [chair("one", opens=0, closes=4), chair("two", opens=0, closes=4), chair("three", "bed", opens=0, closes=4)]
    stays = [("one", span(0, 1), 1)]
    movable = [Movable("one", span(2, 3), 1, "chair"), Movable("two", span(1, 2), 1, "chair"), Movable("three", span(0, 4), 1, "bed")]
    held = [*stays, *((each.resource, each.interval, each.load) for each in movable)]
    calendar = Calendar(SITE, chairs, held)

    def free(capability: str, begin: int, end: int) -> Reseating | None:
        units = tuple(each.id for each in calendar.pool(capability))
        return free_units(calendar, DAY, movable, [Wish(STEP * begin, STEP * end, Requirement(capability), units)])

    found = free("chair", 1, 3)

    assert found in (Reseating(("one",), ((0, "two"),), fewest=True), Reseating(("two",), ((1, "one"),), fewest=True))
    assert free("chair", 0, 5) is None
    assert free("bed", 0, 1) is None
    for each in chairs:
        fresh = Calendar(SITE, chairs, held)
        assert all(calendar.starts(each, DAY, minutes, 1) == fresh.starts(each, DAY, minutes, 1) for minutes in (30, 60))
