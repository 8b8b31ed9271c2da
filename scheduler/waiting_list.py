"""The waiting list at work: a joint plan made while nobody waits for a lock, and then booked course by course."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from courses import enrolling, queries, waiting
from courses.plans.ongoing.course import Course
from courses.plans.ongoing.outdated import PlanOutdated
from courses.plans.waiting.joint import SoFar, check_bookable
from courses.plans.waiting.wait import NotWaiting
from courses.waiting import Acting
from rooms import faults
from rooms.errors import DomainError, Unknown
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.planning_apart import PlanningBroke, Told, planned_apart

TELL_SECONDS = 1.0
"""How often progress is written down at most: each time makes every open board look for changes."""
SECONDS = 20
"""How long joint planning may take where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one course that was to be booked: the course, or why not. `offered` if a fresh plan took the refused one's place."""

    waiting: str
    patient: str
    course: Course | None
    refusal: DomainError | None = None
    offered: bool = False


def tell_nobody(_: SoFar) -> None:
    """For those who do not watch."""


def make_joint_plan(database: Database, clock: Clock, joint: str, told: Told = tell_nobody) -> None:
    """Make a joint plan that was asked for, unless somebody else does already. No transaction is open meanwhile."""
    if not database.run(lambda db: waiting.take_up(db, joint)):
        return
    try:
        with database.reading() as db:
            work = waiting.to_plan(db, joint, now=clock.now())
        found = planned_apart(work, _Progress(database, clock, joint, told))
        database.run(lambda db: waiting.keep_found(db, joint, found, work.hopeless, now=clock.now()))
    except PlanningBroke:
        database.run(lambda db: waiting.give_up(db, joint))
    except BaseException:
        database.run(lambda db: waiting.give_up(db, joint))
        raise


class _Progress:
    def __init__(self, database: Database, clock: Clock, joint: str, told: Told) -> None:
        self._database, self._clock, self._joint, self._told = database, clock, joint, told
        self._since = clock.monotonic()

    def __call__(self, so_far: SoFar) -> None:
        self._told(so_far)
        if self._clock.monotonic() - self._since >= TELL_SECONDS:
            self._since = self._clock.monotonic()
            self._database.run(lambda db: waiting.tell_progress(db, self._joint, so_far))


def book_each(database: Database, clock: Clock, joint: str, keys: Iterable[str], by: str) -> tuple[Outcome, ...]:
    """Book courses of a joint plan one after another, each in a transaction of its own. One that is booked already stays as it is.

    Whose place was taken meanwhile is offered a fresh plan, and the others are booked. Raises `Unknown`, `NotPlannedYet` and
    `JointPlanExpired` before anything is booked.
    """
    with database.reading() as db:
        part = queries.joint_plan(db, joint).joint
    check_bookable(part, clock.now())
    wanted, there = tuple(dict.fromkeys(keys)), {answer.waiting.id for answer in part.answers}
    for key in wanted:
        if key not in there:
            raise Unknown("course in this joint plan", key)
    return tuple(_book(database, clock, joint, key, by) for key in wanted)


def _book(database: Database, clock: Clock, joint: str, key: str, by: str) -> Outcome:
    with database.reading() as db:
        patient = queries.waiting_course(db, key).waiting.patient.name
    try:
        acting = Acting(by, clock.now())
        course = database.run(lambda db: waiting.book(db, joint, key, acting, new_id=clock.new_id))
    except PlanOutdated as outdated:
        with database.reading() as db:
            anew = enrolling.offer_anew(db, outdated, now=clock.now())
        offered = database.run(lambda db: waiting.offer_instead(db, joint, key, anew.replan, anew.message))
        return Outcome(key, patient, None, anew, offered)
    except DomainError as refused:
        why = refused.message
        if not isinstance(refused, NotWaiting):
            database.run(lambda db: waiting.offer_instead(db, joint, key, None, why))
        return Outcome(key, patient, None, refused)
    faults.point("F6")
    return Outcome(key, patient, course)
