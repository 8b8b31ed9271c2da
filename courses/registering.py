"""Who is treated here, and when they can come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from courses import queries
from courses.errors import CodeTaken, Faulty, check_version, checked_text
from courses.patients.patient import Patient, PatientAbsence, ProbableDuplicate, checked_birth
from courses.records import PatientAbsenceRow, PatientRow
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.base import Db, NewId


@dataclass(frozen=True, slots=True)
class NewPatient:
    """Who is to be registered. `code` is the clinic's own, drawn where it is left out; `available` None is always."""

    given_name: str
    family_name: str
    born_on: date
    available: WeeklyHours | None = None
    code: str | None = None


def register_patient(db: Db, site: str, new: NewPatient, *, now: datetime, new_id: NewId, despite_duplicate: bool = False) -> Patient:
    """Take a patient in. Raises `ProbableDuplicate` where the site has somebody of that name and birth date, unless told to go on.

    Raises `Unknown` for the site, `Faulty` for a name or date that cannot be, `CodeTaken`.
    """
    at = rooms_queries.site(db, site)
    given, family = checked_text("given_name", new.given_name), checked_text("family_name", new.family_name)
    born_on = checked_birth(new.born_on, SiteTime(at.site.timezone).date_of(now))
    alike = queries.namesakes(db, at.id, given, family, born_on)
    if alike and not despite_duplicate:
        raise ProbableDuplicate(alike)
    return _insert(db, at.id, Patient(new_id("p_"), new.code or "", given, family, born_on, new.available))


def take_in_unnamed(db: Db, site: str, code: str, available: WeeklyHours | None, *, new_id: NewId) -> Patient:
    """Take in somebody of whom a clinic file says no more than an id. Raises `Unknown` and `CodeTaken`."""
    return _insert(db, rooms_queries.site(db, site).id, Patient(new_id("p_"), code, available=available))


def _insert(db: Db, site_id: int, patient: Patient) -> Patient:
    row = PatientRow(
        site_id=site_id,
        public_id=patient.id,
        code=checked_text("code", patient.code or patient.id, 100),
        given_name=patient.given_name,
        family_name=patient.family_name,
        born_on=patient.born_on,
        available=patient.available and patient.available.text(),
    )
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError as taken:
        raise CodeTaken("patient", row.code) from taken
    return queries.patient(db, patient.id).patient


def change_patient_hours(db: Db, patient: str, available: WeeklyHours | None, *, expected: int | None = None) -> Patient:
    """Say when a patient can come (None is always). Sessions that are booked stay. Raises `Unknown` and `StaleVersion`."""
    known = _locked(db, patient, expected)
    text = available and available.text()
    db.execute(update(PatientRow).where(PatientRow.id == known.id).values(available=text, version=known.patient.version + 1))
    return queries.patient(db, patient).patient


def note_absence(db: Db, patient: str, absence: PatientAbsence, *, expected: int | None = None) -> Patient:
    """A time at which a patient cannot come. Sessions that are booked stay until somebody moves them. Raises as above."""
    known = _locked(db, patient, expected)
    starts_at, ends_at = absence.interval.starts_at, absence.interval.ends_at
    reason = checked_text("reason", absence.reason) if absence.reason.strip() else ""
    db.add(PatientAbsenceRow(patient_id=known.id, starts_at=starts_at, ends_at=ends_at, reason=reason))
    db.flush()
    return _changed(db, known)


def remove_absence(db: Db, patient: str, absence: PatientAbsence, *, expected: int | None = None) -> Patient:
    """The patient can come after all. Raises `Faulty` where no such absence is noted, and as above."""
    known = _locked(db, patient, expected)
    if all(noted.interval != absence.interval for noted in known.patient.absences):
        raise Faulty("absence", "no such absence is noted; look at the patient again")
    row = PatientAbsenceRow
    same = (row.starts_at == absence.interval.starts_at, row.ends_at == absence.interval.ends_at)
    db.execute(delete(row).where(row.patient_id == known.id, *same))
    return _changed(db, known)


def _locked(db: Db, patient: str, expected: int | None) -> queries.KnownPatient:
    queries.lock_patient(db, queries.patient(db, patient).id)
    known = queries.patient(db, patient)
    check_version("patient", expected, known.patient.version)
    return known


def _changed(db: Db, known: queries.KnownPatient) -> Patient:
    db.execute(update(PatientRow).where(PatientRow.id == known.id).values(version=known.patient.version + 1))
    return queries.patient(db, known.patient.id).patient
