"""The rules of a protocol's phases about dates, told for a whole list of dates: by no code of the planner's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from courses.protocols.protocol import SessionSlot

ONE_DAY = timedelta(days=1)
FARTHEST_DAYS = 800

IsOpen = Callable[[date], bool]


def date_faults(slots: Sequence[SessionSlot], days: Sequence[date], start: date, is_open: IsOpen) -> Iterator[str]:
    """What is wrong with the date of the last of a course's first sessions, with those before it as they are."""
    slot, day, before = slots[len(days) - 1], days[-1], days[:-1]
    spacing = slot.spacing
    if day < start:
        yield f"{day} is before the course may start"
    if spacing.weekdays is not None and day.weekday() not in spacing.weekdays:
        yield f"{day:%A} is no day of its phase"
    if spacing.per_week is not None and sum(each.isocalendar()[:2] == day.isocalendar()[:2] for each in days) > spacing.per_week:
        yield f"more than {spacing.per_week} sessions in the week of {day}"
    if spacing.per_7_days is not None and sum(timedelta() <= day - each < 7 * ONE_DAY for each in days) > spacing.per_7_days:
        yield f"more than {spacing.per_7_days} sessions in the seven days up to {day}"
    if slot.window is not None:
        anchor = days[slot.phase_begins - 1] if slot.phase_begins else start
        if not slot.window[0] <= (day - anchor).days <= slot.window[1]:
            yield f"{day} is {(day - anchor).days} days after {anchor}, outside its window"
    if before:
        yield from _gap_faults(slot, before, day, is_open)


def _gap_faults(slot: SessionSlot, before: Sequence[date], day: date, is_open: IsOpen) -> Iterator[str]:
    spacing, last = slot.spacing, before[-1]
    gap = (day - last).days
    if gap < 0:
        yield f"{day} is before {last}, the date of the session before"
    if spacing.max_gap_days is not None and gap > spacing.max_gap_days:
        yield f"{day} is {gap} days after {last}"
    if slot.later_week and day.isocalendar()[:2] <= last.isocalendar()[:2]:
        yield f"its block begins on {day}, in the week of {last}"
    if spacing.per_day == 1 or len(before) == slot.phase_begins:
        if gap < spacing.min_gap_days:
            yield f"{day} is only {gap} days after {last}"
        return
    in_phase = before[slot.phase_begins :]
    on_last = sum(each == last for each in in_phase)
    if gap == 0 and on_last >= spacing.per_day:
        yield f"more than {spacing.per_day} sessions on {day}"
    if gap > 0 and on_last < spacing.per_day:
        yield f"only {on_last} sessions on {last}"
    between = (last + ONE_DAY * k for k in range(1, gap))
    if any(is_open(each) and (spacing.weekdays is None or each.weekday() in spacing.weekdays) for each in between):
        yield f"an open date between {last} and {day} is skipped"


def ideal_dates(slots: Sequence[SessionSlot], start: date, is_open: IsOpen) -> list[date]:
    """The earliest date of each session by the rules alone; empty where they lead nowhere."""
    days: list[date] = []
    for _ in slots:
        since = days[-1] if days else start
        tried = (since + ONE_DAY * k for k in range(FARTHEST_DAYS))
        found = next((day for day in tried if is_open(day) and not any(date_faults(slots, [*days, day], start, is_open))), None)
        if found is None:
            return []
        days.append(found)
    return days
