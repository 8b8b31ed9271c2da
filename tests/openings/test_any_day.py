"""Whatever is cancelled, accepted, declined or left to run out: no place is given twice, every course keeps its rules, turns are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random
from shutil import copyfile
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from courses import queries, rescheduling
from courses.openings.matching import match
from courses.openings.offer import Offer
from courses.openings.wish import Aim, OpeningWish, When
from courses.plans.ongoing.course import hours_of, place_of
from courses.plans.possible.rulebook import Rulebook
from courses.queries import openings as looks
from rooms import queries as rooms_queries
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.errors import DomainError
from scheduler.database import Database
from scheduler.openings import asking
from scheduler.verify import verify
from tests.courses.clinic import daily
from tests.openings.ward import DAY, HOUR, Ward

PATIENTS = 6
SPACED = daily(3).replace("per_week: 5", "per_week: 2, min_gap_days: 2, max_gap_days: 6")
SHORT_DAYS = {day: [("08:00", "09:30")] for day in ("mon", "tue", "wed", "thu")}
"""So little room that places are scarce."""


@contextmanager
def a_database(template: Path) -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        opened = Database(f"sqlite:///{copyfile(template, Path(folder) / 'day.db')}")
        try:
            yield opened
        finally:
            opened.dispose()


class AnyDay:
    """A crowded clinic, and everything that may happen in it."""

    def __init__(self, database: Database, chance: Random) -> None:
        self.ward, self.chance = Ward(database, SPACED, hours=SHORT_DAYS), chance
        self.courses = [self.ward.course(f"P{n}", date(2026, 12, 1)) for n in range(PATIENTS)]
        for course in self.courses:
            narrow = When(closes=8 * 60 + 40)
            aim, when = self.chance.choice([(Aim.SOONER, When()), (Aim.OTHER_TIMES, narrow)])
            one = self.chance.choice([None, course.live[self.chance.randrange(3)].id])
            self.ward.wish(course, when, aim, session=one, priority=self.chance.choice([1, 1, 2]))

    def step(self) -> None:
        """One thing happens, then a worker looks."""
        answers = [self._accept, self._decline] * (3 if self.ward.running() else 0)
        todo = self.chance.choice([self._cancel, self._move, self._move, self._stop, self._wait, *answers])
        with suppress(DomainError):  # a refusal changes nothing
            todo()
        self._keeps_turns()

    def _some(self) -> str:
        return self.chance.choice(self.courses).id

    def _cancel(self) -> None:
        with self.ward.database.transaction() as db:
            ahead = [each for each in queries.course(db, self._some()).course.ahead(self.ward.now) if each.interval]
            if ahead:
                rescheduling.cancel_session(db, self.chance.choice(ahead).id, self.ward.doing())

    def _move(self) -> None:
        with self.ward.database.transaction() as db:
            placed = [each for each in queries.course(db, self._some()).course.live if each.interval]
            session = self.chance.choice(placed) if placed else None
            if session and session.interval:
                rescheduling.move_session(db, session.id, session.interval.starts_at + self.chance.choice([-1, 1]) * DAY, self.ward.doing())

    def _stop(self) -> None:
        if self.chance.random() < 0.2:
            key = self._some()
            self.ward.database.run(lambda db: rescheduling.stop_course(db, key, self.ward.doing()))

    def _wait(self) -> None:
        self.ward.pass_time(self.chance.choice([HOUR / 4, HOUR, timedelta(hours=20)]))

    def _offer(self) -> Offer | None:
        return self.chance.choice(self.ward.running() or (None,))

    def _accept(self) -> None:
        if offer := self._offer():
            before = self._faults(offer.course)
            self.ward.accept(offer)
            assert self._faults(offer.course) <= before, "the move broke a rule"
            assert offer.place in [each.interval for each in self.ward.now_of(offer.course).live]

    def _decline(self) -> None:
        if offer := self._offer():
            self.ward.decline(offer)

    def _keeps_turns(self) -> None:
        """After a look, nobody waits whom a free place would suit, or who comes before one to whom it was offered in this look."""
        before = {each.id for each in self.ward.running()}
        self.ward.look()
        made = [each for each in self.ward.running() if each.id not in before]
        with self.ward.database.reading() as db:
            wishes = looks.open_wishes(db, self.ward.site_id)
            busy = {each.wish for each in self.ward.running()}
            for position, wish in enumerate(wishes):
                if wish.id in busy:
                    continue
                assert self._match(db, wish, ()) is None, "a free place suits somebody and was not offered"
                passed = [each for each in made if each.wish in {later.id for later in wishes[position + 1 :]}]
                assert self._match(db, wish, [each.id for each in passed]) is None, "somebody was passed over"

    def _match(self, db: Db, wish: OpeningWish, without: list[str] | tuple[()]) -> object:
        """A place that suits a wish if some offers had not been made."""
        known, now = queries.course(db, wish.course), self.ward.now
        busy = {each.session for each in looks.running_offers(db, self.ward.site_id)}
        if known.course.status != "active":
            return None
        calendar = rooms_queries.calendar(db, known.site.id, Interval(now, now + 94 * DAY), now=now, without_purposes=without)
        for session in wish.visits(known.course, calendar.time, now):
            if session.id in busy:
                continue
            found = match(wish, rescheduling.moving_in(db, known, session.id, calendar, now=now))
            if found is not None and self._can_be_answered(db, wish, found.place.interval):
                return found
        return None

    def _can_be_answered(self, db: Db, wish: OpeningWish, place: Interval) -> bool:
        return looks.offering(db, self.ward.site_id).hold_until(asking(db, self.ward.now, wish, place), place) is not None

    def check(self) -> None:
        """The independent checker finds nothing."""
        assert [each for each in verify(self.ward.database, now=self.ward.now) if not each.decision] == []

    def _faults(self, key: str) -> set[tuple[str, str]]:
        """The rules of a course that are broken, by the rulebook of plans."""
        with self.ward.database.reading() as db:
            known, now = queries.course(db, key), self.ward.now
            ids, between = [each.id for each in known.course.live], Interval(now - 30 * DAY, now + 200 * DAY)
            calendar = rooms_queries.calendar(db, known.site.id, between, now=now, without_purposes=ids)
        placed = sorted((place_of(each) for each in known.course.live if each.interval), key=lambda each: each.interval)
        rules = Rulebook(known.course.request, calendar, hours_of(known.course.patient), ())
        return {(fault.code, fault.detail) for fault in rules.faults_of_placed(placed, now) if fault.code != "past"}


def live(template: Path, chance: Random, steps: int) -> None:
    with a_database(template) as database:
        day = AnyDay(database, chance)
        for _ in range(steps):
            day.step()
            day.check()


@settings(max_examples=4, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_any_day(sqlite_template: Path, seed: int) -> None:
    live(sqlite_template, Random(seed), 10)


@pytest.mark.soak
@settings(max_examples=200)
@given(seed=st.integers(0, 2**32))
def test_many_days(sqlite_template: Path, seed: int) -> None:
    live(sqlite_template, Random(seed), 25)
