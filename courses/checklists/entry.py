"""What somebody wrote down. An entry never changes; what is shown is folded from all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EntryKind(StrEnum):
    """`late` is decided by the server; an amendment or a retraction names what it replaces."""

    ORIGINAL = "original"
    LATE = "late"
    AMENDMENT = "amendment"
    RETRACTION = "retraction"


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """What was given: a product, its lot and how many units."""

    product: str
    lot: str
    units: int


Answer = bool | float | str | datetime | DeviceAnswer | None
"""By the kind of the item: check, number, choice or text, time, device, signature or retraction."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote or signed: an account by public id, its name, and the role by which they were allowed to."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Entry:
    """`observed_at` is when it happened, `recorded_at` when the server learned of it; `observed_offset` the wall clock's distance from UTC.

    Entries saved by one press have the same `together`. `moved_from` is the entry, on another session, that was retracted as the wrong
    patient's and stands here instead. `source` is `screen` or `paper`.
    """

    id: str
    item: str
    value: Answer
    kind: EntryKind
    observed_at: datetime
    observed_offset: int
    recorded_at: datetime
    author: Person
    together: str
    unit: str = ""
    replaces: str | None = None
    second: Person | None = None
    reason_code: str = ""
    reason: str = ""
    action: str = ""
    source: str = "screen"
    moved_from: str | None = None
