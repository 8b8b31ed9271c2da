"""The two ways of booking tools: the first free start by masks of free time, and a scan of each start against the bookings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from courses.plans.batch import Clinic
from courses.plans.plan import CoursePlan, Seat
from courses.plans.possible.openings import Openings
from courses.plans.request import CourseRequest, PatientHours
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.free_time import bits
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar, Load
from rooms.resources.resource import Resource
from scheduler.benchmarks.greedy import Greedy, Taken


class FirstFit(Greedy):
    """Takes the first free start, found by masks of free time."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__(clinic)
        self.calendar = Calendar(clinic.site, clinic.resources, clinic.held)
        self._openings: Openings | None = None

    def plan(self, request: CourseRequest) -> CoursePlan | None:
        """A place for every session of a course; None where it gave up. Books nothing."""
        self._openings = Openings(self.calendar, self.hours_of(request))
        return super().plan(request)

    def take(self, seat: Seat) -> None:
        """Book a seat."""
        self.calendar.take(seat.resource, seat.interval, seat.load)

    def starts(self, request: CourseRequest, template: SessionTemplate, on: date) -> Iterator[int]:
        """The free starts of a date."""
        openings = self._openings or Openings(self.calendar, self.hours_of(request))
        return bits(openings.starts(template, on))

    def seats(self, template: SessionTemplate, on: date, start: int, taken: Taken) -> tuple[Seat, ...] | None:
        """Free resources for a start; None where there are none."""
        return None if self._openings is None else next(self._openings.seatings(template.demands, on, start, {}, taken), None)


class NaiveScan(Greedy):
    """Tests each start of a date against the bookings, interval by interval, and takes the best of that date: inside the wished window
    first, then nearest to the time of the session before."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__(clinic)
        self._held: dict[tuple[str, date], list[Load]] = defaultdict(list)
        for resource, interval, load in clinic.held:
            self._hold(resource, interval, load)

    def _hold(self, resource: str, interval: Interval, load: int) -> None:
        on = self.calendar.time.date_of(interval.starts_at)
        while (day := self.calendar.day(on)).midnight < interval.ends_at:
            self._held[resource, on].append((*(day.part(interval) or (0, 0)), load))
            on += timedelta(days=1)

    def take(self, seat: Seat) -> None:
        """Book a seat."""
        self._hold(seat.resource, seat.interval, seat.load)

    def in_order(self, request: CourseRequest, starts: Iterator[int], on: date, before: int | None) -> Iterable[int]:
        """The best start of a date first."""
        day, window = self.calendar.day(on), request.window

        def badness(start: int) -> tuple[bool, int, int]:
            wall = day.wall_minute(start)
            return window is not None and not window.holds(wall), 0 if before is None else abs(wall - before), start

        return sorted(starts, key=badness)

    def starts(self, request: CourseRequest, template: SessionTemplate, on: date) -> Iterator[int]:
        """The free starts of a date."""
        hours = self.hours_of(request)
        for start in bits(self.calendar.grid(on)):
            if self._can_come(hours, on, start, start + template.minutes) and self.seats(template, on, start, {}) is not None:
                yield start

    def _can_come(self, hours: PatientHours, on: date, begin: int, end: int) -> bool:
        time = self.calendar.day(on).interval(begin, end)
        return (hours.available is None or self._inside(hours.available, on, begin, end)) and not any(
            time.overlaps(away) for away in hours.unavailable
        )

    def _inside(self, hours: WeeklyHours, on: date, begin: int, end: int) -> bool:
        day = self.calendar.day(on)
        if end > day.length:
            return False
        wall, until = day.wall_minute(begin), day.wall_minute(end - 1) + 1
        return any(opens <= wall and until <= closes for opens, closes in hours.on(on))

    def seats(self, template: SessionTemplate, on: date, start: int, taken: Taken) -> tuple[Seat, ...] | None:
        """The first free resources for a start; None where there are none."""
        loads: dict[str, list[Load]] = defaultdict(list, {resource: list(held) for resource, held in taken.items()})
        found: list[Seat] = []
        for demand in template.demands:
            need, begin, end = demand.requirement, start + demand.begin, start + demand.end
            free = (r for r in self.calendar.pool(need.capability) if self._is_free(r, on, (begin, end), demand, loads[r.id]))
            chosen = [resource for resource, _ in zip(free, range(need.count), strict=False)]
            if len(chosen) < need.count:
                return None
            interval = self.calendar.day(on).interval(begin, end)
            for resource in chosen:
                load = need.load_on(resource.capacity)
                loads[resource.id].append((begin, end, load))
                found.append(Seat(demand.index, need.capability, resource.id, interval, load))
        return tuple(found)

    def _is_free(self, resource: Resource, on: date, time: tuple[int, int], demand: Demand, more: Sequence[Load]) -> bool:
        begin, end = time
        if not self._inside(self.clinic.site.hours if resource.hours is None else resource.hours, on, begin, end):
            return False
        interval = self.calendar.day(on).interval(begin, end)
        shut = (*(each.interval for each in self.clinic.site.closures), *(each.interval for each in resource.absences))
        if any(interval.overlaps(each) for each in shut):
            return False
        held = [each for each in (*self._held[resource.id, on], *more) if each[0] < end and begin < each[1]]
        moments = [begin, *(since for since, _, _ in held if since > begin)]
        most = max(sum(load for since, until, load in held if since <= moment < until) for moment in moments)
        return most + demand.requirement.load_on(resource.capacity) <= resource.capacity
