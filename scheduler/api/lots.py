"""Devices by lot: what came, what went, and how many are left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from courses import stocking
from courses.owed.lots import Lot
from courses.queries import lots
from courses.stocking import Moving
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.api.fields import Date, Key, Line, Moment, Reason, Shape, instant_of
from scheduler.api.owed_shapes import Lots, LotShown
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Change, Creating, shown
from scheduler.persons import person_at, second_at

router = APIRouter(tags=["lots"])


class NewLot(Shape):
    """A lot as it is printed on the box."""

    product: Line = Field(max_length=100)
    lot: Line = Field(max_length=100)
    expires_on: Date | None = None


class Units(Shape):
    """How many, when (now, where it is left out) and why."""

    units: Annotated[int, Field(strict=True, ge=0, le=10_000)]
    at: Moment | None = None
    reason: Reason = ""
    session: Key | None = Field(None, description="The session that they were meant for.")


class Expiry(Shape):
    """The last day of use."""

    expires_on: Date


@router.get("/sites/{site}/lots", response_model=Lots, responses=problems(404), summary="A site's lots")
def list_lots(site: Key, desk: AtDesk) -> Response:
    """Every lot with its moves and what must be left of it."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        return shown(Lots(lots=[LotShown.of(each, SiteTime(at.site.timezone)) for each in lots.lots(db, at.id)]))


@router.post("/sites/{site}/lots", status_code=201, response_model=LotShown, responses=changes(404), summary="Begin a lot")
def add_lot(site: Key, new: NewLot, change: Creating) -> Response:
    """Begin to keep a lot. Nothing is in it before it is received."""

    def work(db: Db) -> LotShown:
        made = stocking.open_lot(db, site, new.product, new.lot, new.expires_on, new_id=change.new_id)
        return LotShown.of(made, SiteTime(rooms_queries.site(db, site).site.timezone))

    return change.answer(new, work, status=201)


@router.get("/lots/{lot}", response_model=LotShown, responses=problems(404), summary="One lot")
def get_lot(lot: Key, desk: AtDesk) -> Response:
    """A lot with all its moves."""
    with desk.reading() as db:
        known = lots.lot(db, lot)
        return shown(LotShown.of(known.lot, _time(db, known.site_id)))


@router.post("/lots/{lot}/expiry", response_model=LotShown, responses=changes(404), summary="When it expires")
def set_expiry(lot: Key, to: Expiry, change: Creating) -> Response:
    """The last day of use, as it is printed on the box."""

    def work(db: Db) -> LotShown:
        return LotShown.of(stocking.set_expiry(db, lot, to.expires_on), _time(db, lots.lot(db, lot).site_id))

    return change.answer(to, work)


@router.post("/lots/{lot}/receive", response_model=LotShown, responses=changes(404), summary="Units came")
def receive(lot: Key, units: Units, change: Creating) -> Response:
    """Units came in."""
    return _moved(change, lot, units, stocking.receive)


@router.post("/lots/{lot}/return", response_model=LotShown, responses=changes(404), summary="Units came back unused")
def give_back(lot: Key, units: Units, change: Creating) -> Response:
    """Units that were taken out went back on the shelf."""
    return _moved(change, lot, units, stocking.give_back)


@router.post("/lots/{lot}/count", response_model=LotShown, responses=changes(404), summary="Units were counted")
def count(lot: Key, units: Units, change: Creating) -> Response:
    """So many lie on the shelf, whatever was written down before."""
    return _moved(change, lot, units, stocking.count)


@router.post("/lots/{lot}/waste", response_model=LotShown, responses=changes(404), summary="Units were wasted")
def waste(lot: Key, units: Units, change: Creating) -> Response:
    """Units were made unusable, before a second person and for a reason."""
    return _moved(change, lot, units, stocking.waste)


def _moved(change: Change, lot: str, units: Units, move: Callable[[Db, str, Moving], Lot]) -> Response:
    def work(db: Db) -> LotShown:
        time = _time(db, lots.lot(db, lot).site_id)
        at = change.now if units.at is None else instant_of(units.at, time).replace(microsecond=0)
        witness = second_at(db, change.desk)
        moving = Moving(units.units, at, person_at(change.desk), change.now, units.reason, witness, units.session)
        return LotShown.of(move(db, lot, moving), time)

    return change.answer(units, work)


def _time(db: Db, site_id: int) -> SiteTime:
    return SiteTime(rooms_queries.site(db, site_id).site.timezone)
