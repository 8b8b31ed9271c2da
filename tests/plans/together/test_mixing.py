"""Mixing plans by shares: what comes out is no dearer than any other mixture, and multipliers go toward what is overfilled."""

from __future__ import annotations

import numpy as np
import pytest

from courses.plans.batch.ascent import Reach
from courses.plans.batch.mixing import Mixing, mixed

ENOUGH = 1e-3


def drawn(seed: int) -> Mixing:
    """Plans of three courses that want the same four bottlenecks."""
    chance = np.random.default_rng(seed)
    courses = np.repeat(np.arange(3), chance.integers(1, 6, 3))
    parts = chance.integers(0, 2, (4, len(courses))).astype(np.float64)
    return Mixing(chance.uniform(0, 100, len(courses)), courses, parts, np.ones(4), chance.uniform(0, 20, 4), float(chance.uniform(1, 50)))


def worth(mixing: Mixing, shares: np.ndarray) -> float:
    """What a mixture comes to, as the module says it."""
    duals = mixing.multipliers(shares)
    far = float(((duals - mixing.center) ** 2).sum()) / (2 * mixing.reach)
    return float(mixing.costs @ shares + duals @ (mixing.parts @ shares - mixing.left)) - far


def any_shares(mixing: Mixing, chance: np.random.Generator) -> np.ndarray:
    """Shares drawn by chance."""
    shares = chance.exponential(1, len(mixing.costs)) ** 3
    for course in range(3):
        shares[mixing.courses == course] /= shares[mixing.courses == course].sum()
    return shares


@pytest.mark.parametrize("seed", range(20))
def test_no_other_mixture_is_cheaper(seed: int) -> None:
    mixing, chance = drawn(seed), np.random.default_rng(seed + 1000)

    shares = mixed(mixing, any_shares(mixing, chance), ENOUGH)

    assert shares.min() >= 0
    assert np.bincount(mixing.courses, shares) == pytest.approx([1, 1, 1])
    least = worth(mixing, shares)
    assert all(worth(mixing, any_shares(mixing, chance)) >= least - ENOUGH for _ in range(500))


def test_multipliers_rise_where_more_is_asked_than_is_left_and_never_fall_below_nothing() -> None:
    mixing = Mixing(np.zeros(2), np.array([0, 1]), np.array([[1.0, 1.0], [0.0, 0.0]]), np.ones(2), np.array([2.0, 1.0]), 3.0)

    assert mixing.multipliers(np.ones(2)).tolist() == [5, 0]


def test_where_nothing_is_scarce_each_course_has_its_cheapest_plan() -> None:
    mixing = Mixing(np.array([3.0, 2.0, 5.0]), np.array([0, 0, 1]), np.zeros((1, 3)), np.ones(1), np.zeros(1), 1.0)

    assert mixed(mixing, np.array([1.0, 0.0, 1.0]), ENOUGH).tolist() == [0, 1, 1]


def test_tries_go_farther_where_they_keep_what_they_promise_and_less_far_where_they_never_do() -> None:
    reach = Reach(1.0)
    for _ in range(3):
        reach.learn(0.9)
    farther = reach.length
    for _ in range(5):
        reach.learn(-1.0)

    assert farther > 1
    assert reach.length < farther
