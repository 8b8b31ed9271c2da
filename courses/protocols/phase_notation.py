"""Phases as the clinic file writes them, and what is wrong with one that no calendar could keep."""

from __future__ import annotations

from itertools import pairwise

from courses.protocols.located.part import Fields, Part
from courses.protocols.protocol import Phase, Spacing
from rooms.availability.hours import WEEKDAYS

COUNTS = ("sessions", "weekly", "windows")
PHASE_KEYS = (
    "name",
    *COUNTS,
    "per_week",
    "per_7_days",
    "per_day",
    "min_gap_days",
    "max_gap_days",
    "min_gap_minutes",
    "max_gap_minutes",
    "weekdays",
)
MOST_SESSIONS = 1_000
"""More sessions than any course has; a slip of the finger is found before it is planned."""


def phases_of(part: Part) -> tuple[Phase, ...]:
    """The phases of a protocol in order; their names differ."""
    found = []
    first: dict[str, int] = {}
    for index, each in enumerate(part.items(least=1)):
        phase = _phase(each)
        if phase is None:
            continue
        if phase.name in first:
            each.refuse(f"phase {phase.name!r} is at place {first[phase.name]} already; give each its own name")
        first.setdefault(phase.name, index)
        found.append(phase)
    if sum(phase.n_sessions for phase in found) > MOST_SESSIONS:
        part.refuse(f"the phases have {sum(phase.n_sessions for phase in found)} sessions together; at most {MOST_SESSIONS} can be planned")
    return tuple(found)


def _phase(part: Part) -> Phase | None:
    fields = part.fields(PHASE_KEYS, required=("name",))
    given = [key for key in COUNTS if key in fields]
    if fields.sound and not given:
        part.refuse("nothing says how many sessions the phase has; give sessions, weekly or windows")
    for key in given[1:]:
        fields[key].refuse(f"{given[0]} says already how many sessions the phase has; keep one of the two")
    if "weekly" in fields and "per_week" in fields:
        fields["per_week"].refuse("inside a block of weekly the block's size is the number per week; leave per_week out")
    name = fields["name"].name()
    spacing = _spacing(fields)
    sessions = fields["sessions"].whole(1, MOST_SESSIONS) if "sessions" in fields else None
    weekly = tuple(block.whole(1, MOST_SESSIONS) for block in fields["weekly"].items(1)) if "weekly" in fields else ()
    windows = _windows(fields["windows"]) if "windows" in fields else ()
    phase = fields.build(lambda: Phase(name, spacing, sessions, weekly, windows))
    if phase is not None:
        _refuse_the_impossible(fields, phase)
    return phase if fields.sound else None


def _spacing(fields: Fields) -> Spacing:
    usual = Spacing()
    return Spacing(
        per_week=fields.whole_or_none("per_week"),
        per_7_days=fields.whole_or_none("per_7_days"),
        per_day=fields.whole("per_day", usual.per_day, least=1),
        min_gap_days=fields.whole("min_gap_days", usual.min_gap_days),
        max_gap_days=fields.whole_or_none("max_gap_days"),
        min_gap_minutes=fields.whole("min_gap_minutes", usual.min_gap_minutes),
        max_gap_minutes=fields.whole("max_gap_minutes", usual.max_gap_minutes),
        weekdays=frozenset(_weekday(day) for day in fields["weekdays"].items(1)) if "weekdays" in fields else None,
    )


def _weekday(part: Part) -> int:
    name = part.choice(WEEKDAYS, "weekday")
    return WEEKDAYS.index(name) if name in WEEKDAYS else 0


def _windows(part: Part) -> tuple[tuple[int, int], ...]:
    windows = tuple(window for each in part.items(1) if (window := _window(each)) is not None)
    for index, (before, after) in enumerate(pairwise(windows), 1):
        if after[1] <= before[0]:
            told = f"it ends on day {after[1]}, and the window before it begins on day {before[0]}"
            part.refuse_at(index, f"{told}; let windows follow each other")
    return windows


def _window(part: Part) -> tuple[int, int] | None:
    days = part.items()
    if len(days) != 2:
        part.refuse("a window is two days, its first and its last, such as [2, 5]")
        return None
    first, last = days[0].whole(), days[1].whole()
    if last < first:
        part.refuse(f"the window ends on day {last}, before it begins on day {first}")
    return first, last


def _refuse_the_impossible(fields: Fields, phase: Phase) -> None:
    spacing = phase.spacing
    if spacing.max_gap_days is not None and spacing.max_gap_days < spacing.min_gap_days and spacing.per_day == 1:
        told = f"at most {spacing.max_gap_days} days apart, and at least {spacing.min_gap_days}"
        fields["max_gap_days"].refuse(f"{told} (min_gap_days): no two sessions can be both")
    if spacing.per_day > 1 and spacing.max_gap_minutes < spacing.min_gap_minutes:
        told = f"at most {spacing.max_gap_minutes} minutes apart, and at least {spacing.min_gap_minutes}"
        fields["max_gap_minutes"].refuse(f"{told} (min_gap_minutes): no two sessions can be both")
    a_date_holds = min(spacing.per_day, phase.n_sessions)
    for key, most in (("per_week", spacing.per_week), ("per_7_days", spacing.per_7_days)):
        if most is not None and most < a_date_holds:
            fields[key].refuse(f"{most}, and one date holds {a_date_holds} sessions already (per_day)")
    if phase.n_sessions > 1 and spacing.per_day == 1 and not _a_gap_fits(spacing):
        told = f"no two of these days are {spacing.min_gap_days} to {spacing.max_gap_days} days apart"
        fields["weekdays"].refuse(f"{told}; name more days, or let max_gap_days reach the next")


def _a_gap_fits(spacing: Spacing) -> bool:
    """Whether some two of the phase's weekdays lie as far apart as its sessions must."""
    days = spacing.weekdays
    if days is None or spacing.max_gap_days is None or spacing.max_gap_days < spacing.min_gap_days:
        return True
    gaps = range(spacing.min_gap_days, min(spacing.max_gap_days, spacing.min_gap_days + 6) + 1)
    return any((day + gap) % 7 in days for day in days for gap in gaps)
