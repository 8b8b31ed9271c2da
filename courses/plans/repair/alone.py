"""What each course would lose if no other course stood in its way: no repair can do better for it."""

from __future__ import annotations

from courses.plans.plan import Unplaceable
from courses.plans.repair.board import Board
from courses.plans.repair.case import Case
from courses.plans.repair.score import changes_of


class Alone:
    """Courses planned one at a time against what is held for good. Each is planned once. No session to come stands on `nobody`."""

    def __init__(self, case: Case) -> None:
        self.nobody = Board(case, [(course, number) for course, sessions in case.ahead.items() for number in sessions])
        self._empty = self.nobody.picture()
        self._known: dict[str, int | Unplaceable] = {}

    def moves(self, course: str) -> int | Unplaceable:
        """The fewest sessions of a course that must move, or why it has no place even alone."""
        if course not in self._known:
            reason = self.nobody.settle(course)
            self._known[course] = len(changes_of(self.nobody, course).moved) if reason is None else reason
            self.nobody.restore(self._empty)
        return self._known[course]
