"""From the tables to what is printed: the next days, who is watched, whom to call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from courses import queries
from courses.checklists.clocks import due_list
from courses.patients.patient import Patient
from courses.queries import SessionLine
from courses.queries.charts import SessionChart
from courses.queries.checklists import KnownChecklist, checklists_in_force
from courses.queries.lists import Listed, blocks
from courses.queries.people import patients_with
from courses.queries.reaching import contacts
from courses.sessions.status import SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.free_time import runs, span
from rooms.availability.hours import LocalDay, SiteTime, clock_text
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.queries import KnownResource, KnownSite
from rooms.resources.resource import Kind
from scheduler import auditing
from scheduler.printing.day import Named, PrintedDay, PrintedResource, PrintedVisit
from scheduler.printing.frame import Origin
from scheduler.printing.lists import PrintedCase, PrintedList
from scheduler.printing.pack import Pack
from scheduler.printing.phones import PrintedColleague, PrintedPhone
from scheduler.printing.watch import PrintedWatch
from scheduler.watches import watches_among

LOOK_AHEAD = 14
"""How many days the next day with anything on it is looked for."""
DUE_AHEAD = timedelta(hours=2)
"""How far ahead it is told what is due."""


@dataclass(frozen=True, slots=True)
class House:
    """A site with its clock, and what can be booked there."""

    known: KnownSite
    time: SiteTime
    resources: Sequence[KnownResource]
    now: datetime

    @property
    def by_code(self) -> dict[str, KnownResource]:
        """The resources by their codes."""
        return {each.resource.id: each for each in self.resources}


def pack_of(db: Db, site: str | int, *, now: datetime) -> Pack:
    """The pack of a site as things stand: today, and the next day on which anything happens. Raises `Unknown`."""
    known = rooms_queries.site(db, site)
    time = SiteTime(known.site.timezone)
    today = time.day(time.date_of(now))
    house = House(known, time, rooms_queries.resources(db, known.id, since=today.whole.starts_at), now)
    days = [(day, queries.sessions_on(db, known.id, day.whole, now=now)) for day in (today, _next_day(db, house, today))]
    there = patients_with(db, {line.patient_id for _, lines in days for line in lines})
    people = {key: each.patient for key, each in there.items()}
    reached = contacts(db, [each.id for each in there.values()])
    phones = {key: reached[each.id].phone for key, each in there.items() if each.id in reached}
    return Pack(
        origin_of(db, known, now=now),
        tuple(_day(house, day, lines, people) for day, lines in days),
        tuple(_watches(db, house, days[0][1], people)),
        tuple((each.checklist, _version(each)) for each in checklists_in_force(db, known.id, today.date)),
        tuple(_phones(house, days, people, phones)),
        tuple(_colleagues(house, today)),
        tuple(each for day, _ in days for each in _lists(db, house, day.date, people)),
    )


def origin_of(db: Db, known: KnownSite, *, now: datetime) -> Origin:
    """What the frame of a print says of a site at this moment."""
    time, changed = SiteTime(known.site.timezone), auditing.last_change(db)
    return Origin(known.site.name, time.local(now), time.local(changed) if changed else None, auditing.checkpoint_digits(db))


def named(patient: Patient) -> Named:
    """A patient as they are printed."""
    return Named(patient.name, patient.code, patient.born_on)


def _next_day(db: Db, house: House, today: LocalDay) -> LocalDay:
    """The next day on which the site is open or anything is booked; tomorrow, if there is none soon."""
    days = [house.time.day(today.date + timedelta(days=ahead)) for ahead in range(1, LOOK_AHEAD + 1)]
    return next(
        (day for day in days if _is_open(house.known, day) or rooms_queries.bookings_on(db, house.known.id, day.whole, now=house.now)),
        days[0],
    )


def _is_open(known: KnownSite, day: LocalDay) -> bool:
    return bool(known.site.hours.on(day.date)) and not any(closure.interval.contains(day.whole) for closure in known.site.closures)


def _day(house: House, day: LocalDay, lines: Sequence[SessionLine], people: Mapping[str, Patient]) -> PrintedDay:
    resources = [_resource(house, day, each, lines, people) for each in house.resources]
    closed = [each.reason or "no reason given" for each in house.known.site.closures if each.interval.overlaps(day.whole)]
    busy = [each for each in resources if each.visits or each.needed]
    return PrintedDay(day.date, tuple(busy), tuple(closed), tuple(each.title for each in resources if each not in busy))


def _resource(
    house: House, day: LocalDay, known: KnownResource, lines: Sequence[SessionLine], people: Mapping[str, Patient]
) -> PrintedResource:
    code, there = known.resource.id, 0
    visits = []
    for line in lines:
        for booked, interval, load, _ in line.bookings:
            if booked == code and load:
                visits.append(_visit(house, line, interval, code, people[line.patient_id]))
            elif booked == code:
                there |= span(*(day.part(interval) or (0, 0)))
    away = [
        f"{_times(house, each.interval)} {each.reason}".strip() for each in known.resource.absences if each.interval.overlaps(day.whole)
    ]
    needed = [f"{_clock(day, begin)}–{_clock(day, end)}" for begin, end in runs(there)]
    in_order = tuple(sorted(visits, key=lambda visit: visit.starts_at))
    return PrintedResource(known.resource.title, in_order, tuple(away), tuple(needed), int(known.resource.kind is not Kind.STAFF))


def _visit(house: House, line: SessionLine, taken: Interval, code: str, patient: Patient) -> PrintedVisit:
    ends_at = min(taken.ends_at, max(line.interval.ends_at, taken.starts_at)) if line.interval else taken.ends_at
    return PrintedVisit(
        house.time.local(taken.starts_at),
        house.time.local(ends_at),
        named(patient),
        _what(line),
        ", ".join(_titles(house, (other for other, *_ in line.bookings if other != code))),
        state_words(line.status),
        "; ".join([*["first visit"] * (line.number == 1), *["not authorized"] * (not line.authorized)]),
    )


def _what(line: SessionLine) -> str:
    return f"{line.protocol}, {line.number} of {line.of}"


def state_words(status: SessionStatus) -> str:
    """The state of a visit as it is printed."""
    return "released" if status is SessionStatus.DISCHARGED else status.replace("_", " ")


def _titles(house: House, codes: Iterable[str]) -> list[str]:
    by_code = house.by_code
    return [by_code[code].resource.title if code in by_code else code for code in dict.fromkeys(codes)]


def _watches(db: Db, house: House, lines: Sequence[SessionLine], people: Mapping[str, Patient]) -> Iterator[PrintedWatch]:
    for watch in watches_among(db, lines, {code: each.resource for code, each in house.by_code.items()}, now=house.now):
        moments = watch.chart.moments
        yield PrintedWatch(
            watch.place,
            named(people[watch.line.patient_id]),
            _what(watch.line),
            _local(house, moments.first_dose),
            _local(house, moments.last_dose),
            _local(house, watch.release_at),
            tuple(_due_next(house, watch.chart)),
        )


def _due_next(house: House, chart: SessionChart) -> Iterator[str]:
    """What is due next, once each, with its time."""
    due = due_list(chart.documents, chart.chart, chart.moments, now=house.now, until=house.now + DUE_AHEAD)
    first = {each.item.code: each for each in reversed(due) if each.done_by is None and not each.is_missed}
    for each in sorted(first.values(), key=lambda one: one.due_at):
        yield f"{house.time.local(each.due_at):%H:%M} {each.item.words}"


def _local(house: House, moment: datetime | None) -> datetime | None:
    return None if moment is None else house.time.local(moment)


def _lists(db: Db, house: House, on: date, people: Mapping[str, Patient]) -> Iterator[PrintedList]:
    for block in blocks(db, house.known.id, on, now=house.now):
        cases = [_case(house, listed, people[listed.line.patient_id]) for listed in block.listed]
        yield PrintedList(on, block.title, tuple(cases))


def _case(house: House, listed: Listed, patient: Patient) -> PrintedCase:
    case, rooms, bays = listed.case, ", ".join(listed.rooms), ", ".join(listed.bays)
    return PrintedCase(house.time.local(case.starts_at), named(patient), _what(listed.line), rooms, bays, case.ready.replace("_", " "))


def _version(known: KnownChecklist) -> str:
    version = known.version
    return f"{version.code}, version {version.number}, in force from {version.from_on}, {version.digest[:12]}"


def _phones(
    house: House, days: Sequence[tuple[LocalDay, Sequence[SessionLine]]], people: Mapping[str, Patient], phones: Mapping[str, str]
) -> Iterator[PrintedPhone]:
    for _, lines in days:
        for line in lines:
            if line.interval and line.status.is_live and line.status is not SessionStatus.DISCHARGED:
                at = house.time.local(line.interval.starts_at)
                yield PrintedPhone(f"{at:%a %H:%M}", named(people[line.patient_id]), phones.get(line.patient_id, ""))


def _colleagues(house: House, today: LocalDay) -> Iterator[PrintedColleague]:
    for known in house.resources:
        if known.resource.kind is Kind.STAFF:
            hours = (known.resource.hours or house.known.site.hours).on(today.date)
            spans = ", ".join(f"{clock_text(opens)}–{clock_text(closes)}" for opens, closes in hours)
            yield PrintedColleague(known.resource.title, spans or "not today")


def _times(house: House, interval: Interval) -> str:
    begin, end = house.time.local(interval.starts_at), house.time.local(interval.ends_at)
    return f"{begin:%H:%M}–{end:%H:%M}" if begin.date() == end.date() else f"{begin:%m-%d %H:%M}–{end:%m-%d %H:%M}"


def _clock(day: LocalDay, minute: int) -> str:
    return clock_text(day.wall_minute(minute))
