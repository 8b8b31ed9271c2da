"""Patients are told apart by name and birth date, and may change when they can come."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from courses import queries, registering
from courses.errors import CodeTaken, Faulty, StaleVersion, Unknown
from courses.patients.patient import PatientAbsence, ProbableDuplicate
from courses.registering import NewPatient
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Db
from scheduler.database import Database
from tests.courses.clinic import SmallClinic

ANA = NewPatient("Ana", "Lopez", date(1980, 5, 17))


def found(db: Db, clinic: SmallClinic, text: str, born_on: date | None = None) -> list[str]:
    return [known.patient.name for known in queries.find_patients(db, clinic.site_id, text, born_on=born_on)]


def test_the_same_name_and_birth_date_are_asked_about_first(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        first = registering.register_patient(db, "main", ANA, now=clinic.now, new_id=clinic.new_id)
        shouted = NewPatient(" ANA", "lopez ", ANA.born_on)
        registering.register_patient(db, "main", NewPatient("Åsa", "Öberg", ANA.born_on), now=clinic.now, new_id=clinic.new_id)

        with pytest.raises(ProbableDuplicate) as caught:
            registering.register_patient(db, "main", shouted, now=clinic.now, new_id=clinic.new_id)
        second = registering.register_patient(db, "main", shouted, now=clinic.now, new_id=clinic.new_id, despite_duplicate=True)
        other_day = NewPatient("Ana", "Lopez", date(1980, 5, 18))
        third = registering.register_patient(db, "main", other_day, now=clinic.now, new_id=clinic.new_id)

        with pytest.raises(ProbableDuplicate):
            registering.register_patient(db, "main", NewPatient("ÅSA", "ÖBERG", ANA.born_on), now=clinic.now, new_id=clinic.new_id)

    assert caught.value.patients == (first,)
    assert len({first.id, second.id, third.id}) == 3


def test_patients_are_found_by_the_beginnings_of_names_and_by_birth_date(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        for new in (
            NewPatient("Åsa", "Öberg", date(1970, 3, 1)),
            ANA,
            NewPatient("Ben", "Anand", date(1980, 5, 17), code="p-7"),
            NewPatient("Zoe", "100%", date(1999, 1, 1)),
        ):
            registering.register_patient(db, "main", new, now=clinic.now, new_id=clinic.new_id)

        assert found(db, clinic, "an") == ["Ben Anand", "Ana Lopez"]
        assert found(db, clinic, "lop AN") == ["Ana Lopez"]
        assert found(db, clinic, "p-7") == ["Ben Anand"]
        assert found(db, clinic, "%") == []
        assert found(db, clinic, "åsa ö") == found(db, clinic, "ÖBERG") == ["Åsa Öberg"]
        assert found(db, clinic, "Lop\0\ud800") == ["Ana Lopez"]
        assert found(db, clinic, "100%") == ["Zoe 100%"]
        assert found(db, clinic, "", date(1980, 5, 17)) == ["Ben Anand", "Ana Lopez"]
        assert found(db, clinic, "ana", date(1980, 5, 18)) == []


def test_changes_are_refused_when_somebody_else_was_first(database: Database) -> None:
    hours = WeeklyHours.of({"mon": [("09:00", "12:00")]})
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        ana = clinic.patient(db)

        changed = registering.change_patient_hours(db, ana.id, hours, expected=1)
        with pytest.raises(StaleVersion):
            registering.change_patient_hours(db, ana.id, None, expected=1)

    assert (changed.available, changed.version) == (hours, 2)


def test_absences_come_and_go(database: Database) -> None:
    away = PatientAbsence(Interval(datetime(2026, 12, 1, 5, tzinfo=UTC), datetime(2026, 12, 2, 5, tzinfo=UTC)), "a trip")
    with database.transaction() as db:
        ana = SmallClinic().build(db).patient(db)

        assert registering.note_absence(db, ana.id, away).absences == (away,)
        assert registering.remove_absence(db, ana.id, away).absences == ()
        with pytest.raises(Faulty):
            registering.remove_absence(db, ana.id, away)


@pytest.mark.parametrize("new", [
    NewPatient("", "Lopez", ANA.born_on),
    NewPatient("Ana", "x" * 201, ANA.born_on),
    NewPatient("A\0na", "Lopez", ANA.born_on),
    NewPatient("Ana", "Lopez", date(2026, 11, 24)),
    NewPatient("Ana", "Lopez", date(1, 1, 1)),
])  # fmt: skip
def test_what_cannot_be_is_refused(database: Database, new: NewPatient) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        with pytest.raises(Faulty):
            registering.register_patient(db, "main", new, now=clinic.now, new_id=clinic.new_id)


def test_a_code_names_one_patient_of_a_site(database: Database) -> None:
    with database.transaction() as db:
        clinic, other = SmallClinic().build(db), SmallClinic("other").build(db)
        registering.take_in_unnamed(db, "main", "p-1", None, new_id=clinic.new_id)
        registering.take_in_unnamed(db, "other", "p-1", None, new_id=other.new_id)

        with pytest.raises(CodeTaken, match="p-1"):
            registering.take_in_unnamed(db, "main", "p-1", None, new_id=clinic.new_id)
        with pytest.raises(Unknown):
            queries.patient(db, "p-2", site_id=clinic.site_id)
