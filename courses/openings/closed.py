"""Wishes that nothing can meet because the site is closed: on which dates they leave, since when, and what closed them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from courses.openings.wish import Aim, OpeningWish
from rooms.availability.closure import Closure
from rooms.availability.free_time import span
from rooms.availability.hours import MINUTES_OF_DAY, SiteTime
from rooms.availability.interval import Interval
from rooms.resources.site import Site

Places = Sequence[Interval | None]
"""Where the visits of a wish are now; None for one that has no place."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A closure, and when somebody made it."""

    closure: Closure
    at: datetime


def is_shut_out(wish: OpeningWish, places: Places, site: Site, closures: Sequence[Closure], today: date) -> bool:
    """Whether closures take every hour that a wish leaves from a date on; one that has no last date always has others."""
    last = last_date(wish, places, SiteTime(site.timezone))
    if last is None:
        return False
    return takes_all(site, closures, _dates(wish, today, last), wish.when.opens, wish.when.closes)


def takes_all(site: Site, closures: Sequence[Closure], dates: Iterable[date], opens: int = 0, closes: int = MINUTES_OF_DAY) -> bool:
    """Whether closures take every minute of some dates, between two of the wall clock, at which a site is usually open."""
    usual = [(on, hours) for on in dates if (hours := _hours(site, on, opens, closes))]
    return bool(usual) and not any(hours & ~_shut(closures, site, on) for on, hours in usual)


def shut_out_at(wish: OpeningWish, places: Places, site: Site, closings: Sequence[Closing]) -> datetime | None:
    """When a closing left nothing of a wish that was there already; None where none did, or where nothing was left when it was made."""
    time, made = SiteTime(site.timezone), sorted(closings, key=lambda each: each.at)
    for n, closing in enumerate(made, 1):
        at = max(closing.at, wish.since)
        if is_shut_out(wish, places, site, [each.closure for each in made[:n]], time.date_of(at)):
            return closing.at if closing.at > wish.since else None
    return None


def last_date(wish: OpeningWish, places: Places, time: SiteTime) -> date | None:
    """The last date on which a wish can be met: what is sooner than the visits that it is about lies before the last of them."""
    ends = [] if wish.when.latest is None else [wish.when.latest]
    placed = [place for place in places if place is not None]
    if wish.aim is Aim.SOONER and placed and len(placed) == len(places):
        ends.append(max(time.date_of(place.starts_at) for place in placed))
    return min(ends, default=None)


def _dates(wish: OpeningWish, today: date, last: date) -> Iterator[date]:
    first = max(today, wish.when.earliest or today)
    dates = (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
    return (on for on in dates if wish.when.allows_date(on))


def _hours(site: Site, on: date, opens: int, closes: int) -> int:
    """The minutes of a date between two of the wall clock at which a site is usually open; one that says nothing is always."""
    day = SiteTime(site.timezone).day(on)
    usual = site.hours.on(on) if any(site.hours.days) else ((0, MINUTES_OF_DAY),)
    return day.mask_of_wall(opens, closes) & _any(day.mask_of_wall(*hours) for hours in usual)


def _shut(closures: Sequence[Closure], site: Site, on: date) -> int:
    day = SiteTime(site.timezone).day(on)
    return _any(span(*part) for each in closures if (part := day.part(each.interval)) is not None)


def _any(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
