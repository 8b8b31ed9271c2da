"""The link in a message: given when the message goes out, to the visit that it tells of, and gone with the address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from courses.patients.contact import Contact
from scheduler import auditing
from scheduler.app import create_app
from scheduler.database import Database
from scheduler.jobs import WORKER
from scheduler.linking import Links
from scheduler.records.audit import AuditEventRow
from scheduler.records.links import VisitLinkRow
from scheduler.reminders.message import length_of
from scheduler.reminding.working import Worker
from scheduler.settings import Settings
from tests.reminders.world import DAY, World

ADDRESS = "https://clinic.example"
LINK = re.compile(rf"{ADDRESS}/v/([0-9A-Za-z]{{22}})(?![0-9A-Za-z])")


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    made.worker = Worker(auditing.seen_by(database, WORKER, made.clock.now), made.clock, Links(ADDRESS, made.clock))
    return made


@pytest.fixture
def stranger(world: World) -> Iterator[TestClient]:
    app = create_app(Settings(database_url=world.database.url, public_address=ADDRESS), world.clock, world.database)
    with TestClient(app, base_url=ADDRESS) as client:
        yield client


def keys(texts: list[str]) -> list[str]:
    return [key for text in texts for key in LINK.findall(text)]


def test_each_message_leads_to_its_visit(world: World, stranger: TestClient) -> None:
    first, second = world.local("2026-12-01T13:30"), world.local("2026-12-03T09:00")
    session = world.booked(first, second)

    world.run(world.local("2026-12-03T10:00"))

    assert len(world.box.texts) >= 4
    assert [text for text in world.box.texts if length_of(text).segments != 1 or not LINK.search(text)] == []
    given = keys(world.box.texts)
    assert len(set(given)) == len(given)
    pages = [stranger.get(f"/v/{key}") for key in given]
    assert [page.status_code for page in pages if "December 3, 9:00 AM" in page.text] != []
    with world.database.reading() as db:
        assert {row.session_id for row in db.scalars(select(VisitLinkRow))} >= {session}
        assert len(db.scalars(select(VisitLinkRow)).all()) == 2  # one for each visit, however many messages


def test_a_move_keeps_the_link_and_the_page_shows_the_new_time(world: World, stranger: TestClient) -> None:
    session = world.booked(world.local("2026-12-01T13:30"))
    world.turn()
    (key,) = keys(world.box.texts)

    world.move(session, world.local("2026-12-08T09:00"))

    assert "December 8, 9:00 AM" in stranger.get(f"/v/{key}").text


def test_mails_have_links_too_and_a_visit_that_is_off_has_none(world: World, stranger: TestClient) -> None:
    session = world.booked(world.local("2026-12-01T13:30"), contact=Contact(mail="ana@example.org"))
    world.turn()
    (key,) = keys(world.mails.texts)
    assert stranger.get(f"/v/{key}").status_code == 200

    world.cancel(session)
    world.clock.step(timedelta(hours=1))
    world.turn()

    assert len(world.mails.texts) == 2
    assert keys(world.mails.texts[1:]) == []


def test_no_address_no_links(world: World) -> None:
    world.worker = world.hire()
    world.booked(world.local("2026-12-01T13:30"))

    world.run(world.clock.now() + 2 * DAY)

    assert world.box.texts != []
    assert "http" not in "".join(world.box.texts)


def test_the_trail_knows_that_a_link_was_given_and_not_which(world: World) -> None:
    world.booked(world.local("2026-12-01T13:30"))
    world.turn()

    with world.database.reading() as db:
        told = [row.diff for row in db.scalars(select(AuditEventRow)) if row.diff and "visit_link" in row.diff]
        everything = str([(row.diff, row.objects) for row in db.scalars(select(AuditEventRow))])
    assert len(told) == 1
    assert keys(world.box.texts)[0] not in everything
