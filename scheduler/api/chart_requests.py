"""What is sent to be written down at a session."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from courses.checklists.item import Verb
from courses.checklists.kept import Kept
from courses.checklists.writing import Answered
from rooms.availability.hours import SiteTime
from scheduler.api.fields import MOMENT, Code, Shape, instant_of

TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
FRACTION = re.compile(r"\.\d{1,6}(?=Z|[+-]\d\d:\d\d$|$)")


def _observed(value: object) -> object:
    """A time as a browser or a person writes it; parts of a second are dropped."""
    if isinstance(value, str) and re.fullmatch(MOMENT, whole := FRACTION.sub("", value), re.ASCII):
        return datetime.fromisoformat(whole)
    raise ValueError("write a time as 2026-12-01T09:00 (local to the site) or with its offset, 2026-12-01T09:00-05:00")


ObservedAt = Annotated[
    datetime,
    BeforeValidator(_observed),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": MOMENT,
            "description": "When it happened, local to the site or with an offset.",
            "examples": ["2026-12-01T09:00", "2026-12-01T09:00:12-05:00"],
        }
    ),
]
"""When something happened. The server decides whether it comes late."""

Words = Annotated[str, Field(max_length=1000, pattern=TEXT)]
ReasonCode = Annotated[str, Field(max_length=40, pattern="^[a-z_]*$")]
ActionCode = Annotated[str, Field(max_length=40, pattern="^[a-z_-]*$")]


class Device(Shape):
    """What was given."""

    product: str = Field(min_length=1, max_length=100, pattern=TEXT)
    lot: str = Field(min_length=1, max_length=100, pattern=TEXT)
    units: int = Field(strict=True, ge=1, le=100)


Value = Annotated[
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(10**9), le=10**9)]
    | Annotated[float, Field(strict=True, ge=-1e9, le=1e9)]
    | Annotated[str, Field(max_length=2000, pattern=TEXT)]
    | Device
    | None,
    Field(description="By the item's kind: true or false, a number, a choice or text, an instant with its offset, a device."),
]


class AnswerIn(Shape):
    """An answer to one item."""

    item: Code
    value: Value
    observed_at: ObservedAt | None = Field(None, description="Left out: now.")
    typed_twice: bool = Field(False, strict=True, description="An unlikely number was typed once more.")
    action: ActionCode = Field("", description="What was done about a number outside the clinic's limits.")
    reason_code: ReasonCode = Field("", description="Why it comes late; owed where it does.", examples=["busy"])
    reason: Words = ""

    def answered(self, time: SiteTime) -> Answered:
        """The answer. Raises `NoSuchTime` for a local time that the clock skips."""
        at = None if self.observed_at is None else instant_of(self.observed_at, time)
        return Answered(self.item, kept(self.value), at, self.typed_twice, self.action, self.reason_code, self.reason)


class AnswersIn(Shape):
    """What one press saves: all of it or nothing."""

    entries: list[AnswerIn] = Field(min_length=1, max_length=60)


class AmendIn(Shape):
    """What is to stand instead of an entry. The reason is owed, here or in the header Chairtime-Reason."""

    value: Value
    observed_at: ObservedAt | None = Field(None, description="Left out: as it was.")
    typed_twice: bool = Field(False, strict=True)
    action: ActionCode = ""
    reason_code: ReasonCode = Field(examples=["typing_mistake"])
    reason: Words = ""


class RetractIn(Shape):
    """Why an entry is taken back. A second person stands for it too."""

    reason_code: ReasonCode = Field(examples=["wrong_patient"])
    reason: Words = ""
    belongs_to: str = Field("", max_length=100, pattern="^[A-Za-z0-9_.:-]*$", description="The session at which it is written down afresh.")


class SignIn(Shape):
    """A signature. `digest` is that of what was shown, by the chart's `meanings`.

    A second person who stands beside the one who is signed in gives their name and proof, and signs instead.
    """

    meaning: Code
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    second_handle: str = Field("", max_length=200)
    second_password: str = Field("", max_length=1000)
    second_code: str = Field("", max_length=40)


class OverrideIn(Shape):
    """A gate that somebody goes past, and why."""

    gate: Code
    verb: Verb
    reason: Words


class AlertIn(Shape):
    """An alert that is silenced for a while."""

    alert: str = Field(min_length=1, max_length=150, pattern=r"^[A-Za-z0-9_.:-]+$")


def kept(value: Value) -> Kept:
    """A value as it is kept."""
    return {"product": value.product, "lot": value.lot, "units": value.units} if isinstance(value, Device) else value
