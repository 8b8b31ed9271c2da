"""Who asked for another time is not reminded as though nothing had been asked, however they asked, until somebody has seen to it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from courses.patients.contact import Channel, Contact
from courses.queries import reaching
from courses.records import CourseRow, OpeningWishRow, SessionRow
from courses.sessions.happened import CourseHistory
from scheduler.database import Database
from scheduler.linking import Links, LinkWanted, answering, opened
from scheduler.records.messages import MessageReplyRow
from scheduler.reminding.replying import Incoming, take_reply
from tests.reminders.world import DAY, HOUR, World

PHONE = "+12125550177"
USUAL = "see you Tue, Dec 1, 10:30 AM. Reply C to confirm or R for a new time"
ASKED = "you asked for a new time. Till you hear from us, your visit stays Tue, Dec 1, 10:30 AM."


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def booked(world: World, contact: Contact | None = None) -> int:
    """A visit whose first two messages have gone out."""
    starts = world.local("2026-12-01T10:30")
    session = world.booked(starts, contact=contact or Contact(phone=PHONE))
    world.run(starts - 2 * DAY)
    return session


def the_day_before(world: World, *, plans: bool = True) -> str:
    world.clock.set(world.local("2026-11-30T10:30"))
    world.turn(plans=plans)
    return world.box.texts[-1] if world.box.given else world.mails.texts[-1]


def reply(world: World, words: str) -> None:
    event = f"e{world.clock.now()}"
    world.database.run(lambda db: take_reply(db, Incoming(PHONE, event, words), now=world.clock.now(), new_id=world.new_id))


def by_link(world: World, session: int) -> None:
    links = Links("https://clinic.example", world.clock)
    with world.database.transaction() as db:
        row = db.execute(select(SessionRow).where(SessionRow.id == session)).scalar_one()
        assert row.starts_at is not None
        wanted = LinkWanted(world.site_id, row.patient_id, row.course_id, row.id, row.starts_at, "sms", PHONE, 1)
        key = links.give(db, wanted, by="message").rpartition("/")[2]
        found = opened(db, key, now=world.clock.now())
        assert found is not None
        answering.ask(answering.Hand(db, found, world.clock, links))


def by_desk(world: World, session: int, *, opens: int = 780, closes: int = 1020) -> None:
    """The desk writes down that afternoons would suit better."""
    with world.database.transaction() as db:
        row = db.execute(select(SessionRow).where(SessionRow.id == session)).scalar_one()
        whose = {"site_id": world.site_id, "patient_id": row.patient_id, "course_id": row.course_id, "session_id": row.id}
        when = {"weekdays": 127, "opens": opens, "closes": closes, "notice_hours": 0}
        how = {"aim": "other_times", "priority": 1.0, "since": world.clock.now(), "status": "open", "by": "desk", "version": 1}
        db.execute(insert(OpeningWishRow).values(public_id="ow_1", **whose, **when, **how))


def test_who_asked_nothing_is_reminded_as_usual(world: World) -> None:
    booked(world)
    assert USUAL in the_day_before(world)


def test_after_r_the_reminder_says_so(world: World) -> None:
    booked(world)
    reply(world, "R")
    assert ASKED in the_day_before(world)


def test_after_asking_on_the_page_the_reminder_says_so(world: World) -> None:
    by_link(world, booked(world))
    assert ASKED in the_day_before(world)


def test_after_the_desk_wrote_down_other_times_the_reminder_says_so(world: World) -> None:
    by_desk(world, booked(world))
    assert ASKED in the_day_before(world)


def test_a_wish_that_the_visit_is_at_already_changes_nothing(world: World) -> None:
    by_desk(world, booked(world), opens=600, closes=720)
    assert USUAL in the_day_before(world)


def test_asked_right_before_it_goes_out(world: World) -> None:
    """The message is there and due, and nobody plans anew: its words are those of this moment."""
    booked(world)
    world.clock.set(world.local("2026-11-30T10:29"))
    world.turn()
    reply(world, "R")
    assert ASKED in the_day_before(world, plans=False)


def test_who_confirmed_after_all_is_reminded_as_usual(world: World) -> None:
    booked(world)
    reply(world, "R")
    world.clock.step(HOUR)
    reply(world, "C")
    assert USUAL in the_day_before(world)


def test_once_somebody_has_seen_to_it_the_time_that_was_kept_is_reminded_of(world: World) -> None:
    booked(world)
    reply(world, "R")
    world.clock.step(HOUR)
    with world.database.transaction() as db:
        db.execute(update(MessageReplyRow).values(closed_at=world.clock.now(), closed_by="desk"))
    assert USUAL in the_day_before(world)


def test_a_visit_that_was_moved_since_is_reminded_of_with_its_new_time(world: World) -> None:
    session = booked(world)
    reply(world, "R")
    world.clock.step(HOUR)
    world.move(session, world.local("2026-12-01T15:00"))
    world.run(world.local("2026-11-30T15:00"))
    assert "see you Tue, Dec 1, 3:00 PM. Reply C" in world.box.texts[-1]


def test_mails_and_spanish_say_so_too(world: World) -> None:
    by_desk(world, booked(world, Contact(mail="ana@example.org", channel=Channel.MAIL, language="es")))
    assert "usted nos pidio otra hora. Si no le llamamos, su cita es mar 1 dic, 10:30." in the_day_before(world)
    assert world.mails.given[-1][1].subject == "Su cita y la nueva hora"


def test_how_to_get_ready_is_told_all_the_same(world: World) -> None:
    starts = world.local("2026-12-01T07:30")
    world.booked(starts, modality="ect", contact=Contact(phone=PHONE))
    world.turn()
    reply(world, "R")
    world.run(world.local("2026-11-30T18:00"))
    assert "Please follow your sheet to get ready." in world.box.texts[-1]


def history(world: World) -> CourseHistory:
    with world.database.reading() as db:
        return reaching.histories(db, list(db.scalars(select(CourseRow.id))), now=world.clock.now()).popitem()[1]


def test_the_last_answer_counts(world: World) -> None:
    booked(world)
    reply(world, "R")
    assert history(world).visits[0].asked_at == world.clock.now()
    world.clock.step(HOUR)
    reply(world, "C")
    assert history(world).visits[0].asked_at is None
