"""Prices that keep a filling day to its template: starts that are off it cost what the visit that finds no room then waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

import numpy as np

from courses.plans.batch import Clinic
from courses.plans.prices import Minutes
from courses.plans.start_templates.template import StartTemplates
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Held


def as_booked(_on: date) -> float:
    """For those who expect no more of a date than what is booked on it."""
    return 0.0


class StartPrices:
    """Prices for the courses of one protocol.

    A start off the template takes the place of at most one visit, which then waits for the next day at least: so it costs one day of
    delay, times how full the day is expected to be, from 0 to 1. That is what is booked already of the template's visits, or what
    `will_fill` says where that is more. Starts whose places are all booked count as off the template.
    """

    def __init__(
        self, clinic: Clinic, protocol: TreatmentProtocol, templates: StartTemplates, will_fill: Callable[[date], float] = as_booked
    ) -> None:
        self._protocol, self._templates, self._will_fill = protocol, templates, will_fill
        self._time, self._off = SiteTime(clinic.site.timezone), clinic.weights.delay_day
        self._capabilities = {resource.id: resource.capabilities for resource in clinic.resources}
        self._booked: dict[tuple[str, date], Counter[int]] = {}
        self.take(clinic.held)

    def take(self, held: Iterable[Held]) -> None:
        """Tell of bookings. A visit is known by its longest requirement: same capability, length and load."""
        for resource, interval, load in held:
            for template in self._protocol.templates.values():
                longest = _longest(template)
                if longest is not None and self._serves(longest, resource, interval, load):
                    self._count(template, longest, interval)

    def _serves(self, demand: Demand, resource: str, interval: Interval, load: int) -> bool:
        minutes = (interval.ends_at - interval.starts_at).total_seconds() / 60
        asked = demand.requirement
        able = asked.capability in self._capabilities.get(resource, ())
        return able and minutes == demand.end - demand.begin and asked.load in (load, "all")

    def _count(self, template: SessionTemplate, demand: Demand, interval: Interval) -> None:
        on = self._time.date_of(interval.starts_at)
        day = self._time.day(on)
        start = day.minute(interval.starts_at) - demand.begin
        if start >= 0:
            self._booked.setdefault((template.name, on), Counter())[day.wall_minute(start)] += 1

    def of_start(self, template: str, on: date) -> Minutes | None:
        """What each start of a date costs; nothing where the day is expected to stay empty or has no template."""
        kind = self._protocol.templates[template]
        clocks = Counter(self._templates.of(kind, on).clocks)
        booked = self._booked.get((template, on), Counter[int]())
        full = min(1.0, max(booked.total() / max(1, clocks.total()), self._will_fill(on)))
        if not clocks or full <= 0:
            return None
        day = self._time.day(on)
        still_open = clocks - booked
        return np.array([0.0 if day.wall_minute(minute) in still_open else self._off * full for minute in range(day.length)])

    def of_resource(self, _resource: str, _on: date) -> Minutes | None:
        """Nothing."""
        return None

    def of_patient(self, _patient: str, _on: date) -> Minutes | None:
        """Nothing."""
        return None


def _longest(template: SessionTemplate) -> Demand | None:
    taking = [demand for demand in template.demands if demand.requirement.load != 0]
    return max(taking, key=lambda demand: demand.end - demand.begin, default=None)
