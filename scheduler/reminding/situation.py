"""Everything that decides on the messages about some courses, looked up in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from courses.patients.contact import Channel, Contact
from courses.queries import reaching
from courses.sessions.happened import CourseHistory, Visit
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.linking import LinkWanted
from scheduler.reminders import queries
from scheduler.reminders.decency import Decency
from scheduler.reminders.kind import REMINDS, Kind
from scheduler.reminders.known import Message, Messaging
from scheduler.reminders.languages import Language, language
from scheduler.reminders.message import Words, clock_text, days_text, render, when_text
from scheduler.reminders.policy import Person, Wanted, person_of, wanted
from scheduler.reminders.preparation import preparations

A_MOMENT = timedelta(minutes=1)
"""An answer and what it puts before the desk are written in one go."""


@dataclass(frozen=True)
class Situation:
    """A course, its patient, the site, and everything that is to be said. `own` are the site's own texts by language and kind."""

    course: CourseHistory
    person: Person
    contact: Contact
    site: SiteTime
    messaging: Messaging | None
    wanted: tuple[Wanted, ...]
    own: dict[tuple[str, str], str]
    heard: Sequence[tuple[datetime, bool]] = ()
    """When the patient asked to be called, and whether that still waits for a person."""

    @property
    def decency(self) -> Decency:
        """When messages may arrive."""
        return self.person.decency

    def words(self, message: Message, link: str = "") -> Words:
        """A message's words, from what is true now. `link` leads to the visit's page."""
        spoken = language(self.contact.language)
        kind = Kind.STILL_ASKED if message.kind in REMINDS and self._is_asked(message) else message.kind
        template = dict(spoken.messages[kind])
        if (own := self.own.get((spoken.code, kind))) is not None:
            template["text"] = template["linked"] = own
        return render(Channel(message.channel), template, spoken.tails, self._facts(message, spoken) | {"link": link})

    def _is_asked(self, message: Message) -> bool:
        """Whether another time than the one that a message tells of is asked for, and nobody has said yes or no to it."""
        visit = self._visit_of(message)
        if visit is None:
            return False
        asked_at = visit.asked_at
        waiting = [waits for at, waits in self.heard if asked_at is not None and at >= asked_at - A_MOMENT]
        return visit.session in self.course.unsuited or (asked_at is not None and (any(waiting) or not waiting))

    def link_wanted(self, message: Message) -> LinkWanted | None:
        """To which visit a message's link leads; None of one that tells of no visit to come."""
        visit = self._visit_of(message)
        if visit is None or visit.starts_at is None or message.kind is Kind.CANCELLED:
            return None
        course, whose = self.course, (message.channel, message.address, self.contact.number)
        return LinkWanted(course.site_id, course.patient_id, course.course_id, visit.session_id, visit.starts_at, *whose)

    def _visit_of(self, message: Message) -> Visit | None:
        """The visit that a message tells of, or another place is kept for, if it is still to come."""
        if message.kind is Kind.OFFER:
            kept = next((each.session for each in self.course.offers if each.offer == message.subject), "")
            visit = self.course.visit(kept)
            return visit if visit is not None and visit.is_ahead else None
        return next((each for each in self.course.visits if each.is_ahead and each.starts_at == message.visit_at), None)

    def _facts(self, message: Message, spoken: Language) -> dict[str, str]:
        zone = self.decency.zones[0]
        week = self._week_of(message.visit_at)
        return {
            "label": self.messaging.label if self.messaging else "",
            "name": f"{self.course.patient}," if self.course.patient else "",
            "when": when_text(message.visit_at, zone, spoken.words, home=self.site),
            "days": days_text(week, self.site, spoken.words) if week else "",
            "count": str(len(week)),
            "phone": self.messaging.phone if self.messaging else "",
            "until": clock_text(message.useful_until, self.site, spoken.words) if message.kind is Kind.OFFER else "",
        }

    def _week_of(self, instant: datetime) -> list[datetime]:
        week = self.site.date_of(instant).isocalendar()[:2]
        starts = [visit.starts_at for visit in self.course.visits if visit.starts_at is not None and visit.is_ahead]
        return sorted(each for each in starts if self.site.date_of(each).isocalendar()[:2] == week)


def situations(db: Db, course_ids: Collection[int], *, now: datetime) -> dict[int, Situation]:
    """The situations of courses, by row number."""
    courses = reaching.histories(db, course_ids, now=now)
    contacts = reaching.contacts(db, sorted({course.patient_id for course in courses.values()}))
    addresses = {address for contact in contacts.values() for address in (contact.phone, contact.mail) if address}
    ledger = reaching.consents(db, sorted(addresses))
    site_ids = sorted({course.site_id for course in courses.values()})
    sites = {site_id: rooms_queries.site(db, site_id).site for site_id in site_ids}
    messagings, texts = queries.messagings(db, site_ids), queries.own_texts(db, site_ids)
    offered = {course.course_id: {each.wish: each.offers for each in course.shut_out} for course in courses.values()}
    kept = [offer for wishes in offered.values() for offers in wishes.values() for offer in offers]
    told = queries.told_of(db, Kind.OFFER, [*(offer.offer for course in courses.values() for offer in course.offers), *kept])
    heard = queries.wishes_heard(db, sorted({course.patient_id for course in courses.values()}))
    found = {}
    for course_id, course in sorted(courses.items()):
        site, contact = SiteTime(sites[course.site_id].timezone), contacts.get(course.patient_id)
        messaging = messagings.get(course.site_id)
        zone = SiteTime(contact.zone) if contact and contact.zone else site
        decency = Decency((zone,), messaging.opens, messaging.closes) if messaging else Decency((zone,))
        own = [each for each in ledger if contact and each.address in {contact.phone, contact.mail}]
        person = person_of(contact if messaging else None, own, decency)
        preparation = preparations().get(course.modality)
        due = wanted(course, person, preparation, site=site, now=now)
        due = tuple(each for each in due if _is_news(each, told, offered[course_id].get(each.subject, ())))
        own_texts = {(code, kind): text for (site_id, code, kind), (_, text) in texts.items() if site_id == course.site_id}
        asks = tuple(heard.get(course.patient_id, ()))
        found[course_id] = Situation(course, person, contact or Contact(), site, messaging, due, own_texts, asks)
    return found


def _is_news(wanted: Wanted, told: Collection[str], kept: Collection[str]) -> bool:
    """Not that an offer is gone of which they were never told; nor, beside that, that the clinic is closed then."""
    if wanted.kind is Kind.OFFER_GONE:
        return wanted.subject in told
    return wanted.kind is not Kind.CLOSED or not any(each in told for each in kept)
