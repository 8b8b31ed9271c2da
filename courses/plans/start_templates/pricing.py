"""Prices that keep a filling day to its template: there, starts that are off it cost more than a missed window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from courses.plans.pricing.prices import Minutes
from courses.plans.request import Weights, Window
from courses.plans.start_templates.template import Place, StartTemplates
from courses.protocols.session_template import SessionTemplate
from rooms.bookings.calendar import Calendar

FILLING = 0.1
"""With this share of its template's visits booked, a day is taken to fill."""
INTACT = 0.8
"""A day keeps to its template while what is booked and the places still open come to this share of it; else nothing is gained any more."""
AT_EQUAL_WISHES = 0.05
"""What a start off the template costs on other days: so little that it only decides where the patient does not mind."""
PER_MINUTE = 0.0005
"""What each minute from the middle of the wished window costs: of starts that are alike otherwise, the nearest is offered."""


class StartPrices:
    """Prices for a course whose sessions of some kinds have templates, by what is free in a calendar now.

    Each start off the template leaves the day about one visit short in the end, and who finds no room waits for the next day at least. So
    on a day that fills it costs a missed window and a day of delay; before, template starts come first only where the patient does not
    mind. A place of the template is gone when any of its resources is not free for it, whoever took it.
    """

    def __init__(
        self, calendar: Calendar, kinds: Mapping[str, SessionTemplate], templates: StartTemplates, weights: Weights, window: Window | None
    ) -> None:
        self._calendar, self._kinds, self._templates, self._window = calendar, kinds, templates, window
        self._dear = weights.outside_window + weights.delay_day
        self._left: dict[tuple[str, date], list[Place]] = {}
        self._costs: dict[tuple[str, date], Minutes | None] = {}

    def seats_first(self, template: str, on: date, start: int) -> Mapping[int, Sequence[str]]:
        """By requirement, the resources of a place that is still open at a start in elapsed minutes; nothing where there is none."""
        clock = self._calendar.day(on).wall_minute(start)
        return next((place.seats for place in self._still_open(template, on) if place.clock == clock), {})

    def of_start(self, template: str, on: date) -> Minutes | None:
        """What each start of a date costs; nothing for kinds of sessions, and on dates, without a template."""
        key = (template, on)
        if key not in self._costs:
            self._costs[key] = self._found(template, on)
        return self._costs[key]

    def of_resource(self, _resource: str, _on: date) -> Minutes | None:
        """Nothing."""
        return None

    def of_patient(self, _patient: str, _on: date) -> Minutes | None:
        """Nothing."""
        return None

    def _found(self, template: str, on: date) -> Minutes | None:
        kind = self._kinds.get(template)
        places = self._templates.of(kind, on).places if kind else ()
        if not places:
            return None
        still_open, day = self._still_open(template, on), self._calendar.day(on)
        booked = 0.0 if kind is None else self._visits_booked(kind, on)
        is_kept = booked >= FILLING * len(places) and booked + len(still_open) >= INTACT * len(places)
        off = self._dear if is_kept else AT_EQUAL_WISHES
        clocks = np.arange(day.length) if day.wall is None else np.array(day.wall[: day.length])
        costs: Minutes = np.where(np.isin(clocks, [place.clock for place in still_open]), 0.0, off)
        if self._window is not None:
            costs += PER_MINUTE * np.abs(clocks - (self._window.opens + self._window.closes) / 2)
        return costs

    def _still_open(self, template: str, on: date) -> list[Place]:
        """The places whose resources are free, those aside who follow the patient from session to session."""
        key = (template, on)
        if key not in self._left:
            kind = self._kinds.get(template)
            places = self._templates.of(kind, on).places if kind else ()
            self._left[key] = [place for place in places if kind and self._is_open(kind, on, place)]
        return self._left[key]

    def _visits_booked(self, kind: SessionTemplate, on: date) -> float:
        """How many visits what is taken of the resources that a visit holds longest comes to."""
        demand = max(kind.demands, key=lambda each: each.end - each.begin if each.requirement.load != 0 else 0)
        taken, minutes = 0.0, (demand.end - demand.begin) * demand.requirement.count
        for resource in self._calendar.pool(demand.requirement.capability):
            is_open = sum(stretch.bit_count() for stretch in self._calendar.open_stretches(resource, on))
            load = demand.requirement.load_on(resource.capacity)
            free = sum(self._calendar.starts(resource, on, 1, level).bit_count() for level in range(1, resource.capacity + 1))
            taken += (resource.capacity * is_open - free) / load
        return taken / minutes

    def _is_open(self, kind: SessionTemplate, on: date, place: Place) -> bool:
        calendar = self._calendar
        for demand in kind.demands:
            begin, end, need = place.clock + demand.begin, place.clock + demand.end, demand.requirement
            for resource in (calendar.resources[name] for name in place.seats.get(demand.index, ()) if not need.continuity):
                if not calendar.bears(resource, on, (begin, end, need.load_on(resource.capacity))):
                    return False
        return True
