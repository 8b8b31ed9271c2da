"""Safety programs: which site is certified, which patient is enrolled where, and that the program was told of a change of site."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import update

from courses import queries
from courses.errors import Faulty, check_version, checked_text
from courses.owed.enrollment import Certification, Enrollment, NotBeforeItBegan, Setting
from courses.queries import enrollments
from courses.records import CertificationRow, EnrollmentRow
from rooms import queries as rooms_queries
from rooms.base import Db, NewId


@dataclass(frozen=True, slots=True)
class NewCertification:
    """What a site is certified for, as the program wrote it."""

    program: str
    number: str
    representative: str
    from_on: date
    until_on: date | None = None
    setting: Setting = field(default_factory=Setting)


@dataclass(frozen=True, slots=True)
class NewEnrollment:
    """What a patient is enrolled in. `transfer_told_on` where they come from another site and the program knows."""

    program: str
    from_on: date
    number: str = ""
    middle_name: str = ""
    sex: str = ""
    transfer_told_on: date | None = None


def certify(db: Db, site: str, new: NewCertification, *, by: str, new_id: NewId) -> Certification:
    """Keep that a site is certified. Raises `Unknown`, `Faulty`, `NotBeforeItBegan`."""
    at = rooms_queries.site(db, site)
    _check_days(new.from_on, new.until_on)
    row = CertificationRow(
        public_id=new_id("ce_"),
        site_id=at.id,
        program=checked_program(new.program),
        number=checked_text("number", new.number, 100),
        representative=_text("representative", new.representative),
        setting_name=_text("setting_name", new.setting.name),
        address=_text("address", new.setting.address),
        address_more=_text("address_more", new.setting.address_more),
        city=_text("city", new.setting.city, 100),
        state=_text("state", new.setting.state, 40),
        postal_code=_text("postal_code", new.setting.postal_code, 20),
        telephone=_text("telephone", new.setting.telephone, 40),
        email=_text("email", new.setting.email),
        from_on=new.from_on,
        until_on=new.until_on,
        by=by,
        version=1,
    )
    db.add(row)
    db.flush()
    return enrollments.certification(db, row.public_id).certification


def end_certification(db: Db, key: str, until_on: date, *, expected: int | None = None) -> Certification:
    """The last day of a certification. Raises `NotBeforeItBegan`, `StaleVersion`, `Unknown`."""
    known = enrollments.certification(db, key)
    check_version("certification", expected, known.certification.version)
    _check_days(known.certification.from_on, until_on)
    row = CertificationRow
    db.execute(update(row).where(row.id == known.id).values(until_on=until_on, version=known.certification.version + 1))
    return enrollments.certification(db, key).certification


def enroll(db: Db, patient: str, site: str, new: NewEnrollment, *, by: str, new_id: NewId) -> Enrollment:
    """Keep that a patient is enrolled at a site. Raises `Unknown`, `Faulty`."""
    at, who = rooms_queries.site(db, site), queries.patient(db, patient)
    row = EnrollmentRow(
        public_id=new_id("en_"),
        patient_id=who.id,
        site_id=at.id,
        program=checked_program(new.program),
        number=_text("number", new.number, 100),
        middle_name=_text("middle_name", new.middle_name, 100),
        sex=_text("sex", new.sex, 20),
        from_on=new.from_on,
        until_on=None,
        transfer_told_on=new.transfer_told_on,
        by=by,
        version=1,
    )
    db.add(row)
    db.flush()
    return enrollments.enrollment(db, row.public_id).enrollment


def end_enrollment(db: Db, key: str, until_on: date, *, expected: int | None = None) -> Enrollment:
    """The last day of an enrollment. Raises `NotBeforeItBegan`, `StaleVersion`, `Unknown`."""
    known = enrollments.enrollment(db, key)
    _check_days(known.enrollment.from_on, until_on)
    return _change(db, key, expected, until_on=until_on)


def tell_transfer(db: Db, key: str, told_on: date, *, expected: int | None = None) -> Enrollment:
    """The program was told that the patient comes from another site. Raises `StaleVersion`, `Unknown`."""
    return _change(db, key, expected, transfer_told_on=told_on)


def checked_program(program: str) -> str:
    """The name of a program as checklists write it. Raises `Faulty`."""
    return checked_text("program", program, 40)


def _change(db: Db, key: str, expected: int | None, **columns: date) -> Enrollment:
    known = enrollments.enrollment(db, key)
    check_version("enrollment", expected, known.enrollment.version)
    row = EnrollmentRow
    db.execute(update(row).where(row.id == known.id).values(version=known.enrollment.version + 1, **columns))
    return enrollments.enrollment(db, key).enrollment


def _check_days(from_on: date, until_on: date | None) -> None:
    if until_on is not None and until_on < from_on:
        raise NotBeforeItBegan(from_on)


def _text(field: str, text: str, most: int = 200) -> str:
    """Words on one line, or none. Raises `Faulty`."""
    if len(text) > most:
        raise Faulty(field, f"up to {most} letters are wanted")
    return checked_text(field, text, most) if text.strip() else ""
