"""After something happened to a clinic: the plan mended at once with few moves, then bettered, and what of it is proven."""

from __future__ import annotations

from collections.abc import Sequence

from courses.plans.batch import Clinic, Progress, no_progress
from courses.plans.plan import ClinicPlan
from courses.plans.repair.alone import Alone
from courses.plans.repair.bettering import Polish
from courses.plans.repair.case import Case
from courses.plans.repair.happened import Disruptions, Missed, PatientUnavailable, ResourceDown, SiteClosed, disrupted
from courses.plans.repair.making_room import make_room
from courses.plans.repair.mending import mend
from courses.plans.repair.polishing import polished
from courses.plans.repair.score import answer_of
from courses.plans.request import CourseRequest

__all__ = ["Disruptions", "Missed", "PatientUnavailable", "Polish", "ResourceDown", "SiteClosed", "disrupted", "replan"]


def replan(
    clinic: Clinic,
    requests: Sequence[CourseRequest],
    before: ClinicPlan,
    disruptions: Disruptions,
    progress: Progress = no_progress,
    *,
    polish: Polish | None = None,
) -> ClinicPlan:
    """The plan after what happened: history stays, what can stay stays, and of the rest as few sessions move as can be.

    Without `polish` this is the instant answer. With it the answer is bettered for so long, and says whether fewer moves are proven
    impossible.
    """
    case = Case(clinic, requests, before, disruptions)
    board, lost = mend(case, progress)
    alone = Alone(case)
    make_room(board, lost, [course for course in lost if alone.has_place(course)])
    return answer_of(board, lost) if polish is None else polished(board, lost, alone, polish)
