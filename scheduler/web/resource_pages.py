"""Chairs, devices, rooms and staff: what each can do, how much it bears, when it is there, and when it is away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from courses import queries
from courses.queries import SessionLine
from rooms import equipping, rostering
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.bookings.booking import Booking
from rooms.equipping import StillBooked
from rooms.errors import DomainError, Faulty, Unknown
from rooms.queries import KnownResource
from rooms.resources.resource import Absence, Kind, Resource
from scheduler.dependencies import AtDesk, Desk
from scheduler.web.forms import AsTyped, Key, Typed, done_once, what_would_follow
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.rendering import counted
from scheduler.web.resource_views import (
    SINGLE,
    absence_shown,
    capabilities_typed,
    code_typed,
    days_of,
    groups_of,
    hours_typed,
)
from scheduler.web.rosters import TIME_FIELDS, HitView, hits_shown, in_words, interval_typed, reason_typed

router = APIRouter(prefix="/resources")

SAID = {
    "added": "It is added, and can be booked.",
    "away": "It is noted. Visits that were booked then stay booked until somebody moves them.",
    "back": "It is there then.",
    "hours": "The hours are saved.",
    "capacity": "The capacity is saved.",
    "capabilities": "What it can do is saved.",
    "reseating": "Whether visits may change from it to a like one is saved.",
    "name": "The name is saved.",
    "retired": "It is retired, and used no longer. What it was used for stays on record.",
}
NEW = ("kind", "code", "name", "capabilities", "capacity")


@dataclass(frozen=True, slots=True)
class Preview:
    """A change that was asked for and not done yet: where it is sent again, and the visits that it goes against."""

    sentence: str
    action: str
    button: str
    fields: tuple[tuple[str, str], ...]
    hit: list[HitView]


@router.get("")
def show_resources(request: Request, desk: AtDesk) -> HTMLResponse:
    """Everything that can be booked at the site, by kind."""
    with desk.reading() as db:
        return _list_page(request, db, desk)


@router.post("")
def add_resource(request: Request, form: AsTyped, desk: AtDesk) -> Response:
    """Add something that can be booked from now on."""

    def add(db: Db) -> str:
        site = framed(request, db).site
        known = equipping.add_resource(db, site.id, _resource_typed(form), new_id=desk.new_id, now=desk.now)
        return f"/resources/{known.public_id}?done=added"

    try:
        return done_once(desk, form, add)
    except DomainError as refused:
        with desk.reading() as db:
            return _list_page(request, db, desk, form=form, refused=refused)


def _resource_typed(form: Typed) -> Resource:
    if form["kind"] not in set(Kind):
        raise Faulty("kind", "choose what it is")
    capacity = form.whole("capacity") if "capacity" in form else 1
    return Resource(code_typed(form), Kind(form["kind"]), capabilities_typed(form), capacity, name=form["name"])


@router.get("/{resource}")
def show_resource(request: Request, resource: Key, desk: AtDesk, done: str = "") -> HTMLResponse:
    """One resource."""
    with desk.reading() as db:
        return _page(request, db, desk, resource, done=SAID.get(done, ""))


@router.post("/{resource}/absences")
def send_away(request: Request, resource: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Leave or servicing: first the visits that it hits are shown, then it is noted."""
    with desk.reading() as db:
        frame = framed(request, db)
        known = rooms_queries.resource(db, frame.site.id, resource)
        try:
            absence = Absence(interval_typed(form, frame.time, desk.now), reason_typed(form))
        except DomainError as refused:
            return _page(request, db, desk, resource, form=form, refused=refused)
        if "confirmed" not in form:
            hit = queries.sessions_hit(db, frame.site.id, absence.interval, now=desk.now, resource=known.resource.id)
            sentence = f"{_absence_word(known)} on {in_words(absence.interval, frame.time)} hits {_visits(len(hit))}"
            preview = _previewed(form, sentence, f"Add {_absence_word(known).lower()}", hit, frame)
            return _page(request, db, desk, resource, form=form, preview=preview)

    def note(db: Db) -> str:
        rostering.add_absence(db, frame.site.id, resource, absence, new_id=desk.new_id, now=desk.now)
        return f"/resources/{known.public_id}?done=away"

    return done_once(desk, form, note)


@router.post("/{resource}/absences/{absence}/remove")
def take_back(request: Request, resource: Key, absence: Key, form: AsTyped, desk: AtDesk) -> RedirectResponse:
    """The resource is there after all; sent twice, it is there all the same."""
    address = f"/resources/{resource}?done=back"

    def remove(db: Db) -> str:
        rostering.remove_absence(db, framed(request, db).site.id, absence)
        return address

    try:
        return done_once(desk, form, remove)
    except Unknown:
        return RedirectResponse(address, 303)


@router.post("/{resource}/hours")
def change_hours(request: Request, resource: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Other hours from now on; first the visits that would lie outside are shown, if there are any."""

    def change(db: Db, site_id: int) -> tuple[Booking, ...]:
        return equipping.change_hours(db, site_id, resource, hours_typed(form), now=desk.now)

    return _changed(request, desk, form, (resource, "hours", "lie outside these hours"), change)


@router.post("/{resource}/capabilities")
def change_capabilities(request: Request, resource: Key, form: AsTyped, desk: AtDesk) -> Response:
    """What it can be used for from now on; first the visits that need what it no longer can are shown, if there are any."""

    def change(db: Db, site_id: int) -> tuple[Booking, ...]:
        return equipping.change_capabilities(db, site_id, resource, capabilities_typed(form), now=desk.now)

    return _changed(request, desk, form, (resource, "capabilities", "need what it no longer can do"), change)


@router.post("/{resource}/reseating")
def allow_reseating(request: Request, resource: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Whether visits may be given from it to like ones, and to it, to make room."""

    def change(db: Db, site_id: int) -> tuple[Booking, ...]:
        equipping.allow_reseating(db, site_id, resource, allowed="allowed" in form, now=desk.now)
        return ()

    return _changed(request, desk, form, (resource, "reseating", ""), change)


@router.post("/{resource}/capacity")
def change_capacity(request: Request, resource: Key, form: AsTyped, desk: AtDesk) -> Response:
    """How much it bears at once from now on; refused where more is booked."""

    def change(db: Db, site_id: int) -> tuple[Booking, ...]:
        equipping.change_capacity(db, site_id, resource, form.whole("capacity"), now=desk.now)
        return ()

    return _changed(request, desk, form, (resource, "capacity", ""), change)


@router.post("/{resource}/name")
def rename(request: Request, resource: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Call it something else."""

    def change(db: Db, site_id: int) -> tuple[Booking, ...]:
        equipping.rename_resource(db, site_id, resource, name=form["name"], now=desk.now)
        return ()

    return _changed(request, desk, form, (resource, "name", ""), change)


@router.post("/{resource}/retire")
def retire(request: Request, resource: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Use it no longer; refused while visits to come need it."""

    def change(db: Db, site_id: int) -> tuple[Booking, ...]:
        equipping.retire_resource(db, site_id, resource, now=desk.now)
        return ()

    return _changed(request, desk, form, (resource, "retired", ""), change)


def _changed(
    request: Request, desk: Desk, form: Typed, which: tuple[str, str, str], change: Callable[[Db, int], tuple[Booking, ...]]
) -> Response:
    """Make a change; what goes against visits to come only once confirmed. `which`: resource, what is changed, what is wrong then."""
    resource, what, against = which

    def make(db: Db) -> str:
        change(db, framed(request, db).site.id)
        return f"/resources/{resource}?done={what}"

    try:
        if "confirmed" not in form and against:
            hit = what_would_follow(desk, lambda db: _lines(db, desk, change(db, framed(request, db).site.id)))
            if hit:
                with desk.reading() as db:
                    preview = _previewed(form, f"{_visits(len(hit)).capitalize()} to come {against}", "Save it", hit, framed(request, db))
                    return _page(request, db, desk, resource, form=form, preview=preview)
        return done_once(desk, form, make)
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            return _page(request, db, desk, resource, form=form, refused=refused)


def _lines(db: Db, desk: Desk, bookings: Iterable[Booking]) -> tuple[SessionLine, ...]:
    return queries.sessions_with(db, {booking.claim.purpose for booking in bookings}, now=desk.now)


def _previewed(form: Typed, sentence: str, button: str, hit: Iterable[SessionLine], frame: Frame) -> Preview:
    fields = tuple((name, value) for name, value in form.items if name not in {"idempotency_key", "confirmed"})
    return Preview(sentence, form.address, button, fields, hits_shown(hit, frame.time))


def _visits(number: int) -> str:
    return counted(number, "visit") if number else "no visit"


def _absence_word(known: KnownResource) -> str:
    return "Leave" if known.resource.kind is Kind.STAFF else "Servicing"


def _list_page(request: Request, db: Db, desk: Desk, *, form: Typed | None = None, refused: DomainError | None = None) -> HTMLResponse:
    frame = framed(request, db)
    everything = rooms_queries.resources(db, frame.site.id, since=desk.now, retired=True)
    used = [known for known in everything if known.retired_at is None]
    typed = form or Typed("", ())
    faults = faults_of(refused)
    if refused and not isinstance(refused, Faulty):
        faults["code"] = refused.message
    return show(
        "resources.html",
        frame,
        page="resources",
        status=status_of(refused),
        site=frame.site.site,
        groups=groups_of(used, frame.site.site.hours, frame.time, desk.now),
        retired=[{"href": f"/resources/{known.public_id}", "name": known.resource.title} for known in everything if known.retired_at],
        kinds=[(kind.value, label) for kind, label in SINGLE.items()],
        asked=typed.values(*NEW),
        is_adding=form is not None,
        faults=faults,
        request_key=desk.new_id("k_"),
    )


def _page(  # noqa: PLR0913  # each is a part of the page
    request: Request,
    db: Db,
    desk: Desk,
    key: str,
    *,
    form: Typed | None = None,
    refused: DomainError | None = None,
    preview: Preview | None = None,
    done: str = "",
) -> HTMLResponse:
    frame = framed(request, db)
    known = rooms_queries.resource(db, frame.site.id, key)
    away = [each for each in rooms_queries.absences(db, frame.site.id, since=desk.now) if each.resource == known.resource.id]
    hours, typed = known.resource.hours, form or Typed("", ())
    return show(
        "resource.html",
        frame,
        page="resources",
        status=status_of(refused),
        resource=known,
        asked_about=typed.address.rpartition("/")[2],
        typed=typed,
        hours=days_of(hours or frame.site.site.hours),
        is_own_hours=hours is not None,
        absences=[absence_shown(each, frame.time) for each in away],
        absence_word=_absence_word(known),
        asked=typed.values(*TIME_FIELDS),
        faults=faults_of(refused),
        preview=preview,
        refused=_refusal(db, desk, frame, refused),
        done=done,
        request_key=desk.new_id("k_"),
    )


def _refusal(db: Db, desk: Desk, frame: Frame, refused: DomainError | None) -> dict[str, object] | None:
    """A refusal that belongs to no field: the sentence, and the visits that stand against it."""
    if refused is None or isinstance(refused, Faulty):
        return None
    lines = _lines(db, desk, refused.bookings) if isinstance(refused, StillBooked) else ()
    return {"sentence": refused.message, "hit": hits_shown(lines, frame.time), "clashes": (), "way_out": "Nothing was changed."}
