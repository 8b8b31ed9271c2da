"""The judge of every plan before a number is printed: strict, slow and without a line of the planner's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median_low
from zoneinfo import ZoneInfo

from courses.plans.batch import Clinic
from courses.plans.plan import CoursePlan, PlannedSession, Reseat, Seat, Unplaceable
from courses.plans.request import CourseRequest
from courses.protocols.session_template import SessionTemplate, StepRequirement
from rooms.availability.hours import WeeklyHours
from rooms.errors import DomainError
from rooms.resources.resource import Resource
from scheduler.benchmarks.judged_dates import date_faults, ideal_dates
from scheduler.clinic_file import HeldBooking

Stretch = tuple[datetime, datetime]
MINUTE = timedelta(minutes=1)


class BrokenPlan(DomainError):
    """A way of planning broke a hard rule, so that its figures say nothing."""

    code = "broken_plan"

    def __init__(self, way: str, faults: Sequence[str]) -> None:
        self._facts = way, tuple(faults)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"No figures: {way} gave a plan that breaks a rule: {faults[0]}{more}. Please report this with the command.")

    def __reduce__(self) -> tuple[type[BrokenPlan], tuple[str, tuple[str, ...]]]:
        return BrokenPlan, self._facts  # so that it comes whole from the process that measures


class Judge:
    """Judges plans against a clinic. After a re-plan the clinic is the one with what happened laid on it."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._zone = ZoneInfo(clinic.site.timezone)
        self._resources = {each.id: each for each in clinic.resources}
        self._closures = [(each.interval.starts_at, each.interval.ends_at) for each in clinic.site.closures]
        self._held: dict[tuple[str, date], list[tuple[Stretch, int]]] = defaultdict(list)
        self._open: dict[date, bool] = {}
        for resource, interval, load in clinic.held:
            self._hold(self._held, resource, (interval.starts_at, interval.ends_at), load)

    def approve(self, way: str, requests: Iterable[CourseRequest], answers: Iterable[CoursePlan | Unplaceable]) -> None:
        """Raises `BrokenPlan` where some plan breaks a rule; `way` is how it was made."""
        if faults := self.faults(requests, answers):
            raise BrokenPlan(way, faults)

    def faults(
        self, requests: Iterable[CourseRequest], answers: Iterable[CoursePlan | Unplaceable], now: datetime | None = None
    ) -> list[str]:
        """All that plans break, together with the bookings that are there. What starts before `now` is history and not judged."""
        asked = {request.id: request for request in requests}
        plans = [answer for answer in answers if isinstance(answer, CoursePlan)]
        found = [f"{plan.course}: {why}" for plan in plans for why in self._course_faults(asked[plan.course], plan, now)]
        found += self._meetings(asked, plans, now)
        return [*found, *self._overloads(plans, now)]

    def reseat_faults(self, bookings: Sequence[HeldBooking], reseated: Iterable[Reseat]) -> list[str]:
        """What is wrong with giving bookings to others; the clinic judged by is the one in which they have them."""
        return [f"booking {each.booking}: {why}" for each in reseated for why in self._reseat_faults(bookings[each.booking], each.resource)]

    def _reseat_faults(self, booking: HeldBooking, name: str) -> Iterator[str]:
        stretch, resource = (booking.interval.starts_at, booking.interval.ends_at), self._resources[name]
        if not booking.reseat or booking.capability not in resource.capabilities:
            yield f"may not be given to {name}"
        yield from self._absent(resource, stretch)
        there = self._held[name, self._local(stretch[0]).date()]
        for moment in {begin: None for (begin, _), _ in there if stretch[0] <= begin < stretch[1]} | {stretch[0]: None}:
            if sum(load for (begin, end), load in there if begin <= moment < end) > resource.capacity:
                yield f"{name} bears more than {resource.capacity} at {moment}"

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=None)

    def _is_open(self, day: date) -> bool:
        if day not in self._open:
            self._open[day] = any(not self._shut(day, opens, closes) for opens, closes in self._clinic.site.hours.on(day))
        return self._open[day]

    def _shut(self, day: date, opens: int, closes: int) -> bool:
        """Whether closures cover all of a stretch of a date."""
        midnight = datetime.combine(day, datetime.min.time())
        begins, ends = ((midnight + minute * MINUTE).replace(tzinfo=self._zone) for minute in (opens, closes))
        moments = [begins, *(end for _, end in self._closures if begins <= end < ends)]  # the first moment outside is one of these
        return all(any(begin <= moment < end for begin, end in self._closures) for moment in moments)

    def _course_faults(self, request: CourseRequest, plan: CoursePlan, now: datetime | None) -> Iterator[str]:
        slots = request.protocol.slots
        if [session.number for session in plan.sessions] != list(range(1, len(slots) + 1)):
            yield f"its sessions are not 1 to {len(slots)}"
            return
        days = [self._local(session.interval.starts_at).date() for session in plan.sessions]
        for index, session in enumerate(plan.sessions):
            if now is None or session.interval.starts_at >= now:
                faults = [*date_faults(slots, days[: index + 1], request.start_on_or_after, self._is_open)]
                faults += self._limit_faults(request, index, days[index])
                faults += self._session_faults(request, session, days[index])
                faults += self._chain_faults(request, plan.sessions[index - 1], session) if index else []
                yield from (f"session {session.number}: {why}" for why in faults)
        yield from self._cost_faults(request, plan, days)

    @staticmethod
    def _limit_faults(request: CourseRequest, index: int, day: date) -> Iterator[str]:
        if index == 0 and request.start_on_or_before is not None and day > request.start_on_or_before:
            yield f"{day} is after the last date to start"
        if request.finish_on_or_before is not None and day > request.finish_on_or_before:
            yield f"{day} is after the last date to finish"

    def _chain_faults(self, request: CourseRequest, before: PlannedSession, session: PlannedSession) -> Iterator[str]:
        spacing = request.protocol.slots[session.number - 1].spacing
        over, start = before.interval.ends_at, session.interval.starts_at
        if start < over:
            yield "starts before the one before it ends"
        same_date = self._local(before.interval.starts_at).date() == self._local(start).date()
        if spacing.per_day > 1 and same_date and not spacing.min_gap_minutes <= (start - over) / MINUTE <= spacing.max_gap_minutes:
            yield f"{(start - over) / MINUTE:g} minutes after the one before it"

    def _session_faults(self, request: CourseRequest, session: PlannedSession, day: date) -> Iterator[str]:
        slot, template = request.protocol.slots[session.number - 1], request.protocol.template_of(session.number)
        start, end = session.interval.starts_at, session.interval.ends_at
        local = self._local(start)
        if (session.phase, session.template) != (slot.phase, template.name):
            yield f"is {session.template} of {session.phase}, not {template.name} of {slot.phase}"
        if end - start != sum(step.minutes for step in template.steps) * MINUTE:
            yield f"lasts {end - start}"
        if (local.hour * 60 + local.minute) % self._clinic.site.granularity_minutes or local.second or local.microsecond:
            yield f"starts at {local.time()}, off the grid"
        permit = request.authorization
        if session.authorized != (permit is None or (session.number <= permit.sessions and permit.valid_from <= day <= permit.valid_until)):
            yield "says wrongly whether it is authorized"
        hours = self._clinic.hours_of(request.patient)
        if hours.available is not None and not self._inside(hours.available, (start, end)):
            yield "is outside the patient's hours"
        if any(_touch((start, end), (away.starts_at, away.ends_at)) for away in hours.unavailable):
            yield "is while the patient is away"
        yield from self._seat_faults(template, session)

    def _seat_faults(self, template: SessionTemplate, session: PlannedSession) -> Iterator[str]:
        for index, wish in enumerate(template.requirements):
            seats = [seat for seat in session.seats if seat.requirement == index]
            if len({seat.resource for seat in seats}) != len(seats) or len(seats) != wish.requirement.count:
                yield f"has {len(seats)} seats for {wish.requirement.capability}, {wish.requirement.count} different ones wanted"
            stretch = _held_time(template, wish, session.interval.starts_at)
            yield from (why for seat in seats for why in self._one_seat(wish, stretch, seat))
        if any(not 0 <= seat.requirement < len(template.requirements) for seat in session.seats):
            yield "has a seat for nothing that it asks for"

    def _one_seat(self, wish: StepRequirement, stretch: Stretch, seat: Seat) -> Iterator[str]:
        resource = self._resources.get(seat.resource)
        if resource is None or wish.requirement.capability not in resource.capabilities:
            yield f"{seat.resource} has no {wish.requirement.capability}"
            return
        if (seat.interval.starts_at, seat.interval.ends_at) != stretch:
            yield f"{seat.resource} is not held from {stretch[0]} to {stretch[1]}"
        if seat.load != (resource.capacity if wish.requirement.load == "all" else wish.requirement.load):
            yield f"{seat.resource} bears {seat.load}"
        yield from self._absent(resource, stretch)

    def _absent(self, resource: Resource, stretch: Stretch) -> Iterator[str]:
        if not self._inside(self._clinic.site.hours if resource.hours is None else resource.hours, stretch):
            yield f"{resource.id} is outside its hours"
        shut = [*self._closures, *((each.interval.starts_at, each.interval.ends_at) for each in resource.absences)]
        if any(_touch(stretch, each) for each in shut):
            yield f"{resource.id} cannot be had then"

    def _inside(self, hours: WeeklyHours, stretch: Stretch) -> bool:
        """Whether a stretch lies inside one of the hours of a date, on the wall's clock."""
        start, end = self._local(stretch[0]), self._local(stretch[1])
        begins = start.hour * 60 + start.minute
        ends = (end.date() - start.date()).days * 24 * 60 + end.hour * 60 + end.minute
        return any(opens <= begins and ends <= closes for opens, closes in hours.on(start.date()))

    def _cost_faults(self, request: CourseRequest, plan: CoursePlan, days: Sequence[date]) -> Iterator[str]:
        slots, weights, cost = request.protocol.slots, self._clinic.weights, plan.cost
        clocks = [local.hour * 60 + local.minute for local in (self._local(each.interval.starts_at) for each in plan.sessions)]
        firsts = [c for k, c in enumerate(clocks) if k == 0 or slots[k].spacing.per_day == 1 or days[k] != days[k - 1]]
        ideal, window, middle = ideal_dates(slots, request.start_on_or_after, self._is_open), request.window, median_low(firsts)
        delay = sum((day - wish).days for day, wish in zip(days, ideal, strict=False))
        outside = sum(not window.opens <= clock <= window.closes for clock in clocks) if window else 0
        spread = sum(abs(clock - middle) for clock in firsts) // self._clinic.site.granularity_minutes
        changes = _changes(request, plan.sessions)
        if (delay, outside, spread, changes) != (cost.delay, cost.outside, cost.spread, cost.changes):
            yield f"delay {delay}, outside {outside}, spread {spread} and changes {changes} are not as it says"
        total = weights.delay_day * delay + weights.outside_window * outside + weights.spread_step * spread + weights.change * changes
        if abs(total - cost.total) > 1e-6:
            yield f"costs {total:g}, not {cost.total:g}"

    def _hold(self, where: dict[tuple[str, date], list[tuple[Stretch, int]]], resource: str, stretch: Stretch, load: int) -> None:
        for day in {self._local(stretch[0]).date(): None, self._local(stretch[1] - MINUTE).date(): None}:
            where[resource, day].append((stretch, load))

    def _overloads(self, plans: Iterable[CoursePlan], now: datetime | None) -> Iterator[str]:
        taken: dict[tuple[str, date], list[tuple[Stretch, int]]] = defaultdict(list)
        for seat in (seat for plan in plans for session in plan.sessions for seat in session.seats):
            self._hold(taken, seat.resource, (seat.interval.starts_at, seat.interval.ends_at), seat.load)
        for (name, day), loads in taken.items():
            capacity = self._resources[name].capacity if name in self._resources else 0
            there = [*loads, *self._held.get((name, day), ())]
            for moment in {stretch[0]: None for stretch, _ in loads} | {stretch[0]: None for stretch, _ in there}:
                total = sum(load for (begin, end), load in there if begin <= moment < end)
                if total > capacity and (now is None or moment >= now):
                    yield f"{name} bears {total} of {capacity} at {moment}"

    @staticmethod
    def _meetings(asked: dict[str, CourseRequest], plans: Iterable[CoursePlan], now: datetime | None) -> Iterator[str]:
        sessions: dict[str, list[Stretch]] = defaultdict(list)
        for plan in plans:
            sessions[asked[plan.course].patient] += [(each.interval.starts_at, each.interval.ends_at) for each in plan.sessions]
        for patient, stretches in sessions.items():
            for one, other in pairwise(sorted(stretches)):
                if _touch(one, other) and (now is None or other[0] >= now):
                    yield f"{patient} is in two sessions at {other[0]}"


def _touch(one: Stretch, other: Stretch) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _held_time(template: SessionTemplate, wish: StepRequirement, start: datetime) -> Stretch:
    spans: dict[str, Stretch] = {}
    for step in template.steps:
        spans[step.name] = (start, start + step.minutes * MINUTE)
        start = spans[step.name][1]
    wanted = [spans[name] for name in wish.steps or spans]
    return min(begin for begin, _ in wanted), max(end for _, end in wanted) + wish.requirement.turnover_minutes * MINUTE


def _changes(request: CourseRequest, sessions: Iterable[PlannedSession]) -> int:
    met: dict[str, list[set[str]]] = defaultdict(list)
    for session in sessions:
        wishes = request.protocol.templates[session.template].requirements
        here: dict[str, set[str]] = defaultdict(set)
        for seat in session.seats:
            if wishes[seat.requirement].requirement.continuity:
                here[wishes[seat.requirement].requirement.capability].add(seat.resource)
        for capability, who in here.items():
            met[capability].append(who)
    return sum(one != other for whos in met.values() for one, other in pairwise(whos))
