"""One entry of a document, asked for what it ought to be.

Every question notes a fault where the answer is no, and answers with something harmless, so that reading goes on to find the next
fault; nothing built from a harmless answer leaves `Document.read`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime, time
from difflib import get_close_matches
from math import isfinite
from typing import TypeVar

from courses.errors import Faulty
from courses.protocols.located.faults import Path, Refusals
from rooms.availability.hours import clock_minutes

T = TypeVar("T")

MOST = 10_000
"""No count, load or number of minutes or days of the notation is above."""

_DAY = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\d")
_MOMENT = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?")
_ABSENT = object()


class Part:
    """An entry: its value and where it stands."""

    __slots__ = ("path", "refusals", "value")

    def __init__(self, value: object, path: Path, refusals: Refusals) -> None:
        self.value = value
        self.path = path
        self.refusals = refusals

    def refuse(self, message: str) -> None:
        """Note a fault of this entry; one that is absent was noted when it was asked for."""
        if self.value is not _ABSENT:
            self.refusals.add(self.path, message)

    def refuse_at(self, step: str | int, message: str) -> None:
        """Note a fault of an entry inside this one."""
        self.refusals.add((*self.path, step), message)

    def inside(self, key: str) -> Part:
        """One entry that decides what the others are."""
        if not isinstance(self.value, dict) or key not in self.value:
            self.refuse(f"{key} is missing" if isinstance(self.value, dict) else f"{_told(self.value)}; a mapping with {key} is wanted")
            return Part(_ABSENT, self.path, self.refusals)
        return Part(self.value[key], (*self.path, key), self.refusals)

    def fields(self, known: Collection[str], required: Iterable[str] = ()) -> Fields:
        """The entry's own entries by key; unknown keys and missing ones are faults."""
        if not isinstance(self.value, dict):
            self.refuse(f"{_told(self.value)}; a mapping with {', '.join(known)} is wanted")
            return Fields(Part({}, self.path, self.refusals), (), sound=False)
        fields = Fields(self, known)
        for key in required:
            if key not in self.value:
                self.refuse(f"{key} is missing")
        return fields

    def entries(self) -> list[tuple[str, Part]]:
        """The entries of a mapping with keys of the clinic's own choice."""
        if not isinstance(self.value, dict):
            self.refuse(f"{_told(self.value)}; a mapping is wanted")
            return []
        return [(key, Part(value, (*self.path, key), self.refusals)) for key, value in self.value.items()]

    def items(self, least: int = 0) -> list[Part]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            self.refuse(f"{_told(self.value)}; a list is wanted")
            return []
        if len(self.value) < least:
            self.refuse(f"the list has {len(self.value)} entries; at least {least} is wanted")
        return [Part(value, (*self.path, index), self.refusals) for index, value in enumerate(self.value)]

    def names_in(self, key: str) -> list[str]:
        """What the entries of a list are called by a key, whatever else is wrong with them."""
        entries = self.value if isinstance(self.value, list) else []
        return [each[key] for each in entries if isinstance(each, dict) and isinstance(each.get(key), str)]

    def text(self) -> str:
        """Words. Without a line break where they are an id."""
        if not isinstance(self.value, str):
            quoted = (
                f'; write it in quotes, "{self.value}"' if isinstance(self.value, int | float) and not isinstance(self.value, bool) else ""
            )
            self.refuse(f"{_told(self.value)}; text is wanted{quoted}")
            return ""
        if not self.value.isprintable() and not all(letter.isprintable() or letter in "\n\t" for letter in self.value):
            self.refuse("the text has characters that cannot be shown; take them out")
            return ""
        return self.value

    def name(self) -> str:
        """A short text that names something: an id, a capability, a step."""
        found = self.text()
        if isinstance(self.value, str) and (not found.strip() or found != found.strip() or len(found) > 200 or not found.isprintable()):
            self.refuse(f"{_told(self.value)}; a name has 1 to 200 letters, on one line, with no space around it")
        return found

    def whole(self, least: int = 0, most: int = MOST) -> int:
        """A whole number."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            hint = "; take the quotes off" if isinstance(self.value, str) and self.value.strip("-").isdecimal() else ""
            self.refuse(f"{_told(self.value)}; a whole number from {least} is wanted{hint}")
        elif not least <= self.value <= most:
            self.refuse(f"{self.value} is {'below' if self.value < least else 'above'} what can be; use {least} to {most}")
        else:
            return self.value
        return least

    def number(self, most: float = 1_000_000) -> float:
        """A number from 0, with or without decimals."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool) or not isfinite(self.value):
            self.refuse(f"{_told(self.value)}; a number from 0 is wanted")
        elif not 0 <= self.value <= most:
            self.refuse(f"{self.value} is {'below 0' if self.value < 0 else 'too large'}; use 0 to {most:.0f}")
        else:
            return self.value
        return 0

    def truth(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.refuse(f"{_told(self.value)}; true or false is wanted")
        return self.value is True

    def choice(self, known: Collection[str], kind: str) -> str:
        """One of some words that are known here."""
        found = self.text()
        if isinstance(self.value, str) and found not in known:
            self.refuse(f"there is no {kind} {_shown(found)}{_meant(found, known)}")
        return found

    def day(self) -> date:
        """A date, `2026-12-01`."""
        if isinstance(self.value, str) and _DAY.fullmatch(self.value):
            try:
                return date.fromisoformat(self.value)
            except ValueError:
                self.refuse(f"{self.value} is no day of the calendar")
        else:
            self.refuse(f"{_told(self.value)}; a date such as 2026-12-01 is wanted")
        return date(2000, 1, 1)

    def moment(self) -> datetime:
        """A date and time, `2026-12-01T09:00`, with its offset where it gives one; a date alone is its midnight."""
        if isinstance(self.value, str) and _MOMENT.fullmatch(self.value):
            try:
                return datetime.fromisoformat(self.value)
            except ValueError:
                self.refuse(f"{self.value} is no time of the calendar and the clock; midnight is 00:00 of the next day")
        else:
            self.refuse(f"{_told(self.value)}; a time such as 2026-12-01T09:00 is wanted")
        return datetime.combine(date(2000, 1, 1), time())

    def clock(self) -> int | None:
        """A time of day as minutes since midnight; None where it is none."""
        try:
            return clock_minutes(self.value if isinstance(self.value, str) else "")
        except Faulty:
            self.refuse(f'{_told(self.value)}; a time of day such as "09:30" is wanted, up to "24:00"')
            return None


class Fields:
    """The entries of a mapping whose keys are known."""

    __slots__ = ("_before", "_data", "part")

    def __init__(self, part: Part, known: Collection[str], *, sound: bool = True) -> None:
        self.part = part
        self._data: dict[str, object] = part.value if isinstance(part.value, dict) else {}
        self._before = len(part.refusals.found) if sound else -1
        for key in self._data:
            if key not in known:
                self[key].refuse(f"there is no key {_shown(key)} here{_meant(key, known)}")

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __getitem__(self, key: str) -> Part:
        return Part(self._data.get(key, _ABSENT), (*self.part.path, key), self.part.refusals)

    def get(self, key: str) -> Part | None:
        """An entry that may be left out."""
        return self[key] if key in self._data else None

    def items(self, key: str) -> list[Part]:
        """The entries of a list that may be left out."""
        return self[key].items() if key in self._data else []

    def text(self, key: str, default: str = "") -> str:
        """Words that may be left out."""
        return self[key].text() if key in self._data else default

    def whole(self, key: str, default: int, least: int = 0) -> int:
        """A whole number that may be left out."""
        return self[key].whole(least) if key in self._data else default

    def whole_or_none(self, key: str, least: int = 1) -> int | None:
        """A whole number whose absence means something."""
        return self[key].whole(least) if key in self._data else None

    def truth(self, key: str) -> bool:
        """True or false; false where it is left out."""
        return self[key].truth() if key in self._data else False

    @property
    def sound(self) -> bool:
        """Whether no fault was noted since these fields were opened."""
        return len(self.part.refusals.found) == self._before

    def build(self, factory: Callable[[], T]) -> T | None:
        """The value made of these entries; None where one of them is faulty, or the value refuses itself (which is noted)."""
        if not self.sound:
            return None
        try:
            return factory()
        except Faulty as refusal:
            path = (*self.part.path, *refusal.field.split(".")) if refusal.field else self.part.path
            self.part.refusals.add(path, refusal.message.removeprefix(f"{refusal.field}: "))
            return None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _told(value: object) -> str:
    """What a value is, in a few words."""
    if isinstance(value, dict):
        return "this is a mapping"
    if isinstance(value, list):
        return "this is a list"
    if value is None:
        return "nothing is given"
    if isinstance(value, bool):
        return f"this is {str(value).lower()}"
    if isinstance(value, str):
        return f"{_shown(value)} is text"
    return f"{_shown(str(value))[1:-1]} is a number"


def _meant(word: str, known: Collection[str]) -> str:
    near = get_close_matches(word[:100], known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; use {', '.join(known)}" if 0 < len(known) <= 20 else ""
