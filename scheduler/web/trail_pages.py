"""The audit trail as pages: looking through it, taking it along as a table, and what its last check found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Faulty
from scheduler import auditing
from scheduler import queries as access_queries
from scheduler.access.audit_event import Outcome
from scheduler.access.author import Author
from scheduler.access.refusals import SignInNeeded
from scheduler.auditing.queries import head
from scheduler.auditing.showing import ORDERS, Known, Wanted, found_events
from scheduler.dependencies import AtDesk, Desk
from scheduler.reviewing.queries import numbers_of_patients
from scheduler.web.forms import AsTyped, date_of
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.spreadsheet import csv_text
from scheduler.web.trail_views import HEAD, event_view, exported

router = APIRouter(prefix="/audit")

ON_A_PAGE = 50
MOST_EXPORTED = 50_000
FILTERS = ("person", "patient", "action", "outcome", "since", "until")
COLUMNS = {
    "seq": "Number",
    "at": "Time",
    "actor_id": "Person",
    "action": "Action",
    "category": "Kind",
    "outcome": "Outcome",
    "source": "Address",
}
"""The columns that the events may be ordered by."""
SAID = {"checked": "The trail was checked just now."}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: filters as they were typed, the order, and the page."""

    filters: dict[str, str]
    order: str
    descending: bool
    page: int
    up_to: int | None

    @classmethod
    def by(cls, request: Request) -> Asked:
        """What stands in an address; nonsense counts as nothing asked."""
        given = request.query_params
        filters = {name: given.get(name, "").replace("\0", "").strip()[:200] for name in FILTERS}
        order = given.get("order", "seq")
        return cls(
            filters,
            order if order in ORDERS else "seq",
            given.get("up") != "yes",
            _whole(given.get("page")) or 1,
            _whole(given.get("up_to")),
        )

    def wanted(self, time: SiteTime, sites: frozenset[int], up_to: int) -> Wanted:
        """The events that are asked for. Raises `Faulty` for a day that is none."""
        return Wanted(
            actor=self.filters["person"],
            patient=self.filters["patient"],
            action=self.filters["action"],
            outcome=self.filters["outcome"] if self.filters["outcome"] in set(Outcome) else "",
            since=self._day(time, "since", 0),
            until=self._day(time, "until", 1),
            sites=sites,
            up_to=up_to,
        )

    def fields(self, **other: object) -> list[tuple[str, str]]:
        """The parts of an address that asks for the same but for some of it."""
        now: dict[str, object] = {**self.filters, "order": self.order, "up": "" if self.descending else "yes", "up_to": self.up_to}
        return [(name, str(value)) for name, value in (now | other).items() if value not in {"", None}]

    def address(self, **other: object) -> str:
        """The address that asks for the same but for some of it."""
        return f"/audit?{urlencode(self.fields(**other))}"

    def _day(self, time: SiteTime, name: str, later: int) -> datetime | None:
        if not self.filters[name]:
            return None
        return time.day(date_of(name, self.filters[name]) + timedelta(days=later)).midnight


@router.get("")
def look_through(request: Request, desk: AtDesk, done: str = "") -> HTMLResponse:
    """The events that are asked for, fifty at a time, in the clock of the site."""
    asked = Asked.by(request)
    with desk.reading() as db:
        frame = framed(request, db)
        up_to = asked.up_to or head(db).seq
        asked = replace(asked, up_to=up_to)
        found, refused = _found(db, desk, frame, asked, up_to)
        last = auditing.last_check(db)
        return show(
            "trail.html",
            frame,
            page="audit",
            status=status_of(refused),
            asked=asked,
            faults=faults_of(refused),
            people=access_queries.accounts(db, _sites(desk)),
            outcomes=list(Outcome),
            columns=[_column(asked, name, label) for name, label in COLUMNS.items()],
            events=[event_view(each, frame.time, _names(db, desk), numbers_of_patients(db, frame.site.id)) for each in found[:ON_A_PAGE]],
            younger=asked.address(page=asked.page - 1) if asked.page > 1 else "",
            older=asked.address(page=asked.page + 1) if len(found) > ON_A_PAGE else "",
            checked_at=frame.time.local(last[0]) if last else None,
            check=last[1] if last else None,
            anchor=auditing.anchor(db),
            done=SAID.get(done, ""),
        )


@router.get("/export")
def take_along(request: Request, desk: AtDesk) -> Response:
    """The events that are asked for as a table for a spreadsheet; that it was taken along is told in the trail."""
    asked, author = Asked.by(request), author_at(desk)
    with desk.reading() as db:
        frame = framed(request, db)
        wanted = asked.wanted(frame.time, _sites(desk), asked.up_to or head(db).seq)
        found = found_events(db, wanted, order=asked.order, descending=asked.descending, at_most=MOST_EXPORTED)
        names = _names(db, desk)
        text = csv_text(HEAD, (exported(each, names) for each in found))
    told: dict[str, str | int] = {"rows": len(found), **{name: value for name, value in asked.filters.items() if value}}
    desk.database.run(lambda db: auditing.append(db, author, action="audit.export", now=desk.now, category="trail", diff=told))
    name = f'attachment; filename="audit-{desk.now:%Y%m%dT%H%M%SZ}.csv"'
    return Response(text, headers={"Content-Disposition": name, "Cache-Control": "no-store"}, media_type="text/csv; charset=utf-8")


@router.post("/verify")
def check_now(request: Request, desk: AtDesk, _: AsTyped) -> RedirectResponse:
    """Check the whole trail now; what is found is kept in it."""
    found, author = auditing.check(desk.database, request.app.state.notary, now=desk.now), author_at(desk)
    desk.database.run(lambda db: auditing.record_check(db, author, found, now=desk.now))
    return RedirectResponse("/audit?done=checked", 303)


def author_at(desk: Desk) -> Author:
    """Whoever is at the desk, for the trail. Raises `SignInNeeded`."""
    if desk.visit is None:
        raise SignInNeeded
    return desk.visit.author


def _found(db: Db, desk: Desk, frame: Frame, asked: Asked, up_to: int) -> tuple[list[Known], DomainError | None]:
    try:
        wanted = asked.wanted(frame.time, _sites(desk), up_to)
    except Faulty as refused:
        return [], refused
    skip = (asked.page - 1) * ON_A_PAGE
    return found_events(db, wanted, order=asked.order, descending=asked.descending, skip=skip, at_most=ON_A_PAGE + 1), None


def _sites(desk: Desk) -> frozenset[int]:
    return desk.grant.sites if desk.grant else frozenset()


def _names(db: Db, desk: Desk) -> dict[str, str]:
    return {known.public_id: known.name for known in access_queries.accounts(db, _sites(desk))}


def _column(asked: Asked, name: str, label: str) -> dict[str, object]:
    is_chosen = asked.order == name
    up = "" if is_chosen and not asked.descending else "yes" if is_chosen else ""
    order = "ascending" if not asked.descending else "descending"
    return {"label": label, "href": asked.address(order=name, up=up), "sorted": order if is_chosen else ""}


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else None
