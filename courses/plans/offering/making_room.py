"""One more choice: the course as it could be if some visits of others went to like resources, at the same time."""

from __future__ import annotations

from dataclasses import replace

from courses.plans.best_plan import Situation
from courses.plans.offering.choices import Aim, Choice, Difference
from courses.plans.offering.proposal import Proposal
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from courses.plans.reseating import Reseated


def with_reseating(found: Proposal, request: CourseRequest, situation: Situation, better: Reseated) -> Proposal:
    """What is offered, with that choice after the recommended one; alone, where there was none. Books nothing."""
    plan = better.answer
    if not isinstance(plan, CoursePlan):
        return found
    say, n = Difference(request, situation.calendar.time), len(better.reseated)
    visits = f"{n} visit{'' if n == 1 else 's'} of others on like resources at the same time"
    if not found.choices:
        return Proposal((Choice(Aim.RESEATING, plan, f"{say.alone(plan)}, {visits}"),))
    first, *others = found.choices
    beside = say.beside(plan, first.plan)
    return replace(found, choices=(first, Choice(Aim.RESEATING, plan, f"{beside}, {visits}" if beside else visits), *others))
