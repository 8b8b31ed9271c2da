"""A whole plan from nothing: the courses in turn, each placed on the dates that come cheapest while those before it give way."""

from __future__ import annotations

from collections.abc import Sequence

from courses.plans.batch.crew import Answer, MakingWay
from courses.plans.batch.giving_way import Placing
from courses.plans.plan import CoursePlan

AT_ONCE = 4
"""So many courses are one task, so that nobody waits long for it."""


class Building:
    """Some courses at a time. What a task says has to be taken in before the next is asked for."""

    def __init__(self, order: Sequence[Placing]) -> None:
        self._left = list(order)
        self.answers: dict[int, Answer] = {}

    @property
    def done(self) -> bool:
        """Whether every course had its turn."""
        return not self._left

    def task(self) -> MakingWay:
        """The next courses beside those that have a place."""
        turn, self._left = self._left[:AT_ONCE], self._left[AT_ONCE:]
        plans = {course: answer.found for course, answer in self.answers.items() if isinstance(answer.found, CoursePlan)}
        return MakingWay(tuple(turn), plans, {course: self.answers[course].uses for course in plans})

    def take(self, answers: Sequence[Answer]) -> None:
        """What came of a task: those placed, and those that gave way."""
        self.answers |= {answer.course: answer for answer in answers}
