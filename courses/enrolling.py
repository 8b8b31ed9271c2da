"""READ THIS FIRST: how a protocol becomes a patient's booked course.

`propose` shows a plan, `propose_choices` shows what there is to choose from, and both book nothing; `enrol` books exactly the plan that was
shown: all of its sessions, or none. Where only others' visits on like chairs are in the way, those go to other chairs at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from courses import queries, seating
from courses.errors import CodeTaken
from courses.plans.best_plan import Situation, plan_course
from courses.plans.offering.desk_prices import at_the_desk
from courses.plans.offering.making_room import with_reseating
from courses.plans.offering.missed import explained
from courses.plans.offering.proposal import Proposal, proposal
from courses.plans.ongoing.course import Course, CourseWish, check_wish
from courses.plans.ongoing.kept import kept_authorization, place_told, session_columns
from courses.plans.ongoing.outdated import PlanOutdated, SessionConflict, faults_as_conflicts, refused_sessions
from courses.plans.plan import CoursePlan, PlannedSession, Unplaceable
from courses.plans.possible.cadence import ideal_days
from courses.plans.possible.rulebook import CHANGEABLE, ImpossiblePlan, Rulebook
from courses.plans.request import CourseRequest
from courses.plans.reseating import Reseated
from courses.queries import Asked
from courses.records import CourseRow, SessionEventRow, SessionRow
from courses.sessions.status import CourseStatus
from rooms import faults, reserving
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db, NewId
from rooms.bookings.calendar import Calendar
from rooms.bookings.conflict import BookingRefused

T = TypeVar("T")

REACH = timedelta(days=90)
"""How far beyond the course's ideal end free time is looked up at first; twice as far, and again, while a plan reaches beyond."""


def propose(db: Db, wish: CourseWish, *, now: datetime) -> CoursePlan | Unplaceable:
    """A plan for every session of the course that is wished for, or why there is none. Books nothing.

    Raises `Unknown` and `RetiredProtocol` for what the wish names, `Faulty` for a start that is past.
    """
    asked = queries.asked(db, wish)
    check_wish(wish, SiteTime(asked.site.site.timezone), now)
    return _plan(db, asked, now)


def propose_choices(db: Db, wish: CourseWish, *, now: datetime) -> Proposal:
    """What there is to choose from for the course that is wished for; or why there is no plan, and what would help. Books nothing.

    Raises what `propose` raises.
    """
    asked = queries.asked(db, wish)
    check_wish(wish, SiteTime(asked.site.site.timezone), now)
    found, situation = _answered(db, asked, now, proposal, Proposal.plans)
    before = found.unplaceable or found.choices[0].plan
    better = _better(db, asked, situation, before, now)
    return found if better is None else with_reseating(found, asked.request, situation, better)


def hold_plan(db: Db, wish: CourseWish, plan: CoursePlan, *, until: datetime, now: datetime, new_id: NewId) -> str:
    """Keep the places of a plan for a while, for whoever gives the key to `enrol`; after that they are free again by themselves.

    Nobody makes room for a mere hold. Raises what `enrol` raises.
    """
    asked = queries.asked(db, wish)
    queries.lock_patient(db, asked.patient.id)
    _check_rules(db, asked, wish, plan, now)
    key = new_id("h_")
    sessions = dict(zip(held_places(key, plan), plan.sessions, strict=True))
    claims = seating.claims_for(db, asked.site.id, sessions, asked.request)
    try:
        reserving.reserve(db, asked.site.id, claims, new_id=new_id, now=now, hold_until=until)
    except BookingRefused as refused:
        raise PlanOutdated(_named(db, sessions, refused, now), wish) from refused
    return key


def held_places(key: str, plan: CoursePlan) -> tuple[str, ...]:
    """What the places of a held plan are held for, session by session; `reserving.release` gives them back early."""
    return tuple(f"{key}.{session.number}" for session in plan.sessions)


def enrol(  # noqa: PLR0913  # two of them are what may not be taken from the machine
    db: Db, wish: CourseWish, plan: CoursePlan, *, by: str, now: datetime, new_id: NewId, held: str | None = None
) -> Course:
    """Book the plan that was shown, whole, and begin the course. `held` is the key of its places, where `hold_plan` kept them.

    `reseated` of the course says how many bookings of others went to like resources for it.

    Raises `PlanOutdated` if the world changed since: it names the sessions and who has their place until when; `offer_anew` adds a plan.
    Raises `ImpossiblePlan` for a plan that breaks a rule of the protocol or the site, and what `propose` raises.
    """
    queries.lock_patient(db, queries.asked(db, wish).patient.id)
    asked = queries.asked(db, wish)
    _check_rules(db, asked, wish, plan, now)
    sessions = {new_id("s_"): session for session in plan.sessions}
    claims = seating.claims_for(db, asked.site.id, sessions, asked.request)
    try:
        released = held_places(held, plan) if held else ()
        making_room = seating.take(db, asked.site.id, claims, released=released, new_id=new_id, now=now)
    except BookingRefused as refused:
        raise PlanOutdated(_named(db, sessions, refused, now), wish) from refused
    course_id = _write_course(db, asked, wish, now, new_id("co_"))
    _write_sessions(db, course_id, asked.patient.id, sessions, by, now)
    seating.tell(db, course_id, making_room, by=by, now=now)
    faults.point("F10")
    return replace(queries.course_with(db, course_id).course, reseated=len(making_room))


def offer_anew(db: Db, outdated: PlanOutdated, *, now: datetime) -> PlanOutdated:
    """The same refusal with a plan that can be had now, or why there is none. For when nothing is locked any more: planning takes its time.

    Raises `Unknown` and `RetiredProtocol` where the course cannot even be wished for any more.
    """
    return PlanOutdated(outdated.conflicts, outdated.wish, _plan(db, queries.asked(db, outdated.wish), now))


def _plan(db: Db, asked: Asked, now: datetime) -> CoursePlan | Unplaceable:
    answer, situation = _answered(db, asked, now, plan_course, lambda answer: [answer] if isinstance(answer, CoursePlan) else [])
    better = _better(db, asked, situation, answer, now)
    if better is not None:
        return better.answer
    return explained(asked.request, situation, answer) if isinstance(answer, CoursePlan) else answer


def _better(db: Db, asked: Asked, situation: Situation, before: CoursePlan | Unplaceable, now: datetime) -> Reseated | None:
    midnight = SiteTime(asked.site.site.timezone).day(_ideal_end(asked)).midnight
    return seating.better_plan(db, asked.site.id, asked.request, situation, before, max(now, midnight) + REACH)


def _answered(
    db: Db, asked: Asked, now: datetime, plan: Callable[[CourseRequest, Situation], T], plans: Callable[[T], Iterable[CoursePlan]]
) -> tuple[T, Situation]:
    """What planning gives, and what it was planned against. Free time is looked up far enough for nearly every course at once.

    Beyond it everything seems free, so an answer whose plans stay within it is the answer, and so is that there is none.
    """
    time, busy = SiteTime(asked.site.site.timezone), queries.busy_times(db, asked.patient.id)
    begins, reach = max(now, time.day(asked.request.start_on_or_after).midnight), REACH
    ends, keepers = max(begins, time.day(_ideal_end(asked)).midnight), queries.reserving_protocols(db, asked.site.id)
    while True:
        calendar = rooms_queries.calendar(db, asked.site.id, Interval(begins, ends + reach), now=now)
        situation = Situation(calendar, asked.hours, busy=busy, not_before=now)
        situation = at_the_desk(asked.request, situation, keepers, time.date_of(now))
        answer = plan(asked.request, situation)
        if all(_until(session) <= ends + reach for each in plans(answer) for session in each.sessions):
            return answer, situation
        reach *= 2


def _ideal_end(asked: Asked) -> date:
    """The date on which the course would end if everything were free."""
    site, start = Calendar(asked.site.site, ()), asked.request.start_on_or_after
    days = ideal_days(asked.request.protocol.slots, start, lambda day: site.is_open(date.fromordinal(day)))
    return date.fromordinal(days[-1]) if days else start


def _until(session: PlannedSession) -> datetime:
    return max([session.interval.ends_at, *(seat.interval.ends_at for seat in session.seats)])


def _check_rules(db: Db, asked: Asked, wish: CourseWish, plan: CoursePlan, now: datetime) -> None:
    """Under the patient's lock: raises `ImpossiblePlan` for what never can be, `PlanOutdated` for what no longer can."""
    calendar = Calendar(asked.site.site, [known.resource for known in rooms_queries.resources(db, asked.site.id)])
    check_wish(wish, calendar.time, now)
    rules = Rulebook(asked.request, calendar, asked.hours, queries.busy_times(db, asked.patient.id))
    found = rules.faults(plan.sessions, now)
    if never := [fault for fault in found if fault.code not in CHANGEABLE]:
        raise ImpossiblePlan(never)
    if found:
        raise PlanOutdated(faults_as_conflicts(plan.sessions, found), wish)


def _named(db: Db, sessions: Mapping[str, PlannedSession], refused: BookingRefused, now: datetime) -> list[SessionConflict]:
    holders = {holder.purpose for conflict in refused.conflicts for holder in conflict.holders}
    return refused_sessions(sessions, refused.conflicts, queries.names_of(db, holders, now=now))


def _write_course(db: Db, asked: Asked, wish: CourseWish, now: datetime, public_id: str) -> int:
    window = wish.window
    row = CourseRow(
        site_id=asked.site.id,
        public_id=public_id,
        code=wish.code or public_id,
        patient_id=asked.patient.id,
        protocol_version_id=asked.version.id,
        status=CourseStatus.ACTIVE,
        starts_on=wish.start_on_or_after,
        start_on_or_before=wish.start_on_or_before,
        finish_on_or_before=wish.finish_on_or_before,
        priority=wish.priority,
        window_from=window and window.opens,
        window_until=window and window.closes,
        authorization=kept_authorization(wish.authorization),
        extension=None,
        agreed_sessions=asked.request.protocol.n_sessions,
        reason=None,
        version=1,
        created_at=now,
    )
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError as taken:
        raise CodeTaken("course", row.code) from taken
    return row.id


def _write_sessions(db: Db, course_id: int, patient_id: int, sessions: Mapping[str, PlannedSession], by: str, now: datetime) -> None:
    common = {"course_id": course_id, "patient_id": patient_id, "reason": None, "version": 1, "replaces_id": None}
    rows = [session_columns(session) | common | {"public_id": key} for key, session in sessions.items()]
    middle = len(rows) // 2
    for half in filter(None, (rows[:middle], rows[middle:])):
        db.execute(insert(SessionRow), half)
        faults.point("F9")
    ids = queries.session_ids(db, sessions)
    booked = {"course_id": course_id, "at": now, "kind": "booked", "by": by, "reason": None}
    events = [booked | {"session_id": ids[key], "detail": {"to": place_told(session)}} for key, session in sessions.items()]
    db.execute(insert(SessionEventRow), events)
