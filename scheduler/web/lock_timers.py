"""Who is watched, for a locked screen: places and minutes, and nobody's name."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from scheduler.dependencies import AtDesk
from scheduler.printing.watch import minutes_left
from scheduler.watches import Watch, open_watches
from scheduler.web.pages import framed

router = APIRouter()


@router.get("/lock/timers")
def tell_timers(request: Request, desk: AtDesk) -> JSONResponse:
    """The visits under way at the site that the browser works at, whoever may leave first at the top."""
    with desk.reading() as db:
        watches = open_watches(db, framed(request, db).site.id, now=desk.now)
        return JSONResponse({"timers": [_timer(each, desk.now) for each in sorted(watches, key=_release)]})


def _release(watch: Watch) -> tuple[bool, str, str]:
    at = watch.release_at
    return at is None, at.isoformat() if at else "", watch.place


def _timer(watch: Watch, now: datetime) -> dict[str, object]:
    """`minutes` are those before the patient may leave, null where nothing was given yet; `alarm` is what presses most, or empty."""
    at = watch.release_at
    return {"place": watch.place, "minutes": None if at is None else minutes_left(at, now), "alarm": watch.alarm(now)}
