"""What is on a week's list, and what was said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.resources.site import Site
from scheduler.access.audit_event import Outcome, instant
from scheduler.access.author import AuthorKind
from scheduler.access.canonical import canonical
from scheduler.access.unusual import Access, Flag, Week, unusual
from scheduler.auditing.showing import Known, Wanted, found_events
from scheduler.records.audit import ReviewRow
from scheduler.reviewing import queries

MARGIN_MINUTES = 60
"""How long before opening and after closing people are still at work."""
WEEK = timedelta(days=7)
MOST = 1_000_000
"""More events than any site has in a week."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One thing on the list. `verdict` is empty until somebody judged it."""

    id: str
    flag: Flag
    verdict: str = ""
    note: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A week (from Monday on) at a site: its list, and who signed it. `is_as_signed` tells whether the list is still the one signed."""

    site_id: int
    week_on: date
    is_over: bool
    judged: tuple[Judged, ...]
    signed_by: str = ""
    signed_at: datetime | None = None
    is_as_signed: bool = True

    @property
    def open(self) -> tuple[Judged, ...]:
        """What nobody judged yet."""
        return tuple(each for each in self.judged if not each.verdict)

    @property
    def digest(self) -> str:
        """Of the list and every verdict: what a signature is of."""
        said = [[each.id, each.flag.number, each.verdict, each.note, each.by] for each in self.judged]
        return hashlib.sha256(canonical([self.site_id, self.week_on.isoformat(), said]).encode()).hexdigest()


def week_of(on: date) -> date:
    """The Monday of a day's week."""
    return on - timedelta(days=on.weekday())


def weekly_review(db: Db, site_id: int, on: date, *, now: datetime) -> Review:
    """The review of the week of a day at a site. Raises `Unknown` for the site."""
    week_on, site = week_of(on), rooms_queries.site(db, site_id).site
    time = SiteTime(site.timezone)
    whole = Interval(time.day(week_on).midnight, time.day(week_on + WEEK).midnight)
    around = Interval(whole.starts_at - WEEK, whole.ends_at + WEEK)
    patients = queries.patients(db, site_id, around, time)
    week = Week(queries.members(db, site_id, around), patients, lambda at: _is_at_work(site, at))
    wanted = Wanted(since=whole.starts_at, until=whole.ends_at, sites=frozenset({site_id}))
    events = found_events(db, wanted, descending=False, at_most=MOST)
    flags = unusual(list(_accesses(events, time, patients.keys())), week)
    said = queries.verdicts(db, site_id, week_on)
    return _review(Review(site_id, week_on, whole.ends_at <= now, _judged(flags, f"{site_id} {week_on}", said)), said)


def _review(review: Review, said: Iterable[ReviewRow]) -> Review:
    signed = [row for row in said if row.verdict == "signed"]
    if not signed:
        return review
    last = signed[-1]
    return Review(
        review.site_id, review.week_on, review.is_over, review.judged, last.by, last.at, is_as_signed=last.digest == review.digest
    )


def _judged(flags: Iterable[Flag], week: str, said: Iterable[ReviewRow]) -> tuple[Judged, ...]:
    last = {row.flag: row for row in said if row.flag}
    found = []
    for flag in flags:
        key = flag.id(week)
        row = last.get(key)
        found.append(Judged(key, flag, row.verdict, row.note, row.by, row.at) if row else Judged(key, flag))
    return tuple(found)


def _accesses(events: Iterable[Known], time: SiteTime, patients: Collection[str]) -> Iterable[Access]:
    for known in events:
        event = known.event
        is_of_site = event.site_id is not None or any(key in patients for key in event.patients)
        if event.actor_kind == AuthorKind.STAFF and is_of_site:
            yield Access(
                known.seq,
                time.local(instant(event.at)),
                event.actor_id,
                event.patients,
                is_refused=event.outcome == Outcome.DENIED,
                changes=event.diff is not None,
                breaks_glass=bool(event.break_glass),
                reason=event.reason,
                second=any(kind == "second" for kind, _ in event.objects),
            )


def _is_at_work(site: Site, at: datetime) -> bool:
    minute = at.hour * 60 + at.minute
    if any(closure.interval.starts_at <= at < closure.interval.ends_at for closure in site.closures):
        return False
    return any(opens - MARGIN_MINUTES <= minute < closes + MARGIN_MINUTES for opens, closes in site.hours.on(at.date()))
