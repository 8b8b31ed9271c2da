"""Kinds of fields: what a text, a date, a time may be, so that nonsense is refused at the door with the field's name."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.availability.interval import Interval

DATE = r"^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
MOMENT = (
    r"^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
    r"(Z|[+-](0\d|1[0-4]):[0-5]\d)?$"
)
CLOCK = r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$"
LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"


class Shape(BaseModel):
    """A body, of a request or an answer: no field but those that are named."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def _date(value: object) -> object:
    """A date as text only; a number is refused, since nobody can tell its unit."""
    if isinstance(value, str) and re.fullmatch(DATE, value, re.ASCII):
        return date.fromisoformat(value)
    raise ValueError("write a date as 2026-12-01, between the years 1900 and 2199")


def _moment(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(MOMENT, value, re.ASCII):
        return datetime.fromisoformat(value)
    raise ValueError("write a time as 2026-12-01T09:00 (local to the site) or with its offset, 2026-12-01T09:00-05:00")


Date = Annotated[
    date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date", "pattern": DATE, "examples": ["2026-12-01"]})
]
"""A date of the site's calendar."""

Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": MOMENT,
            "description": "A time, local to the site, or with an offset.",
            "examples": ["2026-12-01T09:00", "2026-12-01T09:00-05:00"],
        }
    ),
]
"""A time as a person writes it; see `instant_of`."""

Clock = Annotated[str, StringConstraints(pattern=CLOCK)]
"""A time of day on the wall clock, as 09:30."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=LINE)]
"""A text of one line."""

Reason = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A reason in a person's words; may be empty."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""The clinic's own id of something."""

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")]
"""The public id of something (or its code, where the site is known), as it stands in an address."""

Count = Annotated[int, Field(strict=True, ge=1, le=10_000)]
"""A number of things, at least one."""

Stretch = Annotated[list[Clock], Field(min_length=2, max_length=2, examples=[["08:00", "17:00"]])]
Stretches = Annotated[list[Stretch], Field(max_length=24)]


class Hours(Shape):
    """Weekly hours: the stretches of each weekday by the wall clock. A day that is not named is closed."""

    mon: Stretches = []
    tue: Stretches = []
    wed: Stretches = []
    thu: Stretches = []
    fri: Stretches = []
    sat: Stretches = []
    sun: Stretches = []

    def value(self) -> WeeklyHours:
        """The hours. Raises `Faulty` for a stretch that does not open before it closes."""
        return WeeklyHours.of({day: [(a, b) for a, b in spans] for day, spans in self.model_dump().items() if spans})


def hours_of(hours: Hours | None) -> WeeklyHours | None:
    """Weekly hours where some are given. Raises `Faulty` for a stretch that does not open before it closes."""
    return None if hours is None else hours.value()


def hours_shown(hours: WeeklyHours | None) -> Hours | None:
    """Weekly hours as they are shown."""
    return None if hours is None else Hours.model_validate(hours.text())


class Time(Shape):
    """A stretch of time, its end not included. Local to the site, or with offsets."""

    starts_at: Moment
    ends_at: Moment

    def interval(self, time: SiteTime) -> Interval:
        """The real time. Raises `Faulty` where it does not end after it starts, `NoSuchTime` where the clock skips one."""
        return Interval(instant_of(self.starts_at, time), instant_of(self.ends_at, time))


def instant_of(moment: datetime, time: SiteTime) -> datetime:
    """The instant of a time as a person wrote it. Raises `NoSuchTime` for a local time that the clock skips."""
    return time.exact(moment).astimezone(UTC)


def on_clock(instant: datetime, time: SiteTime | None) -> datetime:
    """An instant as the site's clock shows it, with its offset; in UTC where no clock is given."""
    return instant if time is None else time.local(instant)
