"""What the desk weighs beside a patient's own wishes: room that is kept for those who cannot wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from courses.plans.best_plan import Situation
from courses.plans.request import CourseRequest
from courses.plans.reserve import reserved_prices
from courses.protocols.protocol import TreatmentProtocol


def at_the_desk(request: CourseRequest, situation: Situation, reserving: Iterable[TreatmentProtocol], today: date) -> Situation:
    """A situation in which a course is proposed beside all others that will ask. `reserving` are the site's protocols that reserve room."""
    prices = reserved_prices(situation.calendar, reserving, request.protocol, situation.weights, today)
    return situation if prices is None else replace(situation, prices=prices)
