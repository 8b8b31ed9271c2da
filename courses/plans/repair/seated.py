"""A session made of its place."""

from __future__ import annotations

from datetime import date

from courses.plans.plan import MissedWish, PlannedSession, Seat
from courses.plans.possible.openings import Openings
from courses.plans.possible.reasons import why_missed
from courses.plans.request import CourseRequest
from rooms.availability.hours import clock_text


def seated_session(
    request: CourseRequest, openings: Openings, number: int, on: date, start: int, seats: tuple[Seat, ...]
) -> PlannedSession:
    """Session `number` from an elapsed minute of a date on, with its missed wish and whether the payer agreed to it."""
    slot, template = request.protocol.slots[number - 1], request.protocol.template_of(number)
    day, permit, window = openings.calendar.day(on), request.authorization, request.window
    missed: tuple[MissedWish, ...] = ()
    if window is not None and not window.holds(day.wall_minute(start)):
        wish = f"start between {clock_text(window.opens)} and {clock_text(window.closes)}"
        missed = (MissedWish(wish, why_missed(openings, template, on, window)),)
    interval = day.interval(start, start + template.minutes)
    return PlannedSession(number, slot.phase, template.name, interval, seats, permit is None or permit.covers(number, on), missed)
