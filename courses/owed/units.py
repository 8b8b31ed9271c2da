"""Devices that a payer agreed to: how far they reach at the present dose. The dates may look valid long after the devices are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from courses.owed.lots import Caution


@dataclass(frozen=True, slots=True)
class Ahead:
    """A session to come; `on` is None for one that has no place yet."""

    number: int
    on: date | None


@dataclass(frozen=True, slots=True)
class Reach:
    """`left` devices are enough for so many sessions of `per_session`; `first_without` is the first to come that they do not cover."""

    left: int
    per_session: int
    sessions: int
    first_without: Ahead | None


def reach(agreed: int, used: int, per_session: int, ahead: Sequence[Ahead]) -> Reach:
    """How far the devices that are left reach at so many a session; `ahead` in order."""
    left = agreed - used
    sessions = max(left, 0) // per_session
    return Reach(left, per_session, sessions, ahead[sessions] if len(ahead) > sessions else None)


def exhausted(found: Reach, valid_until: date) -> tuple[Caution, ...]:
    """A warning where the devices end before the sessions do, although the dates would still cover one."""
    first = found.first_without
    if first is None or (first.on is not None and first.on > valid_until):
        return ()
    when = f" on {first.on}" if first.on else ""
    left = f"{max(found.left, 0)} authorized devices are left: at {found.per_session} a session"
    return (Caution("devices_run_out", f"{left}, session {first.number}{when} has none. Ask the payer before then."),)
