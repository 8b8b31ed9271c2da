"""Free places and those who wait for them, brought together: in turn, one offer after another, each in a transaction of its own.

Whoever looks begins with the first wish. What a wish was passed over for is kept in mind only while nothing changes: the first change
begins the round anew, so that nobody is offered a place that suits somebody before them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from courses import offering
from courses.offering import Stamp
from courses.openings.offer import Asking, By, OfferStatus
from courses.openings.wish import NotOpen, OpeningWish
from courses.patients.contact import Channel
from courses.queries import openings as looks
from courses.queries import reaching
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db
from scheduler.clock import Clock
from scheduler.database import Database
from scheduler.reminders import queries as reminders
from scheduler.reminders.decency import Decency
from scheduler.reminders.policy import Person, person_of

PROGRAM = "the program"
MOST_ROUNDS = 200
"""How many offers one look makes at most; the next one goes on."""


class Openings:
    """What one worker does about free places. It keeps in mind at which sites nothing changed since it last found nothing to offer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._seen: dict[tuple[int, bool], Stamp] = {}

    def see_to_all(self) -> int:
        """End what has run out, and offer what is free, at every site. How many offers were made."""
        with self._database.reading() as db:
            sites = looks.sites_with_wishes(db)
        return sum(self._see_to(site_id) for site_id in sites)

    def _see_to(self, site_id: int) -> int:
        with self._database.reading() as db:
            before, by_itself = offering.stamp(db, site_id, now=self._clock.now()), looks.offering(db, site_id).by_itself
        if self._seen.get((site_id, by_itself)) == before:
            return 0
        end_what_is_over(self._database, self._clock, site_id)
        made, after = offer_in_turn(self._database, self._clock, site_id, by=PROGRAM, most=MOST_ROUNDS if by_itself else 0)
        self._seen[site_id, by_itself] = after
        return made


def end_what_is_over(database: Database, clock: Clock, site_id: int) -> int:
    """End the offers that have run out or can no longer be had, and wishes that nothing can meet any more. How many offers ended."""
    now = clock.now()
    doing = Doing(PROGRAM, now, clock.new_id)
    with database.reading() as db:
        over = [each.id for each in looks.running_offers(db, site_id) if now >= each.hold_until or offering.why_not(db, each, now)]
        outlived = offering.outlived(db, site_id, now=now)
    ended = sum(database.run(partial(offering.see_to, key=key, doing=doing)) is not OfferStatus.OFFERED for key in over)
    for key in outlived:
        try:
            database.run(partial(offering.withdraw_wish, key=key, doing=doing))
        except NotOpen:
            continue  # it was met meanwhile
    return ended


def offer_in_turn(
    database: Database, clock: Clock, site_id: int, *, by: str, during: Interval | None = None, most: int = MOST_ROUNDS
) -> tuple[int, Stamp]:
    """Offer free places (within a time, where one is named) to those who wait for them, the first in turn first.

    How many offers were made, and the stamp of the moment in which there was nothing more to offer.
    """
    made, position, expected = 0, 0, tuple[int, ...]()
    passed: set[str] = set()
    for _ in range(MOST_ROUNDS):
        now = clock.now()
        with database.reading() as db:
            seen = offering.stamp(db, site_id, now=now)
            position = position if seen == expected else 0
            passed = passed if seen == expected else set()
            turn = offering.next_turn(db, site_id, now=now, from_position=position, during=during, without=passed) if made < most else None
        if turn is None:
            return made, seen
        doing = Doing(by, now, clock.new_id)
        offered, after = database.run(partial(_offer, key=turn.wish.id, doing=doing, seen=seen, during=during))
        if offered:
            made, position, expected = made + 1, turn.position + 1, after
        elif after == seen:
            passed, expected = passed | {turn.wish.id}, seen
    return made, ()


def _offer(db: Db, key: str, doing: Doing, seen: Stamp, during: Interval | None) -> tuple[bool, Stamp]:
    """Whether something was offered, and how things stand after it: as seen, where only that nobody could answer in time kept it back."""
    site_id = looks.wish(db, key).site_id
    offer = offering.offer_to(db, key, doing, seen=seen, ask=partial(asking, db, doing.now), during=during)
    return offer is not None, offering.stamp(db, site_id, now=doing.now)


def asking(db: Db, now: datetime, wish: OpeningWish, place: Interval) -> Asking:
    """How a patient is asked about a place: by message where one reaches them and there is time, else by phone; at a decent hour."""
    person = person_at(db, wish.site_id, wish.patient_id)
    begins_at = person.decency.next_decent(now)
    hours = (place.starts_at - begins_at).total_seconds() / 3600
    is_near = hours < looks.offering(db, wish.site_id).desk_hours
    return Asking(By.DESK if person.channel is Channel.DESK or is_near else By.MESSAGE, begins_at)


def person_at(db: Db, site_id: int, patient_id: int) -> Person:
    """By what a patient of a site is reached, and when."""
    contact = reaching.contact(db, patient_id)
    messaging = reminders.messagings(db, [site_id]).get(site_id)
    zone = SiteTime(contact.zone if contact and contact.zone else rooms_queries.site(db, site_id).site.timezone)
    decency = Decency((zone,), messaging.opens, messaging.closes) if messaging else Decency((zone,))
    addresses = [each for each in (contact.phone, contact.mail) if each] if contact else []
    return person_of(contact if messaging else None, reaching.consents(db, addresses), decency)


def look_at_once(database: Database, clock: Clock, site_ids: Collection[int]) -> None:
    """What a worker would do with its next beat, for some sites, without waiting for it."""
    for site_id in site_ids:
        end_what_is_over(database, clock, site_id)
        with database.reading() as db:
            by_itself = looks.offering(db, site_id).by_itself
        if by_itself:
            offer_in_turn(database, clock, site_id, by=PROGRAM)
