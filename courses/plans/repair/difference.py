"""What a re-plan changes, told patient by patient: who moves from when to when, who only meets others, who is lost and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from courses.plans.plan import ClinicPlan, CoursePlan, PlannedSession, Unplaceable
from courses.plans.repair.happened import Disruptions, Missed
from courses.plans.request import CourseRequest
from rooms.bookings.calendar import Held


@dataclass(frozen=True, slots=True)
class SessionChange:
    """One session before and after. It moved if its start differs; else it only has other resources: `gone` instead of `new`."""

    course: str
    session: int
    phase: str
    was_at: datetime
    is_at: datetime
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    missed: bool = False
    """It did not take place, and is owed again."""

    @property
    def moved(self) -> bool:
        """Whether the patient must be told another time."""
        return self.was_at != self.is_at


@dataclass(frozen=True, slots=True)
class PatientDifference:
    """All that changes for one patient, in order of time, and the courses that are lost: one message."""

    patient: str
    changes: tuple[SessionChange, ...]
    lost: tuple[Unplaceable, ...] = ()

    @property
    def moved(self) -> tuple[SessionChange, ...]:
        """The sessions with another start."""
        return tuple(change for change in self.changes if change.moved)

    @property
    def reassigned(self) -> tuple[SessionChange, ...]:
        """The sessions that keep their start and have other resources."""
        return tuple(change for change in self.changes if not change.moved)


@dataclass(frozen=True, slots=True)
class GivenElsewhere:
    """A booking of others (by its place in the clinic file) that keeps its time and goes to another resource."""

    booking: int
    starts_at: datetime
    gone: str
    new: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes between two plans for all patients concerned, those first whose change comes first."""

    patients: tuple[PatientDifference, ...]
    n_ahead: int
    """How many sessions were still to come, the missed ones among them."""
    reseated: tuple[GivenElsewhere, ...] = ()
    """The bookings of others that make room, in order of time. Nobody's time changes by it."""

    @property
    def n_moved(self) -> int:
        """How many sessions have another start."""
        return sum(len(patient.moved) for patient in self.patients)

    @property
    def n_patients_moved(self) -> int:
        """How many patients must be told another time."""
        return sum(bool(patient.moved) for patient in self.patients)

    @property
    def n_reassigned(self) -> int:
        """How many sessions keep their start and have other resources."""
        return sum(len(patient.reassigned) for patient in self.patients)

    @property
    def lost(self) -> tuple[Unplaceable, ...]:
        """The courses that have no place any more."""
        return tuple(lost for patient in self.patients for lost in patient.lost)


NO_DIFFERENCE = Difference((), 0)


def difference(
    requests: Sequence[CourseRequest], before: ClinicPlan, after: ClinicPlan, disruptions: Disruptions, held: Sequence[Held] = ()
) -> Difference:
    """What `after` changes of `before`, since things happened. `held` is what the clinic had booked besides."""
    now, missed = disruptions.now, {(each.course, each.session) for each in disruptions.happened if isinstance(each, Missed)}
    patient_of = {request.id: request.patient for request in requests}
    was = {answer.course: answer for answer in before.courses if isinstance(answer, CoursePlan)}
    changes: dict[str, list[SessionChange]] = {}
    lost: dict[str, list[Unplaceable]] = {}
    for answer in after.courses:
        if answer.course not in was:
            continue
        patient = patient_of[answer.course]
        if isinstance(answer, Unplaceable):
            lost.setdefault(patient, []).append(answer)
        else:
            changes.setdefault(patient, []).extend(_changes(was[answer.course], answer, missed))
    first = {patient: min((min(c.was_at, c.is_at) for c in found), default=now) for patient, found in changes.items()}
    concerned = [patient for patient in dict.fromkeys(patient_of.values()) if changes.get(patient) or patient in lost]
    told = sorted(concerned, key=lambda patient: (patient not in lost, first.get(patient, now)))
    ahead = [
        session
        for plan in was.values()
        for session in plan.sessions
        if session.interval.starts_at >= now or (plan.course, session.number) in missed
    ]
    return Difference(
        tuple(
            PatientDifference(
                patient, tuple(sorted(changes.get(patient, []), key=lambda change: change.was_at)), tuple(lost.get(patient, []))
            )
            for patient in told
        ),
        len(ahead),
        tuple(sorted(_given(after, held), key=lambda each: (each.starts_at, each.booking))),
    )


def _given(after: ClinicPlan, held: Sequence[Held]) -> Iterator[GivenElsewhere]:
    for each in after.reseated:
        home, interval, _ = held[each.booking]
        yield GivenElsewhere(each.booking, interval.starts_at, home, each.resource)


def _changes(before: CoursePlan, after: CoursePlan, missed: Collection[tuple[str, int]]) -> Iterator[SessionChange]:
    was: Mapping[int, PlannedSession] = {session.number: session for session in before.sessions}
    for session in after.sessions:
        old = was[session.number]
        then, now = _resources(old), _resources(session)
        start, is_missed = session.interval.starts_at, (before.course, session.number) in missed
        if old.interval.starts_at != start:
            yield SessionChange(before.course, session.number, session.phase, old.interval.starts_at, start, missed=is_missed)
        elif then != now:
            gone, new = (tuple(dict.fromkeys(name for _, name in sorted(part))) for part in (then - now, now - then))
            yield SessionChange(before.course, session.number, session.phase, start, start, gone, new)


def _resources(session: PlannedSession) -> set[tuple[int, str]]:
    return {(seat.requirement, seat.resource) for seat in session.seats}
