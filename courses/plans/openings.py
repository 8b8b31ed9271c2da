"""Which starts a date offers for one kind of session, and on which resources: feasibility, with no preference in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import combinations

from courses.plans.plan import Seat
from courses.plans.request import PatientHours
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.free_time import bits, span, starts_within, stretches
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar, Load
from rooms.resources.resource import Resource

Wanted = Mapping[int, Sequence[str]]
"""For each requirement, the resources to try first."""

Taken = Mapping[str, Sequence[Load]]
"""Loads that this course puts on resources on the same date, not yet in the calendar."""

NOTHING: dict[str, list[Load]] = {}


class Openings:
    """The starts at which one patient and all that a session asks for are free. Minutes are elapsed minutes of a date.

    One instance serves one protocol: session templates are told apart by their names. A session begins and ends on one date.
    """

    def __init__(
        self, calendar: Calendar, patient: PatientHours, busy: Iterable[Interval] = (), not_before: datetime | None = None
    ) -> None:
        self.calendar = calendar
        self._patient = patient
        self._busy = [*patient.unavailable, *busy]
        self._not_before = not_before
        self._free: dict[date, tuple[int, ...]] = {}
        self._starts: dict[tuple[str, date], int] = {}
        self._rivals: dict[str, frozenset[int]] = {}

    def patient_starts(self, on: date, minutes: int) -> int:
        """The starts from which the patient can come for so long."""
        if on not in self._free:
            self._free[on] = self._patient_free(on)
        found = 0
        for stretch in self._free[on]:
            found |= starts_within(stretch, minutes)
        return found & self.calendar.grid(on)

    def _patient_free(self, on: date) -> tuple[int, ...]:
        day = self.calendar.day(on)
        whole = span(0, day.length)
        away = past = 0
        for interval in self._busy:
            if interval.overlaps(day.whole) and (part := day.part(interval)):
                away |= span(*part)
        if self._not_before is not None:
            past = span(0, max(0, min(day.length, -int((day.midnight - self._not_before).total_seconds() // 60))))
        hours = self._patient.available
        open_masks = (whole,) if hours is None else stretches(day, hours.on(on))
        return tuple(mask & ~away & ~past for mask in open_masks)

    def demand_starts(self, demand: Demand, on: date) -> int:
        """The session starts for which one requirement alone can be met."""
        need = demand.requirement
        at_least = [-1] + [0] * need.count
        for resource in self.calendar.pool(need.capability):
            free = self.calendar.starts(resource, on, demand.end - demand.begin, need.load_on(resource.capacity)) >> demand.begin
            for k in range(need.count, 0, -1):
                at_least[k] |= at_least[k - 1] & free
        return at_least[need.count]

    def may_hold(self, template: SessionTemplate, on: date) -> bool:
        """Whether the patient can come on a date and each requirement has a resource with hours then, whatever is booked."""
        return self.patient_starts(on, template.minutes) != 0 and all(
            any(any(self.calendar.open_stretches(resource, on)) for resource in self.calendar.pool(demand.requirement.capability))
            for demand in template.demands
        )

    def starts(self, template: SessionTemplate, on: date) -> int:
        """Every start at which the session can take place."""
        key = (template.name, on)
        if key not in self._starts:
            self._starts[key] = self._find_starts(template, on)
        return self._starts[key]

    def _find_starts(self, template: SessionTemplate, on: date) -> int:
        found = self.patient_starts(on, template.minutes)
        for demand in template.demands:
            if not found:
                return 0
            found &= self.demand_starts(demand, on)
        if found and self.rivals(template):
            found = sum(1 << start for start in bits(found) if self.seated(template, on, start) is not None)
        return found

    def rivals(self, template: SessionTemplate) -> frozenset[int]:
        """The requirements that may want the same resource at the same time, so that one's choice can bar another's."""
        if template.name not in self._rivals:
            self._rivals[template.name] = frozenset(
                index
                for one, other in combinations(template.demands, 2)
                if self._may_clash(one, other)
                for index in (one.index, other.index)
            )
        return self._rivals[template.name]

    def _may_clash(self, one: Demand, other: Demand) -> bool:
        if one.begin >= other.end or other.begin >= one.end or one.requirement.load == 0 or other.requirement.load == 0:
            return False
        mine = {resource.id for resource in self.calendar.pool(one.requirement.capability)}
        return any(resource.id in mine for resource in self.calendar.pool(other.requirement.capability))

    def seated(
        self, template: SessionTemplate, on: date, start: int, wanted: Wanted | None = None, taken: Taken = NOTHING
    ) -> tuple[Seat, ...] | None:
        """Resources for a session at a start, the wanted ones first; None where there are none."""
        return next(self.seatings(template, on, start, wanted or {}, taken), None)

    def seatings(
        self, template: SessionTemplate, on: date, start: int, wanted: Wanted, taken: Taken = NOTHING
    ) -> Iterator[tuple[Seat, ...]]:
        """All ways of seating a session at a start."""
        return _Seating(self.calendar, on, start, wanted, taken).rest(template.demands, ())


class _Seating:
    """Tries resources requirement by requirement, keeping in mind what the ones before took."""

    def __init__(self, calendar: Calendar, on: date, start: int, wanted: Wanted, taken: Taken) -> None:
        self._calendar, self._on, self._start, self._wanted = calendar, on, start, wanted
        self._loads: dict[str, list[Load]] = defaultdict(list, {resource: list(held) for resource, held in taken.items()})

    def rest(self, demands: tuple[Demand, ...], seats: tuple[Seat, ...]) -> Iterator[tuple[Seat, ...]]:
        """The seats so far with every way of meeting the demands that are left."""
        if not demands:
            yield seats
            return
        demand, need = demands[0], demands[0].requirement
        begin, end = self._start + demand.begin, self._start + demand.end
        interval = self._calendar.day(self._on).interval(begin, end)
        for chosen in combinations(self._able(demand, begin, end), need.count):
            added = tuple(Seat(demand.index, need.capability, r.id, interval, need.load_on(r.capacity)) for r in chosen)
            for seat in added:
                self._loads[seat.resource].append((begin, end, seat.load))
            yield from self.rest(demands[1:], seats + added)
            for seat in added:
                self._loads[seat.resource].pop()

    def _able(self, demand: Demand, begin: int, end: int) -> list[Resource]:
        pool, load_on = self._calendar.pool(demand.requirement.capability), demand.requirement.load_on
        wanted = self._wanted.get(demand.index, ())
        if wanted:
            order = {resource: place for place, resource in reversed(list(enumerate(wanted)))}
            pool = tuple(sorted(pool, key=lambda resource: order.get(resource.id, len(order))))
        more = self._loads
        return [r for r in pool if self._calendar.bears(r, self._on, (begin, end, load_on(r.capacity)), more.get(r.id, ()))]
