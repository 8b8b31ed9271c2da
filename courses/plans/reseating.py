"""Like chairs as one pool: plans that give bookings which may be re-seated other resources, at the same time, where that makes room.

A course is planned as if such bookings took room from their pool and from no chair in it; then each of its dates is seated, with as few
bookings changed as can be. Nobody's time changes, and no plan is taken that costs more than the one with every booking fixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf

from courses.plans.batch import Clinic, Progress, no_progress, objective
from courses.plans.best_plan import Situation, plan_course
from courses.plans.costs import changes_in
from courses.plans.plan import ClinicPlan, CoursePlan, PlannedSession, Reseat, Seat, Unplaceable
from courses.plans.pooled import Pool, PooledCalendar, pools_of
from courses.plans.request import CourseRequest, Weights
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar
from rooms.bookings.pool import Movable, Wish, fewest_reseats
from rooms.resources.requirement import Requirement

ROUNDS = 25
"""How often a course is planned anew when a date that has room in its pools cannot be seated."""
PASSES = 3
"""How often all courses of a clinic are looked at again."""
NOTHING = 1e-6
"""What a plan must cost less to be worth a change."""
MANY = 1000
"""More than a session has requirements."""
LONG_SEARCH = 2500
"""Steps for the fewest changes on a date when all of its sessions are known."""

Key = tuple[str, int, int]
"""A booking that was there ("", its place, 0), or a seat of a plan: course, session, its place among the session's seats."""


@dataclass(frozen=True, slots=True)
class _Seated:
    """A plan with a seat for every session, and who goes where for it."""

    plan: CoursePlan
    moves: tuple[tuple[date, Key, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a session wants of a pool: its number, which of its seats, and the requirement behind it."""

    number: int
    place: int
    seat: Seat
    need: Requirement


@dataclass(frozen=True, slots=True)
class Reseated:
    """One course's answer, and the bookings that go to other resources for it."""

    answer: CoursePlan | Unplaceable
    reseated: tuple[Reseat, ...] = ()


def plan_reseating(clinic: Clinic, request: CourseRequest, situation: Situation) -> Reseated:
    """A course planned with every booking fixed or, where that is cheaper or the only way, with some re-seated.

    `clinic` says what is booked and what of it may be re-seated; of `situation` all counts but its calendar.
    """
    seats = Seats(clinic)
    fixed = plan_course(request, replace(situation, calendar=seats.fixed))
    better = seats.better(request, situation, fixed) if seats.concern(request) else None
    if better is None:
        return Reseated(fixed)
    seats.take(request, better)
    return Reseated(seats.plans[request.id], seats.reseated())


def reseat_clinic(clinic: Clinic, requests: Sequence[CourseRequest], plan: ClinicPlan, progress: Progress = no_progress) -> ClinicPlan:
    """A clinic's plan made with every booking fixed, bettered by re-seating: no fewer courses, and none that costs more.

    Courses without a place come first. The plan is the same where no booking may be re-seated.
    """
    seats = Seats(clinic)
    asked = {request.id: request for request in requests if seats.concern(request)}
    if not asked:
        return plan
    answers = {answer.course: answer for answer in plan.courses}
    by_id = {request.id: request for request in requests}
    for answer in plan.courses:
        if isinstance(answer, CoursePlan):
            seats.take(by_id[answer.course], _Seated(answer))
    bettering = _Bettering(clinic, seats, asked, answers)
    for _ in range(PASSES):
        if not bettering.once(by_id, progress):
            break
    seats.tidy()
    courses = tuple(seats.plans.get(answer.course, answers[answer.course]) for answer in plan.courses)
    return replace(plan, courses=courses, objective=objective(requests, courses), reseated=seats.reseated())


class _Bettering:
    """Goes through the courses, those without a place first."""

    def __init__(
        self, clinic: Clinic, seats: Seats, asked: Mapping[str, CourseRequest], answers: dict[str, CoursePlan | Unplaceable]
    ) -> None:
        self._clinic, self._seats, self._asked, self._answers = clinic, seats, asked, answers

    def once(self, everyone: Mapping[str, CourseRequest], progress: Progress) -> bool:
        """Look at each course once. Says whether one was bettered."""
        bettered = False
        in_turn = sorted(self._asked.values(), key=lambda each: (each.id in self._seats.plans, -each.priority, each.start_on_or_after))
        for done, request in enumerate(in_turn, start=1):
            bettered |= self._look_at(request, everyone)
            progress(done, len(in_turn))
        return bettered

    def _look_at(self, request: CourseRequest, everyone: Mapping[str, CourseRequest]) -> bool:
        seats, before = self._seats, self._answers[request.id]
        if request.id in seats.plans:
            before = seats.lift(request.id)
        busy = tuple(
            session.interval
            for course, plan in seats.plans.items()
            if everyone[course].patient == request.patient
            for session in plan.sessions
        )
        situation = Situation(seats.fixed, self._clinic.hours_of(request.patient), self._clinic.weights, busy)
        better = seats.better(request, situation, before)
        if better is not None:
            seats.take(request, better)
        elif isinstance(before, CoursePlan):
            seats.take(request, _Seated(before))
        return better is not None


class Seats:
    """A clinic's resources and who sits on them, while some bookings change their seats."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        stays = [held for index, held in enumerate(clinic.held) if index not in clinic.movable]
        self.fixed = Calendar(clinic.site, clinic.resources, clinic.held)
        self._pinned = Calendar(clinic.site, clinic.resources, stays, time=self.fixed.time)
        self._pools = pools_of(self.fixed, ((clinic.held[index][0], capability) for index, capability in clinic.movable.items()))
        self._pooled = PooledCalendar(self.fixed, self._pinned, self._pools)
        self._there: dict[date, dict[Key, Movable]] = defaultdict(dict)
        self._like = frozenset(clinic.movable.values())
        self.plans: dict[str, CoursePlan] = {}
        for index, capability in clinic.movable.items():
            self._add(("", index, 0), Movable(*clinic.held[index], capability))

    def concern(self, request: CourseRequest) -> bool:
        """Whether a course asks for something of which bookings may be re-seated."""
        wanted = {d.requirement.capability for template in request.protocol.templates.values() for d in template.demands}
        return any(resource.id in self._pools for capability in sorted(wanted) for resource in self.fixed.pool(capability))

    def better(self, request: CourseRequest, situation: Situation, before: CoursePlan | Unplaceable) -> _Seated | None:
        """The best plan of a course that costs less than the one before, with a seat for each session; None where none was found."""
        most = before.cost.total - NOTHING if isinstance(before, CoursePlan) else inf
        self._pooled.allow_all()
        for _ in range(ROUNDS):
            hoped = plan_course(request, replace(situation, calendar=self._pooled))
            if isinstance(hoped, Unplaceable) or hoped.cost.total >= most:
                return None
            seated = self._seated(request, hoped, situation)
            if seated is not None:
                return seated if seated.plan.cost.total < most else None
        return None

    def _seated(self, request: CourseRequest, hoped: CoursePlan, situation: Situation) -> _Seated | None:
        """A plan of which every date has room in its pools, seated; None, and the dates forbidden, where some cannot be."""
        dates: dict[date, list[PlannedSession]] = defaultdict(list)
        for session in hoped.sessions[len(situation.done) :]:
            dates[self.fixed.time.date_of(session.interval.starts_at)].append(session)
        units: dict[tuple[int, int], str] = {}
        moves: list[tuple[date, Key, str]] = []
        whole = True
        for on, sessions in dates.items():
            for pool, asked in self._asked(request, on, sessions).items():
                found = self._seat(on, pool, asked)
                if found is None:
                    whole = False
                    self._forbid(on, pool, asked)
                else:
                    moves += ((on, key, unit) for key, unit in found[1])
                    units |= {(each.number, each.place): unit for each, unit in zip(asked, found[0], strict=True)}
        return _Seated(self._restated(request, hoped, units, situation.weights), tuple(moves)) if whole else None

    def _asked(self, request: CourseRequest, on: date, sessions: Sequence[PlannedSession]) -> dict[Pool, list[_Asked]]:
        """What sessions of a date want of pools in which somebody could make room."""
        asked: dict[Pool, list[_Asked]] = defaultdict(list)
        shared = {self._pools[each.resource] for each in self._there.get(on, {}).values()}
        for session in sessions:
            wanted = request.protocol.templates[session.template].requirements
            for place, seat in enumerate(session.seats):
                if (pool := self._pools.get(seat.resource)) in shared and pool is not None:
                    asked[pool].append(_Asked(session.number, place, seat, wanted[seat.requirement].requirement))
        return asked

    def _seat(self, on: date, pool: Pool, asked: Sequence[_Asked]) -> tuple[tuple[str, ...], list[tuple[Key, str]]] | None:
        there = [(key, each) for key, each in self._there[on].items() if self._pools[each.resource] == pool]
        movable = [each for _, each in there]
        for loyal in (True, False):
            wishes = [self._wish(on, pool, each, loyal=loyal) for each in asked]
            if found := fewest_reseats(self._pinned, on, movable, wishes):
                return found.seats, [(there[index][0], unit) for index, unit in found.moved]
            if not any(each.need.continuity for each in asked):
                break
        return None

    def _wish(self, on: date, pool: Pool, asked: _Asked, *, loyal: bool) -> Wish:
        """What is asked, of the resource planned where continuity asks for it, or else of all that are like it."""
        seat, need = asked.seat, asked.need
        begin, end = self._part(on, seat.interval)
        others = [unit.id for unit in self.fixed.pool(need.capability) if unit.id in pool and unit.id != seat.resource]
        units = (seat.resource,) if loyal and need.continuity else (seat.resource, *others)
        return Wish(begin, end, need, units, asked.number * MANY + seat.requirement if need.count > 1 else -1)

    def _part(self, on: date, interval: Interval) -> tuple[int, int]:
        day = self.fixed.day(on)
        return day.minute(interval.starts_at), day.minute(interval.ends_at)

    def _forbid(self, on: date, pool: Pool, asked: Sequence[_Asked]) -> None:
        alone = [each for each in asked if len(asked) > 1 and self._seat(on, pool, [each]) is None]
        for each in alone or asked:
            for load in sorted({each.need.load_on(self.fixed.resources[name].capacity) for name in pool}):
                self._pooled.forbid(pool, on, (*self._part(on, each.seat.interval), load))

    def _restated(self, request: CourseRequest, plan: CoursePlan, units: Mapping[tuple[int, int], str], weights: Weights) -> CoursePlan:
        """The plan on these units. Where a wish for the same resource could not be kept after all, it costs what that costs."""
        sessions = tuple(_on_units(session, units) for session in plan.sessions)
        changes = changes_in(request, sessions)
        more = weights.change * (changes - plan.cost.changes)
        return replace(plan, sessions=sessions, cost=replace(plan.cost, changes=changes, total=plan.cost.total + more))

    def take(self, request: CourseRequest, seated: _Seated) -> None:
        """A course takes its place, and those who make room for it move."""
        for on, key, unit in seated.moves:
            self._move(on, key, unit)
        self.plans[request.id] = seated.plan
        for key, seat in self._seats_of(request.id):
            self.fixed.take(seat.resource, seat.interval, seat.load)
            if self._is_free(request, key, seat):
                self._add(key, Movable(seat.resource, seat.interval, seat.load, seat.capability))
            else:
                self._pinned.take(seat.resource, seat.interval, seat.load)
                self._pooled.changed(self.fixed.time.date_of(seat.interval.starts_at))

    def lift(self, course: str) -> CoursePlan:
        """A course gives its place up; the plan that it had, with the seats that it has now."""
        for key, seat in self._seats_of(course):
            on = self.fixed.time.date_of(seat.interval.starts_at)
            self.fixed.give_back(seat.resource, seat.interval, seat.load)
            if self._there[on].pop(key, None):
                self._pooled.remove(self._pools[seat.resource], on, (*self._part(on, seat.interval), seat.load))
            else:
                self._pinned.give_back(seat.resource, seat.interval, seat.load)
            self._pooled.changed(on)
        return self.plans.pop(course)

    def _seats_of(self, course: str) -> list[tuple[Key, Seat]]:
        sessions = self.plans[course].sessions
        return [((course, session.number, place), seat) for session in sessions for place, seat in enumerate(session.seats)]

    def _is_free(self, request: CourseRequest, key: Key, seat: Seat) -> bool:
        """Whether a seat of a plan may be given to another session: no continuity asks for it, nor is it one of several."""
        template = request.protocol.template_of(key[1])
        need = template.requirements[seat.requirement].requirement
        return need.capability in self._like and not need.continuity and need.count == 1

    def _add(self, key: Key, movable: Movable) -> None:
        on = self.fixed.time.date_of(movable.interval.starts_at)
        if not movable.load or not self.fixed.day(on).whole.contains(movable.interval):
            self._pinned.take(movable.resource, movable.interval, movable.load)
        else:
            self._there[on][key] = movable
            self._pooled.put(self._pools[movable.resource], on, (*self._part(on, movable.interval), movable.load))
        self._pooled.changed(on)

    def _move(self, on: date, key: Key, unit: str) -> None:
        was = self._there[on][key]
        self.fixed.give_back(was.resource, was.interval, was.load)
        self.fixed.take(unit, was.interval, was.load)
        self._there[on][key] = replace(was, resource=unit)
        self._pooled.changed(on)
        course, number, place = key
        if course:
            plan = self.plans[course]
            sessions = tuple(_on_units(session, {(number, place): unit}) for session in plan.sessions)
            self.plans[course] = replace(plan, sessions=sessions)

    def tidy(self) -> None:
        """Seat each date in which bookings changed once more, all its sessions together, where that changes fewer."""
        for on, there in self._there.items():
            for pool in dict.fromkeys(self._pools[each.resource] for key, each in there.items() if self._is_moved(key, each)):
                self._tidy_pool(on, pool)

    def _tidy_pool(self, on: date, pool: Pool) -> None:
        there = {key: each for key, each in self._there[on].items() if self._pools[each.resource] == pool}
        held = {key: replace(each, resource=self._clinic.held[key[1]][0]) for key, each in there.items() if not key[0]}
        ours = {key: each for key, each in there.items() if key[0]}
        wishes = [self._wish_again(on, pool, each) for each in ours.values()]
        found = fewest_reseats(self._pinned, on, list(held.values()), wishes, LONG_SEARCH)
        if found is None or len(found.moved) >= sum(self._is_moved(key, each) for key, each in there.items()):
            return
        moved = dict(found.moved)
        for index, (key, each) in enumerate(held.items()):
            self._move(on, key, moved.get(index, each.resource))
        for key, unit in zip(ours, found.seats, strict=True):
            self._move(on, key, unit)

    def _wish_again(self, on: date, pool: Pool, each: Movable) -> Wish:
        units = [each.resource, *(unit.id for unit in self.fixed.pool(each.capability) if unit.id in pool and unit.id != each.resource)]
        return Wish(*self._part(on, each.interval), Requirement(each.capability, load=each.load), tuple(units))

    def _is_moved(self, key: Key, each: Movable) -> bool:
        return not key[0] and each.resource != self._clinic.held[key[1]][0]

    def reseated(self) -> tuple[Reseat, ...]:
        """The bookings that are not where they were."""
        moved = [(key[1], each) for there in self._there.values() for key, each in there.items() if self._is_moved(key, each)]
        return tuple(Reseat(index, each.resource) for index, each in sorted(moved, key=lambda each: each[0]))


def _on_units(session: PlannedSession, units: Mapping[tuple[int, int], str]) -> PlannedSession:
    """A session whose seats are on these units, by number of the session and place of the seat."""
    seats = tuple(replace(s, resource=units.get((session.number, place), s.resource)) for place, s in enumerate(session.seats))
    return replace(session, seats=seats)
