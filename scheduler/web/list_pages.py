"""The ordered lists of a day: one for each anesthesia block, put in order, with somebody taken off and others moved up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from courses import listing, queries
from courses.days.case_list import Places, Ready, moved_up
from courses.listing import Seen
from courses.queries import lists
from courses.queries.lists import Block, Listed
from courses.rescheduling import Doing
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.forms import AsTyped, Key, Typed, date_of, done_once
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import status_of

router = APIRouter()
LISTS = "/sites/{site}/lists/{day}"

WORDS = {
    Ready.NOT_ARRIVED: "Not arrived",
    Ready.HOLDING: "In holding",
    Ready.READY: "Ready",
    Ready.IN_ROOM: "In the room",
    Ready.RECOVERY: "Recovery",
    Ready.GONE: "Gone",
}
Word = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class CaseView:
    """Somebody on a list; `starts_at` is when they are to be in the room, on the site's clock. `up`, `down` are orders by one place."""

    session: str
    patient: str
    starts_at: datetime
    status: str
    word: str
    lacking: tuple[str, ...]
    where: str
    may_go: bool
    up: tuple[str, ...] | None
    down: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class FreeView:
    """A place that became free: who could move up to when, and when the block would stand still even then."""

    at: datetime
    moves: tuple[tuple[str, datetime], ...]
    gaps: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block with its list."""

    resource: str
    title: str
    order: tuple[str, ...]
    cases: tuple[CaseView, ...]
    free: FreeView | None


@router.get(LISTS)
def show_lists(request: Request, site: Key, day: str, desk: AtDesk, free: Word = "", of: Word = "") -> HTMLResponse:
    """The lists of a date. `free` is a place that became free on the list of the block `of`."""
    return _page(request, site, day, desk, free=free, of=of)


@router.post(f"{LISTS}/order")
def reorder(request: Request, site: Key, day: str, form: AsTyped, desk: AtDesk) -> Response:
    """Put those who are not in the room yet in another order."""
    return _act(request, site, day, form, desk, lambda db, seen, doing: listing.reorder(db, seen, form.all("order"), doing))


@router.post(f"{LISTS}/move-up")
def move_up(request: Request, site: Key, day: str, form: AsTyped, desk: AtDesk) -> Response:
    """Let those who have fasted and consented move up to a place that became free."""
    return _act(request, site, day, form, desk, lambda db, seen, doing: listing.move_up(db, seen, _instant(form["free"]), doing))


@router.post(f"{LISTS}/move-up-with-gaps")
def move_up_with_gaps(request: Request, site: Key, day: str, form: AsTyped, desk: AtDesk) -> Response:
    """The same although the block stands still before somebody's turn."""

    def work(db: Db, seen: Seen, doing: Doing) -> Block:
        return listing.move_up(db, seen, _instant(form["free"]), doing, leave_gaps=True)

    return _act(request, site, day, form, desk, work)


@router.post("/sessions/{session}/take-off")
def take_off(request: Request, session: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Somebody cannot be treated today; the page then shows who could move up."""
    with desk.reading() as db:
        known = queries.course_of_session(db, session)
    site, interval = known.site.public_id, known.course.session(session).interval
    day = str(SiteTime(known.site.site.timezone).date_of(interval.starts_at if interval else desk.now))

    def work(db: Db) -> str:
        done = listing.take_off(db, session, _doing(desk, form))
        return f"{_href(site, day)}?{urlencode({'free': done.free.isoformat(), 'of': done.resource})}"

    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        return _page(request, site, day, desk, refused=refused)


def _act(request: Request, site: str, day: str, form: Typed, desk: Desk, change: Callable[[Db, Seen, Doing], Block]) -> Response:
    def work(db: Db) -> str:
        on = date_of("day", day)
        change(db, Seen(site, on, form["resource"], tuple(form.all("seen"))), _doing(desk, form))
        return _href(site, day)

    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        return _page(request, site, day, desk, free=form["free"], of=form["resource"], refused=refused)


def _doing(desk: Desk, form: Typed) -> Doing:
    return Doing(desk.by, desk.now, desk.new_id, form["reason"] or None)


def _href(site: str, day: str) -> str:
    return f"/sites/{site}/lists/{day}"


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Faulty("free", f"{text!r} is no time; choose one of those shown") from fault
    if found.tzinfo is None:
        raise Faulty("free", f"{text} has no time zone; choose one of those shown")
    return found


def _page(  # noqa: PLR0913  # what the page says
    request: Request,
    site: str,
    day: str,
    desk: Desk,
    *,
    free: str = "",
    of: str = "",
    refused: DomainError | None = None,
) -> HTMLResponse:
    on = date_of("day", day)
    place = _instant(free) if free else None
    with desk.reading() as db:
        frame = framed(request, db, site)
        blocks = lists.blocks(db, frame.site.id, on, now=desk.now)
    return show(
        "lists.html",
        frame,
        page="lists",
        status=status_of(refused),
        day=on,
        before=_href(site, str(on - timedelta(days=1))),
        after=_href(site, str(on + timedelta(days=1))),
        href=_href(site, str(on)),
        board_href=f"/sites/{site}/board?day={on}",
        blocks=[_block(frame, each, place if each.resource == of else None) for each in blocks],
        refused=refused,
        request_key=desk.new_id("f_"),
    )


def _block(frame: Frame, block: Block, free: datetime | None) -> BlockView:
    waiting = [case.session for case in block.cases if case.may_change_place]
    cases = tuple(_case(frame, each, waiting) for each in block.listed)
    names = {each.case.session: each.line.patient for each in block.listed}
    return BlockView(
        block.resource, block.title, block.order, cases, None if free is None else _free(frame, moved_up(block.cases, free), names, free)
    )


def _free(frame: Frame, places: Places, names: dict[str, str], free: datetime) -> FreeView:
    moves = sorted(places.of_session.items(), key=lambda each: each[1])
    local = frame.time.local
    return FreeView(local(free), tuple((names[key], local(at)) for key, at in moves), tuple(local(gap) for gap in places.gaps))


def _case(frame: Frame, listed: Listed, waiting: list[str]) -> CaseView:
    case = listed.case
    place = waiting.index(case.session) if case.session in waiting else None
    return CaseView(
        case.session,
        listed.line.patient,
        frame.time.local(case.starts_at),
        case.status,
        WORDS[case.ready],
        case.lacking,
        ", ".join((*listed.rooms, *listed.bays)),
        case.may_change_place,
        None if not place else _swapped(waiting, place - 1),
        None if place is None or place + 1 == len(waiting) else _swapped(waiting, place),
    )


def _swapped(order: list[str], place: int) -> tuple[str, ...]:
    """The order with somebody and the one after them in each other's place."""
    return (*order[:place], order[place + 1], order[place], *order[place + 2 :])
