"""The polished answer: courses are taken out alone, in twos and in threes and planned anew in another order, as long as that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations

from courses.plans.plan import ClinicPlan, Unplaceable
from courses.plans.repair.alone import Alone
from courses.plans.repair.board import Board, Standing
from courses.plans.repair.making_room import ROUNDS, make_room, put_back
from courses.plans.repair.mending import mend_course
from courses.plans.repair.same_start import SameStart, rivals
from courses.plans.repair.score import Score, changed_courses, changes_of, score_of
from courses.plans.repair.walk import Walk
from courses.plans.repair.with_room import settle_with_room

PARTNERS = 12
"""With how many others a course is taken out at most, those with whom it competes most often first."""


def nobody(_plan: ClinicPlan) -> None:
    """For those who do not watch."""


@dataclass(frozen=True)
class Polish:
    """How long an answer is bettered. `elapsed` tells the seconds since the start; a step that has begun is finished."""

    elapsed: Callable[[], float]
    seconds: float = 5
    first: Callable[[ClinicPlan], None] = nobody
    """Told the instant answer before it is bettered."""

    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.elapsed() >= self.seconds


class Bettering:
    """Betters what stands on a board. It never gets worse, and stops between two steps."""

    def __init__(self, board: Board, lost: dict[str, Unplaceable], alone: Alone, polish: Polish) -> None:
        self._board, self._lost, self._alone, self._polish = board, lost, alone, polish

    def keep_lost(self) -> None:
        """Find places for those lost courses that could have one."""
        make_room(self._board, self._lost, self._perhaps_lost(), ROUNDS, self._polish.is_over)

    def one_by_one(self) -> bool:
        """Plan each course that anything happened to once in its best way, everyone else staying. Whether that helped."""
        helped = self._home_again()
        for course in changed_courses(self._board, self._lost):
            helped |= not self._polish.is_over() and self._anew((course,))
            helped |= self._could_make_room(course) and self._with_room(course)
        return helped

    def together(self, at_least: int) -> None:
        """Take courses out together until the time is up, nothing that is tried helps any more, or no fewer moves are possible."""
        helped = True
        while helped and not self._polish.is_over():
            helped = False
            for group in self._groups():
                if self._polish.is_over() or self._is_best(at_least):
                    break
                helped |= self._anew(group)
            helped |= self.one_by_one()

    def _could_make_room(self, course: str) -> bool:
        return bool(self._board.case.guests) and not self._polish.is_over() and self._could_do_better(course)

    def _with_room(self, course: str) -> bool:
        """Plan a course with bookings of others re-seated for it. All is put back where that keeps no course and no start: a better cost
        alone is not worth other people's chairs."""
        before, was, lost = self._board.picture(), self._score((course,)), self._lost.pop(course, None)
        if settle_with_room(self._board, course, lost) and self._score((course,)).losses < was.losses:
            return True
        self._board.restore(before)
        if lost is not None:
            self._lost[course] = lost
        return False

    def _perhaps_lost(self) -> list[str]:
        """The lost courses that have a place where no one else is."""
        return [course for course in self._lost if self._alone.has_place(course)]

    def _is_best(self, at_least: int) -> bool:
        found = score_of(self._board, self._lost, changed_courses(self._board, self._lost))
        return not self._perhaps_lost() and found.moves <= at_least

    def _home_again(self) -> bool:
        """Sessions that moved go back to their start where it is free again."""
        board, helped = self._board, False
        for course in changed_courses(board, self._lost):
            if course in self._lost:
                continue
            for number in changes_of(board, course).moved:
                if not self._polish.is_over():
                    helped |= self._back(course, number)
        return helped

    def _back(self, course: str, number: int) -> bool:
        case, board = self._board.case, self._board
        old = case.ahead[course].get(number)
        if old is None or any(slot.spacing.per_day > 1 for slot in case.requests[course].protocol.slots):
            return False
        before = board.picture()
        board.lift(course, number)
        if SameStart(board).seat((course, number), old) and Walk(board, course).is_sound():
            return True
        board.restore(before)
        return False

    def _groups(self) -> Iterator[tuple[str, ...]]:
        """The courses to take out together, in the order in which they are planned anew."""
        changed = [course for course in changed_courses(self._board, self._lost) if self._could_do_better(course)]
        changed.sort(key=lambda course: course not in self._lost)
        for course in changed:
            for partner in self._partners(course):
                yield from permutations((course, partner))
        for course in changed:
            yield from ((course, *two) for two in permutations(self._partners(course), 2))

    def _could_do_better(self, course: str) -> bool:
        alone = self._alone.moves(course)
        if isinstance(alone, Unplaceable):
            return False
        return course in self._lost or len(changes_of(self._board, course).moved) > alone

    def _partners(self, course: str) -> list[str]:
        """The other courses that hold what this one could use on the dates on which it lost its time."""
        board, met = self._board, dict[str, int]()
        was = board.case.ahead[course]
        numbers = [*was] if course in self._lost else [n for n in changes_of(board, course).moved if n in was]
        for number in numbers:
            for other, _ in rivals(board, (course, number), was[number], whole_day=True):
                met[other] = met.get(other, 0) + 1
        return sorted(met, key=lambda other: (-met[other], other))[:PARTNERS]

    def _anew(self, group: tuple[str, ...]) -> bool:
        """Take courses out and plan them one after another; all is put back where that is not better."""
        board, before = self._board, self._board.picture()
        was, first_was = self._score(group), self._score(group[:1])
        lost = {course: self._lost.pop(course) for course in group if course in self._lost}
        if self._plan(group, first_was, before.standing) and self._score(group) < was and not self._others_changed(group, before.standing):
            return True
        self._lost |= lost
        board.restore(before)
        return False

    def _others_changed(self, group: tuple[str, ...], stood: Standing) -> bool:
        """Whether somebody else had to make way: that is not weighed, so it is not taken."""
        return any(course not in group and sessions != self._board.sessions(course) for course, sessions in stood.items())

    def _plan(self, group: tuple[str, ...], first_was: Score, stood: Standing) -> bool:
        """Plan the first in its best way, then the others; where the first would be lost they only make way. Whether all found a place."""
        for course in group:
            for number in [*self._board.sessions(course)]:
                self._board.lift(course, number)
        if self._board.settle(group[0]) is not None:
            return False
        if not first_was.lost:
            return all(self._board.settle(course) is None for course in group[1:])
        for course in group[1:]:
            put_back(self._board, course, stood[course])
        return all(mend_course(self._board, course) is None for course in group[1:])

    def _score(self, group: tuple[str, ...]) -> Score:
        return score_of(self._board, self._lost, group)
