"""What each course would lose if no other course stood in its way: no repair can do better for it."""

from __future__ import annotations

from functools import cached_property

from courses.plans.plan import Unplaceable
from courses.plans.repair.board import Board
from courses.plans.repair.case import Case
from courses.plans.repair.score import changes_of


class Alone:
    """Courses planned one at a time against what is held for good. Each is planned once."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._known: dict[str, int | Unplaceable] = {}

    @cached_property
    def nobody(self) -> Board:
        """A board on which no session to come stands, nor any booking that may be re-seated: it is in nobody's way for good."""
        everyone = [(course, number) for course, sessions in self._case.ahead.items() for number in sessions]
        return Board(self._case, everyone, with_guests=False)

    def has_place(self, course: str) -> bool:
        """Whether a course has a place at all."""
        return not isinstance(self.moves(course), Unplaceable)

    def moves(self, course: str) -> int | Unplaceable:
        """The fewest sessions of a course that must move, or why it has no place even alone."""
        if course not in self._known:
            reason = self.nobody.settle(course)
            self._known[course] = len(changes_of(self.nobody, course).moved) if reason is None else reason
            for number in [*self.nobody.sessions(course)]:
                self.nobody.lift(course, number)
        return self._known[course]
