"""The part of the clinic file's JSON Schema that speaks of protocols."""

from __future__ import annotations

from courses.protocols.located.yaml_text import Data
from courses.protocols.phase_notation import MOST_SESSIONS
from courses.protocols.provenance import FactStatus
from courses.protocols.session_notation import MINUTES_OF_DAY
from rooms.availability.hours import WEEKDAYS
from rooms.resources.requirement import WHOLE
from scheduler.clinic_file.schema_words import NAME, a_list, a_mapping, a_number, described

_TEXT: dict[str, Data] = {"type": "string"}


def protocol_schema() -> dict[str, Data]:
    """The schema of one protocol; also of a protocol in a document of its own."""
    return a_mapping(
        "What should happen to a patient under a treatment, session by session.",
        {
            "id": NAME,
            "title": NAME,
            "modality": described(NAME, "The kind of treatment, such as tms; the day board marks sessions by it."),
            "phases": a_list("The parts of the course, in order.", _phase(), 1),
            "session_templates": {
                "type": "object",
                "description": "The kinds of session, by name.",
                "additionalProperties": _template(),
                "minProperties": 1,
            },
            "session_rules": a_list("Which kind each session is: the first rule that fits; the last has no condition.", _rule(), 1),
            "reserve": _reserve(),
            "extension": _extension(),
            "facts": a_list("Where each number comes from.", _fact()),
            "notes": a_list("What the desk should know.", a_mapping("A note.", {"text": _TEXT, "source": _TEXT}, ("text",))),
        },
        ("id", "phases", "session_templates", "session_rules"),
    )


def _reserve() -> dict[str, Data]:
    share: dict[str, Data] = {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "description": "Of what a date holds of the resources that its sessions lack first.",
    }
    return a_mapping(
        "Room that courses of other protocols leave to those of this one.",
        {"share": share, "until_days": a_number("Kept until so many days before the date.", 0)},
        ("share", "until_days"),
    )


def _phase() -> dict[str, Data]:
    days: dict[str, Data] = {"enum": [*WEEKDAYS]}
    window: dict[str, Data] = {**a_list("First and last day.", a_number("Days after the phase before.", 0), 2), "maxItems": 2}
    return a_mapping(
        "A part of the course; one of sessions, weekly and windows says how many sessions it has.",
        {
            "name": NAME,
            "sessions": a_number("How many sessions.", 1, MOST_SESSIONS),
            "weekly": a_list(
                "Blocks of so many sessions, each in later weeks than the one before.", a_number("Sessions.", 1, MOST_SESSIONS), 1
            ),
            "windows": a_list("One session in each window of days after the last session of the phase before.", window, 1),
            "per_week": a_number("At most so many in an ISO week.", 1),
            "per_7_days": a_number("At most so many in any seven dates.", 1),
            "per_day": a_number("Sessions on one date.", 1, default=1),
            "min_gap_days": a_number("At least so many days between sessions.", 0, default=1),
            "max_gap_days": a_number("At most so many days between sessions.", 1),
            "min_gap_minutes": a_number("Between sessions of one date, at least.", 0, default=0),
            "max_gap_minutes": a_number("Between sessions of one date, at most.", 0, default=MINUTES_OF_DAY),
            "weekdays": a_list("Only on these days.", days, 1),
        },
        ("name",),
        oneOf=[{"required": ["sessions"]}, {"required": ["weekly"]}, {"required": ["windows"]}],
    )


def _template() -> dict[str, Data]:
    step = a_mapping("A part of the session.", {"name": NAME, "minutes": a_number("How long.", 1, MINUTES_OF_DAY)}, ("name", "minutes"))
    requirement = a_mapping(
        "Resources that the session holds, with the time after it that they need.",
        {
            "capability": NAME,
            "count": a_number("How many different resources.", 1, default=1),
            "steps": a_list("For which steps, following each other; all, where left out.", NAME, 1),
            "load": {
                "anyOf": [a_number("A share of the capacity; 0 is presence.", 0), {"const": WHOLE, "description": "The whole capacity."}],
                "default": 1,
            },
            "turnover_minutes": a_number("How long it is not free after the patient is gone.", 0, MINUTES_OF_DAY, default=0),
            "continuity": {
                "type": "boolean",
                "default": False,
                "description": "The same resource from session to session, if it can be had.",
            },
        },
        ("capability",),
    )
    steps = a_list("The parts, following each other without a gap.", step, 1)
    return a_mapping("One kind of session.", {"steps": steps, "requirements": a_list("What it asks for.", requirement)}, ("steps",))


def _rule() -> dict[str, Data]:
    return a_mapping(
        "Which kind of session some numbers are.",
        {
            "sessions": a_list("These numbers.", a_number("From 1.", 1), 1),
            "every": a_number("Every so many: 5 is sessions 5, 10, 15 ...", 1),
            "template": described(NAME, "The name of a session template."),
        },
        ("template",),
    )


def _extension() -> dict[str, Data]:
    return a_mapping(
        "More phases that a course may be given.",
        {
            "title": _TEXT,
            "asks": described(_TEXT, "What must be on record before."),
            "replaces": a_list("Phases of which what is not yet given falls away.", NAME),
            "phases": a_list("Its phases, numbered on.", _phase(), 1),
        },
        ("title", "phases"),
    )


def _fact() -> dict[str, Data]:
    return a_mapping(
        "One number with its source. Unconfirmed and design numbers need the medical director's sign-off.",
        {
            "of": described(_TEXT, "The number's path, such as phases[0].sessions; [*] is every entry of a list."),
            "value": {"type": ["integer", "number", "string", "boolean"]},
            "source": _TEXT,
            "status": {"enum": [each.value for each in FactStatus]},
            "note": _TEXT,
        },
        ("of", "value", "source", "status"),
    )
