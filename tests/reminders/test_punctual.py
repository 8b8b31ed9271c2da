"""How soon after they are due messages are handed over, in a simulated week with two workers and a gateway that takes its time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from courses.records import ConsentRow, CourseRow, PatientContactRow, PatientRow, SessionEventRow, SessionRow
from scheduler.database import Database
from scheduler.records.messages import MessageRow
from scheduler.reminders.channels.carrier import Came, Outcome, Parcel
from tests.reminders.mass import phone
from tests.reminders.world import DAY, HOUR, NOW, World

BEAT, LASTS = timedelta(seconds=5), timedelta(seconds=0.15)
"""How often the workers wake, and how long the gateway takes for a text."""
OPENS = timedelta(hours=7)
QUARTERS = 44


def many_booked(world: World, count: int) -> None:
    """So many patients, each with a visit within the seven days from the fifth on, between 7 in the morning and 6 in the evening."""
    midnight, booked = world.local("2026-11-27T00:00"), NOW - 4 * DAY
    ids = range(1_000, 1_000 + count)
    starts = {n: midnight + (n % 7) * DAY + OPENS + timedelta(minutes=15) * (n // 7 % QUARTERS) for n in ids}
    with world.database.transaction() as db:
        version = world.version(db, "evaluation")
        person = {"site_id": world.site_id, "given_name": "Ana", "family_name": "L", "version": 1}
        db.execute(insert(PatientRow), [person | {"id": n, "public_id": f"p_{n}", "code": f"P{n}"} for n in ids])
        who = {"by": "x", "at": booked, "channel": "sms"}
        db.execute(insert(PatientContactRow), [who | {"patient_id": n, "number": 1, "phone": phone(n)} for n in ids])
        agreed = who | {"opted": "in", "evidence": "said so"}
        db.execute(insert(ConsentRow), [agreed | {"patient_id": n, "address": phone(n)} for n in ids])
        course = {"site_id": world.site_id, "protocol_version_id": version, "status": "active", "starts_on": NOW.date(), "version": 1}
        course |= {"agreed_sessions": 1, "created_at": booked, "priority": 1.0}
        db.execute(insert(CourseRow), [course | {"id": n, "public_id": f"c_{n}", "code": f"C{n}", "patient_id": n} for n in ids])
        visit = {"number": 1, "phase": "acute", "template": "visit", "status": "booked", "authorized": True, "version": 1}
        db.execute(
            insert(SessionRow),
            [
                visit
                | {"id": n, "course_id": n, "patient_id": n, "public_id": f"s_{n}", "starts_at": at, "ends_at": at + timedelta(minutes=30)}
                for n, at in starts.items()
            ],
        )
        told = {"at": booked, "kind": "booked", "by": "x", "detail": {}}
        db.execute(insert(SessionEventRow), [told | {"session_id": n, "course_id": n} for n in ids])


@dataclass
class Week:
    """Two workers that wake every five seconds, as far as there is something to do."""

    world: World
    given: list[tuple[datetime, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workers = [self.world.worker, self.world.hire()]
        self.world.box.answer = self._take

    def _take(self, parcel: Parcel) -> Outcome:
        self.given.append((self.world.clock.now(), parcel.id))
        self.world.clock.step(LASTS)
        return Outcome(Came.ACCEPTED, f"SM{parcel.id}")

    def run(self, until: datetime) -> None:
        """From one moment at which something is due to the next; what is to be said is looked up at every midnight."""
        clock = self.world.clock
        while (now := clock.now()) < until:
            for worker in self.workers:
                worker.beat()
            self.workers[0].plan()
            self.workers[1].plan()
            for at in self._moments(now, min(until, now + DAY)):
                clock.set(max(at, clock.now()))
                self._wake()

    def _moments(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The beats at which somebody waits for something, then the end."""
        beat = since
        while (first := self._first()) is not None and first < until:
            beat = max(beat + BEAT, since + -(-(first - since) // BEAT) * BEAT)
            yield beat
            beat = max(beat, self.world.clock.now())
        yield until

    def _first(self) -> datetime | None:
        row = MessageRow
        with self.world.database.reading() as db:
            return db.scalar(select(func.min(row.try_at)).where(row.state.in_(("planned", "uncertain")), row.channel != "desk"))

    def _wake(self) -> None:
        """Now the one is first, now the other: whoever is at work keeps at it until it has said nothing for fifteen seconds."""
        self.workers.reverse()
        for worker in self.workers:
            worker.beat()
        for worker in self.workers:
            worker.deliver(self.world.box)


def judged(world: World, week: Week, count: int) -> tuple[float, float]:
    """Each went out once, at a decent hour, before its visit. The share within two minutes of being due, and the latest, in seconds."""
    rows = {row.public_id: row for row in world.messages()}
    late = sorted((at - rows[key].due_at).total_seconds() for at, key in week.given)
    assert (len(rows), len(week.given), len({key for _, key in week.given})) == (count, count, count)
    assert {row.state for row in rows.values()} == {"sent"}
    assert all(8 <= world.site.local(at).hour < 20 and at < rows[key].visit_at for at, key in week.given)
    assert min(late) >= 0
    return sum(each <= 120 for each in late) / count, late[-1]


def test_a_few_messages_of_a_week_are_handed_over_in_time(sqlite_template: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'week.db')}")
    world = World(database)
    many_booked(world, 21)
    week = Week(world)
    week.run(NOW + 11 * DAY)

    share, latest = judged(world, week, 42)
    assert (share, latest <= 120) == (1.0, True)
    database.dispose()


@pytest.mark.soak
def test_ten_thousand_messages_of_a_week_are_handed_over_in_time(database: Database) -> None:
    world = World(database)
    many_booked(world, 5_000)
    week = Week(world)
    week.run(NOW + 11 * DAY)

    share, latest = judged(world, week, 10_000)
    print(f"{share:.2%} within 120 s of being due, the latest after {latest:.0f} s")  # noqa: T201  # a soak prints its figures
    assert share >= 0.99
    assert latest <= HOUR.total_seconds() / 6
