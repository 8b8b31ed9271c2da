"""When a patient may leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from courses.checklists.checklist import Checklist, Watch
from courses.checklists.clocks import Moments, moments_of
from courses.checklists.fold import Chart, fold
from courses.checklists.release import TooEarly, check_release, earliest_release, reported_minutes
from tests.checklists.build import CHANGES, WATCHED, at, device

ZONES = ("UTC", "America/New_York", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")
YEAR = 365 * 24 * 3600
BARE = Checklist("bare", "Nothing asked, but watched", (), watch=Watch(120))


def test_no_dose_no_watch() -> None:
    moments = moments_of([WATCHED], fold([]), arrived_at=at(-30), started_at=at(-5))

    assert earliest_release([WATCHED], moments) is None


def test_trap_14_the_minimum_counts_from_the_last_spray_and_the_report_from_the_first() -> None:
    chart = fold([device("e1", 0), device("e2", 6), device("e3", 12)])

    moments = moments_of([WATCHED], chart, arrived_at=None, started_at=None)

    assert earliest_release([WATCHED], moments) == at(132)
    assert reported_minutes(WATCHED, moments, at(135)) == 135


@pytest.mark.parametrize(("zone", "instant"), CHANGES)
def test_trap_13_elapsed_not_clock_time_across_a_change_of_the_clocks(zone: str, instant: datetime) -> None:
    dose = instant.astimezone(ZoneInfo(zone))

    released = earliest_release([WATCHED], Moments(first_dose=dose, last_dose=dose))

    assert dose.utcoffset() != (dose + timedelta(hours=4)).utcoffset()
    assert released is not None
    assert released.timestamp() - dose.timestamp() == 120 * 60


@given(
    at_second=st.integers(0, 2 * YEAR),
    seconds=st.integers(0, 3 * 3600),
    zone=st.sampled_from(ZONES),
    other=st.sampled_from(ZONES),
)
@example(at_second=0, seconds=7200, zone="UTC", other="UTC")
@example(at_second=0, seconds=7199, zone="UTC", other="UTC")
def test_nobody_leaves_before_120_real_minutes(at_second: int, seconds: int, zone: str, other: str) -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=at_second)
    dose = instant.astimezone(ZoneInfo(zone))
    now = (instant + timedelta(seconds=seconds)).astimezone(ZoneInfo(other))
    moments = Moments(first_dose=dose, last_dose=dose)

    if seconds >= 7200:
        check_release([BARE], Chart(), moments, now=now)
    else:
        with pytest.raises(TooEarly) as refused:
            check_release([BARE], Chart(), moments, now=now)
        assert refused.value.seconds == 7200 - seconds
