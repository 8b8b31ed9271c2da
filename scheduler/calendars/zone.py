"""A time zone as calendar files write it: every change of the clock in some years, told to the second.

Written here, since the library's own begins summer time an hour late: a visit in that hour would be read wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import icalendar

from rooms.availability.hours import SiteTime

HALF_A_DAY, A_MINUTE = timedelta(hours=12), timedelta(minutes=1)


def zone_component(time: SiteTime, first: int, last: int) -> icalendar.Timezone:
    """The zone of a site from the beginning of one year to the end of another."""
    begins, ends = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    made = icalendar.Timezone()
    made.add("tzid", time.zone)
    made.add_component(_change(time, begins, begins))
    for before, after in _changes(time, begins, ends):
        made.add_component(_change(time, before, after))
    return made


def _changes(time: SiteTime, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The last minute before each change of the clock, and the first after it."""
    at = begins
    while at < ends:
        after = at + HALF_A_DAY
        if _offset(time, at) != _offset(time, after):
            low, high = at, after
            while high - low > A_MINUTE:
                middle = low + (high - low) // 2 // A_MINUTE * A_MINUTE
                low, high = (middle, high) if _offset(time, middle) == _offset(time, at) else (low, middle)
            yield low, high
        at = after


def _change(time: SiteTime, before: datetime, after: datetime) -> icalendar.TimezoneStandard | icalendar.TimezoneDaylight:
    """One change; what the clock shows is what it showed until then."""
    was, comes = _offset(time, before), _offset(time, after)
    change = icalendar.TimezoneDaylight() if comes > was else icalendar.TimezoneStandard()
    change.add("dtstart", datetime.fromisoformat(f"{after + was:%Y-%m-%dT%H:%M:%S}"))
    change.add("tzoffsetfrom", was)
    change.add("tzoffsetto", comes)
    change.add("tzname", time.local(after).tzname() or time.zone)
    return change


def _offset(time: SiteTime, at: datetime) -> timedelta:
    return time.local(at).utcoffset() or timedelta(0)
