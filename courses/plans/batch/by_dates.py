"""What scarce dates are worth before hours are looked at: a few seconds' work that spares the hours most of theirs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from courses.plans.batch.ascent import Ascent
from courses.plans.batch.columns import Sketch
from courses.plans.batch.limit import Check, no_check
from courses.plans.batch.one_by_one import Clinic
from courses.plans.batch.packing import ANYONE
from courses.plans.batch.pairing import Kind, Pairing, added_up, is_paired, least_taken
from courses.plans.batch.scarcity import CROWDED, Bottleneck, Crowd, Vector
from courses.plans.batch.uses import POOL, RESOURCE, Place, Room, Use, Uses
from courses.plans.batch.worth import Tried, Worth
from courses.plans.best_plan import DateWays, Situation
from courses.plans.possible.openings import Openings
from courses.plans.request import CourseRequest
from courses.protocols.protocol import TreatmentProtocol
from courses.protocols.session_template import SessionTemplate

ROUNDS = 150
HALF = 0.05
"""Dates alone are told to be scarce where they explain such a share of what a plan costs beyond the least; else hours are what is."""
ENOUGH = 0.002
"""So small a share of the bound still to come is left to the hours."""
ROOM_TO_WAIT, AT_LEAST = 1.5, 300.0
"""A course may cost so many times what it cost in the first plan, and so much more, by its dates alone."""


MOST_KINDS, MUCH = 3, 0.1
"""Of so many kinds of visit at most, each wanted for such a share of the time, it is found out what a date bears of them."""
PARTS, WIDE = 1000, 100
"""A visit is told by so many parts, and there are no more than so many visits' parts in one."""


class Dates:
    """The courses of a part, each on dates alone: whatever the hour, a date bears only so much. Raises what `check` does."""

    def __init__(
        self, clinic: Clinic, requests: Sequence[CourseRequest], costs: Mapping[int, float], room: Room, check: Check = no_check
    ) -> None:
        self._requests, self._room, self._calendar, self._check = requests, room, room.filled, check
        self._ways: dict[int, DateWays] = {}
        self._openings: dict[str, Openings] = {}
        self._paired: dict[Place, Bottleneck] = {}
        self._taken: dict[date, list[tuple[Place, Mapping[str, Vector]]]] = defaultdict(list)
        self._uses: dict[tuple[int, date], Uses] = {}
        for course, cost in costs.items():
            check()
            request = requests[course]
            situation = Situation(self._calendar, clinic.hours_of(request.patient), clinic.weights)
            ways = DateWays(request, situation, ROOM_TO_WAIT * cost + AT_LEAST)
            if ways.visits and request.priority > 0:
                self._ways[course] = ways
                self._openings[request.protocol.id] = Openings(self._calendar, ANYONE)
        self._pair()
        self._sketches: list[Sketch] = []
        self._known = set[tuple[int, Uses]]()

    def _pair(self) -> None:
        """Find what dates bear of the kinds of visit that most of the time is wanted for."""
        asked = Counter[tuple[str, str]]()
        kinds: dict[tuple[str, str], Kind] = {}
        dates: dict[date, None] = {}
        for course, ways in self._ways.items():
            protocol = self._requests[course].protocol
            for slot in protocol.slots:
                template = protocol.template_of(slot.number)
                asked[protocol.id, template.name] += template.minutes
                kinds[protocol.id, template.name] = Kind(protocol, template)
            dates |= dict.fromkeys(on for _, on in ways.visits)
        for name, minutes in asked.most_common(MOST_KINDS):
            if minutes >= MUCH * asked.total() and is_paired(self._calendar, kinds[name].template):
                self._check()
                for one in Pairing(self._calendar, kinds[name], sorted(dates)).bottlenecks():
                    self._paired[one.place] = one
                    self._taken[date.fromordinal(one.place.day)].append((one.place, added_up(one)))

    def worth(self, penalties: Sequence[float], target: float) -> list[tuple[Bottleneck, float]]:
        """The dates that are scarce, and the multipliers that they come to; none where nothing is."""
        worth = Worth()
        ascent = Ascent(worth, self._sketches, self._overfilled, penalties, self._check)
        tried = self._tried(worth, np.zeros(0))
        free = worth.bound
        for _ in range(ROUNDS if self._ways else 0):
            self._check()
            tried = self._tried(worth, ascent.next(tried, target))
            if ascent.settled() or ascent.promised() <= ENOUGH * abs(worth.bound):
                break
        if worth.bound - free < HALF * (target - free):
            return []
        found = [(one, dual) for one, dual in zip(worth.bottlenecks.all, worth.best().tolist(), strict=True) if dual > 0]
        return [(self._paired[one.place], dual / WIDE) if one.place in self._paired else (one, dual) for one, dual in found]

    def _tried(self, worth: Worth, duals: Vector) -> Tried:
        per_minute = {place: sum(price for *_, price in there) for place, there in worth.bottlenecks.priced(duals.tolist()).items()}
        prices: dict[tuple[int, date], float] = {}
        least: dict[int, float] = {}
        uses: list[Uses] = []
        for course, ways in self._ways.items():
            priority = self._requests[course].priority
            protocol = self._requests[course].protocol
            asked = np.array([self._price(protocol, template, on, per_minute, prices) for template, on in ways.visits])
            cost, chosen = ways.cheapest(asked / priority)
            found = tuple(use for index in chosen for use in self._uses_of(protocol, *ways.visits[index]))
            least[course] = priority * cost + float(asked[chosen].sum())
            uses.append(found)
            if (course, found) not in self._known:
                self._known.add((course, found))
                self._sketches.append(Sketch(course, priority * cost, found))
        tried = Tried(duals, least, uses)
        worth.learn(tried)
        return tried

    def _price(
        self,
        protocol: TreatmentProtocol,
        template: SessionTemplate,
        on: date,
        per_minute: Mapping[Place, float],
        known: dict[tuple[int, date], float],
    ) -> float:
        key = (id(template), on)
        if key not in known:
            known[key] = sum(use.load * use.end * per_minute.get(use.place, 0.0) for use in self._uses_of(protocol, template, on))
        return known[key]

    def _uses_of(self, protocol: TreatmentProtocol, template: SessionTemplate, on: date) -> Uses:
        """What a visit takes of its pools at least, as if each of its stretches began at midnight."""
        key = (id(template), on)
        if key not in self._uses:
            found: list[Use] = []
            for demand in template.demands:
                pool, need = self._calendar.pool(demand.requirement.capability), demand.requirement
                load = need.count * min(need.load_on(resource.capacity) for resource in pool)
                place = (RESOURCE, pool[0].id) if len(pool) == 1 else (POOL, need.capability)
                if load:
                    found.append(Use(Place(*place, on.toordinal()), 0, demand.end - demand.begin, load))
            for there, taken in self._taken.get(on, ()):
                if parts := int(PARTS * least_taken(taken, self._openings[protocol.id], template, on)):
                    found.append(Use(there, 0, parts, 1))
            self._uses[key] = tuple(found)
        return self._uses[key]

    def _overfilled(self, crowds: Sequence[Crowd]) -> list[Bottleneck]:
        """The dates of which more is asked than they bear in all."""
        found: list[Bottleneck] = []
        for crowd in crowds:
            if crowd.place in self._paired:
                begin, end, bears = 0, PARTS * WIDE, self._paired[crowd.place].left * PARTS
            else:
                begin, end, bears = self._room.stretches(crowd.place)[-1]
            if float(crowd.loads @ crowd.ends) > bears + CROWDED * (end - begin):
                found.append(Bottleneck(crowd.place, begin, end, bears / (end - begin)))
        return found
