"""The independent checker looks at charts: a sound one is sound to it, and each planted defect is found and named."""

from __future__ import annotations

import pytest
import sqlalchemy

from courses import charting, signing
from courses.checklists.entry import Person
from courses.checklists.kept import Kept
from courses.checklists.writing import Amended, Answered, TakenBack
from migrations.chart_guards import create_guards, drop_guards
from scheduler.database import Database
from scheduler.verify import verify
from tests.charts.ward import PHYSICIAN, Ward, at

DEVICE: Kept = {"product": "Device", "lot": "A1", "units": 1}


@pytest.fixture
def ward(database: Database) -> Ward:
    """Ana was given a dose at minute 5 and let go after 125 minutes; all kinds of entries and both signatures are there."""
    ward = Ward(database).open()
    ward.start()
    late = Answered("note", "restless", at(6), reason_code="busy", reason="with another patient")
    with database.transaction() as db:
        charting.record(db, ward.session, [Answered("oximeter", True), Answered("calm", True), Answered("device", DEVICE)], ward.press(5))
        first, wrong = (charting.record(db, ward.session, [Answered("systolic", v)], ward.press(6)).entries[0] for v in (120, 118))
        charting.record(db, ward.session, [late], ward.press(30))
        charting.amend(db, ward.session, first.id, Amended(121, "misread", "looked again"), ward.press(31))
        why = TakenBack("wrong_patient", "was Ben's", Person("a_ruben", "Ruben", ""), ward.other)
        charting.retract(db, ward.session, wrong.id, why, ward.press(32))
    chart = ward.chart()
    with database.transaction() as db:
        signing.sign(db, ward.session, "watched", chart.digest("watched"), ward.press(124))
        signing.sign(db, ward.session, "reviewed", chart.digest("reviewed"), ward.press(124, by="reed", rights=PHYSICIAN))
    ward.release(125)
    return ward


def breaches(ward: Ward) -> set[tuple[str, bool]]:
    return {(each.rule, each.decision) for each in verify(ward.database, now=at(200)) if each.rule in {"I8", "I9", "I13"}}


def planted(ward: Ward, *statements: str) -> set[tuple[str, bool]]:
    """What is found after somebody who owns the database has bent it."""
    with ward.database.engine.begin() as connection:
        drop_guards(connection)
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount > 0, statement
        create_guards(connection)
    return breaches(ward)


def test_a_sound_chart_is_sound(ward: Ward) -> None:
    assert breaches(ward) == set()


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE entry SET value = '119' WHERE item = 'systolic' AND kind = 'amendment'", "I9"),
        ("UPDATE entry SET author = 'a_other' WHERE item = 'device'", "I9"),
        ("UPDATE signature SET digest = 'x' || substr(digest, 2) WHERE meaning = 'watched'", "I9"),
        ("UPDATE signature SET covers = replace(covers, '121', '122')", "I9"),
        ("UPDATE signature SET by = 'a_nora'", "I9"),
        ("UPDATE entry SET kind = 'original', reason_code = NULL WHERE kind = 'late' AND moved_from_id IS NULL", "I8"),
        ("UPDATE entry SET item = 'note' WHERE kind = 'amendment'", "I8"),
        ("UPDATE entry SET second = author WHERE kind = 'retraction'", "I8"),
        ("UPDATE entry SET observed_at = recorded_at + 121 WHERE item = 'oximeter'", "I8"),
        ("UPDATE entry SET moved_from_id = id WHERE moved_from_id IS NOT NULL", "I8"),
        ("DELETE FROM session_checklist", "I8"),
        ("UPDATE session_event SET at = at - 600 WHERE kind = 'discharged'", "I13"),
        ("UPDATE entry SET observed_at = observed_at + 300, recorded_at = recorded_at + 300 WHERE item = 'device'", "I13"),
    ],
)
def test_a_planted_defect_is_found(ward: Ward, statement: str, rule: str) -> None:
    assert (rule, False) in planted(ward, statement)


def test_a_physicians_decision_lets_somebody_go_early(ward: Ward) -> None:
    kept = """INSERT INTO gate_override (public_id, session_id, gate, verb, at, "by", by_name, by_role, reason)
        SELECT 'go_1', session_id, 'before-the-minimum', 'release', at, 'a_reed', 'Reed', 'physician', 'goes to hospital'
        FROM session_event WHERE kind = 'discharged'"""
    assert planted(ward, "UPDATE session_event SET at = at - 600 WHERE kind = 'discharged'", kept) == set()


def test_what_was_amended_after_the_release_is_for_a_person_to_look_at(ward: Ward) -> None:
    (given,) = ward.chart().chart.of("device")
    with ward.database.transaction() as db:
        moved = Amended(DEVICE, "wrong_time", "was given later", at(20))
        charting.amend(db, ward.session, given.original.id, moved, ward.press(130))

    assert breaches(ward) == {("I13", True)}


def test_an_entry_that_is_gone_is_missed_by_the_signature(ward: Ward) -> None:
    last = "SELECT max(id) FROM entry WHERE item = 'note'"
    with ward.database.reading() as db:
        assert db.scalar(sqlalchemy.text(last))
    assert ("I9", False) in planted(ward, f"DELETE FROM entry WHERE id = ({last})")  # noqa: S608  # our own words
