"""One course planned against pools, and its dates seated one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf

from courses.plans.best_plan import Situation, plan_course
from courses.plans.plan import CoursePlan, PlannedSession, Seat, Unplaceable
from courses.plans.request import CourseRequest
from courses.plans.reseating.pooled import Pool
from courses.plans.reseating.seats import Given, Seats, on_units
from rooms.bookings.pool import ANYWHERE, Reseating, Wish, fewest_reseats
from rooms.resources.requirement import Requirement

ROUNDS = 20
"""How often a course is planned anew when a date that has room in its pools cannot be seated."""
NOTHING = 1e-6
"""What a plan must cost less to be worth a change."""
MANY = 1000
"""More than a session has requirements."""


@dataclass(frozen=True, slots=True)
class Seated:
    """A plan with a seat for every session, and what is given to others for it."""

    plan: CoursePlan
    given: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a session wants of a pool: its number, which of its seats, and the requirement behind it."""

    number: int
    place: int
    seat: Seat
    need: Requirement


def better_plan(seats: Seats, request: CourseRequest, situation: Situation, before: CoursePlan | Unplaceable) -> Seated | None:
    """The best plan of a course, if it moves or costs less than the one before, with a seat for each session. Changes nothing yet.

    The course itself must not be on the seats. None where no better plan was found.
    """
    seats.pooled.allow_all()
    course = _Course(seats, request, situation)
    for _ in range(ROUNDS):
        hoped = plan_course(request, replace(situation, calendar=seats.pooled))
        if isinstance(hoped, Unplaceable) or _worth(hoped) >= _worth(before):
            return None
        seated = course.seated(hoped)
        if seated is not None:
            return seated if _worth(seated.plan) < _worth(before) else None
    return None


def _worth(answer: CoursePlan | Unplaceable) -> tuple[float, float]:
    """The less, the better: sessions moved, then cost."""
    return (inf, inf) if isinstance(answer, Unplaceable) else (len(answer.moved), round(answer.cost.total / NOTHING))


class _Course:
    def __init__(self, seats: Seats, request: CourseRequest, situation: Situation) -> None:
        self._seats, self._request, self._situation = seats, request, situation
        self._found: dict[tuple[date, tuple[Wish, ...]], Reseating | None] = {}

    def seated(self, hoped: CoursePlan) -> Seated | None:
        """A plan of which every date has room in its pools, seated; None, and the starts forbidden, where some dates cannot be."""
        units: dict[tuple[int, int], str] = {}
        given: list[Given] = []
        whole = True
        for on, sessions in self._by_date(hoped).items():
            for pool, asked in self._asked(on, sessions).items():
                found = self._seat(on, pool, asked)
                if found is None:
                    whole = False
                    self._forbid(on, pool, asked)
                else:
                    units |= {(each.number, each.place): unit for each, unit in zip(asked, found[0], strict=True)}
                    given += found[1]
        return Seated(_on_units(hoped, units), tuple(given)) if whole else None

    def _by_date(self, hoped: CoursePlan) -> dict[date, list[PlannedSession]]:
        dates: dict[date, list[PlannedSession]] = defaultdict(list)
        for session in hoped.sessions[len(self._situation.done) :]:
            dates[self._seats.fixed.time.date_of(session.interval.starts_at)].append(session)
        return dates

    def _asked(self, on: date, sessions: Sequence[PlannedSession]) -> dict[Pool, list[Asked]]:
        """What sessions of a date want of pools in which somebody could make room."""
        asked: dict[Pool, list[Asked]] = defaultdict(list)
        for session in sessions:
            wanted = self._request.protocol.templates[session.template].requirements
            for place, seat in enumerate(session.seats):
                if (pool := self._seats.pool_of.get(seat.resource)) is not None:
                    asked[pool].append(Asked(session.number, place, seat, wanted[seat.requirement].requirement))
        return {pool: each for pool, each in asked.items() if self._seats.on(on, pool)}

    def _seat(self, on: date, pool: Pool, asked: Sequence[Asked]) -> tuple[tuple[str, ...], list[Given]] | None:
        """Seats for what is asked, and who gives way. Kept, since most dates of a course stay when it is planned anew."""
        wishes = tuple(self._wish(on, pool, each) for each in asked)
        there = self._seats.on(on, pool)
        if (on, wishes) not in self._found:
            self._found[on, wishes] = fewest_reseats(self._seats.pinned, on, [*there.values()], wishes)
        found, keys = self._found[on, wishes], list(there)
        return None if found is None else (found.seats, [(on, keys[index], unit) for index, unit in found.moved])

    def _wish(self, on: date, pool: Pool, asked: Asked) -> Wish:
        """The resource planned where continuity asks for it, or else any that is like it."""
        seat, need = asked.seat, asked.need
        units = (seat.resource,) if need.continuity else self._seats.units_like(pool, need.capability, seat.resource)
        apart = asked.number * MANY + seat.requirement if need.count > 1 else ANYWHERE
        return Wish(*self._seats.part(on, seat.interval), need, units, apart)

    def _forbid(self, on: date, pool: Pool, asked: Sequence[Asked]) -> None:
        alone = [each for each in asked if len(asked) > 1 and self._seat(on, pool, [each]) is None]
        for each in alone or asked:
            wish = self._wish(on, pool, each)
            for name in wish.units:
                self._seats.pooled.forbid(name, on, wish.part_on(self._seats.fixed.resources[name]))


def _on_units(plan: CoursePlan, units: Mapping[tuple[int, int], str]) -> CoursePlan:
    return replace(plan, sessions=tuple(on_units(session, units) for session in plan.sessions))
