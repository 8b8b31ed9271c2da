"""The waiting list: who waits for a course, planning many of them together, and booking what was found, each course whole or not at all.

A joint plan is a proposal and holds no place. `book` enrols one of its courses exactly as a single one is enrolled, so that everything
is checked again; done twice, it gives the course that is there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert, update

from courses import enrolling, queries
from courses.errors import Faulty, Unknown, check_version, checked_text
from courses.patients.patient import Patient
from courses.plans.batch import Clinic
from courses.plans.ongoing.course import Course, CourseWish, check_wish, hours_of
from courses.plans.ongoing.kept import kept_authorization
from courses.plans.plan import ClinicPlan, CoursePlan, Unplaceable
from courses.plans.request import CourseRequest, PatientHours
from courses.plans.waiting.joint import KEPT, STANDS, JointPlan, JointStatus, NotInJointPlan, SoFar, ToPlan, check_bookable
from courses.plans.waiting.kept_plan import kept_plan
from courses.plans.waiting.wait import AlreadyWaiting, NobodyWaits, WaitingCourse, WaitingStatus, check_waiting
from courses.protocols.version import RetiredProtocol, VersionStatus
from courses.queries import Asked, KnownWaiting
from courses.records import JointAnswerRow, JointPlanRow, WaitingCourseRow, WaitingEventRow
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db, NewId
from rooms.errors import DomainError

LONGEST_PLANNING = timedelta(minutes=30)
MOST_TOGETHER = 500
"""How many courses are planned together at most."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who does something to the list, when and why. `expected` is the entry's version as they saw it (`StaleVersion`)."""

    by: str
    now: datetime
    reason: str = ""
    expected: int | None = None


def put_on(db: Db, wish: CourseWish, acting: Acting, *, new_id: NewId, ordered_by: str = "") -> WaitingCourse:
    """Put a course on the waiting list. Raises `AlreadyWaiting`, and `Unknown`, `RetiredProtocol` and `Faulty` for the wish."""
    asked = queries.asked(db, wish)
    queries.lock_patient(db, asked.patient.id)
    check_wish(wish, SiteTime(asked.site.site.timezone), acting.now)
    for there in queries.waiting_courses(db, asked.site.id, patient_id=asked.patient.id):
        if there.waiting.version_of.protocol_id == asked.version.version.protocol_id:
            raise AlreadyWaiting(there.waiting)
    row = WaitingCourseRow(
        site_id=asked.site.id,
        public_id=new_id("w_"),
        patient_id=asked.patient.id,
        status=WaitingStatus.WAITING,
        since=acting.now,
        version=1,
        **_wish_columns(asked, wish, ordered_by),
    )
    db.add(row)
    db.flush()
    _happened(db, row.id, "put_on", acting, _told(wish))
    return queries.waiting_course(db, row.public_id).waiting


def change_wish(db: Db, key: str, wish: CourseWish, acting: Acting, *, ordered_by: str = "") -> WaitingCourse:
    """Wish for something else; the place on the list stays. Patient and protocol cannot be changed, the protocol's version can.

    Raises `NotWaiting`, `StaleVersion`, and `Unknown`, `RetiredProtocol` and `Faulty` for the wish.
    """
    known = _locked(db, key, acting)
    before = known.waiting.wish
    wish = replace(wish, site=before.site, patient=before.patient, protocol=before.protocol)
    time = SiteTime(known.site.site.timezone)
    kept_start = wish.start_on_or_after == before.start_on_or_after
    check_wish(replace(known.waiting, wish=wish).wish_on(time.date_of(acting.now)) if kept_start else wish, time, acting.now)
    asked = queries.asked(db, wish)
    _change(db, known, **_wish_columns(asked, wish, ordered_by))
    _happened(db, known.id, "changed", acting, _told(wish))
    return queries.waiting_course(db, key).waiting


def take_off(db: Db, key: str, acting: Acting) -> WaitingCourse:
    """Take a course off the list, for a reason. Raises `NotWaiting`, `StaleVersion`, `Faulty` without a reason, `Unknown`."""
    known, reason = _locked(db, key, acting), checked_text("reason", acting.reason, 2000)
    _change(db, known, status=WaitingStatus.TAKEN_OFF, reason=reason)
    _happened(db, known.id, "taken_off", acting, {})
    return queries.waiting_course(db, key).waiting


def ask_together(  # noqa: PLR0913  # who, how long and by which chance
    db: Db, site: str, acting: Acting, *, new_id: NewId, keys: Collection[str] | None = None, limit: timedelta, seed: int = 0
) -> JointPlan:
    """Ask for a joint plan of all who wait at a site, or of some. It is made afterwards, by whoever takes it up (`take_up`).

    Raises `Unknown` for a site or course that is not there or waits no more, `NobodyWaits`, `Faulty` for a limit that cannot be.
    """
    if not timedelta(seconds=1) <= limit <= LONGEST_PLANNING:
        raise Faulty("seconds", f"planning may take from 1 to {LONGEST_PLANNING // timedelta(seconds=1)} seconds")
    at = rooms_queries.site(db, site)
    found = _chosen(db, at.id, keys)
    _forget_old(db, at.id, acting.now)
    row = JointPlanRow(
        site_id=at.id,
        public_id=new_id("j_"),
        status=JointStatus.ASKED,
        by=acting.by,
        created_at=acting.now,
        limit_seconds=int(limit.total_seconds()),
        seed=seed,
        stands_until=acting.now + limit + STANDS,
    )
    db.add(row)
    db.flush()
    parts = ({"waiting_course_id": known.id, "position": n, "seen": known.waiting.version} for n, known in enumerate(found))
    db.execute(insert(JointAnswerRow), [{"joint_plan_id": row.id, "plan": None, "trouble": "", **part} for part in parts])
    return queries.joint_plan(db, row.public_id).joint


def take_up(db: Db, joint: str) -> bool:
    """Begin to make a joint plan that was asked for: true for the one who does it, false for everybody else."""
    return _moved_on(db, joint, JointStatus.ASKED, status=JointStatus.PLANNING)


def to_plan(db: Db, joint: str, *, now: datetime) -> ToPlan:
    """All that a joint plan is made from, looked up once: after this no database is needed until there is an answer."""
    known = queries.joint_plan(db, joint)
    time = SiteTime(known.site.site.timezone)
    asked = [answer.waiting for answer in known.joint.answers]
    patients = {each.waiting.id: each.patient_id for each in queries.waiting_courses(db, known.site.id, keys=[each.id for each in asked])}
    requests: list[CourseRequest] = []
    hopeless: dict[str, str] = {}
    hours: dict[str, PatientHours] = {}
    for waiting in asked:
        try:
            requests.append(_request(waiting, time.date_of(now)))
        except DomainError as refused:
            hopeless[waiting.id] = refused.message
        else:
            hours[waiting.patient.id] = _hours(waiting.patient, time, queries.busy_times(db, patients[waiting.id]), now)
    held = rooms_queries.held_from(db, known.site.id, now)
    resources = tuple(each.resource for each in rooms_queries.resources(db, known.site.id, since=now))
    clinic = Clinic(known.site.site, resources, held, hours)
    return ToPlan(clinic, tuple(requests), hopeless, known.joint.limit, known.joint.seed)


def tell_progress(db: Db, joint: str, so_far: SoFar) -> None:
    """Say how good the best plan so far is."""
    _moved_on(db, joint, JointStatus.PLANNING, objective=so_far.objective, bound=so_far.bound, gap=so_far.gap)


def keep_found(db: Db, joint: str, found: ClinicPlan, hopeless: Mapping[str, str], *, now: datetime) -> None:
    """Keep what was found for each course, and from when on it stands. Nothing if the planning was given up meanwhile."""
    measured = {"objective": found.objective, "bound": found.bound, "gap": found.gap}
    if not _moved_on(db, joint, JointStatus.PLANNING, status=JointStatus.READY, stands_until=now + STANDS, **measured):
        return
    parts = queries.joint_answer_ids(db, joint)
    for waiting, why in hopeless.items():
        _keep_answer(db, parts[waiting], None, why)
    for answer in found.courses:
        if isinstance(answer, CoursePlan):
            _keep_answer(db, parts[answer.course], answer, "")
        else:
            _keep_answer(db, parts[answer.course], None, why_not(answer))


def give_up(db: Db, joint: str) -> None:
    """Planning broke off; it can be asked for again."""
    _moved_on(db, joint, JointStatus.PLANNING, status=JointStatus.FAILED)


def why_not(answer: Unplaceable) -> str:
    """Why a course has no place, in a sentence without its end."""
    return f"session {answer.session} cannot be placed, {answer.detail}"


def book(db: Db, joint: str, key: str, acting: Acting, *, new_id: NewId) -> Course:
    """Book one waiting course as the joint plan has it, by the same enrolment as any other. Done twice, it gives the course that is there.

    Raises `PlanOutdated` (and what else `enrol` raises) if the world changed since, `StaleVersion` if the wishes did; `NotWaiting`,
    `NotPlannedYet`, `JointPlanExpired`, `NotInJointPlan`, `Unknown`.
    """
    queries.lock_patient(db, queries.waiting_course(db, key).patient_id)
    known = queries.waiting_course(db, key)
    waiting = known.waiting
    if waiting.course is not None:
        return queries.course(db, waiting.course).course
    check_waiting(waiting)
    part = queries.joint_plan(db, joint, only=key).joint
    check_bookable(part, acting.now)
    answer = part.answer(key)
    if answer is None or answer.plan is None:
        raise NotInJointPlan(waiting.patient.name, answer.trouble if answer else "")
    check_version("wish", answer.seen, waiting.version)
    wish = waiting.wish_on(SiteTime(known.site.site.timezone).date_of(acting.now))
    course = enrolling.enrol(db, wish, answer.plan, by=acting.by, now=acting.now, new_id=new_id)
    _change(db, known, status=WaitingStatus.BOOKED, course_id=queries.course_id(db, course.id))
    _happened(db, known.id, "booked", acting, {"course": course.id, "joint_plan": joint})
    return course


def offer_instead(db: Db, joint: str, key: str, plan: CoursePlan | Unplaceable | None, why: str) -> bool:
    """Put a fresh plan in the place of one that can no longer be had; or none, where there is none. Whether there is one now."""
    fresh = replace(plan, course=key) if isinstance(plan, CoursePlan) else None
    answer_id = queries.joint_answer_ids(db, joint).get(key)
    if answer_id is None:
        return False
    _keep_answer(db, answer_id, fresh, why)
    return fresh is not None


def _request(waiting: WaitingCourse, today: date) -> CourseRequest:
    """Raises `NotWaiting`, `RetiredProtocol`, and `Faulty` for limits that are past."""
    check_waiting(waiting)
    version = waiting.version_of
    if version.status is not VersionStatus.ACTIVE:
        raise RetiredProtocol(version.code, version.number)
    return replace(waiting.wish_on(today).request(version.protocol, waiting.patient.id), id=waiting.id)


def _hours(patient: Patient, time: SiteTime, busy: Sequence[Interval], now: datetime) -> PatientHours:
    """When a patient can come: not while they are in other sessions, and not today before now."""
    hours, midnight = hours_of(patient), time.day(time.date_of(now)).midnight
    past = (Interval(midnight, now),) if now > midnight else ()
    return replace(hours, unavailable=(*hours.unavailable, *past, *busy))


def _chosen(db: Db, site_id: int, keys: Collection[str] | None) -> tuple[KnownWaiting, ...]:
    if keys is not None and len(keys) > MOST_TOGETHER:
        raise Faulty("waiting", f"at most {MOST_TOGETHER} courses are planned together")
    found = queries.waiting_courses(db, site_id, keys=keys)
    there = {known.waiting.id for known in found}
    for key in keys or ():
        if key not in there:
            raise Unknown("waiting course", key)
    if not found:
        raise NobodyWaits
    return found[:MOST_TOGETHER]


def _forget_old(db: Db, site_id: int, now: datetime) -> None:
    old = queries.old_joint_plans(db, site_id, until=now - KEPT)
    db.execute(delete(JointAnswerRow).where(JointAnswerRow.joint_plan_id.in_(old)))
    db.execute(delete(JointPlanRow).where(JointPlanRow.id.in_(old)))


def _locked(db: Db, key: str, acting: Acting) -> KnownWaiting:
    queries.lock_patient(db, queries.waiting_course(db, key).patient_id)
    known = queries.waiting_course(db, key)
    check_waiting(known.waiting)
    check_version("entry", acting.expected, known.waiting.version)
    return known


def _change(db: Db, known: KnownWaiting, **columns: object) -> None:
    row = WaitingCourseRow
    db.execute(update(row).where(row.id == known.id).values(version=known.waiting.version + 1, **columns))


def _wish_columns(asked: Asked, wish: CourseWish, ordered_by: str) -> dict[str, object]:
    window = wish.window
    return {
        "protocol_version_id": asked.version.id,
        "starts_on": wish.start_on_or_after,
        "start_on_or_before": wish.start_on_or_before,
        "finish_on_or_before": wish.finish_on_or_before,
        "priority": wish.priority,
        "window_from": window and window.opens,
        "window_until": window and window.closes,
        "authorization": kept_authorization(wish.authorization),
        "code": wish.code,
        "ordered_by": checked_text("ordered_by", ordered_by) if ordered_by.strip() else "",
    }


def _told(wish: CourseWish) -> dict[str, object]:
    """What was wished for, for the history."""
    limits = {"start_on_or_before": wish.start_on_or_before, "finish_on_or_before": wish.finish_on_or_before}
    said: dict[str, object] = {name: str(limit) for name, limit in limits.items() if limit}
    return said | {"start_on_or_after": str(wish.start_on_or_after), "priority": wish.priority, "version": wish.version}


def _happened(db: Db, waiting_id: int, kind: str, acting: Acting, detail: Mapping[str, object]) -> None:
    said = {"kind": kind, "by": acting.by, "at": acting.now, "detail": dict(detail), "reason": acting.reason.strip() or None}
    db.execute(insert(WaitingEventRow), [{"waiting_course_id": waiting_id, **said}])


def _moved_on(db: Db, joint: str, present: JointStatus, **columns: object) -> bool:
    row = JointPlanRow
    changed = update(row).where(row.public_id == joint, row.status == present).values(**columns).returning(row.id)
    return db.scalar(changed) is not None


def _keep_answer(db: Db, answer_id: int, plan: CoursePlan | None, trouble: str) -> None:
    row = JointAnswerRow
    db.execute(update(row).where(row.id == answer_id).values(plan=plan and kept_plan(plan), trouble=trouble))
