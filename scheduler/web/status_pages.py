"""How the program itself is doing: the worker, what waits to go out, the last backup, the downtime pack, the database. No names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from rooms.queries import KnownSite
from scheduler import backing_up
from scheduler.database import schema_is_current
from scheduler.dependencies import AtDesk, office_of
from scheduler.downtime import Printer
from scheduler.reminders import queries
from scheduler.reminding.electing import REMINDING
from scheduler.reminding.working import QUIET_FOR, WAITS_FOR, troubles
from scheduler.web.downtime_pages import folder_state
from scheduler.web.message_views import STATES
from scheduler.web.pages import Frame, framed, show
from scheduler.web.rendering import day, lasting

router = APIRouter()

STUCK = ("uncertain", "parked", "failed")
MINUTES_OF_TWO_DAYS = 2 * 24 * 60


@dataclass(frozen=True, slots=True)
class Reading:
    """One line: what, how it stands in words, and whether somebody should look."""

    what: str
    words: str
    is_wrong: bool = False
    more: str = ""


@router.get("/status")
def show_status(request: Request, desk: AtDesk) -> HTMLResponse:
    """The same numbers as those by which the address /health/ready decides."""
    database, now = office_of(request).database, desk.now
    with desk.reading() as db:
        frame = framed(request, db)
    with database.reading() as db:
        lease, oldest, coming = queries.lease(db, REMINDING), queries.oldest_due(db, now=now), queries.next_due(db, now=now)
        counts, sends, backup = queries.counts(db), bool(queries.labels(db)), backing_up.last_backup(db)
        barrier = backing_up.barrier(db)
    is_current = schema_is_current(database.url)
    beat, made = lease.beat_at if lease else None, backup.made_at if backup else None
    tables = "tables as they should be" if is_current else "tables of another version"
    waits = oldest is not None and now - oldest > WAITS_FOR
    readings = [
        Reading("Worker", _since(beat, frame, now), sends and _is_old(beat, now, QUIET_FOR)),
        Reading("Oldest message that is due", _since(oldest, frame, now, never="nothing waits"), waits),
        Reading("Next message", _at(coming, frame)),
        Reading("Last backup", _since(made, frame, now), backing_up.is_stale(backup, now), backup.name if backup else ""),
        *_packs(request.app.state.printer, frame.sites, now),
        Reading("Database", f"{database.engine.dialect.name}, {tables}", not is_current),
    ]
    if barrier is not None:
        readings.append(Reading("Backup put back", _since(barrier, frame, now), more="What was due before goes out only by hand."))
    return show(
        "status.html",
        frame,
        page="status",
        readings=readings,
        troubles=troubles(database, now=now),
        counts=[(*STATES[state][:2], counts.get(state, 0), state in STUCK and counts.get(state, 0) > 0) for state in STATES],
        sends=sends,
    )


def _is_old(at: datetime | None, now: datetime, most: timedelta) -> bool:
    return at is None or now - at > most


def _since(at: datetime | None, frame: Frame, now: datetime, never: str = "never") -> str:
    """How long ago, and when."""
    if at is None:
        return never
    minutes, local = max(0, int((now - at).total_seconds() // 60)), frame.time.local(at)
    when = f"{day(local)}, {local:%H:%M}"
    return f"{lasting(minutes)} ago ({when})" if minutes < MINUTES_OF_TWO_DAYS else f"{minutes // (24 * 60)} days ago ({when})"


def _at(at: datetime | None, frame: Frame) -> str:
    """When something comes."""
    local = at and frame.time.local(at)
    return f"{day(local)}, {local:%H:%M}" if local else "none is planned"


def _packs(printer: Printer, sites: Sequence[KnownSite], now: datetime) -> list[Reading]:
    return [_pack(printer, Frame(site, sites), now) for site in sites]


def _pack(printer: Printer, frame: Frame, now: datetime) -> Reading:
    """The newest pack of a site in the folder, and whether it is too old."""
    state = folder_state(printer, frame, now)
    what = f"Downtime pack of {frame.site.site.name}"
    if not state.is_set:
        return Reading(what, "no folder is set", more="CHAIRTIME_DOWNTIME_FOLDER")
    if not state.is_readable:
        return Reading(what, "the folder cannot be looked into", is_wrong=True)
    return Reading(what, f"{state.age} old" if state.newest else "never", state.is_stale, state.newest)
