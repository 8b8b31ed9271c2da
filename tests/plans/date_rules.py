"""The rules of a protocol's phases about dates, told for a whole list of dates: written from the clinic file's description alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tests.plans.site_facts import WEEKDAY_NAMES, Document, iso_week


@dataclass(frozen=True)
class Place:
    """The place of one session in a course: its phase's rules, where the phase begins, its block's size and its window."""

    phase: Document
    begins: int
    per_week: int | None
    opens_block: bool = False
    window: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The phase's name."""
        return str(self.phase["name"])

    @property
    def per_day(self) -> int:
        """How many sessions each date of the phase holds."""
        return int(self.phase.get("per_day", 1))

    def allows(self, day: date) -> bool:
        """Whether the phase takes place on such a weekday."""
        return "weekdays" not in self.phase or WEEKDAY_NAMES[day.weekday()] in self.phase["weekdays"]


def places_of(protocol: Document) -> list[Place]:
    """One for each session of the course, in order."""
    found: list[Place] = []
    for phase in protocol["phases"]:
        begins = len(found)
        if "weekly" in phase:
            for block, size in enumerate(phase["weekly"]):
                found += [Place(phase, begins, size, block > 0 and k == 0) for k in range(size)]
        elif "windows" in phase:
            found += [Place(phase, begins, phase.get("per_week"), window=(first, last)) for first, last in phase["windows"]]
        else:
            found += [Place(phase, begins, phase.get("per_week")) for _ in range(phase["sessions"])]
    return found


def template_name(protocol: Document, number: int) -> str:
    """The session template that the first matching rule gives to session `number`."""
    for rule in protocol["session_rules"]:
        if number in rule.get("sessions", [number]) and number % rule.get("every", 1) == 0:
            return str(rule["template"])
    raise ValueError(f"no session rule for session {number}")


def date_faults(
    places: Sequence[Place], days: Sequence[date], start: date, is_open: Callable[[date], bool], since: int = 0
) -> Iterator[tuple[int, str]]:
    """What is wrong with the dates of a course's first sessions, from session `since` on: the session (from 0) and the rule broken."""
    for i in range(since, len(days)):
        place, day = places[i], days[i]
        if not place.allows(day):
            yield i, f"weekdays: {day:%a} {day}"
        in_week = sum(iso_week(d) == iso_week(day) for d in days[: i + 1])
        if place.per_week is not None and in_week > place.per_week:
            yield i, f"per_week: {in_week} in the week of {day}"
        in_seven = sum(day - timedelta(days=6) <= d <= day for d in days[: i + 1])
        if "per_7_days" in place.phase and in_seven > place.phase["per_7_days"]:
            yield i, f"per_7_days: {in_seven} in the seven days up to {day}"
        if place.window is not None:
            anchor = days[place.begins - 1] if place.begins else start
            if not place.window[0] <= (day - anchor).days <= place.window[1]:
                yield i, f"windows: day {(day - anchor).days} is outside {place.window}"
        if i:
            yield from ((i, why) for why in _distance_faults(places, days, i, is_open))


def _distance_faults(places: Sequence[Place], days: Sequence[date], i: int, is_open: Callable[[date], bool]) -> Iterator[str]:
    place, day, last = places[i], days[i], days[i - 1]
    gap = (day - last).days
    if gap < 0:
        yield f"order: {day} is before {last}"
    if gap > place.phase.get("max_gap_days", gap):
        yield f"max_gap_days: {gap} days after {last}"
    if place.opens_block and iso_week(day) <= iso_week(last):
        yield f"weekly: the block begins on {day}, in the week of {last}"
    if place.per_day == 1 or places[i - 1].name != place.name:
        if gap < place.phase.get("min_gap_days", 1):
            yield f"min_gap_days: {gap} days after {last}"
        return
    on_day = sum(d == day and p.name == place.name for d, p in zip(days[: i + 1], places, strict=False))
    on_last = sum(d == last and p.name == place.name for d, p in zip(days[:i], places, strict=False))
    if on_day > place.per_day:
        yield f"per_day: {on_day} on {day}"
    if gap > 0 and on_last < place.per_day:
        yield f"per_day: only {on_last} on {last}"
    skipped = [last + timedelta(days=k) for k in range(1, gap)]
    if any(is_open(d) and place.allows(d) for d in skipped):
        yield f"per_day: an open date between {last} and {day} is skipped"
