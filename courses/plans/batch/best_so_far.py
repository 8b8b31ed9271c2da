"""The best answers found so far for all courses together, and what is proven about them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from courses.plans.batch.crew import Answer
from courses.plans.batch.uses import Filling, Room, Uses
from courses.plans.plan import CoursePlan, Unplaceable
from courses.plans.request import CourseRequest, Weights

Value = tuple[float, float]
"""What counts: the priorities left out, then the objective."""

SURE = 1e-6
"""A bound is told lower by this share of all that was added up for it, so that rounding cannot make it false."""


class BestSoFar:
    """Never gets worse."""

    def __init__(self, requests: Sequence[CourseRequest], answers: Sequence[Answer]) -> None:
        self._requests = requests
        self.answers = list(answers)

    def value(self, changed: Mapping[int, Answer] | None = None) -> Value:
        """What the answers are worth, or would be with some changed."""
        left_out, objective = 0.0, 0.0
        for request, answer in zip(self._requests, self.with_changed(changed or {}), strict=True):
            if isinstance(answer.found, CoursePlan):
                objective += request.priority * answer.found.cost.total
            else:
                left_out += request.priority or SURE
        return left_out, objective

    def with_changed(self, changed: Mapping[int, Answer]) -> list[Answer]:
        """The answers with some in the place of others."""
        return [changed.get(course, answer) for course, answer in enumerate(self.answers)]

    def take(self, changed: Mapping[int, Answer]) -> bool:
        """Keep changed answers if they are better. Whether they were."""
        if not is_better(self.value(changed), self.value()):
            return False
        self.answers = self.with_changed(changed)
        return True

    def take_together(self, outcomes: Sequence[Mapping[int, Answer]], beside: Sequence[Answer], room: Room) -> None:
        """Keep the best of some outcomes for all courses, and of the others what they changed beside some answers, where that goes with
        what was kept and is better."""
        in_turn = sorted(outcomes, key=self.value)
        for outcome in in_turn[:1]:
            self.take(outcome)
        for outcome in in_turn[1:]:
            changed = {course: answer for course, answer in outcome.items() if answer.uses != beside[course].uses}
            if is_better(self.value(changed), self.value()) and _go_together(self.with_changed(changed), room):
                self.take(changed)

    def uses(self, without: Sequence[int] = ()) -> dict[int, Uses]:
        """What the courses with a place hold, but for some."""
        return {a.course: a.uses for a in self.answers if isinstance(a.found, CoursePlan) and a.course not in without}

    def placed(self) -> list[int]:
        """The courses with a place."""
        return [answer.course for answer in self.answers if isinstance(answer.found, CoursePlan)]

    def found(self) -> tuple[CoursePlan | Unplaceable, ...]:
        """The answers as the clinic wants them."""
        return tuple(answer.found for answer in self.answers)


def _go_together(answers: Sequence[Answer], room: Room) -> bool:
    filling = Filling(room)
    return all(filling.take(answer.uses) for answer in answers)


def is_better(one: Value, other: Value) -> bool:
    """Whether one value is better than another by more than a rounding error."""
    slack = SURE * (1 + abs(other[1])) / 1000
    return one[0] < other[0] - SURE / 2 or (one[0] <= other[0] + SURE / 2 and one[1] < other[1] - slack)


def safely_below(bound: float, magnitude: float, whole: bool) -> float:
    """A bound that no rounding error made too high; rounded up to a whole number where objectives are always `whole`."""
    safe = bound - SURE * (1 + magnitude)
    return max(0.0, float(math.ceil(safe)) if whole else safe)


def is_whole(requests: Sequence[CourseRequest], weights: Weights) -> bool:
    """Whether every objective is a whole number."""
    weighed = (weights.delay_day, weights.outside_window, weights.spread_step, weights.change)
    return all(float(number).is_integer() for number in (*weighed, *(request.priority for request in requests)))


def gap_between(objective: float, bound: float | None) -> float | None:
    """How far an objective is above a bound, as a share of it; None where that says nothing."""
    if bound is None or (bound <= 0 < objective):
        return None
    return max(0.0, objective - bound) / bound if bound > 0 else 0.0
