"""The wallboard on a screen with nobody signed in, and the page on which an administrator gives such a screen its address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from rooms.base import Db
from rooms.errors import Faulty, Unknown
from scheduler import guarding, queries, wall_screens
from scheduler.dependencies import AtDesk, Desk, Office, office_of
from scheduler.queries import KnownScreen
from scheduler.wall_screens import NewScreen
from scheduler.web.doors import means_of
from scheduler.web.forms import AsTyped, Key, Typed, done_once, once
from scheduler.web.observation_board import around, part, watch_of
from scheduler.web.pages import framed, show
from scheduler.web.refusals import faults_of, status_of

router = APIRouter()


@router.get("/sites/{site}/screens")
def show_screens(request: Request, site: Key, desk: AtDesk) -> HTMLResponse:
    """The screens of a site that have an address."""
    return _page(request, desk, site)


@router.post("/sites/{site}/screens")
def make_screen(request: Request, site: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Give a screen an address, which is shown this once: sent again, it is still one screen, and the address that is shown then counts."""
    token = desk.clock.new_secret()
    new = NewScreen(form["name"], desk.by, token)

    def make(db: Db) -> None:
        made = once(db, desk, form, lambda db: wall_screens.make_screen(db, site, new, now=desk.now, new_id=desk.new_id))
        wall_screens.readdress_screen(db, made, token)

    try:
        desk.database.run(make)
    except Faulty as refused:
        return _page(request, desk, site, form=form, refused=refused)
    return _page(request, desk, site, address=f"{means_of(request).address}/screens/{token}", named=form["name"])


@router.post("/screens/{screen}/revoke")
def revoke_screen(request: Request, screen: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Take the address away: the screen goes dark."""

    def work(db: Db) -> str:
        site_id = wall_screens.revoke_screen(db, screen, now=desk.now)
        return f"/sites/{framed(request, db, site_id).site.public_id}/screens"

    return done_once(desk, form, work)


def known_screen(request: Request, token: Key) -> KnownScreen:
    """The screen with this address. Raises `Unknown`."""
    with office_of(request).database.reading() as db:
        return queries.wall_screen(db, token)


AtWall = Annotated[KnownScreen, Depends(known_screen)]


@router.get("/screens/{token}")
def show_wall(request: Request, token: Key, screen: AtWall, fragment: str = "") -> HTMLResponse:
    """Who is where, by initials and minutes alone. `fragment` asks for the part that changes."""
    office = office_of(request)
    desk = Desk(office.database.seen_through(guarding.view_of_sites(frozenset({screen.site_id}))), office.clock)
    with desk.reading() as db:
        frame = framed(request, db, screen.site_id)
        watch = watch_of(db, desk, frame)
    context = around(watch, frame) | {"places": watch.tiles()}
    if fragment:
        return part("wallboard_now.html", context)
    return show("wallboard.html", frame, context, changes=f"/screens/{token}/changes")


@router.get("/screens/{token}/changes", response_class=EventSourceResponse)
async def watch_changes(request: Request, token: Key, screen: AtWall) -> AsyncIterator[ServerSentEvent]:
    """An event `changed` at once, and then whenever something was committed, until the address is revoked."""
    office = office_of(request)
    async for _ in office.database.changes():
        yield ServerSentEvent(event="changed", data={"screen": screen.public_id})
        if not await run_in_threadpool(_serves, office, token):
            return


def _serves(office: Office, token: str) -> bool:
    with office.database.reading() as db:
        try:
            queries.wall_screen(db, token)
        except Unknown:
            return False
    return True


def _page(  # noqa: PLR0913  # what the page says
    request: Request, desk: Desk, site: str, *, form: Typed | None = None, refused: Faulty | None = None, address: str = "", named: str = ""
) -> HTMLResponse:
    with desk.reading() as db:
        frame = framed(request, db, site)
        screens = queries.wall_screens(db, frame.site.id)
    return show(
        "wall_screens.html",
        frame,
        page="resources",
        status=status_of(refused),
        screens=screens,
        local=frame.time.local,
        address=address,
        named=named,
        typed=form["name"] if form else "",
        faults=faults_of(refused),
        request_key=desk.new_id("f_"),
    )
