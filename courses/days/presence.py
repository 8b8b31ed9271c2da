"""Whether the site can go through with a visit that begins now: somebody on site all along, and time enough before it closes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from courses.checklists.checklist import Checklist
from courses.checklists.clocks import Moments
from courses.checklists.gates import Stop
from courses.checklists.item import GateClass, Verb
from courses.days.overrun import MINUTE, Watched
from rooms.availability.free_time import bits, span
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

ON_SITE, CLOSING = "presence-on-site", "closing-time"
PHYSICIAN = ("physician",)


def stops_of_the_day(  # what a move depends on
    checklists: Sequence[Checklist], visit: Watched, verb: Verb, calendar: Calendar, moments: Moments, *, now: datetime
) -> tuple[Stop, ...]:
    """What the roster and the closing time have against a start or a dose now."""
    if verb is Verb.RELEASE:
        return ()
    found = [*_presence_stops(checklists, visit, verb, calendar, now)]
    if any(each.watch for each in checklists) and moments.first_dose is None:
        found += _closing_stops(visit, verb, calendar, now)
    return tuple(found)


def uncovered(calendar: Calendar, capability: str, between: Interval) -> datetime | None:
    """The first instant of a time at which nobody with a capability is on site, by hours and absences; None: somebody always is."""
    day = calendar.day(calendar.time.date_of(between.starts_at))
    part = day.part(between)
    if part is None or not day.whole.contains(between):
        return between.starts_at
    there = 0
    for resource in calendar.pool(capability):
        there |= calendar.starts(resource, day.date, 1, 0)
    alone = next(bits(span(*part) & ~there), None)
    return None if alone is None else max(between.starts_at, day.instant(alone))


def closes_at(calendar: Calendar, now: datetime) -> datetime | None:
    """When the site closes that is open now; None where it is closed."""
    day = calendar.day(calendar.time.date_of(now))
    minute = day.minute(now)
    for opens, closes in calendar.site.hours.on(day.date):
        mask = day.mask_of_wall(opens, closes) & ~calendar.closed(day.date)
        if mask >> minute & 1:
            after = ~mask >> minute
            return day.instant(minute + (after & -after).bit_length() - 1)
    return None


def _presence_stops(checklists: Sequence[Checklist], visit: Watched, verb: Verb, calendar: Calendar, now: datetime) -> list[Stop]:
    """Before a dose under a safety program nobody goes past it; its start is only warned, since somebody may still come."""
    of_program = any(each.program for each in checklists)
    kind = GateClass.CLINICAL if not of_program else GateClass.REGULATORY if verb is Verb.DOSE else GateClass.HOUSE
    found = []
    for capability, length in visit.presences(verb).items():
        alone = uncovered(calendar, capability, Interval(now, now + length))
        if alone is not None:
            said = f"Nobody with {capability} is on site from {calendar.time.local(alone):%H:%M}; somebody has to be there all along."
            found.append(Stop(ON_SITE, kind, said, PHYSICIAN if kind is GateClass.CLINICAL else ()))
    return found


def _closing_stops(visit: Watched, verb: Verb, calendar: Calendar, now: datetime) -> list[Stop]:
    left = visit.left(verb)
    closes = closes_at(calendar, now)
    if closes is not None and now + left <= closes:
        return []
    until = f"the site closes at {calendar.time.local(closes):%H:%M}" if closes else "the site is closed"
    said = f"What is left of the visit takes {left // MINUTE} minutes, and {until}; begin on another day."
    return [Stop(CLOSING, GateClass.CLINICAL, said, PHYSICIAN)]
