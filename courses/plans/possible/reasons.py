"""Why a wish was missed or a course cannot be placed, in words for the desk."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

from courses.plans.possible.date_path import Bounds, Stuck
from courses.plans.possible.openings import Openings
from courses.plans.possible.runs import Run, Runs
from courses.plans.request import CourseRequest, Window
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.hours import clock_text
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Resource

FEW = 3
"""So many resources are told by name; of more, only how many."""
FILLING_DAY = "this day is filling: starts that let the most visits fit are offered first"


def why_missed(openings: Openings, template: SessionTemplate, on: date, window: Window) -> str:
    """Why a session could not start inside the wished window on its date: who is short, and what keeps them."""
    inside = openings.calendar.day(on).mask_of_wall(window.opens, window.closes + 1) & openings.calendar.grid(on)
    if not openings.patient_starts(on, template.minutes) & inside:
        return f"the patient cannot come then on {on}"
    for demand in template.demands:
        if not openings.demand_starts(demand, on) & inside:
            return f"{nobody_free(openings.calendar, demand)} then on {on}{_because(openings.calendar, demand, on, inside)}"
    if openings.starts(template, on) & inside:
        return "another time keeps the course closer to one time of day"
    short = " and ".join(dict.fromkeys(people_words(openings.calendar, demand) for demand in template.demands))
    return f"{short} are not free together between {clock_text(window.opens)} and {clock_text(window.closes)} on {on}"


def why_not_on(openings: Openings, template: SessionTemplate, on: date) -> str | None:
    """Why a date has no room for a session, without the date itself; None where it has."""
    if not openings.patient_starts(on, template.minutes):
        return "the patient cannot come"
    for demand in template.demands:
        if not openings.demand_starts(demand, on):
            return f"{nobody_free(openings.calendar, demand)} in time"
    if openings.starts(template, on):
        return None
    names = list(dict.fromkeys(people_words(openings.calendar, demand) for demand in template.demands))
    return f"{_listed([*names, 'the patient'])} are not free together"


def keeps(calendar: Calendar, resource: Resource, demand: Demand, on: date, starts: int) -> str | None:
    """What keeps a resource from a requirement of sessions that begin at some starts of a date; None where nothing does."""
    need, lasts = demand.requirement, demand.end - demand.begin
    load = need.load_on(resource.capacity)
    if load > resource.capacity:
        return "too small"
    wanted = starts << demand.begin
    if calendar.starts(resource, on, lasts, load) & wanted:
        return None
    if calendar.starts(resource, on, lasts, 0) & wanted:
        return "booked"
    return _not_there(calendar, resource, on, wanted, lasts)


def _not_there(calendar: Calendar, resource: Resource, on: date, wanted: int, lasts: int) -> str:
    if not wanted:
        return "out of hours"
    first, last = (wanted & -wanted).bit_length() - 1, wanted.bit_length() - 1
    time = calendar.day(on).interval(first, last + lasts)
    for closure in calendar.site.closures:
        if closure.interval.overlaps(time):
            return f"closed ({closure.reason})" if closure.reason else "closed"
    for absence in resource.absences:
        if absence.interval.overlaps(time):
            return f"away ({absence.reason})" if absence.reason else "away"
    return "out of hours"


def _because(calendar: Calendar, demand: Demand, on: date, starts: int) -> str:
    """`: TMS 1 booked, TMS 2 away (service)`; of many, how many."""
    kept: dict[str, list[Resource]] = defaultdict(list)
    pool = calendar.pool(demand.requirement.capability)
    for resource in pool:
        if (why := keeps(calendar, resource, demand, on, starts)) is not None:
            kept[why].append(resource)
    if not kept:
        return ""
    if len(kept) == 1 and sum(map(len, kept.values())) == len(pool):
        return f": {next(iter(kept))}"
    if len(pool) <= FEW:
        return ": " + ", ".join(f"{_listed(r.title for r in them)} {why}" for why, them in kept.items())
    return ": " + ", ".join(f"{len(them)} {why}" for why, them in kept.items())


def nobody_free(calendar: Calendar, demand: Demand) -> str:
    """`no TMS is free`; one or two by name."""
    pool, count = calendar.pool(demand.requirement.capability), demand.requirement.count
    if count > 1:
        return f"no {count} of {people_words(calendar, demand)} are free"
    if len(pool) == 1:
        return f"{pool[0].title} is not free"
    if len(pool) == 2:
        return f"neither {pool[0].title} nor {pool[1].title} is free"
    return f"no {people_words(calendar, demand)} is free"


def people_words(calendar: Calendar, demand: Demand) -> str:
    """Who can meet a requirement, as people call them."""
    return capability_words(calendar, demand.requirement.capability)


def capability_words(calendar: Calendar, capability: str) -> str:
    """One or two resources by name; of more, what their names have in common; else the capability itself as words."""
    titles = [resource.title for resource in calendar.pool(capability)]
    if 0 < len(titles) <= 2:
        return " or ".join(titles)
    common: list[str] = []
    for words in zip(*(title.split() for title in titles), strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    return " ".join(common) if common else re.sub(r"[-_]+", " ", capability)


def in_words(detail: str, request: CourseRequest, calendar: Calendar) -> str:
    """A reason of an unplaceable course with readable names in place of the capabilities' ids."""
    demands = [demand for template in request.protocol.templates.values() for demand in template.demands]
    ids = sorted({demand.requirement.capability for demand in demands}, key=lambda name: (-len(name), name))
    names = {name: capability_words(calendar, name) for name in ids}
    pattern = "|".join(re.escape(name) for name in ids)
    return re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", lambda found: names[found[0]], detail) if ids else detail


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return f"{', '.join(every[:-1])} and {every[-1]}" if len(every) > 1 else every[0]


def why_unplaceable(request: CourseRequest, runs: Runs, number: int, stuck: Stuck, bounds: Bounds) -> tuple[int, str, str]:
    """The first session that has no place, a code and a sentence: what nobody has, what is short there and the dates tried.

    `number` is the first session without a place; where it must share a date with sessions before it, `stuck` is about the first of those.
    """
    openings = runs.openings
    for slot in request.protocol.slots[stuck.at :]:
        for demand in request.protocol.template_of(slot.number).demands:
            need = demand.requirement
            if len(openings.calendar.pool(need.capability)) < need.count:
                wanted = f"{need.count} resources" if need.count > 1 else "resource"
                return slot.number, "unknown_capability", f"no {wanted} with the capability {need.capability} is at this site"
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
        return number, "no_date", _what_bars(request, runs, number, stuck.at, dates, between)
    names = ", ".join(sorted({demand.requirement.capability for demand in template.demands}))
    return number, "no_capacity", f"{names} and the patient are never free together {between}"


def _what_bars(request: CourseRequest, runs: Runs, number: int, at: int, dates: list[date], between: str) -> str:
    """What keeps a session out that has room by itself: those of its date, or the one before it."""
    fit = number - 1 - at
    wanted = min(request.protocol.slots[at].spacing.per_day, len(request.protocol.slots) - at)
    if fit and (on := next((day for day in dates if runs.starts(Run(at, fit), day)), None)) is not None:
        return f"on {on} only {fit} of the {wanted} sessions from session {at + 1} on have room, and no other date helps"
    return f"session {number} has no room soon enough after the session before it, {between}"


def _shortest(openings: Openings, template: SessionTemplate, dates: list[date]) -> str | None:
    """The capability that most of the dates lack altogether, where all of them lack some."""
    lacking: Counter[str] = Counter()
    for on in dates:
        short = {demand.requirement.capability for demand in template.demands if not openings.demand_starts(demand, on)}
        if not short:
            return None
        lacking.update(short)
    return lacking.most_common(1)[0][0] if lacking else None
