"""The instant answer: who can keep their start keeps it, the others are moved near where they were, and no one else is disturbed."""

from __future__ import annotations

from courses.plans.batch import Progress
from courses.plans.plan import Unplaceable
from courses.plans.repair.board import Board
from courses.plans.repair.case import Case, Key
from courses.plans.repair.making_way import make_way
from courses.plans.repair.same_start import SameStart
from courses.plans.repair.walk import Walk


def mend(case: Case, progress: Progress) -> tuple[Board, dict[str, Unplaceable]]:
    """A board on which every course has all its places again, and the courses for which none were found."""
    struck = case.struck()
    board = Board(case, struck)
    board.guests.seat_struck()
    seating = SameStart(board)
    uprooted = [key for key in struck if not seating.seat(key, case.ahead[key[0]][key[1]])]
    courses = _in_order(case, uprooted)
    lost: dict[str, Unplaceable] = {}
    for n_mended, course in enumerate(courses):
        reason = mend_course(board, course)
        if reason is not None:
            lost[course] = reason
        progress(n_mended + 1, len(courses))
    return board, lost


def mend_course(board: Board, course: str) -> Unplaceable | None:
    """Give all sessions to come of one course a place, others moving only where that spares this one more.

    None if done; else why not, and the course holds nothing.
    """
    walk, before = Walk(board, course), board.picture()
    for number in walk.missing():
        if not walk.near(number):
            make_way(board, (course, number))
    if walk.mend():
        return None
    board.restore(before)
    return board.settle(course)


def _in_order(case: Case, uprooted: list[Key]) -> list[str]:
    """The courses with sessions that have no place, by their most urgent such session."""
    return list(dict.fromkeys(course for course, _ in sorted([*uprooted, *case.owed()], key=case.urgency)))
