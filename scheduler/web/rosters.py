"""What the pages of closures and of resources share: a time as it is typed in days and hours, and the visits that it would hit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from courses.queries import SessionLine
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.errors import Faulty
from scheduler.web.forms import Typed
from scheduler.web.rendering import clock, day, day_with_year

TIME_FIELDS = ("starts_on", "starts_time", "ends_on", "ends_time", "reason")
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class HitView:
    """A visit that is booked in a time that is about to close."""

    href: str
    starts_at: datetime
    patient: str
    what: str


def hits_shown(lines: Iterable[SessionLine], site_time: SiteTime) -> list[HitView]:
    """The visits in order of time."""
    return [
        HitView(
            f"/sessions/{line.id}", site_time.local(line.interval.starts_at), line.patient, f"{line.protocol}, {line.number} of {line.of}"
        )
        for line in lines
        if line.interval
    ]


def interval_typed(form: Typed, site_time: SiteTime, now: datetime) -> Interval:
    """The time that was typed: whole days unless it says hours, one day unless it says a last one. Raises `Faulty`, for the past too."""
    first = form.date("starts_on")
    last = form.date("ends_on") if "ends_on" in form else first
    if last < first:
        raise Faulty("ends_on", f"the last day, {last}, is before the first")
    begins = site_time.exact(datetime.combine(first, form.time("starts_time") if "starts_time" in form else time()))
    ends = _at(last, form.time("ends_time"), site_time) if "ends_time" in form else site_time.day(last + timedelta(days=1)).midnight
    if ends <= begins:
        raise Faulty("ends_time", "it ends before it begins")
    if ends <= now:
        raise Faulty("starts_on", "that time is over; choose a later one")
    return Interval(begins, ends)


def _at(on: date, at: time, site_time: SiteTime) -> datetime:
    return site_time.exact(datetime.combine(on, at))


def reason_typed(form: Typed) -> str:
    """Why, in a person's words. Raises `Faulty` where nothing was said, or a book."""
    reason = " ".join(form["reason"].split())
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise Faulty("reason", f"say why in up to {LONGEST_REASON} letters")
    return reason


def is_whole_days(interval: Interval, site_time: SiteTime) -> bool:
    """Whether it runs from midnight to midnight."""
    return all(site_time.local(at).time() == time() for at in (interval.starts_at, interval.ends_at))


def in_words(interval: Interval, site_time: SiteTime, *, with_year: bool = False) -> str:
    """A time in words: `Fri, Dec 25`, `Dec 24 to Dec 26`, `Thu, Dec 24, 12:00 to 17:00`."""
    written = day_with_year if with_year else day
    begins, ends = site_time.local(interval.starts_at), site_time.local(interval.ends_at)
    if is_whole_days(interval, site_time):
        last = ends - timedelta(days=1)
        return written(begins) if last.date() <= begins.date() else f"{written(begins)} to {written(last)}"
    if begins.date() == ends.date():
        return f"{written(begins)}, {clock(begins)} to {clock(ends)}"
    return f"{written(begins)}, {clock(begins)} to {written(ends)}, {clock(ends)}"
