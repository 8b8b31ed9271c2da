"""What a course is planned against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from courses.plans.plan import PlannedSession
from courses.plans.pricing.prices import Prices
from courses.plans.request import PatientHours, Weights
from rooms.availability.interval import Interval
from rooms.bookings.calendar import Calendar

SeatsFirst = Callable[[str, date, int], Mapping[int, Sequence[str]]]
"""For a kind of session, a date and a start in elapsed minutes: by requirement, the resources to take first."""


@dataclass(frozen=True)
class Situation:
    """What a course is planned against. `done` are its sessions that stay as they are (history); `kept` those that should stay.

    `busy` are the patient's other sessions. Nothing is placed before `not_before`. `prices` are weighed beside the wishes. Where a choice
    of resources is free, those that `seats_first` names are taken if they can be had.
    """

    calendar: Calendar
    hours: PatientHours
    weights: Weights = field(default_factory=Weights)
    busy: tuple[Interval, ...] = ()
    done: tuple[PlannedSession, ...] = ()
    kept: Mapping[int, PlannedSession] = field(default_factory=dict)
    not_before: datetime | None = None
    prices: Prices | None = None
    seats_first: SeatsFirst | None = None


def loads_of(sessions: Iterable[PlannedSession]) -> list[tuple[str, Interval, int]]:
    """What sessions put on resources."""
    return [(seat.resource, seat.interval, seat.load) for session in sessions for seat in session.seats]
