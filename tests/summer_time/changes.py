"""Every change of the clock from 2026 to 2030 in eight zones, found by asking the zone itself hour by hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Phoenix",
    "Africa/Casablanca",
    "America/St_Johns",
    "Pacific/Auckland",
    "Africa/Cairo",
)
"""A whole hour and half an hour, north and south, none at all, around Ramadan, and at midnight."""

Change = tuple[str, date, int]
"""Zone, the local date on which it falls, and by how many minutes the clock is put forward (back, below 0)."""


def changes_in(zone: str) -> list[Change]:
    """All changes in a zone, in order."""
    info, moment, found = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC), []
    while moment.year < 2031:
        later = moment + timedelta(hours=1)
        before, after = moment.astimezone(info), later.astimezone(info)
        forward = (after.replace(tzinfo=None) - before.replace(tzinfo=None) - timedelta(hours=1)) // timedelta(minutes=1)
        if forward:
            last = next(moment + timedelta(minutes=k) for k in range(60) if _offset(moment, k, info) != _offset(moment, k + 1, info))
            on = last.astimezone(info).date() if forward < 0 else (last + timedelta(minutes=1)).astimezone(info).date()
            found.append((zone, on, forward))
        moment = later
    return found


def _offset(moment: datetime, minutes: int, info: ZoneInfo) -> timedelta | None:
    return (moment + timedelta(minutes=minutes)).astimezone(info).utcoffset()


CHANGES = [change for zone in ZONES for change in changes_in(zone)]


def name_of(change: Change) -> str:
    """For a test's name."""
    return f"{change[0].split('/')[1]}-{change[1]}"
