"""A course that would be lost goes first, and those in its way give way; one that would then be lost goes first with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from courses.plans.plan import PlannedSession, Unplaceable
from courses.plans.repair.board import Board
from courses.plans.repair.mending import mend_course

ROUNDS = 5
"""How many courses may come to go first so that one can be kept."""


def never() -> bool:
    """For those who have time."""
    return False


def make_room(
    board: Board, lost: dict[str, Unplaceable], courses: Sequence[str], rounds: int = 1, is_over: Callable[[], bool] = never
) -> bool:
    """Find places for some of the lost courses. Each is planned as if no one else were there; those then in its way are planned anew
    after it, and where one of them would be lost, it goes first too, `rounds` times at most. Whether that kept a course."""
    kept = False
    for course in courses:
        before, first = board.picture(), [course]
        while len(first) <= rounds and not is_over():
            failed = _plan_first(board, first, lost)
            if failed is None:
                del lost[course]
                kept = True
                break
            board.restore(before)
            if failed in first:
                break
            first.insert(0, failed)
    return kept


def _plan_first(board: Board, first: list[str], lost: Mapping[str, Unplaceable]) -> str | None:
    """Plan some courses before all others. The first that then has no place; None where all have."""
    stood = board.picture().standing
    others = {each: sessions for each, sessions in stood.items() if each not in lost and each not in first}
    for each, sessions in stood.items():
        for number in sessions:
            board.lift(each, number)
    for each in first:
        if board.settle(each) is not None:
            return each
    in_the_way = [each for each, sessions in others.items() if not put_back(board, each, sessions)]
    in_turn = sorted(in_the_way, key=lambda each: -board.case.requests[each].priority)
    return next((each for each in in_turn if mend_course(board, each) is not None), None)


def put_back(board: Board, course: str, sessions: Mapping[int, PlannedSession]) -> bool:
    """Put those sessions of a course back that nothing is in the way of. Whether all are."""
    for session in sessions.values():
        if board.is_free(course, session):
            board.put(course, session)
    return len(board.sessions(course)) == len(sessions)
