"""A clinic with a trail: who acts, what the trail says, and a day to do it on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy

from rooms import equipping
from rooms.availability.hours import WeeklyHours
from rooms.base import Db
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.access.author import Author, AuthorKind
from scheduler.access.role import Role
from scheduler.auditing import seen_by
from scheduler.database import Database

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NURSE = Author(
    AuthorKind.STAFF,
    "a_nurse",
    "N. Urse",
    frozenset({Role.NURSE}),
    "l_1",
    "passkey",
    source="10.0.0.7",
    device="desk",
    operation="change it",
)
CLERK = Author(AuthorKind.STAFF, "a_clerk", "C. Lerk", frozenset({Role.FRONT_DESK}), "l_2", "password", operation="look at it")


class Ids:
    """Public ids that count."""

    def __init__(self) -> None:
        self._n = 0

    def __call__(self, prefix: str) -> str:
        self._n += 1
        return f"{prefix}{self._n:04}"


def watched(database: Database, author: Author = NURSE, clock: Callable[[], datetime] = lambda: NOW) -> Database:
    return seen_by(database, author, clock)


def add_site(db: Db, code: str = "main", new_id: Callable[[str], str] | None = None) -> int:
    site = Site(code, "Main", "America/New_York", hours=WeeklyHours.of({"mon": [("08:00", "17:00")]}))
    return equipping.add_site(db, site, new_id=new_id or Ids(), now=NOW).id


def add_chair(db: Db, site_id: int, code: str = "chair-1", new_id: Callable[[str], str] | None = None) -> str:
    chair = Resource(code, Kind.CHAIR, frozenset({"chair"}), name="Chair")
    return equipping.add_resource(db, site_id, chair, new_id=new_id or Ids(), now=NOW).public_id


def events(database: Database) -> list[dict[str, Any]]:
    """The trail, oldest first, as raw rows."""
    with database.engine.connect() as connection:
        rows = connection.execute(sqlalchemy.text("SELECT * FROM audit_event ORDER BY seq")).mappings().all()
    parts = ("roles", "objects", "patients", "diff")
    return [{**row, **{part: json.loads(row[part]) if row[part] else None for part in parts}} for row in rows]
