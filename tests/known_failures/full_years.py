"""A database with 100,000 bookings in it, of 560 courses that run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy
from sqlalchemy import insert

from courses import queries
from courses.records import CourseRow, PatientRow, SessionRow
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.records import BookingRow
from tests.courses.clinic import Equipment, SmallClinic

DEVICES, SLOTS, DAYS = 80, 7, 84
ROOMY: Equipment = {
    **{f"tms-{n}": ("device", 1, ("tms-device",)) for n in range(DEVICES)},
    **{f"op-{n}": ("staff", 1, ("tms-operator",)) for n in range(DEVICES)},
    **{f"chair-{n}": ("chair", 1, ("chair",)) for n in range(DEVICES)},
    "dr-a": ("staff", 80, ("prescriber",)),
}
FIRST = datetime(2026, 10, 5, 13, tzinfo=UTC)
"""A Monday, seven weeks before the present of the tests."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def fill(db: Db, clinic: SmallClinic) -> tuple[int, int]:
    """Write the rows of courses with a session on each weekday, one for each device and hour; how many bookings and courses."""
    version = queries.protocol_version(db, "tms-standard-36", site_id=clinic.site_id)
    ids = {known.resource.id: known.id for known in rooms_queries.resources(db, clinic.site_id)}
    days = [FIRST + n * DAY for n in range(DAYS) if (FIRST + n * DAY).weekday() < 5]
    cells = [(device, slot) for device in range(DEVICES) for slot in range(SLOTS)]
    patients = [_patient(clinic, n) for n in range(len(cells))]
    courses = [_course(clinic, version.id, n) for n in range(len(cells))]
    sessions, bookings = [], []
    for n, (device, slot) in enumerate(cells):
        for number, day in enumerate(days, 1):
            key, starts_at = f"s_full{n}_{number}", day + slot * 60 * MINUTE
            sessions.append(_session(n, number, key, starts_at))
            resources = [f"{kind}-{device}" for kind in ("tms", "op", "chair")]
            bookings += [_booking(ids[code], part, key, starts_at) for part, code in enumerate(resources)]
    if db.get_bind().dialect.name == "postgresql":
        db.execute(sqlalchemy.text("SET LOCAL session_replication_role = replica"))  # the rows are sound: spare the triggers
    for row, rows in ((PatientRow, patients), (CourseRow, courses), (SessionRow, sessions), (BookingRow, bookings)):
        for begin in range(0, len(rows), 10_000):
            db.execute(insert(row), rows[begin : begin + 10_000])
    if db.get_bind().dialect.name == "postgresql":
        db.execute(sqlalchemy.text("SET LOCAL session_replication_role = origin"))
    db.execute(sqlalchemy.text("ANALYZE"))
    return len(bookings), len(courses)


def _patient(clinic: SmallClinic, n: int) -> dict[str, object]:
    names = {"given_name": f"Given{n}", "family_name": f"Family{n}", "born_on": date(1980, 1, 1)}
    return {
        "id": 1000 + n,
        "site_id": clinic.site_id,
        "public_id": f"p_full{n}",
        "code": f"full{n}",
        "available": None,
        "version": 1,
    } | names


def _course(clinic: SmallClinic, version_id: int, n: int) -> dict[str, object]:
    return {
        "id": 1000 + n,
        "site_id": clinic.site_id,
        "public_id": f"co_full{n}",
        "code": f"full{n}",
        "patient_id": 1000 + n,
        "protocol_version_id": version_id,
        "status": "active",
        "starts_on": FIRST.date(),
        "priority": 1,
        "agreed_sessions": 60,
        "version": 1,
        "created_at": FIRST,
    }


def _session(n: int, number: int, key: str, starts_at: datetime) -> dict[str, object]:
    times = {"starts_at": starts_at, "ends_at": starts_at + 51 * MINUTE, "status": "booked", "authorized": True, "version": 1}
    which = {"public_id": key, "number": number, "phase": "acute", "template": "treatment"}
    return {"course_id": 1000 + n, "patient_id": 1000 + n} | which | times


def _booking(resource_id: int, part: int, key: str, starts_at: datetime) -> dict[str, object]:
    times = {"starts_at": starts_at, "ends_at": starts_at + 56 * MINUTE, "created_at": FIRST}
    asked = {"load": 1, "exclusive": True, "status": "booked", "purpose": key, "part": part, "capability": "any", "reseat": False}
    return {"public_id": f"b_{key}_{part}", "resource_id": resource_id} | times | asked
