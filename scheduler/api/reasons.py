"""What stands in the way, taken from a refusal's facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from courses.checklists.changes import Change, RecordChanged
from courses.checklists.entry import Entry
from courses.checklists.gates import Stopped
from courses.patients.patient import ProbableDuplicate
from courses.plans.ongoing.anew import NoPlace
from courses.plans.ongoing.moving import CannotMove
from courses.plans.ongoing.outdated import HeldBy, PlanOutdated
from courses.plans.plan import CoursePlan
from courses.plans.possible.rulebook import ImpossiblePlan
from courses.protocols.located.faults import FaultyDocument
from rooms.bookings.booking import Booking
from rooms.bookings.conflict import BookingRefused, Conflict
from rooms.equipping import StillBooked
from rooms.errors import DomainError, Faulty
from scheduler.api.plan_shapes import PlanShown
from scheduler.api.plans import NoPlan
from scheduler.api.problems import InTheWay
from scheduler.api.sessions import Alternatives, AlternativeShown


def reasons_of(error: DomainError) -> list[InTheWay]:  # noqa: PLR0911  # one line per kind of refusal
    """Each reason of a refusal on its own."""
    if isinstance(error, Faulty):
        return [InTheWay(field=error.field, message=error.message, code=error.code)] if error.field else []
    if isinstance(error, FaultyDocument):
        return [InTheWay(field=fault.field or None, line=fault.line or None, message=fault.message) for fault in error.faults]
    if isinstance(error, PlanOutdated):
        return list(_outdated(error))
    if isinstance(error, ImpossiblePlan):
        return [InTheWay(session=fault.session, code=fault.code, message=fault.detail) for fault in error.faults]
    if isinstance(error, CannotMove):
        return list(_cannot_move(error))
    if isinstance(error, NoPlace):
        return [InTheWay(session=error.unplaceable.session, code=error.unplaceable.code, message=error.unplaceable.detail)]
    if isinstance(error, NoPlan):
        return [InTheWay(session=error.answer.session, code=error.answer.code, message=error.words)]
    if isinstance(error, BookingRefused):
        return [reason for conflict in error.conflicts for reason in _refused(conflict)]
    if isinstance(error, StillBooked):
        return [booked(booking) for booking in error.bookings]
    if isinstance(error, Stopped):
        return [InTheWay(code=stop.gate, message=stop.sentence) for stop in error.stops]
    if isinstance(error, RecordChanged):
        return [_came(change) for change in error.changes]
    if isinstance(error, ProbableDuplicate):
        return [InTheWay(message=f"{patient.name}, born {patient.born_on}", holder=patient.id) for patient in error.patients]
    return []


def offer_of(error: DomainError) -> dict[str, Any] | None:
    """What can be had instead."""
    if isinstance(error, PlanOutdated) and isinstance(error.replan, CoursePlan):
        return PlanShown.of(error.replan).model_dump(mode="json")
    if isinstance(error, NoPlan) and error.offer is not None:
        return error.offer.model_dump(mode="json")
    if isinstance(error, CannotMove):
        return Alternatives(alternatives=[AlternativeShown.of(place, None) for place in error.alternatives]).model_dump(mode="json")
    return None


def booked(booking: Booking) -> InTheWay:
    """A booking that stands in the way."""
    claim, time = booking.claim, booking.claim.interval
    return InTheWay(
        message=f"{claim.resource} is booked", session=claim.purpose, resource=claim.resource, starts_at=time.starts_at, until=time.ends_at
    )


def _came(change: Change) -> InTheWay:
    """What came to a record since somebody was shown it."""
    if isinstance(change, Entry):
        return InTheWay(
            code=change.kind,
            field=change.item,
            message=f"{change.item}: {change.kind} entry by {change.author.name}",
            starts_at=change.recorded_at,
        )
    return InTheWay(code="override", field=change.gate, message=f"{change.gate}: gone past by {change.by.name}", starts_at=change.at)


def _outdated(error: PlanOutdated) -> Iterator[InTheWay]:
    for conflict in error.conflicts:
        said = " ".join(conflict.reasons)
        if not conflict.held_by:
            yield InTheWay(session=conflict.session, message=said)
        for held in conflict.held_by:
            yield _held(conflict.session, said, held)


def _cannot_move(error: CannotMove) -> Iterator[InTheWay]:
    said = " ".join(error.reasons)
    if not error.held_by:
        yield InTheWay(session=error.session, message=said)
    for held in error.held_by:
        yield _held(error.session, said, held)


def _held(session: int, said: str, held: HeldBy) -> InTheWay:
    begins, ends = held.interval.starts_at, held.interval.ends_at
    return InTheWay(session=session, message=said, resource=held.resource, starts_at=begins, until=ends, holder=held.who or None)


def _refused(conflict: Conflict) -> Iterator[InTheWay]:
    if not conflict.holders:
        yield InTheWay(code=conflict.code, message=conflict.sentence, resource=conflict.claim.resource)
    for holder in conflict.holders:
        time = holder.interval
        yield InTheWay(
            code=conflict.code, message=conflict.sentence, resource=holder.resource, starts_at=time.starts_at, until=time.ends_at
        )
