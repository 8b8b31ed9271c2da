"""The gateway's calls over HTTP: signed for the very address, taken once, in any order; what patients write back counts at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import select

from courses.patients.contact import Contact
from courses.records import ConsentRow, SessionRow, VisitAnswerRow
from scheduler.app import create_app
from scheduler.database import Database
from scheduler.records.messages import MessageReplyRow
from scheduler.reminders.channels.sms import signature
from scheduler.reminding.carriers import REPLIES, REPORTS
from scheduler.settings import Settings
from tests.reminders.world import DAY, World

ADDRESS, TOKEN, ANA = "https://clinic.example", "a-token-of-the-gateway", "+12125550100"


class Line:
    """The gateway, calling us."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self._nth = 0

    def call(self, path: str, fields: dict[str, str], *, token: str = TOKEN, address: str = ADDRESS, signed: str | None = None) -> Response:
        given = signature(token, f"{address}{path}", fields) if signed is None else signed
        return self._client.post(path, data=fields, headers={"X-Twilio-Signature": given, "Host": "clinic.example"})

    def text(self, body: str, *, sender: str = ANA, sid: str = "") -> Response:
        self._nth += 1
        return self.call(REPLIES, {"From": sender, "To": "+15550001111", "Body": body, "MessageSid": sid or f"IN{self._nth}"})


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    made.booked(made.local("2026-12-01T13:30"), contact=Contact(phone=ANA))
    made.turn()
    return made


@pytest.fixture
def line(world: World) -> Iterator[Line]:
    settings = Settings(database_url=world.database.url, public_address=ADDRESS, sms_token=SecretStr(TOKEN))
    app = create_app(settings, world.clock, world.database)
    with TestClient(app, base_url=ADDRESS) as client:
        yield Line(client)


def consents(world: World) -> list[str]:
    with world.database.reading() as db:
        return list(db.scalars(select(ConsentRow.opted).where(ConsentRow.address == ANA).order_by(ConsentRow.id)))


def replies(world: World) -> list[tuple[str, bool]]:
    with world.database.reading() as db:
        found = db.scalars(select(MessageReplyRow).order_by(MessageReplyRow.id))
        return [(row.meaning, row.closed_at is None) for row in found]


def test_a_report_is_taken_once_and_only_if_it_is_the_gateways(world: World, line: Line) -> None:
    key = next(row.public_id for row in world.messages("sent"))
    path, fields = f"{REPORTS}?message={key}", {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}

    forged = [
        line.call(path, fields, token="another"),
        line.call(path, fields, address="http://clinic.example"),
        line.call(path, fields, signed=""),
        line.call(path, fields | {"MessageStatus": "delivered"}, signed=signature(TOKEN, f"{ADDRESS}{path}", fields)),
        line.call(f"{REPORTS}?message=m_other", fields, signed=signature(TOKEN, f"{ADDRESS}{path}", fields)),
    ]
    assert [answer.status_code for answer in forged] == [403] * 5
    assert (world.states()["failed"], len(world.lines(key))) == (0, 2)

    for _ in range(5):
        assert line.call(path, fields).status_code == 204
    world.clock.step(DAY)
    assert line.call(path, fields).status_code == 204
    assert world.lines(key) == ["intent", "accepted", "report_undelivered"]
    assert world.states()["failed"] == 1


def test_a_report_of_nothing_of_ours_is_swallowed(line: Line) -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert line.call(f"{REPORTS}?message=m_nothing", fields).status_code == 204


def test_stop_is_answered_once_and_nothing_more_goes_out(world: World, line: Line) -> None:
    first, again = line.text("Stop", sid="IN7"), line.text("Stop", sid="IN7")
    other = line.text("please stop texting me")
    world.run(world.local("2026-12-01T13:30"))

    assert "You will get no more texts" in first.text
    assert "<Message>" not in again.text + other.text
    assert consents(world) == ["in", "out", "out"]
    assert len(world.box.given) == 1
    assert [row.kind for row in world.messages() if row.channel == "desk"] == ["day_before"]


def test_cancel_opts_out_and_asks_the_desk_and_the_visit_stands(world: World, line: Line) -> None:
    answer = line.text("CANCEL")

    assert "Your visit still stands; we will call you" in answer.text
    assert consents(world) == ["in", "out"]
    assert replies(world) == [("cancel", True)]
    with world.database.reading() as db:
        assert list(db.scalars(select(SessionRow.status))) == ["booked"]


def test_start_brings_the_texts_back(world: World, line: Line) -> None:
    line.text("STOP")
    world.clock.step(timedelta(hours=1))

    assert "You will get texts about your visits" in line.text("START").text
    world.run(world.local("2026-12-01T13:30"))
    assert [row.kind for row in world.messages("sent")] == ["booked", "day_before", "three_days"]


def test_c_confirms_and_r_asks_the_desk(world: World, line: Line) -> None:
    assert "Your visit is confirmed" in line.text("C").text
    assert "We will call you" in line.text("R").text

    with world.database.reading() as db:
        answers = list(db.scalars(select(VisitAnswerRow.answer).order_by(VisitAnswerRow.id)))
    assert answers == ["confirmed", "asked"]
    assert replies(world) == [("confirm", False), ("ask", True)]


def test_anything_else_waits_in_the_inbox(world: World, line: Line) -> None:
    assert "Please call +15551234567" in line.text("My car broke <b>down</b> & I am late").text
    assert "<Message>" not in line.text("Who are you?", sender="+12129998888").text

    assert replies(world) == [("other", True), ("other", True)]


def test_a_number_of_two_patients_is_opted_out_for_both(world: World, line: Line) -> None:
    world.booked(world.local("2026-12-02T13:30"), given="Bo", contact=Contact(phone=ANA))
    world.turn()
    sent = len(world.box.given)

    line.text("STOP")
    world.run(world.local("2026-12-02T13:30"))

    assert len(world.box.given) == sent


def test_without_a_token_every_call_is_refused(world: World) -> None:
    app = create_app(Settings(database_url=world.database.url, public_address=ADDRESS), world.clock, world.database)
    with TestClient(app, base_url=ADDRESS) as client:
        assert Line(client).text("STOP").status_code == 403
        assert client.get(REPORTS, headers={"Host": "clinic.example"}, follow_redirects=False).status_code == 303
