"""Which device and person to try first, so that a patient meets new ones as seldom as can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from courses.plans.plan import PlannedSession
from courses.plans.runs import Run, Runs
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import Demand
from rooms.availability.free_time import bits
from rooms.bookings.calendar import Calendar


class Continuity:
    """Follows who was met last, session by session, and looks ahead for who can be met longest."""

    def __init__(
        self, protocol: TreatmentProtocol, runs: Runs, calendar: Calendar, dates: Sequence[tuple[Run, date]], done: Iterable[PlannedSession]
    ) -> None:
        self._protocol, self.runs, self.calendar, self._dates = protocol, runs, calendar, dates
        self._last: dict[str, list[str]] = {}
        self.note(done)

    def note(self, sessions: Iterable[PlannedSession]) -> None:
        """These sessions come next in the course."""
        for session in sessions:
            wanted = self._protocol.templates[session.template].requirements
            met: dict[str, list[str]] = defaultdict(list)
            for seat in session.seats:
                if wanted[seat.requirement].requirement.continuity:
                    met[seat.capability].append(seat.resource)
            self._last |= met

    def preferred(self, index: int) -> Preferred:
        """The preferences for the sessions of the index-th date."""
        return Preferred(self, index, dict(self._last))

    def lasting(self, demand: Demand, index: int, clock: int) -> list[str]:
        """The resources that can be had at this time of day on the coming dates, those for the longest unbroken while first."""
        capability = demand.requirement.capability
        able = [resource.id for resource in self.calendar.pool(capability)]
        order: list[str] = []
        for run, on in self._dates[index:]:
            still = self._able(capability, run, on, clock)
            order = [resource for resource in able if resource not in still] + order
            able = [resource for resource in able if resource in still]
            if not able:
                break
        return able + order

    def _able(self, capability: str, run: Run, on: date, clock: int) -> set[str]:
        pool = self.calendar.pool(capability)
        start = next((minute for minute in bits(self.calendar.grid(on)) if self.calendar.day(on).wall_minute(minute) == clock), None)
        needs = [d for d in self.runs.template(run.first).demands if d.requirement.continuity and d.requirement.capability == capability]
        return {resource.id for resource in pool if start is None or all(self.free(resource.id, d, on, start) for d in needs)}

    def free(self, resource: str, demand: Demand, on: date, start: int) -> bool:
        """Whether a resource could meet a requirement of a session that starts then."""
        there = self.calendar.resources[resource]
        return self.calendar.bears(there, on, (start + demand.begin, start + demand.end, demand.requirement.load_on(there.capacity)))

    def of_date(self, index: int) -> tuple[Run, date]:
        """The sessions of the index-th date."""
        return self._dates[index]


@dataclass(frozen=True)
class Preferred:
    """Who to try first on one date, given who was met last."""

    continuity: Continuity
    index: int
    last: Mapping[str, list[str]]

    def _demands(self) -> list[Demand]:
        run, _ = self.continuity.of_date(self.index)
        return [demand for demand in self.continuity.runs.template(run.first).demands if demand.requirement.continuity]

    def changes(self, start: int) -> int:
        """How many capabilities would be met by others than last time, if the sessions of the date began then."""
        _, on = self.continuity.of_date(self.index)
        changed = {
            demand.requirement.capability
            for demand in self._demands()
            for resource in self.last.get(demand.requirement.capability, ())
            if not self.continuity.free(resource, demand, on, start)
        }
        return len(changed)

    def order(self, start: int) -> dict[int, list[str]]:
        """For each requirement that asks for continuity, all resources in the order to try."""
        _, on = self.continuity.of_date(self.index)
        clock = self.continuity.calendar.day(on).wall_minute(start)
        return {
            demand.index: [*self.last.get(demand.requirement.capability, ()), *self.continuity.lasting(demand, self.index, clock)]
            for demand in self._demands()
        }
