"""Opening hours and the site's clock: the one place that knows time zones and summer time.

A day is counted in *elapsed* minutes since local midnight (1,380 to 1,500 of them on the days on which the clock changes), so that
durations are real minutes. Opening hours are wall-clock minutes, and are laid on the elapsed minutes day by day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from rooms.availability.interval import Interval
from rooms.errors import Faulty

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_DAY = 24 * 60

Span = tuple[int, int]
"""Wall-clock minutes of the day, from and until."""


class NoSuchZone(Faulty):
    """The time zone is not one of the IANA database."""

    code = "no_such_zone"

    def __init__(self, name: str) -> None:
        super().__init__("timezone", f"{name!r} is no time zone; use an IANA name such as America/New_York")


class NoSuchTime(Faulty):
    """The local time is skipped by the clock on that date."""

    code = "no_such_time"

    def __init__(self, local: datetime, zone: str) -> None:
        super().__init__("start", f"{local:%Y-%m-%d %H:%M} does not exist in {zone}: the clock is put forward over it; choose another time")


def clock_minutes(text: str) -> int:
    """Minutes since midnight of a wall-clock time such as `09:30`; `24:00` is the end of the day. Raises `Faulty`."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", text)
    if found:
        minutes = int(found[1]) * 60 + int(found[2])
        if int(found[2]) < 60 and minutes <= MINUTES_OF_DAY:
            return minutes
    raise Faulty("", f"{text!r} is no clock time; write it as 09:30, up to 24:00")


def clock_text(minutes: int) -> str:
    """`09:30` for 570."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The stretches of each weekday (0 is Monday) in wall-clock minutes. A booking lies inside one stretch; a day without one is closed."""

    days: tuple[tuple[Span, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != len(WEEKDAYS):
            raise Faulty("hours", "a week has seven days")
        for name, spans in zip(WEEKDAYS, self.days, strict=True):
            for opens, closes in spans:
                if not 0 <= opens < closes <= MINUTES_OF_DAY:
                    raise Faulty(
                        f"hours.{name}",
                        f"{clock_text(opens)} to {clock_text(closes)} is no stretch of a day: it must open before it closes",
                    )

    @classmethod
    def of(cls, days: Mapping[str, list[tuple[str, str]]]) -> WeeklyHours:
        """From the clinic file's shape, `{mon: [["08:00", "17:00"]]}`."""
        strange = sorted(set(days) - set(WEEKDAYS))
        if strange:
            raise Faulty(f"hours.{strange[0]}", f"no such weekday; use {', '.join(WEEKDAYS)}")
        return cls(tuple(tuple((clock_minutes(a), clock_minutes(b)) for a, b in days.get(name, [])) for name in WEEKDAYS))

    def text(self) -> dict[str, list[list[str]]]:
        """The clinic file's shape of it."""
        return {name: [[clock_text(a), clock_text(b)] for a, b in spans] for name, spans in zip(WEEKDAYS, self.days, strict=True) if spans}

    def on(self, day: date) -> tuple[Span, ...]:
        """The stretches of a date."""
        return self.days[day.weekday()]


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One date at a site: when it begins in real time, and what the clock on the wall shows at each of its elapsed minutes."""

    date: date
    midnight: datetime
    length: int
    wall: tuple[int, ...] | None = None
    """Wall-clock minute at each elapsed minute, with one more at the end; None on ordinary days, when the two are the same."""

    def minute(self, instant: datetime) -> int:
        """Elapsed minutes from local midnight to an instant, rounded down; negative before it."""
        return int((instant - self.midnight).total_seconds() // 60)

    def instant(self, minute: int) -> datetime:
        """The instant of an elapsed minute."""
        return self.midnight + timedelta(minutes=minute)

    def interval(self, begin: int, end: int) -> Interval:
        """The real time between two elapsed minutes."""
        return Interval(self.instant(begin), self.instant(end))

    @property
    def whole(self) -> Interval:
        """Midnight to midnight."""
        return self.interval(0, self.length)

    def wall_minute(self, minute: int) -> int:
        """What the wall clock shows, in minutes since midnight, at an elapsed minute of this date."""
        return minute if self.wall is None else self.wall[minute]

    def part(self, interval: Interval) -> Span | None:
        """The elapsed minutes of an interval that fall on this date, rounded outwards; None where there are none."""
        begin = max(0, self.minute(interval.starts_at))
        end = min(self.length, -int((self.midnight - interval.ends_at).total_seconds() // 60))
        return (begin, end) if begin < end else None

    def mask_of_wall(self, opens: int, closes: int) -> int:
        """The elapsed minutes during which the wall clock is between the two, as bits."""
        if self.wall is None:
            return ((1 << (closes - opens)) - 1) << opens if closes > opens else 0
        mask = 0
        for minute in range(self.length):
            if opens <= self.wall[minute] and self.wall[minute] < closes and self.wall[minute + 1] <= max(closes, opens):
                mask |= 1 << minute
        return mask

    def grid(self, granularity: int) -> int:
        """The elapsed minutes at which a session may start, as bits: those at which the wall clock shows a multiple of the granularity."""
        if self.wall is None:
            return _grid(granularity, self.length)
        return sum(1 << minute for minute in range(self.length) if self.wall[minute] % granularity == 0)


@lru_cache(maxsize=64)
def _grid(granularity: int, length: int) -> int:
    return sum(1 << minute for minute in range(0, length, granularity))


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


class SiteTime:
    """The clock on a site's wall: turns local dates and times into instants and back. Raises `NoSuchZone`."""

    def __init__(self, zone: str) -> None:
        if zone not in _zone_names():
            raise NoSuchZone(zone)
        self.zone = zone
        self._info = ZoneInfo(zone)
        self._days: dict[date, LocalDay] = {}

    def local(self, instant: datetime) -> datetime:
        """The local time of an instant, with its offset."""
        return instant.astimezone(self._info)

    def date_of(self, instant: datetime) -> date:
        """The local date of an instant."""
        return instant.astimezone(self._info).date()

    def text(self, instant: datetime) -> str:
        """`2026-12-01T09:00-05:00`, to the minute."""
        return self.local(instant).isoformat(timespec="minutes")

    def instant(self, local: datetime) -> datetime:
        """The instant of a local time: the first of two where the clock is put back; the moment of the change where the time is skipped.

        A time that carries its own offset is taken at its word.
        """
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        there = local.replace(tzinfo=self._info).astimezone(UTC)
        if there.astimezone(self._info).replace(tzinfo=None) != local:
            day = self.day(local.date())
            return next(day.instant(m) for m in range(day.length + 1) if day.wall_minute(m) > local.hour * 60 + local.minute)
        return there

    def exact(self, local: datetime) -> datetime:
        """The instant of a local time that a session is to start at. Raises `NoSuchTime` where the clock skips it."""
        instant = self.instant(local)
        if local.tzinfo is None and self.local(instant).replace(tzinfo=None) != local:
            raise NoSuchTime(local, self.zone)
        return instant

    def day(self, on: date) -> LocalDay:
        """One date here, with the change of the clock that falls on it, if any."""
        found = self._days.get(on)
        if found is None:
            found = self._days[on] = _measured(self.zone, on)
        return found


@lru_cache(maxsize=4096)
def _measured(zone: str, on: date) -> LocalDay:
    """What a date is like in a zone, which is the same for every site there."""
    info = ZoneInfo(zone)
    midnight = datetime.combine(on, time(), info).astimezone(UTC)
    morrow = datetime.combine(on + timedelta(days=1), time(), info).astimezone(UTC)
    length = int((morrow - midnight).total_seconds() // 60)
    first, last = midnight.astimezone(info), (morrow - timedelta(minutes=1)).astimezone(info)
    if length == MINUTES_OF_DAY and first.hour == 0 and first.utcoffset() == last.utcoffset():
        return LocalDay(on, midnight, length)
    clocks = [(midnight + timedelta(minutes=minute)).astimezone(info) for minute in range(length)]
    return LocalDay(on, midnight, length, (*(clock.hour * 60 + clock.minute for clock in clocks), MINUTES_OF_DAY))
