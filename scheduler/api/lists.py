"""The ordered lists of a day: who is next, who is ready, who moves up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from courses import listing, queries
from courses.days.case_list import Places, Ready
from courses.listing import Seen
from courses.queries import lists
from courses.queries.lists import Block, Listed
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.access.clinical import Clinical
from scheduler.api.course_shapes import CourseShown, Who
from scheduler.api.fields import Code, Date, Key, Moment, Reason, Shape, instant_of, on_clock
from scheduler.api.problems import changes, problems
from scheduler.api.sessions import Follows, Why, doing_of, time_of
from scheduler.dependencies import AtDesk, Change, Changing, Creating, shown

router = APIRouter(tags=["lists"])

Keys = Annotated[list[Key], Field(max_length=100)]


class CaseShown(Shape):
    """Somebody on a list, and when they are to be in the room."""

    session: str
    patient: Who
    starts_at: datetime
    ready: Ready
    lacking: Annotated[list[str], Clinical] = Field([], description="What is missing before treatment.")
    rooms: list[str]
    bays: list[str]

    @classmethod
    def of(cls, listed: Listed, time: SiteTime) -> CaseShown:
        """Somebody as they are shown."""
        case, line = listed.case, listed.line
        return cls(
            session=case.session,
            patient=Who(id=line.patient_id, name=line.patient),
            starts_at=on_clock(case.starts_at, time),
            ready=case.ready,
            lacking=list(case.lacking),
            rooms=list(listed.rooms),
            bays=list(listed.bays),
        )


class BlockShown(Shape):
    """One block of a day with its list, in order."""

    resource: str
    name: str
    cases: list[CaseShown]

    @classmethod
    def of(cls, block: Block, time: SiteTime) -> BlockShown:
        """A block as it is shown."""
        return cls(resource=block.resource, name=block.title, cases=[CaseShown.of(each, time) for each in block.listed])


class ListsOfDay(Shape):
    """The lists of a day."""

    day: date
    blocks: list[BlockShown]


class Order(Shape):
    """Another order of those who are not in the room yet. `seen` is the order of all on the list as it was looked at."""

    resource: Code
    seen: Keys
    order: Keys
    reason: Reason = ""


class MoveUp(Shape):
    """A place that became free: when the room is to be taken again."""

    resource: Code
    seen: Keys
    free_at: Moment
    reason: Reason = ""


class MoveShown(Shape):
    """Who could be in the room when."""

    session: str
    starts_at: datetime


class TakenOffShown(Shape):
    """Somebody was taken off a list: what follows for their course, and who could move up. `version` is the course's."""

    followed: Follows
    course: CourseShown
    day: date
    resource: str
    free_at: datetime
    could_move_up: list[MoveShown]
    gaps: list[datetime] = Field(description="When the block would stand still even then.")
    version: int


@router.get("/sites/{site}/lists/{day}", response_model=ListsOfDay, responses=problems(404), summary="The ordered lists of a day")
def get_lists(site: Key, day: Date, desk: AtDesk) -> Response:
    """One list for each anesthesia block, in order of time."""
    with desk.reading() as db:
        known = rooms_queries.site(db, site)
        time = SiteTime(known.site.timezone)
        found = lists.blocks(db, known.id, day, now=desk.now)
        return shown(ListsOfDay(day=day, blocks=[BlockShown.of(each, time) for each in found]))


@router.post("/sites/{site}/lists/{day}/order", response_model=BlockShown, responses=changes(404), summary="Put a list in another order")
def reorder(site: Key, day: Date, to: Order, change: Creating) -> Response:
    """Each takes the place that comes at their turn: all of them, or none."""

    def work(db: Db) -> BlockShown:
        return _shown(db, site, listing.reorder(db, _seen(site, day, to), to.order, doing_of(change, to.reason)))

    return change.answer(to, work)


@router.post("/sites/{site}/lists/{day}/move-up", response_model=BlockShown, responses=changes(404), summary="Let who is ready move up")
def move_up(site: Key, day: Date, to: MoveUp, change: Creating) -> Response:
    """Refused where the block would stand still before somebody's turn."""
    return _moved_up(site, day, to, change, leave_gaps=False)


@router.post(
    "/sites/{site}/lists/{day}/move-up-with-gaps",
    response_model=BlockShown,
    responses=changes(404),
    summary="Let who is ready move up, and the block stand still where nobody is",
)
def move_up_with_gaps(site: Key, day: Date, to: MoveUp, change: Creating) -> Response:
    """For the anesthesia team to say."""
    return _moved_up(site, day, to, change, leave_gaps=True)


@router.post(
    "/sessions/{session}/take-off",
    response_model=TakenOffShown,
    responses=changes(404, etag=True),
    summary="Take somebody off today's list",
)
def take_off(session: Key, why: Why, change: Changing) -> Response:
    """Their room, bay and anesthesia are free at once, and the session is owed again. Nobody moves up by that alone."""

    def work(db: Db) -> TakenOffShown:
        done = listing.take_off(db, session, doing_of(change, why.reason))
        known = queries.course_of_session(db, session)
        time = time_of(known)
        return TakenOffShown(
            followed=Follows.of(done.follow, time),
            course=CourseShown.of(known.course, time),
            day=done.on,
            resource=done.resource,
            free_at=on_clock(done.free, time),
            could_move_up=moves_shown(done.places, time),
            gaps=[on_clock(gap, time) for gap in done.places.gaps],
            version=known.course.version,
        )

    return change.answer(why, work)


def moves_shown(places: Places, time: SiteTime) -> list[MoveShown]:
    """Who could be in the room when, in order of time."""
    moves = sorted(places.of_session.items(), key=lambda each: each[1])
    return [MoveShown(session=key, starts_at=on_clock(at, time)) for key, at in moves]


def _moved_up(site: str, day: date, to: MoveUp, change: Change, *, leave_gaps: bool) -> Response:
    def work(db: Db) -> BlockShown:
        free = instant_of(to.free_at, SiteTime(rooms_queries.site(db, site).site.timezone))
        return _shown(db, site, listing.move_up(db, _seen(site, day, to), free, doing_of(change, to.reason), leave_gaps=leave_gaps))

    return change.answer(to, work)


def _seen(site: str, day: date, to: Order | MoveUp) -> Seen:
    return Seen(site, day, to.resource, tuple(to.seen))


def _shown(db: Db, site: str, block: Block) -> BlockShown:
    return BlockShown.of(block, SiteTime(rooms_queries.site(db, site).site.timezone))
