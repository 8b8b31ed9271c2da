"""The clock, the ids that it draws, and what a clinic may set."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine
from pydantic import ValidationError

from scheduler.clock import SettableClock, SystemClock
from scheduler.settings import Settings

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)


def test_system_clock_tells_whole_seconds_in_utc() -> None:
    with time_machine.travel(NOON + timedelta(milliseconds=900), tick=False):
        assert SystemClock().now() == NOON


def test_frozen_clock_stands_until_it_is_stepped_or_set() -> None:
    clock = SettableClock(NOON, frozen=True)

    assert clock.now() == clock.now() == NOON
    clock.step(timedelta(days=-1, seconds=3))
    assert clock.now() == NOON - timedelta(days=1) + timedelta(seconds=3)
    clock.set(NOON.astimezone(timezone(timedelta(hours=5))))
    assert clock.now() == NOON
    assert clock.now().tzinfo is UTC


def test_set_clock_goes_on_until_it_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SettableClock(NOON)
    begun = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: begun + 90)

    clock.set(NOON)
    monkeypatch.setattr(clock, "monotonic", lambda: begun + 100.5)
    assert clock.now() == NOON + timedelta(seconds=10)
    clock.freeze()
    monkeypatch.setattr(clock, "monotonic", lambda: begun + 500)
    assert clock.frozen
    assert clock.now() == NOON + timedelta(seconds=10)
    clock.freeze(frozen=False)
    monkeypatch.setattr(clock, "monotonic", lambda: begun + 501)
    assert clock.now() == NOON + timedelta(seconds=11)


def test_clock_is_not_set_to_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        SettableClock(NOON.replace(tzinfo=None))


def test_ids_are_long_random_and_safe_in_an_address() -> None:
    drawn = {SystemClock().new_id("s_") for _ in range(1000)}

    assert len(drawn) == 1000
    assert all(re.fullmatch(r"s_[a-z2-7]{16}", each) for each in drawn)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert Settings().database_url == "sqlite:////data/chairtime/chairtime.db"
    assert (Settings().host, Settings().port, Settings().test_build, Settings().faults) == ("127.0.0.1", 8000, False, False)

    for name, value in {
        "CHAIRTIME_DATABASE_URL": "sqlite:///x.db",
        "CHAIRTIME_TEST_BUILD": "1",
        "FAULTS": "1",
        "CHAIRTIME_PORT": "0",
    }.items():
        monkeypatch.setenv(name, value)
    assert (Settings().database_url, Settings().port, Settings().test_build, Settings().faults) == ("sqlite:///x.db", 0, True, True)


def test_port_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAIRTIME_PORT", "70000")
    with pytest.raises(ValidationError, match="port"):
        Settings()
