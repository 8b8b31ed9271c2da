"""Which free place suits a wish: within its times, between the visits before and after, with every rule of the course kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from courses.openings.wish import LEAST_GAIN, Aim, OpeningWish
from courses.plans.ongoing.course import place_of
from courses.plans.ongoing.moving import Moving
from courses.plans.plan import PlannedSession
from rooms.availability.free_time import bits, span, starts_within
from rooms.availability.interval import Interval

REACH = timedelta(days=92)
"""How far ahead places are looked for."""
TRIES = 60
"""How many places are held against the rules of a course at most, for one visit in one look."""
SOON = timedelta(minutes=30)
"""A place that begins within this is of no use to anybody."""


@dataclass(frozen=True, slots=True)
class Match:
    """A place that a visit could have instead of its own."""

    session: str
    place: PlannedSession


def match(wish: OpeningWish, moving: Moving, during: Interval | None = None) -> Match | None:
    """The place that suits best: the soonest one, or the one nearest to where the visit is now. None where there is none.

    `during` is a time within which it has to be.
    """
    bounds = _bounds(wish, moving, during)
    if bounds is None:
        return None
    tries = 0
    for on in _dates(wish, moving, bounds):
        for starts_at in _starts(wish, moving, on, bounds):
            tries += 1
            if tries > TRIES:
                return None
            seats = moving.seats_at(starts_at)
            if seats is not None and not moving.faults(starts_at, seats):
                return Match(moving.session.id, moving.arranged(starts_at, seats)[moving.session.id])
    return None


def _bounds(wish: OpeningWish, moving: Moving, during: Interval | None) -> Interval | None:
    """Between the visits before and after, so that each keeps its number, and not before they can come."""
    time, own = moving.calendar.time, moving.session.interval
    first = moving.now + max(SOON, timedelta(hours=wish.when.notice_hours))
    last = moving.now + REACH
    before = [place_of(each).interval.ends_at for each in moving.others if _is_before(each.number, moving)]
    after = [place_of(each).interval.starts_at for each in moving.others if not _is_before(each.number, moving)]
    first, last = max([first, *before]), min([last, *after])
    if wish.when.earliest:
        first = max(first, time.day(wish.when.earliest).midnight)
    if wish.when.latest:
        last = min(last, time.day(wish.when.latest).whole.ends_at)
    if wish.aim is Aim.SOONER and own is not None:
        last = min(last, own.ends_at - LEAST_GAIN)
    if during is not None:
        first, last = max(first, during.starts_at), min(last, during.ends_at)
    return Interval(first, last) if first < last else None


def _is_before(number: int, moving: Moving) -> bool:
    return number < moving.session.number


def _dates(wish: OpeningWish, moving: Moving, bounds: Interval) -> list[date]:
    time, own = moving.calendar.time, moving.session.interval
    first, last = time.date_of(bounds.starts_at), time.date_of(bounds.ends_at)
    dates = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
    wished = [on for on in dates if wish.when.allows_date(on) and on not in wish.barred]
    if wish.aim is Aim.SOONER or own is None:
        return wished
    present = time.date_of(own.starts_at)
    return sorted(wished, key=lambda on: (abs(on - present), on))


def _starts(wish: OpeningWish, moving: Moving, on: date, bounds: Interval) -> Iterator[datetime]:
    """The first start of each free stretch of a date, then the last: between two visits both may matter."""
    day, template = moving.calendar.day(on), moving.request.protocol.template_of(moving.session.number)
    part = day.part(bounds)
    if part is None:
        return
    hours = day.mask_of_wall(wish.when.opens, wish.when.closes) & span(*part)
    free = moving.openings.starts(template, on)
    for minute in _ends(free & starts_within(hours, template.minutes), moving.calendar.site.granularity_minutes):
        starts_at = day.instant(minute)
        if wish.when.allows(Interval(starts_at, day.instant(minute + template.minutes)), moving.calendar.time):
            yield starts_at


def _ends(starts: int, step: int) -> list[int]:
    """The first and the last minute of each row of starts on a grid of `step` minutes."""
    minutes = list(bits(starts))
    there = set(minutes)
    return [minute for minute in minutes if not {minute - step, minute + step} <= there]
