"""How many devices are left, and who counts as enrolled where."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.owed.enrollment import Certification, Enrollment, is_certified, is_enrolled, owes_transfer, standing_enrollment
from courses.owed.lots import Lot, LotMove, MoveKind, cautions, ledger

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
KINDS = st.sampled_from(list(MoveKind))


def move(number: int, kind: MoveKind, units: int, minutes: int) -> LotMove:
    at = NOON + timedelta(minutes=minutes)
    return LotMove(number, kind, units, at, at, "a_x", "x")


@given(st.lists(st.tuples(KINDS, st.integers(0, 20), st.integers(0, 30)), max_size=12), st.randoms())
def test_the_balance_is_that_of_a_shelf(told: list[tuple[MoveKind, int, int]], chance: Random) -> None:
    """Replayed on a shelf minute by minute, in whatever order it was written down."""
    moves = [move(number, *each) for number, each in enumerate(told)]
    left = 0
    for minute in range(31):
        for each in (each for each in moves if each.at == NOON + timedelta(minutes=minute)):
            sign = {"received": 1, "returned": 1, "used": -1, "wasted": -1}.get(each.kind, 0)
            left = each.units if each.kind == "counted" else left + sign * each.units
    shuffled = sorted(moves, key=lambda _: chance.random())
    assert Lot("l_1", "Device", "A1", None, tuple(shuffled)).balance == left


def test_what_happened_before_a_count_does_not_change_it() -> None:
    """A dose that is written down after the shelf was counted, and was given before."""
    counted = [move(1, MoveKind.RECEIVED, 10, 0), move(2, MoveKind.COUNTED, 9, 20), move(3, MoveKind.USED, 1, 10)]
    assert [left for _, left in ledger(counted)] == [10, 9, 9]


@pytest.mark.parametrize(
    ("lot", "on", "codes"),
    [
        (None, date(2026, 11, 23), ["unknown_lot"]),
        (Lot("l", "Device", "A1", date(2026, 11, 23)), date(2026, 11, 23), []),
        (Lot("l", "Device", "A1", date(2026, 11, 22)), date(2026, 11, 23), ["expired_lot"]),
        (Lot("l", "Device", "A1", None, (move(1, MoveKind.USED, 1, 0),)), date(2026, 11, 23), ["no_stock"]),
    ],
)
def test_what_is_warned_of(lot: Lot | None, on: date, codes: list[str]) -> None:
    assert [each.code for each in cautions(lot, "Device", "A1", on)] == codes


def enrolled(key: str, site: int, from_on: date, until_on: date | None = None, told_on: date | None = None) -> Enrollment:
    return Enrollment(key, "p_1", site, "drug", "", from_on, until_on, told_on)


FIRST, LAST, MOVED = date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)
AWAY = enrolled("away", 2, FIRST, LAST)


@pytest.mark.parametrize(
    ("held", "day", "holds"),
    [
        ([], MOVED, False),
        ([enrolled("here", 1, MOVED)], MOVED, True),
        ([enrolled("here", 1, MOVED)], LAST, False),
        ([enrolled("here", 1, FIRST, LAST)], MOVED, False),
        ([AWAY], FIRST, False),
        ([AWAY, enrolled("here", 1, MOVED)], MOVED, False),
        ([AWAY, enrolled("here", 1, MOVED, told_on=MOVED)], MOVED, True),
        ([AWAY, enrolled("here", 1, MOVED, told_on=date(2026, 7, 2))], MOVED, False),
        ([AWAY, enrolled("here", 1, MOVED, told_on=date(2026, 7, 2))], date(2026, 7, 2), True),
    ],
)
def test_who_counts_as_enrolled_at_site_1(held: list[Enrollment], day: date, holds: bool) -> None:
    assert is_enrolled(held, "drug", 1, day) == holds
    assert not is_enrolled(held, "another drug", 1, day)


def test_who_was_enrolled_elsewhere_owes_word_of_it_until_it_was_given() -> None:
    here, told = enrolled("here", 1, MOVED), enrolled("here", 1, MOVED, told_on=MOVED)
    assert (owes_transfer([AWAY, here], here), owes_transfer([AWAY, told], told), owes_transfer([here], here)) == (True, False, False)
    assert standing_enrollment([AWAY, told], "drug", 1, MOVED) == told


def test_a_certification_holds_from_its_first_to_its_last_day() -> None:
    held = [Certification("ce", "drug", "1", "", FIRST, LAST)]
    assert [is_certified(held, "drug", day) for day in (date(2025, 12, 31), FIRST, LAST, MOVED)] == [False, True, True, False]
