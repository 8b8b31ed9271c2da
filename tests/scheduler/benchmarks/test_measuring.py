"""Measuring itself: what is timed, what is left out, and what comes back from another process."""

from __future__ import annotations

import os
import time

import pytest

from scheduler.benchmarks.growth import power
from scheduler.benchmarks.judging import BrokenPlan
from scheduler.benchmarks.measuring import Stopwatch, apart, machine, p95, peak_memory_mb


def test_waiting_is_told_by_the_wall_and_not_by_the_processor() -> None:
    watch = Stopwatch()
    with watch.once():
        time.sleep(0.05)
    times = watch.times()
    assert times is not None
    assert times.wall_median >= 50
    assert times.cpu_median < times.wall_median / 2


def test_nothing_measured_has_no_times() -> None:
    assert Stopwatch().times() is None


@pytest.mark.parametrize(("values", "expected"), [([5.0], 5.0), (list(range(1, 21)), 20), (list(range(1, 101)), 96)])
def test_of_twenty_nineteen_are_no_greater(values: list[float], expected: float) -> None:
    assert p95(values) == expected


def refuse() -> None:
    raise BrokenPlan("first fit", ["c-1: lasts 5 minutes", "c-2: too"])


def test_a_part_is_measured_in_a_process_of_its_own() -> None:
    assert apart(os.getpid) != os.getpid()


def test_a_broken_plan_is_told_from_the_other_process() -> None:
    with pytest.raises(BrokenPlan, match=r"first fit gave a plan that breaks a rule: c-1: lasts 5 minutes \(and 1 more\)\."):
        apart(refuse)


def test_the_machine_is_named() -> None:
    assert {"cpu", "cores", "python", "numpy"} <= machine().keys()
    assert peak_memory_mb() > 10


@pytest.mark.parametrize(("points", "expected"), [([(1, 2), (10, 20), (100, 200)], 1), ([(1, 1), (4, 2), (9, 3)], 0.5)])
def test_growth_in_proportion_has_the_power_one(points: list[tuple[float, float]], expected: float) -> None:
    assert power(points) == pytest.approx(expected)
