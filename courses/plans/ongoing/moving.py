"""One session put elsewhere by hand: whether the rules allow it beside the sessions that stay, and which places near by they allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import islice

from courses.errors import DomainError
from courses.plans.ongoing.course import Course, hours_of, place_of
from courses.plans.ongoing.follow import Change, What
from courses.plans.ongoing.outdated import HeldBy
from courses.plans.plan import PlannedSession, Seat
from courses.plans.possible.openings import Openings
from courses.plans.possible.rulebook import PlanFault, Rulebook
from courses.plans.request import CourseRequest
from courses.protocols.session_template import SessionTemplate
from courses.sessions.session import TreatmentSession
from rooms.availability.free_time import nearest
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

SEARCH = timedelta(days=28)
"""How far around the wished time alternatives are looked for."""
SEATINGS = 1000
"""How many ways of giving out resources are tried for one that uses all that were named."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A place that a session could have, with its resources, and the number that it would have there."""

    number: int
    interval: Interval
    resources: tuple[str, ...]


class CannotMove(DomainError):
    """A session cannot be where it was wished. It is still where it was; `alternatives` are the nearest places that it could have."""

    code = "cannot_move"

    def __init__(self, session: int, reasons: Sequence[str], alternatives: Sequence[Alternative], held_by: Sequence[HeldBy] = ()) -> None:
        said = "; ".join(reason.removesuffix(".") for reason in reasons)
        super().__init__(f"Session {session} cannot be there: {said}. It stays as it was.")
        self.session = session
        self.reasons = tuple(reasons)
        self.alternatives = tuple(alternatives)
        self.held_by = tuple(held_by)


@dataclass(frozen=True)
class Moving:
    """A session about to be moved. `calendar` is without its own bookings, `busy` the patient's sessions in other courses."""

    course: Course
    request: CourseRequest
    session: TreatmentSession
    calendar: Calendar
    busy: tuple[Interval, ...]
    now: datetime
    onto: tuple[str, ...] = ()
    """Resources that must be among the session's."""

    def allowing_late(self) -> Moving:
        """The same with no longest gap before the session, whatever its number comes to be."""
        protocol = self.request.protocol.allowing_late(*range(1, self.request.protocol.n_sessions + 1))
        return replace(self, request=replace(self.request, protocol=protocol))

    @cached_property
    def others(self) -> tuple[TreatmentSession, ...]:
        """The sessions that stay."""
        return tuple(each for each in self.course.live if each.interval is not None and each.id != self.session.id)

    @cached_property
    def openings(self) -> Openings:
        """Where the patient and what is asked for are free."""
        taken = [place_of(each).interval for each in self.others]
        return Openings(self.calendar, hours_of(self.course.patient), (*self.busy, *taken), self.now)

    def number_at(self, starts_at: datetime) -> int:
        """The number that the session would have: those that have a place count on in order of time."""
        earlier = sum(place_of(each).interval.starts_at < starts_at for each in self.others)
        return sorted([self.session.number, *(each.number for each in self.others)])[earlier]

    def seats_at(self, starts_at: datetime, *, force: bool = False) -> tuple[Seat, ...] | None:
        """Free resources for the session, those that it has first; None where there are none.

        With `force`, those that it has or the first that could be, free or not, so that the refusal can say who has them.
        """
        template, on = self.request.protocol.template_of(self.number_at(starts_at)), self.calendar.time.date_of(starts_at)
        start = self.calendar.day(on).minute(starts_at)
        ways = self.openings.seatings(template.demands, on, start, self._wanted(template))
        found = next((seats for seats in islice(ways, SEATINGS) if {seat.resource for seat in seats} >= set(self.onto)), None)
        return self._like_before(template, starts_at) if found is None and force else found

    def _wanted(self, template: SessionTemplate) -> dict[int, list[str]]:
        now_on = {
            demand.index: [b.claim.resource for b in self.session.bookings if b.claim.part == demand.index] for demand in template.demands
        }
        return {part: [*self.onto, *resources] for part, resources in now_on.items()}

    def _like_before(self, template: SessionTemplate, starts_at: datetime) -> tuple[Seat, ...]:
        seats = []
        for demand in template.demands:
            pool = {resource.id: resource for resource in self.calendar.pool(demand.requirement.capability)}
            first = dict.fromkeys([*self._wanted(template)[demand.index], *pool])
            interval = Interval(starts_at + timedelta(minutes=demand.begin), starts_at + timedelta(minutes=demand.end))
            chosen = [pool[key] for key in first if key in pool][: demand.requirement.count]
            need = demand.requirement
            seats += [Seat(demand.index, need.capability, each.id, interval, need.load_on(each.capacity)) for each in chosen]
        return tuple(seats)

    def arranged(self, starts_at: datetime, seats: tuple[Seat, ...]) -> dict[str, PlannedSession]:
        """All sessions that have a place, by id and in order of time, numbered anew, with this one at its new place."""
        protocol, permit = self.request.protocol, self.request.authorization
        ends_at = starts_at + timedelta(minutes=protocol.template_of(self.number_at(starts_at)).minutes)
        template = protocol.template_of(self.number_at(starts_at)).name
        mine = PlannedSession(self.session.number, "", template, Interval(starts_at, ends_at), seats)
        places = {each.id: place_of(each) for each in self.others} | {self.session.id: mine}
        numbers = sorted(place.number for place in places.values())
        in_order = sorted(places.items(), key=lambda each: each[1].interval)
        return {
            key: replace(
                place,
                number=number,
                phase=protocol.slots[number - 1].phase,
                authorized=permit is None or permit.covers(number, self.calendar.time.date_of(place.interval.starts_at)),
            )
            for number, (key, place) in zip(numbers, in_order, strict=True)
        }

    def change_of(self, key: str, place: PlannedSession) -> Change:
        """What becomes of one of the sessions when they are arranged so."""
        before = self.course.session(key)
        same = (before.number, before.phase, before.authorized) == (place.number, place.phase, place.authorized)
        what = What.MOVED if key == self.session.id else What.STAYS if same else What.RENUMBERED
        return Change(before, place.number, place.phase, place.template, place, what)

    def faults(self, starts_at: datetime, seats: tuple[Seat, ...]) -> list[PlanFault]:
        """The rules that the course would break then and does not break now."""
        rules = Rulebook(self.request, self.calendar, hours_of(self.course.patient), self.busy)
        after = self.arranged(starts_at, seats)
        of_session = {place.number: key for key, place in after.items()}
        known = self._known_faults
        broken = [
            fault
            for fault in rules.faults_of_placed(list(after.values()), self.now)
            if (of_session[fault.session], fault.code, fault.detail) not in known
        ]
        strange = sorted(set(self.onto) - {seat.resource for seat in seats})
        return [*broken, *(PlanFault(self.session.number, "seats", f"{key} is not what the session needs") for key in strange)]

    @cached_property
    def _known_faults(self) -> set[tuple[str, str, str]]:
        rules = Rulebook(self.request, self.calendar, hours_of(self.course.patient), self.busy)
        placed = sorted((each for each in self.course.live if each.interval is not None), key=lambda each: place_of(each).interval)
        ids = {each.number: each.id for each in placed}
        found = rules.faults_of_placed([place_of(each) for each in placed], self.now)
        return {(ids[fault.session], fault.code, fault.detail) for fault in found}

    def nearest(self, near: datetime, n: int) -> list[Alternative]:
        """The nearest places that the rules allow and that are free: before and after on the same date, and one on each date around."""
        found: list[Alternative] = []
        wished = self.calendar.time.date_of(near)
        for on in self._dates(near):
            if len(found) >= n and abs(wished - on) - timedelta(days=1) > abs(found[n - 1].interval.starts_at - near):
                break
            found += self._on(on, near)
            found.sort(key=lambda each: abs(each.interval.starts_at - near))
        return found[:n]

    def _dates(self, near: datetime) -> Iterator[date]:
        wished, today = self.calendar.time.date_of(near), self.calendar.time.date_of(self.now)
        for distance in range(SEARCH.days + 1):
            for on in {wished - timedelta(days=distance), wished + timedelta(days=distance)}:
                if on >= today:
                    yield on

    def _on(self, on: date, near: datetime) -> list[Alternative]:
        day = self.calendar.day(on)
        local = self.calendar.time.local(near)
        wished = local.hour * 60 + local.minute
        starts = self._starts(on)
        if on != local.date():
            closest = nearest(starts, wished)
            minutes = [] if closest is None else [closest]
        else:
            below, above = nearest(starts & ((1 << wished) - 1), wished), nearest(starts >> wished << wished, wished)
            minutes = [minute for minute in (below, above) if minute is not None]
        places = (self._place(day.instant(minute)) for minute in minutes)
        return [place for place in places if place is not None]

    def _starts(self, on: date) -> int:
        """Free starts on a date, for whichever kind of visit the session would be then."""
        noon = self.calendar.day(on).instant(12 * 60)
        return self.openings.starts(self.request.protocol.template_of(self.number_at(noon)), on)

    def _place(self, starts_at: datetime) -> Alternative | None:
        if self.session.interval is not None and starts_at == self.session.interval.starts_at:
            return None
        seats = self.seats_at(starts_at)
        if seats is None or self.faults(starts_at, seats):
            return None
        place = self.arranged(starts_at, seats)[self.session.id]
        return Alternative(place.number, place.interval, tuple(seat.resource for seat in seats))
