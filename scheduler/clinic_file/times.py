"""Dates, times and hours of a document, read by the clock on the site's wall."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from courses.protocols.located.part import Fields, Part
from rooms.availability.hours import WEEKDAYS, NoSuchTime, SiteTime, WeeklyHours
from rooms.availability.interval import Interval

_STAND_IN = Interval(datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 2, tzinfo=UTC))
_MINUTE = timedelta(minutes=1)


def hours_of(part: Part) -> WeeklyHours:
    """Weekly hours: for each weekday its stretches."""
    fields = part.fields(WEEKDAYS)
    days = tuple(tuple(_span(each) for each in fields.items(day)) for day in WEEKDAYS)
    return fields.build(lambda: WeeklyHours(days)) or WeeklyHours(((),) * 7)


def _span(part: Part) -> tuple[int, int]:
    ends = part.items()
    if len(ends) != 2:
        part.refuse('a stretch of the day is two times, from and until, such as ["08:00", "17:00"]')
        return 0, 1
    opens, closes = ends[0].clock(), ends[1].clock()
    if opens is None or closes is None:
        return 0, 1
    if closes <= opens:
        part.refuse(f"the stretch ends at {ends[1].value}, not after it begins, {ends[0].value}; after midnight is another day")
    return opens, closes


def instant_of(part: Part, time_here: SiteTime, *, a_bound: bool = False) -> datetime:
    """An instant; without an offset it is the site's local time, and one that the clock skips is a fault.

    As a bound of a closure or an absence, the first skipped minute is taken for the moment of the change: in some zones it is midnight.
    """
    local = part.moment()
    try:
        return time_here.exact(local)
    except NoSuchTime as refusal:
        if not a_bound or not _is_first_skipped(local, time_here):
            part.refuse(refusal.message.removeprefix("start: "))
        return time_here.instant(local)


def _is_first_skipped(local: datetime, time_here: SiteTime) -> bool:
    """Whether the minute before a skipped time is on the clock."""
    try:
        time_here.exact(local - _MINUTE)
    except NoSuchTime:
        return False
    return True


def interval_of(fields: Fields, time_here: SiteTime, *, starts_a_visit: bool = False) -> Interval:
    """The time from `start` until `end`, or the whole of `date`."""
    if "date" in fields:
        for key in ("start", "end"):
            if key in fields:
                fields[key].refuse("date says the whole day already; keep date, or start and end")
        return _whole_day(fields["date"], time_here)
    for key in ("start", "end"):
        if key not in fields:
            fields.part.refuse(f"{key} is missing")
            return _STAND_IN
    start = instant_of(fields["start"], time_here, a_bound=not starts_a_visit)
    end = instant_of(fields["end"], time_here, a_bound=True)
    if end > start:
        return Interval(start, end)
    if fields.sound:
        fields["end"].refuse(f"{fields['end'].value} is not after the start, {fields['start'].value}")
    return _STAND_IN


def _whole_day(part: Part, time_here: SiteTime) -> Interval:
    on = part.day()
    midnights = [datetime.combine(day, time()) for day in (on, on + timedelta(days=1))]
    return Interval(*(time_here.instant(midnight) for midnight in midnights))


def to_whole_minutes(interval: Interval) -> Interval:
    """The interval with odd seconds rounded outwards."""
    if not (interval.starts_at.second or interval.starts_at.microsecond or interval.ends_at.second or interval.ends_at.microsecond):
        return interval
    start = interval.starts_at.replace(second=0, microsecond=0)
    end = interval.ends_at.replace(second=0, microsecond=0)
    return Interval(start, end if end == interval.ends_at else end + _MINUTE)
