"""What is due when, in elapsed minutes of the last dose, and what is said of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.checklists.checklist import Checklist
from courses.checklists.clocks import Alert, Moments, Priority, alerts, due_list, moments_of
from courses.checklists.entry import Entry, EntryKind
from courses.checklists.fold import fold
from courses.checklists.item import Bands, Due, Item, ItemKind, Moment, Range, Verb
from courses.checklists.release import StillOpen, check_release, missing
from tests.checklists.build import CHANGES, DEVICE, at, device, entry

SYSTOLIC = Item(
    "systolic",
    "Systolic pressure",
    ItemKind.NUMBER,
    unit="mmHg",
    required=True,
    bands=Bands(limits=Range(high=140)),
    due=(
        Due(before=Verb.DOSE, within_minutes=60),
        Due(after=Moment.LAST_DOSE, minutes=40, overdue_minutes=10),
        Due(before=Verb.RELEASE, within_minutes=30),
    ),
)
SEDATION = Item(
    "sedation", "Sedation", ItemKind.CHOICE, choices=("no", "yes"), required=True, due=(Due(after=Moment.LAST_DOSE, minutes=30, every=30),)
)
ENDED = Item("ended", "Ended", ItemKind.CHECK, marks=Moment.END_OF_TREATMENT)
CHECKLIST = Checklist("c", "C", (DEVICE, SYSTOLIC, SEDATION, ENDED))


def dues(entries: list[Entry], now: float) -> list[tuple[str, float, str | None, bool]]:
    """Item, minute, the reading that did it, and whether it was missed."""
    chart = fold(entries)
    moments = moments_of([CHECKLIST], chart, arrived_at=at(-20), started_at=at(-5))
    found = due_list([CHECKLIST], chart, moments, now=at(now), until=at(now))
    return [
        (each.item.code, (each.due_at - at(0)).total_seconds() / 60, each.done_by.original.id if each.done_by else None, each.is_missed)
        for each in found
    ]


def said(entries: list[Entry], now: float) -> tuple[Alert, ...]:
    chart = fold(entries)
    moments = moments_of([CHECKLIST], chart, arrived_at=at(-20), started_at=at(-5))
    return alerts([CHECKLIST], chart, moments, now=at(now))


def test_minutes_are_counted_from_the_last_dose_and_move_with_it() -> None:
    assert dues([device("d1", 0)], 40) == [("sedation", 30, None, False), ("systolic", 40, None, False)]
    assert dues([device("d1", 0), device("d2", 6)], 40) == [("sedation", 36, None, False)]


def test_an_amended_dose_moves_what_is_counted_from_it() -> None:
    amended = entry("d2", "device", device("x", 0).value, 10, kind=EntryKind.AMENDMENT, replaces="d1", recorded=12)

    assert dues([device("d1", 0), amended], 41) == [("sedation", 40, None, False)]


def test_a_check_answered_with_no_tells_no_moment() -> None:
    no, yes = entry("e1", "ended", False, 3), entry("e2", "ended", True, 5)

    ends = [moments_of([CHECKLIST], fold(made), arrived_at=None, started_at=None).end_of_treatment for made in ([no], [no, yes])]

    assert ends == [None, at(5)]


@pytest.mark.parametrize(("minutes", "done"), [(-5, False), (29, False), (30, True), (40, True), (95, True)])
def test_a_reading_does_what_it_is_near_after_or_shortly_before(minutes: int, *, done: bool) -> None:
    made = [device("d1", 0), entry("bp", "systolic", 120.0, minutes)]

    assert ("systolic", 40, "bp" if done else None, False) in dues(made, 100)


def test_what_repeats_is_done_one_by_one_and_what_was_missed_is_said_so() -> None:
    made = [device("d1", 0), entry("s1", "sedation", "no", 31), entry("s3", "sedation", "no", 88)]

    found = [each for each in dues(made, 121) if each[0] == "sedation"]

    assert found == [
        ("sedation", 30, "s1", False),
        ("sedation", 60, None, True),
        ("sedation", 90, "s3", False),
        ("sedation", 120, None, False),
    ]


@pytest.mark.parametrize(("now", "priority", "words"), [
    (24, None, ""), (25, Priority.LOW, "Sedation: due in 5 min"), (29, Priority.LOW, "Sedation: due in 1 min"),
    (30, Priority.MEDIUM, "Sedation: due now"),
    (34.9, Priority.MEDIUM, "Sedation: due now"), (35, Priority.HIGH, "Sedation: overdue, 5 min late"),
])  # fmt: skip
def test_three_priorities(now: float, priority: Priority | None, words: str) -> None:
    found = said([device("d1", 0), entry("bp", "systolic", 120.0, 30)], now)

    assert [(each.priority, each.words) for each in found] == ([(priority, words)] if priority else [])


def test_the_forty_minute_pressure_is_overdue_at_fifty() -> None:
    at_49, at_50 = ({each.priority for each in said([device("d1", 0), entry("s", "sedation", "no", 30)], now)} for now in (49.9, 50))

    assert (at_49, at_50) == ({Priority.MEDIUM}, {Priority.HIGH})


def test_a_number_outside_the_limits_is_spoken_of_until_another_is_read() -> None:
    high = [entry("bp", "systolic", 165.0, -10)]

    (alert,) = said(high, 0)

    assert (alert.priority, alert.code) == (Priority.HIGH, "limits:bp")
    assert alert.words == "Systolic pressure 165 mmHg: outside the limits, up to 140 mmHg"
    assert said([*high, entry("bp2", "systolic", 132.0, -5)], 0) == ()


def opened(made: list[Entry], now: float, verb: Verb = Verb.RELEASE) -> list[str]:
    chart = fold(made)
    moments = moments_of([CHECKLIST], chart, arrived_at=at(-20), started_at=at(-5))
    return [item.code for item in missing([CHECKLIST], chart, moments, verb, now=at(now))]


def test_a_dose_asks_for_a_recent_reading_and_the_release_for_a_later_one() -> None:
    before = entry("bp0", "systolic", 120.0, -10)
    made = [before, device("d1", 0), entry("s1", "sedation", "no", 30), entry("bp1", "systolic", 120.0, 41)]
    checks = [entry(f"s{n}", "sedation", "no", n * 30) for n in (2, 3, 4)]

    assert opened([], 0, Verb.DOSE) == ["systolic"]
    assert opened([before], 0, Verb.DOSE) == []
    assert opened([before], 51, Verb.DOSE) == ["systolic"]
    assert opened([*made, checks[0]], 75) == ["systolic"]  # nothing recent before the release
    assert opened([*made, *checks, entry("bp2", "systolic", 120.0, 118)], 121) == []
    assert opened([*made[1:], *checks, entry("bp2", "systolic", 120.0, 118)], 121) == ["systolic"]  # none before the dose


def test_a_release_names_what_is_open() -> None:
    chart = fold([device("d1", 0)])
    moments = moments_of([CHECKLIST], chart, arrived_at=at(-20), started_at=at(-5))

    with pytest.raises(StillOpen, match=r"Systolic pressure, Sedation") as refused:
        check_release([CHECKLIST], chart, moments, now=at(130))

    assert [item.code for item in refused.value.items] == ["systolic", "sedation"]


def test_a_treatment_that_was_cut_short_owes_nothing_of_no_particular_time() -> None:
    pulses = Item("pulses", "Pulses", ItemKind.NUMBER, required=True, bands=Bands())
    checklist = Checklist("t", "T", (pulses,))

    found = [missing([checklist], fold([]), Moments(), Verb.RELEASE, now=at(0), cut_short=cut_short) for cut_short in (False, True)]

    assert found == [(pulses,), ()]


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@given(second=st.integers(-12 * 3600, 3600), minutes=st.integers(0, 600), every=st.integers(1, 120))
def test_every_due_is_elapsed_minutes_after_its_moment_across_changes_of_the_clocks(
    zone: str, change: datetime, second: int, minutes: int, every: int
) -> None:
    instant = change + timedelta(seconds=second)
    dose = instant.astimezone(ZoneInfo(zone))
    item = Item("check", "Check", ItemKind.CHECK, due=(Due(after=Moment.LAST_DOSE, minutes=minutes, every=every),))
    until = instant + timedelta(minutes=720)

    found = due_list([Checklist("c", "C", (item,))], fold([]), Moments(last_dose=dose), now=until, until=until.astimezone(ZoneInfo(zone)))

    assert [each.due_at.timestamp() - instant.timestamp() for each in found] == [60 * each for each in range(minutes, 721, every)]
