"""What the desk sees of messages, calls, replies and texts, and what it can do there, over HTTP as a browser without scripts would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select, update

from courses.patients.contact import Contact
from courses.records import PatientRow
from scheduler.access.role import Role
from scheduler.app import create_app
from scheduler.database import Database
from scheduler.records.messages import MessageCallRow, MessageReplyRow, MessageRow
from scheduler.reminding.replying import Incoming, take_reply
from scheduler.settings import Settings
from tests.reminders.world import World
from tests.signed_in import SignedIn, Staff

VISIT = "2026-12-08T10:00"
OPEN_CARD = "Something else, or a note"
"""Stands on every card of the call list."""


class Screens:
    """Somebody at the desk of the site, with a browser that runs no scripts."""

    def __init__(self, world: World, client: SignedIn) -> None:
        self.world, self._client = world, client
        self.site = re.search(r"/sites/([^/]+)/", client.get("/messages").url.path)[1]  # type: ignore[index]  # there is one

    def page(self, path: str) -> str:
        """A page of the site, or any other, as it reads."""
        answer = self._client.get(path if path.startswith("/") else f"/sites/{self.site}/{path}")
        assert answer.status_code == 200, (path, answer.status_code)
        return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())

    def press(self, path: str, **fields: str | list[str]) -> Response:
        """Send a form."""
        return self._client.post(path if path.startswith("/") else f"/sites/{self.site}/{path}", data=fields, follow_redirects=False)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def screens(world: World) -> Iterator[Screens]:
    app = create_app(Settings(database_url=world.database.url, password_rounds=1, password_memory_kib=32), world.clock, world.database)
    with SignedIn(app, Staff(world.database, world.clock)) as client:
        yield Screens(world, client)


def due(world: World, *, phone: str | None = "", opted: bool = True, contact: Contact | None = None) -> None:
    """Somebody with a visit, and the day before it, so that something is to be said."""
    world.booked(world.local(VISIT), phone=phone, opted=opted, contact=contact)
    world.clock.set(world.local(VISIT) - timedelta(hours=23))
    world.worker.beat()
    world.worker.plan()


def keys(world: World, *states: str) -> list[str]:
    return [row.public_id for row in world.messages(*states)]


def patient_key(world: World) -> str:
    with world.database.reading() as db:
        return str(db.scalars(select(PatientRow.public_id)).one())


def become(world: World, key: str, **values: object) -> None:
    with world.database.transaction() as db:
        db.execute(update(MessageRow).where(MessageRow.public_id == key).values(**values))


def outcomes(world: World) -> list[str]:
    with world.database.reading() as db:
        return list(db.scalars(select(MessageCallRow.outcome).order_by(MessageCallRow.id)))


@pytest.mark.parametrize(
    ("phone", "opted", "why"),
    [(None, True, "No number or address is known"), ("", False, "Never said that messages are welcome")],
)
def test_who_cannot_be_reached_is_called(screens: Screens, phone: str | None, opted: bool, why: str) -> None:
    due(screens.world, phone=phone, opted=opted)
    listed = screens.page("calls")
    desk = keys(screens.world, "planned")
    tried = screens.press("calls", message=desk, outcome="no_answer", note="rang twice")
    still = screens.page("calls")
    done = screens.press("calls", message=desk, outcome="spoke")
    after = screens.page("calls")
    undone = screens.press("calls/undo", message=desk)

    assert (f"{why} (“The day before”)" in listed, "Ana Lopez" in listed) == (True, True)
    assert [each.status_code for each in (tried, done, undone)] == [303, 303, 303]
    assert ("No answer: rang twice (Robin" in still, OPEN_CARD in still) == (True, True)
    assert (OPEN_CARD in after, "Called in the last day" in after) == (False, True)
    assert OPEN_CARD in screens.page("calls")
    assert set(keys(screens.world, "planned")) == set(desk)
    assert [outcomes(screens.world)[0], outcomes(screens.world)[-1]] == ["no_answer", "undone"]


def test_what_may_have_gone_out_is_never_sent_by_an_undone_call(screens: Screens) -> None:
    due(screens.world)
    key = keys(screens.world, "planned")[-1]
    become(screens.world, key, state="uncertain", copies=1, why="broken_off")
    screens.press("calls", message=[key], outcome="spoke")
    screens.press("calls/undo", message=[key])

    assert keys(screens.world, "parked") == [key]
    assert "May not have got “" in screens.page("calls")


def test_a_call_about_nothing_is_refused(screens: Screens) -> None:
    answer = screens.press("calls", outcome="spoke")

    assert answer.status_code == 422
    assert "choose whom the call was about" in answer.text


def test_messages_stand_under_their_states(screens: Screens) -> None:
    due(screens.world)
    key = keys(screens.world, "planned")[-1]
    become(screens.world, key, state="failed", why="30003")
    failed, whole = screens.page("messages?tab=failed"), screens.page(f"/messages/{key}")
    again = screens.press(f"/messages/{key}/send-again")
    refused = screens.press(f"/messages/{key}/send-again", again="yes")

    assert ("Ana Lopez" in failed, "The other side said: 30003." in failed) == (True, True)
    assert "Linden Clinic: Ana, see you" in whole
    assert (again.status_code, keys(screens.world, "failed")) == (303, [])
    assert (refused.status_code, "only one that is parked" in refused.text) == (409, True)


def test_replies_say_what_they_did_and_are_dealt_with(screens: Screens) -> None:
    world = screens.world
    due(world)
    phone = world.messages()[0].address
    with world.database.transaction() as db:
        for n, body in enumerate(("R", "may I bring a friend?", "CANCEL")):
            take_reply(db, Incoming(phone, f"e{n}", body), now=world.clock.now(), new_id=world.new_id)
    inbox, calls = screens.page("messages?tab=replies"), screens.page("calls")
    with world.database.reading() as db:
        replies = list(db.scalars(select(MessageReplyRow.public_id).order_by(MessageReplyRow.id)))
    screens.press(f"/replies/{replies[1]}/close")
    screens.press("calls", reply=[replies[0], replies[2]], outcome="spoke")

    assert [words in inbox for words in ("Asks for another time.", "To be read.", "Opted out, wants a call.")] == [True] * 3
    assert [words in calls for words in ("Asks for another time", "Wrote back", "Opted out and wants a call")] == [True] * 3
    assert "Nothing waits to be read." in screens.page("messages?tab=replies")
    assert "may I bring a friend?" in screens.page("messages?tab=replies&everything=true")


def test_what_comes_from_an_unknown_number_is_read_too(screens: Screens) -> None:
    with screens.world.database.transaction() as db:
        take_reply(db, Incoming("+13035550199", "e1", "who is this?"), now=screens.world.clock.now(), new_id=screens.world.new_id)

    assert "Nobody known (303) 555-0199" in screens.page("messages?tab=replies")
    assert OPEN_CARD not in screens.page("calls")


def test_a_contact_and_an_opt_in_on_the_card(screens: Screens) -> None:
    screens.world.booked(screens.world.local(VISIT), phone=None)
    card = f"/patients/{patient_key(screens.world)}"
    none = screens.page(card)
    how = {"phone": "720 555 0101", "mail": "", "channel": "sms", "language": "es", "zone": "", "version": "0"}
    wrong = screens.press(f"{card}/contact", **how | {"phone": "12"})
    kept = screens.press(f"{card}/contact", **how)
    unasked = screens.page(card)
    bare = screens.press(f"{card}/consents", where="sms", opted="in", evidence="")
    screens.press(f"{card}/consents", where="sms", opted="in", evidence="said so on the phone")
    opted = screens.page(card)
    screens.press(f"{card}/consents", where="sms", opted="out", evidence="told the desk")

    assert "Somebody calls: no number or address is known." in none
    assert (wrong.status_code, "this is no phone number" in wrong.text, kept.status_code) == (422, True, 303)
    assert "Somebody calls: never said that messages are welcome." in unasked
    assert "Numbers of this area code are usually in America/Denver." in unasked
    assert bare.status_code == 422
    assert ("By text to (720) 555-0101." in opted, "said so on the phone" in opted, "Spanish" in opted) == (True, True, True)
    assert "Somebody calls: has opted out." in screens.page(card)


def test_who_may_not_read_messages_sees_that_there_are_some(world: World) -> None:
    due(world, contact=Contact("+12125550101"))
    app = create_app(Settings(database_url=world.database.url, password_rounds=1, password_memory_kib=32), world.clock, world.database)
    with SignedIn(app, Staff(world.database, world.clock, roles=frozenset({Role.ANESTHESIA, Role.AUDITOR}))) as client:
        card = client.get(f"/patients/{patient_key(world)}", headers={"Chairtime-Reason": "a question of hers"})
        listed = client.get("/messages")

    assert card.status_code == 200
    assert ("What they say is not for your role." in card.text, "The day before" in card.text) == (True, False)
    assert listed.status_code == 403


def test_a_text_is_looked_at_from_all_sides_and_published_by_two(screens: Screens) -> None:
    text = {"language": "en", "kind": "booked"}
    bad = screens.press("templates", **text, text="{label}: your ketamine infúsion documentation necessitates {whom}", do="publish")
    sound = screens.press("templates", **text, text="{label}: we see you {when}. {stop}", do="check")
    published = screens.press("templates", **text, text="{label}: we see you {when}. {stop}", do="publish")
    shown = screens.page("templates?language=en&kind=booked")

    assert bad.status_code == 422
    assert [words in bad.text for words in ("no field {whom}", "put {stop}", "“ketamine”", "ú makes it", "sixth grade")] == [True] * 5
    assert (sound.status_code, "No faults found" in sound.text) == (200, True)
    assert published.status_code == 303
    assert "approved by Robin" in shown
    assert "your version 1" in screens.page("templates")
    assert "To CANCEL Linden Clinic: You will get no more texts. Your visit still stands" in screens.page("templates")


def test_spanish_asks_for_a_reviewer_until_one_is_named(screens: Screens) -> None:
    before = screens.page("templates?language=es")
    nobody = screens.press("templates/reviewer", language="es", reviewer="", qualification="interpreter")
    screens.press("templates/reviewer", language="es", reviewer="Rosa Diaz", qualification="certified medical interpreter")
    after = screens.page("templates?language=es")

    assert ("Spanish needs a named reviewer" in before, "{" in before, "fault" in before) == (True, False, False)
    assert nobody.status_code == 422
    assert ("Spanish needs a named reviewer" in after, "Rosa Diaz" in after) == (False, True)
    assert "needs a named reviewer" not in screens.page("templates")


def test_what_messages_say_of_the_site(screens: Screens) -> None:
    how = {"label": "Elm House", "phone": "212 555 0100", "opens": "09:00", "closes": "19:00", "version": "1"}
    telling = screens.press("templates/setting", **how | {"label": "Ketamine Center"})
    early = screens.press("templates/setting", **how | {"opens": "06:00"})
    kept = screens.press("templates/setting", **how)

    assert [each.status_code for each in (telling, early, kept)] == [409, 422, 303]
    assert "Elm House: Ana," in screens.page("templates")


def test_the_status_says_what_ready_says(screens: Screens) -> None:
    due(screens.world)
    screens.world.clock.set(screens.world.clock.now() + timedelta(minutes=30))
    ready, status = screens._client.get("/health/ready"), screens.page("/status")  # the same client

    assert ready.status_code == 503
    assert [each["message"] in status for each in ready.json()["conflicts"]] == [True] * len(ready.json()["conflicts"])
    assert "Worker 30 min ago" in status
    screens.world.turn()
    assert screens.page("/status").count("Worker 0 min ago") == 1


def test_the_status_says_when_it_last_ran_and_what_comes_next(screens: Screens) -> None:
    world = screens.world
    assert "Worker never" in screens.page("/status")
    assert "Next message none is planned" in screens.page("/status")
    world.booked(world.local("2026-12-01T10:30"))
    world.turn()
    status = screens.page("/status")
    assert ("Worker 0 min ago" in status, "Next message Sat, Nov 28, 10:30" in status) == (True, True)
