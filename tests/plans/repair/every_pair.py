"""The best re-plan of a tiny clinic with one or two courses, by trying every way of both: it knows nothing of the planner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tests.plans.every_way import EveryWay, Option, option_of
from tests.plans.site_facts import Document, SiteFacts
from tests.plans.tiny_clinics import DAYS

MOVE = 1000
Outcome = tuple[int, float, int]
"""Courses lost, their priorities added up, and moves (in thousands) with reassignments."""


class TooMany(Exception):
    """There are more ways than a test can try."""


class Ways(EveryWay):
    """All ways of going on with one course, with what each changes."""

    def all(self, last_day: date, was: dict[int, Option], missed: set[int], most: int) -> Iterator[tuple[int, tuple[Option, ...]]]:
        """Each way's changes and sessions. Raises `TooMany`."""
        self._last_day = last_day
        done = tuple(option for number, option in sorted(was.items()) if self.now and option.start < self.now and number not in missed)
        self._was, self._missed, self._left = was, missed, most
        days = tuple(self.facts.local(option.start).date() for option in done)
        tails = tuple(load for option in done for load in option.loads)
        yield from self._onward(days, done[-1].end if done else None, tails, (0, ()))

    def changes(self, at: int, option: Option) -> int:
        """What an option for a session (from 0) changes of the plan before."""
        if at + 1 in self._missed:
            return 0
        old = self._was[at + 1]
        return MOVE if option.start != old.start else int(set(option.seats) != set(old.seats))

    def _onward(
        self,
        days: tuple[date, ...],
        over: datetime | None,
        tails: tuple[tuple[str, datetime, datetime, int], ...],
        so_far: tuple[int, tuple[Option, ...]],
    ) -> Iterator[tuple[int, tuple[Option, ...]]]:
        at = len(days)
        if at == len(self.places):
            yield so_far
            return
        for day in self._days(at, days):
            for option in self._options_on(at, day):
                self._left -= 1
                if self._left < 0:
                    raise TooMany
                if self._follows(at, day, days, over, option) and all(self._bears(load, (*tails, *option.loads)) for load in option.loads):
                    now = (so_far[0] + self.changes(at, option), (*so_far[1], option))
                    yield from self._onward((*days, day), option.end, (*tails, *option.loads), now)


class Pair:
    """A tiny clinic after its mishaps: what the best re-plan of its planned courses comes to."""

    def __init__(self, document: Document, plan: Document, happened: Document, first: date, most: int = 4000) -> None:
        self.facts = SiteFacts(document, happened["disruptions"])
        self.now = self.facts.instant(happened["now"])
        self.last, self.most = first + timedelta(days=DAYS), most
        self.was = {
            answer["id"]: {session["number"]: option_of(self.facts, session) for session in answer["sessions"]}
            for answer in plan["courses"]
            if answer["status"] == "planned"
        }
        self.missed = {
            course: {each["session"] for each in happened["disruptions"] if each["kind"] == "missed" and each["course"] == course}
            for course in self.was
        }

    def best(self) -> Outcome:
        """The least outcome. Raises `TooMany`."""
        courses = sorted(self.was, key=lambda course: len(self.was[course]))
        found = [(0, 0.0, changes) for changes in self._kept(courses)]
        for lost in courses if not found else []:
            weight = self.facts.courses[lost].get("priority", 1)
            found += [(1, weight, changes) for changes in self._kept([each for each in courses if each != lost])]
        total = sum(self.facts.courses[each].get("priority", 1) for each in courses)
        return min(found, default=(len(courses), total, 0))

    def _kept(self, courses: list[str]) -> list[int]:
        """The changes of every way of keeping these courses; of the last only the best way is looked for."""
        if not courses:
            return [0]
        history = [(course, option) for course in self.was for option in self._done(course)]
        return [*self._with(courses, history)]

    def _with(self, courses: list[str], others: list[tuple[str, Option]]) -> Iterator[int]:
        course, rest = courses[0], courses[1:]
        ways = Ways(self.facts, self.facts.courses[course], [each for each in others if each[0] != course], self.now)
        best: int | None = None
        for changes, sessions in ways.all(self.last, self.was[course], self.missed[course], self.most):
            if not rest:
                best = changes if best is None else min(best, changes)
            elif best is None or changes < best:
                own = [(course, option) for option in sessions]
                found = [changes + more for more in self._with(rest, [*others, *own])]
                best = min([*found, *([] if best is None else [best])], default=best)
        if best is not None:
            yield best

    def _done(self, course: str) -> list[Option]:
        return [o for number, o in self.was[course].items() if o.start < self.now and number not in self.missed[course]]
