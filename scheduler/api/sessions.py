"""One session of a course: moved, cancelled, missed, and what follows for the others."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from courses import queries, rescheduling
from courses.plans.ongoing.follow import Change as SessionChange
from courses.plans.ongoing.follow import Consequences, What
from courses.plans.ongoing.moving import Alternative
from courses.queries import KnownCourse
from courses.rescheduling import Doing
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from scheduler.api.course_shapes import CourseShown, SessionOfCourse
from scheduler.api.fields import Key, Line, Moment, Reason, Shape, instant_of, on_clock
from scheduler.api.problems import changes, problems
from scheduler.dependencies import AtDesk, Change, Changing, shown

router = APIRouter(prefix="/sessions/{session}", tags=["sessions"])


class Why(Shape):
    """Why it is done; kept with the course."""

    reason: Reason = Field(examples=["Patient has a cold."])


class Move(Shape):
    """Where a session is to go."""

    starts_at: Moment
    resources: list[Line] = Field([], max_length=20, description="Codes of resources that it must have.")
    despite_gap: bool = Field(False, strict=True, description="A person decided that it may be later than its phase allows.")
    reason: Reason = ""


class AlternativeShown(Shape):
    """A place that the session could have, and the number that it would have there."""

    number: int
    starts_at: datetime
    ends_at: datetime
    resources: list[str]

    @classmethod
    def of(cls, place: Alternative, time: SiteTime | None) -> AlternativeShown:
        """A place as it is shown."""
        return cls(
            number=place.number,
            starts_at=on_clock(place.interval.starts_at, time),
            ends_at=on_clock(place.interval.ends_at, time),
            resources=list(place.resources),
        )


class Alternatives(Shape):
    """Places that a session could have, the nearest first."""

    alternatives: list[AlternativeShown]


class PlaceShown(Shape):
    """Where a session is or is to be."""

    starts_at: datetime
    ends_at: datetime
    resources: list[str]


class ChangeShown(Shape):
    """What becomes of a session. `session` null is a new one; `before` and `after` null are without a place."""

    session: str | None
    number: int
    phase: str
    template: str
    what: What
    before: PlaceShown | None
    after: PlaceShown | None

    @classmethod
    def of(cls, change: SessionChange, time: SiteTime) -> ChangeShown:
        """A change as it is shown."""
        was, place = change.before, change.place
        return cls(
            session=was and was.id,
            number=change.number,
            phase=change.phase,
            template=change.template,
            what=change.what,
            before=None if was is None or was.interval is None else _place(was.interval, was.resources, time),
            after=None if place is None else _place(place.interval, [seat.resource for seat in place.seats], time),
        )


class Follows(Shape):
    """What follows for a course: in words, and each session that does not simply stay."""

    sentence: str = Field(examples=["3 sessions move, 1 session is added."])
    changes: list[ChangeShown]
    unplaceable: str | None = Field(description="Why a session that is owed has no place.")

    @classmethod
    def of(cls, follow: Consequences, time: SiteTime) -> Follows:
        """What follows as it is shown."""
        told = [ChangeShown.of(change, time) for change in follow.changes if change.what is not What.STAYS]
        return cls(sentence=follow.sentence, changes=told, unplaceable=follow.unplaceable and follow.unplaceable.detail)


class Followed(Shape):
    """What was done to a course, and the course as it is now. `version` is its ETag."""

    followed: Follows
    course: CourseShown
    version: int


@router.get("", response_model=SessionOfCourse, responses=problems(404), summary="One session")
def get_session(session: Key, desk: AtDesk) -> Response:
    """A session by its id. Its ETag is its course's."""
    with desk.reading() as db:
        known = queries.course_of_session(db, session)
        return shown(SessionOfCourse.of_course(known.course, session, time_of(known)))


@router.get("/alternatives", response_model=Alternatives, responses=problems(404), summary="Where a session could go")
def list_alternatives(
    session: Key,
    desk: AtDesk,
    near: Annotated[Moment, Query(description="The wished time.")],
    n: Annotated[int, Query(ge=1, le=20, description="How many.")] = 3,
) -> Response:
    """The nearest places that the rules allow and that are free."""
    with desk.reading() as db:
        time = time_of(queries.course_of_session(db, session))
        found = rescheduling.alternatives(db, session, instant_of(near, time), now=desk.now, n=n)
        return shown(Alternatives(alternatives=[AlternativeShown.of(place, time) for place in found]))


@router.get("/consequences", response_model=Follows, responses=problems(404, 409), summary="What would follow if it fell away")
def preview_consequences(session: Key, desk: AtDesk) -> Response:
    """What would become of the others if the session were cancelled or recorded as missed now. Nothing is changed."""
    with desk.reading() as db:
        time = time_of(queries.course_of_session(db, session))
        return shown(Follows.of(rescheduling.consequences(db, session, now=desk.now), time))


@router.post("/move", response_model=CourseShown, responses=changes(404, etag=True), summary="Move a session")
def move_session(session: Key, to: Move, change: Changing) -> Response:
    """The other sessions stay. Where it cannot be, the refusal says who has what until when, and offers the nearest alternatives."""

    def work(db: Db) -> CourseShown:
        time = time_of(queries.course_of_session(db, session))
        doing, starts_at = doing_of(change, to.reason), instant_of(to.starts_at, time)
        moved = rescheduling.move_session(db, session, starts_at, doing, onto=to.resources, despite_gap=to.despite_gap)
        return CourseShown.of(moved, time)

    return change.answer(to, work)


@router.post("/cancel", response_model=Followed, responses=changes(404, etag=True), summary="Cancel a session")
def cancel_session(session: Key, why: Why, change: Changing) -> Response:
    """Its time is free at once. It is owed again, and the rest follows within the protocol's rules."""

    def work(db: Db) -> Followed:
        return _followed(db, session, rescheduling.cancel_session(db, session, doing_of(change, why.reason)))

    return change.answer(why, work)


@router.post("/miss", response_model=Followed, responses=changes(404, etag=True), summary="The patient did not come")
def miss_session(session: Key, why: Why, change: Changing) -> Response:
    """The session is owed again, and the rest follows within the protocol's rules."""

    def work(db: Db) -> Followed:
        return _followed(db, session, rescheduling.miss_session(db, session, doing_of(change, why.reason)))

    return change.answer(why, work)


def doing_of(change: Change, reason: str) -> Doing:
    """Who does it, when and why, and to which version."""
    return Doing(change.by, change.now, change.new_id, reason or None, change.version)


def time_of(known: KnownCourse) -> SiteTime:
    """The clock of a course's site."""
    return SiteTime(known.site.site.timezone)


def _followed(db: Db, session: str, follow: Consequences) -> Followed:
    known = queries.course_of_session(db, session)
    time = time_of(known)
    return Followed(followed=Follows.of(follow, time), course=CourseShown.of(known.course, time), version=known.course.version)


def _place(interval: Interval, resources: tuple[str, ...] | list[str], time: SiteTime) -> PlaceShown:
    starts_at, ends_at = on_clock(interval.starts_at, time), on_clock(interval.ends_at, time)
    return PlaceShown(starts_at=starts_at, ends_at=ends_at, resources=list(resources))
