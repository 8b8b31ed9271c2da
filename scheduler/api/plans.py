"""Planning a course: shows every session's time and resources, and books nothing."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from courses import enrolling, queries
from courses.errors import DomainError
from courses.plans.plan import Unplaceable
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from scheduler.api.fields import Key, Shape
from scheduler.api.plan_shapes import PlanShown, Wish
from scheduler.api.problems import changes
from scheduler.dependencies import AtDesk, shown

router = APIRouter(prefix="/sites/{site}/plans", tags=["courses"])


class Proposal(Shape):
    """A plan for a wish. To book it, send both as they are to the site's courses."""

    wish: Wish = Field(description="The wish, with the protocol's version that was planned by.")
    plan: PlanShown


class NoPlan(DomainError):
    """A course that cannot be placed."""

    code = "unplaceable"

    def __init__(self, answer: Unplaceable) -> None:
        super().__init__(
            f"No plan can be found: session {answer.session} cannot be placed ({answer.detail}). Change the wishes or the time."
        )
        self.answer = answer


@router.post("", response_model=Proposal, responses=changes(404), summary="Plan a course")
def propose_plan(site: Key, wish: Wish, desk: AtDesk) -> Response:
    """Every session of the course, each with its time, its resources and the wishes that it could not keep. Nothing is booked.

    Where there is no plan, the refusal names the first session that cannot be placed, and why.
    """
    with desk.reading() as db:
        time = SiteTime(rooms_queries.site(db, site).site.timezone)
        asked = wish.value(site)
        answer = enrolling.propose(db, asked, now=desk.now)
        version = queries.asked(db, asked).version.version.number
    if isinstance(answer, Unplaceable):
        raise NoPlan(answer)
    return shown(Proposal(wish=wish.model_copy(update={"version": version}), plan=PlanShown.of(answer, time)))
