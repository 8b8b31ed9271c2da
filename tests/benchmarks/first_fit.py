"""What calendar products do, for comparison: try each start of each date, and ask the database about each resource in turn.

It takes the first place of each session that is free, without a thought for those that follow, for wishes or for continuity.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import text

from rooms.availability.hours import SiteTime
from rooms.base import Db
from tests.benchmarks.seed import WEEK, ZONE

OPENS, CLOSES, GRID, MINUTES, TURNOVER = 8 * 60, 18 * 60, 5, 25, 5
CAPABILITIES = ("device", "room", "operator", "nurse")

FREE = text(
    """SELECT r.id FROM resource r JOIN resource_capability c ON c.resource_id = r.id
    WHERE c.capability = :capability AND r.retired_at IS NULL AND r.capacity > (
      SELECT coalesce(sum(b.load), 0) FROM booking b WHERE b.resource_id = r.id AND b.status = 'booked'
        AND b.starts_at < :ends_at AND b.ends_at > :starts_at AND b.starts_at > :starts_at - 86400)
    ORDER BY r.id LIMIT 1"""
)


def first_fit(db: Db, monday: date) -> list[tuple[int, list[int]]]:
    """The start (seconds since 1970) and the resources of each of 36 sessions from a Monday on."""
    clock = SiteTime(ZONE)
    dates = [monday + timedelta(weeks=week, days=day) for week, days in enumerate(WEEK) for day in days]
    return [_first_place(db, int(clock.day(on).midnight.timestamp())) for on in dates]


def _first_place(db: Db, midnight: int) -> tuple[int, list[int]]:
    for minute in range(OPENS, CLOSES - MINUTES - TURNOVER + 1, GRID):
        begins = midnight + 60 * minute
        times = {"starts_at": begins, "ends_at": begins + 60 * (MINUTES + TURNOVER)}
        found: list[int] = []
        for capability in CAPABILITIES:
            resource = db.scalar(FREE, {"capability": capability, **times})
            if resource is None:
                break
            found.append(resource)
        else:
            return begins, found
    raise LookupError("no place on that date")
