"""Plans bettered by re-seating: of one course, and of a whole clinic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from courses.plans.batch import Clinic, Progress, no_progress, objective
from courses.plans.best_plan import Situation, plan_course
from courses.plans.plan import ClinicPlan, CoursePlan, Reseat, Unplaceable
from courses.plans.request import CourseRequest
from courses.plans.reseating.seating import better_plan
from courses.plans.reseating.seats import Seats
from courses.plans.reseating.tidying import tidy

PASSES = 3
"""How often all courses of a clinic are looked at again."""


@dataclass(frozen=True, slots=True)
class Reseated:
    """One course's answer, and the bookings that go to other resources for it."""

    answer: CoursePlan | Unplaceable
    reseated: tuple[Reseat, ...] = ()


def plan_reseating(clinic: Clinic, request: CourseRequest, situation: Situation) -> Reseated:
    """A course planned with every booking fixed or, where that is cheaper or the only way, with some re-seated.

    `clinic` says what is booked and what of it may be re-seated; of `situation` all counts but its calendar.
    """
    seats = Seats(clinic, situation.not_before)
    fixed = plan_course(request, replace(situation, calendar=seats.fixed))
    return _better(seats, request, situation, fixed) or Reseated(fixed)


def better_by_reseating(clinic: Clinic, request: CourseRequest, situation: Situation, before: CoursePlan | Unplaceable) -> Reseated | None:
    """A plan that costs less than the one `before`, or is one where there was none, with some bookings re-seated for it; else None."""
    return _better(Seats(clinic, situation.not_before), request, situation, before)


def _better(seats: Seats, request: CourseRequest, situation: Situation, before: CoursePlan | Unplaceable) -> Reseated | None:
    better = better_plan(seats, request, situation, before) if seats.concern(request) else None
    if better is None:
        return None
    seats.take(request, better.plan, better.given)
    tidy(seats)
    return Reseated(seats.plans[request.id], seats.reseated())


def reseat_clinic(clinic: Clinic, requests: Sequence[CourseRequest], plan: ClinicPlan, progress: Progress = no_progress) -> ClinicPlan:
    """A clinic's plan, made with every booking fixed, bettered by re-seating: as many courses or more, and none that costs more.

    Courses without a place come first. The plan is the same where no booking may be re-seated. Its bound and gap stay those of the plan
    with fixed bookings. An interruption (`KeyboardInterrupt`) leaves the plan as it was.
    """
    bettering = _Bettering(clinic, requests, plan)
    try:
        bettering.run(progress)
    except KeyboardInterrupt:
        return plan
    return bettering.answer()


class _Bettering:
    """Looks at one course after another, those without a place first."""

    def __init__(self, clinic: Clinic, requests: Sequence[CourseRequest], plan: ClinicPlan) -> None:
        self._clinic, self._plan, self._seats = clinic, plan, Seats(clinic)
        self._requests: Mapping[str, CourseRequest] = {request.id: request for request in requests}
        self._answers = {answer.course: answer for answer in plan.courses}
        self._concerned = [self._requests[course] for course in self._answers if self._seats.concern(self._requests[course])]

    def run(self, progress: Progress) -> None:
        """Look until nothing becomes better, but not too often."""
        if not self._concerned:
            return
        for answer in self._plan.courses:
            if isinstance(answer, CoursePlan):
                self._seats.take(self._requests[answer.course], answer)
        for _ in range(PASSES):
            if not self._once(progress):
                break
        tidy(self._seats)

    def answer(self) -> ClinicPlan:
        """All courses as they are now."""
        courses = tuple(self._seats.plans.get(course, answer) for course, answer in self._answers.items())
        reseated, total = self._seats.reseated(), objective(self._requests.values(), courses)
        return replace(self._plan, courses=courses, objective=total, reseated=reseated)

    def _once(self, progress: Progress) -> bool:
        plans, bettered = self._seats.plans, 0
        in_turn = sorted(self._concerned, key=lambda each: (each.id in plans, -each.priority, each.start_on_or_after))
        for done, request in enumerate(in_turn, start=1):
            bettered += self._look_at(request)
            progress(done, len(in_turn))
        return bettered > 0

    def _look_at(self, request: CourseRequest) -> bool:
        seats = self._seats
        before = seats.lift(request.id) if request.id in seats.plans else self._answers[request.id]
        better = better_plan(seats, request, self._situation(request), before)
        if better is not None:
            seats.take(request, better.plan, better.given)
        elif isinstance(before, CoursePlan):
            seats.take(request, before)
        return better is not None

    def _situation(self, request: CourseRequest) -> Situation:
        others = [plan for course, plan in self._seats.plans.items() if self._requests[course].patient == request.patient]
        busy = tuple(session.interval for plan in others for session in plan.sessions)
        return Situation(self._seats.fixed, self._clinic.hours_of(request.patient), self._clinic.weights, busy)
