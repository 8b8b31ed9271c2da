"""What happened to a clinic since its courses were planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rooms.availability.interval import Interval


@dataclass(frozen=True, slots=True)
class ResourceDown:
    """A resource cannot be had for a time."""

    resource: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class SiteClosed:
    """The whole site is closed for a time."""

    interval: Interval
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PatientUnavailable:
    """A patient cannot come for a time."""

    patient: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Missed:
    """A session that did not take place: owed again, with its number."""

    course: str
    session: int


@dataclass(frozen=True, slots=True)
class Disruptions:
    """All that happened, as seen at `now`: what starts before is history and stays."""

    now: datetime
    happened: tuple[ResourceDown | SiteClosed | PatientUnavailable | Missed, ...]
