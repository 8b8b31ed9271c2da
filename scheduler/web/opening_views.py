"""What the page of openings shows: who is being offered what, which places became free, and who waits for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from courses import queries
from courses.openings.closed import Places, is_shut_out
from courses.openings.offer import By, Offer, OfferStatus
from courses.openings.wish import EVERY_DAY, Aim, OpeningWish, When
from courses.patients.contact import Contact
from courses.queries import KnownPatient, reaching
from courses.queries import openings as looks
from rooms import queries as rooms_queries
from rooms.availability.hours import MINUTES_OF_DAY, SiteTime, clock_text
from rooms.base import Db
from rooms.queries import KnownSite
from scheduler.web.rendering import counted, day

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AIMS = {Aim.SOONER: "A sooner place", Aim.OTHER_TIMES: "Other times"}
ENDED = {
    OfferStatus.ACCEPTED: "Taken",
    OfferStatus.DECLINED: "Declined",
    OfferStatus.RUN_OUT: "Ran out",
    OfferStatus.WITHDRAWN: "Withdrawn",
}
WHY = {"changed": "the visit was changed meanwhile", "closed": "the place can be had no more", "desk": ""}
HOW = {"cancelled": "cancelled", "missed": "missed", "moved": "moved", "held": "course on hold"}


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer in words. `minutes` are left to answer; `phone` is whom to call, where somebody is to."""

    id: str
    patient: str
    patient_href: str
    visit_href: str
    starts_at: datetime
    was_at: datetime | None
    with_what: str
    is_call: bool
    phone: str
    begins_at: datetime
    hold_until: datetime
    minutes: int
    has_begun: bool
    ended: str
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class WishView:
    """A wish in words; `state` says what becomes of it now."""

    id: str
    patient: str
    patient_href: str
    course_href: str
    what: str
    when: tuple[str, ...]
    priority: str
    since: datetime
    state: str
    is_shut_out: bool
    is_offered: bool


@dataclass(frozen=True, slots=True)
class FreedView:
    """A place that became free."""

    starts_at: datetime
    ends_at: datetime
    with_what: str
    how: str
    at: datetime
    begins: str
    ends: str


@dataclass(frozen=True)
class OpeningsView:
    """Everything on the page of one site at one moment."""

    site: KnownSite
    time: SiteTime
    now: datetime
    offers: tuple[OfferView, ...]
    freed: tuple[FreedView, ...]
    wishes: tuple[WishView, ...]
    ended: tuple[OfferView, ...]


def openings_view(db: Db, site: KnownSite, now: datetime) -> OpeningsView:
    """Looked up and put into words."""
    time = SiteTime(site.site.timezone)
    running, ended, wishes = looks.running_offers(db, site.id), looks.ended_offers(db, site.id), looks.open_wishes(db, site.id)
    ids = {each.patient_id for each in (*running, *ended)} | {each.patient_id for each in wishes}
    people = queries.patients_with(db, ids)
    contacts = reaching.contacts(db, [each.patient_id for each in running])
    titles = {each.resource.id: each.resource.title for each in rooms_queries.resources(db, site.id, retired=True)}
    words = _Words(time, now, people, contacts, titles, looks.places_of(db, wishes, now=now))
    offered = {each.wish for each in running if each.is_running(now)}
    return OpeningsView(
        site,
        time,
        now,
        tuple(words.offer(each) for each in running if each.is_running(now) and each.patient_id in people),
        tuple(_freed(db, site, words)),
        tuple(words.wish(each, site, is_offered=each.id in offered) for each in wishes if each.patient_id in people),
        tuple(words.offer(each) for each in ended if each.patient_id in people),
    )


def wishes_of(db: Db, site: KnownSite, course: str, now: datetime) -> tuple[WishView, ...]:
    """The wishes that stand for a course."""
    wishes = looks.open_wishes(db, site.id, course=course)
    people = queries.patients_with(db, {each.patient_id for each in wishes})
    words = _Words(SiteTime(site.site.timezone), now, people, {}, {}, looks.places_of(db, wishes, now=now))
    offered = {each.wish for each in looks.running_offers(db, site.id) if each.is_running(now)}
    return tuple(words.wish(each, site, is_offered=each.id in offered) for each in wishes)


def _freed(db: Db, site: KnownSite, words: _Words) -> Iterator[FreedView]:
    """What nobody has taken again, and lies in no closure."""
    found = looks.freed_lately(db, site.id, now=words.now)
    if not found:
        return
    taken = rooms_queries.held_from(db, site.id, words.now)
    for each in found:
        again = any(code in each.resources and interval.overlaps(each.place) for code, interval, _ in taken)
        if not again and not any(closure.interval.overlaps(each.place) for closure in site.site.closures):
            yield FreedView(
                words.time.local(each.place.starts_at),
                words.time.local(each.place.ends_at),
                words.units(each.resources),
                HOW[each.how],
                words.time.local(each.at),
                each.place.starts_at.isoformat(),
                each.place.ends_at.isoformat(),
            )


@dataclass(frozen=True)
class _Words:
    time: SiteTime
    now: datetime
    people: Mapping[int, KnownPatient]
    contacts: Mapping[int, Contact]
    titles: Mapping[str, str]
    places: Mapping[str, Places]

    def units(self, codes: tuple[str, ...]) -> str:
        return ", ".join(dict.fromkeys(self.titles.get(code, code) for code in codes))

    def offer(self, offer: Offer) -> OfferView:
        who, contact = self.people[offer.patient_id].patient, self.contacts.get(offer.patient_id)
        return OfferView(
            offer.id,
            who.name,
            f"/patients/{who.id}",
            f"/sessions/{offer.session}",
            self.time.local(offer.place.starts_at),
            self.time.local(offer.was_at) if offer.was_at else None,
            self.units(offer.resources),
            offer.by is By.DESK,
            contact.phone if contact else "",
            self.time.local(offer.begins_at),
            self.time.local(offer.hold_until),
            max(0, int((offer.hold_until - self.now).total_seconds() // 60)),
            offer.begins_at <= self.now,
            ", ".join(filter(None, (ENDED.get(offer.status, ""), WHY.get(offer.why, "")))),
            self.time.local(offer.ended_at) if offer.ended_at else None,
            offer.ended_by,
        )

    def wish(self, wish: OpeningWish, site: KnownSite, *, is_offered: bool) -> WishView:
        who = self.people[wish.patient_id].patient
        shut = is_shut_out(wish, self.places.get(wish.id, ()), site.site, site.site.closures, self.time.date_of(self.now))
        state = "is being offered a place" if is_offered else "closed on every day it leaves: call" if shut else "waits"
        return WishView(
            wish.id,
            who.name,
            f"/patients/{who.id}",
            f"/courses/{wish.course}",
            f"{AIMS[wish.aim]} for {'one visit' if wish.session else 'every visit'}",
            tuple(when_words(wish.when)),
            "" if wish.priority == 1 else f"{wish.priority:g}",
            self.time.local(wish.since),
            state,
            shut,
            is_offered,
        )


def when_words(when: When) -> Iterator[str]:
    """The times at which somebody can come, in words."""
    if when.weekdays != EVERY_DAY:
        yield ", ".join(DAYS[each] for each in sorted(when.weekdays))
    if (when.opens, when.closes) != (0, MINUTES_OF_DAY):
        yield f"{clock_text(when.opens)} to {clock_text(when.closes)}"
    if when.earliest:
        yield f"from {day(when.earliest)}"
    if when.latest:
        yield f"until {day(when.latest)}"
    if when.notice_hours:
        yield f"{counted(when.notice_hours, 'hour')} of notice"
