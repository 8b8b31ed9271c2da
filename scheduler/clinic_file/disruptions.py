"""Reading what happened to a clinic since it was planned."""

from __future__ import annotations

from pathlib import Path

from courses.plans.repair import Disruptions, Missed, PatientUnavailable, ResourceDown, SiteClosed
from courses.protocols.located.document import read_document
from courses.protocols.located.part import Fields, Part
from rooms.availability.hours import SiteTime
from scheduler.clinic_file.clinic import ClinicFile
from scheduler.clinic_file.reading import content_of
from scheduler.clinic_file.times import instant_of, interval_of

DISRUPTIONS_KEYS = ("now", "disruptions")
DOWN_KEYS = ("kind", "resource", "date", "start", "end", "reason")
CLOSURE_KEYS = ("kind", "date", "start", "end", "reason")
AWAY_KEYS = ("kind", "patient", "date", "start", "end", "reason")
MISSED_KEYS = ("kind", "course", "session", "reason")
KINDS = {"resource_down": DOWN_KEYS, "closure": CLOSURE_KEYS, "patient_unavailable": AWAY_KEYS, "missed": MISSED_KEYS}

REQUIRED = {"resource_down": ("resource",), "closure": (), "patient_unavailable": ("patient",), "missed": ("course", "session")}


def open_disruptions(path: Path, clinic: ClinicFile) -> Disruptions:
    """What happened, from a file. Raises `FaultyDocument`, also where there is no such file."""
    return read_disruptions(content_of(path), clinic, str(path))


def read_disruptions(content: bytes | str, clinic: ClinicFile, file: str = "disruptions") -> Disruptions:
    """What happened to a clinic, from a document. Raises `FaultyDocument`."""
    return read_document(content, file).read(_DisruptionReader(clinic).disruptions)


class _DisruptionReader:
    """Reads disruptions by what their clinic file says."""

    def __init__(self, clinic: ClinicFile) -> None:
        self.here = SiteTime(clinic.site.timezone)
        self.resources = {resource.id: None for resource in clinic.resources}
        self.patients = {hours.patient: None for hours in clinic.patients}
        self.requests = {request.id: request for request in clinic.requests}

    def disruptions(self, part: Part) -> Disruptions | None:
        fields = part.fields(DISRUPTIONS_KEYS, required=("now",))
        now = instant_of(fields["now"], self.here)
        happened = tuple(found for each in fields.items("disruptions") if (found := self._one(each)) is not None)
        return fields.build(lambda: Disruptions(now, happened))

    def _one(self, part: Part) -> ResourceDown | SiteClosed | PatientUnavailable | Missed | None:
        kind = part.inside("kind").choice(KINDS, "kind of disruption")
        if kind not in KINDS:
            return None
        fields = part.fields(KINDS[kind], required=REQUIRED[kind])
        if kind == "missed":
            return self._missed(fields)
        interval = interval_of(fields, self.here)
        if kind == "resource_down":
            resource = fields["resource"].choice(self.resources, "resource")
            return fields.build(lambda: ResourceDown(resource, interval))
        if kind == "patient_unavailable":
            patient = fields["patient"].choice(self.patients, "patient")
            return fields.build(lambda: PatientUnavailable(patient, interval))
        reason = fields.text("reason")
        return fields.build(lambda: SiteClosed(interval, reason))

    def _missed(self, fields: Fields) -> Missed | None:
        course, session = fields["course"].choice(self.requests, "course"), fields["session"].whole(1)
        request = self.requests.get(course)
        if request is not None and session > request.protocol.n_sessions:
            fields["session"].refuse(f"{course} has {request.protocol.n_sessions} sessions")
        return fields.build(lambda: Missed(course, session))
