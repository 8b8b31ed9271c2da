"""How few moves there must be at least: each course alone, and where courses compete for the same times, all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from courses.plans.plan import PlannedSession, Proof, Unplaceable
from courses.plans.repair.alone import Alone
from courses.plans.repair.board import Board
from courses.plans.repair.case import Key
from courses.plans.repair.score import Lost, changes_of
from rooms.bookings.pool import Movable


@dataclass(frozen=True)
class Question:
    """Which of these sessions can keep their starts together? `alone` is how many of a course must move whatever the others do.

    `nobody` is a board on which no session to come stands, nor any of the `guests`: bookings of others, by place in the clinic's list.
    """

    nobody: Board
    guests: Mapping[int, Movable]
    sessions: Mapping[Key, PlannedSession]
    alone: Mapping[str, int]


@dataclass(frozen=True)
class Together:
    """The answer: at least so many of the sessions asked about must move; and one way in which the others keep their starts."""

    at_least: int
    asked: tuple[Key, ...]
    kept: Mapping[Key, PlannedSession]
    guests: Mapping[int, str]
    """Where bookings of others are that may be re-seated."""


def proof_of(board: Board, lost: Lost, alone: Alone, together: Together | None) -> Proof:
    """What is proven of a board as it stands."""
    hopeless = tuple(course for course in lost if not alone.has_place(course))
    moves, alone_in_all = 0, 0
    for course in board.case.plans:
        if course not in lost and (moved := len(changes_of(board, course).moved)):
            moves, alone_in_all = moves + moved, alone_in_all + _least(alone, course)
    return Proof(moves, max(alone_in_all, together.at_least if together else 0), len(hopeless) == len(lost), hopeless)


def question_of(board: Board, lost: Lost, alone: Alone) -> Question | None:
    """What to ask where courses lose more together than alone: all sessions on the dates of theirs that moved. None where none does."""
    case, changed = board.case, {}
    for course in case.plans:
        if course not in lost and (moved := changes_of(board, course).moved):
            changed[course] = moved
    more = [course for course, moved in changed.items() if len(moved) > _least(alone, course)]
    if not more:
        return None
    days = {case.day_of(session) for course in more for n in changed[course] if (session := case.ahead[course].get(n)) is not None}
    sessions = {
        (course, number): session
        for course, ahead in case.ahead.items()
        if course not in lost
        for number, session in ahead.items()
        if case.day_of(session) in days
    }
    dates = [date.fromordinal(day) for day in sorted(days)]
    guests = {index: board.guests.movable(index) for on in dates for index in board.guests.on(on) if not board.guests.is_stranded(index)}
    return Question(alone.nobody, guests, sessions, {course: _least(alone, course) for course in changed})


def _least(alone: Alone, course: str) -> int:
    moves = alone.moves(course)
    return 0 if isinstance(moves, Unplaceable) else moves
