"""Every band of a number, every kind of answer."""

from __future__ import annotations

from datetime import datetime

import pytest

from courses.checklists.answers import (
    Flag,
    Impossible,
    NotBelow,
    OutsideLimits,
    Unlikely,
    WrongKind,
    answer_words,
    check_answer,
    check_together,
)
from courses.checklists.checklist import Checklist
from courses.checklists.entry import Answer, DeviceAnswer
from courses.checklists.item import Bands, Item, ItemKind, Range
from courses.checklists.kept import answer_of, kept_answer
from courses.errors import Faulty
from tests.checklists.build import NOON

BANDS = Bands(Range(30, 300), Range(70, 220), Range(90, 140))
SYSTOLIC = Item("systolic", "Systolic pressure", ItemKind.NUMBER, unit="mmHg", bands=BANDS)
DIASTOLIC = Item("diastolic", "Diastolic pressure", ItemKind.NUMBER, unit="mmHg", bands=Bands(), below="systolic")
CHECKLIST = Checklist("c", "C", (SYSTOLIC, DIASTOLIC))
EACH: dict[ItemKind, Answer] = {
    ItemKind.CHECK: True,
    ItemKind.NUMBER: 12.5,
    ItemKind.CHOICE: "yes",
    ItemKind.TEXT: "calm",
    ItemKind.TIME: NOON,
    ItemKind.SIGNATURE: None,
    ItemKind.DEVICE: DeviceAnswer("spray", "L1", 1),
}
ANSWERS: tuple[Answer, ...] = (True, 12.5, "yes", "", "maybe", NOON, datetime(2026, 1, 1), None, DeviceAnswer("spray", "", 1), float("nan"))  # noqa: DTZ001


def item_of(kind: ItemKind) -> Item:
    return Item(
        "it", "It", kind, bands=Bands() if kind is ItemKind.NUMBER else None, choices=("yes", "no") if kind is ItemKind.CHOICE else ()
    )


@pytest.mark.parametrize(("value", "refused"), [
    (29.9, Impossible), (30, Unlikely), (69.9, Unlikely), (70, OutsideLimits), (89, OutsideLimits), (90, None), (140, None),
    (141, OutsideLimits), (220, OutsideLimits), (221, Unlikely), (300, Unlikely), (301, Impossible),
])  # fmt: skip
def test_each_band_from_the_outside_in(value: float, refused: type[Faulty] | None) -> None:
    if refused is None:
        assert check_answer(SYSTOLIC, value) is Flag.OK
        return
    with pytest.raises(refused, match="Systolic pressure"):
        check_answer(SYSTOLIC, value)


@pytest.mark.parametrize(("value", "twice", "action", "expected"), [
    (60, True, "", OutsideLimits), (60, True, "told", Flag.OUTSIDE_LIMITS), (60, False, "told", Unlikely),
    (150, False, "told", Flag.OUTSIDE_LIMITS),
    (301, True, "told", Impossible), (120, True, "told", Flag.OK),
])  # fmt: skip
def test_what_lets_a_number_stand(value: float, *, twice: bool, action: str, expected: Flag | type[Faulty]) -> None:
    if isinstance(expected, Flag):
        assert check_answer(SYSTOLIC, value, typed_twice=twice, action=action) is expected
    else:
        with pytest.raises(expected):
            check_answer(SYSTOLIC, value, typed_twice=twice, action=action)


@pytest.mark.parametrize(
    ("systolic", "diastolic", "stands"), [(120.0, 80.0, True), (120.0, 120.0, False), (80.0, 120.0, False), (None, 120.0, True)]
)
def test_a_diastolic_pressure_lies_below_the_systolic(systolic: float | None, diastolic: float, *, stands: bool) -> None:
    answers: dict[str, Answer] = {"systolic": systolic, "diastolic": diastolic}
    if stands:
        check_together(CHECKLIST, answers)
    else:
        with pytest.raises(NotBelow, match="Diastolic pressure 120 is not below"):
            check_together(CHECKLIST, answers)


@pytest.mark.parametrize("kind", ItemKind)
def test_an_answer_is_of_its_kind_and_comes_back_from_what_is_kept(kind: ItemKind) -> None:
    item, right = item_of(kind), EACH[kind]

    check_answer(item, right)

    assert answer_of(item, kept_answer(right)) == right
    for wrong in ANSWERS:
        if wrong != right and not (kind is ItemKind.TEXT and isinstance(wrong, str) and wrong):
            with pytest.raises(WrongKind):
                check_answer(item, wrong)


@pytest.mark.parametrize(("value", "words"), [(120.0, "120 mmHg"), (True, "yes"), (DeviceAnswer("spray", "L1", 2), "2 x spray, lot L1")])
def test_an_answer_in_words(value: Answer, words: str) -> None:
    assert answer_words(SYSTOLIC, value) == words


def test_equal_answers_are_kept_alike() -> None:
    assert kept_answer(120.0) == kept_answer(120) == 120
    assert isinstance(kept_answer(120.0), int)
