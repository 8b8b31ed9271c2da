"""The waiting list: who waits for a course, planning many together, and booking what was found."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from starlette.background import BackgroundTask

from courses import queries, waiting
from courses.plans.waiting.joint import JointPlan
from courses.plans.waiting.wait import WaitingCourse, WaitingStatus
from courses.waiting import Acting
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.api.course_shapes import HappeningShown
from scheduler.api.fields import Key
from scheduler.api.problems import changes, problems
from scheduler.api.waiting_shapes import (
    Booking,
    JointPlanShown,
    NewJointPlan,
    NewWaiting,
    Outcomes,
    OutcomeShown,
    TakingOff,
    WaitingChange,
    WaitingHistory,
    WaitingList,
    WaitingShown,
)
from scheduler.dependencies import AtDesk, Change, Changing, Creating, shown
from scheduler.waiting_list import book_each, make_joint_plan

router = APIRouter(tags=["waiting list"])

PUT_ON: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The course on the list.",
        "links": {"waiting": {"operationId": "get_waiting_course", "parameters": {"waiting": "$response.body#/id"}}},
    }
}
ASKED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The joint plan, which is being made.",
        "links": {"joint_plan": {"operationId": "get_joint_plan", "parameters": {"joint_plan": "$response.body#/id"}}},
    }
}


@router.get("/sites/{site}/waiting-list", response_model=WaitingList, responses=problems(404), summary="Who waits for a course")
def list_waiting_courses(
    site: Key, desk: AtDesk, protocol: Annotated[Key | None, Query(description="Only for a protocol, by id.")] = None
) -> Response:
    """The weightiest first, then who has waited longest."""
    with desk.reading() as db:
        found = queries.waiting_courses(db, rooms_queries.site(db, site).id, protocol=protocol)
        return shown(WaitingList(waiting=[WaitingShown.of(known, desk.now) for known in found]))


@router.post(
    "/sites/{site}/waiting-list",
    status_code=201,
    response_model=WaitingShown,
    responses=PUT_ON | changes(404),
    summary="Put a course on the waiting list",
)
def put_on_waiting_list(site: Key, new: NewWaiting, change: Creating) -> Response:
    """Nothing is planned or booked. Refused where the patient waits for a course by the same protocol already."""
    wish, acting = new.wish.value(site), Acting(change.by, change.now)

    def work(db: Db) -> WaitingShown:
        made = waiting.put_on(db, wish, acting, new_id=change.new_id, ordered_by=new.ordered_by)
        return _shown(db, made, change)

    return change.answer(new, work, status=201)


@router.get("/waiting-list/{waiting}", response_model=WaitingShown, responses=problems(404), summary="One course on the waiting list")
def get_waiting_course(waiting: Key, desk: AtDesk) -> Response:
    """Also after it was booked or taken off."""
    with desk.reading() as db:
        return shown(WaitingShown.of(queries.waiting_course(db, waiting), desk.now))


@router.get(
    "/waiting-list/{waiting}/history", response_model=WaitingHistory, responses=problems(404), summary="What happened while it waited"
)
def get_waiting_history(waiting: Key, desk: AtDesk) -> Response:
    """When it was put on the list, changed, booked or taken off, by whom and why."""
    with desk.reading() as db:
        known = queries.waiting_course(db, waiting)
        time = SiteTime(known.site.site.timezone)
        happened = queries.waiting_history_of(db, known.id)
        return shown(WaitingHistory(happenings=[HappeningShown.of(each, time) for each in happened]))


@router.put("/waiting-list/{waiting}", response_model=WaitingShown, responses=changes(404, etag=True), summary="Change what is waited for")
def change_waiting(waiting: Key, wanted: WaitingChange, change: Changing) -> Response:
    """The place on the list stays."""
    return change.answer(wanted, lambda db: _wish_changed(db, waiting, wanted, change))


@router.post(
    "/waiting-list/{waiting}/take-off",
    response_model=WaitingShown,
    responses=changes(404, etag=True),
    summary="Take a course off the waiting list",
)
def take_off_waiting_list(waiting: Key, why: TakingOff, change: Changing) -> Response:
    """For a reason, which is kept."""
    return change.answer(why, lambda db: _taken_off(db, waiting, why, change))


@router.post(
    "/sites/{site}/joint-plans",
    status_code=201,
    response_model=JointPlanShown,
    responses=ASKED | changes(404),
    summary="Plan waiting courses together",
)
def ask_for_joint_plan(site: Key, wanted: NewJointPlan, change: Creating) -> Response:
    """Planning begins and goes on after this answer; `GET /joint-plans/{joint_plan}` tells how far it is. Nothing is booked."""
    limit, acting = timedelta(seconds=wanted.seconds), Acting(change.by, change.now)

    def work(db: Db) -> JointPlanShown:
        made = waiting.ask_together(db, site, acting, new_id=change.new_id, keys=wanted.waiting, limit=limit, seed=wanted.seed)
        return JointPlanShown.of(queries.joint_plan(db, made.id), change.now)

    answer, desk = change.answer(wanted, work, status=201), change.desk
    asked = json.loads(bytes(answer.body))["id"]
    answer.background = BackgroundTask(make_joint_plan, desk.database, desk.clock, asked)
    return answer


@router.get("/joint-plans/{joint_plan}", response_model=JointPlanShown, responses=problems(404), summary="A joint plan")
def get_joint_plan(joint_plan: Key, desk: AtDesk) -> Response:
    """How far it is or, once it is ready, every course's plan, or why there is none; and how near it is to the best possible."""
    with desk.reading() as db:
        return shown(JointPlanShown.of(queries.joint_plan(db, joint_plan), desk.now))


@router.post(
    "/joint-plans/{joint_plan}/book",
    response_model=Outcomes,
    responses=changes(404),
    summary="Book courses of a joint plan",
)
def book_joint_plan(joint_plan: Key, wanted: Booking, change: Creating) -> Response:
    """Each course whole and on its own, exactly as it was planned. Sent again with its key, it is answered as before and books no more;
    where it broke off before it had an answer, it goes on.

    A course whose place was taken meanwhile is refused by name, with a fresh plan in the joint plan; the others are booked.
    """
    desk = change.desk

    def work() -> Outcomes:
        with desk.reading() as db:
            joint = queries.joint_plan(db, joint_plan).joint
        done = book_each(desk.database, desk.clock, joint_plan, _to_book(joint, wanted), change.by)
        return Outcomes(outcomes=[OutcomeShown.of(outcome) for outcome in done])

    return change.answer_of_steps(wanted, work)


def _to_book(joint: JointPlan, wanted: Booking) -> list[str]:
    """Those that were named or else all with a plan, also those that are booked already, so that a repeated request is answered alike."""
    if wanted.waiting is not None:
        return wanted.waiting
    return [answer.waiting.id for answer in joint.answers if answer.plan and answer.waiting.status is not WaitingStatus.TAKEN_OFF]


def _wish_changed(db: Db, key: str, wanted: WaitingChange, change: Change) -> WaitingShown:
    wish = wanted.value(queries.waiting_course(db, key).waiting.wish)
    acting = Acting(change.by, change.now, expected=change.version)
    return _shown(db, waiting.change_wish(db, key, wish, acting, ordered_by=wanted.ordered_by), change)


def _taken_off(db: Db, key: str, why: TakingOff, change: Change) -> WaitingShown:
    return _shown(db, waiting.take_off(db, key, Acting(change.by, change.now, why.reason, change.version)), change)


def _shown(db: Db, there: WaitingCourse, change: Change) -> WaitingShown:
    return WaitingShown.of(queries.waiting_course(db, there.id), change.now)
