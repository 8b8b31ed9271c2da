"""Patients, the courses wanted for them, and the bookings that are there already, as a clinic file gives them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from courses.plans.request import Authorization, CourseRequest, PatientHours, Window
from courses.protocols.located.part import Part
from courses.protocols.provenance import ProtocolDocument
from rooms.availability.hours import SiteTime
from scheduler.clinic_file.clinic import HeldBooking, Person
from scheduler.clinic_file.times import hours_of, interval_of, to_whole_minutes

PATIENT_KEYS = ("id", "given_name", "family_name", "born_on", "available", "unavailable")
AWAY_KEYS = ("date", "start", "end", "reason")
COURSE_KEYS = (
    "id",
    "patient",
    "protocol",
    "start_on_or_after",
    "start_on_or_before",
    "finish_on_or_before",
    "priority",
    "prefer",
    "authorization",
)
AUTHORIZATION_KEYS = ("sessions", "valid_from", "valid_until")
BOOKING_KEYS = ("resource", "start", "end", "load", "capability", "reseat", "course", "session")


def patient_of(part: Part, time_here: SiteTime) -> tuple[PatientHours, Person | None] | None:
    """When a patient can come, and who it is where the file says so."""
    fields = part.fields(PATIENT_KEYS, required=("id",))
    key = fields["id"].name()
    available = hours_of(fields["available"]) if "available" in fields else None
    away = tuple(interval_of(each.fields(AWAY_KEYS), time_here) for each in fields.items("unavailable"))
    names = fields.text("given_name"), fields.text("family_name")
    born_on = fields["born_on"].day() if "born_on" in fields else None
    person = Person(*names, born_on) if any(names) or born_on else None
    return fields.build(lambda: (PatientHours(key, available, away), person))


def request_of(part: Part, patients: Collection[str], protocols: Mapping[str, ProtocolDocument | None]) -> CourseRequest | None:
    """A course that is wanted. The protocol of a faulty one is None: that fault is told where it stands."""
    fields = part.fields(COURSE_KEYS, required=("id", "patient", "protocol", "start_on_or_after"))
    key, patient = fields["id"].name(), fields["patient"].choice(patients, "patient")
    document = protocols.get(fields["protocol"].choice(protocols, "protocol"))
    starts = fields["start_on_or_after"].day()
    latest, finish = (fields[k].day() if k in fields else None for k in ("start_on_or_before", "finish_on_or_before"))
    priority = fields["priority"].number() if "priority" in fields else 1
    window = _window(fields["prefer"]) if "prefer" in fields else None
    permit = _authorization(fields["authorization"]) if "authorization" in fields else None
    if document is None:
        return None
    protocol = document.protocol
    return fields.build(lambda: CourseRequest(key, patient, protocol, starts, latest, finish, priority, window, permit))


def _window(part: Part) -> Window | None:
    fields = part.fields(("window",))
    if "window" not in fields:
        return None
    ends = fields["window"].items()
    if len(ends) != 2:
        fields["window"].refuse('a window is two times, such as ["09:00", "10:30"]')
        return None
    opens, closes = ends[0].clock(), ends[1].clock()
    if opens is None or closes is None:
        return None
    if closes < opens:
        fields["window"].refuse(f"the window ends at {ends[1].value}, before it begins at {ends[0].value}")
    return fields.build(lambda: Window(opens, closes))


def _authorization(part: Part) -> Authorization | None:
    fields = part.fields(AUTHORIZATION_KEYS, required=AUTHORIZATION_KEYS)
    sessions, first, last = fields["sessions"].whole(), fields["valid_from"].day(), fields["valid_until"].day()
    if fields.sound and last < first:
        fields["valid_until"].refuse(f"{last} is before valid_from, {first}")
    return fields.build(lambda: Authorization(sessions, first, last))


def bookings_of(parts: Iterable[Part], resources: Collection[str], time_here: SiteTime) -> tuple[HeldBooking, ...]:
    """The bookings that are there already, in the file's order."""
    known = dict.fromkeys(resources)
    found = (_booking(index, part, known, time_here) for index, part in enumerate(parts))
    return tuple(booking for booking in found if booking is not None)


def _booking(index: int, part: Part, resources: Collection[str], time_here: SiteTime) -> HeldBooking | None:
    fields = part.fields(BOOKING_KEYS, required=("resource",))
    resource = fields["resource"].choice(resources, "resource")
    interval = interval_of(fields, time_here, starts_a_visit=True)
    capability = fields["capability"].name() if "capability" in fields else ""
    load, reseat, course = fields.whole("load", 1), fields.truth("reseat"), fields.text("course")
    if reseat and "capability" not in fields:
        fields["reseat"].refuse("to seat it elsewhere its capability is needed; add capability, or leave reseat out")
    session = fields.whole_or_none("session")
    return fields.build(lambda: HeldBooking(index, resource, to_whole_minutes(interval), load, capability, reseat, course, session))
