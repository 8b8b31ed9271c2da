"""Who holds what when, in whole minutes of a date: the common coin of plans, capacities and prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from courses.plans.batch.one_by_one import Clinic
from courses.plans.batch.packing import Packing, covered, islands
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from rooms.availability.free_time import runs
from rooms.availability.hours import LocalDay
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

RESOURCE, PATIENT, POOL, VISITS = "resource", "patient", "pool", "visits"
"""A pool is all resources with a capability. What overfills it is seen, and priced, before each of them has been tried in vain. Visits of
one kind have a place of their own only for the name of what a date bears of them."""

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
        self.filled = Calendar(clinic.site, clinic.resources, clinic.held)
        self._packing = Packing(self.filled, requests)
        self._stretches: dict[Place, list[Stretch]] = {}
        self._bears: dict[Place, tuple[Levels, Levels, Levels]] = {}
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
        """What all resources of a pool bear together, each only when a whole visit could use it."""
        total = np.zeros(day.length, dtype=np.int64)
        for member in self._calendar.pool(place.name):
            used = covered(self._packing.begins(member, day.date))
            there = np.array([used >> minute & 1 for minute in range(day.length)], dtype=np.int64)
            total += self.left(Place(RESOURCE, member.id, place.day)) * there
        return total

    def stretches(self, place: Place) -> list[Stretch]:
        """What a place bears in all of each stretch in which visits can use it, and in the whole date."""
        if place not in self._stretches:
            self._stretches[place] = self._find_stretches(place)
        return self._stretches[place]

    def bears(self, place: Place) -> tuple[Levels, Levels, Levels]:
        """The same: from when, until when, and how much."""
        if place not in self._bears:
            begins, ends, minutes = np.array(self.stretches(place), dtype=np.int64).reshape(-1, 3).T
            self._bears[place] = begins, ends, minutes
        return self._bears[place]

    def _find_stretches(self, place: Place) -> list[Stretch]:
        day = self._calendar.day(date.fromordinal(place.day))
        if place.kind == PATIENT:
            return []
        found: list[Stretch] = []
        if place.kind == RESOURCE:
            found = self._of_resource(place, day.date)
            whole = sum(minutes for _, _, minutes in found)
        else:
            members = self._calendar.pool(place.name)
            whole = sum(m for member in members for _, _, m in self._of_resource(Place(RESOURCE, member.id, place.day), day.date))
        return [*found, (0, day.length, whole)]

    def _of_resource(self, place: Place, on: date) -> list[Stretch]:
        member = self._calendar.resources[place.name]
        begins = self._packing.begins(member, on)
        if member.capacity == 1:
            return islands(begins)
        left, used = self.left(place), covered(begins)
        return [(begin, end, int(left[begin:end].sum())) for begin, end in runs(used)]


Stretch = tuple[int, int, int]
"""From one minute of a date until another, so many minutes times load."""


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
