"""Who sits where in a clinic while plans come and go, and bookings are given from one resource to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from courses.plans.batch import Clinic
from courses.plans.plan import CoursePlan, PlannedSession, Reseat, Seat
from courses.plans.request import CourseRequest
from courses.plans.reseating.pooled import Pool, PooledCalendar, pools_of
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar
from rooms.bookings.pool import Movable

Key = tuple[str, int, int]
"""A booking that was there ("", its place, 0), or a seat of a plan: course, session, its place among the session's seats."""

Given = tuple[date, Key, str]
"""On a date, a booking or a seat is given to another resource."""


class Seats:
    """A clinic's resources and who sits on them. What begins before `now` is history and stays.

    `fixed` has every booking where it is, `pinned` only those that stay for good; in `pooled` the others take room from their pool.
    """

    def __init__(self, clinic: Clinic, now: datetime | None = None) -> None:
        self._clinic, self._now = clinic, now
        stays = [held for index, held in enumerate(clinic.held) if index not in clinic.movable]
        self.fixed = Calendar(clinic.site, clinic.resources, clinic.held)
        self.pinned = Calendar(clinic.site, clinic.resources, stays, time=self.fixed.time)
        self.pool_of = pools_of(self.fixed, ((clinic.held[index][0], capability) for index, capability in clinic.movable.items()))
        self.pooled = PooledCalendar(self.fixed, self.pinned, self.pool_of)
        self.plans: dict[str, CoursePlan] = {}
        self._like = frozenset(clinic.movable.values())
        self._there: dict[date, dict[Key, Movable]] = defaultdict(dict)
        for index, capability in clinic.movable.items():
            self._add(("", index, 0), Movable(*clinic.held[index], capability))

    def concern(self, request: CourseRequest) -> bool:
        """Whether a course asks for something of which bookings may be re-seated."""
        wanted = {demand.requirement.capability for each in request.protocol.templates.values() for demand in each.demands}
        return any(resource.id in self.pool_of for capability in sorted(wanted) for resource in self.fixed.pool(capability))

    def on(self, on: date, pool: Pool) -> dict[Key, Movable]:
        """Who may be re-seated in a pool on a date, and where they sit."""
        return {key: each for key, each in self._there.get(on, {}).items() if self.pool_of[each.resource] == pool}

    def changed_pools(self) -> list[tuple[date, Pool]]:
        """The dates and pools in which some booking is not where it was."""
        found = ((on, self.pool_of[each.resource]) for on, there in self._there.items() for key, each in there.items())
        return [spot for spot in dict.fromkeys(found) if any(self.is_moved(key, each) for key, each in self.on(*spot).items())]

    def part(self, on: date, interval: Interval) -> tuple[int, int]:
        """The minutes of a date from which until which a time lasts."""
        day = self.fixed.day(on)
        return day.minute(interval.starts_at), day.minute(interval.ends_at)

    def units_like(self, pool: Pool, capability: str, first: str) -> tuple[str, ...]:
        """The resources of a pool that have a capability, after the one that is liked best."""
        return (first, *(unit.id for unit in self.fixed.pool(capability) if unit.id in pool and unit.id != first))

    def take(self, request: CourseRequest, plan: CoursePlan, given: Iterable[Given] = ()) -> None:
        """A course takes its place, after others have made room for it."""
        for each in given:
            self.give(*each)
        self.plans[request.id] = plan
        for key, session, seat in self._seats_of(request.id):
            self.fixed.take(seat.resource, seat.interval, seat.load)
            if self._is_free(request, session, seat):
                self._add(key, Movable(seat.resource, seat.interval, seat.load, seat.capability))
            else:
                self._pin(seat.resource, seat.interval, seat.load)

    def lift(self, course: str) -> CoursePlan:
        """A course gives up its place: the plan that it had, with the seats that it has now."""
        for key, _, seat in self._seats_of(course):
            on = self.fixed.time.date_of(seat.interval.starts_at)
            self.fixed.give_back(seat.resource, seat.interval, seat.load)
            if self._there[on].pop(key, None):
                self.pooled.remove(self.pool_of[seat.resource], on, (*self.part(on, seat.interval), seat.load))
            else:
                self.pinned.give_back(seat.resource, seat.interval, seat.load)
            self.pooled.changed(on)
        return self.plans.pop(course)

    def give(self, on: date, key: Key, unit: str) -> None:
        """A booking or a seat goes to another resource."""
        was = self._there[on][key]
        self.fixed.give_back(was.resource, was.interval, was.load)
        self.fixed.take(unit, was.interval, was.load)
        self._there[on][key] = replace(was, resource=unit)
        self.pooled.changed(on)
        course, number, place = key
        if course:
            plan = self.plans[course]
            self.plans[course] = replace(plan, sessions=tuple(on_units(each, {(number, place): unit}) for each in plan.sessions))

    def is_moved(self, key: Key, each: Movable) -> bool:
        """Whether a booking that was there is not where it was."""
        return not key[0] and each.resource != self.home(key)

    def home(self, key: Key) -> str:
        """Where a booking was."""
        return self._clinic.held[key[1]][0]

    def reseated(self) -> tuple[Reseat, ...]:
        """The bookings that are not where they were."""
        moved = [(key[1], each.resource) for there in self._there.values() for key, each in there.items() if self.is_moved(key, each)]
        return tuple(Reseat(*each) for each in sorted(moved))

    def _seats_of(self, course: str) -> list[tuple[Key, PlannedSession, Seat]]:
        sessions = self.plans[course].sessions
        return [((course, session.number, place), session, seat) for session in sessions for place, seat in enumerate(session.seats)]

    def _is_free(self, request: CourseRequest, session: PlannedSession, seat: Seat) -> bool:
        """Whether a seat of a plan may be given to another session: no continuity asks for it, nor is it one of several."""
        need = request.protocol.templates[session.template].requirements[seat.requirement].requirement
        return need.capability in self._like and not need.continuity and need.count == 1

    def _add(self, key: Key, movable: Movable) -> None:
        on = self.fixed.time.date_of(movable.interval.starts_at)
        is_history = self._now is not None and movable.interval.starts_at < self._now
        if is_history or not movable.load or not self.fixed.day(on).whole.contains(movable.interval):
            self._pin(movable.resource, movable.interval, movable.load)
        else:
            self._there[on][key] = movable
            self.pooled.put(self.pool_of[movable.resource], on, (*self.part(on, movable.interval), movable.load))
            self.pooled.changed(on)

    def _pin(self, resource: str, interval: Interval, load: int) -> None:
        self.pinned.take(resource, interval, load)
        self.pooled.changed(self.fixed.time.date_of(interval.starts_at))


def on_units(session: PlannedSession, units: Mapping[tuple[int, int], str]) -> PlannedSession:
    """A session whose seats are on these units, by the number of the session and the place of the seat."""
    seats = tuple(replace(s, resource=units.get((session.number, place), s.resource)) for place, s in enumerate(session.seats))
    return replace(session, seats=seats)
