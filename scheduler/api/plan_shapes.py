"""A course's wish and plan as they go over the wire: a plan can be sent back as it was shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import Field

from courses.plans.offering.choices import Choice
from courses.plans.offering.relaxation import Gives, Relaxation
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import Cost, CoursePlan, MissedWish, PlannedSession, Seat
from courses.plans.request import Authorization, Window
from rooms.availability.hours import SiteTime, clock_minutes, clock_text
from rooms.availability.interval import Interval
from scheduler.api.fields import Clock, Code, Count, Date, Hours, Key, Line, Moment, Shape, hours_shown, instant_of, on_clock

Number = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class WindowShape(Shape):
    """When a session should start, by the wall clock, both ends included."""

    opens: Clock = Field(examples=["09:00"])
    closes: Clock = Field(examples=["10:30"])

    def value(self) -> Window:
        """The window. Raises `Faulty` for one that ends before it begins."""
        return Window(clock_minutes(self.opens), clock_minutes(self.closes))


class AuthorizationShape(Shape):
    """What the payer agreed to: so many sessions between two dates, both included."""

    sessions: Number
    valid_from: Date
    valid_until: Date
    devices: Number | None = Field(None, description="How many devices of a drug, where the payer counts those.")

    def value(self) -> Authorization:
        """The authorization. Raises `Faulty` for one that ends before it begins."""
        return Authorization(self.sessions, self.valid_from, self.valid_until, self.devices)


class Wish(Shape):
    """What is wished for: who, by which protocol, and when."""

    patient: Key = Field(description="The patient's id or code.", examples=["p_3kq5x7v2m4n6b8z1"])
    protocol: Key = Field(description="The protocol's id or code.", examples=["t_3kq5x7v2m4n6b8z1"])
    start_on_or_after: Date
    version: Count | None = Field(None, description="The protocol's version; the active one where it is left out.")
    start_on_or_before: Date | None = None
    finish_on_or_before: Date | None = None
    priority: float = Field(1, strict=True, ge=0, le=1000, description="How much the course weighs among others; 1 is as usual.")
    window: WindowShape | None = None
    authorization: AuthorizationShape | None = None
    code: Code | None = Field(None, description="The clinic's own name for the course; drawn where it is left out.")

    def value(self, site: str) -> CourseWish:
        """The wish at a site. Raises `Faulty` for bounds that cannot be met."""
        return CourseWish(
            site,
            self.patient,
            self.protocol,
            self.start_on_or_after,
            self.version,
            self.start_on_or_before,
            self.finish_on_or_before,
            self.priority,
            None if self.window is None else self.window.value(),
            None if self.authorization is None else self.authorization.value(),
            self.code,
        )


class SeatShape(Shape):
    """One resource held for one requirement (by its place in the session's template), turnover included."""

    requirement: Annotated[int, Field(strict=True, ge=0, le=100)]
    capability: Line
    resource: Line = Field(description="The resource's code.")
    starts_at: Moment
    ends_at: Moment
    load: Number


class MissedWishShape(Shape):
    """A wish that a session could not keep, and why."""

    wish: str = Field(max_length=200)
    reason: str = Field(max_length=2000)
    about: Literal["time", "date", "resource"] = Field(
        "time", description="What could not be had: the time of day, the date or a resource."
    )


class PlannedSessionShape(Shape):
    """One session with its time and its resources."""

    number: Count
    phase: Line
    template: Line
    starts_at: Moment
    ends_at: Moment
    authorized: bool = Field(True, strict=True, description="Whether it is inside the authorization.")
    bookings: list[SeatShape] = Field(max_length=100)
    missed_wishes: list[MissedWishShape] = Field([], max_length=20)

    def value(self, time: SiteTime) -> PlannedSession:
        """The session. Raises `NoSuchTime` and `Faulty` for its times."""
        interval = Interval(instant_of(self.starts_at, time), instant_of(self.ends_at, time))
        missed = tuple(MissedWish(each.wish, each.reason, each.about) for each in self.missed_wishes)
        seats = tuple(_seat(each, time) for each in self.bookings)
        return PlannedSession(self.number, self.phase, self.template, interval, seats, self.authorized, missed)

    @classmethod
    def of(cls, session: PlannedSession, time: SiteTime | None = None) -> PlannedSessionShape:
        """The session with its times on the site's clock (in UTC where no clock is given)."""
        return cls.model_construct(
            number=session.number,
            phase=session.phase,
            template=session.template,
            starts_at=on_clock(session.interval.starts_at, time),
            ends_at=on_clock(session.interval.ends_at, time),
            authorized=session.authorized,
            bookings=[_seat_shown(seat, time) for seat in session.seats],
            missed_wishes=[MissedWishShape.model_validate(asdict(missed)) for missed in session.missed],
        )


class CostShape(Shape):
    """What the plan costs by the clinic's soft goals."""

    delay: int = Field(strict=True, description="Days that sessions come later than they could at best.")
    outside: int = Field(strict=True, description="Sessions that start outside the wished window.")
    spread: int = Field(strict=True, description="How far starts lie from the usual time of day, in steps of the site's grid.")
    changes: int = Field(strict=True, description="Changes of a resource that should stay the same.")
    total: float = Field(strict=True)


class PlanShown(Shape):
    """Every session of a course with its place. Nothing is booked by it."""

    sessions: list[PlannedSessionShape] = Field(min_length=1, max_length=1000)
    cost: CostShape | None = None

    def value(self, time: SiteTime) -> CoursePlan:
        """The plan."""
        sessions = tuple(session.value(time) for session in self.sessions)
        cost = Cost(0, 0, 0, 0, 0)  # what a plan costs plays no part in booking it
        return CoursePlan("course", sessions, cost)

    @classmethod
    def of(cls, plan: CoursePlan, time: SiteTime | None = None) -> PlanShown:
        """A plan with its times on the site's clock (in UTC where no clock is given)."""
        cost = plan.cost
        return cls(
            sessions=[PlannedSessionShape.of(session, time) for session in plan.sessions],
            cost=CostShape(delay=cost.delay, outside=cost.outside, spread=cost.spread, changes=cost.changes, total=float(cost.total)),
        )


class ChoiceShown(Shape):
    """One way to place the course. To book it, send its plan with the wish."""

    name: str = Field(
        max_length=100,
        description="What it is best at: recommended (all wishes, weighed as the site does), earliest, best_times, steadiest; "
        "reseating (visits of others go to like resources, at the same time); or another usual time of day.",
        examples=["recommended", "earliest", "at_13:10"],
    )
    also: list[str] = Field([], max_length=10, description="What else it is best at.")
    words: str = Field(max_length=1000, description="What it is like; of the others, how it differs from the recommended one.")
    plan: PlanShown

    @classmethod
    def of(cls, choice: Choice, time: SiteTime | None = None) -> ChoiceShown:
        """A choice with its times on the site's clock."""
        return cls(
            name=str(choice.name), also=[str(each) for each in choice.also], words=choice.words, plan=PlanShown.of(choice.plan, time)
        )


class RelaxationShown(Shape):
    """The nearest single thing that somebody could give way in, and the plan that it makes possible. The protocol's rules stand."""

    gives: Gives = Field(description="What gives way. Other hours of the site are only told: they are not the desk's to grant.")
    words: str = Field(max_length=1000, description="The same in a sentence.", examples=["Possible if the course may end on 2027-01-14."])
    can_be_booked: bool = Field(strict=True)
    wish: Wish = Field(description="The wish that the plan keeps; send both to book it.")
    available: Hours | None = Field(
        None, description="The hours that the patient's card must have before it is booked, where they give way."
    )
    plan: PlanShown

    @classmethod
    def of(cls, relaxation: Relaxation, wish: Wish, time: SiteTime | None = None) -> RelaxationShown:
        """What could give way, beside the wish that was asked for."""
        request = relaxation.request
        changed = {
            "start_on_or_before": request.start_on_or_before,
            "finish_on_or_before": request.finish_on_or_before,
            "window": window_shown(request.window),
        }
        return cls(
            gives=relaxation.gives,
            words=relaxation.words,
            can_be_booked=relaxation.can_be_booked,
            wish=wish.model_copy(update=changed),
            available=hours_shown(relaxation.available) if relaxation.gives is Gives.PATIENT_HOURS else None,
            plan=PlanShown.of(relaxation.plan, time),
        )


def window_shown(window: Window | None) -> WindowShape | None:
    """A wished window as it is shown."""
    return None if window is None else WindowShape(opens=clock_text(window.opens), closes=clock_text(window.closes))


def authorization_shown(permit: Authorization | None) -> AuthorizationShape | None:
    """An authorization as it is shown."""
    if permit is None:
        return None
    return AuthorizationShape.model_construct(sessions=permit.sessions, valid_from=permit.valid_from, valid_until=permit.valid_until)


def _seat(seat: SeatShape, time: SiteTime) -> Seat:
    interval = Interval(instant_of(seat.starts_at, time), instant_of(seat.ends_at, time))
    return Seat(seat.requirement, seat.capability, seat.resource, interval, seat.load)


def _seat_shown(seat: Seat, time: SiteTime | None) -> SeatShape:
    return SeatShape.model_construct(
        requirement=seat.requirement,
        capability=seat.capability,
        resource=seat.resource,
        starts_at=on_clock(seat.interval.starts_at, time),
        ends_at=on_clock(seat.interval.ends_at, time),
        load=seat.load,
    )
