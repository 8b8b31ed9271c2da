"""A signature covers every value that stood, not only which entries there were."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from courses.checklists.entry import Entry, EntryKind
from courses.checklists.fold import fold
from courses.checklists.signing import Override, cover, digest_of
from tests.checklists.build import NURSE, OTHER, at, device, entry

ENTRY = replace(device("e1", 0), unit="mg", second=OTHER, reason_code="busy", reason="because", action="told", moved_from="e0")
OVERRIDE = Override("o1", "gate", "dose", at(1), NURSE, "because", OTHER)
ENTRIES = {
    "id": replace(ENTRY, id="e9"),
    "item": replace(ENTRY, item="other"),
    "value": replace(ENTRY, value=True),
    "kind": replace(ENTRY, kind=EntryKind.LATE),
    "observed_at": replace(ENTRY, observed_at=at(9)),
    "observed_offset": replace(ENTRY, observed_offset=60),
    "recorded_at": replace(ENTRY, recorded_at=at(9)),
    "author": replace(ENTRY, author=OTHER),
    "unit": replace(ENTRY, unit="g"),
    "replaces": replace(ENTRY, replaces="e8"),
    "second": replace(ENTRY, second=None),
    "reason_code": replace(ENTRY, reason_code="emergency"),
    "reason": replace(ENTRY, reason="another"),
    "action": replace(ENTRY, action="another"),
    "source": replace(ENTRY, source="paper"),
    "moved_from": replace(ENTRY, moved_from=None),
}
OVERRIDES = {
    "id": replace(OVERRIDE, id="o9"),
    "gate": replace(OVERRIDE, gate="another"),
    "verb": replace(OVERRIDE, verb="release"),
    "at": replace(OVERRIDE, at=at(2)),
    "by": replace(OVERRIDE, by=OTHER),
    "reason": replace(OVERRIDE, reason="another"),
    "second": replace(OVERRIDE, second=None),
}
NOT_COVERED = {"together"}
"""Which press saved it: the tablet's bookkeeping."""


def digest(entry: Entry = ENTRY, override: Override = OVERRIDE, versions: tuple[str, ...] = ("b", "a"), meaning: str = "monitored") -> str:
    return digest_of(cover(versions, fold([entry]), [override], meaning))


def test_each_part_is_tried() -> None:
    assert {each.name for each in fields(Entry)} - NOT_COVERED == set(ENTRIES)
    assert {each.name for each in fields(Override)} == set(OVERRIDES)


@pytest.mark.parametrize("other", ENTRIES.values(), ids=ENTRIES)
def test_every_part_of_an_entry_is_covered(other: Entry) -> None:
    assert digest(other) != digest()


@pytest.mark.parametrize("other", OVERRIDES.values(), ids=OVERRIDES)
def test_every_part_of_an_override_is_covered(other: Override) -> None:
    assert digest(override=other) != digest()


def test_the_checklists_and_what_is_meant_are_covered_and_their_order_is_not() -> None:
    assert digest(versions=("a", "b")) == digest()
    assert digest(versions=("a", "c")) != digest()
    assert digest(meaning="reviewed") != digest()


def test_what_was_retracted_is_not_covered_and_so_changes_what_is() -> None:
    one, two = entry("e1", "bp", 120.0, 0), entry("e2", "bp", 130.0, 1)
    taken = entry("e3", "bp", None, 1, kind=EntryKind.RETRACTION, replaces="e2", recorded=2)

    covered = [cover((), fold(made), [], "m") for made in ([one], [one, two], [one, two, taken])]

    assert covered[0] == covered[2] != covered[1]
