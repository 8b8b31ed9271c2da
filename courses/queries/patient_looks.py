"""Looks into patients: by key, by name and birth date, and when they are taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, bindparam, func, or_, select

from courses.errors import Unknown
from courses.patients.patient import Patient, PatientAbsence
from courses.queries.known import KnownPatient
from courses.records import PatientAbsenceRow, PatientRow, SessionRow
from courses.sessions.status import TAKING_TIME
from rooms import queries as rooms_queries
from rooms.availability.interval import Interval
from rooms.base import Db

AT_MOST = 50
"""How many patients a search shows."""


def patient(db: Db, key: str, *, site_id: int | None = None) -> KnownPatient:
    """A patient, with the times at which they cannot come. Raises `Unknown`."""
    found = known_patients(
        db, select(PatientRow).where(rows_named(PatientRow.public_id, PatientRow.code, PatientRow.site_id, key, site_id))
    )
    if not found:
        raise Unknown("patient", key)
    return found[0]


def patients_with(db: Db, ids: Collection[int]) -> dict[int, KnownPatient]:
    """Patients by row number."""
    return {
        known.id: known
        for some in rooms_queries.chunks(sorted(ids))
        for known in known_patients(db, select(PatientRow).where(PatientRow.id.in_(some)))
    }


def patients(db: Db, site_id: int) -> tuple[KnownPatient, ...]:
    """Everybody of a site, by code."""
    return tuple(known_patients(db, select(PatientRow).where(PatientRow.site_id == site_id).order_by(PatientRow.code)))


def find_patients(db: Db, site_id: int, text: str = "", *, born_on: date | None = None) -> tuple[KnownPatient, ...]:
    """The patients of a site whose names begin with each of the words (or whose code is the text), and who were born on a date."""
    row = PatientRow
    shown = "".join(letter for letter in text if letter.isprintable())
    words = [or_(_begins(row.family_name, word), _begins(row.given_name, word)) for word in shown.split()]
    asked = select(row).where(row.site_id == site_id)
    if words:
        asked = asked.where(or_(and_(*words), row.code == shown))
    if born_on is not None:
        asked = asked.where(row.born_on == born_on)
    return tuple(known_patients(db, asked.order_by(row.family_name, row.given_name, row.born_on, row.id).limit(AT_MOST)))


def namesakes(db: Db, site_id: int, given_name: str, family_name: str, born_on: date) -> tuple[Patient, ...]:
    """Those of a site who have the same name, in capitals or not, and the same birth date."""
    born_then = known_patients(
        db, select(PatientRow).where(PatientRow.site_id == site_id, PatientRow.born_on == born_on).order_by(PatientRow.id)
    )
    name = (given_name.casefold(), family_name.casefold())
    return tuple(
        known.patient for known in born_then if (known.patient.given_name.casefold(), known.patient.family_name.casefold()) == name
    )


def lock_patient(db: Db, patient_id: int) -> None:
    """Hold everybody else off a patient's courses until the transaction ends. Always before any resource is locked."""
    db.execute(select(PatientRow.id).where(PatientRow.id == patient_id).with_for_update()).all()


def lock_patients_of(db: Db, sessions: Collection[str]) -> None:
    """The same for all whose sessions (by public id) these are, in the order of their rows."""
    asked = select(SessionRow.patient_id).where(SessionRow.public_id.in_(bindparam("some", expanding=True)))
    ids = sorted({patient_id for some in rooms_queries.chunks(sessions) for patient_id in db.scalars(asked, {"some": some})})
    for patient_id in ids:
        lock_patient(db, patient_id)


def busy_times(db: Db, patient_id: int, *, without_course: int | None = None) -> tuple[Interval, ...]:
    """When a patient is in sessions, those of one course left out."""
    row = SessionRow
    asked = select(row.starts_at, row.ends_at).where(row.patient_id == patient_id, row.status.in_(TAKING_TIME))
    if without_course is not None:
        asked = asked.where(row.course_id != without_course)
    return tuple(Interval(begins, ends) for begins, ends in db.execute(asked.order_by(row.starts_at)) if begins and ends)


def known_patients(db: Db, asked: Select[PatientRow]) -> list[KnownPatient]:
    """Those whom a look finds, each with the times at which they cannot come."""
    rows = db.scalars(asked.execution_options(populate_existing=True)).all()
    absences: dict[int, list[PatientAbsence]] = {row.id: [] for row in rows}
    away = PatientAbsenceRow
    for each in db.scalars(select(away).where(away.patient_id.in_(absences)).order_by(away.starts_at, away.id)):
        absences[each.patient_id].append(PatientAbsence(Interval(each.starts_at, each.ends_at), each.reason))
    return [known_patient(row, absences[row.id]) for row in rows]


def known_patient(row: PatientRow, absences: Iterable[PatientAbsence]) -> KnownPatient:
    """What a row says of a patient; the times at which they cannot come are handed in."""
    available = None if row.available is None else rooms_queries.hours_of(row.available)
    names = (row.given_name, row.family_name, row.born_on)
    return KnownPatient(row.id, row.site_id, Patient(row.public_id, row.code, *names, available, tuple(absences), row.version))


def _begins(column: SQLColumnExpression[str], word: str) -> ColumnElement[bool]:
    """SQLite knows capitals of plain letters only, so a word is also tried as names are written."""
    spelled = {word, word.lower(), word.upper(), word.capitalize()}
    as_written = [column.startswith(each, autoescape=True) for each in sorted(spelled)]
    return or_(func.lower(column).startswith(word.lower(), autoescape=True), *as_written)


def rows_named(
    public_id: SQLColumnExpression[str], code: SQLColumnExpression[str], of_site: SQLColumnExpression[int], key: str, site_id: int | None
) -> ColumnElement[bool]:
    """What finds a row by its public id or, at a given site, by the clinic's own code."""
    return public_id == key if site_id is None else and_(of_site == site_id, or_(public_id == key, code == key))
