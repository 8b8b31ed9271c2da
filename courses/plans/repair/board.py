"""Who has which place while the repair goes on: the sessions to come that stand, and the calendar with all that is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from courses.plans.best_plan import Situation, loads_of, plan_course
from courses.plans.plan import CoursePlan, PlannedSession, Unplaceable
from courses.plans.possible.cadence import ideal_days
from courses.plans.possible.openings import Openings
from courses.plans.repair.case import Case, Key
from courses.plans.repair.day_by_day import DayByDay
from courses.plans.repair.guests import Guests, Places
from rooms.availability.interval import Interval

Standing = dict[str, dict[int, PlannedSession]]
"""The sessions to come that have a place, by course and number."""

NEAR = 2
"""Days around a date, by the world's clock, in which a session may begin that touches it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Who of some courses stood where at a moment, and which bookings of others were elsewhere."""

    standing: Standing
    guests: Places


class Board:
    """The sessions to come, placed, lifted and put back. At first all those stand that are not `struck`.

    `guests` are the bookings of others that may be re-seated; without them the board holds only what stays for good.
    """

    def __init__(self, case: Case, struck: Iterable[Key] = (), *, with_guests: bool = True) -> None:
        self.case = case
        lifted = set(struck)
        self._stand: Standing = {
            course: {number: session for number, session in sessions.items() if (course, number) not in lifted}
            for course, sessions in case.ahead.items()
        }
        taken = [load for course, sessions in self._stand.items() for load in loads_of([*case.done[course], *sessions.values()])]
        away = frozenset(() if with_guests else case.guests)
        held = [each for index, each in enumerate(case.clinic.held) if index not in away] if away else case.clinic.held
        to_come = [each for each in (*held, *taken) if each[1].ends_at > case.now]
        self.calendar = DayByDay(case.clinic.site, case.clinic.resources, to_come)
        self.guests = Guests(case, self.calendar)
        self._open: dict[int, bool] = {}
        self._ideal: dict[str, list[int]] = {}
        self._on: dict[date, dict[Key, PlannedSession]] = {}
        for course, sessions in self._stand.items():
            for session in sessions.values():
                self._note(course, session)

    def is_open(self, day: int) -> bool:
        """Whether the site is open on a day at all."""
        if day not in self._open:
            self._open[day] = self.calendar.is_open(date.fromordinal(day))
        return self._open[day]

    def ideal(self, course: str) -> list[int]:
        """The ideal day number of each session of a course; empty where the rules alone lead nowhere."""
        if course not in self._ideal:
            request = self.case.requests[course]
            self._ideal[course] = ideal_days(request.protocol.slots, request.start_on_or_after, self.is_open)
        return self._ideal[course]

    def sessions(self, course: str) -> Mapping[int, PlannedSession]:
        """A course's sessions to come that have a place."""
        return self._stand[course]

    def whole(self, course: str) -> tuple[PlannedSession, ...]:
        """A course's history and the sessions to come that have a place, in order."""
        return (*self.case.done[course], *(session for _, session in sorted(self._stand[course].items())))

    def beside(self, on: date) -> Mapping[Key, PlannedSession]:
        """All sessions to come of a date."""
        return self._on.get(on, {})

    def is_free(self, course: str, session: PlannedSession) -> bool:
        """Whether a session could stand just as it is."""
        on = self._date(session)
        day = self.calendar.day(on)
        parts = [(seat, (day.minute(seat.interval.starts_at), day.minute(seat.interval.ends_at), seat.load)) for seat in session.seats]
        return not any(session.interval.overlaps(taken) for taken in self.busy(course)) and all(
            self.calendar.bears(
                self.calendar.resources[seat.resource], on, part, [p for s, p in parts if s.resource == seat.resource and s is not seat]
            )
            for seat, part in parts
        )

    def put(self, course: str, session: PlannedSession) -> None:
        """A session takes its place."""
        for load in loads_of([session]):
            self.calendar.take(*load)
        self._stand[course][session.number] = session
        self._note(course, session)

    def lift(self, course: str, number: int) -> PlannedSession:
        """A session gives its place up."""
        session = self._stand[course].pop(number)
        for load in loads_of([session]):
            self.calendar.give_back(*load)
        del self._on[self._date(session)][course, number]
        return session

    def busy(self, course: str) -> tuple[Interval, ...]:
        """When the patient of a course is in sessions, of this or of other courses."""
        return tuple(session.interval for each in self._of_same_patient(course) for session in self.whole(each))

    def busy_elsewhere(self, course: str) -> tuple[Interval, ...]:
        """When the patient of a course is in sessions of other courses."""
        return tuple(session.interval for each in self._of_same_patient(course) if each != course for session in self.whole(each))

    def openings(self, course: str, on: date) -> Openings:
        """Where one more session of a course could be on a date."""
        hours, near = self.case.clinic.hours_of(self.case.requests[course].patient), on.toordinal()
        busy = [each for each in self.busy(course) if abs(each.starts_at.toordinal() - near) <= NEAR]
        return Openings(self.calendar, hours, busy, self.case.now)

    def settle(self, course: str) -> Unplaceable | None:
        """Place all that is ahead of a course, as much as can be where it was before: its best way, everyone else staying. None if done."""
        case, request = self.case, self.case.requests[course]
        for number in [*self._stand[course]]:
            self.lift(course, number)
        hours, done, others = case.clinic.hours_of(request.patient), case.done[course], self.busy_elsewhere(course)
        answer = plan_course(request, Situation(self.calendar, hours, case.clinic.weights, others, done, case.ahead[course], case.now))
        if isinstance(answer, CoursePlan):
            for session in answer.sessions[len(done) :]:
                self.put(course, session)
            return None
        return answer

    def picture(self) -> Picture:
        """Who stands where at this moment, for `restore`."""
        return Picture({course: dict(sessions) for course, sessions in self._stand.items()}, self.guests.picture())

    def restore(self, picture: Picture) -> None:
        """Let all stand where they stood."""
        for course, sessions in picture.standing.items():
            for number, session in [*self._stand[course].items()]:
                if sessions.get(number) is not session:
                    self.lift(course, number)
        self.guests.restore(picture.guests)
        for course, sessions in picture.standing.items():
            for number, session in sessions.items():
                if number not in self._stand[course]:
                    self.put(course, session)

    def _of_same_patient(self, course: str) -> list[str]:
        return self.case.of_patient[self.case.requests[course].patient]

    def _date(self, session: PlannedSession) -> date:
        return self.case.time.date_of(session.interval.starts_at)

    def _note(self, course: str, session: PlannedSession) -> None:
        self._on.setdefault(self._date(session), {})[course, session.number] = session
