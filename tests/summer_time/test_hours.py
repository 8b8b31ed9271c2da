"""The site's clock on the days on which it changes: real minutes, and wall-clock hours laid on them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from rooms.availability.free_time import bits, starts_within, stretches
from rooms.availability.hours import LocalDay, NoSuchTime, SiteTime
from tests.summer_time.changes import CHANGES, ZONES, Change, changes_in, name_of

NEW_YORK = SiteTime("America/New_York")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


def clock(day: LocalDay, minute: int) -> str:
    """What the wall shows, the end of the day being 24:00."""
    shown = day.wall_minute(minute)
    return f"{shown // 60:02d}:{shown % 60:02d}"


def stretches_of(day: LocalDay, opens: str, closes: str) -> list[tuple[int, int]]:
    """The elapsed minutes from and until which a wall-clock stretch is open."""
    from_, until = (int(text[:2]) * 60 + int(text[3:]) for text in (opens, closes))
    found: list[tuple[int, int]] = []
    for minute in bits(day.mask_of_wall(from_, until)):
        if not found or found[-1][1] != minute:
            found.append((minute, minute))
        found[-1] = (found[-1][0], minute + 1)
    return found


def test_the_eight_zones_change_their_clocks_as_often_as_they_should() -> None:
    assert {zone: len(changes_in(zone)) for zone in ZONES} == {
        "America/New_York": 10,
        "Europe/Berlin": 10,
        "Australia/Lord_Howe": 10,
        "America/Phoenix": 0,
        "Africa/Casablanca": 11,
        "America/St_Johns": 10,
        "Pacific/Auckland": 10,
        "Africa/Cairo": 10,
    }


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_the_day_of_a_change_is_as_long_as_it_really_is(change: Change) -> None:
    zone, on, forward = change
    here, info = SiteTime(zone), ZoneInfo(zone)
    day = here.day(on)

    assert day.length == 24 * 60 - forward
    assert day.whole.ends_at == here.day(on + timedelta(days=1)).midnight
    for minute in range(day.length):
        local = (day.midnight + timedelta(minutes=minute)).astimezone(info)
        assert (local.date(), local.hour * 60 + local.minute) == (on, day.wall_minute(minute))
        assert day.minute(day.instant(minute)) == minute


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_nine_in_the_morning_is_nine_in_the_morning_around_a_change(change: Change) -> None:
    zone, on, _ = change
    here = SiteTime(zone)

    for k in range(-3, 4):
        wanted = datetime.combine(on + timedelta(days=k), time(9))
        assert here.exact(wanted) == wanted.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        assert here.local(here.exact(wanted)).replace(tzinfo=None) == wanted


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_no_start_is_offered_at_a_time_that_does_not_exist_and_each_grid_time_that_exists_is(change: Change) -> None:
    zone, on, _ = change
    here, info = SiteTime(zone), ZoneInfo(zone)
    day = here.day(on)
    offered = [day.instant(minute) for minute in bits(day.grid(15))]

    quarters = [datetime.combine(on, time()) + timedelta(minutes=15 * k) for k in range(96)]
    both = {q.replace(tzinfo=info, fold=fold).astimezone(UTC) for q in quarters for fold in (0, 1)}
    assert offered == sorted(m for m in both if m.astimezone(info).replace(tzinfo=None) in quarters and m.astimezone(info).date() == on)
    for quarter in quarters:
        if quarter.replace(tzinfo=info).astimezone(UTC).astimezone(info).replace(tzinfo=None) != quarter:
            with pytest.raises(NoSuchTime):
                here.exact(quarter)


@pytest.mark.parametrize("zone", ZONES)
def test_the_days_of_five_years_follow_each_other_without_a_gap(zone: str) -> None:
    here = SiteTime(zone)
    days = [here.day(date(2026, 1, 1) + timedelta(days=k)) for k in range(5 * 365)]

    assert all(one.whole.ends_at == other.midnight for one, other in pairwise(days))
    assert all(here.date_of(day.midnight) == day.date for day in days)
    assert all(here.date_of(day.instant(day.length - 1)) == day.date for day in days)


@pytest.mark.parametrize(
    ("on", "opens", "closes", "open_minutes"),
    [
        (SPRING, "00:00", "04:00", [(0, 180)]),
        (SPRING, "01:00", "02:00", [(60, 119)]),  # its last minute ends at 03:00, when the stretch is over
        (SPRING, "02:00", "03:00", []),
        (SPRING, "02:30", "05:00", [(120, 240)]),
        (SPRING, "09:00", "17:00", [(480, 960)]),
        (SPRING, "00:00", "24:00", [(0, 1380)]),
        (AUTUMN, "00:00", "04:00", [(0, 300)]),
        (AUTUMN, "00:00", "01:00", [(0, 60)]),
        (AUTUMN, "01:00", "02:00", [(60, 180)]),
        (AUTUMN, "01:00", "01:30", [(60, 90), (120, 150)]),
        (AUTUMN, "00:30", "01:30", [(30, 90), (120, 150)]),
        (AUTUMN, "01:30", "03:00", [(90, 120), (150, 240)]),
        (AUTUMN, "02:00", "03:00", [(180, 240)]),
        (AUTUMN, "00:00", "24:00", [(0, 1500)]),
    ],
)
def test_hours_on_the_day_of_a_change(on: date, opens: str, closes: str, open_minutes: list[tuple[int, int]]) -> None:
    assert stretches_of(NEW_YORK.day(on), opens, closes) == open_minutes


@pytest.mark.parametrize(
    ("on", "hours", "minutes", "starts"),
    [
        # On the wall an hour of closed time lies between the two; in real time nothing does, and a session still fits in one only.
        (SPRING, [(60, 120), (180, 240)], 60, [120]),
        (SPRING, [(0, 120), (180, 300)], 61, [0, *range(1, 59), *range(120, 180)]),
        # Touching stretches stay two, whatever the clock does at the seam.
        (AUTUMN, [(0, 60), (60, 120)], 61, list(range(60, 120))),
        (AUTUMN, [(60, 120), (120, 180)], 120, [60]),
        (AUTUMN, [(60, 120), (120, 180)], 121, []),
    ],
)
def test_a_session_lies_inside_one_stretch(on: date, hours: list[tuple[int, int]], minutes: int, starts: list[int]) -> None:
    masks = stretches(NEW_YORK.day(on), hours)

    assert sorted(start for mask in masks for start in bits(starts_within(mask, minutes))) == starts


@pytest.mark.parametrize(
    ("zone", "on", "shown"),
    [
        ("America/New_York", SPRING, ["00:00", "01:59", "03:00", "03:01"]),
        ("Australia/Lord_Howe", date(2026, 10, 4), ["00:00", "01:59", "02:30", "02:31"]),
        ("Africa/Cairo", date(2026, 4, 24), ["01:00", "02:59", "03:00", "03:01"]),
    ],
)
def test_the_wall_skips_what_the_clock_skips(zone: str, on: date, shown: list[str]) -> None:
    day = SiteTime(zone).day(on)

    assert [clock(day, minute) for minute in (0, 119, 120, 121)] == shown


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-03-08T01:59", "2026-03-08T06:59"),
        ("2026-03-08T02:00", "2026-03-08T07:00"),
        ("2026-03-08T02:59", "2026-03-08T07:00"),
        ("2026-03-08T03:00", "2026-03-08T07:00"),
        ("2026-11-01T01:30", "2026-11-01T05:30"),
        ("2026-11-01T02:00", "2026-11-01T07:00"),
    ],
)
def test_a_local_time_that_is_skipped_is_the_moment_of_the_change_and_one_that_comes_twice_the_first(local: str, utc: str) -> None:
    assert NEW_YORK.instant(datetime.fromisoformat(local)) == datetime.fromisoformat(f"{utc}+00:00")


def test_a_time_with_its_own_offset_is_taken_at_its_word() -> None:
    second = datetime.fromisoformat("2026-11-01T01:30-05:00")

    assert NEW_YORK.exact(second) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert NEW_YORK.text(second) == "2026-11-01T01:30-05:00"
