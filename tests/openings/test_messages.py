"""An offer goes out as a message, or on the list of calls, and is taken by answering C."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from courses import offering
from courses.openings.offer import By, Offering, OfferStatus
from courses.queries import openings as looks
from rooms import rostering
from rooms.availability.closure import Closure
from rooms.availability.interval import Interval
from scheduler.database import Database
from scheduler.records.messages import MessageRow, MessagingRow
from scheduler.reminders import queries
from scheduler.reminding.replying import Incoming, take_reply
from scheduler.reminding.working import Worker
from tests.openings.test_offering import EIGHT, waiting, ward_with_a_full_morning
from tests.openings.ward import DAY, HOUR, starts_of
from tests.reminders.world import Box

PHONE = "+12125550123"


class Told:
    """A ward whose patients are written to, and somebody with a phone who would come sooner."""

    def __init__(self, database: Database, *, is_free: bool = True) -> None:
        self.ward, first = ward_with_a_full_morning(database)
        with database.transaction() as db:
            db.add(MessagingRow(site_id=self.ward.site_id, label="Linden Clinic", phone="+15551234567", opens=480, closes=1200, version=1))
        self.bea = waiting(self.ward, "Bea")
        self.ward.reach(self.bea, PHONE)
        self.box = Box(self.ward.clock)
        self.worker = Worker(database, self.ward.clock)
        if is_free:
            self.ward.stop(first)

    def turn(self) -> None:
        """One round of the worker."""
        self.worker.beat()
        self.worker.offer()
        self.worker.plan()
        self.worker.deliver(self.box)

    def reply(self, words: str, event: str = "SM1") -> str:
        return self.ward.database.run(
            lambda db: take_reply(db, Incoming(PHONE, event, words), now=self.ward.now, new_id=self.ward.clinic.new_id)
        )

    def about(self, kind: str) -> list[str]:
        with self.ward.database.reading() as db:
            return list(db.scalars(select(MessageRow.state).where(MessageRow.kind == kind)))


@pytest.fixture
def told(database: Database) -> Told:
    return Told(database)


def test_a_text_offers_the_place_and_c_takes_it_once(told: Told) -> None:
    told.turn()

    (text,) = [each for each in told.box.texts if "is free for you" in each]
    assert "Tue, Dec 1, 8:00 AM" in text
    assert "Reply C by 11:00 AM to take it." in text
    assert told.ward.running()[0].by is By.MESSAGE

    first, again = told.reply("C"), told.reply("C")
    assert ("is yours" in first, again) == (True, "")
    assert starts_of(told.ward.now_of(told.bea)) == [EIGHT]
    told.turn()
    assert sum("is free for you" in each for each in told.box.texts) == 1


def test_a_c_that_comes_too_late_changes_nothing_and_says_so(told: Told) -> None:
    told.turn()
    told.ward.pass_time(HOUR)

    assert "not free any more" in told.reply("C")
    assert starts_of(told.ward.now_of(told.bea)) == starts_of(told.bea)


def test_closing_the_day_tells_those_who_were_offered_it(told: Told) -> None:
    told.turn()
    with told.ward.database.transaction() as db:
        shut = Closure(Interval(EIGHT - HOUR, EIGHT + HOUR), "closed")
        rostering.close_site(db, told.ward.site_id, shut, by="desk", new_id=told.ward.clinic.new_id, now=told.ward.now)

    told.turn()

    assert told.about("offer_gone") == ["sent"]
    assert "Your visit" not in told.box.texts[-1]
    assert "is not free any more" in told.box.texts[-1]


def test_who_declined_by_phone_is_not_told_that_it_is_gone(told: Told) -> None:
    told.turn()
    told.ward.decline(told.ward.running()[0])
    told.turn()
    assert told.about("offer_gone") == []


def test_who_cannot_be_reached_or_whose_place_is_near_is_called(told: Told) -> None:
    with told.ward.database.transaction() as db:
        offering.set_offering(db, "main", Offering(desk_hours=14 * 24))

    told.turn()

    assert told.ward.running()[0].by is By.DESK
    assert not [each for each in told.box.texts if "is free for you" in each]
    with told.ward.database.reading() as db:
        assert "offer" in {each.kind for each in queries.call_list(db, told.ward.site_id, now=told.ward.now)}


def test_a_c_after_a_later_reminder_answers_the_reminder(told: Told) -> None:
    told.turn()
    (offer,) = told.ward.running()
    with told.ward.database.transaction() as db:
        sent = db.scalars(select(MessageRow).where(MessageRow.kind == "offer")).one()
        names = {column.key for column in MessageRow.__table__.columns} - {"id", "public_id", "kind", "subject"}
        same = {name: getattr(sent, name) for name in names}
        later = told.ward.now + HOUR / 4
        db.add(MessageRow(public_id="m_later", kind="day_before", subject=offer.session, **same | {"sent_at": later, "edition": 7}))
    told.ward.pass_time(HOUR / 2)

    assert "confirmed" in told.reply("C")
    with told.ward.database.reading() as db:
        assert looks.offer(db, offer.id).status is OfferStatus.OFFERED


def test_nobody_is_written_to_at_night(database: Database) -> None:
    told = Told(database)
    told.ward.clock.set(EIGHT - 6 * DAY - 6 * HOUR)  # 2:00 at night
    told.turn()
    assert told.about("offer") == ["planned"]
    told.ward.pass_time(6 * HOUR)
    told.turn()
    assert told.about("offer") == ["sent"]
