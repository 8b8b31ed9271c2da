"""Which starts a date offers for one kind of session, and on which resources: feasibility, with no preference in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, combinations, islice

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

Only = Mapping[int, frozenset[str]]
"""For a requirement, the resources that it may have; any, where nothing is said."""

NOTHING: dict[str, list[Load]] = {}
ANYBODY: Only = {}


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
        self._templates: dict[str, SessionTemplate] = {}
        self._rivals: dict[str, list[tuple[Demand, ...]]] = {}

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

    def demand_starts(self, demand: Demand, on: date, among: int = -1) -> int:
        """The session starts for which one requirement alone can be met; it is enough to know of those `among` some."""
        need, begin = demand.requirement, demand.begin
        at_least = [-1] + [0] * need.count
        for free in self.calendar.pool_starts(need, on, demand.end - begin):
            for k in range(need.count, 1, -1):
                at_least[k] |= at_least[k - 1] & free >> begin
            at_least[1] |= free >> begin
            if not among & ~at_least[need.count]:
                break
        return at_least[need.count]

    def pool_starts(self, demand: Demand, on: date) -> list[int]:
        """The same for each resource of its pool by itself."""
        free = self.calendar.pool_starts(demand.requirement, on, demand.end - demand.begin)
        return [mask >> demand.begin for mask in free]

    def resource_starts(self, demand: Demand, resource: Resource, on: date) -> int:
        """The session starts for which one resource could meet a requirement."""
        load = demand.requirement.load_on(resource.capacity)
        return self.calendar.starts(resource, on, demand.end - demand.begin, load) >> demand.begin

    def starts(self, template: SessionTemplate, on: date) -> int:
        """Every start at which the session can take place."""
        key = (template.name, on)
        if key not in self._starts:
            self._templates[template.name] = template
            self._starts[key] = self._find_starts(template, on)
        return self._starts[key]

    def looked_at(self) -> list[tuple[SessionTemplate, date]]:
        """The kinds of session and dates asked for so far that have room."""
        return [(self._templates[name], on) for (name, on), starts in self._starts.items() if starts]

    def _find_starts(self, template: SessionTemplate, on: date) -> int:
        found = self.patient_starts(on, template.minutes)
        for demand in template.demands:
            if not found:
                return 0
            found &= self.demand_starts(demand, on, found)
        for group in self.rivals(template):
            found = sum(1 << start for start in bits(found) if self.seated(group, on, start))
        return found

    def rivals(self, template: SessionTemplate) -> list[tuple[Demand, ...]]:
        """The requirements that may want the same resource at the same time, in groups in which one's choice can bar another's."""
        if template.name not in self._rivals:
            groups: list[tuple[Demand, ...]] = []
            for demand in template.demands:
                near = [group for group in groups if any(self._may_clash(demand, other) for other in group)]
                groups = [group for group in groups if group not in near] + [(*chain.from_iterable(near), demand)]
            self._rivals[template.name] = [group for group in groups if len(group) > 1]
        return self._rivals[template.name]

    def _may_clash(self, one: Demand, other: Demand) -> bool:
        return one.begin < other.end and other.begin < one.end and self.share_resources(one, other)

    def share_resources(self, one: Demand, other: Demand) -> bool:
        """Whether two requirements take load from some resource that both may have."""
        if one.requirement.load == 0 or other.requirement.load == 0:
            return False
        mine = {resource.id for resource in self.calendar.pool(one.requirement.capability)}
        return any(resource.id in mine for resource in self.calendar.pool(other.requirement.capability))

    def seated(self, demands: tuple[Demand, ...], on: date, start: int) -> bool:
        """Whether there are resources for some requirements of a session at a start."""
        until = start + max(demand.end for demand in demands)
        return next(_Seating(self.calendar, on, (start, until), {}, NOTHING).rest(demands, ()), None) is not None

    def seatings(
        self, demands: tuple[Demand, ...], on: date, start: int, wanted: Wanted, taken: Taken = NOTHING, only: Only = ANYBODY
    ) -> Iterator[tuple[Seat, ...]]:
        """The ways of meeting requirements of a session at a start, the wanted resources first; where resources are alike for the rest
        of the date, only one way of choosing among them, save where `only` names those that a requirement may have."""
        seating = _Seating(self.calendar, on, (start, self.calendar.day(on).length), wanted, taken, only)
        if not only:
            return seating.rest(demands, ())
        in_turn = tuple(
            sorted(demands, key=lambda demand: demand.index not in only)
        )  # one that is free to choose leaves room for the named
        return (tuple(sorted(seats, key=lambda seat: seat.requirement)) for seats in seating.rest(in_turn, ()))


class _Seating:
    """Tries resources requirement by requirement, keeping in mind what the ones before took."""

    def __init__(self, calendar: Calendar, on: date, window: tuple[int, int], wanted: Wanted, taken: Taken, only: Only = ANYBODY) -> None:
        self._calendar, self._on, self._start, self._window, self._wanted = calendar, on, window[0], window, wanted
        self._only = only
        self._loads: dict[str, list[Load]] = defaultdict(list, {resource: list(held) for resource, held in taken.items()})

    def rest(self, demands: tuple[Demand, ...], seats: tuple[Seat, ...]) -> Iterator[tuple[Seat, ...]]:
        """The seats so far with every way of meeting the demands that are left."""
        if not demands:
            yield seats
            return
        demand, need = demands[0], demands[0].requirement
        begin, end = self._start + demand.begin, self._start + demand.end
        interval = self._calendar.day(self._on).interval(begin, end)
        able = self._able(demand, begin, end)
        for chosen in combinations(able, need.count) if demand.index in self._only else self._choices(able, need.count):
            added = tuple(Seat(demand.index, need.capability, r.id, interval, need.load_on(r.capacity)) for r in chosen)
            for seat in added:
                self._loads[seat.resource].append((begin, end, seat.load))
            yield from self.rest(demands[1:], seats + added)
            for seat in added:
                self._loads[seat.resource].pop()

    def _choices(self, able: Iterator[Resource], n_wanted: int) -> Iterator[tuple[Resource, ...]]:
        """The ways of choosing so many, leaving out those that only put a resource in the place of one like it."""
        first = tuple(islice(able, n_wanted))
        if len(first) < n_wanted:
            return
        yield first
        alike: dict[object, list[Resource]] = defaultdict(list)
        for each in chain(first, able):
            alike[self._calendar.likeness(each, self._on, self._window, self._loads.get(each.id, ()))].append(each)
        yield from (chosen for chosen in _some_of_each(list(alike.values()), n_wanted) if set(chosen) != set(first))

    def _able(self, demand: Demand, begin: int, end: int) -> Iterator[Resource]:
        pool, load_on = self._calendar.pool(demand.requirement.capability), demand.requirement.load_on
        if demand.index in self._only:
            pool = tuple(resource for resource in pool if resource.id in self._only[demand.index])
        wanted = self._wanted.get(demand.index, ())
        if wanted:
            order = {resource: place for place, resource in reversed(list(enumerate(wanted)))}
            pool = tuple(sorted(pool, key=lambda resource: order.get(resource.id, len(order))))
        more = self._loads
        return (r for r in pool if self._calendar.bears(r, self._on, (begin, end, load_on(r.capacity)), more.get(r.id, ())))


def _some_of_each(kinds: Sequence[Sequence[Resource]], n_wanted: int) -> Iterator[tuple[Resource, ...]]:
    """The ways of taking so many in all, of each kind the first."""
    if not kinds:
        if n_wanted == 0:
            yield ()
        return
    for n in range(min(n_wanted, len(kinds[0])), -1, -1):
        for rest in _some_of_each(kinds[1:], n_wanted - n):
            yield (*kinds[0][:n], *rest)
