"""Closures of the site: those that stand, the public holidays that somebody may accept, and closing with the visits hit in sight."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from courses import queries
from rooms import queries as rooms_queries
from rooms import rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from rooms.queries import KnownClosure
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.forms import AsTyped, Key, Typed, done_once
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.rendering import counted, day
from scheduler.web.rosters import TIME_FIELDS, hits_shown, in_words, interval_typed, reason_typed

router = APIRouter(prefix="/closures")

Year = Annotated[int | None, Query(ge=2000, le=2100)]
Code = Annotated[str, Query(max_length=5)]

COUNTRY = "US"
SHOWN = ("year", "country", "part")
"""Which closures are looked at: they go with every form, so that one comes back to the same list."""
SAID = {
    "closed": "The clinic is closed then. Visits that were booked there stay booked until somebody moves them.",
    "opened": "The clinic is open then.",
}


@router.get("")
def show_closures(  # each is a part of the address
    request: Request, desk: AtDesk, year: Year = None, country: Code = COUNTRY, part: Code = "", done: str = ""
) -> HTMLResponse:
    """The closures of a year, and its public holidays that nobody has accepted yet."""
    shown = (("year", str(year or "")), ("country", country), ("part", part))
    with desk.reading() as db:
        return _page(db, desk, framed(request, db), Typed("/closures", shown), done=SAID.get(done, ""))


@router.post("")
def close(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Close the site for a time. What is not confirmed is shown first with the visits that it hits, and not done."""
    with desk.reading() as db:
        frame = framed(request, db)
        try:
            closure = Closure(interval_typed(form, frame.time, desk.now), reason_typed(form))
        except DomainError as refused:
            return _page(db, desk, frame, form, refused=refused)
        if "confirmed" not in form and ("holiday" not in form or queries.sessions_hit(db, frame.site.id, closure.interval, now=desk.now)):
            return _page(db, desk, frame, form, wanted=closure)

    def make(db: Db) -> str:
        make_it = rostering.accept_holiday if "holiday" in form else rostering.close_site
        make_it(db, frame.site.id, closure, by=desk.by, new_id=desk.new_id, now=desk.now)
        return _back(form, "closed", frame.time.date_of(closure.interval.starts_at).year)

    return done_once(desk, form, make)


@router.post("/{closure}/remove")
def open_again(request: Request, closure: Key, form: AsTyped, desk: AtDesk) -> RedirectResponse:
    """Open the site after all; sent twice, it is open all the same."""

    def remove(db: Db) -> str:
        rostering.remove_closure(db, framed(request, db).site.id, closure, now=desk.now)
        return _back(form, "opened")

    try:
        return done_once(desk, form, remove)
    except Unknown:
        return RedirectResponse(_back(form, "opened"), 303)


def _back(form: Typed, done: str, year: int | None = None) -> str:
    looked_at = form.values(*SHOWN) | ({"year": str(year)} if year else {})
    return f"/closures?{urlencode({name: value for name, value in looked_at.items() if value} | {'done': done})}"


def _page(  # noqa: PLR0913  # each is a part of the page
    db: Db,
    desk: Desk,
    frame: Frame,
    form: Typed,
    *,
    wanted: Closure | None = None,
    refused: DomainError | None = None,
    done: str = "",
) -> HTMLResponse:
    this_year = frame.time.date_of(desk.now).year
    year = form.whole("year") if "year" in form else this_year
    country, part = (form["country"] or COUNTRY).upper(), form["part"].upper()
    hit = None if wanted is None else queries.sessions_hit(db, frame.site.id, wanted.interval, now=desk.now)
    proposals, strange = _proposals(db, desk, frame, (country, part, year))
    return show(
        "closures.html",
        frame,
        page="closures",
        status=status_of(refused),
        year=year,
        years=[(each, f"/closures?{urlencode({'year': each, 'country': country, 'part': part})}") for each in _years(year, this_year)],
        country=country,
        part=part,
        closures=[
            _shown(known, frame.time, desk.now) for known in rooms_queries.closures(db, frame.site.id) if _is_in(known, year, frame.time)
        ],
        proposals=proposals,
        strange=strange,
        asked=form.values(*TIME_FIELDS) | ({"holiday": "yes"} if "holiday" in form else {}),
        faults=faults_of(refused),
        wanted=wanted and in_words(wanted.interval, frame.time),
        hit=None if hit is None else hits_shown(hit, frame.time),
        sentence="" if wanted is None or hit is None else _sentence(wanted, len(hit), frame.time),
        done=done,
        request_key=desk.new_id("k_"),
    )


def _years(year: int, this_year: int) -> list[int]:
    return sorted({this_year - 1, this_year, this_year + 1, year})


def _sentence(wanted: Closure, n_hit: int, time: SiteTime) -> str:
    return f"Closing on {in_words(wanted.interval, time)} hits {counted(n_hit, 'visit') if n_hit else 'no visit'}"


def _proposals(db: Db, desk: Desk, frame: Frame, where: tuple[str, str, int]) -> tuple[list[dict[str, object]], str]:
    """The holidays to come that nobody accepted, each with the visits that it would hit; and why there are none, if that is so."""
    country, part, year = where
    try:
        found = rostering.proposed_holidays(db, frame.site.id, country, year, subdivision=part or None)
    except Faulty as strange:
        return [], strange.message.removeprefix("country: ")
    ahead = [closure for closure in found if closure.interval.ends_at > desk.now]
    return [
        {
            "on": frame.time.date_of(closure.interval.starts_at),
            "name": closure.reason,
            "n_hit": len(queries.sessions_hit(db, frame.site.id, closure.interval, now=desk.now)),
        }
        for closure in ahead
    ], ""


def _is_in(known: KnownClosure, year: int, time: SiteTime) -> bool:
    return known.closure.interval.overlaps(Interval(time.day(date(year, 1, 1)).midnight, time.day(date(year + 1, 1, 1)).midnight))


def _shown(known: KnownClosure, time: SiteTime, now: datetime) -> dict[str, object]:
    return {
        "id": known.public_id,
        "when": in_words(known.closure.interval, time),
        "reason": known.closure.reason,
        "is_holiday": known.source == "holidays",
        "accepted": f"{known.accepted_by}, {day(time.local(known.accepted_at))}",
        "is_over": known.closure.interval.ends_at <= now,
    }
