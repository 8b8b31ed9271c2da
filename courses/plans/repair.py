"""What happened to a clinic since its courses were planned, and the plan after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from courses.plans.batch import Clinic, Progress, no_progress, objective
from courses.plans.best_plan import Situation, loads_of, plan_course
from courses.plans.cadence import ideal_days
from courses.plans.costs import cost_of
from courses.plans.plan import ClinicPlan, CoursePlan, PlannedSession, Unplaceable
from courses.plans.request import CourseRequest
from rooms.availability.closure import Closure
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Absence


@dataclass(frozen=True, slots=True)
class ResourceDown:
    """A resource cannot be had for a time."""

    resource: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class SiteClosed:
    """The whole site is closed for a time."""

    interval: Interval
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PatientUnavailable:
    """A patient cannot come for a time."""

    patient: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Missed:
    """A session that did not take place: owed again, with its number."""

    course: str
    session: int


@dataclass(frozen=True, slots=True)
class Disruptions:
    """All that happened, as seen at `now`: what starts before is history and stays."""

    now: datetime
    happened: tuple[ResourceDown | SiteClosed | PatientUnavailable | Missed, ...]


def replan(
    clinic: Clinic, requests: Sequence[CourseRequest], before: ClinicPlan, disruptions: Disruptions, progress: Progress = no_progress
) -> ClinicPlan:
    """The plan after what happened: history stays, what can stay stays, and of the rest as few sessions move as can be.

    Courses that nothing touches keep their plan to the minute; the touched ones are mended one after another, the weightier and the
    sooner first.
    """
    clinic = disrupted(clinic, disruptions)
    return _Repair(clinic, {request.id: request for request in requests}, before, disruptions).answer(progress)


def disrupted(clinic: Clinic, disruptions: Disruptions) -> Clinic:
    """The clinic with what happened laid on its closures, absences and patients' hours."""
    closures, down, away = list(clinic.site.closures), defaultdict[str, list[Absence]](list), defaultdict[str, list[Interval]](list)
    for each in disruptions.happened:
        if isinstance(each, SiteClosed):
            closures.append(Closure(each.interval, each.reason))
        elif isinstance(each, ResourceDown):
            down[each.resource].append(Absence(each.interval))
        elif isinstance(each, PatientUnavailable):
            away[each.patient].append(each.interval)
    patients = {
        patient: replace(hours, unavailable=(*hours.unavailable, *away[patient]))
        for patient, hours in ({patient: clinic.hours_of(patient) for patient in away} | dict(clinic.patients)).items()
    }
    resources = [replace(r, absences=(*r.absences, *down[r.id])) for r in clinic.resources]
    return replace(clinic, site=replace(clinic.site, closures=tuple(closures)), resources=resources, patients=patients)


class _Repair:
    def __init__(self, clinic: Clinic, requests: dict[str, CourseRequest], before: ClinicPlan, disruptions: Disruptions) -> None:
        self._clinic, self._requests, self._before, self._now = clinic, requests, before, disruptions.now
        self._missed = {(each.course, each.session) for each in disruptions.happened if isinstance(each, Missed)}
        self._calendar = Calendar(clinic.site, clinic.resources, clinic.held)
        self._busy: dict[str, list[Interval]] = defaultdict(list)
        self._plans = {answer.course: answer for answer in before.courses if isinstance(answer, CoursePlan)}

    def answer(self, progress: Progress) -> ClinicPlan:
        for plan in self._plans.values():
            self._put(plan.course, self._standing(plan))
        touched = sorted((plan for plan in self._plans.values() if self._touched(plan)), key=self._urgency)
        answers: dict[str, CoursePlan | Unplaceable] = {}
        for plan in touched:
            answers[plan.course] = self._mend(plan)
            progress(len(answers), len(touched))
        courses = tuple(answers.get(each.course) or self._restated(each) for each in self._before.courses)
        return ClinicPlan(courses, objective(self._requests.values(), courses))

    def _standing(self, plan: CoursePlan) -> list[PlannedSession]:
        return [session for session in plan.sessions if (plan.course, session.number) not in self._missed]

    def _put(self, course: str, sessions: list[PlannedSession]) -> None:
        for load in loads_of(sessions):
            self._calendar.take(*load)
        self._busy[self._requests[course].patient] += [session.interval for session in sessions]

    def _touched(self, plan: CoursePlan) -> bool:
        return self._first_touched(plan) is not None

    def _urgency(self, plan: CoursePlan) -> tuple[float, datetime, str]:
        return -self._requests[plan.course].priority, self._first_touched(plan) or self._now, plan.course

    def _first_touched(self, plan: CoursePlan) -> datetime | None:
        return next((session.interval.starts_at for session in plan.sessions if self._is_touched(plan.course, session)), None)

    def _is_touched(self, course: str, session: PlannedSession) -> bool:
        if (course, session.number) in self._missed:
            return True
        if session.interval.starts_at < self._now:
            return False
        away = self._clinic.hours_of(self._requests[course].patient).unavailable
        shut = [closure.interval for closure in self._clinic.site.closures]
        return any(session.interval.overlaps(interval) for interval in away) or any(
            seat.interval.overlaps(interval)
            for seat in session.seats
            for interval in (*shut, *(absence.interval for absence in self._calendar.resources[seat.resource].absences))
        )

    def _mend(self, plan: CoursePlan) -> CoursePlan | Unplaceable:
        request, standing = self._requests[plan.course], self._standing(plan)
        done = tuple(session for session in standing if session.interval.starts_at < self._now)
        ahead = [session for session in standing if session.interval.starts_at >= self._now]
        for load in loads_of(ahead):
            self._calendar.give_back(*load)
        busy = self._busy[request.patient]
        for session in standing:
            busy.remove(session.interval)
        kept = {session.number: session for session in ahead}
        situation = Situation(
            self._calendar, self._clinic.hours_of(request.patient), self._clinic.weights, tuple(busy), done, kept, self._now
        )
        answer = plan_course(request, situation)
        sessions = list(answer.sessions[len(done) :]) if isinstance(answer, CoursePlan) else []
        for load in loads_of(sessions):
            self._calendar.take(*load)
        busy += [session.interval for session in (*done, *sessions)]
        return replace(answer, moved=_moved(plan, answer)) if isinstance(answer, CoursePlan) else answer

    def _restated(self, answer: CoursePlan | Unplaceable) -> CoursePlan | Unplaceable:
        """The same answer, its cost counted against the open dates as they are now."""
        if isinstance(answer, Unplaceable):
            return answer
        request, time = self._requests[answer.course], self._calendar.time
        ideal = ideal_days(request.protocol.slots, request.start_on_or_after, lambda day: self._calendar.is_open(date.fromordinal(day)))
        step = self._clinic.site.granularity_minutes
        return replace(answer, cost=cost_of(request, answer.sessions, ideal, time, step, self._clinic.weights), moved=())


def _moved(before: CoursePlan, after: CoursePlan) -> tuple[int, ...]:
    was = {session.number: session.interval.starts_at for session in before.sessions}
    return tuple(session.number for session in after.sessions if was.get(session.number) != session.interval.starts_at)
