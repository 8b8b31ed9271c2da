"""Which courses to take out and plan anew, and in which order: those that stand in each other's way, drawn by chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from courses.plans.batch.best_so_far import BestSoFar
from courses.plans.batch.columns import Column
from courses.plans.batch.crew import Turns
from courses.plans.batch.scarcity import Table
from courses.plans.batch.uses import POOL, Filling, Place, Room, Use, Uses
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest

FEWEST, MOST = 2, 6
"""So many courses are taken out at once."""
LUCK = 0.3
"""How far down chance may put a plan of a mixture."""
LEANINGS = (0.0, 0.5, 1.0)
"""How much of the prices the courses are told that are planned while others are still to come."""


class Neighbors:
    """Draws tasks of planning anew. `wanted` is what each course would take if it were alone, and what that costs."""

    def __init__(self, requests: Sequence[CourseRequest], wanted: Mapping[int, tuple[Uses, float]], chance: np.random.Generator) -> None:
        self._requests, self._wanted, self._chance = requests, wanted, chance
        self._courses = sorted(wanted)

    def task(self, best: BestSoFar, table: Table) -> Turns:
        """Some courses taken out and planned anew, those without a place first."""
        order = self._drawn(best)
        return Turns(tuple(order), best.uses(without=order), self._leaning(table))

    def from_nothing(self, table: Table) -> Turns:
        """All courses, in an order drawn by chance."""
        return Turns(tuple(int(course) for course in self._chance.permutation(self._courses)), {}, self._leaning(table))

    def around(self, mixture: Sequence[tuple[Column, float]], room: Room, table: Table) -> tuple[list[Column], Turns]:
        """The plans that a mixture has most of, so far as they go together, by chance; the other courses anew beside them."""
        kept: dict[int, Column] = {}
        filling = Filling(room)
        luck = self._chance.uniform(LUCK, 1.0, len(mixture))
        for at in sorted(range(len(mixture)), key=lambda at: -mixture[at][1] * luck[at]):
            column = mixture[at][0]
            if column.course not in kept and filling.take(column.uses):
                kept[column.course] = column
        left = [course for course in self._courses if course not in kept]
        order = tuple(int(course) for course in self._chance.permutation(left))
        uses = {course: column.uses for course, column in kept.items()}
        return list(kept.values()), Turns(order, uses, self._leaning(table))

    def _leaning(self, table: Table) -> Table:
        share = float(self._chance.choice(LEANINGS))
        if not share:
            return {}
        return {place: [(begin, end, price * share) for begin, end, price in prices] for place, prices in table.items()}

    def _drawn(self, best: BestSoFar) -> list[int]:
        losses = [self._loss(course, best) for course in self._courses]
        first = self._courses[self._pick(losses)]
        others = self._in_the_way(first, best)
        drawn = [first]
        for _ in range(int(self._chance.integers(FEWEST, MOST + 1)) - 1):
            left = [course for course in sorted(others) if course not in drawn]
            if not left:
                break
            drawn.append(left[self._pick([float(others[course]) for course in left])])
        order = [int(course) for course in self._chance.permutation(drawn)]
        return sorted(order, key=lambda course: isinstance(best.answers[course].found, CoursePlan))

    def _loss(self, course: int, best: BestSoFar) -> float:
        found, least = best.answers[course].found, self._wanted[course][1]
        if not isinstance(found, CoursePlan):
            return 10 * (least + 1)
        return self._requests[course].priority * found.cost.total - least + 1e-3 * (least + 1)

    def _in_the_way(self, course: int, best: BestSoFar) -> Counter[int]:
        """Who holds what a course wants, and how often."""
        there: dict[Place, list[tuple[int, Use]]] = defaultdict(list)
        for other, uses in best.uses(without=[course]).items():
            for use in uses:
                if use.place.kind != POOL:
                    there[use.place].append((other, use))
        found = Counter[int]()
        for mine in self._wanted[course][0]:
            found.update(other for other, use in there.get(mine.place, ()) if use.begin < mine.end and mine.begin < use.end)
        return found

    def _pick(self, weights: Sequence[float]) -> int:
        total = sum(max(weight, 0.0) for weight in weights)
        if total <= 0:
            return int(self._chance.integers(len(weights)))
        return int(self._chance.choice(len(weights), p=[max(weight, 0.0) / total for weight in weights]))
