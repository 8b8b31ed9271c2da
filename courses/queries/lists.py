"""Looks at the ordered lists of anesthesia blocks: who is on them, how far everybody is, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from courses import queries
from courses.checklists.gates import Facts, standing
from courses.checklists.item import GateClass, Verb
from courses.checklists.release import missing
from courses.days.case_list import ANESTHESIA, ESSENTIAL, Case
from courses.errors import Unknown
from courses.queries import SessionLine
from courses.queries.charts import SessionChart, charts_of_site
from courses.sessions.status import SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.resources.resource import Kind


@dataclass(frozen=True)
class Listed:
    """A visit on a list: the case, whose it is, and by title the rooms of the treatment and those before and after it."""

    case: Case
    line: SessionLine
    rooms: tuple[str, ...]
    bays: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """One anesthesia block of a day: whose it is (by code and title), and its list in order of time."""

    resource: str
    title: str
    listed: tuple[Listed, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The list for those who decide on it."""
        return tuple(each.case for each in self.listed)

    @property
    def order(self) -> tuple[str, ...]:
        """The sessions in their order."""
        return tuple(case.session for case in self.cases)


def blocks(db: Db, site_id: int, on: date, *, now: datetime) -> tuple[Block, ...]:
    """The blocks of a date by the site's clock, each with its list; nothing where nobody is on one."""
    whole = SiteTime(rooms_queries.site(db, site_id).site.timezone).day(on).whole
    booked = rooms_queries.bookings_on(db, site_id, whole, now=now)
    starts = {each.claim.purpose: each.claim for each in booked if each.claim.capability == ANESTHESIA}
    lines = {line.id: line for line in queries.sessions_on(db, site_id, whole, now=now) if line.id in starts}
    charts = {chart.session: chart for chart in charts_of_site(db, site_id, on=on)}
    resources = {each.resource.id: each.resource for each in rooms_queries.resources(db, site_id, since=whole.starts_at)}
    found: dict[str, list[Listed]] = {}
    for key, line in lines.items():
        claim = starts[key]
        lacking, may_move_up = _lacking(line, charts.get(key), now=now)
        case = Case(key, claim.interval.starts_at, line.status, lacking, may_move_up)
        there = [booking for booking in line.bookings if booking[0] in resources and resources[booking[0]].kind is not Kind.STAFF]
        rooms = [code for code, interval, _, _ in there if interval.starts_at == case.starts_at]
        bays = [code for code, interval, _, _ in there if interval.starts_at != case.starts_at]
        titles = tuple(tuple(dict.fromkeys(resources[code].title for code in codes)) for codes in (rooms, bays))
        found.setdefault(claim.resource, []).append(Listed(case, line, *titles))
    return tuple(
        Block(code, resource.title, tuple(sorted(found[code], key=lambda each: each.case.starts_at)))
        for code, resource in resources.items()
        if code in found
    )


def block(db: Db, site_id: int, on: date, resource: str, *, now: datetime) -> Block:
    """The block of one resource (by code). Raises `Unknown` where nobody is on its list."""
    found = next((each for each in blocks(db, site_id, on, now=now) if each.resource == resource), None)
    if found is None:
        raise Unknown("list", resource)
    return found


def _lacking(line: SessionLine, chart: SessionChart | None, *, now: datetime) -> tuple[tuple[str, ...], bool]:
    """What stands in the way of taking somebody into the room, in words, and whether they have fasted and consented all the same."""
    if chart is None or line.status not in {SessionStatus.BOOKED, SessionStatus.ARRIVED}:
        return (), False
    by = chart.documents
    stops = standing(by, chart.chart, Verb.START, Facts(), chart.overridden, moments=chart.moments, now=now, time=chart.time)
    firm = {stop.gate: stop.sentence for stop in stops if stop.kind is not GateClass.HOUSE}
    items = missing(by, chart.chart, chart.moments, Verb.START, now=now)
    return (*firm.values(), *(item.words for item in items if item.code not in firm)), not any(gate.startswith(ESSENTIAL) for gate in firm)
