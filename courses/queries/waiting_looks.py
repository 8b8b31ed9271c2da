"""Looks into the waiting list and plans for many who wait."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from courses.errors import Unknown
from courses.patients.patient import Patient
from courses.plans.ongoing.course import CourseWish
from courses.plans.ongoing.kept import authorization_of
from courses.plans.request import Window
from courses.plans.waiting.joint import JointAnswer, JointPlan, JointStatus
from courses.plans.waiting.kept_plan import plan_of
from courses.plans.waiting.wait import WaitingCourse, WaitingStatus
from courses.protocols.version import ProtocolVersion
from courses.queries.known import Happening, KnownJoint, KnownWaiting
from courses.queries.patient_looks import patients_with
from courses.queries.protocol_looks import versions
from courses.records import (
    CourseRow,
    JointAnswerRow,
    JointPlanRow,
    ProtocolRow,
    ProtocolVersionRow,
    WaitingCourseRow,
    WaitingEventRow,
)
from rooms import queries as rooms_queries
from rooms.base import Db
from rooms.queries import KnownSite


def waiting_course(db: Db, key: str) -> KnownWaiting:
    """A course that is or was waited for. Raises `Unknown`."""
    found = _waiting(db, WaitingCourseRow.public_id == key)
    if not found:
        raise Unknown("waiting course", key)
    return found[0]


def waiting_courses(
    db: Db, site_id: int, *, protocol: str | None = None, patient_id: int | None = None, keys: Collection[str] | None = None
) -> tuple[KnownWaiting, ...]:
    """Who waits at a site, the weightiest first, then who has waited longest; of one protocol (by public id), or only some of them."""
    row = WaitingCourseRow
    which = [row.site_id == site_id, row.status == WaitingStatus.WAITING]
    if protocol is not None:
        of_it = select(ProtocolVersionRow.id).join(ProtocolRow, ProtocolRow.id == ProtocolVersionRow.protocol_id)
        which.append(row.protocol_version_id.in_(of_it.where(ProtocolRow.public_id == protocol)))
    if patient_id is not None:
        which.append(row.patient_id == patient_id)
    if keys is not None:
        which.append(row.public_id.in_(keys))
    return _waiting(db, *which)


def waiting_history_of(db: Db, waiting_id: int) -> tuple[Happening, ...]:
    """Everything that happened to a course while it was waited for, in order."""
    row = WaitingEventRow
    asked = select(row).where(row.waiting_course_id == waiting_id).order_by(row.at, row.id)
    return tuple(Happening(each.at, each.kind, each.by, None, each.detail, each.reason) for each in db.scalars(asked))


def joint_plan(db: Db, key: str, *, only: str | None = None) -> KnownJoint:
    """A joint plan with its answers, or with that of one waiting course only (by public id). Raises `Unknown`."""
    row = db.scalar(select(JointPlanRow).where(JointPlanRow.public_id == key).execution_options(populate_existing=True))
    if row is None:
        raise Unknown("joint plan", key)
    joint = JointPlan(
        row.public_id,
        JointStatus(row.status),
        row.by,
        row.created_at,
        timedelta(seconds=row.limit_seconds),
        row.seed,
        row.stands_until,
        row.objective,
        row.bound,
        row.gap,
        _joint_answers(db, row.id, only),
    )
    return KnownJoint(row.id, rooms_queries.site(db, row.site_id), joint)


def newest_joint_plan(db: Db, site_id: int) -> str | None:
    """The public id of a site's newest joint plan, if it has one."""
    row = JointPlanRow
    return db.scalar(select(row.public_id).where(row.site_id == site_id).order_by(row.created_at.desc(), row.id.desc()).limit(1))


def joint_answer_ids(db: Db, key: str) -> dict[str, int]:
    """The row numbers of a joint plan's answers by the waiting courses' public ids."""
    row = JointAnswerRow
    asked = select(WaitingCourseRow.public_id, row.id).join(row, row.waiting_course_id == WaitingCourseRow.id)
    asked = asked.join(JointPlanRow, JointPlanRow.id == row.joint_plan_id).where(JointPlanRow.public_id == key)
    return {waiting: answer_id for waiting, answer_id in db.execute(asked)}


def old_joint_plans(db: Db, site_id: int, *, until: datetime) -> tuple[int, ...]:
    """The row numbers of a site's joint plans that could be booked only until then."""
    return tuple(db.scalars(select(JointPlanRow.id).where(JointPlanRow.site_id == site_id, JointPlanRow.stands_until < until)))


def _joint_answers(db: Db, joint_id: int, only: str | None) -> tuple[JointAnswer, ...]:
    row = JointAnswerRow
    asked = select(row, WaitingCourseRow.public_id).join(WaitingCourseRow, WaitingCourseRow.id == row.waiting_course_id)
    asked = asked.where(row.joint_plan_id == joint_id)
    if only is not None:
        asked = asked.where(WaitingCourseRow.public_id == only)
    found = db.execute(asked.order_by(row.position).execution_options(populate_existing=True)).all()
    keys = [key for _, key in found]
    of_key = {known.waiting.id: known.waiting for some in rooms_queries.chunks(keys) for known in _waiting_with(db, some)}
    return tuple(JointAnswer(of_key[key], each.seen, plan_of(each.plan) if each.plan else None, each.trouble) for each, key in found)


def _waiting_with(db: Db, keys: Collection[str]) -> tuple[KnownWaiting, ...]:
    return _waiting(db, WaitingCourseRow.public_id.in_(keys))


def _waiting(db: Db, *which: ColumnElement[bool]) -> tuple[KnownWaiting, ...]:
    row = WaitingCourseRow
    asked = select(row, CourseRow.public_id).outerjoin(CourseRow, CourseRow.id == row.course_id).where(*which)
    found = db.execute(asked.order_by(row.priority.desc(), row.since, row.id).execution_options(populate_existing=True)).all()
    people = patients_with(db, {each.patient_id for each, _ in found})
    by_which = {each.protocol_version_id for each, _ in found}
    known_versions = {known.id: known.version for known in versions(db, ProtocolVersionRow.id.in_(by_which))} if found else {}
    sites = {site_id: rooms_queries.site(db, site_id) for site_id in sorted({each.site_id for each, _ in found})}
    return tuple(
        KnownWaiting(
            each.id,
            each.patient_id,
            sites[each.site_id],
            _waiting_course(each, course, people[each.patient_id].patient, known_versions[each.protocol_version_id], sites[each.site_id]),
        )
        for each, course in found
    )


def _waiting_course(row: WaitingCourseRow, course: str | None, who: Patient, version: ProtocolVersion, site: KnownSite) -> WaitingCourse:
    wish = CourseWish(
        site.public_id,
        who.id,
        version.protocol_id,
        row.starts_on,
        version.number,
        row.start_on_or_before,
        row.finish_on_or_before,
        row.priority,
        None if row.window_from is None or row.window_until is None else Window(row.window_from, row.window_until),
        authorization_of(row.authorization),
        row.code,
    )
    state = WaitingStatus(row.status)
    return WaitingCourse(row.public_id, state, who, version, wish, row.ordered_by, row.since, course, row.reason, row.version)
