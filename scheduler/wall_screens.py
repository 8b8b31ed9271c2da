"""Giving a screen on a wall an address of its own, and taking it away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.errors import Faulty
from scheduler import queries
from scheduler.access.token import digest_of
from scheduler.records.screens import WallScreenRow

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class NewScreen:
    """Where a screen hangs, and who gives it which token; of that only the digest is kept."""

    name: str
    by: str
    token: str


def make_screen(db: Db, site: str, new: NewScreen, *, now: datetime, new_id: Callable[[str], str]) -> str:
    """The id of a new screen at a site. Raises `Faulty` for a name that is missing or too long, `Unknown`."""
    if not new.name or len(new.name) > LONGEST_NAME:
        raise Faulty("name", f"say in 1 to {LONGEST_NAME} letters where the screen hangs")
    made = WallScreenRow(
        public_id=new_id("wsc_"),
        site_id=rooms_queries.site(db, site).id,
        name=new.name,
        digest=digest_of(new.token),
        made_by=new.by,
        made_at=now,
        revoked_at=None,
    )
    db.add(made)
    db.flush()
    return made.public_id


def readdress_screen(db: Db, screen: str, token: str) -> None:
    """Give a screen another address; the one before shows nothing any more. Raises `Faulty` for one that was revoked, `Unknown`."""
    row = queries.wall_screen_row(db, screen)
    if row.revoked_at is not None:
        raise Faulty("name", "this screen was made and revoked already; open the page anew to make another")
    row.digest = digest_of(token)


def revoke_screen(db: Db, screen: str, *, now: datetime) -> int:
    """From now on its address shows nothing; done twice, the first time stands. The site (row number). Raises `Unknown`."""
    row = queries.wall_screen_row(db, screen)
    row.revoked_at = row.revoked_at or now
    return row.site_id
