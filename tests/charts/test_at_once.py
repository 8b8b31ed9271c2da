"""Two at the same record at the same moment: nothing is signed that was not shown, and what both write is kept."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from courses import charting, signing
from courses.checklists.changes import RecordChanged
from courses.checklists.writing import Answered
from scheduler.database import Database
from scheduler.verify import verify
from tests.charts.ward import Ward, at


def race(ward: Ward, chance: random.Random, turn: int) -> None:
    """Somebody is shown the record; another changes it, and while that is not yet lasting, the first one signs: always refused."""
    shown, n_signed = ward.chart().digest("watched"), len(ward.chart().signatures)
    written = threading.Event()

    def change() -> None:
        with ward.database.transaction() as db:
            charting.record(db, ward.session, [Answered("note", f"restless {turn}")], ward.press(6, by="mara"))
            written.set()
            time.sleep(chance.uniform(0, 0.02))

    def sign() -> None:
        written.wait(10)
        with ward.database.transaction() as db:
            signing.sign(db, ward.session, "watched", shown, ward.press(7))

    with ThreadPoolExecutor(2) as threads:
        changing, signing_it = threads.submit(change), threads.submit(sign)
        changing.result()
        with pytest.raises(RecordChanged) as refused:
            signing_it.result()
    assert [getattr(each, "value", None) for each in refused.value.changes] == [f"restless {turn}"]
    assert len(ward.chart().signatures) == n_signed


def raced(database: Database, times: int) -> None:
    ward, chance = Ward(database).open(), random.Random(times)
    with database.transaction() as db:
        charting.record(db, ward.session, [Answered("systolic", 120)], ward.press(5))
    for turn in range(times):
        race(ward, chance, turn)
    assert [each for each in verify(database, now=at(60)) if each.rule in {"I8", "I9"}] == []


def test_signing_what_changed_since_it_was_shown_is_refused(database: Database) -> None:
    raced(database, 5)


@pytest.mark.soak
def test_signing_what_changed_since_it_was_shown_is_refused_a_hundred_times(database: Database) -> None:
    raced(database, 100)


def test_while_somebody_signs_nobody_changes_what_is_signed(database: Database) -> None:
    ward, changed = Ward(database).open(), threading.Event()
    with database.transaction() as db:
        charting.record(db, ward.session, [Answered("systolic", 120)], ward.press(5))
    shown = ward.chart().digest("watched")

    def change() -> None:
        with database.transaction() as db:
            charting.record(db, ward.session, [Answered("systolic", 130)], ward.press(6, by="mara"))
        changed.set()

    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as db:
            signing.sign(db, ward.session, "watched", shown, ward.press(7))
            changing = threads.submit(change)
            assert not changed.wait(0.3)
        changing.result()

    chart = ward.chart()
    assert [chart.stands(each) for each in chart.signatures] == [False]
    assert len(chart.entries) == 2


def test_what_two_write_at_once_is_kept_and_shown(database: Database) -> None:
    ward = Ward(database).open()
    begin = threading.Barrier(6)

    def write(turn: int) -> None:
        begin.wait()
        with database.transaction() as db:
            charting.record(db, ward.session, [Answered("systolic", 110 + turn)], ward.press(5, by=f"nurse{turn}"))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(write, range(6)))

    assert sorted((each.value, each.current.author.id) for each in ward.chart().chart.of("systolic") if each.current) == [
        (110 + turn, f"a_nurse{turn}") for turn in range(6)
    ]


def test_the_same_press_sent_twice_at_once_is_saved_once(database: Database) -> None:
    ward = Ward(database).open()
    begin = threading.Barrier(4)
    presses = [ward.press(5, key="tablet-1") for _ in range(4)]

    def write(turn: int) -> str:
        begin.wait()
        with database.transaction() as db:
            return charting.record(db, ward.session, [Answered("systolic", 120)], presses[turn]).entries[0].id

    with ThreadPoolExecutor(4) as threads:
        told = set(threads.map(write, range(4)))

    assert told == {each.id for each in ward.chart().entries}
    assert len(told) == 1
