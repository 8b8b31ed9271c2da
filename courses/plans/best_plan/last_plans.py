"""What a course was planned to be before, and what that comes to at other prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from courses.plans.plan import CoursePlan, PlannedSession
from courses.plans.pricing.prices import Minutes, Prices
from rooms.bookings.calendar import Calendar

MOST = 4
"""So many plans are kept."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One session's minutes on its date: its own, and those of each resource with the load there."""

    template: str
    on: date
    span: tuple[int, int]
    seats: tuple[tuple[str, int, int, int], ...]


class LastPlans:
    """The last few plans of one patient's course."""

    def __init__(self, patient: str, calendar: Calendar) -> None:
        self._patient, self._calendar = patient, calendar
        self._new: CoursePlan | None = None
        self._plans: list[tuple[float, list[_Visit]]] = []

    def note(self, plan: CoursePlan) -> None:
        """Keep one more, and forget the oldest of too many."""
        self._new = plan

    def least_at(self, prices: Prices | None) -> float:
        """What the cheapest of them costs at prices; infinite where there is none."""
        if self._new is not None:
            kept = self._new.cost.total, [self._visit(session) for session in self._new.sessions]
            self._plans, self._new = [*(each for each in self._plans if each != kept), kept][-MOST:], None
        paid = (own + (0.0 if prices is None else sum(self._paid(prices, visits))) for own, visits in self._plans)
        return min(paid, default=float("inf"))

    def _visit(self, session: PlannedSession) -> _Visit:
        day = self._calendar.day(self._calendar.time.date_of(session.interval.starts_at))
        seats = tuple((s.resource, day.minute(s.interval.starts_at), day.minute(s.interval.ends_at), s.load) for s in session.seats)
        return _Visit(session.template, day.date, (day.minute(session.interval.starts_at), day.minute(session.interval.ends_at)), seats)

    def _paid(self, prices: Prices, visits: list[_Visit]) -> Iterator[float]:
        for visit in visits:
            begin, end = visit.span
            if (of_start := prices.of_start(visit.template, visit.on)) is not None:
                yield float(of_start[begin])
            yield _between(prices.of_patient(self._patient, visit.on), begin, end)
            for resource, since, until, load in visit.seats:
                if load:
                    yield load * _between(prices.of_resource(resource, visit.on), since, until)


def _between(added_up: Minutes | None, begin: int, end: int) -> float:
    return 0.0 if added_up is None else float(added_up[min(end, len(added_up) - 1)] - added_up[min(begin, len(added_up) - 1)])
