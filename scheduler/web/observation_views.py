"""Everybody who is at a site now, as its boards show them: who sits where, what is due next, what is alarming."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from courses.checklists.answers import answer_words
from courses.checklists.checklist import Checklist
from courses.checklists.clocks import SOON, Alert, DueItem, Priority, alerts, due_list
from courses.checklists.item import Item, ItemKind
from courses.checklists.release import earliest_release
from courses.queries import SessionLine
from courses.queries.charts import SessionChart
from courses.sessions.status import SessionStatus
from rooms.availability.hours import SiteTime
from rooms.queries import KnownResource
from rooms.resources.resource import Kind
from scheduler.web.rendering import clock

OPEN = (SessionStatus.ARRIVED, SessionStatus.IN_TREATMENT, SessionStatus.IN_OBSERVATION)
COLORS = 8
AHEAD = timedelta(hours=3)
"""How far ahead the list of what is due reaches."""
SILENT = timedelta(minutes=2)
"""How long an acknowledgment holds."""
UNHEEDED = timedelta(seconds=60)
"""After how long what nobody has acknowledged is told on the other boards of the site."""
SEATS = (Kind.CHAIR, Kind.DEVICE, Kind.ROOM)
PRESSURE = ("systolic", "diastolic")
"""The codes by which every checklist asks for blood pressure end in these."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody is: the resource's name, the few letters of it that are read from afar, and its color (1 to 8)."""

    name: str
    short: str
    color: int


NOWHERE = Seat("no place", "–", 1)


@dataclass(frozen=True, slots=True)
class DueShown:
    """What is due of somebody at a time. `told` is how far off, as drawn; the page goes on counting from `due_at`."""

    key: str
    href: str
    seat: str
    seat_name: str
    color: int
    patient: str
    words: str
    due_at: datetime
    clock: str
    told: str
    priority: str


@dataclass(frozen=True, slots=True)
class AlertShown:
    """An alert of a tile. `name` tells it from those of all others; `is_seen`: somebody acknowledged it in the last two minutes."""

    name: str
    code: str
    priority: str
    words: str
    is_seen: bool
    is_unheeded: bool


@dataclass(frozen=True, slots=True)
class Tile:
    """Somebody who is here. `step` is what comes next of their visit, where nothing is due at a time."""

    session: str
    seat: str
    seat_name: str
    color: int
    patient: str
    initials: str
    born_on: date | None
    state: str
    since_words: str
    since_at: datetime | None
    since_told: str
    leaves_at: datetime | None
    leaves_clock: str
    leaves_told: str
    pressure: str
    pressure_clock: str
    due: tuple[DueShown, ...]
    alerts: tuple[AlertShown, ...]
    sees_values: bool
    step: str

    @property
    def href(self) -> str:
        """The session's sheet."""
        return f"/sessions/{self.session}/sheet"

    @property
    def next(self) -> DueShown | None:
        """What is due of them next."""
        return self.due[0] if self.due else None

    @property
    def priority(self) -> str:
        """That of the most pressing alert; nothing where there is none."""
        return next((each for each in Priority if any(alert.priority == each for alert in self.alerts)), "")

    @property
    def spoken(self) -> str:
        """Who it is, and how pressing."""
        return f"{self.seat_name}: {self.patient}{f', {self.next.words} {self.next.told}' if self.next else ''}"


@dataclass(frozen=True)
class Watch:
    """Everybody at a site now. `charts` are today's; `lines` the same sessions with what they are booked with."""

    charts: Sequence[SessionChart]
    lines: Mapping[str, SessionLine]
    resources: Sequence[KnownResource]
    time: SiteTime
    now: datetime
    sees_values: bool = True

    def tiles(self) -> list[Tile]:
        """By seat, in the order of the site's resources."""
        order = [known.resource.title for known in self.resources]
        found = [self._tile(chart, self.lines[chart.session]) for chart in self.charts if chart.session in self.lines]
        return sorted(found, key=lambda tile: (order.index(tile.seat_name) if tile.seat_name in order else len(order), tile.session))

    def due(self, tiles: Iterable[Tile]) -> list[DueShown]:
        """What is due next of each of them, the first first."""
        return sorted((tile.next for tile in tiles if tile.next), key=lambda each: (each.due_at, each.seat_name, each.key))

    def turns_at(self) -> datetime:
        """The next instant at which all this looks different by itself."""
        marks = [at for chart in self.charts for at in self._marks(chart)]
        return min((at for at in marks if at > self.now), default=self.now + timedelta(hours=1))

    def staffing(self) -> str:
        """How much of what they can watch at once each person watches now, by what is booked."""
        taken: dict[str, int] = {}
        for line in self.lines.values():
            for code, interval, load, _ in line.bookings:
                if interval.starts_at <= self.now < interval.ends_at:
                    taken[code] = taken.get(code, 0) + load
        people = [each.resource for each in self.resources if each.resource.kind is Kind.STAFF and each.resource.capacity > 1]
        return "; ".join(f"{each.title} watches {taken[each.id]} of at most {each.capacity}" for each in people if taken.get(each.id))

    def seat_of(self, line: SessionLine) -> Seat:
        """The chair of a session; where it has none its device, its room."""
        return seat_of(line, self.resources)

    def _marks(self, chart: SessionChart) -> Iterable[datetime]:
        for due in self._open_dues(chart):
            yield from (due.due_at - SOON, due.due_at, due.overdue_at)
        leaves = earliest_release(chart.documents, chart.moments)
        if leaves:
            yield leaves

    def _open_dues(self, chart: SessionChart) -> list[DueItem]:
        asked = due_list(chart.documents, chart.chart, chart.moments, now=self.now, until=self.now + AHEAD)
        return [due for due in asked if due.done_by is None and not due.is_missed]

    def _tile(self, chart: SessionChart, line: SessionLine) -> Tile:
        seat = self.seat_of(line)
        since_words, since_at = since(chart)
        leaves = earliest_release(chart.documents, chart.moments)
        may_leave = chart.status is SessionStatus.IN_OBSERVATION and leaves is not None and leaves <= self.now
        local = self.time.local(leaves) if leaves else None
        pressure, at = self._pressure(chart)
        return Tile(
            chart.session,
            seat.short,
            seat.name,
            seat.color,
            line.patient,
            initials(line.patient),
            chart.patient.born_on,
            "ready" if may_leave else chart.status,
            since_words,
            since_at and self.time.local(since_at),
            lasted(since_at, self.now),
            local,
            clock(local) if local else "",
            left(leaves, self.now),
            pressure,
            clock(self.time.local(at)) if at else "",
            tuple(sorted(self._due_lines(chart, line, seat), key=lambda each: each.due_at)),
            tuple(self._alerts(chart)),
            self.sees_values,
            next_step(chart),
        )

    def _due_lines(self, chart: SessionChart, line: SessionLine, seat: Seat) -> Iterable[DueShown]:
        """Everything that is due by now stands in one line, then what comes at each time."""
        dues = self._open_dues(chart)
        for at, some in groupby(dues, key=lambda due: dues[0].due_at if due.due_at <= self.now else due.due_at):
            together = list(some)
            overdue = min(due.overdue_at for due in together)
            href = f"/sessions/{chart.session}/sheet#item-{_first(together).code}"
            yield self._due_line(chart, line, seat, (at, due_words(together), priority_of(at, overdue, self.now), href))
        leaves = earliest_release(chart.documents, chart.moments)
        if leaves and leaves > self.now:
            yield self._due_line(chart, line, seat, (leaves, "May be released", "", f"/sessions/{chart.session}/sheet"))

    def _due_line(self, chart: SessionChart, line: SessionLine, seat: Seat, due: tuple[datetime, str, str, str]) -> DueShown:
        at, words, priority, href = due
        key = f"{chart.session}-{at:%H%M%S}{'-leaves' if href.endswith('sheet') else ''}"
        who = (seat.short, seat.name, seat.color, line.patient)
        return DueShown(key, href, *who, words, at, clock(self.time.local(at)), until(at, self.now), priority)

    def _alerts(self, chart: SessionChart) -> Iterable[AlertShown]:
        if chart.status not in OPEN:
            return
        before = {alert.code for alert in self._alerts_at(chart, self.now - UNHEEDED)}
        for _, some in groupby(self._alerts_at(chart, self.now), key=_cause):
            together = list(some)
            alert = together[0]
            is_seen = any(each.alert == alert.code and self.now - each.at < SILENT for each in chart.seen)
            is_unheeded = alert.code in before and not is_seen and alert.priority is not Priority.LOW
            words = self._alert_words(chart, together)
            yield AlertShown(f"{chart.session}:{alert.code}", alert.code, alert.priority, words, is_seen, is_unheeded)

    def _alert_words(self, chart: SessionChart, together: Sequence[Alert]) -> str:
        """What is due together is told in one sentence; a value only to those who may read it."""
        first, *others = together
        what, _, how = first.words.rpartition(": ")
        if others:
            return f"{', '.join(dict.fromkeys(self._step(chart, each) for each in together))}: {how}"
        return first.words if self.sees_values or first.code.startswith("due:") else what.partition(" ")[0]

    def _step(self, chart: SessionChart, alert: Alert) -> str:
        item = chart.item(alert.code.split(":")[1])[1]
        return item.group or item.words

    def _alerts_at(self, chart: SessionChart, at: datetime) -> Sequence[Alert]:
        known = {entry.id: entry.recorded_at for entry in chart.entries}
        found = alerts(chart.documents, chart.chart, chart.moments, now=at)
        there = [alert for alert in found if known.get(alert.code.partition(":")[2], at) <= at]
        return sorted(there, key=lambda alert: (list(Priority).index(alert.priority), _cause(alert)))

    def _pressure(self, chart: SessionChart) -> tuple[str, datetime | None]:
        latest = [chart.chart.latest(code) for code in (pressure_code(chart.documents, part) for part in PRESSURE) if code]
        if len(latest) != len(PRESSURE) or not self.sees_values:
            return "", None
        said = [answer_words(chart.item(each.item)[1], each.value).partition(" ")[0] for each in latest if each]
        return ("/".join(said), max(each.observed_at for each in latest if each)) if len(said) == len(PRESSURE) else ("", None)


def next_step(chart: SessionChart) -> str:
    """What comes next of a visit, in a few words."""
    if chart.status is SessionStatus.ARRIVED:
        return "Start"
    if chart.status is SessionStatus.IN_TREATMENT and any(document.watch for document in chart.documents):
        return "End of treatment" if chart.moments.first_dose else "First dose"
    return "Release"


def due_words(together: Sequence[DueItem]) -> str:
    """What is due at one time: steps of which several items are due by their names, else the items themselves."""
    counts: dict[str, int] = {}
    for due in together:
        counts[due.item.group] = counts.get(due.item.group, 0) + 1
    return ", ".join(dict.fromkeys(due.item.group if due.item.group and counts[due.item.group] > 1 else due.item.words for due in together))


def _first(together: Sequence[DueItem]) -> Item:
    """Where a hand begins: with a number, if there is one."""
    items = [due.item for due in together]
    return next((item for item in items if item.kind is ItemKind.NUMBER), items[0])


def _cause(alert: Alert) -> str:
    """What alerts have in common that are told together: when something was due, and how pressing it is."""
    kind, *rest = alert.code.split(":")
    return ":".join(rest[1:]) if kind == "due" else alert.code


def pressure_code(checklists: Sequence[Checklist], part: str) -> str:
    """The item that asks for one of the two numbers of a blood pressure and is asked again and again."""
    codes = [item.code for checklist in checklists for item in checklist.items if part in item.code]
    return codes[0] if codes else ""


def seat_of(line: SessionLine, resources: Sequence[KnownResource]) -> Seat:
    """The chair of a session; where it has none its device, its room. What is here goes by the order of the site's resources.

    Of several rooms one after the other whoever has just come is in the first, and whoever is watched in the last.
    """
    booked = {code: interval.starts_at for code, interval, *_ in line.bookings}
    seats = [known.resource for known in resources if known.resource.kind in SEATS]
    for kind in SEATS:
        of_kind = [seat for seat in seats if seat.kind is kind]
        found = [seat for seat in of_kind if seat.id in booked]
        if found:
            by_time = sorted(found, key=lambda seat: booked[seat.id])
            seat = {SessionStatus.ARRIVED: by_time[0], SessionStatus.IN_OBSERVATION: by_time[-1]}.get(line.status, found[0])
            return Seat(seat.title, _short(seat.title, [each.title for each in seats]), of_kind.index(seat) % COLORS + 1)
    return NOWHERE


def _short(title: str, all_titles: Sequence[str]) -> str:
    """A seat's number; its first letters before it where others of the site have the same."""
    numbers = ["".join(filter(str.isdigit, each)) for each in all_titles]
    number = "".join(filter(str.isdigit, title))
    letters = initials(" ".join(word for word in title.split() if not any(map(str.isdigit, word))))
    return number if number and numbers.count(number) == 1 else f"{letters}{number}"


def initials(name: str) -> str:
    """The first letters of a name's parts."""
    return "".join(part[0] for part in name.split()[:3]).upper()


def since(chart: SessionChart) -> tuple[str, datetime | None]:
    """What the minutes of a tile are counted from: the first dose, else the start, else the arrival."""
    moments = chart.moments
    named = (("Since first dose", moments.first_dose), ("Since start", moments.start), ("Since arrival", moments.arrival))
    return next(((words, at) for words, at in named if at), ("Since arrival", None))


def priority_of(due_at: datetime, overdue_at: datetime, now: datetime) -> str:
    """How pressing something is that is due at a time; nothing while it is far off."""
    if now >= overdue_at:
        return Priority.HIGH
    if now >= due_at:
        return Priority.MEDIUM
    return Priority.LOW if due_at - now <= SOON else ""


def lasted(since_at: datetime | None, now: datetime) -> str:
    """How long ago, as 1:02:09."""
    seconds = max(0, int((now - since_at).total_seconds())) if since_at else 0
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def until(at: datetime, now: datetime) -> str:
    """How far off, as the page goes on writing it: in 4 min, now, 6 min late."""
    seconds = (at - now).total_seconds()
    if seconds > 0:
        return f"in {-int(-seconds // 60)} min"
    minutes = int(-seconds // 60)
    return f"{minutes} min late" if minutes else "now"


def left(at: datetime | None, now: datetime) -> str:
    """How many minutes are left, as the page goes on writing it."""
    seconds = max(0.0, (at - now).total_seconds()) if at else 0.0
    return f"{-int(-seconds // 60)} min"


def without_names(tile: Tile) -> Tile:
    """A tile as the wallboard may have it."""
    return replace(tile, patient="", born_on=None, pressure="", pressure_clock="", alerts=(), due=())
