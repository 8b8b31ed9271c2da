"""Which sessions can keep their starts together, asked of the general solver (the extra `solver`)."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from types import ModuleType

from courses.plans.plan import PlannedSession, Seat
from courses.plans.repair.board import Board
from courses.plans.repair.bound import Question, Together
from courses.plans.repair.case import Key
from rooms.bookings.calendar import Load
from rooms.bookings.pool import Movable


def has_solver() -> bool:
    """Whether the extra is installed."""
    return find_spec("ortools") is not None


def kept_together(question: Question, seconds: float) -> Together | None:
    """The fewest of the sessions that must move, then with the fewest reassignments. None where the solver has no time to prove it."""
    return _Model(question, importlib.import_module("ortools.sat.python.cp_model")).answer(seconds)


@dataclass(frozen=True)
class _Chair:
    """One resource that a session could have for one requirement, and whether the solver gives it."""

    seat: Seat
    part: Load
    given: object


class _Model:
    def __init__(self, question: Question, cp_model: ModuleType) -> None:
        self._question, self._cp = question, cp_model
        self._model = cp_model.CpModel()
        self._chairs: dict[Key, list[_Chair]] = {}
        self._moved = {key: self._model.new_bool_var("") for key in question.sessions}
        self._changed = {key: self._model.new_bool_var("") for key in question.sessions}
        for key, session in question.sessions.items():
            self._chairs[key] = self._seat(key, session)
        self._guests = {index: found for index, each in question.guests.items() if (found := self._guest(each))}
        self._keep_within_capacity()
        self._elsewhere = [*self._at_least_alone()]

    def answer(self, seconds: float) -> Together | None:
        moves = sum([*self._moved.values(), *self._elsewhere])
        many = len(self._moved) + 1
        self._model.minimize(many * moves + sum(self._changed.values()))
        solver = self._cp.CpSolver()
        limits = {"max_time_in_seconds": seconds, "num_workers": 1, "random_seed": 1, "cp_model_probing_level": 0}
        for name, value in limits.items():
            setattr(solver.parameters, name, value)
        if solver.solve(self._model) != self._cp.OPTIMAL:
            return None
        kept = {
            key: replace(session, seats=tuple(chair.seat for chair in self._chairs[key] if solver.boolean_value(chair.given)))
            for key, session in self._question.sessions.items()
            if not solver.boolean_value(self._moved[key])
        }
        guests = {
            index: next(chair.seat.resource for chair in chairs if solver.boolean_value(chair.given))
            for index, chairs in self._guests.items()
        }
        return Together(round(solver.objective_value) // many, tuple(self._question.sessions), kept, guests)

    def _seat(self, key: Key, session: PlannedSession) -> list[_Chair]:
        """One chair for each requirement, unless the session moves."""
        board, found = self._question.nobody, []
        own = {(seat.requirement, seat.resource) for seat in session.seats}
        for index, count, chairs in _possible(board, key, session):
            given = [self._model.new_bool_var("") for _ in chairs]
            self._model.add(sum(given) + count * self._moved[key] == count)
            for (seat, part), var in zip(chairs, given, strict=True):
                found.append(_Chair(seat, part, var))
                if (index, seat.resource) not in own:
                    self._model.add_implication(var, self._changed[key])
        if not _can_come(board, key, session):
            self._model.add(self._moved[key] == 1)
        return found

    def _guest(self, guest: Movable) -> list[_Chair]:
        """One of the like resources that could be had, for the whole time. One that has none is in nobody's way."""
        calendar = self._question.nobody.calendar
        on = calendar.time.date_of(guest.interval.starts_at)
        day = calendar.day(on)
        part = day.minute(guest.interval.starts_at), day.minute(guest.interval.ends_at), guest.load
        pool = [calendar.resources[guest.resource], *(unit for unit in calendar.pool(guest.capability) if unit.id != guest.resource)]
        found = [
            _Chair(Seat(0, guest.capability, unit.id, guest.interval, guest.load), part, self._model.new_bool_var(""))
            for unit in pool
            if calendar.bears(unit, on, part)
        ]
        if found:
            self._model.add_exactly_one([chair.given for chair in found])
        return found

    def _keep_within_capacity(self) -> None:
        on: dict[tuple[str, int], list[_Chair]] = defaultdict(list)
        time = self._question.nobody.case.time
        for chairs in (*self._chairs.values(), *self._guests.values()):
            for chair in chairs:
                if chair.seat.load:
                    on[chair.seat.resource, time.date_of(chair.seat.interval.starts_at).toordinal()].append(chair)
        for (resource, _), chairs in on.items():
            for at in sorted({chair.part[0] for chair in chairs}):
                there = [chair for chair in chairs if chair.part[0] <= at < chair.part[1]]
                if len(there) > 1:
                    room = self._room(resource, there[0], at)
                    loads = [chair.seat.load * chair.given for chair in there]  # type: ignore[operator]  # the solver's objects have no types
                    self._model.add(sum(loads) <= room)

    def _room(self, resource: str, chair: _Chair, at: int) -> int:
        calendar = self._question.nobody.calendar
        there, on = calendar.resources[resource], calendar.time.date_of(chair.seat.interval.starts_at)
        return next((load for load in range(there.capacity, 0, -1) if calendar.bears(there, on, (at, at + 1, load))), 0)

    def _at_least_alone(self) -> Iterator[int]:
        """What a course loses alone is lost here too, or on other dates."""
        for course, least in self._question.alone.items():
            more = self._model.new_int_var(0, least, "")
            self._model.add(sum([var for key, var in self._moved.items() if key[0] == course]) + more >= least)
            yield more


def _possible(board: Board, key: Key, session: PlannedSession) -> Iterator[tuple[int, int, list[tuple[Seat, Load]]]]:
    """For each requirement, its number, how many resources it needs, and those that could be had at the session's start."""
    calendar = board.calendar
    on = calendar.time.date_of(session.interval.starts_at)
    day = calendar.day(on)
    start = day.minute(session.interval.starts_at)
    for demand in board.case.requests[key[0]].protocol.template_of(key[1]).demands:
        begin, end, need = start + demand.begin, start + demand.end, demand.requirement
        chairs = [
            (Seat(demand.index, need.capability, resource.id, day.interval(begin, end), load), (begin, end, load))
            for resource in calendar.pool(need.capability)
            if calendar.bears(resource, on, (begin, end, load := need.load_on(resource.capacity)))
        ]
        yield demand.index, need.count, chairs


def _can_come(board: Board, key: Key, session: PlannedSession) -> bool:
    on = board.calendar.time.date_of(session.interval.starts_at)
    start = board.calendar.day(on).minute(session.interval.starts_at)
    minutes = board.case.requests[key[0]].protocol.template_of(key[1]).minutes
    return start >= 0 and bool(board.openings(key[0], on).patient_starts(on, minutes) >> start & 1)
