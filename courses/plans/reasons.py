"""Why a wish was missed or a course cannot be placed, in words for the desk."""

from __future__ import annotations

from collections import Counter
from datetime import date

from courses.plans.date_path import Bounds, Stuck
from courses.plans.openings import Openings
from courses.plans.request import CourseRequest, Window
from courses.plans.runs import Run, Runs
from courses.protocols.session_template import SessionTemplate
from rooms.availability.hours import clock_text


def why_missed(openings: Openings, template: SessionTemplate, on: date, window: Window) -> str:
    """Why a session could not start inside the wished window on its date, naming what is short."""
    inside = openings.calendar.day(on).mask_of_wall(window.opens, window.closes + 1) & openings.calendar.grid(on)
    if not openings.patient_starts(on, template.minutes) & inside:
        return f"the patient cannot come then on {on}"
    for demand in template.demands:
        if not openings.demand_starts(demand, on) & inside:
            return f"no {demand.requirement.capability} is free then on {on}"
    if openings.starts(template, on) & inside:
        return "another time keeps the course closer to one time of day"
    short = " and ".join(sorted({demand.requirement.capability for demand in template.demands}))
    return f"{short} are not free together between {clock_text(window.opens)} and {clock_text(window.closes)} on {on}"


def why_unplaceable(request: CourseRequest, runs: Runs, stuck: Stuck, bounds: Bounds) -> tuple[int, str, str]:
    """The first session that has no place, a code and a sentence: what nobody has, what is short there and the dates tried."""
    openings = runs.openings
    for slot in request.protocol.slots[stuck.at :]:
        for demand in request.protocol.template_of(slot.number).demands:
            need = demand.requirement
            if len(openings.calendar.pool(need.capability)) < need.count:
                wanted = f"{need.count} resources" if need.count > 1 else "resource"
                return slot.number, "unknown_capability", f"no {wanted} with the capability {need.capability} is at this site"
    number = stuck.at + 1
    template = request.protocol.template_of(number)
    dates = [date.fromordinal(day) for day in sorted(stuck.tried)]
    if not dates:
        latest = date.fromordinal(bounds.first_latest if number == 1 else bounds.latest)
        return number, "no_date", f"the rules leave no date for session {number} up to {latest}"
    between = f"from {dates[0]} to {dates[-1]}" if len(dates) > 1 else f"on {dates[0]}"
    if not any(openings.patient_starts(on, template.minutes) for on in dates):
        return number, "no_patient_time", f"the patient has no {template.minutes} minutes free {between}"
    short = _shortest(openings, template, dates)
    if short is not None:
        return number, "no_capacity", f"no {short} {between}"
    if any(openings.starts(template, on) for on in dates):
        return _what_follows(request, runs, stuck.at, dates, between)
    names = ", ".join(sorted({demand.requirement.capability for demand in template.demands}))
    return number, "no_capacity", f"{names} and the patient are never free together {between}"


def _what_follows(request: CourseRequest, runs: Runs, at: int, dates: list[date], between: str) -> tuple[int, str, str]:
    """Where a session (from 0) has room: what after it has none, told by the first date that holds it."""
    session = f"session {at + 1}"
    on = next((day for day in dates if runs.starts(Run(at, 1), day)), None)
    if on is None:
        return at + 1, "no_date", f"{session} has no room soon enough after the session before it, {between}"
    wanted, fit = min(request.protocol.slots[at].spacing.per_day, len(request.protocol.slots) - at), 1
    while fit < wanted and runs.starts(Run(at, fit + 1), on):
        fit += 1
    if fit < wanted:
        return at + fit + 1, "no_date", f"on {on} only {fit} of the {wanted} sessions from {session} on have room, and no other date helps"
    return at + 1, "no_date", f"{session} has room {between}, but what must follow it has none in time"


def _shortest(openings: Openings, template: SessionTemplate, dates: list[date]) -> str | None:
    """The capability that most of the dates lack altogether, where all of them lack some."""
    lacking: Counter[str] = Counter()
    for on in dates:
        short = {demand.requirement.capability for demand in template.demands if not openings.demand_starts(demand, on)}
        if not short:
            return None
        lacking.update(short)
    return lacking.most_common(1)[0][0] if lacking else None
