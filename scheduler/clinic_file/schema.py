"""The JSON Schema of the clinic file (draft 2020-12), for editors and for other programs."""

from __future__ import annotations

from collections.abc import Iterable

from courses.protocols.located.yaml_text import Data
from scheduler.clinic_file.protocol_schema import protocol_schema
from scheduler.clinic_file.schema_words import DATE, HOURS, NAME, TIME, a_list, a_mapping, a_number, a_window, described


def clinic_schema() -> dict[str, Data]:
    """The schema of a whole clinic file. What only the whole file can tell, such as an id given twice, is checked on reading."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Chairtime clinic file",
        **a_mapping(
            "A clinic, its protocols and the courses wanted from it.",
            {
                "clinic": _CLINIC,
                "resources": a_list("What can be booked.", _RESOURCE),
                "protocols": a_list("What should happen under each treatment.", {"$ref": "#/$defs/protocol"}),
                "patients": a_list("Who is treated.", _PATIENT),
                "courses": a_list("What is wanted: one patient, one protocol each.", _COURSE),
                "bookings": a_list("What is booked already and stays.", _BOOKING),
                "objective": _OBJECTIVE,
            },
            ("clinic",),
        ),
        "$defs": {"protocol": protocol_schema()},
    }


def _between(description: str, more: dict[str, Data] | None = None, required: Iterable[str] = ()) -> dict[str, Data]:
    """Something with a start and an end."""
    return a_mapping(description, {**(more or {}), "start": TIME, "end": TIME, "reason": {"type": "string"}}, (*required, "start", "end"))


_WHOLE_DAY = a_mapping("Closed for a whole day.", {"date": DATE, "reason": {"type": "string"}}, ("date",))

_CLINIC = a_mapping(
    "The place. All times of the file are local to it, unless they carry an offset.",
    {
        "name": NAME,
        "timezone": described(NAME, "An IANA time zone, such as America/New_York."),
        "granularity_minutes": a_number("Sessions start on this grid, counted from local midnight.", 1, 24 * 60, default=5),
        "hours": described(HOURS, "When the clinic is open; a day that is not named is closed."),
        "closures": a_list(
            "Public holidays, snow, building works.",
            {"anyOf": [_WHOLE_DAY, _between("Closed from a start until an end.")]},
        ),
    },
    ("timezone",),
)

_RESOURCE = a_mapping(
    "A chair, a device, a room or a person.",
    {
        "id": NAME,
        "name": described(NAME, "What the day board calls it; its id, where left out."),
        "kind": {"enum": ["chair", "device", "room", "staff"]},
        "capabilities": a_list("What it can be asked for.", NAME),
        "capacity": a_number("The total load that it bears at any instant.", 1, default=1),
        "hours": described(HOURS, "When it can be had; the clinic's hours, where left out."),
        "unavailable": a_list(
            "Leave, servicing.",
            {"anyOf": [_WHOLE_DAY, _between("Away from a start until an end.")]},
        ),
    },
    ("id", "kind", "capabilities"),
)

_PATIENT = a_mapping(
    "A patient, and when they can come.",
    {
        "id": NAME,
        "given_name": {"type": "string"},
        "family_name": {"type": "string"},
        "born_on": DATE,
        "available": described(HOURS, "When they can come; always, where left out."),
        "unavailable": a_list(
            "When they cannot.",
            {"anyOf": [_WHOLE_DAY, _between("Away from a start until an end.")]},
        ),
    },
    ("id",),
)

_COURSE = a_mapping(
    "A course that is wanted.",
    {
        "id": NAME,
        "patient": described(NAME, "The id of one of the patients."),
        "protocol": described(NAME, "The id of one of the protocols."),
        "start_on_or_after": DATE,
        "start_on_or_before": DATE,
        "finish_on_or_before": DATE,
        "priority": {"type": "number", "minimum": 0, "description": "Its weight among the courses.", "default": 1},
        "prefer": a_mapping("Wishes.", {"window": a_window("Sessions should start in it, both ends included.")}),
        "authorization": a_mapping(
            "What the payer agreed to; both dates are included.",
            {"sessions": a_number("How many sessions.", 0), "valid_from": DATE, "valid_until": DATE},
            ("sessions", "valid_from", "valid_until"),
        ),
    },
    ("id", "patient", "protocol", "start_on_or_after"),
)

_BOOKING = a_mapping(
    "One resource, held for one time. With reseat it may be given to another resource with its capability.",
    {
        "resource": described(NAME, "The id of one of the resources."),
        "start": TIME,
        "end": TIME,
        "load": a_number("What it takes of the resource's capacity.", 0, default=1),
        "capability": NAME,
        "reseat": {"type": "boolean", "default": False},
        "course": {"type": "string"},
        "session": a_number("Which session of the course.", 1),
    },
    ("resource", "start", "end"),
    dependentRequired={"reseat": ["capability"]},
)

_OBJECTIVE = a_mapping(
    "What the soft goals weigh.",
    {
        key: {"type": "number", "minimum": 0, "description": what, "default": usual}
        for key, what, usual in (
            ("delay_day", "One day after the ideal date.", 10),
            ("outside_window", "One session that starts outside the wished window.", 15),
            ("spread_step", "One step of the grid away from the course's usual start.", 1),
            ("change", "One change of resource where continuity is asked for.", 3),
        )
    },
)
