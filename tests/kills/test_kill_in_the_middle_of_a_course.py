"""The program dies at any moment of booking 36 sessions: afterwards there are 0 or 36, never another number."""

from __future__ import annotations

import random
import time

import pytest
import sqlalchemy

from courses.patients.patient import Patient
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import SmallClinic
from tests.kills.doomed import Doomed, book_a_course

LONGEST = 0.15
"""Seconds within which a booking is over on an idle machine; kills are spread over them."""


def prepared(database: Database, n_patients: int) -> tuple[SmallClinic, list[Patient]]:
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {
            "tms-1": ("device", 60, ("tms-device",)), "op-a": ("staff", 1, ("tms-operator",)), "dr-a": ("staff", 60, ("prescriber",))
        })  # fmt: skip
        protocol = clinic.protocol(db, "tms-standard-36").text.replace("load: all, ", "load: 0, ")
        clinic.protocol(db, "tms-standard-36", protocol)
        return clinic, [clinic.patient(db, f"Ana{n}") for n in range(n_patients)]


def booking(database: Database, clinic: SmallClinic, patient: Patient, fault: str = "") -> Doomed:
    """The program, just about to book."""
    return Doomed(book_a_course, fault, database.url, clinic.site, patient.id, "tms-standard-36")


def whole_or_nothing(database: Database, clinic: SmallClinic, *, acknowledged: bool, before: int) -> int:
    """How many courses there are now; every one of them is whole."""
    with database.reading() as db:
        sizes = db.execute(sqlalchemy.text("SELECT count(*) FROM session GROUP BY course_id")).scalars().all()
        n_courses, n_bookings, n_events = (
            db.execute(sqlalchemy.text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
            for table in ("course", "booking", "session_event")
        )
    assert set(sizes) <= {36}
    assert n_courses == len(sizes)
    assert (n_bookings, n_events) == (n_courses * 73, n_courses * 36)
    assert n_courses - before in ({1} if acknowledged else {0, 1})
    assert verify(database, now=clinic.now) == []
    return int(n_courses)


def killed_at_random(database: Database, times: int) -> int:
    """Kills so many bookings and books each patient's course after all; how many kills came before the booking was acknowledged."""
    chance, n_courses, in_the_middle = random.Random(times), 0, 0
    clinic, patients = prepared(database, times)
    for patient in patients:
        program = booking(database, clinic, patient)
        time.sleep(chance.uniform(0, LONGEST))
        program.kill()
        acknowledged = program.said() != []
        in_the_middle += not acknowledged
        n_courses = whole_or_nothing(database, clinic, acknowledged=acknowledged, before=n_courses)
    return in_the_middle


@pytest.mark.parametrize("fault", ["F1:kill@1", "F3:kill@17", "F9:kill@1", "F10:kill@1"])
def test_killed_at_a_fault_point_nothing_is_booked_and_the_next_try_books_all(database: Database, fault: str) -> None:
    clinic, (patient,) = prepared(database, 1)

    program = booking(database, clinic, patient, fault)

    assert program.said() == []
    assert program.was_killed
    assert whole_or_nothing(database, clinic, acknowledged=False, before=0) == 0
    with database.transaction() as db:
        clinic.enrol(db, clinic.wish(patient, "tms-standard-36"))
    assert whole_or_nothing(database, clinic, acknowledged=True, before=0) == 1


def test_killed_at_random_moments_there_are_0_or_36_sessions(database: Database) -> None:
    killed_at_random(database, 5)


@pytest.mark.soak
def test_killed_a_hundred_times_there_are_0_or_36_sessions(database: Database) -> None:
    assert killed_at_random(database, 100) > 20
