"""What goes over the wire about the waiting list and joint plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from courses.plans.ongoing.course import CourseWish
from courses.plans.waiting.joint import JointAnswer, JointStatus, cost_words, nearness, time_of_day
from courses.plans.waiting.wait import WaitingCourse, WaitingStatus
from courses.queries import KnownJoint, KnownWaiting
from courses.waiting import MOST_TOGETHER
from rooms.availability.hours import SiteTime
from scheduler.api.course_shapes import ByProtocol, HappeningShown, Who
from scheduler.api.fields import Count, Date, Key, Reason, Shape, on_clock
from scheduler.api.plan_shapes import AuthorizationShape, PlanShown, WindowShape, Wish, authorization_shown, window_shown
from scheduler.waiting_list import SECONDS, Outcome

Chosen = Annotated[list[Key], Field(max_length=MOST_TOGETHER)]


class NewWaiting(Shape):
    """A course to be waited for."""

    wish: Wish
    ordered_by: Reason = Field("", description="Who ordered it.")


class WaitingChange(Shape):
    """Other wishes; what is left out is not wished for any more. Without a version the protocol's active one is taken."""

    start_on_or_after: Date
    version: Count | None = None
    start_on_or_before: Date | None = None
    finish_on_or_before: Date | None = None
    priority: float = Field(1, strict=True, ge=0, le=1000)
    window: WindowShape | None = None
    authorization: AuthorizationShape | None = None
    ordered_by: Reason = ""

    def value(self, there: CourseWish) -> CourseWish:
        """The wish, for the same patient and protocol. Raises `Faulty` for bounds that cannot be met."""
        return replace(
            there,
            start_on_or_after=self.start_on_or_after,
            version=self.version,
            start_on_or_before=self.start_on_or_before,
            finish_on_or_before=self.finish_on_or_before,
            priority=self.priority,
            window=None if self.window is None else self.window.value(),
            authorization=None if self.authorization is None else self.authorization.value(),
        )


class TakingOff(Shape):
    """Why a course is not waited for any more."""

    reason: Reason


class WaitingShown(Shape):
    """A course that is or was waited for. `version` is its ETag, `course` the course that it became."""

    id: str
    status: WaitingStatus
    patient: Who
    protocol: ByProtocol
    start_on_or_after: date
    start_on_or_before: date | None
    finish_on_or_before: date | None
    priority: float
    window: WindowShape | None
    authorization: AuthorizationShape | None
    code: str | None
    ordered_by: str
    since: datetime
    days_waiting: int
    course: str | None
    reason: str | None
    version: int

    @classmethod
    def of(cls, known: KnownWaiting, now: datetime) -> WaitingShown:
        """A waiting course as it is shown."""
        there, time = known.waiting, SiteTime(known.site.site.timezone)
        wish = there.wish
        return cls(
            id=there.id,
            status=there.status,
            patient=_who(there),
            protocol=ByProtocol.of(there.version_of),
            start_on_or_after=wish.start_on_or_after,
            start_on_or_before=wish.start_on_or_before,
            finish_on_or_before=wish.finish_on_or_before,
            priority=wish.priority,
            window=window_shown(wish.window),
            authorization=authorization_shown(wish.authorization),
            code=wish.code,
            ordered_by=there.ordered_by,
            since=on_clock(there.since, time),
            days_waiting=there.days_waiting(now, time),
            course=there.course,
            reason=there.reason,
            version=there.version,
        )


class WaitingList(Shape):
    """Who waits: the weightiest first, then who has waited longest."""

    waiting: list[WaitingShown]


class WaitingHistory(Shape):
    """What happened to a course while it was waited for, in order."""

    happenings: list[HappeningShown]


class NewJointPlan(Shape):
    """Which waiting courses are to be planned together, and for how long."""

    waiting: Chosen | None = Field(None, description="Their ids; all who wait, where it is left out.")
    seconds: Annotated[int, Field(strict=True, ge=1, le=1800)] = Field(SECONDS, description="How long planning may take.")
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] = 0


class JointAnswerShown(Shape):
    """One course's part of a joint plan. `trouble` is why it has no plan or, beside a plan, why the one before can no longer be had."""

    waiting: str
    status: WaitingStatus
    patient: Who
    protocol: str
    plan: PlanShown | None
    time_of_day: str | None = Field(description="When its sessions start.")
    n_in_window: int | None = Field(description="How many start in the wished window; none where nothing was wished.")
    cost: str | None = Field(description="What it costs besides, in words.")
    trouble: str | None
    course: str | None

    @classmethod
    def of(cls, answer: JointAnswer, time: SiteTime) -> JointAnswerShown:
        """A part as it is shown."""
        there, plan = answer.waiting, answer.plan
        return cls(
            waiting=there.id,
            status=there.status,
            patient=_who(there),
            protocol=there.version_of.protocol_id,
            plan=plan and PlanShown.of(plan, time),
            time_of_day=plan and time_of_day(plan, time),
            n_in_window=len(plan.sessions) - plan.cost.outside if plan and there.wish.window else None,
            cost=plan and cost_words(plan.cost),
            trouble=answer.trouble or None,
            course=there.course,
        )


class JointPlanShown(Shape):
    """A proposal for several waiting courses: nothing is booked by it. Ask again until `status` is ready, failed or `cut_off`."""

    id: str
    status: JointStatus
    cut_off: bool = Field(description="The program that planned has died; ask for another joint plan.")
    created_at: datetime
    n_courses: int
    stands_until: datetime = Field(description="Until when it can be booked.")
    objective: float | None = Field(description="What it costs, each course by its priority; while planning, the best so far.")
    bound: float | None = Field(description="What any joint plan must cost at least, where that is known.")
    gap: float | None = Field(description="How far from the best possible it is at most, as a share: 0.008 is 0.8 %.")
    nearness: str | None = Field(description="The same in words.")
    answers: list[JointAnswerShown]

    @classmethod
    def of(cls, known: KnownJoint, now: datetime) -> JointPlanShown:
        """A joint plan as it is shown."""
        joint, time = known.joint, SiteTime(known.site.site.timezone)
        return cls(
            id=joint.id,
            status=joint.status,
            cut_off=joint.was_cut_off(now),
            created_at=on_clock(joint.created_at, time),
            n_courses=len(joint.answers),
            stands_until=on_clock(joint.stands_until, time),
            objective=joint.objective,
            bound=joint.bound,
            gap=joint.gap,
            nearness=nearness(joint.gap) if joint.status is JointStatus.READY else None,
            answers=[JointAnswerShown.of(answer, time) for answer in joint.answers],
        )


class Booking(Shape):
    """Which courses of a joint plan are to be booked."""

    waiting: Chosen | None = Field(None, description="Their ids; all that have a plan, where it is left out.")


class OutcomeShown(Shape):
    """What became of one course: the id of the course, or why it could not be booked."""

    waiting: str
    patient: str
    course: str | None
    code: str | None = Field(description="The kind of refusal, for machines.")
    message: str | None
    offered: bool = Field(description="A fresh plan took the refused one's place in the joint plan and can be booked.")

    @classmethod
    def of(cls, outcome: Outcome) -> OutcomeShown:
        """An outcome as it is shown."""
        course, refusal = outcome.course, outcome.refusal
        said = (refusal.code, refusal.message) if refusal else (None, None)
        return cls(
            waiting=outcome.waiting,
            patient=outcome.patient,
            course=course and course.id,
            code=said[0],
            message=said[1],
            offered=outcome.offered,
        )


class Outcomes(Shape):
    """What became of each course that was to be booked."""

    outcomes: list[OutcomeShown]


def _who(there: WaitingCourse) -> Who:
    return Who(id=there.patient.id, name=there.patient.name)
