"""What a clinic file says about time, hours and resources, as the judge reads it: written from the file's description alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Document = dict[str, Any]
"""A clinic file, a plan or disruptions, as JSON gives them."""

Stretch = tuple[datetime, datetime]
Hours = Mapping[str, list[list[str]]]

WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)


def clock(text: str) -> int:
    """Minutes since midnight of `09:30`."""
    return int(text[:2]) * 60 + int(text[3:5])


def iso_week(day: date) -> tuple[int, int]:
    """Year and number of the week, Monday to Sunday."""
    return day.isocalendar()[:2]


def touches(one: Stretch, other: Stretch) -> bool:
    """Whether two half-open stretches share an instant."""
    return max(one[0], other[0]) < min(one[1], other[1])


class SiteFacts:
    """A clinic document with its disruptions laid on it; all instants are in UTC."""

    def __init__(self, document: Document, happened: Iterable[Document] = ()) -> None:
        site = document["clinic"]
        self.zone = ZoneInfo(site["timezone"])
        self.grid = int(site.get("granularity_minutes", 5))
        self.hours: Hours = site.get("hours", {})
        self.resources: dict[str, Document] = {each["id"]: each for each in document.get("resources", [])}
        self.patients: dict[str, Document] = {each["id"]: each for each in document.get("patients", [])}
        self.protocols: dict[str, Document] = {each["id"]: each for each in document["protocols"]}
        self.courses: dict[str, Document] = {each["id"]: each for each in document["courses"]}
        self.held: list[Document] = document.get("bookings", [])
        self.weights = {"delay_day": 10, "outside_window": 15, "spread_step": 1, "change": 3} | document.get("objective", {})
        self.closures = [self.stretch(each) for each in site.get("closures", [])]
        self.down = self._absences(self.resources)
        self.away = self._absences(self.patients)
        for each in happened:
            if each["kind"] == "closure":
                self.closures.append(self.stretch(each))
            elif each["kind"] == "resource_down":
                self.down[each["resource"]].append(self.stretch(each))
            elif each["kind"] == "patient_unavailable":
                self.away[each["patient"]].append(self.stretch(each))
        self._open: dict[date, bool] = {}
        self._starts: dict[date, list[datetime]] = {}

    def _absences(self, whose: Mapping[str, Document]) -> dict[str, list[Stretch]]:
        found: dict[str, list[Stretch]] = defaultdict(list)
        for key, each in whose.items():
            found[key] = [self.stretch(absence) for absence in each.get("unavailable", [])]
        return found

    def instant(self, text: str) -> datetime:
        """A time with an offset, or one on the clinic's wall."""
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def stretch(self, item: Document) -> Stretch:
        """From `start` to `end`, or the whole of `date`."""
        if "date" in item:
            day = date.fromisoformat(item["date"])
            return self.midnight(day), self.midnight(day + timedelta(days=1))
        return self.instant(item["start"]), self.instant(item["end"])

    def midnight(self, day: date) -> datetime:
        """The first instant of a local date."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def local(self, moment: datetime) -> datetime:
        """On the clinic's wall, without its zone."""
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def wall(self, moment: datetime) -> int:
        """Minutes since midnight on the clinic's wall."""
        local = self.local(moment)
        return local.hour * 60 + local.minute

    def within(self, hours: Hours, start: datetime, end: datetime) -> bool:
        """Whether all of a stretch lies inside one stretch of the hours of one local date."""
        on = self.local(start).date()
        return any(
            self._between(start, end, on, clock(opens), clock(closes)) for opens, closes in hours.get(WEEKDAY_NAMES[on.weekday()], [])
        )

    def _between(self, start: datetime, end: datetime, on: date, opens: int, closes: int) -> bool:
        finish = self.local(end)
        ends = (finish.date() - on).days * 24 * 60 + finish.hour * 60 + finish.minute
        if self.wall(start) < opens or ends > closes:
            return False
        if self.local(end) - self.local(start) == end - start:
            return True
        minutes = int((end - start) / MINUTE)
        return all(opens <= self.wall(start + k * MINUTE) < closes for k in range(minutes))

    def hours_of(self, resource: str) -> Hours:
        """A resource's own hours, or the clinic's."""
        own: Hours = self.resources[resource].get("hours", self.hours)
        return own

    def starts_on(self, day: date) -> list[datetime]:
        """The instants of a local date at which the clock shows a time on the grid."""
        if day not in self._starts:
            first, last = self.midnight(day), self.midnight(day + timedelta(days=1))
            moments = (first + k * MINUTE for k in range(int((last - first) / MINUTE)))
            self._starts[day] = [moment for moment in moments if self.wall(moment) % self.grid == 0]
        return self._starts[day]

    def is_open(self, day: date) -> bool:
        """Whether some of the clinic's hours on a date are outside every closure."""
        if day not in self._open:
            self._open[day] = self._some_open(day)
        return self._open[day]

    def _some_open(self, day: date) -> bool:
        first, last = self.midnight(day), self.midnight(day + timedelta(days=1))
        shut = [closure for closure in self.closures if touches(closure, (first, last))]
        for opens, closes in self.hours.get(WEEKDAY_NAMES[day.weekday()], []):
            if not shut:
                return True
            moments = [first + k * MINUTE for k in range(int((last - first) / MINUTE))]
            if any(clock(opens) <= self.wall(m) < clock(closes) and not any(a <= m < b for a, b in shut) for m in moments):
                return True
        return False
