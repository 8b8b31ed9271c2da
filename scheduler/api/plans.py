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
from scheduler.api.plan_shapes import ChoiceShown, PlanShown, RelaxationShown, Wish
from scheduler.api.problems import changes
from scheduler.dependencies import AtDesk, shown

router = APIRouter(prefix="/sites/{site}/plans", tags=["courses"])


class ProposalShown(Shape):
    """A plan for a wish, and what there is to choose from. To book one, send its plan and the wish to the site's courses."""

    wish: Wish = Field(description="The wish, with the protocol's version that was planned by.")
    plan: PlanShown = Field(description="The recommended plan.")
    choices: list[ChoiceShown] = Field(max_length=10, description="The recommended plan first, then those that differ from it.")
    relaxation: RelaxationShown | None = Field(None, description="What would help, where the plan keeps few of the wishes.")


class NoPlan(DomainError):
    """A course that cannot be placed. `offer` is the nearest thing that somebody could give way in, where one helps."""

    code = "unplaceable"

    def __init__(self, answer: Unplaceable, words: str, offer: RelaxationShown | None = None) -> None:
        way_out = offer.words if offer else "Change the wishes or the time."
        super().__init__(f"No plan can be found: session {answer.session} cannot be placed ({words}). {way_out}")
        self.answer = answer
        self.words = words
        self.offer = offer


@router.post("", response_model=ProposalShown, responses=changes(404), summary="Plan a course")
def propose_plan(site: Key, wish: Wish, desk: AtDesk) -> Response:
    """Every session of the course, each with its time, its resources and the wishes that it could not keep. Nothing is booked.

    `choices` are the same course planned for other aims, with what each costs beside the recommended one: the earliest, the one that
    keeps the wished time best, the steadiest, and other usual times of day. Where there is no plan, the refusal names the first session
    that cannot be placed, and why; `offer` is then the nearest single thing that would help, where there is one, as under `relaxation`.
    """
    with desk.reading() as db:
        time = SiteTime(rooms_queries.site(db, site).site.timezone)
        asked = wish.value(site)
        found = enrolling.propose_choices(db, asked, now=desk.now)
        version = queries.asked(db, asked).version.version.number
    wish = wish.model_copy(update={"version": version})
    relaxation = None if found.relaxation is None else RelaxationShown.of(found.relaxation, wish, time)
    if found.unplaceable is not None:
        raise NoPlan(found.unplaceable, found.words, relaxation)
    listed = [ChoiceShown.of(choice, time) for choice in found.choices]
    return shown(ProposalShown(wish=wish, plan=listed[0].plan, choices=listed, relaxation=relaxation))
