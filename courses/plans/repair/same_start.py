"""Keeping a session at its start: on other resources, and where those are taken, by giving others' sessions other resources too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from courses.plans.plan import PlannedSession, Seat
from courses.plans.possible.openings import Wanted
from courses.plans.repair.board import Board
from courses.plans.repair.case import Key
from rooms.availability.interval import Interval
from rooms.resources.resource import Resource

DEPTH = 2
"""How many others are given other resources, one after the other, so that one session can keep its start."""
TRIES = 40
"""How many ways are tried for one session."""
NEAR = 6
"""How many sessions around one tell whom its patient is used to."""


class SameStart:
    """Tries to seat sessions again at the starts that they had."""

    def __init__(self, board: Board, depth: int = DEPTH, tries: int = TRIES) -> None:
        self._board, self._depth, self._most = board, depth, tries
        self._left = tries

    def seat(self, key: Key, was: PlannedSession) -> bool:
        """Put a session that does not stand back at its start. Others keep their starts, and perhaps not their resources."""
        self._left = self._most
        return self._can_come(key, was.interval) and self._seat(key, was, self._depth, frozenset([key]))

    def _can_come(self, key: Key, interval: Interval) -> bool:
        on = self._board.case.time.date_of(interval.starts_at)
        openings = self._board.openings(key[0], on)
        start = self._board.calendar.day(on).minute(interval.starts_at)
        return start >= 0 and bool(openings.patient_starts(on, int(interval.length.total_seconds() // 60)) >> start & 1)

    def _seat(self, key: Key, was: PlannedSession, depth: int, moving: frozenset[Key]) -> bool:
        self._left -= 1
        seats = seats_at(self._board, key[0], was)
        if seats is not None:
            self._board.put(key[0], was if set(seats) == set(was.seats) else replace(was, seats=seats))
            return True
        if (seats := _with_guests_elsewhere(self._board, key[0], was)) is not None:
            self._board.put(key[0], was if set(seats) == set(was.seats) else replace(was, seats=seats))
            return True
        if not depth:
            return False
        for rival in rivals(self._board, key, was):
            if self._left <= 0:
                return False
            if rival in moving:
                continue
            stands = self._board.lift(*rival)
            seats = seats_at(self._board, key[0], was)
            if seats is not None:
                self._board.put(key[0], replace(was, seats=seats))
                if self._seat(rival, stands, depth - 1, moving | {rival}):
                    return True
                self._board.lift(*key)
            self._board.put(rival[0], stands)
        return False


def rivals(board: Board, key: Key, was: PlannedSession, *, whole_day: bool = False) -> list[Key]:
    """Sessions that hold what one of that start could use at that time, or at any time of its date; those served last first."""
    on = board.case.time.date_of(was.interval.starts_at)
    wanted = [
        (resource.id, board.calendar.day(on).whole if whole_day else interval)
        for interval, pool in _pools(board, key, was)
        for resource in pool
    ]
    there = board.beside(on)
    found = [
        rival
        for rival, session in there.items()
        if rival[0] != key[0]
        and any(seat.load and seat.resource == r and seat.interval.overlaps(i) for seat in session.seats for r, i in wanted)
    ]
    return sorted(found, key=board.case.urgency, reverse=True)


def _pools(board: Board, key: Key, was: PlannedSession) -> Iterator[tuple[Interval, Sequence[Resource]]]:
    day = board.calendar.day(board.case.time.date_of(was.interval.starts_at))
    start = day.minute(was.interval.starts_at)
    for demand in board.case.requests[key[0]].protocol.template_of(key[1]).demands:
        yield day.interval(start + demand.begin, start + demand.end), board.calendar.pool(demand.requirement.capability)


def seats_at(board: Board, course: str, session: PlannedSession) -> tuple[Seat, ...] | None:
    """Resources for a session at its start, its own and its course's first; None where there are none."""
    on = board.case.time.date_of(session.interval.starts_at)
    start = board.calendar.day(on).minute(session.interval.starts_at)
    demands = board.case.requests[course].protocol.template_of(session.number).demands
    wanted = wanted_by(board, course, session.number, session.seats)
    return next(board.openings(course, on).seatings(demands, on, start, wanted), None)


def _with_guests_elsewhere(board: Board, course: str, session: PlannedSession) -> tuple[Seat, ...] | None:
    """The same where bookings of others, that may be, are re-seated for it."""
    if not board.guests.on(board.case.time.date_of(session.interval.starts_at)):
        return None
    demands = board.case.requests[course].protocol.template_of(session.number).demands
    return board.guests.make_room(demands, session, wanted_by(board, course, session.number, session.seats))


def wanted_by(board: Board, course: str, number: int, own: Sequence[Seat] = ()) -> Wanted:
    """For each requirement, the resources to try first: those that the session had, then those that the sessions around it have."""
    known: dict[str, list[str]] = {}
    for near in sorted(board.whole(course), key=lambda other: abs(other.number - number))[:NEAR]:
        for seat in near.seats:
            known.setdefault(seat.capability, []).append(seat.resource)
    demands = board.case.requests[course].protocol.template_of(number).demands
    return {
        demand.index: [s.resource for s in own if s.requirement == demand.index] + known.get(demand.requirement.capability, [])
        for demand in demands
    }
