"""The checker finds each breach that is planted, names its row, and finds nothing in a sound clinic."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy

from migrations.guards import create_guards, drop_guards
from rooms import equipping, rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import WeeklyHours
from rooms.resources.resource import Absence
from scheduler.database import Database
from scheduler.verify import Breach, verify
from tests.rooms.small_clinic import NOW, Clinic, at, between, claim, open_clinic

DOCUMENT = """
id: p
title: A short series
modality: tms
phases: [{name: acute, sessions: 2, per_week: 5}]
session_templates:
  first: {steps: [{name: check-in, minutes: 30}, {name: dosing, minutes: 30}], requirements: [
    {capability: chair, turnover_minutes: 10}, {capability: nurse, steps: [dosing], load: all}]}
  next: {steps: [{name: dosing, minutes: 60}], requirements: [{capability: chair, count: 2}, {capability: doctor, load: 0}]}
session_rules: [{sessions: [1], template: first}, {template: next}]
"""


@pytest.fixture
def clinic(database: Database) -> Clinic:
    """A clinic with one course of two sessions, booked as its protocol asks."""
    made = open_clinic(database)
    execute(made, "INSERT INTO protocol (id, site_id, public_id, code) VALUES (1, :site, 'pr_1', 'p')", site=made.site_id)
    execute(
        made,
        """INSERT INTO protocol_version (id, protocol_id, number, status, document, digest, published_at)
        VALUES (1, 1, 1, 'active', :document, '', 0)""",
        document=DOCUMENT,
    )
    execute(
        made,
        """INSERT INTO patient (id, site_id, public_id, code, given_name, family_name, version)
        VALUES (1, :site, 'p_1', 'ada', '', '', 1), (2, :site, 'p_2', 'bob', '', '', 1)""",
        site=made.site_id,
    )
    execute(
        made,
        """INSERT INTO course (id, site_id, public_id, code, patient_id, protocol_version_id, status, starts_on, priority, agreed_sessions,
        version, created_at) VALUES (1, :site, 'c_1', 'c-1', 1, 1, 'active', '2026-12-01', 1, 2, 1, 0)""",
        site=made.site_id,
    )
    for number, template, day in ((1, "first", 1), (2, "next", 2)):
        execute(
            made,
            """INSERT INTO session (course_id, patient_id, public_id, number, phase, template, starts_at, ends_at, status, authorized,
            version) VALUES (1, 1, :id, :number, 'acute', :template, :starts, :ends, 'booked', true, 1)""",
            id=f"s_{number}",
            number=number,
            template=template,
            starts=int(at("10:00", day).timestamp()),
            ends=int(at("11:00", day).timestamp()),
        )
    made.reserve(
        claim("chair-1", "10:00", "11:10", "s_1"),
        claim("nurse", "10:30", "11:00", "s_1", load=4, part=1),
        claim("chair-1", "10:00", "11:00", "s_2", day=2),
        claim("chair-2", "10:00", "11:00", "s_2", day=2),
        claim("doctor", "10:00", "11:00", "s_2", load=0, part=1, day=2),
    )
    return made


def execute(clinic: Clinic, statement: str, **values: object) -> None:
    with clinic.database.transaction() as db:
        db.execute(sqlalchemy.text(statement), values)


def found(clinic: Clinic) -> list[tuple[str, str, bool]]:
    return [(breach.rule, breach.row, breach.decision) for breach in verify(clinic.database, now=NOW)]


def test_sound_clinic_has_no_breach(clinic: Clinic) -> None:
    assert verify(clinic.database, now=NOW) == []


# Each: what is done to the rows past all guards, and what must be found.
PLANTED = {
    "two on one chair": (
        """INSERT INTO booking (public_id, resource_id, starts_at, ends_at, load, exclusive, status, purpose, part, capability, reseat,
        created_at) SELECT 'b_plant', resource_id, starts_at + 3600, ends_at + 3600, load, exclusive, status, 'x', 0, capability, reseat,
        created_at FROM booking WHERE purpose = 's_1' AND part = 0""",
        ("I1", "booking b_plant"),
    ),
    "turnover cut short": ("UPDATE booking SET ends_at = ends_at - 600 WHERE purpose = 's_1' AND part = 0", ("I3", "session s_1")),
    "nurse bears more": (
        """INSERT INTO booking (public_id, resource_id, starts_at, ends_at, load, exclusive, status, purpose, part, capability, reseat,
        created_at) SELECT 'b_plant', resource_id, starts_at + 60, ends_at, 1, exclusive, status, 'x', 0, capability, reseat, created_at
        FROM booking WHERE purpose = 's_1' AND part = 1""",
        ("I2", "booking b_plant"),
    ),
    "not marked exclusive": ("UPDATE booking SET exclusive = false WHERE public_id = 'b_5'", ("I1", "booking b_5")),
    "resource missing": (
        "UPDATE booking SET status = 'released', released_at = 0 WHERE purpose = 's_2' AND part = 1",
        ("I3", "session s_2"),
    ),
    "one of two missing": ("UPDATE booking SET status = 'released', released_at = 0 WHERE public_id = 'b_7'", ("I3", "session s_2")),
    "one-to-one is shared": ("UPDATE booking SET load = 3 WHERE purpose = 's_1' AND part = 1", ("I3", "session s_1")),
    "wrong capability": ("UPDATE booking SET capability = 'doctor' WHERE purpose = 's_1' AND part = 1", ("I5", "booking b_6")),
    "booking without a session": ("UPDATE session SET public_id = 's_9' WHERE public_id = 's_1'", ("I3", "booking b_5")),
    "cancelled and booked": ("UPDATE session SET status = 'cancelled' WHERE public_id = 's_2'", ("I3", "session s_2")),
    "half a course": ("DELETE FROM session WHERE public_id = 's_2'", ("I4", "course c-1")),
    "more than agreed": ("UPDATE course SET agreed_sessions = 1", ("I4", "course c-1")),
    "wrong template": ("UPDATE session SET template = 'first' WHERE public_id = 's_2'", ("I12", "session s_2")),
    "too short": ("UPDATE session SET ends_at = ends_at - 300 WHERE public_id = 's_1'", ("I12", "session s_1")),
    "off the grid": ("UPDATE session SET starts_at = starts_at + 120, ends_at = ends_at + 120", ("I12", "session s_1")),
    "after hours": ("UPDATE booking SET starts_at = starts_at + 21600, ends_at = ends_at + 21600", ("I5", "booking b_5")),
    "another patient": ("UPDATE session SET patient_id = 2 WHERE public_id = 's_2'", ("I14", "session s_2")),
    "patient of another site": (
        """INSERT INTO site (id, public_id, code, name, timezone, granularity_minutes, hours, version, changed_at)
        VALUES (99, 'x', 'x', 'x', 'UTC', 5, '{}', 1, 0)""",
        ("I14", "course c-1"),
    ),
    "patient twice": (
        "UPDATE session SET starts_at = starts_at - 86400 + 1800, ends_at = ends_at - 86400 + 1800 WHERE public_id = 's_2'",
        ("patient", "session s_2"),
    ),
    "retired resource": ("UPDATE resource SET retired_at = 1 WHERE code = 'chair-1'", ("I5", "booking b_5")),
}


@pytest.mark.parametrize(("statement", "expected"), PLANTED.values(), ids=PLANTED)
def test_planted_breach_is_found(clinic: Clinic, statement: str, expected: tuple[str, str]) -> None:
    with clinic.database.transaction() as db:
        drop_guards(db.connection())
        db.execute(sqlalchemy.text(statement))
        if "INTO site" in statement:
            db.execute(sqlalchemy.text("UPDATE patient SET site_id = 99 WHERE id = 1"))

    assert (*expected, False) in found(clinic)


def test_old_overlaps_keep_the_constraint_from_being_put_back(clinic: Clinic) -> None:
    # Old data allowed double booking after an upgrade: the audit over all bookings finds them whatever the constraint says.
    with clinic.database.transaction() as db:
        drop_guards(db.connection())
        db.execute(sqlalchemy.text(PLANTED["two on one chair"][0]))
    if clinic.database.is_sqlite:
        with clinic.database.transaction() as db:
            create_guards(db.connection())
    else:
        with pytest.raises(sqlalchemy.exc.IntegrityError, match="double_booking"), clinic.database.transaction() as db:
            create_guards(db.connection())

    assert ("I1", "booking b_plant", False) in found(clinic)


def test_closure_over_visits_asks_for_a_decision(clinic: Clinic) -> None:
    with clinic.database.transaction() as db:
        later = NOW + timedelta(hours=1)
        rostering.close_site(db, clinic.site_id, Closure(between("08:00", "12:00"), "snow"), by="desk", new_id=clinic.new_id, now=later)

    assert found(clinic) == [("I5", "booking b_5", True), ("I5", "booking b_6", True)]


def test_leave_fewer_hours_and_lost_skills_ask_for_a_decision(clinic: Clinic) -> None:
    with clinic.database.transaction() as db:
        away = Absence(between("10:00", "10:30", 2))
        rostering.add_absence(db, clinic.site_id, "doctor", away, new_id=clinic.new_id, now=NOW)
        monday = WeeklyHours.of({"mon": [("08:00", "17:00")]})
        equipping.change_hours(db, clinic.site_id, "chair-2", monday, now=NOW)
        equipping.change_capabilities(db, clinic.site_id, "nurse", ["reception"], now=NOW)

    assert found(clinic) == [("I5", "booking b_9", True), ("I5", "booking b_8", True), ("I5", "booking b_6", True)]


def test_coarser_grid_asks_for_a_decision_and_leaves_the_past_alone(clinic: Clinic) -> None:
    execute(clinic, "UPDATE site SET granularity_minutes = 45, version = version + 1, changed_at = :now", now=int(NOW.timestamp()) + 60)

    assert found(clinic) == [("I12", "session s_1", True), ("I12", "session s_2", True)]
    assert [breach.row for breach in verify(clinic.database, now=at("12:00"))] == ["session s_2"]


def test_booking_made_after_the_closure_is_a_breach(clinic: Clinic) -> None:
    execute(clinic, "UPDATE booking SET created_at = created_at + 7200")
    with clinic.database.transaction() as db:
        rostering.close_site(db, clinic.site_id, Closure(between("08:00", "12:00")), by="desk", new_id=clinic.new_id, now=NOW)

    assert found(clinic) == [("I5", "booking b_5", False), ("I5", "booking b_6", False)]


def test_what_is_past_is_not_judged_by_todays_hours(clinic: Clinic) -> None:
    execute(clinic, "UPDATE site SET hours = '{}'")

    assert verify(clinic.database, now=at("12:00", 3)) == []


def test_capacity_lowered_later_leaves_history_alone(clinic: Clinic) -> None:
    with clinic.database.transaction() as db:
        equipping.change_capacity(db, clinic.site_id, "nurse", 1, now=at("12:00", 3))

    assert verify(clinic.database, now=at("12:00", 3)) == []


def test_breach_names_the_row_in_a_sentence(clinic: Clinic) -> None:
    execute(clinic, "UPDATE booking SET status = 'released', released_at = 0 WHERE purpose = 's_2' AND part = 1")

    assert verify(clinic.database, now=NOW) == [Breach("I3", "session s_2", "0 of 1 doctor are booked for it.")]


def test_checker_shares_no_code_with_what_books() -> None:
    for file in (Path(__file__).parents[2] / "scheduler" / "verify").glob("*.py"):
        imports = [line for line in file.read_text().splitlines() if line.startswith(("import ", "from "))]
        assert not [line for line in imports if line.split()[1].split(".")[0] in {"rooms", "courses"}], file.name
