"""How much of a resource's date courses can use at all: only whole visits count, from starts at which all else is free too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from courses.plans.possible.openings import Openings
from courses.plans.request import CourseRequest, PatientHours
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.availability.free_time import bits, span
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Resource

Begins = Mapping[int, int]
"""For each number of minutes that something is asked for: the minutes of a date from which it can be given."""

ANYONE = PatientHours("anyone")


class Packing:
    """What visits of the courses fit on the dates of a calendar, whoever the patient is."""

    def __init__(self, calendar: Calendar, requests: Iterable[CourseRequest]) -> None:
        protocols: dict[int, TreatmentProtocol] = {id(request.protocol): request.protocol for request in requests}
        self._kinds = [(Openings(calendar, ANYONE), [*protocol.templates.values()]) for protocol in protocols.values()]

    def begins(self, member: Resource, on: date) -> Begins:
        """From when a resource can be used, by how long."""
        found: dict[int, int] = {}
        for openings, template, demand in self._asked_of(member):
            if starts := openings.starts(template, on):
                free = starts & openings.resource_starts(demand, member, on)
                lasts = demand.end - demand.begin
                found[lasts] = found.get(lasts, 0) | free << demand.begin
        return found

    def _asked_of(self, member: Resource) -> Iterator[tuple[Openings, SessionTemplate, Demand]]:
        for openings, templates in self._kinds:
            for template in templates:
                for demand in template.demands:
                    if demand.requirement.load != 0 and demand.requirement.capability in member.capabilities:
                        yield openings, template, demand


def covered(begins: Begins) -> int:
    """The minutes that some use would hold."""
    found = 0
    for lasts, starts in begins.items():
        for begin in bits(starts):
            found |= span(begin, begin + lasts)
    return found


def islands(begins: Begins) -> list[tuple[int, int, int]]:
    """The stretches that uses can hold, from and until, with the most minutes of each that can be held by one use at a time."""
    at = sorted((begin, begin + lasts) for lasts, starts in begins.items() for begin in bits(starts))
    found: list[tuple[int, int, int]] = []
    while at:
        end, n = at[0][1], 1
        while n < len(at) and at[n][0] < end:
            end = max(end, at[n][1])
            n += 1
        found.append((at[0][0], end, _most(at[:n])))
        at = at[n:]
    return found


def _most(uses: list[tuple[int, int]]) -> int:
    """The most minutes that uses which do not overlap come to."""
    best: dict[int, int] = {}
    most = 0
    for begin, end in reversed(uses):
        after = max((value for other, value in best.items() if other >= end), default=0)
        most = max(most, end - begin + after)
        best[begin] = max(best.get(begin, 0), most)
    return most
