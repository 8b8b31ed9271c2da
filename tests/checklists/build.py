"""Checklists and entries as tests write them: small, and with nothing in them that a test does not speak of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from courses.checklists.checklist import Checklist, Watch
from courses.checklists.entry import Answer, DeviceAnswer, Entry, EntryKind, Person
from courses.checklists.item import Item, ItemKind, Moment

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NURSE = Person("u_nurse", "Nora Nurse", "nurse")
OTHER = Person("u_other", "Otto Other", "nurse")
DEVICE = Item("device", "Device given", ItemKind.DEVICE, marks=Moment.FIRST_DOSE)
WATCHED = Checklist("watched", "A watched session", (DEVICE,), watch=Watch(120))

CHANGES = (
    ("America/New_York", datetime(2026, 3, 8, 5, 30, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 28, 23, 30, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, 0, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 14, 30, tzinfo=UTC)),
)
"""Half an hour or more before the clocks of a zone change, in spring and in autumn."""


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def entry(
    id: str,
    item: str,
    value: Answer,
    minutes: float,
    *,
    kind: EntryKind = EntryKind.ORIGINAL,
    replaces: str | None = None,
    recorded: float | None = None,
    author: Person = NURSE,
) -> Entry:
    """An entry observed some minutes after noon, and learned of at once or at `recorded`."""
    learned = at(minutes if recorded is None else recorded)
    return Entry(id, item, value, kind, at(minutes), 0, learned, author, together=id, replaces=replaces)


def device(id: str, minutes: float) -> Entry:
    """One device, given some minutes after noon."""
    return entry(id, "device", DeviceAnswer("nasal spray", "L1", 1), minutes)
