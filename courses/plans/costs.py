"""What a plan costs: the soft goals of the clinic file, added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median_low

from courses.plans.plan import Cost, PlannedSession
from courses.plans.request import CourseRequest, Weights
from rooms.availability.hours import SiteTime


def cost_of(
    request: CourseRequest, sessions: Sequence[PlannedSession], ideal: Sequence[int], time: SiteTime, granularity: int, weights: Weights
) -> Cost:
    """The cost of a whole course. `ideal` holds the ideal day number of each session, or nothing where there are none."""
    locals_ = [time.local(session.interval.starts_at) for session in sessions]
    days = [local.date().toordinal() for local in locals_]
    clocks = [local.hour * 60 + local.minute for local in locals_]
    slots = request.protocol.slots
    delay = sum(day - wish for day, wish in zip(days, ideal, strict=False))
    window = request.window
    outside = sum(not window.holds(clock) for clock in clocks) if window else 0
    firsts = [c for k, c in enumerate(clocks) if k == 0 or slots[k].spacing.per_day == 1 or days[k] != days[k - 1]]
    middle = median_low(firsts)
    spread = sum(abs(clock - middle) for clock in firsts) // granularity
    changes = changes_in(request, sessions)
    total = weights.delay_day * delay + weights.outside_window * outside + weights.spread_step * spread + weights.change * changes
    return Cost(delay, outside, spread, changes, total)


def changes_in(request: CourseRequest, sessions: Sequence[PlannedSession]) -> int:
    """How often a capability that asks for continuity is met by other resources than in the session before that asked for it."""
    last: dict[str, frozenset[str]] = {}
    changes = 0
    for session in sessions:
        wanted = request.protocol.templates[session.template].requirements
        met: dict[str, set[str]] = defaultdict(set)
        for seat in session.seats:
            if wanted[seat.requirement].requirement.continuity:
                met[seat.capability].add(seat.resource)
        for capability, who in met.items():
            changes += capability in last and last[capability] != who
            last[capability] = frozenset(who)
    return changes
