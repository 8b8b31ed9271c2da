"""One thing that a checklist asks: of whom, when, and what may be answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from courses.errors import Faulty


class ItemKind(StrEnum):
    """What an answer is: for `device` a product, a lot and units; for `time` an instant; for `signature` nothing but who and when."""

    CHECK = "check"
    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"
    TIME = "time"
    SIGNATURE = "signature"
    DEVICE = "device"


class Moment(StrEnum):
    """What minutes are counted from. All but arrival and start are told by entries: an item says which of them it `marks`."""

    ARRIVAL = "arrival"
    START = "start"
    FIRST_DOSE = "first_dose"
    LAST_DOSE = "last_dose"
    END_OF_TREATMENT = "end_of_treatment"


class Verb(StrEnum):
    """The moves of a session that a gate stands before. `dose` is the first and every further dose."""

    START = "start"
    DOSE = "dose"
    RELEASE = "release"


class GateClass(StrEnum):
    """Who may go past: nobody; a named role with a reason; everybody, who is warned (clinical facts, section 0)."""

    REGULATORY = "regulatory"
    CLINICAL = "clinical"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; None is without end."""

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise Faulty("", f"{self.low:g} is above {self.high:g}; the lower number comes first")

    def holds(self, value: float) -> bool:
        """Whether the value lies within."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


ANY = Range()


@dataclass(frozen=True, slots=True)
class Bands:
    """What lies outside `possible` is refused, outside `likely` typed twice, outside the clinic's `limits` shown as such."""

    possible: Range = ANY
    likely: Range = ANY
    limits: Range = ANY


@dataclass(frozen=True, slots=True)
class Due:
    """When an item is asked for.

    Before a move of the session (`before`), by an answer that is then no older than `within_minutes`; or `minutes` after a moment, and
    every `every` minutes from then on until released. What is asked at a time may be done `early_minutes` before it and is late
    `overdue_minutes` after it. Neither: at any time.
    """

    before: Verb | None = None
    after: Moment | None = None
    minutes: int = 0
    every: int | None = None
    early_minutes: int = 10
    overdue_minutes: int = 5
    within_minutes: int | None = None

    def __post_init__(self) -> None:
        if self.before and self.after:
            raise Faulty("", "an item is due before a move or after a moment, not both; leave one of them out")
        if min(self.minutes, self.overdue_minutes, self.early_minutes) < 0:
            raise Faulty("", "minutes are counted forward; write 0 or more")
        if self.within_minutes is not None and (self.within_minutes < 1 or self.before is None):
            raise Faulty("", "`within_minutes` says how old an answer may be before a move; name the move in `before`")
        if self.every is not None and (self.every < 1 or self.after is None):
            raise Faulty("", "what repeats is counted from a moment and comes at most once a minute; name the moment in `after`")


@dataclass(frozen=True, slots=True)
class Gate:
    """What must be answered how before a move. `passing` are the answers that let pass: choices, `yes` for a check, or none: any answer.

    `within_limits`: a number must lie within the clinic's limits. `at_most_days`: a time must lie no more calendar days back, as the site
    counts days. `overridden_by` are the roles (as in `scheduler.access.role`) who may go past a clinical gate, with a reason.
    """

    before: Verb
    kind: GateClass
    passing: tuple[str, ...] = ()
    within_limits: bool = False
    at_most_days: int | None = None
    overridden_by: tuple[str, ...] = ()
    says: str = ""

    def __post_init__(self) -> None:
        if (self.kind is GateClass.CLINICAL) != bool(self.overridden_by):
            raise Faulty("", "a clinical gate, and no other, names the roles that may go past it in `overridden_by`")


@dataclass(frozen=True, slots=True)
class Item:
    """`code` is unique in its checklist. `answered_by` are roles (empty: whoever may write at all). `marks` tells a moment by its answers.

    Nothing measured is ever filled in beforehand; a `stable` answer (an allergy, a driver's name) may be offered, to be taken by a tap.
    A number lies below that of the item named by `below`, read at the same time. `form_field` names the field of the monitoring form that
    the answer goes into. `source` tells where the question or its numbers come
    from, `unconfirmed` that the medical director has to sign it off.
    """

    code: str
    words: str
    kind: ItemKind
    unit: str = ""
    bands: Bands | None = None
    below: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    due: tuple[Due, ...] = ()
    gate: Gate | None = None
    answered_by: tuple[str, ...] = ()
    marks: Moment | None = None
    group: str = ""
    stable: bool = False
    form_field: str = ""
    source: str = ""
    unconfirmed: bool = False
    help: str = field(default="")

    def __post_init__(self) -> None:
        if not self.code or not self.words:
            raise Faulty("", "an item has a code and words that ask for it")
        if (self.kind is ItemKind.NUMBER) != (self.bands is not None):
            raise Faulty("", f"{self.code}: a number, and nothing else, has bands")
        if (self.kind is ItemKind.CHOICE) != bool(self.choices):
            raise Faulty("", f"{self.code}: a choice, and nothing else, has choices")
        if self.gate and self.gate.within_limits and self.kind is not ItemKind.NUMBER:
            raise Faulty("", f"{self.code}: only a number can lie within limits")
        if self.gate and self.gate.at_most_days is not None and self.kind is not ItemKind.TIME:
            raise Faulty("", f"{self.code}: only a time can lie some days back")
        if self.marks and self.kind in (ItemKind.TIME, ItemKind.TEXT):
            raise Faulty("", f"{self.code}: a moment is told by when something was observed; mark it by a check, a number or a device")
        strange = [answer for answer in self.gate.passing if answer not in (*self.choices, "yes")] if self.gate else []
        if strange:
            raise Faulty("", f"{self.code}: {strange[0]!r} is none of its answers")

    def is_asked_before(self, verb: Verb) -> bool:
        """Whether it is due before a move, or a gate of that move asks for it."""
        return any(due.before is verb for due in self.due) or (self.gate is not None and self.gate.before is verb)

    @property
    def is_measured(self) -> bool:
        """Whether it is a number or a judgment of the moment, which is never copied from another time."""
        return not self.stable
