"""Whom and what a patient meets again: the resources that continuity is about, and the ways of meeting each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from courses.plans.plan import PlannedSession
from courses.plans.possible.openings import Openings
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import Demand, SessionTemplate
from rooms.bookings.calendar import Calendar

Met = frozenset[str]
"""The resources that meet a capability's requirements in one session."""

Way = tuple[tuple[str, ...], ...]
"""For each requirement of a capability, the resources that meet it."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One capability for which a kind of session asks to meet the same again: its requirements, and each way of meeting them."""

    axis: int
    demands: tuple[Demand, ...]
    ways: tuple[tuple[int, Way], ...]
    """The place of who is met among all that may be met, and how."""

    @property
    def is_simple(self) -> bool:
        """Whether one requirement asks for one resource."""
        return len(self.demands) == 1 and self.demands[0].requirement.count == 1

    @property
    def one_way_each(self) -> bool:
        """Whether there is one way of meeting each only."""
        return len({who for who, _ in self.ways}) == len(self.ways)


class Acquaintances:
    """For every capability that asks for continuity (an axis of the search): all who may be met, and who was met last.

    `sizes` says how many may be met on each axis.
    """

    def __init__(self, protocol: TreatmentProtocol, names: Iterable[str], calendar: Calendar, done: Sequence[PlannedSession]) -> None:
        self._protocol, self._calendar = protocol, calendar
        wanted = [(name, _continuing(protocol.templates[name])) for name in dict.fromkeys(names)]
        self.capabilities = tuple(dict.fromkeys(capability for _, asked in wanted for capability in asked))
        last = _met_last(protocol, done)
        self.who: list[list[Met]] = [[last[c]] if c in last else [] for c in self.capabilities]
        self.last: tuple[int | None, ...] = tuple(0 if c in last else None for c in self.capabilities)
        self._meetings = {name: tuple(self._meeting(each, demands) for each, demands in asked.items()) for name, asked in wanted}
        self.sizes = tuple(len(who) for who in self.who)

    def meetings(self, template: SessionTemplate) -> tuple[Meeting, ...]:
        """What a kind of session asks to meet again, in the order of the axes."""
        return self._meetings[template.name]

    def _meeting(self, capability: str, demands: Sequence[Demand]) -> Meeting:
        axis = self.capabilities.index(capability)
        pool = [resource.id for resource in self._calendar.pool(capability)]
        ways = []
        for way in product(*(combinations(pool, demand.requirement.count) for demand in demands)):
            met = frozenset(resource for part in way for resource in part)
            if met not in self.who[axis]:
                self.who[axis].append(met)
            ways.append((self.who[axis].index(met), way))
        return Meeting(axis, tuple(demands), tuple(ways))


def rivals_met(openings: Openings, template: SessionTemplate, meetings: Iterable[Meeting]) -> list[tuple[Demand, ...]]:
    """Groups of requirements in which the choice of who is met can bar another's."""
    continuing = {demand.index for meeting in meetings for demand in meeting.demands}
    return [group for group in openings.rivals(template) if any(demand.index in continuing for demand in group)]


def _continuing(template: SessionTemplate) -> dict[str, list[Demand]]:
    found: dict[str, list[Demand]] = defaultdict(list)
    for demand in template.demands:
        if demand.requirement.continuity:
            found[demand.requirement.capability].append(demand)
    return dict(found)


def _met_last(protocol: TreatmentProtocol, done: Iterable[PlannedSession]) -> dict[str, Met]:
    last: dict[str, Met] = {}
    for session in done:
        wanted = protocol.templates[session.template].requirements
        met: dict[str, set[str]] = defaultdict(set)
        for seat in session.seats:
            if wanted[seat.requirement].requirement.continuity:
                met[seat.capability].add(seat.resource)
        last |= {capability: frozenset(who) for capability, who in met.items()}
    return last
