"""All ways of placing one course in a tiny clinic, tried one by one: slow, blunt, and knowing nothing of the planner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations

from tests.plans.date_rules import date_faults, places_of, template_name
from tests.plans.judge import load_on, parts_of
from tests.plans.site_facts import MINUTE, Document, SiteFacts, Stretch, touches

Load = tuple[str, datetime, datetime, int]
"""Resource, from, until, how much."""


@dataclass(frozen=True)
class Option:
    """One way of holding one session: its time, and for each requirement in turn the resources with their times and loads."""

    start: datetime
    end: datetime
    seats: tuple[tuple[int, Load], ...]

    @property
    def loads(self) -> tuple[Load, ...]:
        """What it puts on resources."""
        return tuple(load for _, load in self.seats)


Met = tuple[tuple[str, tuple[str, ...]], ...]
"""For each capability with continuity, who met it last."""

Price = Callable[[int, date, Option], float]


def free(_at: int, _day: date, _option: Option) -> float:
    """For those who only ask whether there is a way."""
    return 0


def sessions_of(facts: SiteFacts, answers: Iterable[Document]) -> list[tuple[str, Option]]:
    """All sessions of planned courses, each with its course."""
    return [(answer["id"], option_of(facts, session)) for answer in answers for session in answer.get("sessions", [])]


def option_of(facts: SiteFacts, session: Document) -> Option:
    """A planned session as an option."""
    seats = [
        (s["requirement"], (s["resource"], facts.instant(s["start"]), facts.instant(s["end"]), s["load"])) for s in session["bookings"]
    ]
    return Option(facts.instant(session["start"]), facts.instant(session["end"]), tuple(sorted(seats)))


class EveryWay:
    """Places one course, everything else being fixed. A session begins and ends on one local date."""

    def __init__(self, facts: SiteFacts, course: Document, others: Iterable[tuple[str, Option]] = (), now: datetime | None = None) -> None:
        self.facts, self.course, self.now = facts, course, now
        self.protocol = facts.protocols[course["protocol"]]
        self.places = places_of(self.protocol)
        self.start = date.fromisoformat(course["start_on_or_after"])
        self.loads: dict[str, list[tuple[Stretch, int]]] = defaultdict(list)
        for booking in facts.held:
            self.loads[booking["resource"]].append((facts.stretch(booking), booking.get("load", 1)))
        self.busy = list(facts.away[course["patient"]])
        for of_course, option in others:
            if facts.courses[of_course]["patient"] == course["patient"]:
                self.busy.append((option.start, option.end))
            for resource, begin, end, load in option.loads:
                self.loads[resource].append(((begin, end), load))
        self._options: dict[tuple[str, date], list[Option]] = {}
        self._continuing = any(r.get("continuity") for t in self.protocol["session_templates"].values() for r in t.get("requirements", []))

    def least(self, last_day: date, price: Price = free, done: Sequence[Option] = (), change: float = 0) -> float | None:
        """The least price of placing all sessions after those done, none later than a date; None where there is no way.

        `change` is what it costs to meet a capability with continuity by others than before.
        """
        self._last_day, self._price, self._change = last_day, price, change
        self._known: dict[object, float | None] = {}
        days = tuple(self.facts.local(option.start).date() for option in done)
        met: Met = ()
        for at, option in enumerate(done):
            met = self._met(at, met, option)
        tails = tuple(sorted(load for option in done for load in option.loads if self.now is not None and load[2] > self.now))
        return self._rest(days, done[-1].end if done else None, tails, met)

    def _rest(self, days: tuple[date, ...], over: datetime | None, tails: tuple[Load, ...], met: Met) -> float | None:
        at = len(days)
        if at == len(self.places):
            return 0
        key = (days, over, tails, met)
        if key not in self._known:
            self._known[key] = self._try(at, days, over, tails, met)
        return self._known[key]

    def _try(self, at: int, days: tuple[date, ...], over: datetime | None, tails: tuple[Load, ...], met: Met) -> float | None:
        best: float | None = None
        for day in self._days(at, days):
            for option in self._options_on(at, day):
                if not self._follows(at, day, days, over, option) or not all(
                    self._bears(load, (*tails, *option.loads)) for load in option.loads
                ):
                    continue
                left = tuple(sorted(load for load in (*tails, *option.loads) if load[2] > option.end))
                now_met = self._met(at, met, option)
                rest = self._rest((*days, day), option.end, left, now_met)
                if rest is None:
                    continue
                total = rest + self._price(at, day, option) + self._change * _changed(met, now_met)
                best = total if best is None else min(best, total)
                if self._price is free:
                    return best
        return best

    def _days(self, at: int, days: tuple[date, ...]) -> Iterator[date]:
        day = days[-1] if days else self.start
        if self.now is not None:
            day = max(day, self.facts.local(self.now).date())
        last = min(self._last_day, date.fromisoformat(self.course.get("finish_on_or_before", "9999-12-31")))
        if not at:
            last = min(last, date.fromisoformat(self.course.get("start_on_or_before", "9999-12-31")))
        while day <= last:
            if not any(date_faults(self.places, [*days, day], self.start, self.facts.is_open, at)):
                yield day
            day += timedelta(days=1)

    def _follows(self, at: int, day: date, days: tuple[date, ...], over: datetime | None, option: Option) -> bool:
        if over is None:
            return True
        place, minutes = self.places[at], (option.start - over) / MINUTE
        if place.per_day > 1 and day == days[-1]:
            return bool(place.phase.get("min_gap_minutes", 0) <= minutes <= place.phase.get("max_gap_minutes", 24 * 60)) and minutes >= 0
        return minutes >= 0

    def _options_on(self, at: int, day: date) -> list[Option]:
        key = (template_name(self.protocol, at + 1), day)
        if key not in self._options:
            self._options[key] = list(self._find_options(self.protocol["session_templates"][key[0]], day))
        return self._options[key]

    def _find_options(self, template: Document, day: date) -> Iterator[Option]:
        length = sum(step["minutes"] for step in template["steps"]) * MINUTE
        for start in self.facts.starts_on(day):
            inside = start + length <= self.facts.midnight(day + timedelta(days=1))
            if inside and self._patient_can((start, start + length)):
                yield from (Option(start, start + length, seats) for seats in self._seatings(parts_of(template, start), 0))

    def _patient_can(self, stretch: Stretch) -> bool:
        if self.now is not None and stretch[0] < self.now:
            return False
        available = self.facts.patients[self.course["patient"]].get("available")
        inside = available is None or self.facts.within(available, *stretch)
        return inside and not any(touches(stretch, busy) for busy in self.busy)

    def _seatings(self, parts: Sequence[tuple[Document, Stretch]], index: int) -> Iterator[tuple[tuple[int, Load], ...]]:
        if index == len(parts):
            yield ()
            return
        requirement, (begin, end) = parts[index]
        able = [
            (name, begin, end, load_on(requirement, resource))
            for name, resource in self.facts.resources.items()
            if requirement["capability"] in resource["capabilities"] and self._there(name, (begin, end))
        ]
        for rest in self._seatings(parts, index + 1):
            beside = [load for _, load in rest]
            for chosen in combinations(able, requirement.get("count", 1)):
                if all(self._bears(load, [*beside, *chosen]) for load in chosen):
                    yield (*((index, load) for load in chosen), *rest)

    def _there(self, resource: str, stretch: Stretch) -> bool:
        blocked = [*self.facts.down[resource], *self.facts.closures]
        return self.facts.within(self.facts.hours_of(resource), *stretch) and not any(touches(stretch, block) for block in blocked)

    def _bears(self, load: Load, own: Iterable[Load]) -> bool:
        """Whether a resource bears a load, itself being one of the course's own."""
        name, begin, end, weight = load
        capacity = self.facts.resources[name].get("capacity", 1)
        if weight == 0:
            return True
        on_it = [*self.loads[name], *(((b, e), w) for r, b, e, w in own if r == name)]
        moments = {begin, *(b for (b, _), _ in on_it if begin <= b < end)}
        return all(sum(w for (b, e), w in on_it if b <= moment < e) <= capacity for moment in moments)

    def _met(self, at: int, met: Met, option: Option) -> Met:
        if not self._continuing:
            return ()
        wanted = self.protocol["session_templates"][template_name(self.protocol, at + 1)].get("requirements", [])
        who: dict[str, set[str]] = defaultdict(set)
        for index, load in option.seats:
            if wanted[index].get("continuity"):
                who[wanted[index]["capability"]].add(load[0])
        return tuple(sorted((dict(met) | {capability: tuple(sorted(names)) for capability, names in who.items()}).items()))


def _changed(before: Met, after: Met) -> int:
    was = dict(before)
    return sum(was.get(capability, who) != who for capability, who in after)
