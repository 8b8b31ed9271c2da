"""Whatever is done to courses in whatever order, what must always be true stays true."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from courses import queries, rescheduling
from courses.errors import DomainError
from courses.plans.ongoing.course import Course, place_of
from courses.rescheduling import Doing
from courses.sessions.session import TreatmentSession
from rooms import rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.resources.resource import Absence
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import SmallClinic, daily

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIGHT = {"tms-1": ("device", 1, ("tms-device",)), "tms-2": ("device", 1, ("tms-device",))}
KINDS = {
    "weekdays": daily(12, max_gap_days=14),
    "twice": daily(6).replace("per_week: 5", "per_week: 2, per_7_days: 2, min_gap_days: 2"),
    "kinds": daily(8) + "  - {template: treatment}\n",
}
KINDS["kinds"] = KINDS["kinds"].replace("session_rules:\n", "session_rules:\n  - {every: 4, template: long}\n").replace(
    "session_templates:\n",
    "session_templates:\n  long:\n    steps: [{name: treatment, minutes: 60}]\n"
    "    requirements: [{capability: tms-device, turnover_minutes: 5, continuity: true}]\n",
)  # fmt: skip


class Life:
    """A clinic in which chance does things to courses, one each turn."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clinic = SmallClinic()
        self.done: dict[str, int] = {}
        self.known: list[Course] = []
        self.verbs: list[Callable[[Db], object]] = [
            self.enrol, self.enrol, self.move, self.move, self.move, self.cancel, self.cancel, self.miss, self.miss, self.miss,
            self.hold, self.resume, self.resume, self.extend, self.stop, self.close, self.repair,
        ]  # fmt: skip

    def begin(self, db: Db) -> None:
        self.clinic.build(db, TIGHT)
        for code, text in KINDS.items():
            self.clinic.protocol(db, code, text)

    def doing(self) -> Doing:
        return Doing("desk", self.clinic.now, self.clinic.new_id, "a reason")

    def turn(self, db: Db) -> None:
        """Time goes on by some hours, and somebody tries something; what is refused changes nothing."""
        self.clinic.now += timedelta(minutes=30 * self.chance.randrange(12))
        verb, before = self.chance.choice(self.verbs), self.known
        try:
            verb(db)
        except (DomainError, IndexError):
            assert self.courses(db) == before
            return
        self.done[verb.__name__] = self.done.get(verb.__name__, 0) + 1
        self.known = self.courses(db)
        after = {course.id: course for course in self.known}
        for course in before:
            check_past(course, after[course.id], self.clinic)
        for course in self.known:
            check_whole(course, self.clinic)

    def courses(self, db: Db) -> list[Course]:
        return [queries.course(db, line.id).course for line in queries.courses(db, self.clinic.site_id, now=self.clinic.now)]

    def course(self, *statuses: str) -> Course:
        return self.chance.choice([course for course in self.known if course.status in statuses])

    def session(self) -> TreatmentSession:
        return self.chance.choice(self.course("active").live)

    def enrol(self, db: Db) -> None:
        start = SiteTime(self.clinic.zone).date_of(self.clinic.now) + self.chance.randrange(1, 14) * DAY
        patient = self.clinic.patient(db, f"Ana{self.clinic.new_id('')}")
        self.clinic.enrol(db, self.clinic.wish(patient, self.chance.choice(list(KINDS)), start))

    def move(self, db: Db) -> None:
        session = self.session()
        near = self.clinic.now + self.chance.randrange(1, 30) * DAY
        found = rescheduling.alternatives(db, session.id, near, now=self.clinic.now)
        place = self.chance.choice(found)
        moved = rescheduling.move_session(db, session.id, place.interval.starts_at, self.doing())
        there = moved.session(session.id)
        assert (there.number, there.interval, there.resources) == (place.number, place.interval, place.resources)

    def cancel(self, db: Db) -> None:
        session = self.session()
        shown = rescheduling.consequences(db, session.id, now=self.clinic.now)
        done = rescheduling.cancel_session(db, session.id, self.doing())
        assert done == shown

    def miss(self, db: Db) -> None:
        past = [s for s in self.course("active").live if s.interval and s.interval.starts_at <= self.clinic.now]
        rescheduling.miss_session(db, self.chance.choice(past[-2:]).id, self.doing())

    def hold(self, db: Db) -> None:
        rescheduling.hold_course(db, self.course("active").id, self.doing())

    def resume(self, db: Db) -> None:
        course, despite_gap = self.course("on_hold", "active"), self.chance.random() < 0.5
        resumed = rescheduling.resume_course(db, course.id, self.some_day(), self.doing(), despite_gap=despite_gap)
        assert resumed.owed == ()

    def extend(self, db: Db) -> None:
        rescheduling.extend_course(db, self.course("active").id, self.doing(), more=self.chance.randrange(1, 4))

    def stop(self, db: Db) -> None:
        rescheduling.stop_course(db, self.course("active", "on_hold").id, self.doing())

    def close(self, db: Db) -> None:
        day = SiteTime(self.clinic.zone).day(self.some_day()).whole
        closure, at = Closure(day, "snow"), self.clinic
        rostering.close_site(db, at.site_id, closure, by="desk", new_id=at.new_id, now=at.now)

    def repair(self, db: Db) -> None:
        day = SiteTime(self.clinic.zone).day(self.some_day()).whole
        absence, at = Absence(day, "repair"), self.clinic
        rostering.add_absence(db, at.site_id, "tms-2", absence, new_id=at.new_id, now=at.now)

    def some_day(self) -> date:
        return SiteTime(self.clinic.zone).date_of(self.clinic.now) + self.chance.randrange(10) * DAY


def check_past(before: Course, after: Course, clinic: SmallClinic) -> None:
    """History never moves, and what was cancelled or missed stays so."""
    for session in before.sessions:
        now = after.session(session.id)
        if not session.is_live:
            assert now == session
        elif session.is_history(clinic.now) and now.is_live:
            assert (now.interval, now.bookings, now.template, now.status) == (
                session.interval, session.bookings, session.template, session.status
            )  # fmt: skip


def check_whole(course: Course, clinic: SmallClinic) -> None:
    """A course that runs has its sessions, numbered in order of time, each of the kind that its number asks for."""
    if course.status == "stopped":
        assert all(session.is_history(clinic.now) for session in course.live)
        return
    assert [session.number for session in course.live] == list(range(1, course.agreed_sessions + 1))
    assert all(session.template == course.request.protocol.template_of(session.number).name for session in course.live)
    assert all(session.phase == course.request.protocol.slots[session.number - 1].phase for session in course.live)
    placed = [place_of(session).interval for session in course.live if session.interval]
    assert placed == sorted(placed)
    assert (course.status == "on_hold") <= all(session.interval is None for session in course.ahead(clinic.now))


def lived(database: Database, seed: int, turns: int) -> Life:
    life = Life(seed)
    with database.transaction() as db:
        life.begin(db)
    for turn in range(turns):
        with database.transaction() as db:
            life.turn(db)
        if turn % 10 == 9:
            assert [breach for breach in verify(database, now=life.clinic.now) if not breach.decision] == []
    return life


@pytest.mark.parametrize("seed", range(3))
def test_a_course_is_whole_and_history_stands_whatever_is_done(database: Database, seed: int) -> None:
    life = lived(database, seed, 40)

    assert len(life.done) >= 4, life.done


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 140))
def test_courses_are_whole_and_history_stands_after_long_lives(database: Database, seed: int) -> None:
    life = lived(database, seed, 120)

    assert len(life.done) >= 8, life.done
