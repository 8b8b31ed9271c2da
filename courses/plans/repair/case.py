"""The facts of a repair: what stood before, what is history, what of the rest cannot be as it was, and who comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from courses.plans.batch import Clinic
from courses.plans.plan import ClinicPlan, CoursePlan, PlannedSession
from courses.plans.possible.cadence import Trail, advance, blank
from courses.plans.repair.happened import Disruptions, Missed, ResourceDown, disrupted
from courses.plans.request import CourseRequest
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval

Key = tuple[str, int]
"""A session by its course and number."""
DAYS_OF_WEEK = 7


class Case:
    """Nothing here changes while the repair goes on. `ahead` holds the sessions to come as they stood before, by course and number."""

    def __init__(self, clinic: Clinic, requests: Sequence[CourseRequest], before: ClinicPlan, disruptions: Disruptions) -> None:
        self.clinic = disrupted(clinic, disruptions)
        self.requests: Mapping[str, CourseRequest] = {request.id: request for request in requests}
        self.before, self.now = before, disruptions.now
        self._happened = disruptions.happened
        self.plans = {answer.course: answer for answer in before.courses if isinstance(answer, CoursePlan)}
        self.missed = {(each.course, each.session) for each in disruptions.happened if isinstance(each, Missed)}
        self.done = {course: tuple(self._standing(plan, done=True)) for course, plan in self.plans.items()}
        self.ahead = {course: {s.number: s for s in self._standing(plan, done=False)} for course, plan in self.plans.items()}
        self.time = SiteTime(self.clinic.site.timezone)
        self.of_patient: dict[str, list[str]] = {}
        for course in self.plans:
            self.of_patient.setdefault(self.requests[course].patient, []).append(course)
        self.guests = [i for i in sorted(self.clinic.movable) if self.clinic.held[i][1].starts_at >= self.now and self.clinic.held[i][2]]
        self._shut = [closure.interval for closure in self.clinic.site.closures if closure.interval.ends_at > self.now]
        self._absent = {
            resource.id: [absence.interval for absence in resource.absences if absence.interval.ends_at > self.now]
            for resource in self.clinic.resources
        }

    def _standing(self, plan: CoursePlan, *, done: bool) -> list[PlannedSession]:
        standing = [session for session in plan.sessions if (plan.course, session.number) not in self.missed]
        return [session for session in standing if (session.interval.starts_at < self.now) is done]

    def day_of(self, session: PlannedSession) -> int:
        """The day number of a session's local date."""
        return self.time.date_of(session.interval.starts_at).toordinal()

    def was(self, key: Key) -> datetime | None:
        """When a session started in the plan before; None where it is missed or was not there."""
        session = self.ahead[key[0]].get(key[1])
        return None if session is None else session.interval.starts_at

    def struck(self) -> list[Key]:
        """The sessions to come that cannot be just as they were, the most urgent first."""
        found = [
            (course, number) for course, sessions in self.ahead.items() for number, s in sessions.items() if self._is_struck(course, s)
        ]
        return sorted(found, key=self.urgency)

    def _is_struck(self, course: str, session: PlannedSession) -> bool:
        away = self.clinic.hours_of(self.requests[course].patient).unavailable
        return _meets(session.interval, (*away, *self._shut)) or any(
            _meets(seat.interval, (*self._absent.get(seat.resource, ()), *self._shut)) for seat in session.seats
        )

    @cached_property
    def struck_guests(self) -> list[int]:
        """The bookings of others that may be re-seated and whose resource is lost then, in order of time."""
        down: dict[str, list[Interval]] = {}
        for each in self._happened:
            if isinstance(each, ResourceDown):
                down.setdefault(each.resource, []).append(each.interval)
        found = [i for i in self.guests if _meets(self.clinic.held[i][1], down.get(self.clinic.held[i][0], ()))]
        return sorted(found, key=lambda i: (self.clinic.held[i][1], i))

    def owed(self) -> list[Key]:
        """The sessions that were missed, the most urgent first."""
        return sorted((key for key in self.missed if key[0] in self.plans), key=self.urgency)

    def urgency(self, key: Key) -> tuple[float, float, int, str]:
        """Who is served first where not all can keep their time: the weightier, then those with the shorter way to the next session
        (a daily or twice-weekly phase before a maintenance phase), then those earlier in their course."""
        course, number = key
        request = self.requests[course]
        spacing = request.protocol.slots[number - 1].spacing
        rhythm = max(spacing.min_gap_days, DAYS_OF_WEEK / (spacing.per_week or spacing.per_7_days or DAYS_OF_WEEK)) / spacing.per_day
        return -request.priority, rhythm, number, course

    def trail(self, course: str) -> Trail:
        """What the next session must know of the course's history."""
        request = self.requests[course]
        trail = blank(request.start_on_or_after)
        for session in self.done[course]:
            trail = advance(request.protocol.slots, trail, self.day_of(session))
        return trail


def _meets(interval: Interval, others: Sequence[Interval]) -> bool:
    return any(interval.overlaps(other) for other in others)
