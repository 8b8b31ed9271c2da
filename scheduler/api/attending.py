"""A session on its day: the patient arrives, is treated, is watched, and goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from courses import attending, queries, sliding
from courses.attending import Approved, Attended
from courses.queries import days
from courses.queries.days import Overrun, Pushed
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.access.clinical import Clinical
from scheduler.access.refusals import SecondNeeded
from scheduler.access.role import Role
from scheduler.api.course_shapes import CourseShown, SessionOfCourse
from scheduler.api.fields import Key, Moment, Reason, Shape, instant_of, on_clock
from scheduler.api.problems import changes, problems
from scheduler.api.sessions import Follows, Why, doing_of, time_of
from scheduler.dependencies import AtDesk, Change, Changing, shown
from scheduler.persons import person_at, second_at

router = APIRouter(tags=["attending"])

Step = Callable[[Db, str, Doing], Attended]


class Note(Shape):
    """A remark, kept with the course; may be empty."""

    reason: Reason = ""


class Slide(Shape):
    """When a late session can start at the earliest."""

    not_before: Moment
    reason: Reason = ""


class PushedShown(Shape):
    """A visit that cannot begin as booked."""

    session: str
    resource: str = Field(description="The code of what it waits for.")
    starts_at: datetime = Field(description="When it was to have it.")
    minutes: int = Field(description="By how many minutes later it has it.")
    who: str | None = Field(description="Whose visit it is, for those who may know.")

    @classmethod
    def of(cls, pushed: Pushed, time: SiteTime) -> PushedShown:
        """A visit as it is shown."""
        starts_at = on_clock(pushed.starts_at, time)
        return cls(session=pushed.session, resource=pushed.resource, starts_at=starts_at, minutes=pushed.minutes, who=pushed.who)


class OverrunShown(Shape):
    """A watch that runs over what was booked."""

    session: str
    minutes: int = Field(description="By how many minutes.")
    ends_at: datetime = Field(description="When the visit is expected to end.")
    pushed: list[PushedShown]
    in_the_way: list[str] = Field(description="What else stands in its way: somebody goes home, the site closes.")

    @classmethod
    def of(cls, over: Overrun, time: SiteTime) -> OverrunShown:
        """A watch as it is shown."""
        return cls(
            session=over.session,
            minutes=over.minutes,
            ends_at=on_clock(over.ends_at, time),
            pushed=[PushedShown.of(each, time) for each in over.pushed],
            in_the_way=list(over.in_the_way),
        )


class Overruns(Shape):
    """The watches of a site that run over what was booked."""

    overruns: list[OverrunShown]


class StepDone(Shape):
    """A session after a step. `version` is its ETag."""

    session: SessionOfCourse
    lacking: list[str] = Field(description="What is missing still before the treatment, in words.")
    stops: Annotated[list[str], Clinical] = Field([], description="The same with what was answered.")
    warned: Annotated[list[str], Clinical] = Field([], description="House rules that were not kept.")
    overrun: OverrunShown | None = None
    followed: Follows | None = Field(None, description="What follows for the others where the session fell away.")
    version: int

    @classmethod
    def of(cls, done: Attended, key: str, time: SiteTime) -> StepDone:
        """A step as it is shown."""
        return cls(
            session=SessionOfCourse.of_course(done.course, key, time),
            lacking=list(done.lacking),
            stops=[stop.sentence for stop in done.stops],
            warned=list(done.warned),
            overrun=OverrunShown.of(done.overrun, time) if done.overrun else None,
            followed=Follows.of(done.follow, time) if done.follow else None,
            version=done.course.version,
        )


@router.post("/sessions/{session}/arrive", response_model=StepDone, responses=changes(404, etag=True), summary="The patient is here")
def arrive(session: Key, note: Note, change: Changing) -> Response:
    """Tells what is missing before the treatment; nothing is refused for it."""
    return _stepped(session, note, change, attending.arrive)


@router.post("/sessions/{session}/start", response_model=StepDone, responses=changes(404, etag=True), summary="The treatment begins")
def start(session: Key, note: Note, change: Changing) -> Response:
    """Refused while a gate stands before it, or something that has to be answered before it is not."""
    return _stepped(session, note, change, attending.start)


@router.post("/sessions/{session}/observe", response_model=StepDone, responses=changes(404, etag=True), summary="The patient is watched")
def observe(session: Key, note: Note, change: Changing) -> Response:
    """The treatment is over. Where it was written down that it is, and a watch follows, this happens by itself."""
    return _stepped(session, note, change, attending.observe)


@router.post("/sessions/{session}/release", response_model=StepDone, responses=changes(404, etag=True), summary="The patient goes")
def release(session: Key, note: Note, change: Changing) -> Response:
    """Refused before the minimum time, with the seconds that are left; with something open, by name; and unsigned."""
    return _stepped(session, note, change, attending.release)


@router.post(
    "/sessions/{session}/release-early",
    response_model=StepDone,
    responses=changes(404, etag=True),
    summary="The patient goes before the minimum time",
)
def release_early(session: Key, why: Why, change: Changing) -> Response:
    """As a physician decided, with a second person and a reason. Nothing may be open or unsigned all the same."""

    def step(db: Db, key: str, doing: Doing) -> Attended:
        return attending.release(db, key, doing, approved=_approved(db, change))

    return _stepped(session, why, change, step)


@router.post("/sessions/{session}/abort", response_model=StepDone, responses=changes(404, etag=True), summary="The treatment is broken off")
def abort(session: Key, why: Why, change: Changing) -> Response:
    """Before anything was given the session is cancelled and owed again; after that the patient is watched and released as always."""
    return _stepped(session, why, change, attending.abort)


@router.post(
    "/sessions/{session}/incomplete", response_model=StepDone, responses=changes(404, etag=True), summary="Less was given than ordered"
)
def incomplete(session: Key, why: Why, change: Changing) -> Response:
    """Whether it is made up for is a prescriber's order (see extending a course); nothing is added by itself."""
    return _stepped(session, why, change, attending.incomplete)


@router.post(
    "/sessions/{session}/slide", response_model=CourseShown, responses=changes(404, etag=True), summary="A late session slides the rest"
)
def slide(session: Key, late: Slide, change: Changing) -> Response:
    """It and those after it on that day start as much later as they have to; no gap becomes shorter, and no other patient's visit moves."""

    def work(db: Db) -> CourseShown:
        time = time_of(queries.course_of_session(db, session))
        return CourseShown.of(sliding.slide(db, session, instant_of(late.not_before, time), doing_of(change, late.reason)), time)

    return change.answer(late, work)


@router.get("/sites/{site}/overruns", response_model=Overruns, responses=problems(404), summary="Watches that run over")
def list_overruns(site: Key, desk: AtDesk) -> Response:
    """Whom they push, and by how much."""
    with desk.reading() as db:
        known = rooms_queries.site(db, site)
        time = SiteTime(known.site.timezone)
        return shown(Overruns(overruns=[OverrunShown.of(each, time) for each in days.overruns(db, known.id, now=desk.now)]))


def _stepped(session: str, said: Note | Why, change: Change, step: Step) -> Response:
    def work(db: Db) -> StepDone:
        time = time_of(queries.course_of_session(db, session))
        return StepDone.of(step(db, session, doing_of(change, said.reason)), session, time)

    return change.answer(said, work)


def _approved(db: Db, change: Change) -> Approved:
    """Who decided, and the second person, whom the permission table asked for. Raises `SecondNeeded`."""
    by, second = person_at(change.desk), second_at(db, change.desk)
    if second is None:
        raise SecondNeeded((Role.PHYSICIAN.words,))
    return Approved(by.id, by.name, Role.PHYSICIAN, second.id, second.name)
