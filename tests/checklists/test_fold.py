"""What is shown of everything that was written down, against a plain second telling of the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from courses.checklists.entry import Entry, EntryKind, Person
from courses.checklists.fold import Chart, fold
from tests.checklists.build import NURSE, OTHER, at, entry

SEQUENCES = 5_000
PEOPLE: tuple[Person, ...] = (NURSE, OTHER, Person("u_third", "Tess Third", "physician"))
ITEMS = ("systolic", "diastolic", "spo2")


def drawn(chance: Random) -> list[Entry]:
    """A session's entries in the order in which they were written: originals, late ones, amendments and retractions of what stands."""
    made: list[Entry] = []
    for number in range(chance.randint(1, 14)):
        replaceable = [each for each in made if each.kind is not EntryKind.RETRACTION]
        kind = chance.choice(list(EntryKind)) if replaceable else chance.choice((EntryKind.ORIGINAL, EntryKind.LATE))
        replaced = chance.choice(replaceable) if kind in (EntryKind.AMENDMENT, EntryKind.RETRACTION) else None
        value = None if kind is EntryKind.RETRACTION else float(chance.randint(60, 200))
        item = replaced.item if replaced else chance.choice(ITEMS)
        minutes = chance.randint(-60, 60)
        made.append(
            entry(
                f"e{chance.randint(0, 9)}{number}",
                item,
                value,
                minutes,
                kind=kind,
                replaces=replaced.id if replaced else None,
                recorded=number,
                author=chance.choice(PEOPLE),
            )
        )
    return made


def told_plainly(made: Sequence[Entry]) -> dict[str, list[tuple[str, float]]]:
    """By item, what stands: of each original the newest entry that nobody took back, nothing where the original itself was."""
    taken = {each.replaces for each in made if each.kind is EntryKind.RETRACTION}
    found: dict[str, list[tuple[str, float]]] = {}
    for original in made:
        if original.replaces is not None or original.id in taken:
            continue
        chain = {original.id}
        newest = original
        for each in made:
            if each.replaces in chain:
                chain.add(each.id)
                if each.kind is EntryKind.AMENDMENT and each.id not in taken:
                    newest = each
        assert isinstance(newest.value, float)
        found.setdefault(original.item, []).append((newest.id, newest.value))
    return {item: sorted(each) for item, each in found.items()}


def shown(chart: Chart) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for item in ITEMS:
        for reading in chart.of(item):
            assert reading.current is not None
            assert isinstance(reading.value, float)
            found.setdefault(item, []).append((reading.current.id, reading.value))
    return {item: sorted(each) for item, each in found.items()}


def test_five_thousand_random_sequences_are_shown_as_a_plain_telling_has_them() -> None:
    chance = Random(5)
    n_retracted = n_amended = 0
    for _ in range(SEQUENCES):
        made = drawn(chance)
        chart = fold(made)

        assert shown(chart) == told_plainly(made)
        assert sorted(each.id for reading in chart.readings for each in reading.history) == sorted(each.id for each in made)
        shuffled = list(made)
        chance.shuffle(shuffled)
        assert fold(shuffled) == chart
        n_retracted += sum(reading.is_retracted for reading in chart.readings)
        n_amended += sum(reading.current not in (None, reading.original) for reading in chart.readings)
    assert n_retracted > SEQUENCES / 2
    assert n_amended > SEQUENCES / 2


@pytest.mark.parametrize("hours", [-24, -1, 0, 24])
def test_a_clock_that_was_set_brings_no_amended_value_back(hours: int) -> None:
    first = entry("e1", "systolic", 180.0, 0)
    amended = replace(
        entry("e0", "systolic", 118.0, 0, kind=EntryKind.AMENDMENT, replaces="e1"), recorded_at=first.recorded_at + timedelta(hours=hours)
    )

    assert fold([first, amended]).of("systolic")[0].value == 118.0


def test_a_retracted_amendment_brings_back_what_it_replaced() -> None:
    made = [
        entry("e1", "systolic", 180.0, 0),
        entry("e2", "systolic", 118.0, 0, kind=EntryKind.AMENDMENT, replaces="e1", recorded=1),
        entry("e3", "systolic", None, 0, kind=EntryKind.RETRACTION, replaces="e2", recorded=2),
    ]

    (reading,) = fold(made).readings

    assert (reading.value, reading.is_retracted, reading.disputed) == (180.0, False, False)
    assert reading.history == tuple(made)


def test_two_people_who_amend_the_same_entry_are_both_kept_and_shown() -> None:
    made = [
        entry("e1", "systolic", 180.0, 0),
        entry("e2", "systolic", 118.0, 0, kind=EntryKind.AMENDMENT, replaces="e1", recorded=1),
        entry("e3", "systolic", 120.0, 0, kind=EntryKind.AMENDMENT, replaces="e1", recorded=2, author=OTHER),
    ]

    (reading,) = fold(made).readings

    assert (reading.value, reading.disputed) == (120.0, True)


def test_an_amended_time_moves_a_reading() -> None:
    made = [
        entry("e1", "systolic", 120.0, 5),
        entry("e2", "systolic", 130.0, 10),
        entry("e3", "systolic", 120.0, 20, kind=EntryKind.AMENDMENT, replaces="e1", recorded=21),
    ]

    latest = fold(made).latest("systolic")

    assert latest is not None
    assert (latest.value, latest.observed_at) == (120.0, at(20))
