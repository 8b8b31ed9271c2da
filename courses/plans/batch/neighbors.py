"""Which courses to take out and plan anew, and in which order: those that stand in each other's way, drawn by chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from courses.plans.batch.best_so_far import BestSoFar, Value
from courses.plans.batch.columns import Column
from courses.plans.batch.crew import MakingWay, Task, Turns
from courses.plans.batch.giving_way import Placing, home_of
from courses.plans.batch.scarcity import Table
from courses.plans.batch.uses import POOL, Filling, Place, Room, Use, Uses
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest

FEWEST, MOST = 2, 6
"""So many courses are taken out at once."""
DRAWS = 5
"""So often an order is drawn that was not tried yet."""
ANYHOW = 0.05
"""Such a share of the most that a course loses every course is thought to lose, so that each has its turn."""
LUCK = 0.3
"""How far down chance may put a plan of a mixture."""
WHOLE, SOME = 16, 5
"""A mixture of more courses is not made to go together as a whole, but so many at a time: all takes longer than it is worth."""
TOGETHER = (1, 1, 2, 3)
"""So many courses are taken out at once where others give way."""
LEANINGS = (0.0, 0.5, 1.0)
"""How much of the prices the courses are told that are planned while others are still to come."""


@dataclass(frozen=True)
class Guide:
    """What is known of where the best plan is not yet good: prices, by how much each course costs more at them than it would have to, what
    each course would take at them, and the plans that go together best when they may be mixed, with their shares."""

    table: Table
    excess: Mapping[int, float]
    aims: Mapping[int, Uses]
    mixture: Sequence[tuple[Column, float]]


class Neighbors:
    """Draws tasks of planning anew, each with the plans that it sets out from besides those of the best plan."""

    def __init__(self, requests: Sequence[CourseRequest], wanted: Sequence[int], room: Room, chance: np.random.Generator) -> None:
        self._requests, self._room, self._chance = requests, room, chance
        self._courses = sorted(wanted)
        self._tried_beside: Value | None = None
        self._tried = set[tuple[int, ...]]()

    def some(self, best: BestSoFar, guide: Guide) -> tuple[list[Column], Turns]:
        """Some courses taken out and planned anew, those without a place first."""
        order = self._new(best, guide)
        return [], Turns(tuple(order), best.uses(without=order), self._leaning(guide.table))

    def swapped(self, best: BestSoFar, guide: Guide) -> tuple[list[Column], Turns] | None:
        """One course given a plan of the mixture in the place of its own; those that stand in its way are planned anew."""
        there = best.uses()
        others = [(column, share) for column, share in guide.mixture if there.get(column.course) != column.uses]
        if not others:
            return None
        column = others[self._pick([share for _, share in others])][0]
        filling, kept = Filling(self._room), {column.course: column.uses}
        filling.take(column.uses)
        in_the_way = []
        for course in self._chance.permutation([course for course in self._courses if course != column.course]):
            if course in there and filling.take(there[course]):
                kept[int(course)] = there[course]
            else:
                in_the_way.append(int(course))
        return [column], Turns(tuple(in_the_way), kept, self._leaning(guide.table))

    def making_way(self, best: BestSoFar, guide: Guide) -> tuple[list[Column], MakingWay]:
        """Some courses taken out, and placed at home times of theirs while others give way within their dates."""
        drawn = self._drawn(best, guide, int(self._chance.choice(TOGETHER)))
        order = tuple(Placing(course, self._home(course, best, guide), self._room_for(course, best, guide)) for course in drawn)
        plans = {a.course: a.found for a in best.answers if isinstance(a.found, CoursePlan) and a.course not in drawn}
        return [], MakingWay(order, plans, best.uses(without=drawn))

    def _cost(self, best: BestSoFar, course: int) -> float:
        found = best.answers[course].found
        return self._requests[course].priority * found.cost.total if isinstance(found, CoursePlan) else 0.0

    def _room_for(self, course: int, best: BestSoFar, guide: Guide) -> float:
        """What a course may cost: half more than in the best plan or in the mixture, and ten days' delay of a long course."""
        known = [self._cost(best, course), *(column.cost for column, _ in guide.mixture if column.course == course)]
        return 1.5 * max(known) + 3000.0 * self._requests[course].priority

    def _home(self, course: int, best: BestSoFar, guide: Guide) -> int:
        """A home time of a course: that of its plan, or of one in the mixture."""
        found, calendar = best.answers[course].found, self._room.filled
        plans = [(found, 1.0)] if isinstance(found, CoursePlan) else []
        plans += [(column.plan, share) for column, share in guide.mixture if column.course == course]
        return home_of(calendar, plans[self._pick([share for _, share in plans])][0]) if plans else 0

    def from_nothing(self, table: Table) -> tuple[list[Column], Turns]:
        """All courses, in an order drawn by chance."""
        return [], Turns(tuple(int(course) for course in self._chance.permutation(self._courses)), {}, self._leaning(table))

    def around(self, best: BestSoFar, guide: Guide) -> tuple[list[Column], Task]:
        """The plans that a mixture has most of, so far as they go together, by chance; the other courses near plans of the mixture, while
        those beside them give way. Of many courses only some, beside the best plan."""
        if len(self._courses) > WHOLE:
            some = self._drawn(best, guide, SOME)
            plans = {a.course: a.found for a in best.answers if isinstance(a.found, CoursePlan) and a.course not in some}
            return [], MakingWay(self._by_weight(some, best, guide), plans, best.uses(without=some))
        mixture = guide.mixture
        kept: dict[int, Column] = {}
        filling = Filling(self._room)
        luck = self._chance.uniform(LUCK, 1.0, len(mixture))
        for at in sorted(range(len(mixture)), key=lambda at: -mixture[at][1] * luck[at]):
            column = mixture[at][0]
            if column.course not in kept and filling.take(column.uses):
                kept[column.course] = column
        left = [course for course in self._courses if course not in kept]
        uses = {course: column.uses for course, column in kept.items()}
        plans = {course: column.plan for course, column in kept.items()}
        return list(kept.values()), MakingWay(self._by_weight(left, best, guide), plans, uses)

    def by_weight(self, best: BestSoFar) -> list[Placing]:
        """All courses, the weightier first, then the earlier, each at the home time of its plan."""
        guide, requests = Guide({}, {}, {}, ()), self._requests
        in_turn = sorted(self._courses, key=lambda course: (-requests[course].priority, requests[course].start_on_or_after))
        return [Placing(course, self._home(course, best, guide), self._room_for(course, best, guide)) for course in in_turn]

    def _by_weight(self, courses: Sequence[int], best: BestSoFar, guide: Guide) -> tuple[Placing, ...]:
        """The weightier first, since waiting costs them more; so far as chance lets them."""
        turn = {course: float(self._chance.uniform(LUCK, 1.0)) * self._requests[course].priority for course in courses}
        return tuple(self._near(course, best, guide) for course in sorted(courses, key=lambda course: -turn[course]))

    def _near(self, course: int, best: BestSoFar, guide: Guide) -> Placing:
        """A course near a plan that the mixture has of it."""
        there = [(column.plan, share) for column, share in guide.mixture if column.course == course]
        if not there:
            return Placing(course, self._home(course, best, guide), self._room_for(course, best, guide))
        plan = there[self._pick([share for _, share in there])][0]
        calendar = self._room.filled
        dates = frozenset(calendar.time.date_of(session.interval.starts_at).toordinal() for session in plan.sessions)
        return Placing(course, home_of(calendar, plan), self._room_for(course, best, guide), dates)

    def _leaning(self, table: Table) -> Table:
        share = float(self._chance.choice(LEANINGS))
        if not share:
            return {}
        return {place: [(begin, end, price * share) for begin, end, price in prices] for place, prices in table.items()}

    def _new(self, best: BestSoFar, guide: Guide) -> list[int]:
        """Courses in an order that was not tried yet beside the best plan, as far as a few draws find one."""
        if self._tried_beside != best.value():
            self._tried_beside, self._tried = best.value(), set()
        for _ in range(DRAWS):
            order = self._drawn(best, guide)
            if tuple(order) not in self._tried:
                break
        self._tried.add(tuple(order))
        return order

    def _drawn(self, best: BestSoFar, guide: Guide, n_most: int | None = None) -> list[int]:
        first = self._courses[self._pick([self._loss(course, best, guide) for course in self._courses])]
        others = self._in_the_way(first, best, guide)
        drawn = [first]
        for _ in range((n_most or int(self._chance.integers(FEWEST, MOST + 1))) - 1):
            left = [course for course in sorted(others) if course not in drawn]
            if not left:
                break
            drawn.append(left[self._pick([float(others[course]) for course in left])])
        order = [int(course) for course in self._chance.permutation(drawn)]
        return sorted(order, key=lambda course: isinstance(best.answers[course].found, CoursePlan))

    def _loss(self, course: int, best: BestSoFar, guide: Guide) -> float:
        """What could be won with a course: most where it has no place; a little in any case."""
        most = max(guide.excess.values(), default=0.0)
        if not isinstance(best.answers[course].found, CoursePlan):
            return 10 * (most + 1)
        return guide.excess.get(course, 0.0) + ANYHOW * (most + 1)

    def _in_the_way(self, course: int, best: BestSoFar, guide: Guide) -> Counter[int]:
        """Who holds what a course would take, and how often."""
        there: dict[Place, list[tuple[int, Use]]] = defaultdict(list)
        for other, uses in best.uses(without=[course]).items():
            for use in uses:
                if use.place.kind != POOL:
                    there[use.place].append((other, use))
        found = Counter[int]()
        for mine in guide.aims.get(course, ()):
            found.update(other for other, use in there.get(mine.place, ()) if use.begin < mine.end and mine.begin < use.end)
        return found

    def _pick(self, weights: Sequence[float]) -> int:
        total = sum(max(weight, 0.0) for weight in weights)
        if total <= 0:
            return int(self._chance.integers(len(weights)))
        return int(self._chance.choice(len(weights), p=[max(weight, 0.0) / total for weight in weights]))
