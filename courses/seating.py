"""Room for visits where only visits on like resources are in the way: those go to other resources, at the same time, and it is told.

Like chairs are one pool until somebody cares. A visit of another patient is given to another resource only where nobody does: its
requirement asks for one resource and for no continuity, nobody named that resource for it, the resource is no person, the clinic has
not forbidden it, and the patient does not come within the hour.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import insert

from courses import queries
from courses.plans.batch import Clinic
from courses.plans.best_plan import Situation
from courses.plans.ongoing.course import claims_of
from courses.plans.ongoing.moving import Moving
from courses.plans.plan import CoursePlan, PlannedSession, Seat, Unplaceable
from courses.plans.request import CourseRequest
from courses.plans.reseating import Reseated, better_by_reseating
from courses.records import SessionEventRow
from rooms import queries as rooms_queries
from rooms import reserving
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db, NewId
from rooms.bookings.booking import Booking, Claim, SeatChange
from rooms.bookings.calendar import Calendar, Held
from rooms.bookings.conflict import BookingRefused
from rooms.bookings.pool import ANYWHERE, Movable, Wish, free_units
from rooms.resources.requirement import Requirement
from rooms.resources.resource import Resource
from rooms.resources.site import Site

RESEATED, MADE_ROOM = "reseated", "made_room"
"""What histories call it: of the visit that went to another resource, and of the course that got the room."""
CROWDED = "over_capacity"
BEYOND = timedelta(days=1)
"""How long after a plan's end bookings still count for a better one."""


@dataclass(frozen=True, slots=True)
class Room:
    """The resources of one visit, and the bookings of others that make room for it."""

    seats: tuple[Seat, ...]
    making_room: tuple[SeatChange, ...]


def claims_for(
    db: Db, site_id: int, sessions: Mapping[str, PlannedSession], request: CourseRequest, *, named: Collection[str] = ()
) -> list[Claim]:
    """What sessions (by the purpose of their claims) ask of the site, and for what of it a like resource would do as well.

    `named` are resources that somebody asked for by name: those are kept.
    """
    like = rooms_queries.interchangeable(db, site_id) - set(named)
    found = []
    for purpose, session in sessions.items():
        wanted = request.protocol.templates[session.template].requirements
        for claim in claims_of(session, purpose):
            need = wanted[claim.part].requirement
            nobody_cares = claim.load > 0 and need.count == 1 and not need.continuity
            found.append(replace(claim, reseat=nobody_cares and claim.resource in like))
    return found


def take(  # noqa: PLR0913  # two of them are what may not be taken from the machine
    db: Db,
    site_id: int,
    claims: Sequence[Claim],
    *,
    released: Collection[str] = (),
    new_id: NewId,
    now: datetime,
    hold_until: datetime | None = None,
) -> tuple[SeatChange, ...]:
    """Book the claims in the place of what is booked for some purposes. Which bookings of others went to like resources for it.

    Raises `BookingRefused` where that makes no room either; then everything stands as it was.
    """
    try:
        with db.begin_nested():  # what is locked in it is free again where it is refused
            reserving.replace_all(db, site_id, released, claims, new_id=new_id, now=now, hold_until=hold_until)
    except BookingRefused as refused:
        making_room = _room_for(db, site_id, claims, refused, released, now)
        if not making_room:
            raise
    else:
        return ()
    reserving.replace_all(db, site_id, released, claims, new_id=new_id, now=now, hold_until=hold_until, making_room=making_room)
    return making_room


def room_at(db: Db, site_id: int, moving: Moving, starts_at: datetime) -> Room | None:
    """Resources for a session at a start, others making room for it; None where there is no such way."""
    on = moving.calendar.time.date_of(starts_at)
    day = moving.calendar.day(on)
    crowd = _Crowd(db, site_id, day.whole, moving.now, [moving.session.id])
    if not crowd.movable:
        return None
    start, wishes, places = day.minute(starts_at), list[Wish](), list[tuple[int, Requirement, Interval]]()
    for demand in moving.request.protocol.template_of(moving.number_at(starts_at)).demands:
        need, begin, end = demand.requirement, start + demand.begin, start + demand.end
        own = [each.claim.resource for each in moving.session.bookings if each.claim.part == demand.index]
        units = _liked_first([unit.id for unit in crowd.calendar.pool(need.capability)], moving.onto, own, need.count)
        wishes += [Wish(begin, end, need, units, demand.index if need.count > 1 else ANYWHERE)] * need.count
        places += [(demand.index, need, day.interval(begin, end))] * need.count
    found = crowd.free(on, wishes)
    if found is None:
        return None
    units, making_room = found
    seats = [
        Seat(index, need.capability, unit, interval, need.load_on(crowd.calendar.resources[unit].capacity))
        for (index, need, interval), unit in zip(places, units, strict=True)
    ]
    return Room(tuple(seats), making_room) if set(moving.onto) <= set(units) else None


def better_plan(
    db: Db, site_id: int, request: CourseRequest, situation: Situation, before: CoursePlan | Unplaceable, until: datetime
) -> Reseated | None:
    """A plan for which some bookings of others go to like resources, where one without that is late or at other times; or None.

    Nothing after `until` is looked at, and nothing changes: whoever books the plan makes the room.
    """
    now = situation.not_before
    if isinstance(before, CoursePlan):
        if not (before.cost.delay or before.cost.outside):
            return None
        until = max(session.interval.ends_at for session in before.sessions) + BEYOND
    if now is None or until <= now:
        return None
    crowd = _Crowd(db, site_id, Interval(now, until), now)
    if not crowd.movable:
        return None
    better = better_by_reseating(crowd.clinic(situation), request, situation, before)
    if better is None or not isinstance(better.answer, CoursePlan) or better.answer.sessions[-1].interval.ends_at > until:
        return None
    saved = before.cost.total - better.answer.cost.total if isinstance(before, CoursePlan) else None
    return better if saved is None or saved >= situation.weights.delay_day else None


def tell(db: Db, course_id: int, making_room: Sequence[SeatChange], *, by: str, now: datetime) -> None:
    """Add to the histories of those who made room, and of the course that got it."""
    if not making_room:
        return
    common = {"by": by, "at": now, "reason": None}
    told = [
        {"at": each.claim.interval.starts_at.isoformat(), "from": each.booking.claim.resource, "to": each.resource} for each in making_room
    ]
    rows = [common | {"course_id": course_id, "session_id": None, "kind": MADE_ROOM, "detail": {"bookings": told}}]
    visits = queries.attended(db, list(queries.session_ids(db, {each.claim.purpose for each in making_room})))
    for each, detail in zip(making_room, told, strict=True):
        if (visit := visits.get(each.claim.purpose)) is not None:
            whose = {"course_id": visit.course_id, "session_id": visit.id}
            rows.append(common | whose | {"kind": RESEATED, "detail": {"number": visit.number, **detail}})
    db.execute(insert(SessionEventRow), rows)


class _Crowd:
    """What is booked at a site during a time, and which of it may be given to like resources.

    Resources of which others may take the place have a capability besides, by which those bookings find each other.
    """

    def __init__(self, db: Db, site_id: int, between: Interval, now: datetime, without: Collection[str] = ()) -> None:
        self._db, self._site_id, self._between, self._now, self._without = db, site_id, between, now, without
        self._perhaps = rooms_queries.movable_bookings(db, site_id, between, now=now, without_purposes=without)

    @cached_property
    def movable(self) -> tuple[Booking, ...]:
        """The bookings that may go elsewhere. One that somebody changed between the two looks is left out."""
        there = Counter(self._held) if self._perhaps else Counter[Held]()
        found = []
        for each in self._perhaps:
            load = (each.claim.resource, each.claim.interval, each.claim.load)
            if there[load] > 0:
                there[load] -= 1
                found.append(each)
        return tuple(found)

    @cached_property
    def calendar(self) -> Calendar:
        """All that is booked, where it is."""
        return Calendar(self._site, self._resources, self._held)

    @cached_property
    def _site(self) -> Site:
        return rooms_queries.site(self._db, self._site_id).site

    @cached_property
    def _resources(self) -> tuple[Resource, ...]:
        known = rooms_queries.resources(self._db, self._site_id, since=self._between.starts_at)
        return tuple(_marked(each.resource) if each.is_interchangeable else each.resource for each in known)

    @cached_property
    def _held(self) -> tuple[Held, ...]:
        return rooms_queries.held_during(self._db, self._site_id, self._between, now=self._now, without_purposes=self._without)

    def free(self, on: date, wishes: Sequence[Wish]) -> tuple[tuple[str, ...], tuple[SeatChange, ...]] | None:
        """The resources for some wishes of a date, and the bookings that go elsewhere for them; None where there is no way."""
        movable = [Movable(c.resource, c.interval, c.load, _like(c.capability)) for c in (each.claim for each in self.movable)]
        found = free_units(self.calendar, on, movable, wishes)
        return None if found is None else (found.seats, tuple(SeatChange(self.movable[index], unit) for index, unit in found.moved))

    def clinic(self, situation: Situation) -> Clinic:
        """The same for planning a course."""
        moves = [(each.claim.resource, each.claim.interval, each.claim.load) for each in self.movable]
        stays = Counter(self._held)
        stays.subtract(moves)
        held = [*stays.elements(), *moves]
        first = len(held) - len(moves)
        capabilities = {first + index: _like(each.claim.capability) for index, each in enumerate(self.movable)}
        return Clinic(self._site, self._resources, held, weights=situation.weights, movable=capabilities)


def _room_for(
    db: Db, site_id: int, claims: Sequence[Claim], refused: BookingRefused, without: Collection[str], now: datetime
) -> tuple[SeatChange, ...]:
    """The bookings to give elsewhere so that all claims can be granted; none where there is no such way."""
    if any(conflict.code != CROWDED for conflict in refused.conflicts):
        return ()
    time = SiteTime(rooms_queries.site(db, site_id).site.timezone)
    by_date: dict[date, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_date[time.date_of(claim.interval.starts_at)].append(claim)
    making_room: list[SeatChange] = []
    for on in dict.fromkeys(time.date_of(conflict.claim.interval.starts_at) for conflict in refused.conflicts):
        crowd = _Crowd(db, site_id, time.day(on).whole, now, without)
        found = crowd.free(on, [_wish(crowd.calendar, on, claim) for claim in by_date[on]]) if crowd.movable else None
        if found is None:
            return ()
        making_room += found[1]
    return tuple(making_room)


def _wish(calendar: Calendar, on: date, claim: Claim) -> Wish:
    day, interval = calendar.day(on), claim.interval
    need = Requirement(claim.capability, load=claim.load)
    return Wish(day.minute(interval.starts_at), day.minute(interval.ends_at), need, (claim.resource,))


def _liked_first(pool: Sequence[str], named: Iterable[str], own: Iterable[str], count: int) -> tuple[str, ...]:
    """The units of a pool: only those that were named, where they are enough; else those, then those that the visit has, then all."""
    asked_for = [unit for unit in named if unit in pool]
    if len(asked_for) >= count:
        return tuple(asked_for)
    return tuple(unit for unit in dict.fromkeys([*asked_for, *own, *pool]) if unit in pool)


def _marked(resource: Resource) -> Resource:
    return replace(resource, capabilities=resource.capabilities | {_like(each) for each in resource.capabilities})


def _like(capability: str) -> str:
    return f"like {capability}"
