"""Courses: booked whole as they were planned, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from courses import enrolling, queries, rescheduling
from courses.plans.ongoing.course import Course
from courses.plans.ongoing.outdated import PlanOutdated
from courses.sessions.status import CourseStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.api.course_shapes import CourseInList, CourseShown, HappeningShown
from scheduler.api.fields import Count, Date, Key, Reason, Shape
from scheduler.api.plan_shapes import AuthorizationShape, ChoiceShown, PlanShown, RelaxationShown, Wish
from scheduler.api.problems import changes, problems
from scheduler.api.sessions import Why, doing_of, time_of
from scheduler.dependencies import AtDesk, Change, Changing, Creating, shown

router = APIRouter(tags=["courses"])

BOOKED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The course, booked whole.",
        "links": {
            "course": {"operationId": "get_course", "parameters": {"course": "$response.body#/id"}},
            "history": {"operationId": "get_history", "parameters": {"course": "$response.body#/id"}},
        },
    }
}


class NewCourse(Shape):
    """A wish and the plan that was shown for it."""

    wish: Wish
    plan: PlanShown
    choices: list[ChoiceShown] = Field([], max_length=10, description="Not read: a proposal may be sent back as it came.")
    relaxation: RelaxationShown | None = Field(None, description="Not read.")


class Resuming(Shape):
    """From when a course goes on."""

    from_on: Date
    despite_gap: bool = Field(False, strict=True, description="A prescriber decided to go on although the gap is longer than allowed.")
    reason: Reason = ""


class Extending(Shape):
    """By what a course is extended: what its protocol foresees, or `more` sessions like its last."""

    reason: Reason
    more: Count | None = None
    authorization: AuthorizationShape | None = Field(None, description="Takes the place of the course's.")


class CourseList(Shape):
    """Courses by patient and start."""

    courses: list[CourseInList]


class History(Shape):
    """What happened to a course, in order."""

    happenings: list[HappeningShown]


@router.post("/sites/{site}/courses", status_code=201, response_model=CourseShown, responses=BOOKED | changes(404), summary="Book a course")
def book_course(site: Key, new: NewCourse, change: Creating) -> Response:
    """Book exactly the plan that was shown: all of its sessions or none.

    If the world changed in between, the refusal names each session and who has its place until when, and `offer` is a new plan.
    """

    def work(db: Db) -> CourseShown:
        time = SiteTime(rooms_queries.site(db, site).site.timezone)
        course = enrolling.enrol(db, new.wish.value(site), new.plan.value(time), by=change.by, now=change.now, new_id=change.new_id)
        return CourseShown.of(course, time)

    try:
        return change.answer(new, work, status=201)
    except PlanOutdated as outdated:
        with change.desk.reading() as db:
            raise enrolling.offer_anew(db, outdated, now=change.now) from outdated


@router.get("/sites/{site}/courses", response_model=CourseList, responses=problems(404), summary="The courses of a site")
def list_courses(
    site: Key,
    desk: AtDesk,
    status: Annotated[list[CourseStatus] | None, Query(max_length=5, description="Only those in these states.")] = None,
    patient: Annotated[Key | None, Query(description="Only those of a patient, by id.")] = None,
) -> Response:
    """How far each has come."""
    with desk.reading() as db:
        at = rooms_queries.site(db, site)
        time = SiteTime(at.site.timezone)
        found = queries.courses(db, at.id, now=desk.now, statuses=status or (), patient_key=patient)
        return shown(CourseList(courses=[CourseInList.of(line, time) for line in found]))


@router.get("/courses/{course}", response_model=CourseShown, responses=problems(404), summary="One course")
def get_course(course: Key, desk: AtDesk) -> Response:
    """A course by its id, with all its sessions."""
    with desk.reading() as db:
        known = queries.course(db, course)
        return shown(CourseShown.of(known.course, time_of(known)))


@router.get("/courses/{course}/history", response_model=History, responses=problems(404), summary="What happened to a course")
def get_history(course: Key, desk: AtDesk) -> Response:
    """Every booking, move, cancellation and the like, with who did it and why."""
    with desk.reading() as db:
        known = queries.course(db, course)
        time = time_of(known)
        return shown(History(happenings=[HappeningShown.of(each, time) for each in queries.history_of(db, known.id)]))


@router.post("/courses/{course}/hold", response_model=CourseShown, responses=changes(404, etag=True), summary="Interrupt a course")
def hold_course(course: Key, why: Why, change: Changing) -> Response:
    """Its sessions to come free their time at once, and are owed until it is resumed."""
    return _changed(change, why, lambda db: rescheduling.hold_course(db, course, doing_of(change, why.reason)))


@router.post("/courses/{course}/resume", response_model=CourseShown, responses=changes(404, etag=True), summary="Go on with a course")
def resume_course(course: Key, wanted: Resuming, change: Changing) -> Response:
    """Everything that is owed gets a place from a date on, or nothing changes."""
    doing = doing_of(change, wanted.reason)
    return _changed(
        change, wanted, lambda db: rescheduling.resume_course(db, course, wanted.from_on, doing, despite_gap=wanted.despite_gap)
    )


@router.post("/courses/{course}/extend", response_model=CourseShown, responses=changes(404, etag=True), summary="Extend a course")
def extend_course(course: Key, wanted: Extending, change: Changing) -> Response:
    """The new sessions are numbered on and booked whole, or nothing changes."""
    doing = doing_of(change, wanted.reason)
    permit = None if wanted.authorization is None else wanted.authorization.value()
    return _changed(change, wanted, lambda db: rescheduling.extend_course(db, course, doing, more=wanted.more, authorization=permit))


@router.post("/courses/{course}/stop", response_model=CourseShown, responses=changes(404, etag=True), summary="End a course")
def stop_course(course: Key, why: Why, change: Changing) -> Response:
    """Its sessions to come are cancelled; what took place stays."""
    return _changed(change, why, lambda db: rescheduling.stop_course(db, course, doing_of(change, why.reason)))


def _changed(change: Change, asked: Shape, do: Callable[[Db], Course]) -> Response:
    def work(db: Db) -> CourseShown:
        course = do(db)
        return CourseShown.of(course, SiteTime(rooms_queries.site(db, course.site).site.timezone))

    return change.answer(asked, work)
