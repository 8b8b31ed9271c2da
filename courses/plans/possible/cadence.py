"""Which dates a course's next session may be on, looking at dates alone: weeks, gaps, blocks and windows.

Dates are day numbers (`date.toordinal`), so that a search can try thousands of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from courses.protocols.protocol import SessionSlot

IsOpen = Callable[[int], bool]
NextDay = Callable[[int, int], "int | None"]
"""The first day, from a day on, that has room for a session (from 0) by itself; None where none is in sight."""
DAYS_OF_WEEK = 7
LOOKAHEAD_DAYS = 800
"""How far the ideal date of a session is searched after the one before; beyond it the course has no ideal dates."""
NEVER = date.max.toordinal()
"""Stands for the date of a session that no day in sight can hold."""


def weekday(day: int) -> int:
    """0 is Monday."""
    return (day + 6) % DAYS_OF_WEEK


def week(day: int) -> int:
    """The number of the day's ISO week; later weeks have higher numbers."""
    return (day - 1) // DAYS_OF_WEEK


class Trail(NamedTuple):
    """What the next session must know of the dates before it: how many sessions there were, the dates of the last week, and
    the date from which windows are counted. Two histories with the same trail have the same future."""

    placed: int
    recent: tuple[tuple[int, int], ...]
    """Dates of the last seven days or the same week, each with its number of sessions."""
    anchor: int

    @property
    def last(self) -> int | None:
        """The date of the session before, if there was one."""
        return self.recent[-1][0] if self.recent else None


class Forgetting:
    """Shortens trails to what still matters, so that more histories have the same future.

    `n_weekdays` is how many weekdays can hold sessions at all: a week never holds more, with one session on each date. `is_single` says
    that no date ever holds two; where one may, nothing is left out.
    """

    def __init__(self, slots: tuple[SessionSlot, ...], n_weekdays: int) -> None:
        ahead = [slots[at : at + DAYS_OF_WEEK] for at in range(len(slots) + 1)]
        self.is_single = all(slot.spacing.per_day == 1 and slot.spacing.min_gap_days > 0 for slot in slots)
        self._weeks = [any((slot.spacing.per_week or n_weekdays) < n_weekdays for slot in near) for near in ahead]
        self._sevens = [any((slot.spacing.per_7_days or n_weekdays) < n_weekdays for slot in near) for near in ahead]

    def __call__(self, trail: Trail) -> Trail:
        """The same future in fewer words."""
        at = trail.placed
        if not trail.recent or not self.is_single or (self._weeks[at] and self._sevens[at]):
            return trail
        last = trail.recent[-1][0]
        if self._sevens[at]:
            return Trail(at, tuple(each for each in trail.recent if last - each[0] < DAYS_OF_WEEK - 1), trail.anchor)
        in_week = sum(n for day, n in trail.recent if week(day) == week(last)) if self._weeks[at] else 1
        return Trail(at, ((last, in_week),), trail.anchor)

    def after(self, slots: tuple[SessionSlot, ...], trail: Trail, day: int) -> Trail:
        """The trail with the next session on `day`, shortened: the same as one after the other, sooner told where a date is enough."""
        at, recent = trail.placed + 1, trail.recent
        if not self.is_single or self._sevens[at] or len(recent) != 1 or (at < len(slots) and slots[at].window is not None):
            return self(advance(slots, trail, day))
        last, in_week = recent[0]
        return Trail(at, ((day, in_week + 1 if self._weeks[at] and week(last) == week(day) else 1),), 0)


def blank(start: date) -> Trail:
    """The trail of a course that has not begun: its windows are counted from `start`."""
    return Trail(0, (), start.toordinal())


def advance(slots: tuple[SessionSlot, ...], trail: Trail, day: int) -> Trail:
    """The trail with the next session on `day`."""
    oldest = min(day - DAYS_OF_WEEK + 1, day - weekday(day))
    recent = [each for each in trail.recent if each[0] >= oldest]
    if recent and recent[-1][0] == day:
        recent[-1] = (day, recent[-1][1] + 1)
    else:
        recent.append((day, 1))
    placed = trail.placed + 1
    begins_phase = placed < len(slots) and slots[placed].phase_begins == placed
    windows = placed < len(slots) and slots[placed].window is not None
    anchor = day if begins_phase and windows else trail.anchor if windows else 0
    return Trail(placed, tuple(recent), anchor)


def allows(slot: SessionSlot, trail: Trail, day: int, is_open: IsOpen) -> bool:
    """Whether the session's phase allows a date: the same as no `refusal`, sooner told."""
    spacing, recent = slot.spacing, trail.recent
    if spacing.per_day > 1 or not recent:
        return refusal(slot, trail, day, is_open) is None
    last = recent[-1][0]
    gap = day - last
    if gap < 0 or gap < spacing.min_gap_days or (spacing.max_gap_days is not None and gap > spacing.max_gap_days):
        return False
    if spacing.weekdays is not None and weekday(day) not in spacing.weekdays:
        return False
    if slot.later_week and week(day) <= week(last):
        return False
    return _count_refusal(slot, trail, day, is_open) is None and (
        slot.window is None or slot.window[0] <= day - trail.anchor <= slot.window[1]
    )


def refusal(slot: SessionSlot, trail: Trail, day: int, is_open: IsOpen) -> str | None:
    """Why the session may not be on `day`, in words for the desk; None where its phase allows the date."""
    for rule in (_weekday_refusal, _gap_refusal, _count_refusal, _window_refusal):
        if (why := rule(slot, trail, day, is_open)) is not None:
            return why
    return None


def _weekday_refusal(slot: SessionSlot, _trail: Trail, day: int, _is_open: IsOpen) -> str | None:
    allowed = slot.spacing.weekdays
    return None if allowed is None or weekday(day) in allowed else "its phase is not on this weekday"


def _gap_refusal(slot: SessionSlot, trail: Trail, day: int, is_open: IsOpen) -> str | None:
    if trail.last is None:
        return None
    gap, spacing = day - trail.last, slot.spacing
    if gap < 0:
        return "the session before it is later"
    if spacing.per_day > 1 and slot.number - 1 > slot.phase_begins:
        why = _run_refusal(slot, trail, day, is_open)
    else:
        why = f"at least {spacing.min_gap_days} days must lie between sessions" if gap < spacing.min_gap_days else None
    if why is None and spacing.max_gap_days is not None and gap > spacing.max_gap_days:
        why = f"at most {spacing.max_gap_days} days may lie between sessions"
    if why is None and slot.later_week and week(day) <= week(trail.last):
        why = "its block starts in a later week"
    return why


def _run_refusal(slot: SessionSlot, trail: Trail, day: int, is_open: IsOpen) -> str | None:
    """For phases with several sessions a day: full days, one after the other."""
    last, on_last = trail.recent[-1]
    in_phase = min(on_last, trail.placed - slot.phase_begins)
    if day == last:
        return None if in_phase < slot.spacing.per_day else f"the date already holds {slot.spacing.per_day} sessions"
    if in_phase < slot.spacing.per_day:
        return f"the date before it holds only {in_phase} of {slot.spacing.per_day} sessions"
    allowed = slot.spacing.weekdays
    if any(is_open(between) and (allowed is None or weekday(between) in allowed) for between in range(last + 1, day)):
        return "it would skip a date on which the site is open"
    return None


def _count_refusal(slot: SessionSlot, trail: Trail, day: int, _is_open: IsOpen) -> str | None:
    per_week, per_7_days = slot.spacing.per_week, slot.spacing.per_7_days
    if per_week is not None and _in_week_of(day, trail) >= per_week:
        return f"the week already holds {per_week} sessions"
    if per_7_days is not None and sum(n for d, n in trail.recent if day - d < DAYS_OF_WEEK) >= per_7_days:
        return f"seven days already hold {per_7_days} sessions"
    return None


def _in_week_of(day: int, trail: Trail) -> int:
    recent, this = trail.recent, week(day)
    return sum(n for d, n in recent if week(d) == this) if recent and week(recent[-1][0]) == this else 0


def _window_refusal(slot: SessionSlot, trail: Trail, day: int, _is_open: IsOpen) -> str | None:
    if slot.window is None or slot.window[0] <= day - trail.anchor <= slot.window[1]:
        return None
    return f"its window is days {slot.window[0]} to {slot.window[1]}"


class Sieve:
    """The first day, from a day on, that passes; None where none does until the last in sight. Each day is looked at once."""

    def __init__(self, passes: Callable[[int], bool], last: int | None = None) -> None:
        self._passes, self._last = passes, last
        self._leads_to: dict[int, int] = {}

    def next_day(self, since: int) -> int | None:
        """The day itself, if it passes, or the first after it that does."""
        if self._leads_to.get(since) == since and (self._last is None or since <= self._last):
            return since
        day, end, failed = since, since + LOOKAHEAD_DAYS if self._last is None else self._last + 1, []
        while day < end and (leads_to := self._leads_to.get(day)) != day:
            if leads_to is not None:
                day = leads_to
            elif self._passes(day):
                self._leads_to[day] = day
            else:
                failed.append(day)
                day += 1
        self._leads_to |= dict.fromkeys(failed, day)
        return day if day < end else None


def reach(slot: SessionSlot, trail: Trail, earliest: int, latest: int) -> tuple[int, int]:
    """The first and last date that a session's gaps and window leave between two dates."""
    if trail.last is not None:
        earliest = max(earliest, trail.last)
        if slot.spacing.max_gap_days is not None:
            latest = min(latest, trail.last + slot.spacing.max_gap_days)
    if slot.window is not None:
        earliest, latest = max(earliest, trail.anchor + slot.window[0]), min(latest, trail.anchor + slot.window[1])
    return earliest, latest


def possible_days(slot: SessionSlot, trail: Trail, earliest: int, latest: int, is_open: IsOpen) -> Iterator[int]:
    """The dates, in order, on which the next session may be."""
    first, last = reach(slot, trail, earliest, latest)
    return (day for day in range(first, last + 1) if refusal(slot, trail, day, is_open) is None)


def allowed_days(slot: SessionSlot, trail: Trail, since: int, until: int, is_open: IsOpen, next_day: NextDay) -> Iterator[int]:
    """The dates with room between two, both included, that the next session's phase allows."""
    at = trail.placed
    if slot.spacing.per_day > 1 or not trail.recent or slot.spacing.per_7_days is not None or slot.window is not None:
        day = next_day(at, since)
        while day is not None and day <= until:
            if allows(slot, trail, day, is_open):
                yield day
            day = next_day(at, day + 1)
        return
    last, weekdays = trail.recent[-1][0], slot.spacing.weekdays
    this_week_is_full = slot.spacing.per_week is not None and _in_week_of(last, trail) >= slot.spacing.per_week
    full = week(last) if slot.later_week or this_week_is_full else week(last) - 1
    day = next_day(at, max(since, last + slot.spacing.min_gap_days))
    while day is not None and day <= until:
        if (weekdays is None or weekday(day) in weekdays) and week(day) > full:
            yield day
        day = next_day(at, day + 1)


class Earliest:
    """The dates that the rules give from any trail on, when each session takes the earliest date with room for it."""

    def __init__(
        self, slots: tuple[SessionSlot, ...], start: date, is_open: IsOpen, next_day: NextDay, forgetting: Forgetting | None = None
    ) -> None:
        self.slots = slots
        self._forgetting = forgetting
        self._start = start.toordinal()
        self._is_open, self._next_day = is_open, next_day
        self._next: dict[Trail, tuple[int, Trail] | None] = {}
        self._after: dict[tuple[Trail, int], Trail] = {}

    def step(self, trail: Trail) -> tuple[int, Trail] | None:
        """The next session's earliest date and the trail after it; None where no date comes within sight."""
        if trail not in self._next:
            self._next[trail] = self._find(trail)
        return self._next[trail]

    def _find(self, trail: Trail) -> tuple[int, Trail] | None:
        slot, since = self.slots[trail.placed], self._start if trail.last is None else trail.last
        earliest, latest = reach(slot, trail, since, since + LOOKAHEAD_DAYS - 1)
        days = allowed_days(slot, trail, earliest, latest, self._is_open, self._next_day)
        if (day := next(days, None)) is not None:
            return day, self.advance(trail, day)
        # No later trail fares better, save one that skips other dates between two full ones.
        none_left = slot.spacing.per_day == 1 and self._next_day(trail.placed, max(earliest, latest + 1)) is None
        return (NEVER, trail) if none_left else None

    def advance(self, trail: Trail, day: int) -> Trail:
        """The trail with the next session on `day`, in its shortest form."""
        after = self._after.get((trail, day))
        if after is None:
            forgetting = self._forgetting
            after = advance(self.slots, trail, day) if forgetting is None else forgetting.after(self.slots, trail, day)
            self._after[trail, day] = after
        return after

    def dates(self, trail: Trail) -> list[int]:
        """The dates of all sessions after a trail; shorter where the rules lead nowhere, or ending with `NEVER`."""
        found: list[int] = []
        while trail.placed < len(self.slots) and NEVER not in found[-1:] and (step := self.step(trail)) is not None:
            found.append(step[0])
            trail = step[1]
        return found

    def trail_until(self, trail: Trail, latest: int) -> Trail:
        """The trail before the first session whose earliest date is later than `latest`."""
        while trail.placed < len(self.slots) and (step := self.step(trail)) is not None and step[0] <= latest:
            trail = step[1]
        return trail


def ideal_days(slots: tuple[SessionSlot, ...], start: date, is_open: IsOpen) -> list[int]:
    """The ideal date of every session: the earliest open one, nothing else in the way; empty where the rules alone lead nowhere."""
    sieve = Sieve(is_open)
    found = Earliest(slots, start, is_open, lambda _at, day: sieve.next_day(day)).dates(blank(start))
    return found if len(found) == len(slots) and NEVER not in found else []
