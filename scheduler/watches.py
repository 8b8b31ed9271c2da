"""Who is treated or watched at a site at this moment, and where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from courses import queries
from courses.checklists.clocks import alerts
from courses.checklists.release import earliest_release
from courses.queries import SessionLine
from courses.queries.charts import SessionChart, charts_with
from courses.sessions.status import SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from rooms.resources.resource import Kind, Resource

THERE = {SessionStatus.IN_TREATMENT, SessionStatus.IN_OBSERVATION}
PLACES = (Kind.CHAIR, Kind.ROOM, Kind.DEVICE)
"""Where a patient is, the best answer first."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A visit that is under way, its chart, and by title the place where the patient is now."""

    line: SessionLine
    chart: SessionChart
    place: str

    @property
    def release_at(self) -> datetime | None:
        """Before when the patient does not leave (UTC); None where nothing was given yet, or nobody is watched for a time."""
        return earliest_release(self.chart.documents, self.chart.moments)

    def alarm(self, now: datetime) -> str:
        """The priority of what presses most; empty where nothing does."""
        found = alerts(self.chart.documents, self.chart.chart, self.chart.moments, now=now)
        return found[0].priority.value if found else ""


def open_watches(db: Db, site: str | int, *, now: datetime) -> tuple[Watch, ...]:
    """The visits of today that are under way at a site, by start. Raises `Unknown`."""
    known = rooms_queries.site(db, site)
    time = SiteTime(known.site.timezone)
    today = time.day(time.date_of(now)).whole
    lines = queries.sessions_on(db, known.id, today, now=now)
    resources = {each.resource.id: each.resource for each in rooms_queries.resources(db, known.id, since=today.starts_at)}
    return tuple(watches_among(db, lines, resources, now=now))


def watches_among(db: Db, lines: Sequence[SessionLine], resources: Mapping[str, Resource], *, now: datetime) -> Iterator[Watch]:
    """Those of some visits that are under way; `resources` are the site's, by code."""
    there = {line.id: line for line in lines if line.status in THERE}
    for chart in charts_with(db, sorted(there)):
        line = there[chart.session]
        yield Watch(line, chart, _place(line, resources, now))


def _place(line: SessionLine, resources: Mapping[str, Resource], now: datetime) -> str:
    """Where the patient is booked to be now; before or after that, where they come last."""
    booked = sorted(((interval, resources[code]) for code, interval, *_ in line.bookings if code in resources), key=lambda each: each[0])
    now_there = [resource for interval, resource in booked if interval.starts_at <= now < interval.ends_at]
    last_there = [resource for _, resource in reversed(booked)]
    return next((each.title for some in (now_there, last_there) for kind in PLACES for each in some if each.kind is kind), "")
