"""The words of which the clinic file's JSON Schema is made."""

from __future__ import annotations

from collections.abc import Iterable

from courses.protocols.located.part import MOST
from courses.protocols.located.yaml_text import Data
from rooms.availability.hours import WEEKDAYS

NAME: dict[str, Data] = {"type": "string", "minLength": 1, "maxLength": 200}
DATE: dict[str, Data] = {"type": "string", "pattern": r"^(19|20|21)\d\d-\d\d-\d\d$", "description": "A date, 2026-12-01."}
TIME: dict[str, Data] = {
    "type": "string",
    "pattern": r"^(19|20|21)\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$",
    "description": "A time, 2026-12-01T09:00; local to the clinic unless it carries an offset.",
}
CLOCK: dict[str, Data] = {"type": "string", "pattern": r"^\d{1,2}:\d\d(:00)?$", "description": "A time of day, 09:30, up to 24:00."}


def described(schema: dict[str, Data], description: str) -> dict[str, Data]:
    """A schema with what it means here."""
    return {**schema, "description": description}


def a_list(description: str, of: dict[str, Data], least: int = 0) -> dict[str, Data]:
    """A list of one kind of thing."""
    return {"type": "array", "description": description, "items": of, **({"minItems": least} if least else {})}


def a_mapping(description: str, keys: dict[str, Data], required: Iterable[str] = (), **more: Data) -> dict[str, Data]:
    """A mapping whose keys are known."""
    needed: list[Data] = [*required]
    return {
        "type": "object",
        "description": description,
        "properties": keys,
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
        **more,
    }


def a_number(description: str, least: int, most: int = MOST, default: int | None = None) -> dict[str, Data]:
    """A whole number."""
    usual: dict[str, Data] = {} if default is None else {"default": default}
    return {"type": "integer", "minimum": least, "maximum": most, "description": description, **usual}


def a_window(description: str) -> dict[str, Data]:
    """Two times of day."""
    return {"type": "array", "description": description, "items": CLOCK, "minItems": 2, "maxItems": 2}


HOURS: dict[str, Data] = a_mapping(
    "The stretches of each weekday; a booking lies inside one of them.",
    {day: a_list("The stretches of the day.", a_window("From and until.")) for day in WEEKDAYS},
)
