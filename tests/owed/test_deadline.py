"""By when a form is due, over weekends, holidays and both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.owed.deadline import Urgency, countdown, due_at
from rooms.availability.hours import SiteTime

ZONES = ("America/New_York", "Europe/Berlin", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu", "UTC", "America/Santiago")
NEW_YORK = SiteTime("America/New_York")


@given(st.sampled_from(ZONES), st.dates(date(2024, 1, 1), date(2034, 12, 31)))
def test_it_is_the_last_minute_of_the_seventh_calendar_day(zone: str, dose_on: date) -> None:
    here = SiteTime(zone)
    due = here.local(due_at(dose_on, here))
    assert (due.date(), f"{due:%H:%M}") == (dose_on + timedelta(days=7), "23:59")


@given(st.sampled_from(ZONES), st.dates(date(2024, 1, 1), date(2034, 12, 31)), st.integers(-60, 60 * 24 * 10))
def test_days_left_and_urgency_agree_with_the_instant(zone: str, dose_on: date, minutes: int) -> None:
    """Counted anew from instants alone: over is what comes after the due minute, and the calls come with the local days."""
    here = SiteTime(zone)
    now = here.day(dose_on).midnight + timedelta(minutes=minutes)
    left = countdown(dose_on, here, now=now)
    assert (left.urgency is Urgency.OVERDUE) == (now >= due_at(dose_on, here) + timedelta(minutes=1))
    for day, urgency in ((3, Urgency.DAY_3), (5, Urgency.DAY_5)):
        assert (left.urgency >= urgency) == (now >= here.day(dose_on + timedelta(days=day)).midnight)
    assert (left.days_left < 0) == (left.urgency is Urgency.OVERDUE)


def test_the_hour_that_comes_twice_makes_the_week_no_longer() -> None:
    """The clock goes back on November 1, 2026: 169 hours lie between, and it is still the seventh day."""
    due = due_at(date(2026, 10, 30), NEW_YORK)
    assert due == datetime(2026, 11, 7, 4, 59, tzinfo=UTC)
    assert due_at(date(2026, 3, 6), NEW_YORK) == datetime(2026, 3, 14, 3, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "words"),
    [(0, "7 days left"), (6, "1 day left"), (7, "due today"), (8, "1 day late"), (10, "3 days late")],
)
def test_how_it_is_said(on: int, words: str) -> None:
    now = datetime(2026, 11, 20, 15, tzinfo=UTC) + timedelta(days=on)
    assert countdown(date(2026, 11, 20), NEW_YORK, now=now).words == words
