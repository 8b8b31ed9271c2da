"""A course planned anew from where it stands: history stays, and of what is to come as few visits change as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from courses.errors import DomainError
from courses.plans.best_plan import Situation, loads_of, plan_course
from courses.plans.ongoing.course import Course, hours_of, place_of
from courses.plans.ongoing.follow import Change, Consequences, What, changes_between, left_owed
from courses.plans.plan import CoursePlan, PlannedSession, Unplaceable
from courses.plans.request import CourseRequest
from courses.sessions.session import TreatmentSession
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

Kept = Mapping[int, PlannedSession]
"""By number, the places that sessions should keep."""


class NoPlace(DomainError):
    """The course cannot go on as asked: no plan keeps the rules. Nothing was changed."""

    code = "no_place"

    def __init__(self, unplaceable: Unplaceable, way_out: str = "") -> None:
        super().__init__(f"Session {unplaceable.session} has no place: {unplaceable.detail}.{f' {way_out}' if way_out else ''}")
        self.unplaceable = unplaceable


class OutOfOrder(DomainError):
    """Sessions that took place would have to become sessions of another kind."""

    code = "out_of_order"

    def __init__(self, session: int, template: str, wanted: str) -> None:
        super().__init__(
            f"Session {session} took place as a {template!r} visit, and would become a {wanted!r} one if an earlier session fell away. "
            "Record what happened to the sessions in order, or stop the course."
        )
        self.session = session


@dataclass(frozen=True)
class Standing:
    """A course as it stands, less what is gone, with what it is planned against: `calendar` is without the bookings of `ahead`.

    `busy` are times at which nothing may be placed for the patient; `keep` are the visits of `ahead` that should stay.
    """

    course: Course
    request: CourseRequest
    calendar: Calendar
    busy: tuple[Interval, ...]
    history: tuple[TreatmentSession, ...]
    ahead: tuple[TreatmentSession, ...]
    now: datetime
    not_before: datetime
    gone: TreatmentSession | None = None
    free_phases: frozenset[str] = frozenset()
    """Phases whose visits need not stay."""

    @property
    def done(self) -> tuple[PlannedSession, ...]:
        """History, numbered on from 1. Raises `OutOfOrder` where a number would make another kind of visit of one."""
        return tuple(self._numbered(session, number) for number, session in enumerate(self.history, 1))

    def _numbered(self, session: TreatmentSession, number: int) -> PlannedSession:
        wanted = self.request.protocol.template_of(number).name
        if number != session.number and wanted != session.template:
            raise OutOfOrder(session.number, session.template, wanted)
        return replace(place_of(session), number=number, phase=self.request.protocol.slots[number - 1].phase)

    @property
    def standing(self) -> tuple[TreatmentSession, ...]:
        """The visits to come that should stay, by time."""
        placed = [each for each in self.ahead if each.interval is not None and each.phase not in self.free_phases]
        return tuple(sorted(placed, key=lambda each: place_of(each).interval))


def what_follows(standing: Standing) -> Consequences:
    """What becomes of the sessions to come. One that has no place is left owed, and then everything else stays as it is."""
    answer = plan_anew(standing)
    return left_alone(standing, answer) if isinstance(answer, Unplaceable) else consequences_of(standing, answer)


def left_alone(standing: Standing, why: Unplaceable) -> Consequences:
    """Every visit to come stays where it is, and what fell away is owed."""
    changes = left_owed(standing.ahead, standing.request.protocol, len(standing.history))
    return Consequences(standing.gone, (*_history(standing), *changes), why)


def consequences_of(standing: Standing, plan: CoursePlan) -> Consequences:
    """What a plan makes of the sessions to come."""
    wanted = plan.sessions[len(standing.history) :]
    return Consequences(standing.gone, (*_history(standing), *changes_between(standing.ahead, wanted)))


def _history(standing: Standing) -> list[Change]:
    found = []
    for session, place in zip(standing.history, standing.done, strict=True):
        what = What.STAYS if (session.number, session.phase) == (place.number, place.phase) else What.RENUMBERED
        found.append(Change(session, place.number, place.phase, place.template, place, what))
    return found


def plan_anew(standing: Standing) -> CoursePlan | Unplaceable:
    """The plan under which the fewest visits change. What comes before the gap is left alone, unless nothing else helps."""
    fixed = _before_the_gap(standing)
    loads = loads_of(fixed)
    for load in loads:
        standing.calendar.take(*load)
    answer = _best(standing, (*standing.done, *fixed))
    for load in loads:
        standing.calendar.give_back(*load)
    if isinstance(answer, Unplaceable) and fixed:
        again = _best(standing, standing.done)
        answer = again if isinstance(again, CoursePlan) else answer
    return answer


def _before_the_gap(standing: Standing) -> list[PlannedSession]:
    """The visits to come that carry on from history without a gap in their numbers."""
    found: list[PlannedSession] = []
    for number, session in enumerate(standing.standing, len(standing.history) + 1):
        if session.number != number:
            break
        found.append(place_of(session))
    return found


def _best(standing: Standing, done: Sequence[PlannedSession]) -> CoursePlan | Unplaceable:
    """Of two ways to close the gap: the visits keep their numbers and one is put in between, or they move up and one is put at the end."""
    visits = [session for session in standing.standing if session.interval not in {each.interval for each in done}]
    keep = {session.number: place_of(session) for session in visits if session.number > len(done)}
    move_up = {number: replace(place_of(session), number=number) for number, session in enumerate(visits, len(done) + 1)}
    ways = [keep] if keep == move_up else [keep, move_up]
    answers = [_plan(standing, done, kept) for kept in ways]
    plans = [answer for answer in answers if isinstance(answer, CoursePlan)]
    return min(plans, key=lambda plan: _upheaval(standing, plan)) if plans else answers[0]


def _plan(standing: Standing, done: Sequence[PlannedSession], kept: Kept) -> CoursePlan | Unplaceable:
    n_sessions, hours = standing.request.protocol.n_sessions, hours_of(standing.course.patient)
    kept = {number: place for number, place in kept.items() if number <= n_sessions}
    situation = Situation(
        standing.calendar, hours, busy=standing.busy, done=tuple(done), kept=kept, not_before=max(standing.now, standing.not_before)
    )
    return plan_course(standing.request, situation)


def _upheaval(standing: Standing, plan: CoursePlan) -> tuple[int, int, float]:
    follow = consequences_of(standing, plan)
    return len(follow.those(What.MOVED, What.DROPPED)), len(follow.those(What.REASSIGNED)), plan.cost.total
