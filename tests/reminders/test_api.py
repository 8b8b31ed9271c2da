"""Contacts, consent, settings, texts and the call list over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from httpx2 import Response

from scheduler.app import create_app
from scheduler.database import Database
from scheduler.settings import Settings
from tests.reminders.world import HOUR, World
from tests.signed_in import SignedIn, Staff


class Desk:
    """Somebody at the desk of the site."""

    def __init__(self, client: SignedIn) -> None:
        self._client, self._nth = client, 0

    def get(self, path: str, **query: str) -> Response:
        return self._client.get(f"/api/v1{path}", params=query)

    def send(self, method: str, path: str, body: object = None, version: int = 0) -> Response:
        self._nth += 1
        headers = {"Idempotency-Key": f"k-{self._nth}", "If-Match": f'"{version}"'}
        return self._client.request(method, f"/api/v1{path}", json=body, headers=headers)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    app = create_app(Settings(database_url=world.database.url, password_rounds=1, password_memory_kib=32), world.clock, world.database)
    with SignedIn(app, Staff(world.database, world.clock)) as client:
        yield Desk(client)


def patient_of(desk: Desk) -> str:
    who = {"given_name": "Ana", "family_name": "Lopez", "born_on": "1980-05-17"}
    return str(desk.send("POST", "/sites/main/patients", who).json()["id"])


def test_a_contact_and_its_consent(desk: Desk) -> None:
    patient = patient_of(desk)
    wrong = desk.send("PUT", f"/patients/{patient}/contact", {"phone": "12"})
    how = {"phone": "(212) 555-0100", "mail": "Ana@Example.org", "language": "es", "zone": "America/Denver"}
    kept = desk.send("PUT", f"/patients/{patient}/contact", how)
    stale = desk.send("PUT", f"/patients/{patient}/contact", how)
    agreed = {"channel": "sms", "address": "212 555 0100", "opted": "in", "evidence": "signed the form"}
    after = desk.send("POST", f"/patients/{patient}/consents", agreed)

    assert (wrong.status_code, wrong.json()["message"][:6]) == (422, "phone:")
    assert (kept.json()["phone"], kept.json()["mail"], kept.json()["version"]) == ("+12125550100", "ana@example.org", 1)
    assert stale.status_code == 412
    assert [(each["address"], each["opted"]) for each in after.json()["consents"]] == [("+12125550100", "in")]
    assert desk.get(f"/patients/{patient}/contact").json() == after.json()


@pytest.mark.parametrize("label", ["Ketamine Center", "Downtown Psychiatry", "TMS Clinic"])
def test_a_label_that_tells_too_much_is_refused(desk: Desk, label: str) -> None:
    refused = desk.send("PUT", "/sites/main/messaging", {"label": label, "phone": "+12125550100"}, version=1)

    assert (refused.status_code, refused.json()["code"]) == (422, "telling_label")


def test_settings_and_texts(desk: Desk) -> None:
    early = desk.send("PUT", "/sites/main/messaging", {"label": "Linden", "phone": "+12125550100", "opens": 400}, version=1)
    kept = desk.send("PUT", "/sites/main/messaging", {"label": "Linden", "phone": "+12125550100", "closes": 1140}, version=1)
    text = {"language": "en", "kind": "booked", "text": "{label}: see you {when}. {stop}"}
    published = desk.send("POST", "/sites/main/message-texts", text)
    telling = desk.send("POST", "/sites/main/message-texts", text | {"text": "{label}: your ketamine visit {when}. {stop}"})
    hard = desk.send(
        "POST", "/sites/main/message-texts", text | {"text": "{label}: your administrative documentation necessitates {when} {stop}"}
    )

    assert (early.status_code, kept.json()["closes"], kept.json()["version"]) == (422, 1140, 2)
    assert (published.status_code, published.json()["number"]) == (201, 1)
    assert [telling.json()["code"], hard.json()["code"]] == ["bad_template", "hard_to_read"]
    listed = {(each["language"], each["kind"]): each["number"] for each in desk.get("/sites/main/message-texts").json()["texts"]}
    assert (listed["en", "booked"], listed["es", "booked"]) == (1, 0)


def test_the_call_list_is_worked_off(world: World, desk: Desk) -> None:
    starts = world.local("2026-12-01T13:30")
    world.booked(starts, phone=None)
    world.run(starts - 20 * HOUR)

    listed = desk.get("/sites/main/call-list").json()["messages"]
    assert [(each["kind"], each["channel"], each["patient_name"]) for each in listed] == [("day_before", "desk", "Ana Lopez")]
    done = desk.send("POST", f"/messages/{listed[0]['id']}/called")
    assert (done.json()["state"], done.json()["called_by"]) == ("sent", "Robin Vale")
    assert desk.get("/sites/main/call-list").json()["messages"] == []
    assert len(desk.get("/sites/main/messages", state="sent").json()["messages"]) == 1
