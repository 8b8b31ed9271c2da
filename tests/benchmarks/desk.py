"""What the desk does all day, measured in the big clinic."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise

from courses import enrolling, queries, rescheduling
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from courses.plans.request import Window
from courses.rescheduling import Doing
from courses.sessions.session import TreatmentSession
from courses.sessions.status import CourseStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from scheduler.app import create_app
from scheduler.clock import SettableClock, SystemClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.benchmarks.first_fit import first_fit
from tests.benchmarks.seed import N_COURSES, NOW, SITE, ZONE
from tests.benchmarks.timing import Timing
from tests.signed_in import SignedIn, Staff

BOARD_MS, SECOND_MS = 200, 1000
NEW_ID = SystemClock().new_id
DAYS = [NOW.date() + timedelta(days=days) for days in range(-100, 100) if (NOW.date() + timedelta(days=days)).weekday() < 5]


@dataclass(frozen=True)
class Quality:
    """How good a plan is for the patient who wishes 09:00 to 11:00: starts inside, changes of device, minutes away from the usual time."""

    inside: int
    changes: int
    minutes_off: float


def quality(starts: Sequence[datetime], devices: Sequence[object]) -> Quality:
    """Of the starts and the devices of a course's sessions, in order."""
    clock = SiteTime(ZONE)
    minutes = [local.hour * 60 + local.minute for local in map(clock.local, starts)]
    usual = statistics.median(minutes)
    off = statistics.mean(abs(minute - usual) for minute in minutes)
    return Quality(sum(540 <= minute <= 660 for minute in minutes), sum(a != b for a, b in pairwise(devices)), off)


class Desk:
    """Somebody at the desk of the big clinic. `name` is the database's, for the figures."""

    def __init__(self, database: Database, name: str) -> None:
        self.database, self.name = database, name
        self.ours: list[Quality] = []
        self.theirs: list[Quality] = []
        self._newcomers = count(N_COURSES)

    def timings(self) -> Iterator[Timing]:
        """Everything in turn; each leaves the clinic a little fuller."""
        yield from self.boards(50)
        yield from self.courses(20)
        yield from self.changes(20)

    def compared(self) -> str:
        """What the plans of a wished course are worth, beside what first fit gives in the same clinic."""
        said = []
        for whose, found in (("ours", self.ours), ("first fit", self.theirs)):
            inside, changes = (statistics.mean(values) for values in zip(*((q.inside, q.changes) for q in found), strict=True))
            off = statistics.mean(q.minutes_off for q in found)
            said.append(
                f"{whose}: {inside:.1f} of 36 inside the wished hours, {changes:.1f} changes of device, {off:.1f} min off the usual time"
            )
        return "; ".join(said)

    def timing(self, what: str, bar: float | None = None) -> Timing:
        return Timing(what, self.name, bar)

    def boards(self, times: int) -> Iterator[Timing]:
        """The board of a day, another one each time."""
        query, answer, page = (self.timing(f"board of a day: {what}", BOARD_MS) for what in ("the queries", "API", "page"))
        clock = SettableClock(NOW, frozen=True)
        app = create_app(Settings(database_url=self.database.url), clock, self.database)
        with SignedIn(app, Staff(self.database, clock, office=False)) as client:
            for address in (f"/api/v1/sites/{SITE}/board", f"/sites/{SITE}/board"):
                client.get(address)
            for day in DAYS[:: len(DAYS) // times][:times]:
                with query.once():
                    self._look(day)
                with answer.once():
                    assert client.get(f"/api/v1/sites/{SITE}/board", params={"day": day.isoformat()}).status_code == 200
                with page.once():
                    assert client.get(f"/sites/{SITE}/board", params={"day": day.isoformat()}).status_code == 200
        yield from (query, answer, page)

    def _look(self, day: date) -> None:
        with self.database.reading() as db:
            site = rooms_queries.site(db, SITE)
            whole = SiteTime(ZONE).day(day).whole
            rooms_queries.resources(db, site.id, since=whole.starts_at)
            rooms_queries.bookings_on(db, site.id, whole, now=NOW)
            assert len(queries.sessions_on(db, site.id, whole, now=NOW)) > 50

    def courses(self, times: int) -> Iterator[Timing]:
        """Courses of 36 sessions with four resources each: looked for, with and without a wished time, and booked."""
        propose, wished = self.timing("plan of 36 sessions", SECOND_MS), self.timing("plan of 36 sessions, wished 09:00-11:00", SECOND_MS)
        naive, enrol = self.timing("first fit over SQL, 36 sessions"), self.timing("booking of 36 sessions, 144 bookings", SECOND_MS)
        for number in range(times):
            monday = date(2026, 12, 7) + timedelta(weeks=number)
            with propose.once():
                self._plan(wish := self._wish(monday))
            with wished.once():
                plan = self._plan(wish := self._wish(monday, Window(540, 660)))
            with naive.once(), self.database.reading() as db:
                first = first_fit(db, monday)
            starts = [session.interval.starts_at for session in plan.sessions]
            self.ours.append(quality(starts, [session.seats[0].resource for session in plan.sessions]))
            self.theirs.append(quality([datetime.fromtimestamp(at, UTC) for at, _ in first], [chosen[0] for _, chosen in first]))
            with enrol.once(), self.database.transaction() as db:
                enrolling.enrol(db, wish, plan, by="desk", now=NOW, new_id=NEW_ID)
        yield from (propose, wished, naive, enrol)

    def _wish(self, monday: date, window: Window | None = None) -> CourseWish:
        return CourseWish(SITE, f"p_{next(self._newcomers):05d}", "daily-36", monday, window=window)

    def _plan(self, wish: CourseWish) -> CoursePlan:
        with self.database.reading() as db:
            plan = enrolling.propose(db, wish, now=NOW)
        assert isinstance(plan, CoursePlan), plan
        return plan

    def changes(self, times: int) -> Iterator[Timing]:
        """One session of a running course moved to the nearest place there is; another cancelled, the rest following."""
        near, move = self.timing("nearest three places for a session"), self.timing("one session moved", SECOND_MS)
        look, cancel = self.timing("what a cancellation would entail"), self.timing("one session cancelled, the rest follows", SECOND_MS)
        for moved, cancelled in self._sessions_ahead(times):
            with near.once(), self.database.reading() as db:
                places = rescheduling.alternatives(db, moved.id, _start(moved), now=NOW)
            with move.once(), self.database.transaction() as db:
                rescheduling.move_session(db, moved.id, places[0].interval.starts_at, Doing("desk", NOW, NEW_ID))
            with look.once(), self.database.reading() as db:
                rescheduling.consequences(db, cancelled.id, now=NOW)
            with cancel.once(), self.database.transaction() as db:
                rescheduling.cancel_session(db, cancelled.id, Doing("desk", NOW, NEW_ID, "ill"))
        yield from (near, move, look, cancel)

    def _sessions_ahead(self, times: int) -> Iterator[tuple[TreatmentSession, TreatmentSession]]:
        with self.database.reading() as db:
            site = rooms_queries.site(db, SITE)
            running = [
                line for line in queries.courses(db, site.id, now=NOW, statuses=[CourseStatus.ACTIVE]) if line.starts_on < NOW.date()
            ]
        for line in running[:: len(running) // times][:times]:
            with self.database.reading() as db:
                ahead = queries.course(db, line.id).course.ahead(NOW)
            yield ahead[len(ahead) // 2], ahead[0]


def _start(session: TreatmentSession) -> datetime:
    assert session.interval is not None
    return session.interval.starts_at
