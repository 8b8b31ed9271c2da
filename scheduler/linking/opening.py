"""What a link opens: the visit as it is now, if the link is alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from courses import queries as courses_queries
from courses.patients.contact import Contact
from courses.patients.patient import Patient
from courses.queries import reaching
from courses.sessions.happened import CourseHistory, OfferedPlace, Visit
from courses.sessions.status import SessionStatus
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.linking import queries
from scheduler.linking.issuing import elsewhere
from scheduler.linking.known import KnownLink
from scheduler.reminders import queries as reminders
from scheduler.reminders.known import Messaging
from scheduler.reminders.preparation import Preparation, preparations

GRACE = timedelta(days=1)
"""How long after the day of the visit a link still opens."""
CALENDAR_GRACE = timedelta(days=30)
"""The same of a calendar's, after the last visit."""
CUT_OFF = timedelta(hours=24)
"""So near to a visit it is not called off or moved by itself: somebody calls."""
MOST_WRONG = 5
"""How many wrong birth dates a link takes."""


@dataclass(frozen=True)
class Opened:
    """A link that is alive, its visit and course, and what is known of the patient. `tries` are left for the birth date."""

    link: KnownLink
    course: CourseHistory
    patient: Patient
    contact: Contact
    site: SiteTime
    site_key: str
    messaging: Messaging
    tries: int

    @property
    def visit(self) -> Visit | None:
        """The visit as it is; None of a calendar's link."""
        return next((each for each in self.course.visits if each.session_id == self.link.session_id), None)

    @property
    def preparation(self) -> Preparation | None:
        """What has to be done beforehand."""
        return preparations().get(self.course.modality)

    @property
    def visit_at(self) -> datetime:
        """When the visit is; of one that has no place, when it was to be."""
        visit = self.visit
        return visit.starts_at if visit is not None and visit.starts_at is not None else self.link.visit_at

    @property
    def zone(self) -> SiteTime:
        """Where the patient is."""
        return SiteTime(self.contact.zone) if self.contact.zone else self.site

    @property
    def ends_at(self) -> datetime:
        """From when on the link opens nothing more."""
        if self.link.kind == "visit":
            return self.site.day(self.site.date_of(self.visit_at) + timedelta(days=1)).midnight + GRACE
        last = max((each.starts_at for each in self.course.visits if each.starts_at is not None), default=self.link.visit_at)
        return max(last, self.link.visit_at) + CALENDAR_GRACE

    def offer(self, now: datetime) -> OfferedPlace | None:
        """A place that is kept for this visit at the moment."""
        visit = self.visit
        kept = (each for each in self.course.offers if visit and each.session == visit.session and each.stands)
        return next((each for each in kept if each.asked_at <= now < each.hold_until), None)

    def is_ahead(self, now: datetime) -> bool:
        """Whether the patient is awaited."""
        return self.visit is not None and self.visit.is_ahead and self.visit_at > now

    def may_change(self, now: datetime) -> bool:
        """Whether the visit can still be called off or moved without somebody of the clinic."""
        return self.is_ahead(now) and self.visit_at - now >= CUT_OFF

    def is_off(self) -> bool:
        """Whether the visit lost its place."""
        visit = self.visit
        return visit is None or visit.status in {SessionStatus.CANCELLED, SessionStatus.MISSED, SessionStatus.PLANNED}

    def seen(self) -> str:
        """What a page of this visit shows, in a few letters: a form of another page is not acted on."""
        visit = self.visit
        return f"{self.link.id} {self.visit_at.isoformat()} {visit.status if visit else ''}"


def opened(db: Db, token: str, *, now: datetime, kind: str = "visit", locked: bool = False) -> Opened | None:
    """What a key opens; None for one that opens nothing (any more). `locked` holds everybody else off the patient."""
    link = queries.link_of(db, token)
    if link is None or link.kind != kind or link.revoked_at is not None:
        return None
    if locked:
        courses_queries.lock_patient(db, link.patient_id)
        link = queries.link_of(db, token)
        if link is None or link.revoked_at is not None:
            return None
    found = _found(db, link, now)
    return None if found is None or now >= found.ends_at or elsewhere(db, [link]) else found


def _found(db: Db, link: KnownLink, now: datetime) -> Opened | None:
    course = reaching.histories(db, [link.course_id], now=now).get(link.course_id)
    patient = courses_queries.patients_with(db, [link.patient_id]).get(link.patient_id)
    if course is None or patient is None:
        return None
    site = rooms_queries.site(db, link.site_id).site
    return Opened(
        link,
        course,
        patient.patient,
        reaching.contact(db, link.patient_id) or Contact(),
        SiteTime(site.timezone),
        site.id,
        reminders.messagings(db, [link.site_id]).get(link.site_id) or Messaging("", ""),
        max(0, MOST_WRONG - queries.wrong_dates(db, link.id)),
    )
