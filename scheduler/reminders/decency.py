"""When a message may arrive: the hours of the day that are decent where the patient is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rooms.availability.hours import SiteTime

EARLIEST, LATEST = 8 * 60, 21 * 60
"""The law's hours, in minutes of the wall clock: no setting reaches beyond."""
WEEKEND_OPENS = 9 * 60
SATURDAY = 5
A_MINUTE = timedelta(minutes=1)
MOST_STEPS = 50


@dataclass(frozen=True)
class Decency:
    """Wall-clock minutes between which messages go out, in the patient's zone; in several, where nobody knows which is theirs."""

    zones: tuple[SiteTime, ...]
    opens: int = EARLIEST
    closes: int = 20 * 60

    def is_decent(self, instant: datetime) -> bool:
        """Whether a message may arrive at this moment."""
        return all(self._opening(zone, instant) <= _minute(zone, instant) < self._closing for zone in self.zones)

    def next_decent(self, instant: datetime) -> datetime:
        """The first decent moment from here on; in zones so far apart that they share none, the first one's."""
        for _ in range(MOST_STEPS):
            late = [zone for zone in self.zones if not Decency((zone,), self.opens, self.closes).is_decent(instant)]
            if not late:
                return instant
            instant = self._opens_next(late[0], instant)
        return Decency(self.zones[:1], self.opens, self.closes).next_decent(instant)

    def last_decent(self, instant: datetime) -> datetime:
        """The last decent moment up to here: of the day's hours, the last minute."""
        zone = self.zones[0]
        if self._opening(zone, instant) <= _minute(zone, instant) < self._closing:
            return instant
        today = zone.date_of(instant)
        ends = [self._closes_on(zone, today - timedelta(days=days)) - A_MINUTE for days in (0, 1)]
        return ends[0] if ends[0] <= instant else ends[1]

    def evening_before(self, day: date, at: int) -> datetime:
        """That minute of the wall clock on the day before, where the patient is."""
        return self.zones[0].instant(datetime.combine(day - timedelta(days=1), time(at // 60, at % 60)))

    def _closes_on(self, zone: SiteTime, day: date) -> datetime:
        return zone.instant(datetime.combine(day, time(self._closing // 60, self._closing % 60)))

    @property
    def _closing(self) -> int:
        return min(self.closes, LATEST)

    def _opening(self, zone: SiteTime, instant: datetime) -> int:
        is_weekend = zone.date_of(instant).weekday() >= SATURDAY
        return max(self.opens, WEEKEND_OPENS if is_weekend else EARLIEST)

    def _opens_next(self, zone: SiteTime, instant: datetime) -> datetime:
        day = zone.date_of(instant)
        if _minute(zone, instant) >= self._opening(zone, instant):
            day += timedelta(days=1)
        opens = max(self.opens, WEEKEND_OPENS if day.weekday() >= SATURDAY else EARLIEST)
        return zone.instant(datetime.combine(day, time(opens // 60, opens % 60)))


def _minute(zone: SiteTime, instant: datetime) -> int:
    local = zone.local(instant)
    return local.hour * 60 + local.minute
