"""Writing a clinic file."""

from __future__ import annotations

import json

from courses.plans.request import Authorization, CourseRequest, PatientHours, Weights
from courses.protocols.located.yaml_text import Data, dump_yaml
from courses.protocols.written import protocol_data
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime, WeeklyHours, clock_text
from rooms.availability.interval import Interval
from rooms.resources.resource import Resource
from rooms.resources.site import Site
from scheduler.clinic_file.clinic import ClinicFile, HeldBooking, Person


def document_text(data: Data, file: str) -> str:
    """A document as text: JSON where the file's name ends so, YAML otherwise."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n" if file.endswith(".json") else dump_yaml(data)


def write_clinic(clinic: ClinicFile) -> dict[str, Data]:
    """A clinic as a document; times are local, with their offset."""
    here = SiteTime(clinic.site.timezone)
    weights = clinic.weights
    data: dict[str, Data] = {
        "clinic": _site(clinic.site, here),
        "resources": [_resource(each, here) for each in clinic.resources],
        "protocols": [protocol_data(each) for each in clinic.protocols.values()],
        "patients": [_patient(each, clinic.people.get(each.patient), here) for each in clinic.patients],
        "courses": [_request(each) for each in clinic.requests],
        "bookings": [_booking(each, here) for each in clinic.bookings],
    }
    if weights != Weights():
        data["objective"] = {
            "delay_day": weights.delay_day,
            "outside_window": weights.outside_window,
            "spread_step": weights.spread_step,
            "change": weights.change,
        }
    return data


def given(data: dict[str, Data]) -> dict[str, Data]:
    """What is worth writing: None means as usual."""
    return {key: value for key, value in data.items() if value is not None}


def _site(site: Site, here: SiteTime) -> dict[str, Data]:
    closures: list[Data] = [_closure(each, here) for each in site.closures]
    return given(
        {
            "name": site.name,
            "timezone": site.timezone,
            "granularity_minutes": site.granularity_minutes,
            "hours": _hours(site.hours),
            "closures": closures or None,
        }
    )


def _hours(hours: WeeklyHours | None) -> Data:
    if hours is None:
        return None
    return {day: [[*span] for span in spans] for day, spans in hours.text().items()}


def _closure(closure: Closure, here: SiteTime) -> dict[str, Data]:
    on = here.date_of(closure.interval.starts_at)
    whole = here.day(on).whole == closure.interval
    when: dict[str, Data] = {"date": on.isoformat()} if whole else _interval(closure.interval, here)
    return given({**when, "reason": closure.reason or None})


def _interval(interval: Interval, here: SiteTime) -> dict[str, Data]:
    return {"start": here.text(interval.starts_at), "end": here.text(interval.ends_at)}


def _resource(resource: Resource, here: SiteTime) -> dict[str, Data]:
    absences: list[Data] = [given({**_interval(each.interval, here), "reason": each.reason or None}) for each in resource.absences]
    return given(
        {
            "id": resource.id,
            "name": resource.name or None,
            "kind": resource.kind.value,
            "capabilities": [*sorted(resource.capabilities)],
            "capacity": None if resource.capacity == 1 else resource.capacity,
            "hours": _hours(resource.hours),
            "unavailable": absences or None,
        }
    )


def _patient(hours: PatientHours, person: Person | None, here: SiteTime) -> dict[str, Data]:
    away: list[Data] = [_interval(each, here) for each in hours.unavailable]
    who = person or Person()
    return given(
        {
            "id": hours.patient,
            "given_name": who.given_name or None,
            "family_name": who.family_name or None,
            "born_on": who.born_on.isoformat() if who.born_on else None,
            "available": _hours(hours.available),
            "unavailable": away or None,
        }
    )


def _request(request: CourseRequest) -> dict[str, Data]:
    latest, finish, window = request.start_on_or_before, request.finish_on_or_before, request.window
    return given(
        {
            "id": request.id,
            "patient": request.patient,
            "protocol": request.protocol.id,
            "start_on_or_after": request.start_on_or_after.isoformat(),
            "start_on_or_before": latest.isoformat() if latest else None,
            "finish_on_or_before": finish.isoformat() if finish else None,
            "priority": None if request.priority == 1 else request.priority,
            "prefer": {"window": [clock_text(window.opens), clock_text(window.closes)]} if window else None,
            "authorization": _authorization(request.authorization),
        }
    )


def _authorization(permit: Authorization | None) -> Data:
    if permit is None:
        return None
    return {"sessions": permit.sessions, "valid_from": permit.valid_from.isoformat(), "valid_until": permit.valid_until.isoformat()}


def _booking(booking: HeldBooking, here: SiteTime) -> dict[str, Data]:
    return given(
        {
            "resource": booking.resource,
            **_interval(booking.interval, here),
            "load": booking.load,
            "capability": booking.capability or None,
            "reseat": booking.reseat or None,
            "course": booking.course or None,
            "session": booking.session,
        }
    )
