"""A session that has no place of its own gets one by moving one other session nearby: two moves instead of a whole course's."""

from __future__ import annotations

from courses.plans.repair.board import Board
from courses.plans.repair.case import Key
from courses.plans.repair.same_start import SameStart, rivals
from courses.plans.repair.walk import Walk

MOST_RIVALS = 12
"""How many others are asked to make way for one session, those served last first."""


def make_way(board: Board, key: Key, most: int = MOST_RIVALS) -> bool:
    """Find a place for a session without one on its old date, one other session moving nearby. False where none can."""
    was = board.case.ahead[key[0]].get(key[1])
    if was is None:
        return False
    seating = SameStart(board, depth=0)
    for rival in rivals(board, key, was, whole_day=True)[:most]:
        stood, guests = board.lift(*rival), board.guests.picture()
        if seating.seat(key, was) or Walk(board, key[0]).near(key[1]):
            if Walk(board, rival[0]).near(rival[1]):
                return True
            board.lift(*key)
            board.guests.restore(guests)
        board.put(rival[0], stood)
    return False
