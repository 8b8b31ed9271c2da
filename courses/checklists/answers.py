"""Whether an answer can be, and whether it lies where the clinic wants it: three bands, and never a word of advice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from math import isfinite

from courses.checklists.checklist import Checklist
from courses.checklists.entry import Answer, DeviceAnswer
from courses.checklists.item import Item, ItemKind, Range
from courses.errors import Faulty

MOST_LETTERS = 2000
MOST_UNITS = 100


class Flag(StrEnum):
    """How a number stands to the clinic's limits; anything but a number is ok."""

    OK = "ok"
    OUTSIDE_LIMITS = "outside_limits"


class WrongKind(Faulty):
    """An answer of another kind than the item asks for."""

    code = "wrong_kind"


class Impossible(Faulty):
    """A number that cannot be; `possible` is what can."""

    code = "impossible"

    def __init__(self, item: Item, value: float, possible: Range) -> None:
        super().__init__(
            item.code, f"{item.words}: {value:g} cannot be; {range_words(possible, item.unit)} is possible. Look again and retype."
        )
        self.value = value
        self.possible = possible


class NotBelow(Faulty):
    """A number that lies below another of the same time, such as a diastolic pressure below the systolic one, does not."""

    code = "impossible"

    def __init__(self, item: Item, value: float, other: Item, bound: float) -> None:
        super().__init__(item.code, f"{item.words} {value:g} is not below {other.words} {bound:g}, which cannot be. Look again and retype.")
        self.value = value
        self.bound = bound


class Unlikely(Faulty):
    """A number that is likelier a slip than a reading; it stands once it is typed twice."""

    code = "unlikely"

    def __init__(self, item: Item, value: float) -> None:
        super().__init__(
            item.code, f"{item.words}: {value:g} {item.unit} is unusual. If it is what you read, type it once more.".replace("  ", " ")
        )
        self.value = value


class OutsideLimits(Faulty):
    """A number outside the clinic's limits; it stands once it is said what was done."""

    code = "outside_limits"

    def __init__(self, item: Item, value: float, limits: Range) -> None:
        outside = f"{item.words}: {value:g} is outside the clinic's limits, {range_words(limits, item.unit)}"
        super().__init__(item.code, f"{outside}. Say what was done to keep it.")
        self.value = value
        self.limits = limits


def check_answer(item: Item, value: Answer, *, typed_twice: bool = False, action: str = "") -> Flag:
    """How an answer stands to the clinic's limits.

    Raises `WrongKind`, `Impossible`, `Unlikely` unless it was typed twice, and `OutsideLimits` unless an action is acknowledged.
    """
    _check_kind(item, value)
    if item.bands is None or not isinstance(value, int | float):
        return Flag.OK
    if not item.bands.possible.holds(value):
        raise Impossible(item, value, item.bands.possible)
    if not item.bands.likely.holds(value) and not typed_twice:
        raise Unlikely(item, value)
    if item.bands.limits.holds(value):
        return Flag.OK
    if not action:
        raise OutsideLimits(item, value, item.bands.limits)
    return Flag.OUTSIDE_LIMITS


def check_together(checklist: Checklist, answers: Mapping[str, Answer]) -> None:
    """Look at answers of one time beside each other. Raises `NotBelow`."""
    for item in checklist.items:
        value, bound = answers.get(item.code), answers.get(item.below)
        if isinstance(value, int | float) and isinstance(bound, int | float) and value >= bound:
            raise NotBelow(item, value, checklist.by_code[item.below], bound)


def flag_of(item: Item, value: Answer) -> Flag:
    """How an answer that is kept stands to the clinic's limits."""
    inside = item.bands is None or not isinstance(value, int | float) or item.bands.limits.holds(value)
    return Flag.OK if inside else Flag.OUTSIDE_LIMITS


def answer_words(item: Item, value: Answer) -> str:
    """An answer as it is read out: `yes`, `142 mmHg`, `2 x product, lot A1`. A time in ISO 8601, since its zone is not known here."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:g} {item.unit}".strip()
        case datetime():
            return value.isoformat(timespec="minutes")
        case DeviceAnswer():
            return f"{value.units} x {value.product}, lot {value.lot}"
        case _:
            return value or ""


def range_words(span: Range, unit: str = "") -> str:
    """`90 to 140 mmHg`, `up to 140 mmHg`, `90 mmHg or more`."""
    if span.low is None and span.high is None:
        return "any number"
    if span.low is None:
        return f"up to {span.high:g} {unit}".strip()
    if span.high is None:
        return f"{f'{span.low:g} {unit}'.strip()} or more"
    return f"{span.low:g} to {span.high:g} {unit}".strip()


def _check_kind(item: Item, value: Answer) -> None:
    wanted = {
        ItemKind.CHECK: ("yes or no", isinstance(value, bool)),
        ItemKind.NUMBER: ("a number", isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)),
        ItemKind.CHOICE: (f"one of {', '.join(item.choices)}", isinstance(value, str) and value in item.choices),
        ItemKind.TEXT: (f"1 to {MOST_LETTERS} letters", isinstance(value, str) and 0 < len(value.strip()) <= MOST_LETTERS),
        ItemKind.TIME: ("a time with its zone", isinstance(value, datetime) and value.utcoffset() is not None),
        ItemKind.SIGNATURE: ("nothing but who signs", value is None),
        ItemKind.DEVICE: ("a product, its lot and how many", isinstance(value, DeviceAnswer) and _is_whole(value)),
    }
    words, is_right = wanted[item.kind]
    if not is_right:
        raise WrongKind(item.code, f"{item.words}: {words} is wanted")


def _is_whole(device: DeviceAnswer) -> bool:
    return bool(device.product.strip() and device.lot.strip()) and 1 <= device.units <= MOST_UNITS
