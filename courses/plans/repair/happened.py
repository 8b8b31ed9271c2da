"""What can happen to a clinic after its courses were planned, and the clinic as it is then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from courses.plans.batch import Clinic
from rooms.availability.closure import Closure
from rooms.availability.interval import Interval
from rooms.resources.resource import Absence


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


def disrupted(clinic: Clinic, disruptions: Disruptions) -> Clinic:
    """The clinic with what happened laid on its closures, absences and patients' hours."""
    closures, down, away = list(clinic.site.closures), defaultdict[str, list[Absence]](list), defaultdict[str, list[Interval]](list)
    for each in disruptions.happened:
        if isinstance(each, SiteClosed):
            closures.append(Closure(each.interval, each.reason))
        elif isinstance(each, ResourceDown):
            down[each.resource].append(Absence(each.interval))
        elif isinstance(each, PatientUnavailable):
            away[each.patient].append(each.interval)
    struck = {patient: clinic.hours_of(patient) for patient in away}
    patients = dict(clinic.patients) | {
        patient: replace(hours, unavailable=(*hours.unavailable, *away[patient])) for patient, hours in struck.items()
    }
    resources = [replace(r, absences=(*r.absences, *down[r.id])) if r.id in down else r for r in clinic.resources]
    return replace(clinic, site=replace(clinic.site, closures=tuple(closures)), resources=resources, patients=patients)
