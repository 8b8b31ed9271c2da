"""Waiting courses planned together: what was found for each, how near it is to the best possible, and until when it can be booked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from courses.errors import DomainError
from courses.plans.batch import Clinic
from courses.plans.plan import Cost, CoursePlan
from courses.plans.request import CourseRequest
from courses.plans.waiting.wait import WaitingCourse, WaitingStatus
from rooms.availability.hours import SiteTime

STANDS = timedelta(hours=24)
"""How long a joint plan can be booked from after it was made."""
GRACE = timedelta(minutes=2)
"""How long after its time limit a planning that has not ended is taken to have been cut off."""
KEPT = timedelta(days=30)
"""How long joint plans are kept after they can no longer be booked from."""


class JointStatus(StrEnum):
    """asked -> planning -> ready, or failed."""

    ASKED = "asked"
    PLANNING = "planning"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class JointAnswer:
    """One course's part. `waiting` is as it is now, `seen` its version when it was planned.

    `trouble` says why there is no plan or, beside a plan, why the one before it could no longer be had.
    """

    waiting: WaitingCourse
    seen: int
    plan: CoursePlan | None = None
    trouble: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can be booked."""
        return self.plan is not None and self.waiting.status is WaitingStatus.WAITING


@dataclass(frozen=True)
class JointPlan:
    """A proposal for several waiting courses; nothing is booked by it.

    `objective` is what it costs, each course by its priority; `bound` what any plan must cost at least, and `gap` the difference as a share
    of the plan's cost, where they are known. While planning goes on they are those of the best plan so far.
    """

    id: str
    status: JointStatus
    by: str
    created_at: datetime
    limit: timedelta
    seed: int
    stands_until: datetime
    objective: float | None
    bound: float | None
    gap: float | None
    answers: tuple[JointAnswer, ...]

    def is_expired(self, now: datetime) -> bool:
        """Whether too much may have changed since to book from it."""
        return now >= self.stands_until

    def was_cut_off(self, now: datetime) -> bool:
        """Whether the program that planned it has died."""
        under_way = self.status in {JointStatus.ASKED, JointStatus.PLANNING}
        return under_way and now > self.created_at + self.limit + GRACE

    @property
    def open_answers(self) -> tuple[JointAnswer, ...]:
        """Those that can be booked."""
        return tuple(answer for answer in self.answers if answer.is_open)

    def answer(self, waiting: str) -> JointAnswer | None:
        """The part of a waiting course, by its id."""
        return next((each for each in self.answers if each.waiting.id == waiting), None)


@dataclass(frozen=True)
class ToPlan:
    """What a joint plan is made from: the clinic as it is, and the courses wished for, each named by its waiting course's id.

    `hopeless` are those that cannot even be asked for, with the reason. `limit` is how long planning may take.
    """

    clinic: Clinic
    requests: tuple[CourseRequest, ...]
    hopeless: Mapping[str, str]
    limit: timedelta
    seed: int


@dataclass(frozen=True, slots=True)
class SoFar:
    """How planning stands: what the best plan so far costs, what any must cost at least, and the gap between them as a share."""

    objective: float
    bound: float | None = None
    gap: float | None = None


class JointPlanExpired(DomainError):
    """The joint plan is too old to book from."""

    code = "joint_plan_expired"

    def __init__(self) -> None:
        super().__init__("This joint plan is too old to be booked. Plan together again; nothing was booked.")


class NotPlannedYet(DomainError):
    """The joint plan is not ready."""

    code = "not_planned_yet"

    def __init__(self) -> None:
        super().__init__("This joint plan is not ready. Wait for it, or plan together again; nothing was booked.")


class NotInJointPlan(DomainError):
    """The joint plan has no place for the course."""

    code = "not_in_joint_plan"

    def __init__(self, patient: str, trouble: str) -> None:
        super().__init__(f"The joint plan has no place for the course of {patient}{f': {trouble}' if trouble else ''}. Plan it again.")


def check_bookable(joint: JointPlan, now: datetime) -> None:
    """Raises `NotPlannedYet` and `JointPlanExpired`."""
    if joint.status is not JointStatus.READY:
        raise NotPlannedYet
    if joint.is_expired(now):
        raise JointPlanExpired


def nearness(gap: float | None) -> str:
    """How near a plan is to the best possible, in words. A share is rounded up, so that what is said is true."""
    if gap is None:
        return "How near this is to the best possible plan is not known."
    tenths = math.ceil(round(gap * 1000, 6))
    return f"Within {tenths / 10:g} % of the best possible plan." if tenths else "No better plan is possible."


def time_of_day(plan: CoursePlan, time: SiteTime) -> str:
    """When the sessions start: `09:00`, or `mostly 09:00, from 08:30 to 10:00`."""
    starts = [f"{time.local(session.interval.starts_at):%H:%M}" for session in plan.sessions]
    usual = Counter(sorted(starts)).most_common(1)[0][0]
    return usual if len(set(starts)) == 1 else f"mostly {usual}, from {min(starts)} to {max(starts)}"


def cost_words(cost: Cost) -> str:
    """What a plan costs besides the wished time of day, in words."""
    said = []
    if cost.delay:
        said.append(f"sessions come {_counted(cost.delay, 'day')} later than they could at best, all together")
    if cost.changes:
        said.append(f"{_counted(cost.changes, 'change')} of device or staff")
    return "; ".join(said) or "on the earliest dates, with no change of device or staff"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
