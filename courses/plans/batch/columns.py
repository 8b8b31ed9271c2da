"""Whole plans of courses seen so far, among which the best combination is looked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from courses.plans.batch.uses import Uses
from courses.plans.plan import CoursePlan


@dataclass(frozen=True)
class Sketch:
    """What a way of treating one course costs, times the course's priority, and uses."""

    course: int
    cost: float
    uses: Uses


@dataclass(frozen=True)
class Column(Sketch):
    """One course's whole plan."""

    plan: CoursePlan


class Columns:
    """The columns in the order found, each once."""

    def __init__(self, priorities: Iterable[float]) -> None:
        self.all: list[Column] = []
        self._priorities = list(priorities)
        self._known: dict[tuple[int, Uses], int] = {}

    def add(self, course: int, plan: CoursePlan, uses: Uses) -> int:
        """The column of a plan, by its index."""
        key = (course, uses)
        cost = self._priorities[course] * plan.cost.total
        index = self._known.get(key)
        if index is None:
            index = self._known[key] = len(self.all)
            self.all.append(Column(course, cost, uses, plan))
        return index
