"""What a page asks for before it acts: it comes back with the fields for it, and with everything that was typed."""

from __future__ import annotations

import html
import re

import pytest
from fastapi.testclient import TestClient

from scheduler.access.role import Role
from tests.access.two_sites import TwoSites
from tests.api.clinic import daily
from tests.signed_in import PASSPHRASE, SECOND

TEXT = daily(3).replace("id: daily", "id: written")


def at(world: TwoSites, role: Role, *, proven: bool = True) -> TestClient:
    token = world.sign_in(role, proven=proven)
    return TestClient(world.app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)


def kept_in(page: str) -> dict[str, str]:
    """The fields that a page has kept."""
    found = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in found}


def test_a_protocol_is_published_with_a_second_person_in_one_dialog(world: TwoSites) -> None:
    client, form = at(world, Role.ADMIN), {"text": TEXT, "do": "publish"}

    asked = client.post("/protocols/new", data=form)
    again = client.post("/protocols/new", data=kept_in(asked.text) | {"second_handle": SECOND, "second_password": "wrong password here"})
    done = client.post("/protocols/new", data=kept_in(again.text) | {"second_handle": SECOND, "second_password": PASSPHRASE})

    assert (asked.status_code, again.status_code, done.status_code) == (403, 401, 303)
    assert kept_in(asked.text) == kept_in(again.text) == form
    assert PASSPHRASE not in asked.text + again.text
    assert "A second person" in asked.text
    assert client.get(done.headers["location"]).status_code == 200


@pytest.mark.parametrize("who", ["admin.person", "front_desk.person", "nobody.there"])
def test_a_second_person_is_somebody_else_who_may(world: TwoSites, who: str) -> None:
    before = world.rows()["protocol"]

    asked = at(world, Role.ADMIN).post(
        "/protocols/new", data={"text": TEXT, "do": "publish", "second_handle": who, "second_password": PASSPHRASE}
    )

    assert asked.status_code in {401, 403}
    assert world.rows()["protocol"] == before


def test_who_may_only_propose_has_it_checked_and_no_more(world: TwoSites) -> None:
    client = at(world, Role.PHYSICIAN)

    checked, published = (client.post("/protocols/new", data={"text": TEXT, "do": do}) for do in ("check", "publish"))

    assert (checked.status_code, published.status_code) == (200, 403)
    assert "Administrator" in published.text


def test_an_auditor_says_why_once_for_some_minutes(world: TwoSites) -> None:
    client, address = at(world, Role.AUDITOR), f"/patients/{world.ids['main', 'tms']['patient']}"

    asked = client.get(address)
    refused = client.post("/reasons", data={"next": address, "reason": "so"})
    led = client.post("/reasons", data={"next": address, "reason": "a complaint of March"})
    shown = client.get(address)
    client.cookies.clear()

    assert (asked.status_code, refused.status_code, led.status_code, shown.status_code) == (403, 403, 303, 200)
    assert kept_in(asked.text) == {"next": address}
    assert led.headers["location"] == address
    assert client.get(address).status_code == 403


def test_no_reason_leads_elsewhere(world: TwoSites) -> None:
    led = at(world, Role.AUDITOR).post("/reasons", data={"next": "https://evil.example/", "reason": "a complaint of March"})

    assert led.headers["location"] == "/"
