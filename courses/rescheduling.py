"""The life of a course after it was booked: move, cancel, miss, hold, resume, extend, stop.

A missed or cancelled session is owed again, and the rest follows within the phase's rules; what follows can be looked at first. History
never moves. Every change locks the patient, decides on what is there then, and is done whole or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, insert, update

from courses import queries, seating
from courses.errors import Faulty, check_version, checked_text
from courses.plans.ongoing.anew import NoPlace, Standing, left_alone, what_follows
from courses.plans.ongoing.course import FARTHEST, Course, check_start, extended_protocol, place_of
from courses.plans.ongoing.extending import extending_for
from courses.plans.ongoing.follow import Change, Consequences, What
from courses.plans.ongoing.kept import kept_authorization, kept_extending, place_told, session_columns
from courses.plans.ongoing.moving import SEARCH, Alternative, CannotMove, Moving
from courses.plans.ongoing.outdated import refused_sessions
from courses.plans.plan import Seat, Unplaceable
from courses.plans.request import Authorization, CourseRequest
from courses.queries import KnownCourse
from courses.records import CourseRow, SessionEventRow, SessionRow
from courses.sessions.session import TreatmentSession
from courses.sessions.status import CourseStatus, SessionStatus, WrongState, check_course, check_verb
from rooms import faults, reserving
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db, NewId
from rooms.bookings.booking import SeatChange
from rooms.bookings.calendar import Calendar
from rooms.bookings.conflict import BookingRefused

REACH = timedelta(days=90)
"""How far beyond a course's last session free time is looked up at first; twice as far, and again, while a plan reaches beyond."""
ASIDE = 100_000
"""Added to the numbers of sessions while they are numbered anew, since no two may have the same."""
KINDS = {What.ADDED: "booked", What.DROPPED: "cancelled"}
"""What an event is called where that is not simply what became of the session."""
BOOKS = frozenset({What.MOVED, What.REASSIGNED, What.PLACED, What.ADDED})
FREES = frozenset({What.MOVED, What.REASSIGNED, What.DROPPED})


@dataclass(frozen=True)
class Doing:
    """Who changes a course, when and why. `expected` is the course's version as they saw it; another one is refused (`StaleVersion`)."""

    by: str
    now: datetime
    new_id: NewId
    reason: str | None = None
    expected: int | None = None

    def __post_init__(self) -> None:
        if self.reason is not None and self.reason.strip():
            checked_text("reason", self.reason, 2000)

    def why(self) -> str:
        """The reason. Raises `Faulty` where none is given."""
        if not self.reason or not self.reason.strip():
            raise Faulty("reason", "say why; it is kept with the course")
        return self.reason.strip()


# One session


def move_session(  # noqa: PLR0913  # what a person may ask for with it
    db: Db,
    key: str,
    starts_at: datetime,
    doing: Doing,
    *,
    onto: Sequence[str] = (),
    despite_gap: bool = False,
    held_for: Collection[str] = (),
) -> Course:
    """Put one session elsewhere, or give one that is owed a place; the others stay, and are numbered in order of time.

    `onto` names resources that it must have, and keeps; `despite_gap` lets it be later than the phase allows, as a person decided.
    `held_for` are purposes for which the place is held until now; those holds are given up for it in the same moment.

    Where only others' visits on like resources are in the way, those go to other resources at the same time: `reseated` of the course
    says how many. Raises `CannotMove` with the reasons, who is in the way and the nearest alternatives; then it stays where it was.
    """
    known = locked(db, queries.course_of_session(db, key), doing)
    session = that_may(known, key, "move", doing.now)
    check_start(starts_at, SiteTime(known.site.site.timezone), doing.now)
    moving = _moving(db, known, session, _date_of(known, starts_at), doing.now, onto, held_for=held_for, despite_gap=despite_gap)
    seats, making_room = _seats_at(db, known, moving, starts_at)
    if broken := moving.faults(starts_at, seats):
        reasons = [fault.detail if fault.session == session.number else f"session {fault.session}: {fault.detail}" for fault in broken]
        raise CannotMove(session.number, reasons, _alternatives(db, known, session, starts_at, doing.now))
    places = moving.arranged(starts_at, seats)
    claims = seating.claims_for(db, known.site.id, {key: places[key]}, known.course.request, named=onto)
    try:
        if session.bookings and not held_for:
            reserving.move(db, known.site.id, key, claims, new_id=doing.new_id, now=doing.now, making_room=making_room)
        else:
            freed = (key, *held_for) if held_for else ()
            reserving.replace_all(db, known.site.id, freed, claims, new_id=doing.new_id, now=doing.now, making_room=making_room)
    except BookingRefused as refused:
        names = queries.names_of(db, {holder.purpose for each in refused.conflicts for holder in each.holders}, now=doing.now)
        (why,) = refused_sessions({key: places[key]}, refused.conflicts, names)
        near = _alternatives(db, known, session, starts_at, doing.now)
        raise CannotMove(session.number, why.reasons, near, why.held_by) from refused
    write_visits(db, known, [(each, moving.change_of(each, place)) for each, place in places.items()], None, doing)
    seating.tell(db, known.id, making_room, by=doing.by, now=doing.now)
    return replace(done(db, known), reseated=len(making_room))


def _seats_at(db: Db, known: KnownCourse, moving: Moving, starts_at: datetime) -> tuple[tuple[Seat, ...], tuple[SeatChange, ...]]:
    """Free resources, or some for which others make room; else those that it would have, so that the refusal can say who has them."""
    seats = moving.seats_at(starts_at)
    if seats is not None:
        return seats, ()
    room = seating.room_at(db, known.site.id, moving, starts_at)
    return (moving.seats_at(starts_at, force=True) or (), ()) if room is None else (room.seats, room.making_room)


def alternatives(db: Db, key: str, near: datetime, *, now: datetime, n: int = 3) -> list[Alternative]:
    """The places nearest to a time that a session could be moved to, the nearest first. Raises `Unknown`."""
    known = queries.course_of_session(db, key)
    near = min(max(near, now), now + 2 * FARTHEST)
    return _alternatives(db, known, known.course.session(key), near, now, n)


def moving_of(db: Db, known: KnownCourse, key: str, between: Interval, *, now: datetime, held_for: Collection[str] = ()) -> Moving:
    """What decides where a session could go at a time. Looks at no more than that. Raises `Unknown`, `WrongState`."""
    return _moving(db, known, that_may(known, key, "move", now), between, now, held_for=held_for)


def moving_in(db: Db, known: KnownCourse, key: str, calendar: Calendar, *, now: datetime) -> Moving:
    """The same on a calendar that is there, on which the session has its own place still. Raises `Unknown`, `WrongState`."""
    session, busy = that_may(known, key, "move", now), queries.busy_times(db, known.patient_id, without_course=known.id)
    return Moving(known.course, known.course.request, session, calendar, busy, now)


def consequences(db: Db, key: str, *, now: datetime) -> Consequences:
    """What would follow if a session were cancelled or recorded as missed now. Changes nothing. Raises `Unknown` and `OutOfOrder`."""
    known = queries.course_of_session(db, key)
    return _follow(db, known, _standing(db, known, now, gone=known.course.session(key)))


def cancel_session(db: Db, key: str, doing: Doing) -> Consequences:
    """A session will not take place: its time is free at once, it is owed again, and the rest follows. Needs a reason."""
    doing.why()
    known = locked(db, queries.course_of_session(db, key), doing)
    session = known.course.session(key)
    check_verb("cancel", session.number, session.status)
    if session.interval and session.interval.ends_at <= doing.now:
        raise WrongState(f"Session {session.number} is over; record it as missed if the patient did not come.", session.status)
    return _fall_away(db, known, session, SessionStatus.CANCELLED, doing)


def miss_session(db: Db, key: str, doing: Doing) -> Consequences:
    """The patient did not come: the session is owed again, and the rest follows. Needs a reason."""
    doing.why()
    known = locked(db, queries.course_of_session(db, key), doing)
    session = known.course.session(key)
    check_verb("miss", session.number, session.status)
    if session.interval is None or session.interval.starts_at > doing.now:
        raise WrongState(f"Session {session.number} has not begun yet; cancel it, or move it.", session.status)
    return _fall_away(db, known, session, SessionStatus.MISSED, doing)


def abort_session(db: Db, key: str, doing: Doing) -> Consequences:
    """A session was broken off before anything was given: it counts as cancelled and is owed again. Needs a reason."""
    doing.why()
    known = locked(db, queries.course_of_session(db, key), doing)
    session = known.course.session(key)
    check_verb("abort", session.number, session.status)
    return _fall_away(db, known, session, SessionStatus.CANCELLED, doing, outcome="aborted")


def _fall_away(  # all of it is kept
    db: Db, known: KnownCourse, gone: TreatmentSession, status: SessionStatus, doing: Doing, outcome: str | None = None
) -> Consequences:
    check_course(known.course.status, (CourseStatus.ACTIVE,))
    standing = _standing(db, known, doing.now, gone=gone)
    follow = _follow(db, known, standing)
    row = SessionRow
    db.execute(
        update(row).where(row.public_id == gone.id).values(status=status, reason=doing.reason, outcome=outcome, version=row.version + 1)
    )
    faults.point("F8")
    visits = _visits(follow, doing.new_id)
    try:
        _book(db, known, visits, [gone.id], doing)
    except BookingRefused as refused:  # somebody was quicker: what fell away is on record all the same, and owed
        follow = left_alone(standing, Unplaceable(known.course.id, gone.number, "no_capacity", refused.message.removesuffix(".")))
        visits = _visits(follow, doing.new_id)
        _book(db, known, visits, [gone.id], doing)
    write_visits(db, known, visits, gone, doing)
    record(db, known, doing, [(gone.id, status, {"from": place_told(gone), "then": follow.sentence})])
    done(db, known)
    return follow


# The whole course


def hold_course(db: Db, key: str, doing: Doing) -> Course:
    """Interrupt a course: all its bookings to come are free at once, and its sessions owed until it is resumed. Needs a reason."""
    known = locked(db, queries.course(db, key), doing)
    check_course(known.course.status, (CourseStatus.ACTIVE,))
    ahead = known.course.ahead(doing.now)
    reserving.release(db, [session.id for session in ahead], now=doing.now)
    off = {"status": SessionStatus.PLANNED, "starts_at": None, "ends_at": None, "missed_wish": None}
    _update_all(db, ahead, version=SessionRow.version + 1, **off)
    record(db, known, doing, [(None, "held", {}), *(_left(session, "held") for session in ahead if session.interval)])
    return done(db, known, status=CourseStatus.ON_HOLD, reason=doing.why())


def resume_course(db: Db, key: str, from_on: date, doing: Doing, *, despite_gap: bool = False) -> Course:
    """Go on with a course from a date on: everything that is owed gets a place, or nothing changes.

    `despite_gap` lets the first session come later than the phase allows, as a person decided. Raises `NoPlace`, or `BookingRefused`
    where somebody else was quicker.
    """
    known = locked(db, queries.course(db, key), doing)
    check_course(known.course.status, (CourseStatus.ON_HOLD, CourseStatus.ACTIVE))
    time = SiteTime(known.site.site.timezone)
    today = time.date_of(doing.now)
    if not today <= from_on <= today + FARTHEST:
        raise Faulty("from_on", f"{from_on} is past or too far ahead; today is {today}")
    standing = replace(_standing(db, known, doing.now), not_before=time.day(from_on).midnight)
    first = min((session.number for session in known.course.owed), default=1)
    late = replace(standing, request=replace(standing.request, protocol=standing.request.protocol.allowing_late(first)))
    follow = _follow(db, known, late if despite_gap else standing)
    if follow.unplaceable is not None:
        way_out = not despite_gap and _follow(db, known, late).unplaceable is None
        hint = "The gap since the session before is longer than its phase allows; a prescriber may decide to go on despite the gap."
        raise NoPlace(follow.unplaceable, hint if way_out else "")
    _carry_out(db, known, follow, doing)
    record(db, known, doing, [(None, "resumed", {"from_on": from_on.isoformat(), "despite_gap": despite_gap})])
    return done(db, known, status=CourseStatus.ACTIVE, reason=None)


def extend_course(db: Db, key: str, doing: Doing, *, more: int | None = None, authorization: Authorization | None = None) -> Course:
    """Add the extension that the protocol foresees, or `more` sessions like those of the last phase. Needs a reason.

    `authorization` takes the place of the course's. Raises `Faulty`, `NoPlace`, or `BookingRefused` where somebody was quicker.
    """
    doing.why()
    known = locked(db, queries.course(db, key), doing)
    check_course(known.course.status, (CourseStatus.ACTIVE, CourseStatus.COMPLETED))
    extending = extending_for(known.course, more, doing.now)
    protocol = extended_protocol(known.course.request.protocol, [extending])
    permit = authorization or known.course.request.authorization
    request = replace(known.course.request, protocol=protocol, authorization=permit)
    standing = replace(_standing(db, known, doing.now), request=request, free_phases=frozenset(extending.left))
    follow = _follow(db, known, standing)
    if follow.unplaceable is not None:
        raise NoPlace(follow.unplaceable)
    _carry_out(db, known, follow, doing)
    record(db, known, doing, [(None, "extended", {"phases": [phase.name for phase in extending.phases], "to": protocol.n_sessions})])
    kept = [kept_extending(each) for each in (*known.course.extended, extending)]
    columns = {"extension": kept, "agreed_sessions": protocol.n_sessions, "authorization": kept_authorization(permit)}
    return done(db, known, status=CourseStatus.ACTIVE, **columns)


def stop_course(db: Db, key: str, doing: Doing) -> Course:
    """End a course: its sessions to come are cancelled and their time is free at once; what took place stays. Needs a reason."""
    why = doing.why()
    known = locked(db, queries.course(db, key), doing)
    check_course(known.course.status, (CourseStatus.ACTIVE, CourseStatus.ON_HOLD))
    ahead = known.course.ahead(doing.now)
    reserving.release(db, [session.id for session in ahead], now=doing.now)
    _update_all(db, ahead, status=SessionStatus.CANCELLED, reason=why, version=SessionRow.version + 1)
    record(db, known, doing, [(None, "stopped", {}), *(_left(session, "cancelled") for session in ahead)])
    return done(db, known, status=CourseStatus.STOPPED, reason=why)


# Looking


def locked(db: Db, seen: KnownCourse, doing: Doing) -> KnownCourse:
    """The course as it is with everybody else held off its patient. Raises `StaleVersion`."""
    queries.lock_patient(db, seen.patient_id)
    known = queries.course_with(db, seen.id)
    check_version("course", doing.expected, known.course.version)
    return known


def that_may(known: KnownCourse, key: str, verb: str, now: datetime) -> TreatmentSession:
    """A session that has not begun, of a course that runs. Raises `WrongState`."""
    session = known.course.session(key)
    check_course(known.course.status, (CourseStatus.ACTIVE,))
    check_verb(verb, session.number, session.status)
    if session.is_history(now):
        raise WrongState(f"Session {session.number} has begun already and stays where it is; record it as missed.", session.status)
    return session


def _standing(db: Db, known: KnownCourse, now: datetime, *, gone: TreatmentSession | None = None) -> Standing:
    course, busy = known.course, list(queries.busy_times(db, known.patient_id, without_course=known.id))
    without = gone.id if gone else ""
    ahead = tuple(session for session in course.ahead(now) if session.id != without)
    history = tuple(
        sorted((s for s in course.history(now) if s.id != without and s.interval), key=lambda session: place_of(session).interval)
    )
    nothing = Calendar(known.site.site, ())
    if gone is not None and gone.interval is not None and _is_daily(course.request, gone):
        busy.append(_date_of(known, gone.interval.starts_at))  # what fell away today is not made up for today
    return Standing(course, course.request, nothing, tuple(busy), history, ahead, now, now, gone)


def _is_daily(request: CourseRequest, session: TreatmentSession) -> bool:
    return request.protocol.slots[session.number - 1].spacing.per_day == 1


def _follow(db: Db, known: KnownCourse, standing: Standing) -> Consequences:
    """Beyond what is looked up everything seems free, so an answer that stays within it is the answer."""
    without = [session.id for session in (*standing.ahead, *filter(None, [standing.gone]))]
    last = max([standing.not_before, *(session.interval.ends_at for session in standing.ahead if session.interval)])
    reach = REACH
    while True:
        between = Interval(standing.now, last + reach)
        calendar = rooms_queries.calendar(db, known.site.id, between, now=standing.now, without_purposes=without)
        follow = what_follows(replace(standing, calendar=calendar))
        places = [change.place for change in follow.changes if change.place is not None]
        if all(seat.interval.ends_at <= between.ends_at for place in places for seat in place.seats):
            return follow
        reach *= 2


def _moving(  # noqa: PLR0913  # all of it is what a move is decided on
    db: Db,
    known: KnownCourse,
    session: TreatmentSession,
    between: Interval,
    now: datetime,
    onto: Sequence[str] = (),
    *,
    held_for: Collection[str] = (),
    despite_gap: bool = False,
) -> Moving:
    calendar = rooms_queries.calendar(db, known.site.id, between, now=now, without_purposes=[session.id, *held_for])
    busy = queries.busy_times(db, known.patient_id, without_course=known.id)
    moving = Moving(known.course, known.course.request, session, calendar, busy, now, tuple(onto))
    return moving.allowing_late() if despite_gap else moving


def _alternatives(db: Db, known: KnownCourse, session: TreatmentSession, near: datetime, now: datetime, n: int = 3) -> list[Alternative]:
    between = Interval(max(now, near - SEARCH - timedelta(days=2)), near + SEARCH + timedelta(days=2))
    return _moving(db, known, session, between, now).nearest(near, n)


def _date_of(known: KnownCourse, instant: datetime) -> Interval:
    time = SiteTime(known.site.site.timezone)
    return time.day(time.date_of(instant)).whole


# Writing


Visit = tuple[str, Change]
"""A session's public id, and what becomes of it."""


def _visits(follow: Consequences, new_id: NewId) -> list[Visit]:
    return [(change.before.id if change.before else new_id("s_"), change) for change in follow.changes]


def _carry_out(db: Db, known: KnownCourse, follow: Consequences, doing: Doing) -> None:
    visits = _visits(follow, doing.new_id)
    _book(db, known, visits, (), doing)
    write_visits(db, known, visits, None, doing)


def _book(db: Db, known: KnownCourse, visits: Iterable[Visit], gone: Collection[str], doing: Doing) -> None:
    visits = list(visits)
    places = {key: change.place for key, change in visits if change.place and change.what in BOOKS}
    claims = seating.claims_for(db, known.site.id, places, known.course.request)
    freed = [key for key, change in visits if change.what in FREES]
    reserving.replace_all(db, known.site.id, [*gone, *freed], claims, new_id=doing.new_id, now=doing.now)


def write_visits(db: Db, known: KnownCourse, visits: Iterable[Visit], gone: TreatmentSession | None, doing: Doing) -> None:
    """Write the rows after their bookings. First every changed one loses its number, and its time where that changes: no two may clash."""
    changed = [(key, change) for key, change in visits if change.what is not What.STAYS]
    present = [change.before for _, change in changed if change.before]
    _update_all(db, present, number=SessionRow.number + ASIDE, version=SessionRow.version + 1)
    elsewhere = [change.before for _, change in changed if change.before and change.what in BOOKS]
    _update_all(db, elsewhere, status=SessionStatus.PLANNED, starts_at=None, ends_at=None)
    for key, change in changed:
        if change.before is not None:
            db.execute(_BY_KEY.values(**_columns(change, doing)), {"key": key})
    _insert_visits(db, known, [(key, change) for key, change in changed if change.before is None], gone)
    record(db, known, doing, [(key, KINDS.get(change.what, change.what), _told(change)) for key, change in changed])


_BY_KEY = update(SessionRow).where(SessionRow.public_id == bindparam("key")).execution_options(synchronize_session=False)


def _columns(change: Change, doing: Doing) -> dict[str, object]:
    if change.what is What.DROPPED:
        return {"number": change.number, "status": SessionStatus.CANCELLED, "reason": doing.reason}
    if change.place is not None and change.what in BOOKS:
        kept = {"status": change.before.status} if change.before and change.before.status.has_begun else {}
        return session_columns(change.place) | kept  # who has come stays come, at another time of the day
    return {"number": change.number, "phase": change.phase, "template": change.template, "authorized": change.authorized}


def _insert_visits(db: Db, known: KnownCourse, visits: Sequence[Visit], gone: TreatmentSession | None) -> None:
    common = {"course_id": known.id, "patient_id": known.patient_id, "reason": None, "version": 1}
    owed = {"status": SessionStatus.PLANNED, "starts_at": None, "ends_at": None, "authorized": True, "missed_wish": None}
    made_up = queries.session_ids(db, [gone.id])[gone.id] if gone else None
    rows = []
    for key, change in visits:
        place = session_columns(change.place) if change.place else owed
        which = {"number": change.number, "phase": change.phase, "template": change.template}
        rows.append(common | place | which | {"public_id": key, "replaces_id": made_up})
        made_up = None
    if rows:
        db.execute(insert(SessionRow), rows)


def _told(change: Change) -> dict[str, object]:
    told: dict[str, object] = {"number": change.number}
    if change.before is not None:
        told["from"] = place_told(change.before)
    if change.place is not None:
        told["to"] = place_told(change.place)
    return told


def _update_all(db: Db, sessions: Iterable[TreatmentSession], **columns: object) -> None:
    row = SessionRow
    for some in rooms_queries.chunks(session.id for session in sessions):
        db.execute(update(row).where(row.public_id.in_(some)).values(**columns).execution_options(synchronize_session=False))


Event = tuple[str | None, str, dict[str, object]]
"""A session's public id (None: the course as a whole), what happened, and its details."""


def _left(session: TreatmentSession, kind: str) -> Event:
    return session.id, kind, {"from": place_told(session)}


def record(db: Db, known: KnownCourse, doing: Doing, events: Sequence[Event]) -> None:
    """Add to the course's history."""
    ids = queries.session_ids(db, [key for key, _, _ in events if key])
    common = {"course_id": known.id, "at": doing.now, "by": doing.by, "reason": doing.reason}
    rows = [common | {"session_id": ids[key] if key else None, "kind": kind, "detail": detail} for key, kind, detail in events]
    if rows:
        db.execute(insert(SessionEventRow), rows)


def done(db: Db, known: KnownCourse, **columns: object) -> Course:
    """The course as it is now, one version on."""
    row = CourseRow
    db.execute(update(row).where(row.id == known.id).values(version=row.version + 1, **columns))
    faults.point("F10")
    return queries.course_with(db, known.id).course
