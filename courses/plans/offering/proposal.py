"""What a desk is offered for a wish: choices, or why there is none, and the nearest thing that somebody could give way in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from courses.plans.best_plan import Situation
from courses.plans.offering.choices import Choice, choices
from courses.plans.offering.relaxation import Relaxation, nearest_relaxation
from courses.plans.plan import CoursePlan, Unplaceable
from courses.plans.possible.reasons import in_words
from courses.plans.request import CourseRequest


@dataclass(frozen=True, slots=True)
class Proposal:
    """The recommended choice comes first. Without any, `unplaceable` says why, and `words` says the same for people.

    `relaxation` is there where a course has no place, or keeps few of its wishes, and a single thing would help.
    """

    choices: tuple[Choice, ...]
    unplaceable: Unplaceable | None = None
    words: str = ""
    relaxation: Relaxation | None = None

    def plans(self) -> Iterator[CoursePlan]:
        """Every plan in it."""
        yield from (choice.plan for choice in self.choices)
        if self.relaxation is not None:
            yield self.relaxation.plan

    def named(self, name: str) -> Choice | None:
        """The choice of a name, or that is best at it too; the recommended where there is none of that name."""
        found = (choice for choice in self.choices if name == choice.name or name in choice.also)
        return next(found, next(iter(self.choices), None))


def proposal(request: CourseRequest, situation: Situation) -> Proposal:
    """All that can be offered for a request. Books nothing."""
    found = choices(request, situation)
    if isinstance(found, Unplaceable):
        words = in_words(found.detail, request, situation.calendar)
        return Proposal((), found, words, nearest_relaxation(request, situation, found))
    return Proposal(found, relaxation=nearest_relaxation(request, situation, found[0].plan))
