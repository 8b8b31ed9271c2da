"""One date of a site laid out for the day board: a column for each resource, a row for each quarter of an hour, and what stands where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise

from courses.queries import SessionLine
from courses.sessions.status import SessionStatus
from rooms.availability.free_time import span
from rooms.availability.hours import LocalDay, SiteTime, Span, WeeklyHours, clock_text
from rooms.availability.interval import Interval
from rooms.bookings.booking import Booking
from rooms.queries import KnownResource, KnownSite
from rooms.resources.resource import Kind
from rooms.resources.site import Site
from scheduler.web.rendering import lasting, modality, state_word

QUARTER = 15
LABELS = {Kind.CHAIR: "Chairs", Kind.DEVICE: "Devices", Kind.ROOM: "Rooms", Kind.STAFF: "Staff"}
USUAL = (8 * 60, 17 * 60)
"""What is shown of a day on which nothing opens and nothing happens."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A session as a card or a line shows it; times are the site's."""

    id: str
    version: int
    starts_at: datetime
    ends_at: datetime
    minutes: int
    patient: str
    modality: str
    number: int
    n_sessions: int
    state: str
    note: str
    flags: tuple[str, ...]
    resources: str

    @property
    def href(self) -> str:
        """The session's page."""
        return f"/sessions/{self.id}"

    @property
    def spoken(self) -> str:
        """The card in one sentence."""
        what = f"{modality(self.modality).short} {self.number} of {self.n_sessions}"
        when = f"{self.starts_at:%H:%M} to {self.ends_at:%H:%M}"
        state = f"{state_word(self.state)}{f', {self.note} left' if self.note else ''}"
        return ", ".join((when, self.patient, what, state, *self.flags))


@dataclass(frozen=True, slots=True)
class Block:
    """What takes a resource for a time: a visit, a load on a pooled one, presence, or an absence. `begins` is a minute of the day.

    A visit may need the resource only from `lead_minutes` after the patient's arrival on, at `from_at` on the site's clock.
    """

    shape: str
    begins: int
    minutes: int
    turnover_minutes: int = 0
    lead_minutes: int = 0
    from_at: datetime | None = None
    session: Visit | None = None
    load: int = 0
    capacity: int = 1
    reason: str = ""

    @property
    def at(self) -> int:
        """Minutes into its quarter of an hour."""
        return self.begins % QUARTER


@dataclass(frozen=True, slots=True)
class Column:
    """A resource's head."""

    id: str
    code: str
    name: str
    kind: Kind
    note: str
    is_numbers: bool
    open_minutes: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The columns of one kind."""

    label: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A quarter of an hour of one resource. Blocks hang in the cell in which they begin."""

    key: str
    column: Column
    closed: bool
    is_last: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A quarter of an hour; `now_minute` is set in the one that runs."""

    starts_at: datetime
    is_past: bool
    now_minute: int | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class DaySheet:
    """One date at a site. `held` are bookings for anything else than a session."""

    known: KnownSite
    day: LocalDay
    time: SiteTime
    now: datetime
    lines: Sequence[SessionLine]
    resources: Sequence[KnownResource]
    held: Sequence[Booking] = ()
    kind: str = "all"
    visits: dict[str, Visit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        titles = {known.resource.id: known.resource.title for known in self.resources}
        self.visits.update((line.id, visit_of(line, self.time, self.now, titles)) for line in self.lines if line.interval)

    def columns(self) -> list[Column]:
        """The resources that are here on this date, or have something to do."""
        chosen = [known for known in self.resources if self.kind in {"all", known.resource.kind}]
        return [column for column in map(self._column, chosen) if column.open_minutes or column.blocks]

    def absent(self, columns: Iterable[Column]) -> list[str]:
        """The names of those that are not."""
        shown = {column.code for column in columns}
        chosen = [known.resource for known in self.resources if self.kind in {"all", known.resource.kind}]
        return [resource.title for resource in chosen if resource.id not in shown]

    def groups(self, columns: Iterable[Column]) -> list[Group]:
        """The columns under the heads of their kinds."""
        return [Group(LABELS[kind], tuple(some)) for kind, some in groupby(sorted(columns, key=_kind_order), key=lambda each: each.kind)]

    def rows(self, groups: Iterable[Group]) -> list[Row]:
        """The quarters of an hour from the first opening, or the first visit, to the last."""
        columns = [(column, column is group.columns[-1]) for group in groups for column in group.columns]
        begin, end = self._reach([column for column, _ in columns])
        return [self._row(minute, columns) for minute in range(begin, end, QUARTER)]

    def _row(self, minute: int, columns: Iterable[tuple[Column, bool]]) -> Row:
        starts_at = self.day.instant(minute)
        ends_at = starts_at + timedelta(minutes=QUARTER)
        runs = starts_at <= self.now < ends_at
        cells = tuple(_cell(column, minute, is_last=is_last) for column, is_last in columns)
        return Row(self.time.local(starts_at), ends_at <= self.now, self.day.minute(self.now) - minute if runs else None, cells)

    def _reach(self, columns: Iterable[Column]) -> Span:
        site_open = open_minutes(self.day, self.known.site.hours)
        taken = sum_of_bits(
            span(block.begins, block.begins + block.minutes + block.turnover_minutes) for each in columns for block in each.blocks
        )
        opened = sum_of_bits([site_open, taken & span(0, self.day.length), *(column.open_minutes for column in columns)])
        if not opened:
            return USUAL
        begin, end = (opened & -opened).bit_length() - 1, opened.bit_length()
        return begin - begin % QUARTER, end + -end % QUARTER

    def _column(self, known: KnownResource) -> Column:
        resource = known.resource
        hours = self.known.site.hours if resource.hours is None else resource.hours
        blocks = [*self._visits_of(known), *self._away(known)]
        note = f"{resource.capacity} at once" if resource.capacity > 1 else _hours_note(resource.hours, self.day.date)
        name, is_numbers = resource.title, resource.capacity > 1
        opened = open_minutes(self.day, hours) & ~self._closed()
        return Column(known.public_id, resource.id, name, resource.kind, note, is_numbers, opened, tuple(blocks))

    def _closed(self) -> int:
        parts = (self.day.part(closure.interval) for closure in self.known.site.closures)
        return sum_of_bits(span(*part) for part in parts if part)

    def _visits_of(self, known: KnownResource) -> Iterator[Block]:
        code, capacity = known.resource.id, known.resource.capacity
        taken = [(line, interval, load) for line in self.lines for booked, interval, load, _ in line.bookings if booked == code]
        whole = [(interval, load) for _, interval, load in taken if load]
        there = [(interval, 1) for _, interval, load in taken if not load]
        if capacity > 1:
            yield from self._levels("load", whole, capacity)
        else:
            yield from (self._card(line, interval) for line, interval, load in taken if load)
        if there and (capacity == 1 or not whole):
            yield from self._levels("presence", there, capacity)
        for booking in self.held:
            if booking.claim.resource == code and booking.claim.load:
                yield replace(self._block("blocked", booking.claim.interval), reason="Held")

    def _card(self, line: SessionLine, booked: Interval) -> Block:
        gone = line.interval.ends_at if line.interval else booked.ends_at
        stays = min(max(gone, booked.starts_at + timedelta(minutes=1)), booked.ends_at)
        block = self._block("visit", Interval(booked.starts_at, stays))
        lead = booked.starts_at - line.interval.starts_at if line.interval else timedelta()
        return replace(
            block,
            session=self.visits[line.id],
            from_at=self.time.local(booked.starts_at),
            lead_minutes=int(lead.total_seconds() // 60),
            turnover_minutes=int((booked.ends_at - stays).total_seconds() // 60),
        )

    def _levels(self, shape: str, taken: Sequence[tuple[Interval, int]], capacity: int) -> Iterator[Block]:
        """How much is taken, a block from each change to the next."""
        changes = sorted({moment for interval, _ in taken for moment in (interval.starts_at, interval.ends_at)})
        for begins, ends in pairwise(changes):
            load = sum(load for interval, load in taken if interval.overlaps(Interval(begins, ends)))
            if load:
                yield replace(self._block(shape, Interval(begins, ends)), load=load, capacity=capacity)

    def _away(self, known: KnownResource) -> Iterator[Block]:
        site = self.known.site
        opened = open_minutes(self.day, site.hours if known.resource.hours is None else known.resource.hours)
        for absence in known.resource.absences:
            part = self.day.part(absence.interval)
            away = span(*part) & opened if part else 0
            if away:
                begin, end = (away & -away).bit_length() - 1, away.bit_length()
                yield Block("blocked", begin, end - begin, reason=absence.reason.capitalize() or "Away")

    def _block(self, shape: str, interval: Interval) -> Block:
        begin, end = self.day.part(interval) or (0, QUARTER)
        return Block(shape, begin, end - begin)


def visit_of(line: SessionLine, time: SiteTime, now: datetime, titles: dict[str, str]) -> Visit:
    """A session that has a place, as it is shown now. `titles` are the names of resources by code."""
    if line.interval is None:
        raise ValueError(f"session {line.id} has no place")
    starts_at, ends_at = line.interval.starts_at, line.interval.ends_at
    left = int((ends_at - now).total_seconds() // 60)
    note = lasting(left) if line.status is SessionStatus.IN_OBSERVATION and left > 0 else ""
    names = ", ".join(dict.fromkeys(titles.get(booked[0], booked[0]) for booked in line.bookings))
    flags = tuple(_flags(line, now))
    minutes = int(line.interval.length.total_seconds() // 60)
    place = (time.local(starts_at), time.local(ends_at), minutes)
    return Visit(line.id, line.version, *place, line.patient, line.modality, line.number, line.of, line.status, note, flags, names)


def _flags(line: SessionLine, now: datetime) -> Iterator[str]:
    if line.status is SessionStatus.BOOKED and line.interval:
        if line.interval.ends_at <= now:
            yield "not recorded"
        elif line.interval.starts_at < now:
            yield "not here yet"
    if not line.authorized:
        yield "not authorized"
    if line.number == 1:
        yield "first visit"


def open_minutes(day: LocalDay, hours: WeeklyHours) -> int:
    """The minutes of a date, as bits, at which weekly hours are open."""
    return sum_of_bits(day.mask_of_wall(opens, closes) for opens, closes in hours.on(day.date))


def is_open(site: Site, day: LocalDay) -> bool:
    """Whether a site opens at all on a date."""
    return bool(open_minutes(day, site.hours)) and not any(closure.interval.contains(day.whole) for closure in site.closures)


def sum_of_bits(masks: Iterable[int]) -> int:
    """The minutes that are in any of the masks."""
    found = 0
    for mask in masks:
        found |= mask
    return found


def _cell(column: Column, minute: int, *, is_last: bool) -> Cell:
    blocks = tuple(block for block in column.blocks if minute <= block.begins < minute + QUARTER)
    closed = not column.open_minutes & span(minute, minute + QUARTER)
    return Cell(f"{column.code}-{clock_text(minute)}", column, closed, is_last, blocks)


def _hours_note(hours: WeeklyHours | None, on: date) -> str:
    spans = hours.on(on) if hours else ()
    return f"{clock_text(spans[0][0])}–{clock_text(spans[-1][1])}" if spans else ""


def _kind_order(column: Column) -> int:
    return list(LABELS).index(column.kind)
