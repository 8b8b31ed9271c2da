"""How good a repair is: fewest lost courses first, then fewest moves, then fewest reassignments, then the objective."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from courses.plans.batch import objective
from courses.plans.costs import cost_of
from courses.plans.plan import ClinicPlan, Cost, CoursePlan, PlannedSession, Proof, Unplaceable
from courses.plans.repair.board import Board

Lost = Mapping[str, Unplaceable]
"""The courses that have no place any more, and why."""


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """Less is better, from left to right. `weight_lost` is the sum of the lost courses' priorities."""

    lost: int = 0
    weight_lost: float = 0
    moves: int = 0
    reassigned: int = 0
    cost: float = 0

    @property
    def losses(self) -> tuple[int, float, int]:
        """What somebody must be told: a lost course, or another time."""
        return self.lost, self.weight_lost, self.moves


def score_of(board: Board, lost: Lost, courses: Iterable[str]) -> Score:
    """The score of some courses as they stand."""
    moves = reassigned = n_lost = 0
    weight = cost = 0.0
    for course in courses:
        priority = board.case.requests[course].priority
        if course in lost:
            n_lost, weight = n_lost + 1, weight + priority
            continue
        changed = changes_of(board, course)
        moves, reassigned = moves + len(changed.moved), reassigned + len(changed.reassigned)
        cost += priority * _cost(board, course).total
    return Score(n_lost, weight, moves, reassigned, round(cost, 6))


@dataclass(frozen=True, slots=True)
class Changes:
    """The numbers of a course's sessions that start at another time, and of those that only have other resources."""

    moved: tuple[int, ...]
    reassigned: tuple[int, ...]


def changes_of(board: Board, course: str) -> Changes:
    """What is different from before for a course as it stands."""
    was, moved, reassigned = board.case.ahead[course], [], []
    for number, session in sorted(board.sessions(course).items()):
        old = was.get(number)
        if old is session:
            continue
        if old is None or _start(old) != _start(session):
            moved.append(number)
        elif _resources(old) != _resources(session):
            reassigned.append(number)
    return Changes(tuple(moved), tuple(reassigned))


def changed_courses(board: Board, lost: Lost) -> list[str]:
    """The courses that anything happened to, in the order of the plan before."""
    return [course for course in board.case.plans if course in lost or dict(board.sessions(course)) != board.case.ahead[course]]


def answer_of(board: Board, lost: Lost, proof: Proof | None = None) -> ClinicPlan:
    """The plan that stands on a board, in the order of the plan before; no booking of others is elsewhere in vain."""
    courses: list[CoursePlan | Unplaceable] = []
    board.guests.go_home()
    for each in board.case.before.courses:
        if isinstance(each, Unplaceable):
            courses.append(each)
        elif each.course in lost:
            courses.append(lost[each.course])
        else:
            courses.append(plan_of(board, each.course))
    total = objective(board.case.requests.values(), courses)
    return ClinicPlan(tuple(courses), total, board.guests.reseated(), proof=proof)


def plan_of(board: Board, course: str) -> CoursePlan:
    """A course's plan as it stands on a board."""
    return CoursePlan(course, board.whole(course), _cost(board, course), changes_of(board, course).moved)


def _cost(board: Board, course: str) -> Cost:
    case = board.case
    step, weights = case.clinic.site.granularity_minutes, case.clinic.weights
    return cost_of(case.requests[course], board.whole(course), board.ideal(course), case.time, step, weights)


def _start(session: PlannedSession) -> datetime:
    return session.interval.starts_at


def _resources(session: PlannedSession) -> set[tuple[int, str]]:
    return {(seat.requirement, seat.resource) for seat in session.seats}
