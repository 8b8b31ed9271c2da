"""Devices by lot: what is left, what came and went, and the forms for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from courses import stocking
from courses.owed.lots import Lot, ledger
from courses.queries import lots
from courses.stocking import Moving
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError
from scheduler.dependencies import AtDesk, Desk
from scheduler.persons import person_at, second_at
from scheduler.web.forms import AsTyped, Key, Typed
from scheduler.web.pages import framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.trying import maybe_typed, tried

router = APIRouter(prefix="/lots")

Move = Callable[[Db, str, Moving], Lot]
NEW = ("product", "lot", "expires_on")
MOVES: Mapping[str, Move] = {
    "receive": stocking.receive,
    "return": stocking.give_back,
    "count": stocking.count,
    "waste": stocking.waste,
}


@router.get("")
def show_lots(request: Request, desk: AtDesk, done: str = "") -> HTMLResponse:
    """Every lot with what must be left of it."""
    with desk.reading() as db:
        return _list_page(request, db, desk, done=bool(done))


@router.post("")
def add_lot(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Begin to keep a lot."""

    def work(db: Db) -> str:
        expires_on = form.date("expires_on") if "expires_on" in form else None
        site = framed(request, db).site.public_id
        made = stocking.open_lot(db, site, form["product"], form["lot"], expires_on, new_id=desk.new_id)
        return f"/lots/{made.id}"

    return tried(desk, form, work, lambda db, refused: _list_page(request, db, desk, refused=refused, form=form))


@router.get("/{lot}")
def show_lot(request: Request, lot: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """One lot with all its moves."""
    with desk.reading() as db:
        return _page(request, db, desk, lot, done=bool(done))


@router.post("/{lot}/expiry")
def set_expiry(request: Request, lot: Key, form: AsTyped, desk: AtDesk) -> Response:
    """The last day of use."""

    def work(db: Db) -> str:
        stocking.set_expiry(db, lot, form.date("expires_on"))
        return f"/lots/{lot}?done=yes"

    return tried(desk, form, work, lambda db, refused: _page(request, db, desk, lot, refused=refused, form=form))


@router.post("/{lot}/receive")
def receive(request: Request, lot: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Units came in."""
    return _moved(request, lot, form, desk, "receive")


@router.post("/{lot}/return")
def give_back(request: Request, lot: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Units that were taken out went back on the shelf."""
    return _moved(request, lot, form, desk, "return")


@router.post("/{lot}/count")
def count(request: Request, lot: Key, form: AsTyped, desk: AtDesk) -> Response:
    """So many lie on the shelf."""
    return _moved(request, lot, form, desk, "count")


@router.post("/{lot}/waste")
def waste(request: Request, lot: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Units were made unusable, before a second person who proves that they are there."""
    return _moved(request, lot, form, desk, "waste")


def _moved(request: Request, lot: str, form: Typed, desk: Desk, verb: str) -> Response:
    def work(db: Db) -> str:
        time = SiteTime(rooms_queries.site(db, lots.lot(db, lot).site_id).site.timezone)
        at, witness = maybe_typed(form, "at", time) or desk.now, second_at(db, desk)
        MOVES[verb](db, lot, Moving(form.whole("units"), at, person_at(desk), desk.now, form["reason"], witness))
        return f"/lots/{lot}?done=yes"

    return tried(desk, form, work, lambda db, refused: _page(request, db, desk, lot, refused=refused, form=form, verb=verb))


def _list_page(
    request: Request, db: Db, desk: Desk, *, refused: DomainError | None = None, form: Typed | None = None, done: bool = False
) -> HTMLResponse:
    frame = framed(request, db)
    return show(
        "lots.html",
        frame,
        page="forms",
        status=status_of(refused),
        lots=lots.lots(db, frame.site.id),
        today=frame.time.date_of(desk.now),
        asked=form.values(*NEW) if form else dict.fromkeys(NEW, ""),
        faults=faults_of(refused),
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )


def _page(  # noqa: PLR0913  # each is a part of the page
    request: Request,
    db: Db,
    desk: Desk,
    lot: str,
    *,
    refused: DomainError | None = None,
    form: Typed | None = None,
    verb: str = "",
    done: bool = False,
) -> HTMLResponse:
    known = lots.lot(db, lot)
    frame = framed(request, db, known.site_id)
    return show(
        "lot.html",
        frame,
        page="forms",
        status=status_of(refused),
        lot=known.lot,
        moves=list(ledger(known.lot.moves))[::-1],
        today=frame.time.date_of(desk.now),
        local=frame.time.local,
        asked=form.values("units", "reason", "at_on", "at_time") if form else dict.fromkeys(("units", "reason", "at_on", "at_time"), ""),
        verb=verb,
        faults=faults_of(refused),
        refused=refused,
        done=done,
        request_key=desk.new_id("k_"),
    )
