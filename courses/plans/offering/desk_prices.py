"""What the desk weighs beside a patient's own wishes: room kept for those who cannot wait, and for the most visits that a day can hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from courses.plans.best_plan import Situation
from courses.plans.pricing.prices import added_up
from courses.plans.pricing.reserve import reserved_prices
from courses.plans.request import CourseRequest
from courses.plans.start_templates import StartPrices, templates_of
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.bookings.calendar import Calendar

LONG_VISIT = 90
"""A visit of at least so many minutes leaves holes in a day that no other visit fits into."""
MOST_WATCHED = 20
"""Nobody watches more patients than this at once; what bears more is a group's room, or no limit at all."""
LONG_WATCH = 60
"""And its kind has a template where somebody who watches several patients at once does so for at least so many minutes of it."""


def at_the_desk(request: CourseRequest, situation: Situation, reserving: Iterable[TreatmentProtocol], today: date) -> Situation:
    """A situation in which a course is proposed beside all others that will ask. `reserving` are the site's protocols that reserve room."""
    reserved = reserved_prices(situation.calendar, reserving, request.protocol, situation.weights, today)
    starts = _start_prices(request, situation)
    prices = added_up([each for each in (situation.prices, reserved, starts) if each is not None])
    return replace(situation, prices=prices, seats_first=starts.seats_first if starts else situation.seats_first)


def _start_prices(request: CourseRequest, situation: Situation) -> StartPrices | None:
    calendar = situation.calendar
    kinds = {name: template for name, template in request.protocol.templates.items() if is_watched(template, calendar)}
    return StartPrices(calendar, kinds, templates_of(calendar), situation.weights, request.window) if kinds else None


def is_watched(template: SessionTemplate, calendar: Calendar) -> bool:
    """Whether a visit is long, and for a good part of it watched by somebody who watches others at the same time."""
    return template.minutes >= LONG_VISIT and any(_is_shared(demand, calendar) for demand in template.demands)


def _is_shared(demand: Demand, calendar: Calendar) -> bool:
    need = demand.requirement
    lasts = demand.end - demand.begin - need.turnover_minutes
    pool = calendar.pool(need.capability)
    return lasts >= LONG_WATCH and any(0 < 2 * need.load_on(r.capacity) <= r.capacity <= MOST_WATCHED for r in pool)
