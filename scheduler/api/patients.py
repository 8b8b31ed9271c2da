"""Patients: who they are, told apart by name and birth date, and when they can come."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from courses import queries, registering
from courses.patients.patient import Patient, PatientAbsence
from courses.registering import NewPatient
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.api.fields import Code, Date, Hours, Key, Line, Reason, Shape, Time, hours_of, hours_shown, on_clock
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Changing, Creating, shown

router = APIRouter(tags=["patients"])

Sought = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class NewPatientShape(Shape):
    """Somebody to be registered."""

    given_name: Line = Field(examples=["Ana"])
    family_name: Line = Field(examples=["Garcia"])
    born_on: Date = Field(examples=["1980-02-29"])
    available: Hours | None = Field(None, description="When they can come; always where it is left out.")
    code: Code | None = Field(None, description="The clinic's own id of them; drawn where it is left out.")
    despite_duplicate: bool = Field(False, strict=True, description="Register them although somebody has the same name and birth date.")


class HoursChange(Shape):
    """When a patient can come; null is always."""

    available: Hours | None


class AwayShape(Time):
    """A time at which a patient cannot come."""

    reason: Reason = ""


class AwayShown(Shape):
    """A time at which a patient cannot come, as it is noted."""

    starts_at: datetime
    ends_at: datetime
    reason: str


class PatientShown(Shape):
    """A patient. `version` is the ETag."""

    id: str
    code: str
    given_name: str
    family_name: str
    born_on: date | None
    available: Hours | None
    absences: list[AwayShown]
    version: int

    @classmethod
    def of(cls, patient: Patient, time: SiteTime) -> PatientShown:
        """A patient as they are shown."""
        return cls(
            id=patient.id,
            code=patient.code,
            given_name=patient.given_name,
            family_name=patient.family_name,
            born_on=patient.born_on,
            available=hours_shown(patient.available),
            absences=[_away_shown(absence, time) for absence in patient.absences],
            version=patient.version,
        )


class Patients(Shape):
    """Patients by name."""

    patients: list[PatientShown]


@router.get("/sites/{site}/patients", response_model=Patients, responses=problems(404), summary="Find patients")
def find_patients(
    site: Key,
    desk: AtDesk,
    name: Annotated[Sought, Query(description="Beginnings of names, or a code.")] = "",
    born_on: Annotated[Date | None, Query()] = None,
) -> Response:
    """The first 50 whose names begin with each of the words, and who were born on the date."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        time = SiteTime(at.site.timezone)
        found = queries.find_patients(db, at.id, name, born_on=born_on)
        return shown(Patients(patients=[PatientShown.of(known.patient, time) for known in found]))


@router.post("/sites/{site}/patients", status_code=201, response_model=PatientShown, responses=changes(404), summary="Register a patient")
def register_patient(site: Key, new: NewPatientShape, change: Creating) -> Response:
    """Refused where somebody of the same name and birth date is registered, unless it says `despite_duplicate`."""
    who = NewPatient(new.given_name, new.family_name, new.born_on, hours_of(new.available), new.code)

    def work(db: Db) -> PatientShown:
        made = registering.register_patient(db, site, who, now=change.now, new_id=change.new_id, despite_duplicate=new.despite_duplicate)
        return _shown(db, made)

    return change.answer(new, work, status=201)


@router.get("/patients/{patient}", response_model=PatientShown, responses=problems(404), summary="One patient")
def get_patient(patient: Key, desk: AtDesk) -> Response:
    """A patient by their id."""
    with desk.reading() as db:
        return shown(_shown(db, queries.patient(db, patient).patient))


@router.put("/patients/{patient}/hours", response_model=PatientShown, responses=changes(404, etag=True), summary="When a patient can come")
def change_patient_hours(patient: Key, wanted: HoursChange, change: Changing) -> Response:
    """Sessions that are booked stay."""
    hours = hours_of(wanted.available)

    def work(db: Db) -> PatientShown:
        return _shown(db, registering.change_patient_hours(db, patient, hours, expected=change.version))

    return change.answer(wanted, work)


@router.post(
    "/patients/{patient}/absences",
    status_code=201,
    response_model=PatientShown,
    responses=changes(404, etag=True),
    summary="A patient cannot come for a time",
)
def note_absence(patient: Key, new: AwayShape, change: Changing) -> Response:
    """Sessions that are booked stay until somebody moves them."""

    def work(db: Db) -> PatientShown:
        away = PatientAbsence(new.interval(_time_of(db, patient)), new.reason)
        return _shown(db, registering.note_absence(db, patient, away, expected=change.version))

    return change.answer(new, work, status=201)


@router.post(
    "/patients/{patient}/absences/remove",
    response_model=PatientShown,
    responses=changes(404, etag=True),
    summary="A patient can come after all",
)
def remove_patient_absence(patient: Key, noted: AwayShape, change: Changing) -> Response:
    """Take back an absence, named by its times."""

    def work(db: Db) -> PatientShown:
        away = PatientAbsence(noted.interval(_time_of(db, patient)), noted.reason)
        return _shown(db, registering.remove_absence(db, patient, away, expected=change.version))

    return change.answer(noted, work)


def _time_of(db: Db, patient: str) -> SiteTime:
    return SiteTime(rooms_queries.site(db, queries.patient(db, patient).site_id).site.timezone)


def _shown(db: Db, patient: Patient) -> PatientShown:
    return PatientShown.of(patient, _time_of(db, patient.id))


def _away_shown(absence: PatientAbsence, time: SiteTime) -> AwayShown:
    interval = absence.interval
    return AwayShown(starts_at=on_clock(interval.starts_at, time), ends_at=on_clock(interval.ends_at, time), reason=absence.reason)
