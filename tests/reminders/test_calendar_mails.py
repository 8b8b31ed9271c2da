"""Mails carry the visit for the patient's calendar, over a real mail server, read back with another library."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
import vobject

from courses.patients.contact import Channel, Contact
from scheduler.database import Database
from scheduler.reminders.channels.mail import Mail, Server
from scheduler.reminders.message import forbidden_in
from scheduler.reminding.attaching import MOST
from tests.reminders.servers import Mails, mail_server
from tests.reminders.world import DAY, HOUR, World

ANA = "ana@example.org"


class Post:
    """A clinic whose mails go through a real server."""

    def __init__(self, world: World, server: Mails) -> None:
        self.world, self.server = world, server
        self.carrier = Mail(Server("127.0.0.1", server.port, "visits@clinic.example", "none"), world.clock)

    def turn(self) -> list[tuple[str, vobject.base.Component]]:
        """One round of the worker: the files of the mail that went out, each with the method that its part is sent by."""
        before = len(self.server.taken)
        self.world.turn(carriers=(self.carrier,))
        (mail,) = self.server.taken[before:]
        assert isinstance(mail, EmailMessage)
        return [read(part) for part in mail.iter_attachments()]


def read(part: EmailMessage) -> tuple[str, vobject.base.Component]:
    assert (part.get_content_type(), str(part.get_filename()).endswith(".ics")) == ("text/calendar", True)
    vars(vobject.icalendar)["__tzidMap"].clear()  # it would take a zone that it has read before from another file
    content = part.get_content()
    assert forbidden_in(content.replace("BEGIN", "").replace("END", "")) == ()
    found = vobject.readOne(content)
    assert found.method.value == part.get_param("method")
    return found.method.value, found.vevent


@pytest.fixture
def post(database: Database) -> Iterator[Post]:
    with mail_server(Mails()) as server:
        yield Post(World(database), server)


def seen(event: vobject.base.Component) -> tuple[datetime, int]:
    return event.dtstart.value.astimezone(UTC), int(event.sequence.value)


@pytest.mark.parametrize(("language", "title"), [("en", "Appointment - Linden Clinic"), ("es", "Cita - Linden Clinic")])
def test_a_visit_is_put_into_the_calendar_moved_there_and_taken_out(post: Post, language: str, title: str) -> None:
    world = post.world
    starts = world.local("2026-12-04T10:30")
    session = world.booked(starts, modality="esketamine", contact=Contact(mail=ANA, channel=Channel.MAIL, language=language))
    ((method, booked),) = post.turn()
    world.clock.step(HOUR)
    world.move(session, starts + DAY)
    ((again, moved),) = post.turn()
    world.clock.step(HOUR)
    world.cancel(session)
    ((last, gone),) = post.turn()

    assert [method, again, last] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [seen(each) for each in (booked, moved, gone)] == [(starts, 0), (starts + DAY, 1), (starts + DAY, 2)]
    assert len({each.uid.value for each in (booked, moved, gone)}) == 1
    assert gone.status.value == "CANCELLED"
    assert {each.summary.value for each in (booked, moved, gone)} == {title}
    assert (booked.attendee.value, booked.attendee.params["RSVP"]) == (f"mailto:{ANA}", ["FALSE"])
    assert booked.organizer.value.endswith(".invalid")


def test_over_a_change_of_the_clock_the_visit_is_when_it_was_said_to_be(post: Post) -> None:
    starts = post.world.local("2026-12-04T10:30")
    session = post.world.booked(starts, contact=Contact(mail=ANA, channel=Channel.MAIL))
    post.turn()
    summer = post.world.local("2027-03-15T10:30")
    post.world.clock.step(HOUR)
    post.world.move(session, summer)

    ((_, moved),) = post.turn()

    assert seen(moved)[0] == summer
    assert moved.dtstart.value.hour == 10


def test_a_mail_about_many_visits_has_a_file_for_each_of_the_soonest(post: Post) -> None:
    starts = [post.world.local("2026-12-01T10:30") + n * 7 * DAY for n in range(MOST + 2)]
    post.world.booked(*starts, contact=Contact(mail=ANA, channel=Channel.MAIL))

    found = post.turn()

    assert [seen(event)[0] for _, event in found] == starts[:MOST]
    assert len({event.uid.value for _, event in found}) == MOST


def test_a_reminder_carries_none(post: Post) -> None:
    starts = post.world.local("2026-12-04T10:30")
    post.world.booked(starts, contact=Contact(mail=ANA, channel=Channel.MAIL))
    post.turn()
    post.world.clock.set(starts - 3 * DAY + timedelta(minutes=1))
    assert post.turn() == []


def test_texts_carry_none(post: Post) -> None:
    post.world.booked(post.world.local("2026-12-04T10:30"))
    post.world.turn()
    assert [parcel.files for _, parcel in post.world.box.given] == [()]
