"""No form of a dose is missing on any day, and none is there for no dose; no device is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from courses import charting
from courses.checklists.writing import Answered
from courses.progressing import Moment, attend
from scheduler.database import Database
from scheduler.verify import verify
from tests.charts.ward import at
from tests.owed.days import RandomDay, device, owing_ward


@pytest.mark.parametrize("seed", range(3))
def test_a_random_day(database: Database, seed: int) -> None:
    ward = owing_ward(database)
    RandomDay(ward, seed).live(40)
    assert [each for each in verify(database, now=at(2000)) if each.rule in {"forms", "lots"}] == []


MOVED_BACK = """INSERT INTO lot_move (lot_id, session_id, entry_id, kind, units, at, recorded_at, by, by_name, reason)
SELECT lot_id, session_id, entry_id, 'returned', 1, at, recorded_at, by, by_name, '' FROM lot_move WHERE kind = 'used'"""


@pytest.mark.parametrize(
    ("broken", "rule", "said"),
    [
        ("UPDATE monitoring_form SET status = 'void'", "forms", "no form is owed"),
        ("DELETE FROM monitoring_form", "forms", "no form is owed"),
        ("UPDATE monitoring_form SET due_at = due_at + 3600", "forms", "It is due at"),
        ("UPDATE monitoring_form SET dose_on = '2026-11-22'", "forms", "Its day is not"),
        ("UPDATE monitoring_form SET status = 'submitted'", "forms", "nobody said so"),
        (MOVED_BACK, "lots", "left their lots"),
    ],
)
def test_the_checker_finds_what_is_missing(database: Database, broken: str, rule: str, said: str) -> None:
    ward = owing_ward(database)
    with database.transaction() as db:
        attend(db, [Moment(ward.session, "start", at(1))], by="nurse")
        charting.record(db, ward.session, [Answered("oximeter", True), Answered("calm", True)], ward.press(2))
        charting.record(db, ward.session, [Answered("device", device("A1"))], ward.press(5))
    assert [each for each in verify(database, now=at(60)) if each.rule == rule] == []

    with database.transaction() as db:
        db.execute(text(broken))

    assert any(each.rule == rule and said in each.sentence for each in verify(database, now=at(60)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 150))
def test_many_random_days(database: Database, seed: int) -> None:
    RandomDay(owing_ward(database), seed).live(60)
