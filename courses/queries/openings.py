"""Looks at wishes for other places, at what was offered, and at places that became free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from courses.errors import Unknown
from courses.openings.closed import Closing, Places, last_date, shut_out_at
from courses.openings.offer import By, Offer, Offering, OfferStatus
from courses.openings.wish import EVERY_DAY, Aim, OpeningWish, When, WishStatus
from courses.records import (
    CourseRow,
    OpeningOfferRow,
    OpeningSettingRow,
    OpeningWishRow,
    PatientRow,
    SessionEventRow,
    SessionRow,
)
from courses.sessions.happened import ShutOut
from courses.sessions.status import CourseStatus, SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.resources.site import Site

FREES = ("cancelled", "missed", "moved", "held")
"""What happens to a visit so that its place is free."""
LATELY = timedelta(days=3)
MOST = 200
BARS = (OfferStatus.DECLINED.value, OfferStatus.RUN_OUT.value)
OPEN = OpeningWishRow.status == WishStatus.OPEN
BY_DESK = "desk"
"""Why an offer was withdrawn that a person took back."""


@dataclass(frozen=True, slots=True)
class Freed:
    """A place that a visit had and gave back: how, when, and which resources it had."""

    place: Interval
    resources: tuple[str, ...]
    how: str
    at: datetime


def wish(db: Db, key: str) -> OpeningWish:
    """A wish by public id. Raises `Unknown`."""
    found = _wishes(db, OpeningWishRow.public_id == key)
    if not found:
        raise Unknown("wish", key)
    return found[0]


def open_wishes(db: Db, site_id: int, *, patient_id: int | None = None, course: str | None = None) -> tuple[OpeningWish, ...]:
    """The wishes that stand at a site (or of one patient, or one course by public id), in the order of their turns."""
    which: list[ColumnElement[bool]] = [OpeningWishRow.site_id == site_id, OpeningWishRow.status == WishStatus.OPEN]
    if patient_id is not None:
        which.append(OpeningWishRow.patient_id == patient_id)
    if course is not None:
        which.append(CourseRow.public_id == course)
    return tuple(sorted(_wishes(db, *which), key=lambda each: each.turn))


def sites_with_wishes(db: Db) -> tuple[int, ...]:
    """The row numbers of the sites at which somebody waits for another place, or an offer runs."""
    waits = set(db.scalars(select(OpeningWishRow.site_id).where(OpeningWishRow.status == WishStatus.OPEN).distinct()))
    runs = set(db.scalars(select(OpeningOfferRow.site_id).where(OpeningOfferRow.status == OfferStatus.OFFERED).distinct()))
    return tuple(sorted(waits | runs))


def _wishes(db: Db, *which: ColumnElement[bool]) -> list[OpeningWish]:
    row = OpeningWishRow
    asked = select(row, CourseRow.public_id, SessionRow.public_id).join(CourseRow, CourseRow.id == row.course_id)
    asked = asked.outerjoin(SessionRow, SessionRow.id == row.session_id).where(*which).order_by(row.id)
    found = db.execute(asked.execution_options(populate_existing=True)).all()
    barred = _barred(db, [each.id for each, _, _ in found])
    times = {site_id: SiteTime(rooms_queries.site(db, site_id).site.timezone) for site_id in sorted({each.site_id for each, _, _ in found})}
    return [_wish(each, course, session, (times[each.site_id].date_of(at) for at in barred[each.id])) for each, course, session in found]


def _barred(db: Db, wish_ids: Collection[int]) -> dict[int, list[datetime]]:
    row, found = OpeningOfferRow, defaultdict[int, list[datetime]](list)
    asked = select(row.wish_id, row.starts_at, row.status, row.why)
    for some in rooms_queries.chunks(wish_ids):
        for wish_id, at, status, why in db.execute(asked.where(row.wish_id.in_(some), row.status != OfferStatus.OFFERED)):
            if status in BARS or why == BY_DESK:
                found[wish_id].append(at)
    return found


def _wish(row: OpeningWishRow, course: str, session: str | None, barred: Iterable[date]) -> OpeningWish:
    weekdays = frozenset(day for day in EVERY_DAY if row.weekdays >> day & 1)
    when = When(weekdays, row.opens, row.closes, row.earliest, row.latest, row.notice_hours)
    return OpeningWish(
        row.public_id,
        row.id,
        row.site_id,
        row.patient_id,
        course,
        session,
        Aim(row.aim),
        when,
        row.priority,
        row.since,
        WishStatus(row.status),
        row.by,
        row.version,
        frozenset(barred),
    )


def offer(db: Db, key: str) -> Offer:
    """An offer by public id. Raises `Unknown`."""
    found = _offers(db, OpeningOfferRow.public_id == key)
    if not found:
        raise Unknown("offer", key)
    return found[0]


def running_offers(db: Db, site_id: int) -> tuple[Offer, ...]:
    """What is offered at a site and not answered yet, those for the soonest places first; what has just run out may be among it."""
    found = _offers(db, OpeningOfferRow.site_id == site_id, OpeningOfferRow.status == OfferStatus.OFFERED)
    return tuple(sorted(found, key=lambda each: (each.place, each.row)))


def ended_offers(db: Db, site_id: int, *, most: int = 20) -> tuple[Offer, ...]:
    """The offers of a site that were answered or ended, the newest first."""
    row = OpeningOfferRow
    last = select(row.id).where(row.site_id == site_id, row.status != OfferStatus.OFFERED).order_by(row.ended_at.desc(), row.id.desc())
    ids = list(db.scalars(last.limit(most)))
    return tuple(sorted(_offers(db, row.id.in_(ids)), key=lambda each: (each.ended_at or each.made_at, each.row), reverse=True))


def offers_of_courses(db: Db, course_ids: Collection[int], *, since: datetime) -> dict[int, list[Offer]]:
    """The offers of courses (by row number) that were made since then."""
    row = OpeningOfferRow
    asked = select(row.id, SessionRow.course_id).join(SessionRow, SessionRow.id == row.session_id)
    of = {key: course for key, course in db.execute(asked.where(SessionRow.course_id.in_(course_ids), row.made_at > since))}
    found = defaultdict[int, list[Offer]](list)
    for each in _offers(db, row.id.in_(of)) if of else ():
        found[of[each.row]].append(each)
    return found


def places_of(db: Db, wishes: Collection[OpeningWish], *, now: datetime) -> dict[str, Places]:
    """Where the visits to come are that wishes are about, by the wish's public id; nothing for one that has none any more."""
    row, of_course = SessionRow, defaultdict[str, list[tuple[str, Interval | None]]](list)
    asked = select(CourseRow.public_id, row.public_id, row.starts_at, row.ends_at).join(CourseRow, CourseRow.id == row.course_id)
    asked = asked.where(row.status.in_((SessionStatus.PLANNED, SessionStatus.BOOKED))).order_by(row.id)
    for some in rooms_queries.chunks({each.course for each in wishes}):
        for course, key, starts_at, ends_at in db.execute(asked.where(CourseRow.public_id.in_(some))):
            place = Interval(starts_at, ends_at) if starts_at and ends_at else None
            if place is None or place.starts_at > now:
                of_course[course].append((key, place))
    found = {wish.id: [place for key, place in of_course[wish.course] if wish.session in {None, key}] for wish in wishes}
    return {key: places for key, places in found.items() if places}


def wishes_of_courses(db: Db, course_ids: Collection[int]) -> dict[int, list[OpeningWish]]:
    """The wishes that stand of courses (by row number), by course."""
    row, found = OpeningWishRow, defaultdict[int, list[OpeningWish]](list)
    of = {key: course for key, course in db.execute(select(row.id, row.course_id).where(row.course_id.in_(course_ids), OPEN))}
    for wish in _wishes(db, row.id.in_(of)) if of else ():
        found[of[wish.row]].append(wish)
    return found


def shut_out_of(db: Db, wishes: Collection[OpeningWish], *, now: datetime) -> dict[str, ShutOut]:
    """Those of some wishes that a closing left nothing of, by the wish's public id."""
    places, found = places_of(db, wishes, now=now) if wishes else {}, dict[str, ShutOut]()
    for site_id in sorted({wish.site_id for wish in wishes}):
        site, closures = rooms_queries.site(db, site_id).site, rooms_queries.closures(db, site_id)
        closings = [Closing(each.closure, each.accepted_at) for each in closures]
        for wish in wishes:
            if wish.site_id == site_id and wish.id in places:
                ends = [each for each in closings if each.closure.interval.ends_at > wish.since]
                found |= _shut_out(db, wish, places[wish.id], site, ends, now)
    return found


def _shut_out(  # all of it decides
    db: Db, wish: OpeningWish, places: Places, site: Site, closings: Sequence[Closing], now: datetime
) -> dict[str, ShutOut]:
    time = SiteTime(site.timezone)
    at, last = shut_out_at(wish, places, site, closings), last_date(wish, places, time)
    if at is None or last is None or (until := time.day(last).whole.ends_at) <= now:
        return {}
    ahead = [place.starts_at for place in places if place is not None]
    row = OpeningOfferRow
    kept = select(row.public_id).where(row.wish_id == wish.row, row.made_at <= at, or_(row.ended_at.is_(None), row.ended_at >= at))
    return {wish.id: ShutOut(wish.id, at, until, min(ahead, default=None), tuple(db.scalars(kept.order_by(row.id))))}


def newest_offer_of(db: Db, patient_ids: Collection[int]) -> Offer | None:
    """The offer that was made to a patient last."""
    row = OpeningOfferRow
    key = db.scalar(select(row.public_id).where(row.patient_id.in_(patient_ids)).order_by(row.made_at.desc(), row.id.desc()).limit(1))
    return None if key is None else offer(db, key)


def _offers(db: Db, *which: ColumnElement[bool]) -> list[Offer]:
    row = OpeningOfferRow
    asked = select(row, OpeningWishRow.public_id, SessionRow.public_id, CourseRow.public_id)
    asked = asked.join(OpeningWishRow, OpeningWishRow.id == row.wish_id).join(SessionRow, SessionRow.id == row.session_id)
    asked = asked.join(CourseRow, CourseRow.id == SessionRow.course_id).where(*which).order_by(row.id).limit(MOST)
    return [_offer(*each) for each in db.execute(asked.execution_options(populate_existing=True))]


def _offer(row: OpeningOfferRow, wish_key: str, session: str, course: str) -> Offer:
    return Offer(
        row.public_id,
        row.id,
        wish_key,
        row.wish_id,
        row.site_id,
        row.patient_id,
        course,
        session,
        Interval(row.starts_at, row.ends_at),
        tuple(row.resources),
        row.was_at,
        By(row.asked_by),
        row.begins_at,
        row.hold_until,
        OfferStatus(row.status),
        row.why,
        row.made_at,
        row.ended_at,
        row.ended_by,
        row.version,
    )


def offering(db: Db, site_id: int) -> Offering:
    """How a site offers; as usual where nobody has said."""
    row = db.scalar(select(OpeningSettingRow).where(OpeningSettingRow.site_id == site_id).execution_options(populate_existing=True))
    return Offering() if row is None else Offering(row.hold_minutes, row.desk_hours, row.by_itself, row.version)


def has_setting(db: Db, site_id: int) -> bool:
    """Whether somebody has said how a site offers."""
    return db.scalar(select(OpeningSettingRow.id).where(OpeningSettingRow.site_id == site_id)) is not None


def demand(db: Db, site_id: int) -> tuple[int, ...]:
    """A few numbers that are others whenever the wishes of a site, or the courses and patients that they are of, became others."""
    row = OpeningWishRow
    of_open = (row.site_id == site_id, row.status == WishStatus.OPEN)
    asked = select(func.count(), func.sum(row.id), func.sum(row.version), func.sum(CourseRow.version), func.sum(PatientRow.version))
    asked = asked.join(CourseRow, CourseRow.id == row.course_id).join(PatientRow, PatientRow.id == row.patient_id)
    barred = select(func.count(), func.sum(OpeningOfferRow.version)).where(OpeningOfferRow.site_id == site_id)
    return tuple(int(n or 0) for which in (asked.where(*of_open), barred) for n in db.execute(which).one())


def active_courses(db: Db, keys: Collection[str]) -> frozenset[str]:
    """Those of some courses (by public id) that run."""
    row = CourseRow
    asked = select(row.public_id).where(row.status == CourseStatus.ACTIVE)
    return frozenset(key for some in rooms_queries.chunks(keys) for key in db.scalars(asked.where(row.public_id.in_(some))))


def freed_lately(db: Db, site_id: int, *, now: datetime) -> tuple[Freed, ...]:
    """The places to come that visits of a site gave back in the last days, the soonest first; somebody may have them again."""
    event = SessionEventRow
    asked = select(event.kind, event.at, event.detail).join(CourseRow, CourseRow.id == event.course_id)
    asked = asked.where(CourseRow.site_id == site_id, event.at > now - LATELY, event.kind.in_(FREES), event.session_id.is_not(None))
    found = (_freed(kind, at, detail) for kind, at, detail in db.execute(asked.order_by(event.id.desc()).limit(5 * MOST)))
    newest = {(each.place, each.resources): each for each in found if each is not None and each.place.starts_at > now}
    return tuple(sorted(newest.values(), key=lambda each: (each.place, each.resources))[:MOST])


def _freed(kind: str, at: datetime, detail: dict[str, object]) -> Freed | None:
    before = detail.get("from")
    span = before.get("at") if isinstance(before, dict) else None
    if not isinstance(before, dict) or not isinstance(span, list) or len(span) != 2 or not all(span):
        return None
    units = before.get("resources")
    codes = tuple(str(each) for each in units) if isinstance(units, list) else ()
    return Freed(Interval(*(datetime.fromisoformat(str(each)) for each in span)), codes, kind, at)
