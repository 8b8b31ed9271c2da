"""What the database refuses by itself: rows written by hand, past all our code."""

from __future__ import annotations

import pytest
import sqlalchemy
from sqlalchemy.exc import IntegrityError

from scheduler.database import Database
from tests.rooms.small_clinic import NOW, Clinic, at, claim

BOOK = """
  INSERT INTO booking (public_id, resource_id, starts_at, ends_at, load, exclusive, status, hold_until, purpose, part, capability, reseat,
    created_at, released_at)
  VALUES (:id, (SELECT id FROM resource WHERE code = :resource), :starts, :ends, :load,
    :load > 0 AND (SELECT capacity FROM resource WHERE code = :resource) = 1, CAST(:status AS varchar), :starts, 'by hand', 0, '', false, 0,
    CASE WHEN :status = 'released' THEN 0 END)"""


def execute(database: Database, statement: str, **values: object) -> None:
    with database.transaction() as db:
        db.execute(sqlalchemy.text(statement), values)


def book(clinic: Clinic, resource: str, opens: str, closes: str, load: int = 1, status: str = "booked") -> None:
    times = {"starts": int(at(opens).timestamp()), "ends": int(at(closes).timestamp())}
    execute(clinic.database, BOOK, id=clinic.new_id("b_hand_"), resource=resource, load=load, status=status, **times)


def refuses(clinic: Clinic, resource: str, opens: str, closes: str, load: int = 1, status: str = "booked") -> str:
    with pytest.raises(IntegrityError) as refused:
        book(clinic, resource, opens, closes, load, status)
    return next(word for word in ("double_booking", "over_capacity", "ck_booking") if word in str(refused.value.orig))


@pytest.mark.parametrize("status", ["held", "booked"])
def test_overlap_by_hand(clinic: Clinic, status: str) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:40"))

    assert refuses(clinic, "chair-1", "11:30", "12:00", status=status) == "double_booking"
    assert refuses(clinic, "chair-1", "09:00", "13:00", status=status) == "double_booking"
    assert refuses(clinic, "chair-1", "10:15", "10:20", status=status) == "double_booking"
    book(clinic, "chair-1", "11:40", "12:00", status=status)
    book(clinic, "chair-1", "10:00", "11:40", status="released")
    book(clinic, "chair-1", "10:00", "11:40", load=0)


def test_shared_resource_is_counted_per_instant(clinic: Clinic) -> None:
    book(clinic, "nurse", "09:00", "10:00", 3)
    book(clinic, "nurse", "10:00", "11:00", 3)

    assert refuses(clinic, "nurse", "09:30", "10:30", 2) == "over_capacity"
    book(clinic, "nurse", "09:30", "10:30", 1)
    assert refuses(clinic, "nurse", "09:59", "10:01", 1) == "over_capacity"
    assert refuses(clinic, "nurse", "12:00", "13:00", 5) == "over_capacity"


def test_load_of_two_on_a_chair(clinic: Clinic) -> None:
    assert refuses(clinic, "chair-1", "10:00", "11:00", load=2) == "over_capacity"


def test_released_booking_does_not_come_back_over_another(clinic: Clinic) -> None:
    # Undo of a cancellation skips the check.
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_1"))
    clinic.release("s_1")
    clinic.reserve(claim("chair-1", "10:30", "11:30", "s_2"))

    with pytest.raises(IntegrityError):
        execute(clinic.database, "UPDATE booking SET status = 'booked', released_at = NULL WHERE purpose = 's_1'")


@pytest.mark.parametrize(
    "change",
    ["starts_at = starts_at + 1800, ends_at = ends_at + 1800", "resource_id = (SELECT id FROM resource WHERE code = 'chair-1')"],
    ids=["time", "resource"],
)
def test_booking_is_not_pushed_into_another(clinic: Clinic, change: str) -> None:
    clinic.reserve(
        claim("chair-1", "10:00", "11:00", "s_1"), claim("chair-1", "09:15", "10:00", "s_2"), claim("chair-2", "10:30", "11:00", "s_3")
    )

    with pytest.raises(IntegrityError):
        execute(clinic.database, f"UPDATE booking SET {change} WHERE purpose <> 's_1'")  # noqa: S608


def test_capacity_is_not_lowered_under_what_is_booked(clinic: Clinic) -> None:
    clinic.reserve(claim("nurse", "10:00", "11:00", "s_1", load=2), claim("nurse", "10:30", "11:30", "s_2"))
    lower = "UPDATE resource SET capacity = :capacity, capacity_since = :since WHERE code = 'nurse'"

    with pytest.raises(IntegrityError):
        execute(clinic.database, lower, capacity=2, since=int(NOW.timestamp()))
    execute(clinic.database, lower, capacity=3, since=int(NOW.timestamp()))
    execute(clinic.database, lower, capacity=2, since=int(at("11:00").timestamp()))


def test_resource_that_became_exclusive_takes_one_at_a_time(clinic: Clinic) -> None:
    clinic.reserve(claim("nurse", "10:00", "11:00", "s_1"))
    execute(clinic.database, "UPDATE resource SET capacity = 1, capacity_since = :since WHERE code = 'nurse'", since=int(NOW.timestamp()))

    assert refuses(clinic, "nurse", "10:30", "11:30") == "double_booking"


def test_resource_that_became_shared_takes_more(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_1"))
    execute(clinic.database, "UPDATE resource SET capacity = 2, capacity_since = :since WHERE code = 'chair-1'", since=int(NOW.timestamp()))

    book(clinic, "chair-1", "10:30", "11:30")
    assert refuses(clinic, "chair-1", "10:45", "10:50") == "over_capacity"


def test_booking_of_more_than_a_day(clinic: Clinic) -> None:
    begins = int(at("08:00").timestamp())
    with pytest.raises(IntegrityError, match="ck_booking_within_a_day"):
        execute(clinic.database, BOOK, id="b_x", resource="chair-1", starts=begins, ends=begins + 86401, load=1, status="booked")


def test_day_long_booking_is_found_from_its_last_minute(clinic: Clinic) -> None:
    begins = int(at("08:00").timestamp())
    execute(clinic.database, BOOK, id="b_x", resource="chair-1", starts=begins, ends=begins + 86400, load=1, status="booked")
    with pytest.raises(IntegrityError):
        execute(clinic.database, BOOK, id="b_y", resource="chair-1", starts=begins + 86399, ends=begins + 90000, load=1, status="booked")
    execute(clinic.database, BOOK, id="b_z", resource="chair-1", starts=begins + 86400, ends=begins + 90000, load=1, status="booked")


PATIENT = """
  INSERT INTO patient (id, site_id, public_id, code, given_name, family_name, version)
  VALUES (:id, :site, CAST(:code AS varchar), :code, '', '', 1)"""
VERSION = """
  INSERT INTO protocol_version (id, protocol_id, number, status, document, digest, published_at) VALUES (1, 1, 1, :status, '', '', 0)"""
COURSE = """
  INSERT INTO course (id, site_id, public_id, code, patient_id, protocol_version_id, status, starts_on, priority, agreed_sessions, version,
    created_at)
  VALUES (:id, :site, CAST(:code AS varchar), :code, :patient, 1, 'active', '2026-12-01', 1, 1, 1, 0)"""
SESSION = """
  INSERT INTO session (course_id, patient_id, public_id, number, phase, template, starts_at, ends_at, status, authorized, version)
  VALUES (:course, :patient, :id, :number, 'p', 't', :starts, :ends, :status, true, 1)"""


def test_patient_is_never_in_two_sessions_at_once(clinic: Clinic) -> None:
    # Same patient, same time, two providers.
    _two_courses_of_two_patients(clinic)
    ten = int(at("10:00").timestamp())

    def sit(session: str, course: int, patient: int, minutes: int, status: str = "booked") -> None:
        times = {"starts": ten + 60 * minutes, "ends": ten + 60 * (minutes + 60)}
        execute(clinic.database, SESSION, id=session, course=course, patient=patient, number=len(session), status=status, **times)

    sit("s_1", 1, 1, 0)
    with pytest.raises(IntegrityError, match="patient_twice"):
        sit("s_02", 2, 1, 30, "arrived")
    sit("s_003", 2, 1, 60)
    sit("s_0004", 2, 1, 30, "cancelled")
    sit("s_00005", 3, 2, 30)
    with pytest.raises(IntegrityError, match="patient_twice"):
        execute(clinic.database, "UPDATE session SET status = 'booked' WHERE public_id = 's_0004'")
    with pytest.raises(IntegrityError, match="patient_twice"):
        execute(clinic.database, "UPDATE session SET starts_at = starts_at - 60 WHERE public_id = 's_003'")


def test_number_of_a_live_session_is_there_once(clinic: Clinic) -> None:
    _two_courses_of_two_patients(clinic)
    owed = {"course": 1, "patient": 1, "number": 4, "starts": None, "ends": None}
    execute(clinic.database, SESSION, id="s_1", status="planned", **owed)
    execute(clinic.database, SESSION, id="s_2", status="missed", **owed)

    with pytest.raises(IntegrityError):
        execute(clinic.database, SESSION, id="s_3", status="planned", **owed)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE protocol_version SET document = 'x'",
        "UPDATE protocol_version SET digest = 'x'",
        "UPDATE protocol_version SET status = 'draft'",
        "DELETE FROM protocol_version",
    ],
)
def test_published_version_never_changes(clinic: Clinic, change: str) -> None:
    _version(clinic, "active")

    with pytest.raises(IntegrityError, match="published_version"):
        execute(clinic.database, change)
    execute(clinic.database, "UPDATE protocol_version SET status = 'retired'")
    with pytest.raises(IntegrityError, match="published_version"):
        execute(clinic.database, change)


def test_draft_changes_as_it_likes(clinic: Clinic) -> None:
    _version(clinic, "draft")

    execute(clinic.database, "UPDATE protocol_version SET document = 'x'")
    execute(clinic.database, "DELETE FROM protocol_version")


def test_key_of_a_reply_is_there_once(database: Database) -> None:
    # Confirm link works again and again; three events from one request.
    keep = "INSERT INTO idempotent_reply (key, scope, body_digest, status, body, created_at) VALUES ('k', :scope, 'd', 201, '', 0)"
    execute(database, keep, scope="courses")
    execute(database, keep, scope="sessions")

    with pytest.raises(IntegrityError):
        execute(database, keep, scope="courses")


def test_failed_transaction_leaves_nothing_of_itself(clinic: Clinic) -> None:
    ten = int(at("10:00").timestamp())
    rows = [{"id": f"b_h{n}", "resource": "chair-1", "load": 1, "status": "booked", "starts": ten, "ends": ten + 60} for n in range(2)]

    with pytest.raises(IntegrityError):
        book_in_one_transaction(clinic.database, rows)

    assert clinic.day() == []


def book_in_one_transaction(database: Database, rows: list[dict[str, object]]) -> None:
    with database.transaction() as db:
        for row in rows:
            db.execute(sqlalchemy.text(BOOK), row)


def _version(clinic: Clinic, status: str) -> None:
    execute(clinic.database, "INSERT INTO protocol (id, site_id, public_id, code) VALUES (1, :site, 'p_1', 'p')", site=clinic.site_id)
    execute(clinic.database, VERSION, status=status)


def _two_courses_of_two_patients(clinic: Clinic) -> None:
    _version(clinic, "active")
    for number in (1, 2):
        execute(clinic.database, PATIENT, id=number, site=clinic.site_id, code=f"p-{number}")
    for number, whose in ((1, 1), (2, 1), (3, 2)):
        execute(clinic.database, COURSE, id=number, site=clinic.site_id, code=f"c-{number}", patient=whose)
