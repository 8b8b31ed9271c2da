"""What comes from a number that is nobody's is read where it belongs, or at every site: never at one that has nothing to do with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from courses import queries as courses_queries
from courses.patients.contact import Contact
from courses.reaching import record_contact
from rooms import equipping
from rooms import queries as rooms_queries
from rooms.availability.hours import WeeklyHours
from rooms.resources.site import Site
from scheduler import guarding
from scheduler.app import create_app
from scheduler.database import Database
from scheduler.records.messages import MessagingRow
from scheduler.reminders import queries
from scheduler.reminding import queries as desk_queries
from scheduler.reminding.replying import Incoming, take_reply
from scheduler.settings import Settings
from tests.reminders.world import World
from tests.signed_in import SignedIn, Staff

STRANGER = "+13035550199"


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def second_site(world: World, *, sends: bool = True) -> int:
    with world.database.transaction() as db:
        other = equipping.add_site(db, Site("other", "Other", world.zone, WeeklyHours.of({})), new_id=world.new_id, now=world.now).id
        if sends:
            db.add(MessagingRow(site_id=other, label="Elm House", phone="+15557654321", opens=480, closes=1200, version=1))
    return other


def written(world: World, address: str, words: str = "who is this?") -> None:
    event = world.new_id("e")
    world.database.run(lambda db: take_reply(db, Incoming(address, event, words), now=world.clock.now(), new_id=world.new_id))


def read_at(world: World, site: int) -> list[str]:
    """What somebody who works at one site alone finds in the inbox there."""
    seen = world.database.seen_through(guarding.view_of_sites(frozenset({site})))
    with seen.reading() as db:
        found = [each.body for each in queries.replies(db, site)]
        assert desk_queries.open_replies(db, site) == len(found)
    return found


def test_where_one_site_sends_messages_it_is_read_there(world: World) -> None:
    other = second_site(world, sends=False)
    written(world, STRANGER)
    assert (read_at(world, world.site_id), read_at(world, other)) == (["who is this?"], [])


def test_where_several_do_and_none_ever_wrote_to_it_each_reads_it_and_one_deals_with_it(world: World) -> None:
    other = second_site(world)
    written(world, STRANGER)
    assert (read_at(world, world.site_id), read_at(world, other)) == (["who is this?"], ["who is this?"])


def test_a_number_that_a_site_wrote_to_is_read_at_that_site(world: World) -> None:
    first, second = world.site_id, second_site(world)
    world.site_id = second
    world.booked(world.local("2026-12-01T10:30"), contact=Contact(phone=STRANGER))
    world.turn()
    assert len(world.box.given) == 1
    with world.database.transaction() as db:
        (patient,) = courses_queries.patients_with(db, [world.messages()[0].patient_id]).values()
        record_contact(db, patient.patient.id, Contact(phone="+12125550111"), by="desk", now=world.clock.now(), expected=1)

    written(world, STRANGER, "not me")

    assert (read_at(world, first), read_at(world, second)) == ([], ["not me"])


@pytest.fixture
def desk(world: World) -> Iterator[SignedIn]:
    second_site(world)
    app = create_app(Settings(database_url=world.database.url, password_rounds=1, password_memory_kib=32), world.clock, world.database)
    with SignedIn(app, Staff(world.database, world.clock)) as client:
        yield client


def test_the_inbox_says_that_every_site_reads_it_until_somebody_has_dealt_with_it(world: World, desk: SignedIn) -> None:
    written(world, STRANGER)
    with world.database.reading() as db:
        sites = [site.public_id for site in rooms_queries.sites(db)]
        (reply,) = queries.replies(db, world.site_id)
    pages = [desk.get(f"/sites/{site}/messages?tab=replies").text for site in sites]
    closed = desk.post(f"/replies/{reply.public_id}/close", data={"site": sites[1]}, follow_redirects=False)

    assert ["read at every site" in page for page in pages] == [True] * len(sites)
    assert closed.headers["location"] == f"/sites/{sites[1]}/messages?tab=replies&done=closed"
    assert not [site for site in sites if "who is this?" in desk.get(f"/sites/{site}/messages?tab=replies").text]
