"""The day board: who is where on a date, and which sessions wait for a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from courses import queries
from courses.days.case_list import ANESTHESIA
from courses.queries import SessionLine
from courses.queries.owed import n_forms_called_for
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.resources.resource import Kind
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.day_sheet import LABELS, DaySheet, Visit, is_open
from scheduler.web.forms import AsTyped, Key, date_of
from scheduler.web.pages import SITE, TEMPLATES, Frame, framed, show
from scheduler.web.visitor import present_visitor

router = APIRouter()

LOOK_AHEAD = 60
"""How many days the next open day is looked for."""
VIEWS = ("auto", "board", "list")
Word = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the board is wanted: a date, a kind of resource or all, board or list, and in the list one resource (by code)."""

    site: str
    day: date
    kind: str
    view: str
    resource: str

    def href(self, **changed: str) -> str:
        """The address of the same board with something else chosen."""
        usual = {"kind": "all", "view": "auto", "resource": ""}
        chosen = {"day": str(self.day), "kind": self.kind, "view": self.view, "resource": self.resource} | changed
        return f"/sites/{self.site}/board?{urlencode({name: value for name, value in chosen.items() if value != usual.get(name)})}"


@router.get("/")
def go_home(request: Request, desk: AtDesk) -> RedirectResponse:
    """The board of today; on a day on which nothing happens, that of the next open day. Who sees no board: what they do see."""
    elsewhere = _home_without_board()
    if elsewhere:
        return RedirectResponse(elsewhere, 303)
    with desk.reading() as db:
        frame = framed(request, db)
        today = frame.time.day(frame.time.date_of(desk.now))
        quiet = not is_open(frame.site.site, today) and not queries.sessions_on(db, frame.site.id, today.whole, now=desk.now)
        ahead = _next_open(frame, today.date) if quiet else None
        return RedirectResponse(f"/sites/{frame.site.public_id}/board" + (f"?day={ahead}" if ahead else ""), 303)


def _home_without_board() -> str:
    visitor = present_visitor()
    if visitor is None or visitor.may("GET /sites/{site}/board"):
        return ""
    return next((address for address in ("/audit", "/people") if visitor.may(f"GET {address}")), "/account")


@router.post("/site")
def choose_site(request: Request, form: AsTyped, desk: AtDesk) -> RedirectResponse:
    """Work at another site from now on, in this browser."""
    with desk.reading() as db:
        site = framed(request, db, form[SITE]).site.public_id
    answer = RedirectResponse(f"/sites/{site}/board", 303)
    answer.set_cookie(SITE, site, httponly=True, samesite="lax")
    return answer


@router.get("/sites/{site}/board")
def show_board(  # noqa: PLR0913, PLR0917  # each is a part of the address
    request: Request,
    site: Key,
    desk: AtDesk,
    day: Word = "",
    kind: Word = "all",
    view: Word = "auto",
    resource: Word = "",
    fragment: Word = "",
) -> HTMLResponse:
    """The board of a date; today where none is given. `fragment` asks for the part that changes, alone."""
    with desk.reading() as db:
        frame = framed(request, db, site)
        on = date_of("day", day) if day else frame.time.date_of(desk.now)
        asked = Asked(frame.site.public_id, on, kind if kind in set(Kind) else "all", view if view in VIEWS else "auto", resource)
        context = _context(db, desk, frame, asked)
    if fragment:
        return HTMLResponse(TEMPLATES.get_template("board_day.html").render(**context), headers={"Cache-Control": "no-store"})
    return show("board.html", frame, context, page="board")


def _context(db: Db, desk: Desk, frame: Frame, asked: Asked) -> Mapping[str, object]:
    time, now, known = frame.time, desk.now, frame.site
    local_day = time.day(asked.day)
    lines = queries.sessions_on(db, known.id, local_day.whole, now=now)
    ours = {line.id for line in lines}
    others = [each for each in rooms_queries.bookings_on(db, known.id, local_day.whole, now=now) if each.claim.purpose not in ours]
    resources = rooms_queries.resources(db, known.id, since=local_day.whole.starts_at)
    sheet = DaySheet(known, local_day, time, now, lines, resources, others, asked.kind)
    columns = sheet.columns()
    groups = sheet.groups(columns)
    return {
        "site": {"id": known.public_id, "name": known.site.name},
        "asked": asked,
        "day": asked.day,
        "today": time.date_of(now),
        "now": time.local(now),
        "view": asked.view,
        "kinds": _kinds(asked),
        "groups": groups,
        "rows": sheet.rows(groups) if groups else [],
        "absent": sheet.absent(columns),
        "n_visits": len(sheet.visits),
        "visits": _listed(sheet, lines, asked),
        "listed": next((known.resource.title for known in resources if known.resource.id == asked.resource), ""),
        "shown_modalities": sorted({visit.modality for visit in sheet.visits.values()}),
        "shown_states": list(dict.fromkeys(visit.state for visit in sorted(sheet.visits.values(), key=lambda visit: visit.starts_at))),
        "closures": [each.reason or "Closed" for each in known.site.closures if each.interval.overlaps(local_day.whole)],
        "is_open": is_open(known.site, local_day),
        "next_open": _next_open(frame, asked.day),
        "lists_href": f"/sites/{known.public_id}/lists/{asked.day}"
        if any(ANESTHESIA in each.resource.capabilities for each in resources)
        else "",
        "n_forms": n_forms_called_for(db, known.id, time.date_of(now)),
        "waiting": _waiting(queries.owed_sessions(db, known.id, now=now)),
    }


def _kinds(asked: Asked) -> list[dict[str, object]]:
    return [
        {"label": label, "href": asked.href(kind=kind), "on": asked.kind == kind}
        for kind, label in {"all": "All", **{str(kind): label for kind, label in LABELS.items()}}.items()
    ]


def _listed(sheet: DaySheet, lines: tuple[SessionLine, ...], asked: Asked) -> list[Visit]:
    """The list holds the same visits as the columns of the board."""
    codes = {known.resource.id for known in sheet.resources if asked.kind in {"all", known.resource.kind}}
    codes &= {asked.resource} if asked.resource else codes
    everything = asked.kind == "all" and not asked.resource
    return [sheet.visits[line.id] for line in lines if everything or any(booked[0] in codes for booked in line.bookings)]


def _waiting(lines: tuple[SessionLine, ...]) -> list[dict[str, str]]:
    return [
        {"href": f"/sessions/{line.id}", "patient": line.patient, "what": f"{line.protocol}, {line.number} of {line.of}"} for line in lines
    ]


def _next_open(frame: Frame, after: date) -> date | None:
    days = (after + timedelta(days=n) for n in range(1, LOOK_AHEAD))
    return next((on for on in days if is_open(frame.site.site, frame.time.day(on))), None)
