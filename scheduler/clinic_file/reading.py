"""Reading a clinic file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from courses.plans.request import Weights
from courses.protocols.located.document import MOST_BYTES, Document, read_document
from courses.protocols.located.faults import Fault, FaultyDocument, field_text
from courses.protocols.located.faults import Path as FieldPath
from courses.protocols.located.part import Fields, Part
from courses.protocols.notation import protocol_of
from courses.protocols.provenance import ProtocolDocument
from rooms.availability.closure import Closure
from rooms.availability.hours import NoSuchZone, SiteTime, WeeklyHours
from rooms.resources.resource import Absence, Kind, Resource
from rooms.resources.site import Site
from scheduler.clinic_file.clinic import ClinicFile
from scheduler.clinic_file.requests import bookings_of, patient_of, request_of
from scheduler.clinic_file.times import hours_of, interval_of

T = TypeVar("T")

CLINIC_FILE_KEYS = ("clinic", "resources", "protocols", "patients", "courses", "bookings", "objective")
CLINIC_KEYS = ("name", "timezone", "granularity_minutes", "hours", "closures")
CLOSURE_KEYS = ("date", "start", "end", "reason")
RESOURCE_KEYS = ("id", "name", "kind", "capabilities", "capacity", "hours", "unavailable")
ABSENCE_KEYS = ("date", "start", "end", "reason")
OBJECTIVE_KEYS = ("delay_day", "outside_window", "spread_step", "change")


def open_clinic(path: Path) -> ClinicFile:
    """The clinic in a file. Raises `FaultyDocument`, also where there is no such file."""
    return read_clinic(content_of(path), str(path))


def content_of(path: Path) -> bytes:
    """What is in a file. Raises `FaultyDocument` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as broken:
        raise FaultyDocument([Fault(str(path), 0, 0, "", f"the file cannot be read: {broken.strerror}")]) from None


def read_clinic(content: bytes | str, file: str = "clinic file") -> ClinicFile:
    """The clinic in a document, YAML or JSON. `file` names it in faults. Raises `FaultyDocument` with all of them."""
    document = read_document(content, file)
    clinic = document.read(_clinic_file)
    return _with_warnings(clinic, document)


def _clinic_file(part: Part) -> ClinicFile | None:
    fields = part.fields(CLINIC_FILE_KEYS, required=("clinic",))
    clinic = fields["clinic"].fields(CLINIC_KEYS, required=("timezone",))
    time_here = _time_here(clinic["timezone"])
    site = _site(clinic, time_here)
    resources = by_id(fields.items("resources"), lambda each: _resource(each, time_here), lambda resource: resource.id)
    protocols = by_id(fields.items("protocols"), protocol_of, lambda document: document.protocol.id)
    patients = by_id(fields.items("patients"), lambda each: patient_of(each, time_here), lambda found: found[0].patient)
    known = dict.fromkeys(fields["protocols"].names_in("id")) | protocols
    named = dict.fromkeys(fields["patients"].names_in("id"))
    requests = by_id(fields.items("courses"), lambda each: request_of(each, named, known), lambda request: request.id)
    bookings = bookings_of(fields.items("bookings"), fields["resources"].names_in("id"), time_here)
    weights = _weights(fields["objective"]) if "objective" in fields else Weights()
    if not fields.sound or site is None:
        return None
    people = {hours.patient: person for hours, person in patients.values() if person is not None}
    hours = tuple(hours for hours, _ in patients.values())
    return ClinicFile(site, tuple(resources.values()), protocols, hours, tuple(requests.values()), bookings, weights, people)


def by_id(parts: Iterable[Part], read: Callable[[Part], T | None], key: Callable[[T], str]) -> dict[str, T]:
    """Entries by their id, in order; an id that is there already is a fault."""
    found: dict[str, T] = {}
    first: dict[str, FieldPath] = {}
    for part in parts:
        value = read(part)
        if value is None:
            continue
        name = key(value)
        if name in found:
            part.refuse_at("id", f"{name!r} is the id of {field_text(first[name])} already; give each its own")
        found.setdefault(name, value)
        first.setdefault(name, part.path)
    return found


def _time_here(part: Part) -> SiteTime:
    zone = part.text()
    try:
        return SiteTime(zone)
    except NoSuchZone as refusal:
        part.refuse(refusal.message.removeprefix("timezone: "))
        return SiteTime("UTC")


def _site(fields: Fields, time_here: SiteTime) -> Site | None:
    name = fields["name"].name() if "name" in fields else "Clinic"
    granularity = fields["granularity_minutes"].whole(1, 24 * 60) if "granularity_minutes" in fields else 5
    hours = hours_of(fields["hours"]) if "hours" in fields else WeeklyHours(((),) * 7)
    closures = tuple(_closure(each, time_here) for each in fields.items("closures"))
    return fields.build(lambda: Site(slug(name), name, time_here.zone, hours, granularity, closures))


def slug(name: str) -> str:
    """A name as it may stand in an address: `riverside-interventional-psychiatry`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "clinic"


def _closure(part: Part, time_here: SiteTime) -> Closure:
    fields = part.fields(CLOSURE_KEYS)
    return Closure(interval_of(fields, time_here), fields.text("reason"))


def _resource(part: Part, time_here: SiteTime) -> Resource | None:
    fields = part.fields(RESOURCE_KEYS, required=("id", "kind", "capabilities"))
    key, kind = fields["id"].name(), fields["kind"].choice([each.value for each in Kind], "kind of resource")
    capabilities = frozenset(each.name() for each in fields.items("capabilities"))
    hours = hours_of(fields["hours"]) if "hours" in fields else None
    absences = tuple(_absence(each, time_here) for each in fields.items("unavailable"))
    name = fields["name"].name() if "name" in fields else ""
    capacity = fields.whole("capacity", 1, least=1)
    return fields.build(lambda: Resource(key, Kind(kind), capabilities, capacity, hours, absences, name))


def _absence(part: Part, time_here: SiteTime) -> Absence:
    fields = part.fields(ABSENCE_KEYS)
    return Absence(interval_of(fields, time_here), fields.text("reason"))


def _weights(part: Part) -> Weights:
    fields = part.fields(OBJECTIVE_KEYS)
    return Weights(**{key: fields[key].number() for key in OBJECTIVE_KEYS if key in fields})


def _with_warnings(clinic: ClinicFile, document: Document) -> ClinicFile:
    offered = {capability for resource in clinic.resources for capability in resource.capabilities}
    found = [missing for index, each in enumerate(clinic.protocols.values()) for missing in _missing(index, each, offered)]
    if not found:
        return clinic
    return replace(clinic, warnings=document.located(found))


def _missing(index: int, document: ProtocolDocument, offered: set[str]) -> list[tuple[FieldPath, str]]:
    return [
        (
            ("protocols", index, "session_templates", name, "requirements", each.index, "capability"),
            f"no resource has {each.requirement.capability!r}; a course of {document.protocol.id} cannot be placed without one",
        )
        for name, template in document.protocol.templates.items()
        for each in template.demands
        if each.requirement.capability not in offered
    ]
