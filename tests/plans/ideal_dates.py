"""A course's ideal dates: each session on the earliest open date that the rules allow after those before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from tests.plans.date_rules import Place, date_faults

MOST_DAYS = 800


def ideal_dates(places: Sequence[Place], start: date, is_open: Callable[[date], bool]) -> list[date]:
    """One for each session; empty where a session has no such date within some two years."""
    days: list[date] = []
    for i in range(len(places)):
        since = days[-1] if days else start
        for k in range(MOST_DAYS):
            day = since + timedelta(days=k)
            if is_open(day) and not any(date_faults(places, [*days, day], start, is_open, i)):
                days.append(day)
                break
        else:
            return []
    return days
