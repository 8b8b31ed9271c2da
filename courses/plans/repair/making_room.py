"""A course that would be lost goes first, and those in its way give way."""

from __future__ import annotations

from collections.abc import Mapping

from courses.plans.plan import PlannedSession, Unplaceable
from courses.plans.repair.board import Board


def make_room(board: Board, lost: dict[str, Unplaceable]) -> None:
    """Find places for lost courses. Each is planned as if no one else were there; those then in its way are planned anew after it.
    Nothing changes where one of them would be lost. What has no place even alone stays lost."""
    for course in [*lost]:
        before = board.picture()
        if _first(board, course, lost):
            del lost[course]
        else:
            board.restore(before)


def _first(board: Board, course: str, lost: dict[str, Unplaceable]) -> bool:
    others = {each: sessions for each, sessions in board.picture().items() if each != course and each not in lost}
    for each, sessions in others.items():
        for number in sessions:
            board.lift(each, number)
    if board.settle(course) is not None:
        return False
    in_the_way = [each for each, sessions in others.items() if not _put_all(board, each, sessions)]
    return all(board.settle(each) is None for each in sorted(in_the_way, key=lambda each: -board.case.requests[each].priority))


def _put_all(board: Board, course: str, sessions: Mapping[int, PlannedSession]) -> bool:
    """Put all sessions of a course back, or none where one is in the way of what is there."""
    for session in sessions.values():
        if not board.is_free(course, session):
            for there in [*board.sessions(course)]:
                board.lift(course, there)
            return False
        board.put(course, session)
    return True
