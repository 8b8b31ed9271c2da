"""From the instant answer to the polished one: bettered, held against what is proven, and once more if the proof shows a better way."""

from __future__ import annotations

from courses.plans.plan import ClinicPlan, Unplaceable
from courses.plans.repair.alone import Alone
from courses.plans.repair.bettering import Bettering, Polish
from courses.plans.repair.board import Board
from courses.plans.repair.bound import Together, proof_of, question_of
from courses.plans.repair.mending import mend_course
from courses.plans.repair.proof import has_solver, kept_together
from courses.plans.repair.score import answer_of, score_of


def polished(board: Board, lost: dict[str, Unplaceable], alone: Alone, polish: Polish) -> ClinicPlan:
    """The best plan that is found in the time, with what is proven of it. Without the extra `solver` less is proven."""
    polish.first(answer_of(board, lost))
    bettering = Bettering(board, lost, alone, polish)
    bettering.keep_lost()
    bettering.one_by_one()
    together = _ask(board, lost, alone, polish)
    if together is not None and _adopt(board, lost, together):
        bettering.one_by_one()
    bettering.together(proof_of(board, lost, alone, together).at_least)
    return answer_of(board, lost, proof_of(board, lost, alone, together))


def _ask(board: Board, lost: dict[str, Unplaceable], alone: Alone, polish: Polish) -> Together | None:
    question = question_of(board, lost, alone)
    left = polish.seconds - polish.elapsed()
    return kept_together(question, left) if question is not None and left > 0 and has_solver() else None


def _adopt(board: Board, lost: dict[str, Unplaceable], together: Together) -> bool:
    """Seat everyone as the proof does, and find the others new places. All is put back where that is not better."""
    courses = [course for course in board.case.plans if course not in lost]
    before, was = board.picture(), score_of(board, lost, courses)
    for course, number in together.asked:
        board.lift(course, number)
    board.guests.put(together.guests)
    for (course, _), session in together.kept.items():
        if board.is_free(course, session):
            board.put(course, session)
    for course in dict.fromkeys(course for course, number in sorted(together.asked, key=board.case.urgency)):
        if mend_course(board, course) is not None:
            break
    else:
        if score_of(board, lost, courses) < was:
            return True
    board.restore(before)
    return False
