"""The downtime pack: printed now, and whether the one in the folder is young enough."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from scheduler.dependencies import AtDesk
from scheduler.downtime import Printer, newest_in, pack_of
from scheduler.web.forms import Key
from scheduler.web.pages import Frame, framed, show
from scheduler.web.rendering import lasting

router = APIRouter(prefix="/sites/{site}/downtime")

STALE = timedelta(minutes=30)
"""Twice as long as the worker waits before it writes the next one."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """The folder as the page tells of it: whether one is set, whether it could be looked into, and the newest pack's name and age."""

    is_set: bool
    is_readable: bool = True
    newest: str = ""
    age: str = ""
    is_stale: bool = False


@router.get("")
def show_downtime(request: Request, site: Key, desk: AtDesk) -> HTMLResponse:
    """What is in the pack, how old the newest one in the folder is, and the button to print it now."""
    with desk.reading() as db:
        frame = framed(request, db, site)
    printer: Printer = request.app.state.printer
    return show("downtime.html", frame, page="downtime", site={"id": frame.site.public_id}, state=folder_state(printer, frame, desk.now))


@router.get("/pack")
def print_now(request: Request, site: Key, desk: AtDesk, initials: bool = False) -> Response:
    """The pack as things stand now."""
    printer: Printer = request.app.state.printer
    with desk.reading() as db:
        pack = pack_of(db, site, now=desk.now)
    headers = {"Content-Disposition": f'inline; filename="{pack.file_name}"', "Cache-Control": "no-store"}
    return Response(replace(printer, initials=initials).print(pack), headers=headers, media_type="application/pdf")


def folder_state(printer: Printer, frame: Frame, now: datetime) -> FolderState:
    """What is in the folder for a site."""
    if printer.folder is None:
        return FolderState(is_set=False)
    try:
        newest = newest_in(printer.folder, frame.site.site.id, frame.site.public_id)
    except OSError:
        return FolderState(is_set=True, is_readable=False)
    if newest is None:
        return FolderState(is_set=True, is_stale=True)
    age = max(timedelta(), frame.time.local(now).replace(tzinfo=None) - newest.made_at)
    return FolderState(True, newest=newest.path.name, age=lasting(int(age.total_seconds() // 60)), is_stale=age > STALE)
