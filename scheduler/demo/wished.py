"""Who of the demo clinic would come sooner or at other times: some wishes for the page of openings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from courses import offering, queries
from courses.openings.wish import Aim, NewWish, When, is_open
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db, NewId

BY = "demo"


@dataclass(frozen=True, slots=True)
class Wished:
    """One wish: whose, since how many days, and for one visit or for all. `on_holiday` is for the next day that is closed, and no other."""

    patient: str
    days_ago: int
    aim: Aim
    when: When
    priority: float = 1
    is_for_one: bool = False
    on_holiday: bool = False


WISHES = (
    Wished("P-0050", 4, Aim.SOONER, When(notice_hours=24), 2, is_for_one=True),
    Wished("P-0037", 3, Aim.SOONER, When(opens=8 * 60, closes=12 * 60), is_for_one=True),
    Wished("P-0049", 3, Aim.OTHER_TIMES, When(opens=15 * 60, closes=19 * 60)),
    Wished("P-0052", 2, Aim.OTHER_TIMES, When(frozenset({1, 3}))),
    Wished("P-0033", 1, Aim.SOONER, When(opens=7 * 60, closes=9 * 60, notice_hours=48), is_for_one=True),
    Wished("P-0016", 1, Aim.OTHER_TIMES, When(opens=8 * 60, closes=12 * 60), on_holiday=True),
)


def wish_demo(db: Db, site: str, courses: Mapping[str, str], *, now: datetime, new_id: NewId) -> None:
    """Write the wishes down. `courses` are codes by the patient's; who has no visit to come wishes for nothing."""
    known = rooms_queries.site(db, site)
    time, closures = SiteTime(known.site.timezone), known.site.closures
    closed = min((time.date_of(each.interval.starts_at) for each in closures if each.interval.starts_at > now), default=None)
    for each in WISHES:
        if each.patient not in courses or (each.on_holiday and closed is None):
            continue
        course = queries.course(db, courses[each.patient], site_id=known.id).course
        ahead = [session for session in course.live if is_open(session, now) and session.interval is not None]
        when = replace(each.when, earliest=closed, latest=closed) if each.on_holiday else each.when
        if ahead:
            session = ahead[0].id if each.is_for_one else None
            doing = Doing(BY, now - timedelta(days=each.days_ago), new_id)
            offering.put_wish(db, NewWish(course.id, session, each.aim, when, each.priority), doing)
