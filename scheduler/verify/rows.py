"""The tables as they lie in the database, read by plain SQL in one moment, into records of the checker's own."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text

Span = tuple[int, int]
"""From and until: seconds since 1970, or minutes of a day."""


@dataclass(frozen=True, slots=True)
class Place:
    """A site. Hours are minutes of the day by weekday."""

    id: int
    code: str
    timezone: str
    granularity: int
    hours: dict[str, list[Span]]
    changed_at: int


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource."""

    id: int
    site: int
    code: str
    capacity: int
    capacity_since: int
    hours: dict[str, list[Span]] | None
    changed_at: int
    retired_at: int | None
    capabilities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shut:
    """A closure of a site or an absence of a resource, known since `since`."""

    id: str
    of: int
    begins: int
    ends: int
    since: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A booking that is held or booked."""

    id: str
    resource: int
    begins: int
    ends: int
    load: int
    exclusive: bool
    held: bool
    purpose: str
    part: int
    capability: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Series:
    """A course, with the sites of all that it refers to."""

    id: int
    code: str
    site: int
    patient: int
    patient_site: int
    protocol_site: int
    version: int
    status: str
    agreed: int


@dataclass(frozen=True, slots=True)
class Visit:
    """A session."""

    id: str
    course: int
    patient: int
    number: int
    template: str
    begins: int | None
    ends: int | None
    status: str


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that is checked. `documents` are the protocol versions that courses use, as written."""

    places: dict[int, Place]
    things: dict[int, Thing]
    closures: list[Shut]
    absences: list[Shut]
    taken: list[Taken]
    series: dict[int, Series]
    visits: list[Visit]
    documents: dict[int, str]


COURSES = """
    SELECT course.id, course.code, course.site_id, course.patient_id, course.protocol_version_id, course.status, course.agreed_sessions,
      patient.site_id AS patient_site_id, protocol.site_id AS protocol_site_id
    FROM course JOIN patient ON patient.id = course.patient_id
      JOIN protocol_version ON protocol_version.id = course.protocol_version_id
      JOIN protocol ON protocol.id = protocol_version.protocol_id"""

TAKEN = "SELECT * FROM booking WHERE status = 'booked' OR status = 'held' AND hold_until > :now ORDER BY resource_id, starts_at, id"

DOCUMENTS = "SELECT id, document FROM protocol_version WHERE id IN (SELECT protocol_version_id FROM course)"


def read_tables(connection: Connection, now: int) -> Tables:
    """All rows that matter; a hold that has run out does not."""
    capabilities: dict[int, set[str]] = {}
    for row in _rows(connection, "SELECT resource_id, capability FROM resource_capability"):
        capabilities.setdefault(row["resource_id"], set()).add(row["capability"])
    closures = _rows(connection, "SELECT * FROM closure WHERE removed_at IS NULL")
    taken = _rows(connection, TAKEN, now=now)
    return Tables(
        places={row["id"]: _place(row) for row in _rows(connection, "SELECT * FROM site")},
        things={row["id"]: _thing(row, capabilities.get(row["id"], set())) for row in _rows(connection, "SELECT * FROM resource")},
        closures=[_shut(row, row["site_id"], row["accepted_at"]) for row in closures],
        absences=[_shut(row, row["resource_id"], row["created_at"]) for row in _rows(connection, "SELECT * FROM absence")],
        taken=[_taken(row) for row in taken],
        series={row["id"]: _series(row) for row in _rows(connection, COURSES)},
        visits=[_visit(row) for row in _rows(connection, "SELECT * FROM session ORDER BY course_id, number, id")],
        documents={row["id"]: row["document"] for row in _rows(connection, DOCUMENTS)},
    )


def _rows(connection: Connection, question: str, **values: int) -> list[RowMapping]:
    return list(connection.execute(text(question), values).mappings())


def _place(row: RowMapping) -> Place:
    hours = _hours(row["hours"]) or {}
    return Place(row["id"], row["code"], row["timezone"], row["granularity_minutes"], hours, _since(row, "changed_at"))


def _thing(row: RowMapping, capabilities: set[str]) -> Thing:
    return Thing(
        id=row["id"],
        site=row["site_id"],
        code=row["code"],
        capacity=row["capacity"],
        capacity_since=_since(row, "capacity_since"),
        hours=_hours(row["hours"]),
        changed_at=_since(row, "changed_at"),
        retired_at=row["retired_at"],
        capabilities=frozenset(capabilities),
    )


def _shut(row: RowMapping, of: int, since: int) -> Shut:
    return Shut(row["public_id"], of, row["starts_at"], row["ends_at"], since)


def _taken(row: RowMapping) -> Taken:
    return Taken(
        id=row["public_id"],
        resource=row["resource_id"],
        begins=row["starts_at"],
        ends=row["ends_at"],
        load=row["load"],
        exclusive=bool(row["exclusive"]),
        held=row["status"] == "held",
        purpose=row["purpose"],
        part=row["part"],
        capability=row["capability"],
        created_at=row["created_at"],
    )


def _series(row: RowMapping) -> Series:
    return Series(
        id=row["id"],
        code=row["code"],
        site=row["site_id"],
        patient=row["patient_id"],
        patient_site=row["patient_site_id"],
        protocol_site=row["protocol_site_id"],
        version=row["protocol_version_id"],
        status=row["status"],
        agreed=row["agreed_sessions"],
    )


def _visit(row: RowMapping) -> Visit:
    return Visit(
        id=row["public_id"],
        course=row["course_id"],
        patient=row["patient_id"],
        number=row["number"],
        template=row["template"],
        begins=row["starts_at"],
        ends=row["ends_at"],
        status=row["status"],
    )


def _since(row: RowMapping, column: str) -> int:
    """When a thing became as it is; what was never changed has always been so."""
    return int(row[column]) if row["version"] > 1 else 0


def _hours(kept: object) -> dict[str, list[Span]] | None:
    """Hours as minutes; SQLite gives JSON as text, PostgreSQL read already."""
    week = json.loads(kept) if isinstance(kept, str) else kept
    if not isinstance(week, dict):
        return None
    return {day: [(_minutes(opens), _minutes(closes)) for opens, closes in spans] for day, spans in week.items()}


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")[:2]
    return int(hour) * 60 + int(minute)
