"""A plan as a calendar: weeks as rows, days as columns, every session with its resources and the wishes that it could not keep."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from courses.plans.ongoing.outdated import SessionConflict
from courses.plans.plan import CoursePlan, MissedWish, PlannedSession
from rooms.availability.hours import SiteTime
from rooms.queries import KnownResource, KnownSite

WORKDAYS, ALL_DAYS = 5, 7
TIME, RESOURCE, WHEN = "time", "resource", ("time", "date")
"""What a missed wish is about."""
AT_FIRST = 5
"""How many clashes a refusal lists before the others are folded away."""


class PlanCalendar:
    """Lays a plan out for one site. `clashes` are the sessions that can no longer be had."""

    def __init__(self, site: KnownSite, resources: Iterable[KnownResource], clashes: Sequence[SessionConflict] = ()) -> None:
        self._site = site
        self._time = SiteTime(site.site.timezone)
        self._titles = {known.resource.id: known.resource.title for known in resources}
        self._clashes = {clash.session: clash for clash in clashes}

    def shown(self, plan: CoursePlan) -> dict[str, object]:
        """What plan.html asks for."""
        starts = [self._time.local(session.interval.starts_at) for session in plan.sessions]
        return {
            "first_at": starts[0],
            "last_at": starts[-1],
            "n_sessions": len(starts),
            "n_at_wish": sum(not _about(session, TIME) for session in plan.sessions),
            "n_starts": len({(at.hour, at.minute) for at in starts}),
            "n_changes": plan.cost.changes,
            "n_unauthorized": sum(not session.authorized for session in plan.sessions),
            "days": [f"{monday:%a}" for monday in self._week(starts[0].date(), starts)],
            "weeks": self._weeks(plan),
            "missed_wishes": [self._missed(session, *WHEN) for session in plan.sessions if _about(session, *WHEN)],
            "changes": [self._missed(session, RESOURCE) for session in plan.sessions if _about(session, RESOURCE)],
        }

    def _week(self, day: date, starts: Sequence[date]) -> list[date]:
        """The days of the week of a date: as many as the plan needs columns for."""
        monday = day - timedelta(days=day.weekday())
        return [monday + timedelta(days=n) for n in range(ALL_DAYS if any(at.weekday() >= WORKDAYS for at in starts) else WORKDAYS)]

    def _weeks(self, plan: CoursePlan) -> list[dict[str, object]]:
        of_date: dict[date, list[PlannedSession]] = defaultdict(list)
        for session in plan.sessions:
            of_date[self._time.date_of(session.interval.starts_at)].append(session)
        first, last = min(of_date), max(of_date)
        monday = first - timedelta(days=first.weekday())
        weeks = [monday + timedelta(weeks=n) for n in range((last - monday).days // ALL_DAYS + 1)]
        busy = [week for week in weeks if any(week <= day < week + timedelta(weeks=1) for day in of_date)]
        numbers = {week: number for number, week in enumerate(weeks, 1)}
        return [
            {
                "number": numbers[week],
                "starts_on": week,
                "days": [self._day(day, first, of_date) for day in self._week(week, list(of_date))],
            }
            for week in busy
        ]

    def _day(self, day: date, first: date, of_date: Mapping[date, list[PlannedSession]]) -> dict[str, object]:
        whole = self._time.day(day).whole
        shut = next((closure.reason or "Closed" for closure in self._site.site.closures if closure.interval.overlaps(whole)), "")
        return {"on": day, "shut": shut, "is_before_start": day < first, "sessions": [self._session(each) for each in of_date.get(day, ())]}

    def _session(self, session: PlannedSession) -> dict[str, object]:
        clash = self._clashes.get(session.number)
        return {
            "number": session.number,
            "starts_at": self._time.local(session.interval.starts_at),
            "ends_at": self._time.local(session.interval.ends_at),
            "resources": ", ".join(dict.fromkeys(self._titles.get(seat.resource, seat.resource) for seat in session.seats)),
            "missed_wish": "; ".join(_without_date(missed.reason) for missed in _about(session, *WHEN)),
            "is_authorized": session.authorized,
            "clash": self._in_short(clash) if clash else "",
        }

    def _missed(self, session: PlannedSession, *about: str) -> dict[str, object]:
        why = "; ".join(f"{missed.wish}: {_without_date(missed.reason)}" for missed in _about(session, *about))
        return {"number": session.number, "starts_at": self._time.local(session.interval.starts_at), "why": why}

    def refused(self, sentence: str) -> dict[str, object]:
        """What the refusal above a plan says: each session that clashes, and who has its place until when."""
        clashes = [{"title": f"{self._title(clash)}:", "holder": self._holder(clash)} for clash in self._clashes.values()]
        first, more = clashes[:AT_FIRST], clashes[AT_FIRST:]
        return {"sentence": sentence, "clashes": first, "more": more, "way_out": "Plan again to place the course around them."}

    def _in_short(self, clash: SessionConflict) -> str:
        """What fits on a card; the refusal above says the rest."""
        taken = list(dict.fromkeys(self._titles.get(held.resource, held.resource) for held in clash.held_by))
        until = max((held.interval.ends_at for held in clash.held_by), default=None)
        return f"{', '.join(taken)} taken until {self._time.local(until):%H:%M}" if until else " ".join(clash.reasons)

    def _title(self, clash: SessionConflict) -> str:
        return f"Session {clash.session}, {self._time.local(clash.interval.starts_at):%a, %b %-d, %H:%M}"

    def _holder(self, clash: SessionConflict) -> str:
        named = [
            f"{self._titles.get(held.resource, held.resource)} is held by {held.who} until {self._time.local(held.interval.ends_at):%H:%M}."
            for held in clash.held_by
            if held.who
        ]
        return " ".join(dict.fromkeys(named)) or " ".join(clash.reasons)


def _about(session: PlannedSession, *about: str) -> list[MissedWish]:
    """The wishes about some things that a session could not keep."""
    return [missed for missed in session.missed if missed.about in about]


def _without_date(reason: str) -> str:
    """A reason where the date stands beside it already."""
    return re.sub(r" on \d{4}-\d{2}-\d{2}\b", "", reason)
