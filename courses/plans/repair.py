"""What happened to a clinic since its courses were planned, and the plan after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
    sooner first. Only where a course would be lost do others make room for it.
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


class _Board:
    """What is taken while the repair goes on: resources in the calendar, patients by the times of their sessions."""

    def __init__(self, clinic: Clinic) -> None:
        self.calendar = Calendar(clinic.site, clinic.resources, clinic.held)
        self.busy: dict[str, list[Interval]] = defaultdict(list)

    def put(self, patient: str, sessions: Sequence[PlannedSession]) -> None:
        """These sessions take place."""
        for load in loads_of(sessions):
            self.calendar.take(*load)
        self.busy[patient] += [session.interval for session in sessions]

    def lift(self, patient: str, sessions: Sequence[PlannedSession]) -> None:
        """They do not, for now."""
        for load in loads_of(sessions):
            self.calendar.give_back(*load)
        for session in sessions:
            self.busy[patient].remove(session.interval)

    def put_if_free(self, patient: str, sessions: Sequence[PlannedSession]) -> bool:
        """Put all of them, or none where one is in the way of what is there."""
        for number, session in enumerate(sessions):
            if not self._is_free(patient, session):
                self.lift(patient, sessions[:number])
                return False
            self.put(patient, [session])
        return True

    def _is_free(self, patient: str, session: PlannedSession) -> bool:
        on = self.calendar.time.date_of(session.interval.starts_at)
        day = self.calendar.day(on)
        parts = [(seat, (day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at), seat.load)) for seat in session.seats]
        return not any(session.interval.overlaps(taken) for taken in self.busy[patient]) and all(
            self.calendar.bears(
                self.calendar.resources[seat.resource], on, part, [p for s, p in parts if s.resource == seat.resource and s is not seat]
            )
            for seat, part in parts
        )


class _Repair:
    def __init__(self, clinic: Clinic, requests: dict[str, CourseRequest], before: ClinicPlan, disruptions: Disruptions) -> None:
        self._clinic, self._requests, self._before, self._now = clinic, requests, before, disruptions.now
        self._missed = {(each.course, each.session) for each in disruptions.happened if isinstance(each, Missed)}
        self._plans = {answer.course: answer for answer in before.courses if isinstance(answer, CoursePlan)}
        self._board = _Board(clinic)

    def answer(self, progress: Progress) -> ClinicPlan:
        for plan in self._plans.values():
            self._board.put(self._patient(plan), self._standing(plan))
        touched = sorted((plan for plan in self._plans.values() if self._touched(plan)), key=self._urgency)
        answers: dict[str, CoursePlan | Unplaceable] = {}
        for plan in touched:
            self._board.lift(self._patient(plan), self._ahead(plan))
            answers[plan.course] = self._settle(plan, self._board)
            progress(len(answers), len(touched))
        for plan in touched:
            if isinstance(answers[plan.course], Unplaceable):
                answers |= self._with_room_made(plan, answers)
        courses = tuple(answers.get(each.course) or self._restated(each) for each in self._before.courses)
        return ClinicPlan(courses, objective(self._requests.values(), courses))

    def _patient(self, plan: CoursePlan) -> str:
        return self._requests[plan.course].patient

    def _standing(self, plan: CoursePlan) -> list[PlannedSession]:
        return [session for session in plan.sessions if (plan.course, session.number) not in self._missed]

    def _done(self, plan: CoursePlan) -> tuple[PlannedSession, ...]:
        return tuple(session for session in self._standing(plan) if session.interval.starts_at < self._now)

    def _ahead(self, plan: CoursePlan) -> list[PlannedSession]:
        return [session for session in self._standing(plan) if session.interval.starts_at >= self._now]

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
            for interval in (*shut, *(absence.interval for absence in self._board.calendar.resources[seat.resource].absences))
        )

    def _settle(self, plan: CoursePlan, board: _Board) -> CoursePlan | Unplaceable:
        """A place for what is ahead of a course and not on the board, with as much as can be where it was."""
        request, done = self._requests[plan.course], self._done(plan)
        others = list(board.busy[request.patient])
        for session in done:
            others.remove(session.interval)
        kept = {session.number: session for session in self._ahead(plan)}
        hours = self._clinic.hours_of(request.patient)
        answer = plan_course(request, Situation(board.calendar, hours, self._clinic.weights, tuple(others), done, kept, self._now))
        if isinstance(answer, Unplaceable):
            return answer
        board.put(request.patient, answer.sessions[len(done) :])
        return replace(answer, moved=_moved(plan, answer))

    def _with_room_made(self, lost: CoursePlan, answers: Mapping[str, CoursePlan | Unplaceable]) -> dict[str, CoursePlan | Unplaceable]:
        """A lost course goes first, and those that are then in its way give way; nothing changes where one of them would be lost."""
        board = _Board(self._clinic)
        for plan in self._plans.values():
            board.put(self._patient(plan), self._done(plan))
        found = {lost.course: self._settle(lost, board)}
        if isinstance(found[lost.course], Unplaceable):
            return {}
        now = {plan.course: answers.get(plan.course, plan) for plan in self._plans.values() if plan is not lost}
        in_the_way = [
            plan
            for plan in map(self._plans.__getitem__, now)
            if isinstance(answer := now[plan.course], CoursePlan)
            and not board.put_if_free(self._patient(plan), answer.sessions[len(self._done(plan)) :])
        ]
        for plan in in_the_way:
            found[plan.course] = self._settle(plan, board)
            if isinstance(found[plan.course], Unplaceable):
                return {}
        self._board = board
        return found

    def _restated(self, answer: CoursePlan | Unplaceable) -> CoursePlan | Unplaceable:
        """The same answer, its cost counted against the open dates as they are now."""
        if isinstance(answer, Unplaceable):
            return answer
        request, time = self._requests[answer.course], self._board.calendar.time
        ideal = ideal_days(
            request.protocol.slots, request.start_on_or_after, lambda day: self._board.calendar.is_open(date.fromordinal(day))
        )
        step = self._clinic.site.granularity_minutes
        return replace(answer, cost=cost_of(request, answer.sessions, ideal, time, step, self._clinic.weights), moved=())


def _moved(before: CoursePlan, after: CoursePlan) -> tuple[int, ...]:
    was = {session.number: session.interval.starts_at for session in before.sessions}
    return tuple(session.number for session in after.sessions if was.get(session.number) != session.interval.starts_at)
