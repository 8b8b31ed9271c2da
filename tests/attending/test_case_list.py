"""The ordered list of a block: who may take whose place, and who moves up when one becomes free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from courses.days.case_list import Case, ListChanged, Places, Ready, moved_up, reordered
from courses.sessions.status import SessionStatus as S

AT = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)


def at(place: int) -> datetime:
    return AT + timedelta(minutes=25 * place)


def case(name: str, place: int, status: S = S.ARRIVED, *lacking: str) -> Case:
    return Case(name, at(place), status, lacking, may_move_up="Fasting" not in lacking)


@pytest.mark.parametrize(
    ("status", "lacking", "ready"),
    [
        (S.BOOKED, (), Ready.NOT_ARRIVED),
        (S.ARRIVED, ("Escort",), Ready.HOLDING),
        (S.ARRIVED, (), Ready.READY),
        (S.IN_TREATMENT, (), Ready.IN_ROOM),
        (S.IN_OBSERVATION, (), Ready.RECOVERY),
        (S.DISCHARGED, (), Ready.GONE),
    ],
)
def test_how_far_somebody_is(status: S, lacking: tuple[str, ...], ready: Ready) -> None:
    assert case("a", 0, status, *lacking).ready is ready


def test_another_order_gives_out_the_same_places_anew() -> None:
    cases = [case("gone", 0, S.DISCHARGED), case("a", 1), case("b", 2), case("c", 3, S.BOOKED)]

    assert reordered(cases, ["c", "a", "b"]) == Places({"c": at(1), "a": at(2), "b": at(3)})


@pytest.mark.parametrize("order", [["a"], ["a", "b", "b"], ["a", "b", "gone"], ["a", "b", "stranger"]])
def test_an_order_of_others_than_those_who_wait_is_refused(order: list[str]) -> None:
    with pytest.raises(ListChanged):
        reordered([case("gone", 0, S.DISCHARGED), case("a", 1), case("b", 2)], order)


def test_those_who_have_fasted_and_consented_move_up_in_order() -> None:
    assert moved_up([case("b", 2, S.BOOKED), case("c", 3, S.ARRIVED, "IV line")], at(1)) == Places({"b": at(1), "c": at(2)})


def test_who_has_not_fasted_keeps_their_place_and_the_next_goes_before_them() -> None:
    cases = [case("hungry", 2, S.ARRIVED, "Fasting"), case("c", 3)]

    assert moved_up(cases, at(1)) == Places({"c": at(1)})


def test_a_place_that_nobody_can_take_is_a_gap_if_somebody_comes_later() -> None:
    cases = [case("thirsty", 2, S.BOOKED, "Fasting"), case("hungry", 3, S.ARRIVED, "Fasting")]

    assert moved_up(cases, at(1)) == Places({}, (at(1),))


def test_a_place_at_the_end_is_no_gap() -> None:
    assert moved_up([case("gone", 0, S.DISCHARGED)], at(1)) == Places({})


def test_those_before_the_free_place_stay() -> None:
    assert moved_up([case("a", 0), case("c", 2)], at(1)) == Places({"c": at(1)})
