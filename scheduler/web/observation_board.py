"""The observation board of a site, the wallboard without names, and the silencing of an alert on somebody's own device."""

from __future__ import annotations

from datetime import UTC

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from courses import queries, signing
from courses.checklists.writing import Press
from courses.queries import charts
from rooms import queries as rooms_queries
from rooms.base import Db
from scheduler.access.clinical import sees_values
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.forms import AsTyped, Key
from scheduler.web.observation_views import OPEN, Watch
from scheduler.web.pages import TEMPLATES, Frame, framed, show
from scheduler.web.visitor import present_visitor
from scheduler.web.writers import writer_of

router = APIRouter()


@router.get("/observations")
def go_to_observations(request: Request, desk: AtDesk) -> RedirectResponse:
    """The observation board of the site that one works at."""
    with desk.reading() as db:
        return RedirectResponse(f"/sites/{framed(request, db).site.public_id}/observations", 303)


@router.get("/sites/{site}/observations")
def show_observations(request: Request, site: Key, desk: AtDesk, fragment: str = "") -> HTMLResponse:
    """Everybody who is here, and what is due next. `fragment` asks for the part that changes, or for the `alarms` that nobody heeds."""
    with desk.reading() as db:
        frame = framed(request, db, site)
        watch = watch_of(db, desk, frame)
    tiles = watch.tiles()
    context = around(watch, frame) | {"tiles": tiles, "due": watch.due(tiles), "staffing": watch.staffing()}
    if fragment == "alarms":
        unheeded = [(tile, alert) for tile in tiles for alert in tile.alerts if alert.is_unheeded]
        return part("alarms_now.html", context | {"unheeded": unheeded})
    return part("observations_now.html", context) if fragment else show("observations.html", frame, context, page="observations")


@router.get("/sites/{site}/wallboard")
def show_wallboard(request: Request, site: Key, desk: AtDesk, fragment: str = "") -> HTMLResponse:
    """Who is where, by initials and minutes alone."""
    with desk.reading() as db:
        frame = framed(request, db, site)
        watch = watch_of(db, desk, frame)
    context = around(watch, frame) | {"places": watch.tiles()}
    return (
        part("wallboard_now.html", context)
        if fragment
        else show("wallboard.html", frame, context, page="observations", changes=f"/api/v1/sites/{frame.site.public_id}/changes")
    )


@router.post("/sessions/{session}/alerts/seen")
def see_alert(session: Key, form: AsTyped, desk: AtDesk) -> RedirectResponse:
    """Somebody has seen an alert: it is silent on their device for two minutes, and recorded."""

    def work(db: Db) -> str:
        signing.see_alert(db, session, form["alert"][:150], Press(writer_of(desk), desk.now, desk.new_id, desk.new_id("f_")))
        return charts.chart_of(db, session).site.public_id

    return RedirectResponse(f"/sites/{desk.database.run(work)}/observations", 303)


def watch_of(db: Db, desk: Desk, frame: Frame) -> Watch:
    """Everybody who is at a site now."""
    now, today = desk.now, frame.time.date_of(desk.now)
    lines = {line.id: line for line in queries.sessions_on(db, frame.site.id, frame.time.day(today).whole, now=now) if line.status in OPEN}
    there = [chart for chart in charts.charts_of_site(db, frame.site.id, on=today) if chart.session in lines]
    return Watch(there, lines, rooms_queries.resources(db, frame.site.id), frame.time, now, sees_values())


def around(watch: Watch, frame: Frame) -> dict[str, object]:
    """What the boards' templates need of their site and the time."""
    return {
        "site": {"id": frame.site.public_id, "name": frame.site.site.name},
        "now": frame.time.local(watch.now),
        "server_now": watch.now.astimezone(UTC).isoformat(),
        "turns_at": watch.turns_at().astimezone(UTC).isoformat(),
    }


def part(template: str, context: dict[str, object]) -> HTMLResponse:
    """The part of a page that changes."""
    text = TEMPLATES.get_template(template).render(visitor=present_visitor(), sees_values=sees_values, **context)
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})
