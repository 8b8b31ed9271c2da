"""A plan that was shown can no longer be had: which sessions, who has their place until when, and perhaps a fresh plan as the offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from courses.errors import DomainError
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan, PlannedSession, Unplaceable
from courses.plans.possible.rulebook import PlanFault
from rooms.availability.interval import Interval
from rooms.bookings.conflict import Conflict


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Who has a resource and until when. `who` is for staff only: the patient and the session; empty where it is no session."""

    resource: str
    interval: Interval
    who: str = ""


@dataclass(frozen=True, slots=True)
class SessionConflict:
    """A session of the plan that cannot be booked as it was shown, with every reason in words and all who are in its way."""

    session: int
    interval: Interval
    reasons: tuple[str, ...]
    held_by: tuple[HeldBy, ...] = ()


class PlanOutdated(DomainError):
    """Between the plan and the booking somebody else booked, or the patient's days changed. Nothing was booked.

    `conflicts` names the sessions, and `wish` is what was to be booked. `replan` is a plan that can be had now, or why there is none;
    None as long as nobody looked for one: that takes its time, and whoever books holds locks.
    """

    code = "plan_outdated"

    def __init__(self, conflicts: Iterable[SessionConflict], wish: CourseWish, replan: CoursePlan | Unplaceable | None = None) -> None:
        self.conflicts = tuple(conflicts)
        self.wish = wish
        self.replan = replan
        numbers = ", ".join(str(conflict.session) for conflict in self.conflicts)
        first = self.conflicts[0].reasons[0].removesuffix(".")
        plural = "s" if len(self.conflicts) > 1 else ""
        super().__init__(f"The plan can no longer be had: session{plural} {numbers} ({first}). Nothing was booked; {_offer(replan)}.")


def _offer(replan: CoursePlan | Unplaceable | None) -> str:
    if replan is None:
        return "plan it again"
    return "a new plan is offered" if isinstance(replan, CoursePlan) else f"no other plan was found: {replan.detail}"


def faults_as_conflicts(sessions: Iterable[PlannedSession], faults: Iterable[PlanFault]) -> list[SessionConflict]:
    """Sessions that the patient, or the clock, no longer allows."""
    places = {session.number: session.interval for session in sessions}
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.session, []).append(fault.detail)
    return [SessionConflict(number, places[number], tuple(said)) for number, said in sorted(reasons.items())]


def refused_sessions(
    sessions: Mapping[str, PlannedSession], conflicts: Iterable[Conflict], names: Mapping[str, str]
) -> list[SessionConflict]:
    """Sessions (by the purpose of their claims) whose resources were refused; `names` says who a holder's purpose is."""
    of_session: dict[str, list[Conflict]] = {}
    for conflict in conflicts:
        of_session.setdefault(conflict.claim.purpose, []).append(conflict)
    found = [_refused(sessions[purpose], of_one, names) for purpose, of_one in of_session.items()]
    return sorted(found, key=lambda each: each.session)


def _refused(session: PlannedSession, conflicts: list[Conflict], names: Mapping[str, str]) -> SessionConflict:
    held_by = tuple(HeldBy(h.resource, h.interval, names.get(h.purpose, "")) for conflict in conflicts for h in conflict.holders)
    return SessionConflict(session.number, session.interval, tuple(conflict.sentence for conflict in conflicts), held_by)
