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
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

RESOURCE, PATIENT = "resource", "patient"

Levels = NDArray[np.int64]
"""One whole number for each elapsed minute of a date."""


class Place(NamedTuple):
    """A resource's date, or a patient's. `day` is the date's ordinal."""

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
    """What a course's plan takes from its resources and of its patient's time. Presence takes nothing."""
    found: list[Use] = []
    for session in plan.sessions:
        day = calendar.day(calendar.time.date_of(session.interval.starts_at))
        on = day.date.toordinal()
        for seat in session.seats:
            if seat.load:
                place = Place(RESOURCE, seat.resource, on)
                found.append(Use(place, day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at), seat.load))
        times = day.minute(session.interval.starts_at), day.minute(session.interval.ends_at)
        found.append(Use(Place(PATIENT, patient, on), *times, 1))
    return tuple(found)


class Room:
    """What the bookings that are there leave of every resource."""

    def __init__(self, clinic: Clinic, calendar: Calendar) -> None:
        self._calendar = calendar
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
        left = np.full(day.length, self._calendar.resources[place.name].capacity, dtype=np.int64)
        for interval, load in self._held.get((place.name, place.day), ()):
            if part := day.part(interval):
                left[part[0] : part[1]] -= load
        return np.maximum(left, 0)


class Filling:
    """What is left while plans are taken in one by one."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._left: dict[Place, Levels] = {}

    def take(self, uses: Uses) -> bool:
        """Take in one plan more, if it fits beside those taken in before. Whether it did."""
        after: dict[Place, Levels] = {}
        for use in uses:
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
