"""Who holds what when, in whole minutes of a date: the common coin of plans, capacities and prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from courses.plans.batch.one_by_one import Clinic
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from rooms.availability.hours import LocalDay
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Resource

RESOURCE, PATIENT, POOL = "resource", "patient", "pool"
"""A pool is all resources with a capability. What overfills it is seen, and priced, before each of them has been tried in vain."""

Levels = NDArray[np.int64]
"""One whole number for each elapsed minute of a date."""


class Place(NamedTuple):
    """A resource's date, a patient's, or a pool's (by its capability). `day` is the date's ordinal."""

    kind: str
    name: str
    day: int


class Use(NamedTuple):
    """A load on a place from one elapsed minute of its date until another."""

    place: Place
    begin: int
    end: int
    load: int

    def interval(self, calendar: Calendar) -> Interval:
        """The same as a time."""
        return calendar.day(date.fromordinal(self.place.day)).interval(self.begin, self.end)


Uses = tuple[Use, ...]


def uses_of(calendar: Calendar, patient: str, plan: CoursePlan) -> Uses:
    """What a course's plan takes from its resources, from their pools and of its patient's time. Presence takes nothing."""
    found: list[Use] = []
    for session in plan.sessions:
        day = calendar.day(calendar.time.date_of(session.interval.starts_at))
        on = day.date.toordinal()
        for seat in session.seats:
            if seat.load:
                begin, end = day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at)
                places = [Place(RESOURCE, seat.resource, on), *(Place(POOL, pool, on) for pool in pools_of(calendar, seat.resource))]
                found += [Use(place, begin, end, seat.load) for place in places]
        times = day.minute(session.interval.starts_at), day.minute(session.interval.ends_at)
        found.append(Use(Place(PATIENT, patient, on), *times, 1))
    return tuple(found)


def pools_of(calendar: Calendar, resource: str) -> list[str]:
    """The capabilities that a resource shares with others."""
    return [capability for capability in sorted(calendar.resources[resource].capabilities) if len(calendar.pool(capability)) > 1]


class Room:
    """What the bookings that are there leave of every resource and pool. `requests` say how long anything is asked for at least."""

    def __init__(self, clinic: Clinic, calendar: Calendar, requests: Sequence[CourseRequest] = ()) -> None:
        self._calendar = calendar
        self._asked = _asked(requests)
        self._whole: dict[Place, float] = {}
        self._held: dict[tuple[str, int], list[tuple[Interval, int]]] = defaultdict(list)
        self._left: dict[Place, Levels] = {}
        for resource, interval, load in clinic.held:
            on = calendar.time.date_of(interval.starts_at)
            while calendar.day(on).midnight < interval.ends_at:
                self._held[resource, on.toordinal()].append((interval, load))
                on += timedelta(days=1)

    def left(self, place: Place) -> Levels:
        """What can still be borne at each minute of a date; never below 0."""
        found = self._left.get(place)
        if found is None:
            found = self._left[place] = self._measure(place)
        return found

    def _measure(self, place: Place) -> Levels:
        day = self._calendar.day(date.fromordinal(place.day))
        if place.kind == PATIENT:
            return np.ones(day.length, dtype=np.int64)
        if place.kind == POOL:
            return self._of_pool(place, day)
        left = np.full(day.length, self._calendar.resources[place.name].capacity, dtype=np.int64)
        for interval, load in self._held.get((place.name, place.day), ()):
            if part := day.part(interval):
                left[part[0] : part[1]] -= load
        return np.maximum(left, 0)

    def _of_pool(self, place: Place, day: LocalDay) -> Levels:
        """What all resources of a pool bear together, each only while it is open and, if it takes one at a time, free for long enough."""
        total = np.zeros(day.length, dtype=np.int64)
        for member in self._calendar.pool(place.name):
            left = self.left(Place(RESOURCE, member.id, place.day))
            for begin, end in self._stretches(member, day, left):
                total[begin:end] += left[begin:end]
        return total

    def of_date(self, place: Place) -> float:
        """How many minutes times load a place bears in a whole date. Where every visit lasts as long, a rest too short for one is none."""
        if place not in self._whole:
            self._whole[place] = self._measure_date(place)
        return self._whole[place]

    def _measure_date(self, place: Place) -> float:
        day = self._calendar.day(date.fromordinal(place.day))
        if place.kind == PATIENT:
            return day.length
        if place.kind == POOL:
            return sum(self.of_date(Place(RESOURCE, member.id, place.day)) for member in self._calendar.pool(place.name))
        member, left = self._calendar.resources[place.name], self.left(place)
        asked = self._asked_of(member)
        lasts = next(iter(asked)) if member.capacity == 1 and len(asked) == 1 else 1
        return float(sum(int(left[begin:end].sum()) // lasts * lasts for begin, end in self._stretches(member, day, left)))

    def _asked_of(self, member: Resource) -> set[int]:
        return set().union(*(self._asked.get(capability, ()) for capability in member.capabilities))

    def _stretches(self, member: Resource, day: LocalDay, left: Levels) -> list[tuple[int, int]]:
        """When a resource is open and has room, for long enough if it takes one visit at a time; no minute twice."""
        shortest = min(self._asked_of(member), default=1) if member.capacity == 1 else 1
        taken = np.zeros(day.length, dtype=np.bool_)
        found: list[tuple[int, int]] = []
        for stretch in self._calendar.open_stretches(member, day.date):
            there = np.array([stretch >> minute & 1 for minute in range(day.length)], dtype=np.bool_) & (left > 0)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(np.int8), [0]])))
            for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                if end - begin >= shortest and not taken[begin:end].any():
                    taken[begin:end] = True
                    found.append((begin, end))
                elif end - begin >= shortest:
                    found += [(m, m + 1) for m in range(begin, end) if not taken[m]]
                    taken[begin:end] = True
        return found


def _asked(requests: Sequence[CourseRequest]) -> dict[str, set[int]]:
    """For each capability for how many minutes something is asked of it."""
    found: dict[str, set[int]] = defaultdict(set)
    for template in {id(t): t for request in requests for t in request.protocol.templates.values()}.values():
        for demand in template.demands:
            if demand.requirement.load != 0:
                found[demand.requirement.capability].add(demand.end - demand.begin)
    return dict(found)


class Filling:
    """What is left while plans are taken in one by one."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._left: dict[Place, Levels] = {}

    def take(self, uses: Uses) -> bool:
        """Take in one plan more, if it fits beside those taken in before. Whether it did."""
        after: dict[Place, Levels] = {}
        for use in (each for each in uses if each.place.kind != POOL):
            if use.place not in after:
                before = self._left.get(use.place)
                after[use.place] = (self._room.left(use.place) if before is None else before).copy()
            after[use.place][use.begin : use.end] -= use.load
        if any(left.min() < 0 for left in after.values()):
            return False
        self._left.update(after)
        return True


def by_place(uses: Sequence[tuple[Use, float]]) -> Mapping[Place, list[tuple[Use, float]]]:
    """Uses with their weights, sorted to their places."""
    found: dict[Place, list[tuple[Use, float]]] = defaultdict(list)
    for use, weight in uses:
        found[use.place].append((use, weight))
    return found
