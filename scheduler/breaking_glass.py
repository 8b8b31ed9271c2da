"""Breaking the glass: for an hour somebody sees a whole site, for a reason that everybody who must is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from rooms import queries as rooms_queries
from rooms.base import Db, NewId
from rooms.errors import Faulty, Unknown
from scheduler import queries
from scheduler.access.actor import Actor
from scheduler.access.role import Role
from scheduler.queries import Broken
from scheduler.records.accounts import BreakGlassRow

LASTS = timedelta(minutes=60)
LEAST_REASON, MOST_REASON = 10, 500
MAY_BREAK = frozenset({Role.NURSE, Role.PHYSICIAN, Role.ANESTHESIA})
ARE_TOLD = frozenset({Role.ADMIN, Role.AUDITOR})
TOLD_FOR = timedelta(days=30)


def begin(db: Db, actor: Actor, site: str, reason: str, *, now: datetime, new_id: NewId) -> Broken:
    """See the whole site from now on, for an hour; done twice, the first one runs on. Raises `Unknown`, `Faulty`."""
    if not site:
        raise Faulty("site", "choose the site")
    site_id = rooms_queries.site(db, site).id
    if not MAY_BREAK.intersection(actor.roles.get(site_id, ())):
        raise Unknown("site", site)
    said = " ".join(reason.split())
    if sum(letter.isalpha() for letter in said) < LEAST_REASON or len(said) > MOST_REASON:
        raise Faulty("reason", f"say in at least {LEAST_REASON} letters, and at most {MOST_REASON}, why it cannot wait")
    running = next((each for each in queries.glass_of(db, actor.account_id, now=now) if each.site_id == site_id), None)
    if running is not None:
        return running
    row = BreakGlassRow(
        public_id=new_id("g_"), account_id=actor.account_id, site_id=site_id, reason=said, begins_at=now, ends_at=now + LASTS, seen_by=[]
    )
    db.add(row)
    db.flush()
    return queries.locked_glass(db, row.public_id)


def running(db: Db, actor: Actor, *, now: datetime) -> tuple[Broken, ...]:
    """What somebody has broken and that is broken still."""
    return queries.glass_of(db, actor.account_id, now=now)


def end(db: Db, actor: Actor, *, now: datetime) -> None:
    """See no more than before, at once and at every site."""
    row = BreakGlassRow
    db.execute(update(row).where(row.account_id == actor.account_id, row.ended_at.is_(None), row.ends_at > now).values(ended_at=now))


def told(db: Db, actor: Actor, *, now: datetime) -> tuple[Broken, ...]:
    """What somebody must know of, seen or not: at the sites where they are an administrator or an auditor; the latest first."""
    sites = sorted(site_id for site_id, held in actor.roles.items() if ARE_TOLD & held)
    broken = queries.glass_at(db, sites, since=now - TOLD_FOR) if sites else ()
    return tuple(each for each in broken if each.account.id != actor.account_id)


def untold(db: Db, actor: Actor, *, now: datetime) -> tuple[Broken, ...]:
    """What of it they have not seen yet."""
    return tuple(each for each in told(db, actor, now=now) if actor.account_id not in each.seen_by)


def mark_seen(db: Db, actor: Actor, public_id: str) -> None:
    """Note that somebody who must know has seen it; done twice, once. Raises `Unknown` for what is none of theirs."""
    broken = queries.locked_glass(db, public_id)
    if not ARE_TOLD.intersection(actor.roles.get(broken.site_id, ())):
        raise Unknown("broken glass", public_id)
    seen = sorted(broken.seen_by | {actor.account_id})
    db.execute(update(BreakGlassRow).where(BreakGlassRow.id == broken.id).values(seen_by=seen))
