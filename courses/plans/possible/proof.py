"""The proof that a course has no place: the first session that cannot be placed whatever is chosen for those before it.

Every course that is shorter by some sessions is asked for: one more session never helps, so halving finds where it stops.
"""

from __future__ import annotations

from collections.abc import Callable

from courses.plans.possible.cadence import Trail, advance, possible_days
from courses.plans.possible.date_path import DatePath, Stuck, Walk
from courses.protocols.protocol import SessionSlot

WalkOf = Callable[[int], Walk]
"""The walk through only so many first sessions of a course."""


def first_without_place(quick: WalkOf, full: WalkOf, trail: Trail, n_sessions: int) -> tuple[int, Stuck]:
    """The number of the first session without a place after a trail, and what was tried for it, where all of them have none.

    `quick` may forget what no rule asks for any more; `full` tells the dates by every rule.
    """
    fits, fails = trail.placed, n_sessions
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if DatePath(quick(middle)).find(trail) is None:
            fails = middle
        else:
            fits = middle
    walk = full(fails)
    search = DatePath(walk)
    search.find(trail)
    if not _speaks_of(fails, search.stuck, walk.slots):
        search.stuck = _after_those_before(full, trail, fails)
    return fails, search.stuck


def _speaks_of(number: int, stuck: Stuck, slots: tuple[SessionSlot, ...]) -> bool:
    """Whether a search was stuck at a session, or at the first of those that must share its date."""
    before = number - 1 - stuck.at
    slot = slots[number - 1]
    return before == 0 or (0 < before < slot.spacing.per_day and stuck.at >= slot.phase_begins)


def _after_those_before(full: WalkOf, trail: Trail, number: int) -> Stuck:
    """The dates that the rules leave for a session after one way of placing those before it."""
    walk = full(number)
    found = DatePath(full(number - 1)).find(trail)
    for run, on in zip(*found, strict=True) if found else ():
        for _ in range(run.length):
            trail = advance(walk.slots, trail, on.toordinal())
    latest = walk.bounds.first_latest if number == 1 else walk.bounds.latest
    return Stuck(number - 1, set(possible_days(walk.slots[number - 1], trail, walk.bounds.earliest, latest, walk.is_open)))
