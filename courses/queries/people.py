"""Looks at several patients at once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from courses.queries.known import KnownPatient
from courses.queries.patient_looks import known_patients
from courses.records import PatientRow
from rooms.base import Db
from rooms.queries import chunks


def patients_with(db: Db, keys: Collection[str]) -> dict[str, KnownPatient]:
    """Patients by their public ids; one that is not there is left out."""
    rows = PatientRow.public_id
    found = [known for some in chunks(sorted(keys)) for known in known_patients(db, select(PatientRow).where(rows.in_(some)))]
    return {known.patient.id: known for known in found}
