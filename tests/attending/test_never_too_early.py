"""Nobody is released before 120 real minutes after the last dose, whatever is amended, restarted, or done to the clock meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses import charting, progressing
from courses.checklists.entry import Person
from courses.checklists.kept import Kept
from courses.checklists.writing import Amended, Answered, Press, TakenBack, Writer
from courses.errors import DomainError
from courses.progressing import Moment
from courses.queries.charts import chart_of
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database, View
from scheduler.settings import Settings
from tests.charts.ward import EVERYTHING, adopt
from tests.courses.clinic import SmallClinic
from tests.signed_in import SignedIn, Staff

DAYS = (date(2026, 11, 1), date(2027, 3, 14), date(2026, 12, 1))
"""The clock is put back, it is put forward, nothing happens to it."""
WATCHED = timedelta(minutes=120)
RUBEN = Person("a_ruben", "Ruben", "")
GIVEN: Kept = {"product": "Device", "lot": "A1", "units": 1}
SHEET = """
id: watching
title: Watching after a dose
used_for: [{modality: tms}]
watch: {minutes: 120, source: "[test]"}
items:
  - {code: device, words: Device, kind: device, marks: first_dose, answered_by: [nurse]}
"""
PROTOCOL = """
id: watched
title: Watched
modality: tms
phases: [{name: acute, sessions: 1, per_week: 5}]
session_templates:
  visit:
    steps: [{name: dosing, minutes: 10}, {name: observation, minutes: 120}]
    requirements: [{capability: chair, load: 1}]
session_rules: [{template: visit}]
"""
WHOLE_WEEK = {day: [("00:00", "24:00")] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass
class Suite:
    """A clinic that is open day and night, its program, and a nurse who is signed in."""

    database: Database
    clock: SettableClock
    clinic: SmallClinic
    client: SignedIn
    keys: count[int] = field(default_factory=lambda: count(1))

    def restart(self) -> None:
        """The program ends, and another begins; the machine runs on."""
        self.client = SignedIn(
            create_app(Settings(database_url=self.database.url, password_rounds=1, password_memory_kib=32), self.clock, self.database),
            self.client.staff,
        )

    def visit(self, on: date) -> str:
        """A session of a new patient, begun half an hour after midnight."""
        self.clock.set(datetime(on.year, on.month, on.day, 4, 30, tzinfo=UTC) + timedelta(hours=1 if on.month in {3, 12} else 0))
        self.clinic.now = self.clock.now() - timedelta(days=2)
        with self.database.transaction() as db:
            course = self.clinic.enrol(db, self.clinic.wish(self.clinic.patient(db, f"Ana {next(self.keys)}"), "watched", on))
            session = course.live[0].id
            progressing.attend(db, [Moment(session, verb, self.clock.now()) for verb in ("arrive", "start")], by="nurse")
        return session

    def press(self) -> Press:
        nurse = Writer("a_nora", "Nora", {self.clinic.site_id: EVERYTHING}, "two_factors", "tablet")
        return Press(nurse, self.clock.now(), self.clock.new_id, f"key-{next(self.keys)}")


@pytest.fixture
def suite(database: Database) -> Suite:
    clock = SettableClock(datetime(2026, 10, 20, 12, tzinfo=UTC), frozen=True)
    clinic = SmallClinic(hours=WHOLE_WEEK, now=clock.now())
    with database.transaction() as db:
        clinic.build(db, {"chair": ("chair", 9999, ("chair",))})
        clinic.protocol(db, "watched", PROTOCOL)
        adopt(db, clinic.site_id, SHEET)
    client = SignedIn(
        create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database),
        Staff(database, clock, office=False),
    )
    return Suite(database, clock, clinic, client)


class Life:
    """What is done at one visit, and when each dose really was, in the machine's seconds."""

    def __init__(self, suite: Suite, on: date) -> None:
        self.suite, self.session = suite, suite.visit(on)
        self.real: dict[str, int] = {}
        self.released = False

    def _written(self, work: str, *args: object) -> list[str]:
        """What was written down by `charting`, as the program does it; nothing where it was refused."""
        pacer = self.suite.client.app.state.office.pacer  # type: ignore[attr-defined]
        try:
            with self.suite.database.seen_through(pacer.seen_by(View())).transaction() as db:
                done = getattr(charting, work)(db, self.session, *args, self.suite.press())
        except DomainError:
            return []
        return [entry.id for entry in done.entries]

    def _observed(self, back: int) -> datetime:
        return self.suite.clock.now() - timedelta(minutes=back)

    def _really(self, entries: list[str], back: int) -> None:
        for entry in entries:
            self.real[entry] = self.suite.clock.running() - 60 * back

    def dose(self, back: int) -> None:
        """A device was given some minutes ago."""
        answer = Answered("device", GIVEN, self._observed(back), reason_code="busy", reason="was busy")
        self._really(self._written("record", [answer]), back)

    def amend(self, which: int, back: int) -> None:
        """One was given some minutes ago, and not when it was said; without minutes: it was another lot."""
        if self.real:
            entry = sorted(self.real)[which % len(self.real)]
            to = Amended(GIVEN, "misread", "looked again", self._observed(back) if back >= 0 else None)
            made = self._written("amend", entry, to)
            self.real |= dict.fromkeys(made, self.real[entry])
            if back >= 0:
                self._really(made, back)

    def retract(self, which: int, _: int = 0) -> None:
        """One was not given, or was not amended."""
        if self.real:
            self._written("retract", sorted(self.real)[which % len(self.real)], TakenBack("entered_twice", "not given", RUBEN))

    def release(self) -> None:
        client, address = self.suite.client, f"/api/v1/sessions/{self.session}"
        seen = client.get(address).headers["ETag"]
        answer = client.post(f"{address}/release", json={}, headers={"If-Match": seen})
        assert answer.status_code in {200, 409}, answer.text
        if answer.status_code == 200:
            self.released = True
            assert self.suite.clock.running() - self.last_dose() >= WATCHED.total_seconds(), f"too early: {self.real}"

    def last_dose(self) -> float:
        with self.suite.database.reading() as db:
            chart = chart_of(db, self.session).chart
        return max((self.real[each.current.id] for each in chart.of("device") if each.current), default=-1e12)


Step = tuple[str, *tuple[int, ...]]
STEPS = st.one_of(
    st.tuples(st.just("dose"), st.integers(0, 40)),
    st.tuples(st.just("amend"), st.integers(0, 9), st.integers(-1, 40)),
    st.tuples(st.just("retract"), st.integers(0, 9)),
    st.tuples(st.just("jump"), st.one_of(st.integers(-86_400, 86_400), st.integers(-7_300, 7_300))),
    st.tuples(st.just("wait"), st.one_of(st.integers(0, 7_300), st.sampled_from([7_199, 7_200, 3_600]))),
    st.tuples(st.just("restart")),
    st.tuples(st.just("release")),
)


def lived(suite: Suite, on: date, steps: Sequence[Step]) -> Life:
    life = Life(suite, on)
    for name, *numbers in steps:
        if life.released:
            break
        match name:
            case "jump":
                suite.clock.jump(timedelta(seconds=numbers[0]))
            case "wait":
                suite.clock.step(timedelta(seconds=numbers[0]))
            case "restart":
                suite.restart()
            case _:
                getattr(life, name)(*numbers)
    if not life.released:
        life.release()
    return life


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(on=st.sampled_from(DAYS), steps=st.lists(STEPS, max_size=8))
def test_nobody_goes_before_120_real_minutes(suite: Suite, on: date, steps: Sequence[Step]) -> None:
    lived(suite, on, [("dose", 0), *steps, ("release",)])


@pytest.mark.soak
@settings(max_examples=1500, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(on=st.sampled_from(DAYS), steps=st.lists(STEPS, max_size=25))
def test_nobody_goes_before_120_real_minutes_in_long_days(suite: Suite, on: date, steps: Sequence[Step]) -> None:
    lived(suite, on, [("dose", 0), *steps, ("release",)])


@pytest.mark.parametrize("on", DAYS, ids=["put-back", "put-forward", "plain"])
@pytest.mark.parametrize(("seconds", "goes"), [(7_199, False), (7_200, True)])
def test_the_second_decides_on_every_day_of_the_year(suite: Suite, on: date, seconds: int, goes: bool) -> None:
    """M11: by the wall clock the patient would go an hour early in spring, and an hour late in autumn."""
    assert lived(suite, on, [("wait", 3_600), ("dose", 0), ("wait", seconds), ("release",)]).released is goes


@pytest.mark.parametrize("seconds", [-86_400, -3_600, 3_600, 86_400])
@pytest.mark.parametrize("restarted", [(), (("restart",),)], ids=["running", "restarted"])
def test_a_clock_that_is_moved_lets_nobody_go_earlier(suite: Suite, seconds: int, restarted: tuple[tuple[str], ...]) -> None:
    steps: list[Step] = [("dose", 0), ("wait", 3_600), ("jump", seconds), *restarted, ("release",), ("wait", 3_599), ("release",)]

    assert not lived(suite, DAYS[2], steps).released


def test_a_clock_that_was_put_forward_lets_the_patient_go_when_it_is_time(suite: Suite) -> None:
    assert lived(suite, DAYS[2], [("dose", 0), ("wait", 3_600), ("jump", 3_600), ("wait", 3_600), ("release",)]).released


def test_a_dose_that_was_amended_to_be_later_is_waited_for(suite: Suite) -> None:
    steps: list[Step] = [("wait", 2_400), ("dose", 40), ("wait", 4_800), ("amend", 0, 10), ("release",), ("wait", 6_599), ("release",)]

    life = lived(suite, DAYS[2], steps)

    assert not life.released
    suite.clock.step(timedelta(seconds=1))
    life.release()
    assert life.released
