"""What each course would lose if no other course stood in its way: no repair can do better for it."""

from __future__ import annotations

from courses.plans.plan import Unplaceable
from courses.plans.repair.board import Board
from courses.plans.repair.case import Case
from courses.plans.repair.score import changes_of


class Alone:
    """Courses planned one at a time against what is held for good. Each is planned once."""

    def __init__(self, case: Case) -> None:
        self._board = Board(case, [(course, number) for course, sessions in case.ahead.items() for number in sessions])
        self._nobody = self._board.picture()
        self._known: dict[str, int | Unplaceable] = {}

    def moves(self, course: str) -> int | Unplaceable:
        """The fewest sessions of a course that must move, or why it has no place even alone."""
        if course not in self._known:
            reason = self._board.settle(course)
            self._known[course] = len(changes_of(self._board, course).moved) if reason is None else reason
            self._board.restore(self._nobody)
        return self._known[course]
