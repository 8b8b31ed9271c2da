"""Whether a message that is due may go out now: decided in the very transaction in which it is taken, from what is true then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scheduler.reminders.decency import Decency

A_DAY_MOST, A_WEEK_MOST = 3, 6
"""How many messages one patient, and one address, gets."""
MOST_COPIES = 2
"""A message that may have gone out goes out at most once more."""


class Do(StrEnum):
    """What becomes of it."""

    SEND = "send"
    LATER = "later"
    VOID = "void"
    EXPIRE = "expire"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of it and why; `at` is when it is looked at again."""

    do: Do
    why: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a message that is due. `today` and `this_week` count what the same patient or address was sent."""

    due_at: datetime
    useful_until: datetime
    copies: int
    is_wanted: bool
    today: int
    this_week: int
    barrier: datetime | None
    by_hand: bool = False
    """A person sends it in spite of a restored backup or an uncertain copy."""


def judge(case: Case, decency: Decency, *, now: datetime) -> Verdict:
    """What becomes of it, the most certain reason first."""
    if doubt := _doubt(case):
        return Verdict(Do.PARK, doubt)
    if now >= case.useful_until:
        return Verdict(Do.EXPIRE, "too_late")
    if not case.is_wanted:
        return Verdict(Do.VOID, "changed")
    if case.this_week >= A_WEEK_MOST or case.today >= A_DAY_MOST:
        return _later(case, decency.next_decent(_next_day(decency, now)), "enough_for_now")
    if not decency.is_decent(now):
        return _later(case, decency.next_decent(now), "quiet_hours")
    return Verdict(Do.SEND)


def _doubt(case: Case) -> str:
    if case.by_hand:
        return ""
    if case.copies >= MOST_COPIES:
        return "may_have_gone_out"
    return "restored" if case.barrier is not None and case.due_at < case.barrier else ""


def _later(case: Case, at: datetime, why: str) -> Verdict:
    return Verdict(Do.LATER, why, at) if at < case.useful_until else Verdict(Do.EXPIRE, why)


def _next_day(decency: Decency, now: datetime) -> datetime:
    zone = decency.zones[0]
    return zone.day(zone.date_of(now) + timedelta(days=1)).midnight


def again_after(tries: int) -> timedelta:
    """How long to wait after a failure that may pass: a minute, then twice as long each time, up to half an hour."""
    return timedelta(minutes=min(2 ** max(0, tries - 1), 30))
