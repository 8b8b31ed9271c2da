"""Looks at who is certified for a safety program, and who is enrolled in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from courses.errors import Unknown
from courses.owed.enrollment import Certification, Enrollment, Setting
from courses.records import CertificationRow, EnrollmentRow, PatientRow
from rooms import queries as rooms_queries
from rooms.base import Db


@dataclass(frozen=True, slots=True)
class KnownCertification:
    """A certification with its row and its site's."""

    id: int
    site_id: int
    certification: Certification


@dataclass(frozen=True, slots=True)
class KnownEnrollment:
    """An enrollment with its row and its patient's."""

    id: int
    patient_id: int
    enrollment: Enrollment


def certifications(db: Db, site_id: int) -> tuple[Certification, ...]:
    """All that a site ever had, the newest first."""
    row = CertificationRow
    asked = select(row).where(row.site_id == site_id).order_by(row.from_on.desc(), row.id.desc())
    return tuple(_certification(each) for each in db.scalars(asked.execution_options(populate_existing=True)))


def certification(db: Db, key: str) -> KnownCertification:
    """One by public id. Raises `Unknown`."""
    asked = select(CertificationRow).where(CertificationRow.public_id == key)
    row = db.scalar(asked.execution_options(populate_existing=True))
    if row is None:
        raise Unknown("certification", key)
    return KnownCertification(row.id, row.site_id, _certification(row))


def enrollments_of(db: Db, patients: Collection[str]) -> Mapping[str, list[Enrollment]]:
    """All that some patients (by public id) ever had, wherever, the newest first."""
    row, found = EnrollmentRow, defaultdict[str, list[Enrollment]](list)
    for some in rooms_queries.chunks(patients):
        asked = select(row, PatientRow.public_id).join(PatientRow, PatientRow.id == row.patient_id).where(PatientRow.public_id.in_(some))
        asked = asked.order_by(row.from_on.desc(), row.id.desc()).execution_options(populate_existing=True)
        for each, patient in db.execute(asked):
            found[patient].append(_enrollment(each, patient))
    return found


def enrollment(db: Db, key: str) -> KnownEnrollment:
    """One by public id. Raises `Unknown`."""
    asked = select(EnrollmentRow, PatientRow.public_id).join(PatientRow, PatientRow.id == EnrollmentRow.patient_id)
    found = db.execute(asked.where(EnrollmentRow.public_id == key).execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise Unknown("enrollment", key)
    row, patient = found
    return KnownEnrollment(row.id, row.patient_id, _enrollment(row, patient))


def _certification(row: CertificationRow) -> Certification:
    reached = (row.setting_name, row.address, row.address_more, row.city, row.state, row.postal_code, row.telephone, row.email)
    return Certification(
        row.public_id, row.program, row.number, row.representative, row.from_on, row.until_on, Setting(*reached), row.by, row.version
    )


def _enrollment(row: EnrollmentRow, patient: str) -> Enrollment:
    days = (row.from_on, row.until_on, row.transfer_told_on)
    return Enrollment(row.public_id, patient, row.site_id, row.program, row.number, *days, row.middle_name, row.sex, row.by, row.version)
