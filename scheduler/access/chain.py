"""What makes the trail one: every event's hash is taken of the hash before it and of the event itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.access.canonical import Value, canonical

EDITION = "v1"
NOTHING_BEFORE = "0" * 64
"""What stands before the first event."""
ANCHOR_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a chain: its number, its hash, and when it was (microseconds since 1970). A chain without an event has number 0."""

    seq: int = 0
    hash: str = NOTHING_BEFORE
    at: int = 0

    @property
    def anchor(self) -> str:
        """Its first twelve digits, for prints that people keep."""
        return self.hash[:ANCHOR_DIGITS]


def link(before: str, content: Mapping[str, Value]) -> str:
    """The hash of an event that comes after the one with the hash `before`. Raises `ValueError` for what has no canonical text."""
    return hashlib.sha256(f"{EDITION}{before}{canonical(content)}".encode()).hexdigest()
