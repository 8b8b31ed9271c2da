"""The template of a weekday: as many visits of one kind as its roster bears, each with its start and its resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from courses.plans.start_templates.day_search import FoundVisit, most_visits, visits_of
from courses.plans.start_templates.roster_day import RosterDay
from courses.protocols.session_template import SessionTemplate
from rooms.availability.hours import MINUTES_OF_DAY
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Resource
from rooms.resources.site import Site

ENOUGH_FOR_A_PART = 15
"""Resources of a part of a large roster."""
MOST_OF_A_PART = 90
"""A part that bears more visits than this is no roster of chairs and nurses: its day does not fill, and its search would never end."""
ROSTERS = 16
"""So many rosters are remembered: one for each site, and for what was so until lately."""


@dataclass(frozen=True, slots=True)
class Place:
    """One visit of a template: the wall-clock minute of its start, and the resources for each requirement that takes load."""

    clock: int
    seats: Mapping[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class StartTemplate:
    """The places of a weekday in the order of their starts. `at_most` is a number that no choice of starts can exceed."""

    places: tuple[Place, ...]
    at_most: int

    @property
    def clocks(self) -> tuple[int, ...]:
        """The wall-clock minutes at which a visit begins, one for each visit."""
        return tuple(place.clock for place in self.places)


class StartTemplates:
    """The templates of a site's weekdays, by hours and capacities, as if nobody were away or booked. Weekdays that are alike, and parts of
    a roster that are, are searched for once."""

    def __init__(self, site: Site, resources: Sequence[Resource]) -> None:
        self._site = replace(site, closures=())
        self._calendar = Calendar(self._site, [replace(resource, absences=()) for resource in resources])
        self._known: dict[tuple[SessionTemplate, int], StartTemplate] = {}
        self._found: dict[tuple[SessionTemplate, tuple[object, ...]], tuple[FoundVisit, ...]] = {}

    def of(self, template: SessionTemplate, on: date) -> StartTemplate:
        """The template of a date's weekday for one kind of session, which alone uses its resources."""
        key = (template, on.weekday())
        if key not in self._known:
            self._known[key] = self._searched(template, self._ordinary(on))
        return self._known[key]

    def _ordinary(self, on: date) -> date:
        """A date of the same weekday on which the clock does not change, so that elapsed minutes are those on the wall."""
        while self._calendar.day(on).length != MINUTES_OF_DAY:
            on += timedelta(days=7)
        return on

    def _searched(self, template: SessionTemplate, on: date) -> StartTemplate:
        whole = RosterDay(self._calendar, template, on)
        places: list[Place] = []
        for part in parts_of(self._calendar, template):
            day = RosterDay(Calendar(self._site, part, time=self._calendar.time), template, on)
            alike = template, tuple((each.capabilities, each.capacity, self._calendar.open_stretches(each, on)) for each in part)
            if alike not in self._found:
                self._found[alike] = most_visits(day) if day.most <= MOST_OF_A_PART else ()
            places += [Place(start, seats) for start, seats in visits_of(self._found[alike], day)]
        return StartTemplate(tuple(sorted(places, key=lambda place: place.clock)), whole.most)


def templates_of(calendar: Calendar) -> StartTemplates:
    """Those of a calendar's site and resources, kept for as long as neither changes."""
    resources = tuple(replace(resource, absences=()) for resource in calendar.resources.values())
    return _templates_of(replace(calendar.site, closures=()), resources)


@lru_cache(maxsize=ROSTERS)
def _templates_of(site: Site, resources: tuple[Resource, ...]) -> StartTemplates:
    return StartTemplates(site, resources)


def parts_of(calendar: Calendar, template: SessionTemplate) -> list[list[Resource]]:
    """A large roster in parts of some fifteen resources that serve visits by themselves, like parts where they can be had.

    What a part holds at most is soon found, and little is lost: with a dozen chairs in it, hardly a visit hangs on a loan from another.
    """
    taking = [demand.requirement for demand in template.demands if demand.requirement.load != 0]
    pools = [calendar.pool(need.capability) for need in taking]
    split = list({resource.id: resource for pool in pools for resource in pool}.values())
    present = [calendar.pool(demand.requirement.capability) for demand in template.demands if demand.requirement.load == 0]
    shared = list({resource.id: resource for pool in present for resource in pool if resource not in split}.values())
    if any(resource in split for pool in present for resource in pool):
        return [[*split, *shared]]
    most = [len(pool) // need.count for pool, need in zip(pools, taking, strict=True)]
    n_parts = max(1, min([len(split) // ENOUGH_FOR_A_PART, *most]))
    ordered = sorted(split, key=lambda resource: (sorted(resource.capabilities), resource.capacity, str(resource.hours)))
    return [[*ordered[part::n_parts], *shared] for part in range(n_parts)]
