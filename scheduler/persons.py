"""Who stands by what is written down: the one who is signed in, and the second person who proved that they are there too."""

from __future__ import annotations

from courses.checklists.entry import Person
from rooms.base import Db
from scheduler import queries
from scheduler.dependencies import NOBODY, Desk


def person_at(desk: Desk) -> Person:
    """Whoever is signed in."""
    return Person(desk.actor.public_id, desk.actor.name, "") if desk.actor else Person(NOBODY, NOBODY, "")


def second_at(db: Db, desk: Desk) -> Person | None:
    """The second person, where the permission table asked for one."""
    key = desk.visit.author.about.get("second") if desk.visit else None
    return Person(key, queries.account(db, key).name, "") if key else None
