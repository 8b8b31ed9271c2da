"""One day of a roster as arrays: who may begin what when, how much each resource bears, and how many visits can still come at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import gcd

import numpy as np
from numpy.typing import NDArray

from courses.plans.possible.openings import Openings
from courses.plans.request import PatientHours
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.free_time import bits
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Resource

Numbers = NDArray[np.int64]
Truths = NDArray[np.bool_]
SMALL = 10_000
"""A load of which two bytes hold the sum of three."""


@dataclass(frozen=True)
class Asked:
    """A requirement that takes load, laid on the roster: from step `begin` until `end` after the start of the visit.

    `allowed` says for each resource and start of the day whether hours and capacity let it serve; `loads` what it would bear.
    """

    demand: Demand
    begin: int
    end: int
    allowed: Truths
    loads: Numbers


class RosterDay:
    """A date on a calendar without bookings, for visits of one kind. Time is counted in steps that divide every length in play."""

    def __init__(self, calendar: Calendar, template: SessionTemplate, on: date) -> None:
        self._calendar, self._on = calendar, on
        demands = [demand for demand in template.demands if demand.requirement.load != 0]
        edges = [edge for demand in demands for edge in (demand.begin, demand.end)]
        self.step = gcd(calendar.site.granularity_minutes, *edges)
        self._possible = Openings(calendar, PatientHours("")).starts(template, on)
        self.starts = list(bits(self._possible))
        pools = {resource.id: resource for demand in demands for resource in calendar.pool(demand.requirement.capability)}
        self.resources: list[Resource] = list(pools.values())
        self.capacity = _loads([resource.capacity for resource in self.resources])
        self.asked = [self._asked(demand) for demand in demands]
        self.length = max((each.end for each in self.asked), default=1)

    def _asked(self, demand: Demand) -> Asked:
        loads = _loads([demand.requirement.load_on(resource.capacity) for resource in self.resources])
        masks = [self._serves(demand, resource) for resource in self.resources]
        allowed = np.array([[bool(mask >> start & 1) for start in self.starts] for mask in masks], np.bool_)
        return Asked(demand, demand.begin // self.step, demand.end // self.step, allowed.reshape(len(masks), len(self.starts)), loads)

    def _serves(self, demand: Demand, resource: Resource) -> int:
        """The starts of visits for which a resource can meet a requirement, as a mask."""
        need = demand.requirement
        if need.capability not in resource.capabilities:
            return 0
        begins = self._calendar.starts(resource, self._on, demand.end - demand.begin, need.load_on(resource.capacity))
        return begins >> demand.begin & self._possible

    @cached_property
    def _rows(self) -> list[tuple[Asked, Numbers]]:
        """For each requirement, how many bookings one after another each resource can hold from each step of the day on."""
        return [(asked, self._in_a_row(asked)) for asked in self.asked]

    def _in_a_row(self, asked: Asked) -> Numbers:
        last = self._calendar.day(self._on).length // self.step
        found = np.zeros((len(self.resources), last + 2 * self.length + 2), np.int64)
        for row, resource in zip(found, self.resources, strict=True):
            begins = self._serves(asked.demand, resource) << asked.demand.begin
            for at in range(last, -1, -1):
                more = 1 + row[at + asked.end - asked.begin] if begins >> (at * self.step) & 1 else 0
                row[at] = max(row[at + 1], more)
        return found

    @property
    def most(self) -> int:
        """No more visits than this fit into the day."""
        return self.most_from(self.starts[0]) if self.starts and self.asked else 0

    def most_from(self, start: int) -> int:
        """No more visits than this can begin at or after a minute of the empty day, as each requirement by itself shows."""
        at = start // self.step
        counts = [
            int((row[:, at + asked.begin] * (self.capacity // np.maximum(asked.loads, 1))).sum()) // asked.demand.requirement.count
            for asked, row in self._rows
        ]
        return min(counts, default=0)

    def most_beside(self, free: Numbers, start: int) -> Numbers:
        """The same beside what is taken: for each of many days, told by what is free of each resource from the start on.

        Only requirements that a resource meets for one visit at a time count here.
        """
        most = np.full(len(free), self.most_from(start), np.int64)
        each = np.arange(len(self.resources))
        for asked, row in self._rows:
            mine = asked.allowed.any(axis=1)
            if (2 * asked.loads[mine] <= self.capacity[mine]).any():
                continue
            taken = free < asked.loads[None, :, None]
            until = np.where(taken.any(axis=2), self.length - taken[:, :, ::-1].argmax(axis=2), 0)
            from_step = start // self.step + np.maximum(until, asked.begin)
            most = np.minimum(most, row[each[None, :], from_step].sum(axis=1) // asked.demand.requirement.count)
        return most


def _loads(values: list[int]) -> Numbers:
    """As few bytes for each as hold them: the search goes through millions."""
    return np.array(values, np.dtype("int16" if max(values, default=0) <= SMALL else "int64"))
