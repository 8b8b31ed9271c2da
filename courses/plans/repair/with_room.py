"""One course planned anew as if the bookings of others that may be re-seated took room from their pool, and from no resource in it."""

from __future__ import annotations

from dataclasses import replace

from courses.plans.best_plan import Situation, loads_of
from courses.plans.plan import CoursePlan, Unplaceable
from courses.plans.repair.board import Board
from courses.plans.repair.score import plan_of
from courses.plans.reseating import better_by_reseating


def settle_with_room(board: Board, course: str, lost: Unplaceable | None) -> bool:
    """Place all that is ahead of a course anew, with bookings of others re-seated for it, where fewer of its sessions move so, or it
    costs less. Whether that was so; else all stands as it stood."""
    case, done, picture = board.case, board.case.done[course], board.picture()
    before = lost or plan_of(board, course)
    for number in [*board.sessions(course)]:
        board.lift(course, number)
    others = [session for each in case.plans if each != course for session in board.whole(each)]
    seats = [(board.guests.movable(index).resource, index) for index in case.guests]
    held = [*case.clinic.held]
    for resource, index in seats:
        held[index] = (resource, *held[index][1:])
    clinic = replace(case.clinic, held=[*held, *loads_of(others)], movable={index: case.clinic.movable[index] for index in case.guests})
    request = case.requests[course]
    hours = clinic.hours_of(request.patient)
    situation = Situation(board.calendar, hours, clinic.weights, board.busy_elsewhere(course), done, case.ahead[course], case.now)
    better = better_by_reseating(clinic, request, situation, before)
    if better is None or not isinstance(better.answer, CoursePlan):
        board.restore(picture)
        return False
    board.guests.put({each.booking: each.resource for each in better.reseated})
    for session in better.answer.sessions[len(done) :]:
        board.put(course, session)
    return True
