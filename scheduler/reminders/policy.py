"""What is to be said of a course to its patient, and when: worked out anew from what is true now, never kept.

A message is known by what it is about (`subject`), its kind and the edition of the place that it tells of: a visit that is moved has a
new edition, and what was to be said of the old one is no longer wanted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from courses.patients.contact import Channel, Consent, Contact, Opted
from courses.sessions.happened import CourseHistory, Place, PlaceChange, Visit
from rooms.availability.hours import SiteTime
from scheduler.reminders.decency import Decency
from scheduler.reminders.kind import CALLED_ABOUT, FOR_STAFF, Kind
from scheduler.reminders.preparation import Preparation

MANY_A_WEEK, STILL_MANY = 4, 3
"""From so many visits of a course in a week on, one message tells of all of them: more than three texts a week are too many. In a course
that has such weeks, it does so from three on."""
THREE_DAYS, A_DAY, TWO_HOURS = timedelta(hours=72), timedelta(hours=24), timedelta(hours=2)
TOO_NEAR = timedelta(hours=36)
"""So near to the visit the first reminder is left to the second."""
LEAST_NOTICE = timedelta(hours=1)
"""A reminder that arrives later than this before the visit is of no use."""
DIGEST_DAYS, DIGEST_AT = 3, time(10)
STILL_NEWS = timedelta(days=3)
FORM_BEFORE = timedelta(days=2)
FORM_LISTED = timedelta(days=60)
CATCHES_UP = timedelta(days=1)
"""Who can be reached this soon after a change is told of it."""


@dataclass(frozen=True)
class Person:
    """By what somebody is reached, since when, and at which hours. Channel `desk`: somebody has to call."""

    channel: Channel
    address: str
    since: datetime | None
    decency: Decency
    late_reminder: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that is to go out at `due_at`, is of no use after `useful_until`, and is about visits from `visit_at` on."""

    subject: str
    kind: Kind
    edition: int
    channel: Channel
    address: str
    visit_at: datetime
    due_at: datetime
    useful_until: datetime
    session: str | None = None

    @property
    def key(self) -> tuple[str, str, int, str, str]:
        """What it is known by."""
        return self.subject, self.kind.value, self.edition, self.channel.value, self.address


def person_of(contact: Contact | None, consents: Sequence[Consent], decency: Decency) -> Person:
    """The way in which somebody is reached: as they like it best, where there is an address that was opted in and not out again."""
    if contact is None:
        return Person(Channel.DESK, "", None, decency)
    newest = {(each.channel, each.address): each for each in sorted(consents, key=lambda each: each.at)}
    liked = [contact.channel, *(channel for channel in (Channel.SMS, Channel.MAIL) if channel is not contact.channel)]
    for channel in liked if contact.channel is not Channel.DESK else ():
        consent = newest.get((channel, contact.address(channel)))
        if contact.address(channel) and consent is not None and consent.opted is Opted.IN:
            since = max(contact.since or consent.at, consent.at)
            return Person(channel, contact.address(channel), since, decency, contact.late_reminder)
    lately = [each.at for each in newest.values()] + ([contact.since] if contact.since else [])
    return Person(Channel.DESK, "", max(lately, default=None), decency)


def wanted(course: CourseHistory, person: Person, preparation: Preparation | None, *, site: SiteTime, now: datetime) -> tuple[Wanted, ...]:
    """Everything that is to be said of a course from now on, what is due already included."""
    asking = _Asking(course, person, preparation, site, now)
    found = [*asking.notices(), *asking.reminders(), *asking.tasks(), *asking.offers(), *asking.closings()]
    return tuple(each for each in found if person.channel is not Channel.DESK or each.kind in CALLED_ABOUT)


@dataclass(frozen=True)
class _Asking:
    course: CourseHistory
    person: Person
    preparation: Preparation | None
    site: SiteTime
    now: datetime

    def _make(self, subject: str, kind: Kind, edition: int, times: tuple[datetime, datetime, datetime], session: str | None) -> Wanted:
        channel, address = (Channel.DESK, "") if kind in FOR_STAFF else (self.person.channel, self.person.address)
        return Wanted(subject, kind, edition, channel, address, *times, session)

    # What changed

    def notices(self) -> Iterator[Wanted]:
        """One message for everything that changed in one go."""
        latest = {change.session: change for change in sorted(self.course.changes, key=lambda change: change.at)}
        groups: dict[datetime, list[PlaceChange]] = defaultdict(list)
        for change in self.course.changes:
            groups[change.at].append(change)
        for at in sorted(groups):
            standing = [change for change in groups[at] if latest[change.session] == change]
            if (notice := self._notice(at, groups[at], standing)) is not None:
                yield notice

    def _notice(self, at: datetime, together: Sequence[PlaceChange], standing: Sequence[PlaceChange]) -> Wanted | None:
        ahead = [(visit_at, change) for change in standing if (visit_at := self._concerned(change)) is not None and visit_at > self.now]
        since = max(at, self.person.since or at)
        if not ahead or since - at > CATCHES_UP:
            return None
        visit_at = min(when for when, _ in ahead)
        times = visit_at, self._soon(since, visit_at), min(visit_at, at + STILL_NEWS)
        if len(together) == 1 and together[0].what is not Place.GIVEN:
            (change,) = together
            visit = self.course.visit(change.session)
            kind = Kind.MOVED if change.what is Place.MOVED else Kind.CANCELLED
            return self._make(change.session, kind, visit.edition if visit else 1, times, change.session)
        is_new = all(change.what is Place.GIVEN for change in together)
        return self._make(self.course.course, Kind.BOOKED if is_new else Kind.CHANGED, int(at.timestamp()), times, None)

    def _concerned(self, change: PlaceChange) -> datetime | None:
        visit = self.course.visit(change.session)
        if change.what is Place.TAKEN:
            return change.visit_at
        return visit.starts_at if visit and visit.is_ahead else None

    def _soon(self, instant: datetime, before: datetime) -> datetime:
        decent = self.person.decency.next_decent(instant)
        return decent if decent < before else instant

    # What is to come

    def reminders(self) -> Iterator[Wanted]:
        """Before each visit, or one for a week that has many."""
        weeks: dict[tuple[int, int], list[Visit]] = defaultdict(list)
        for visit in self.course.visits:
            if visit.status.is_live and visit.starts_at is not None:
                weeks[self.site.date_of(visit.starts_at).isocalendar()[:2]].append(visit)
        is_daily = any(len(visits) >= MANY_A_WEEK for visits in weeks.values())
        for week in sorted(weeks):
            visits = sorted(weeks[week], key=lambda visit: (visit.starts_at or self.now, visit.session))
            if len(visits) >= (STILL_MANY if is_daily else MANY_A_WEEK):
                yield from self._digest(week, visits)
            else:
                yield from (each for visit in visits for each in self._before(visit))
            yield from (each for visit in visits for each in self._prepare(visit))

    def _digest(self, week: tuple[int, int], visits: Sequence[Visit]) -> Iterator[Wanted]:
        first = visits[0].starts_at
        if first is None or first <= self.now or not visits[0].is_ahead:
            return
        day = self._patients_date(first) - timedelta(days=DIGEST_DAYS)
        usual = self.person.decency.zones[0].instant(datetime.combine(day, DIGEST_AT))
        placed = visits[0].placed_at or usual
        due = max(usual, self._soon(max(placed, self.person.since or placed), first))
        if due < first:
            subject = f"{self.course.course}:{week[0]}w{week[1]:02d}"
            yield self._make(subject, Kind.DIGEST, 1, (first, self.person.decency.next_decent(due), first), None)

    def _before(self, visit: Visit) -> Iterator[Wanted]:
        starts = visit.starts_at
        if starts is None or not visit.is_ahead or starts <= self.now:
            return
        yield from self._ahead(visit, Kind.THREE_DAYS, THREE_DAYS, starts - TOO_NEAR)
        yield from self._ahead(visit, Kind.DAY_BEFORE, A_DAY, starts - LEAST_NOTICE)
        if self.person.late_reminder and "confirmed" not in visit.answers:
            yield from self._ahead(visit, Kind.UNCONFIRMED, TWO_HOURS, starts - LEAST_NOTICE)

    def _ahead(self, visit: Visit, kind: Kind, lead: timedelta, until: datetime) -> Iterator[Wanted]:
        """A reminder so long before; none where that was over when the visit got its place, since the notice of it says the same."""
        starts = visit.starts_at or self.now
        usual = starts - lead
        if usual < self._since(visit, usual):
            return
        decency = self.person.decency
        decent = decency.next_decent(usual)
        due = decent if decent < until else decency.last_decent(usual)
        yield self._make(visit.session, kind, visit.edition, (starts, due, until), visit.session)

    def _prepare(self, visit: Visit) -> Iterator[Wanted]:
        """What is to be done beforehand, told before it begins, also of a visit that was booked late."""
        starts, preparation = visit.starts_at, self.preparation
        if preparation is None or starts is None or not visit.is_ahead or starts <= self.now:
            return
        decency = self.person.decency
        usual, begins = preparation.due_at(starts, decency), preparation.begins_at(starts, decency)
        since = self._since(visit, usual)
        if since < begins:
            due = usual if since <= usual else self._soon(since, begins)
            yield self._make(visit.session, Kind.PREPARE, visit.edition, (starts, due, begins), visit.session)

    # What is free

    def offers(self) -> Iterator[Wanted]:
        """A place that is kept for them, while it is; and that it is gone, where they were told of it and did not answer."""
        for offer in self.course.offers:
            if offer.starts_at <= self.now:
                continue
            if offer.stands:
                times = offer.starts_at, offer.asked_at, offer.hold_until
                asked = self._make(offer.offer, Kind.OFFER, 1, times, offer.session)
                yield asked if offer.by_message else replace(asked, channel=Channel.DESK, address="")
            elif offer.is_gone and offer.by_message and offer.ended_at is not None:
                times = offer.starts_at, self._soon(offer.ended_at, offer.starts_at), min(offer.starts_at, offer.ended_at + STILL_NEWS)
                yield self._make(offer.offer, Kind.OFFER_GONE, 1, times, offer.session)

    def closings(self) -> Iterator[Wanted]:
        """That the clinic closed on all dates of a wish for another time."""
        for shut in self.course.shut_out:
            since = max(shut.at, self.person.since or shut.at)
            visit_at, until = shut.next_at or shut.until, min(shut.until, shut.at + STILL_NEWS)
            if since - shut.at <= CATCHES_UP and until > self.now:
                yield self._make(shut.wish, Kind.CLOSED, int(shut.at.timestamp()), (visit_at, self._soon(since, until), until), None)

    def _since(self, visit: Visit, usual: datetime) -> datetime:
        return max(visit.placed_at or usual, self.person.since or visit.placed_at or usual)

    def _patients_date(self, instant: datetime) -> date:
        return self.person.decency.zones[0].date_of(instant)

    # What the staff has to see to

    def tasks(self) -> Iterator[Wanted]:
        """Rides home that nobody has promised, and forms that are owed."""
        for visit in self.course.visits if self.preparation and self.preparation.escort else ():
            starts = visit.starts_at
            if starts is not None and visit.is_ahead and starts > self.now and "ride" not in visit.answers:
                yield self._make(visit.session, Kind.ESCORT, visit.edition, (starts, starts - A_DAY, starts), visit.session)
        for form in self.course.forms:
            times = form.due_at, form.due_at - FORM_BEFORE, form.due_at + FORM_LISTED
            yield self._make(form.form, Kind.FORM, 1, times, form.session)


def still_wanted(key: tuple[str, str, int, str, str], visit_at: datetime, found: Collection[Wanted]) -> bool:
    """Whether a message is one of those that are wanted now, about the same time."""
    return any(each.key == key and each.visit_at == visit_at for each in found)
