"""Passkeys and the sign-in service through the application's own door: cookies, guard, trail."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import text

from scheduler import admitting, queries, signing_in
from scheduler.access.actor import Strength
from scheduler.access.role import Role
from scheduler.admitting import Named
from scheduler.app import create_app
from scheduler.clock import SystemClock
from scheduler.queries import KnownAccount
from scheduler.settings import Settings
from tests.accounts.providers import CLIENT, LABEL, SECRET, bent_service, free_port, running_service, signed_in_there
from tests.accounts.soft_key import ORIGIN, SoftKey
from tests.accounts.staff import Staff
from tests.api.clinic import on_one_database

pytestmark = on_one_database
"""The ceremonies themselves are tested on both."""

COOKIE = "__Host-chairtime"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_service() as issuer:
        yield issuer


@dataclass
class Browser:
    """A browser of somebody. Each has its own cookies."""

    client: TestClient
    staff: Staff
    key: SoftKey = field(default_factory=SoftKey)

    def signed_in(self, account: KnownAccount) -> Browser:
        self.client.cookies.set(COOKIE, self.staff.sign_in(account).token, domain="clinic.example")
        return self

    def post(self, address: str, body: Mapping[str, object] | None = None) -> Response:
        return self.client.post(address, json=body or {}, headers={"Accept": "application/json"}, follow_redirects=False)

    def form(self, address: str, **fields: str) -> Response:
        return self.client.post(address, data=fields, follow_redirects=False)

    def add_passkey(self) -> Response:
        asked = self.post("/account/passkeys/challenge")
        assert asked.status_code == 200, asked.text
        return self.post("/account/passkeys", {"credential": self.key.make(asked.text), "name": "Blue key"})

    def show_passkey(self, purpose: str = "sign_in", device: str = "") -> Response:
        asked = self.post("/sign-in/passkey/challenge")
        return self.post("/sign-in/passkey", {"credential": self.key.show(asked.text), "purpose": purpose, "device": device})

    def go(self, address: str, person: str, **fields: str) -> Response:
        """Go to the service by a button, sign in there as somebody, and come back."""
        there = self.form(address, **fields)
        assert there.status_code == 200, there.text
        back = signed_in_there(unescape(re.findall(r'href="([^"]*)" data-go-on', there.text)[0]), person)
        page = self.client.get("/sign-in/service/back", params=back)
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        return self.form("/sign-in/service/back", **{name: unescape(value) for name, value in sent.items()})

    def whose(self) -> str | None:
        """Who is signed in at this browser."""
        actor = self.staff.actor(self.client.cookies.get(COOKIE) or "")
        return actor.handle if actor else None

    def told(self) -> list[tuple[str, str, str]]:
        """What the trail was told: action, outcome and reason."""
        with self.staff.database.reading() as db:
            return [tuple(row) for row in db.execute(text("SELECT action, outcome, reason FROM audit_event ORDER BY seq"))]


@dataclass
class House:
    """The application, and browsers before it."""

    staff: Staff
    issuer: str

    def __post_init__(self) -> None:
        self.staff.clock.set(SystemClock().now())
        settings = Settings(
            database_url=self.staff.database.url,
            password_rounds=1,
            password_memory_kib=32,
            public_address=ORIGIN,
            oidc_issuer=self.issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SecretStr(SECRET),
            oidc_label=LABEL,
        )
        self.app = create_app(settings, self.staff.clock, self.staff.database)

    def browser(self) -> Browser:
        return Browser(TestClient(self.app, base_url=ORIGIN), self.staff)


@pytest.fixture
def house(staff: Staff, issuer: str) -> House:
    return House(staff, issuer)


@pytest.fixture
def nora(house: House) -> KnownAccount:
    return house.staff.add("nora", main={Role.NURSE})


def with_passkey(house: House, account: KnownAccount) -> Browser:
    browser = house.browser().signed_in(account)
    assert browser.add_passkey().status_code == 201
    return browser


def test_somebody_signs_in_by_a_passkey(house: House, nora: KnownAccount) -> None:
    first = with_passkey(house, nora)
    second = house.browser()
    second.key = first.key

    answer = second.show_passkey()

    assert (answer.status_code, answer.json()) == (200, {"stays": False, "next": "/"})
    assert second.whose() == "nora"
    flags = answer.headers.get_list("set-cookie")[0]
    assert all(flag in flags for flag in (f"{COOKIE}=", "HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert ("sign_in", "done", "") in first.told()


def test_tablet_that_is_carried_about_locks_sooner(house: House, nora: KnownAccount) -> None:
    browser = with_passkey(house, nora)
    browser.show_passkey(device="tablet")
    house.staff.later(minutes=5)

    actor = house.staff.actor(browser.client.cookies.get(COOKIE) or "")

    assert actor is not None
    assert (actor.device, actor.locked) == ("tablet", True)


def test_passkey_of_a_stranger_opens_nothing_and_is_told(house: House) -> None:
    browser = house.browser()

    answer = browser.show_passkey()

    assert (answer.status_code, answer.json()["code"]) == (401, "passkey_refused")
    assert browser.whose() is None
    assert browser.told()[-1] == ("sign_in", "denied", "nobody here has it")


def test_stranger_neither_fills_the_trail_nor_shuts_anybody_out(house: House, nora: KnownAccount) -> None:
    own = with_passkey(house, nora).key
    stranger = house.browser()
    answers = [stranger.show_passkey().status_code for _ in range(70)]
    told = [each for each in stranger.told() if each[1] == "denied"]

    stranger.key = own

    assert set(answers) == {401}
    assert len(told) == 60
    assert stranger.show_passkey().status_code == 200


def test_body_names_nobody(house: House, nora: KnownAccount) -> None:
    browser = with_passkey(house, nora)
    asked = browser.post("/sign-in/passkey/challenge")
    body = {"credential": browser.key.show(asked.text), "purpose": "sign_in", "account": "a_1"}

    assert browser.post("/sign-in/passkey", body).status_code == 422


def test_trail_is_told_of_each_passkey_made_and_of_each_that_was_not_kept(house: House, nora: KnownAccount) -> None:
    browser = with_passkey(house, nora)
    browser.key = SoftKey(origin="https://evil.example")

    answer = browser.add_passkey()

    assert (answer.status_code, answer.json()["code"]) == (409, "passkey_not_kept")
    made, refused = browser.told()[-2:]
    assert (made, refused[:2]) == (("POST /account/passkeys", "done", ""), ("POST /account/passkeys", "denied"))
    assert refused[2].startswith("Unexpected client data origin")


def test_new_passkey_asks_for_a_fresh_proof(house: House, nora: KnownAccount) -> None:
    browser = house.browser().signed_in(nora)
    asked = browser.post("/account/passkeys/challenge")
    house.staff.later(minutes=5, seconds=1)

    refused = [
        browser.post("/account/passkeys/challenge"),
        browser.post("/account/passkeys", {"credential": browser.key.make(asked.text), "name": "Late"}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(403, "proof_needed")] * 2


@pytest.mark.parametrize(
    "address", ["/account/passkeys/challenge", "/account/passkeys", "/account/passkeys/k_1/remove", "/account/service"]
)
def test_strangers_change_no_account(house: House, address: str) -> None:
    assert house.browser().post(address).status_code in {401, 303}


def test_locked_screen_is_unlocked_by_the_same_person(house: House, nora: KnownAccount) -> None:
    browser = with_passkey(house, nora)
    house.staff.later(minutes=20)
    token = browser.client.cookies.get(COOKIE) or ""
    before = house.staff.actor(token)
    assert before is not None
    assert before.locked

    answer = browser.show_passkey("unlock")

    after = house.staff.actor(token)
    assert (answer.status_code, answer.json()["stays"]) == (200, True)
    assert after is not None
    assert (after.locked, after.has_fresh_proof(house.staff.now), after.login) == (False, True, before.login)
    assert browser.told()[-1][:2] == ("unlock", "done")


def test_another_person_takes_the_place_of_the_one_who_was(house: House, nora: KnownAccount) -> None:
    at_desk, olga = with_passkey(house, nora), with_passkey(house, house.staff.add("olga", east={Role.AUDITOR}))
    token = at_desk.client.cookies.get(COOKIE) or ""
    house.staff.later(minutes=20)
    at_desk.key = olga.key

    answer = at_desk.show_passkey("unlock")

    assert answer.json()["stays"] is False
    assert at_desk.whose() == "olga"
    assert house.staff.actor(token) is None


def test_fresh_proof_is_of_the_one_who_is_signed_in(house: House, nora: KnownAccount) -> None:
    at_desk, olga = with_passkey(house, nora), with_passkey(house, house.staff.add("olga", east={Role.AUDITOR}))
    house.staff.later(minutes=6)
    own = at_desk.key

    at_desk.key = olga.key
    refused = at_desk.show_passkey("prove")
    assert (refused.status_code, refused.json()["code"]) == (409, "somebody_else")
    assert at_desk.post("/account/passkeys/challenge").status_code == 403
    at_desk.key = own

    assert at_desk.show_passkey("prove").json()["stays"] is True
    assert at_desk.post("/account/passkeys/challenge").status_code == 200


def test_forms_rename_and_remove(house: House, nora: KnownAccount) -> None:
    browser = with_passkey(house, nora)
    kept = json.loads(browser.post("/account/passkeys/challenge").text)["excludeCredentials"]
    with house.staff.database.reading() as db:
        passkey = db.execute(text("SELECT public_id FROM passkey")).scalar_one()

    renamed = browser.form(f"/account/passkeys/{passkey}/name", name="Ring")
    removed = browser.form(f"/account/passkeys/{passkey}/remove")

    assert len(kept) == 1
    assert [answer.headers["location"] for answer in (renamed, removed)] == ["/account?done=passkey#passkeys"] * 2
    assert browser.post("/account/passkeys/challenge").json().get("excludeCredentials", []) == []


def test_somebody_connects_the_service_and_signs_in_with_it(house: House, nora: KnownAccount) -> None:
    connected = house.browser().signed_in(nora).go("/account/service", "4711")
    assert (connected.status_code, connected.headers["location"]) == (303, "/account#service")

    browser = house.browser()
    answer = browser.go("/sign-in/service", "4711", next="/patients")

    assert (answer.status_code, answer.headers["location"]) == (303, "/patients")
    assert browser.whose() == "nora"
    with house.staff.database.reading() as db:
        strength = db.execute(text("SELECT strength FROM login ORDER BY id DESC")).scalar()
    assert strength == Strength.SERVICE
    assert [told[:2] for told in browser.told() if told[0] in {"sign_in", "service_link"}] == [
        ("service_link", "done"),
        ("sign_in", "done"),
    ]


def test_somebody_joins_by_their_invitation(house: House) -> None:
    token, account = invited(house)

    browser = house.browser()
    answer = browser.go("/sign-in/service", "4712", invitation=token)

    assert (answer.status_code, browser.whose()) == (303, "pia")
    again = house.browser().form("/sign-in/service", invitation=token)
    assert again.status_code == 404
    with house.staff.database.reading() as db:
        assert db.execute(text("SELECT status FROM account WHERE id = :id"), {"id": account}).scalar() == "active"


def test_whoever_joined_by_the_service_comes_back_by_it_after_a_time_away(house: House) -> None:
    token, person = invited(house)
    house.browser().go("/sign-in/service", "4712", invitation=token)
    boss = house.browser().signed_in(house.staff.add("chief", main={Role.ADMIN}))
    actor = house.staff.actor(boss.client.cookies.get(COOKIE) or "")
    assert actor is not None
    with house.staff.database.transaction() as db:
        public_id = queries.account(db, person).public_id
        admitting.disable(db, actor, public_id, now=house.staff.now)
        admitting.enable(db, actor, public_id)

    browser = house.browser()
    browser.go("/sign-in/service", "4712")

    assert browser.whose() == "pia"


def test_invitation_serves_no_second_person(house: House) -> None:
    """Two set out with the same link; the second comes back after the first has joined."""
    token, _ = invited(house)
    first, second = house.browser(), house.browser()
    there = second.form("/sign-in/service", invitation=token)
    first.go("/sign-in/service", "4713", invitation=token)
    back = signed_in_there(unescape(re.findall(r'href="([^"]*)" data-go-on', there.text)[0]), "mallory")

    answer = second.form("/sign-in/service/back", **back)

    assert (answer.status_code, second.whose()) == (404, None)
    assert second.told()[-1][:2] == ("sign_in", "denied")


def test_stranger_whom_the_service_knows_does_not_get_in(house: House) -> None:
    house.staff.add("nora", main={Role.NURSE})
    browser = house.browser()

    answer = browser.go("/sign-in/service", "nora")

    assert (answer.status_code, browser.whose()) == (401, None)
    assert "No account here can be opened" in answer.text
    assert 'href="/sign-in">Go to the sign-in page' in answer.text
    assert browser.told()[-1] == ("sign_in", "denied", "not_linked")


def test_opening_the_way_back_changes_nothing(house: House) -> None:
    browser = house.browser()
    there = browser.form("/sign-in/service")
    back = signed_in_there(unescape(re.findall(r'href="([^"]*)" data-go-on', there.text)[0]), "4711")

    def rows() -> list[tuple[object, ...]]:
        with house.staff.database.reading() as db:
            return [tuple(row) for row in db.execute(text("SELECT * FROM challenge"))]

    before = rows()
    browser.client.get("/sign-in/service/back", params=back)

    assert rows() == before


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(house: House, nora: KnownAccount, onward: str) -> None:
    house.browser().signed_in(nora).go("/account/service", "4711")

    assert house.browser().go("/sign-in/service", "4711", next=onward).headers["location"] == "/"


def test_way_back_of_another_browser_is_refused(house: House, nora: KnownAccount) -> None:
    """Somebody slips a victim the end of their own trip, to have them work under their account."""
    house.browser().signed_in(nora).go("/account/service", "4711")
    mallory, victim = house.browser(), house.browser()
    there = mallory.form("/sign-in/service")
    back = signed_in_there(unescape(re.findall(r'href="([^"]*)" data-go-on', there.text)[0]), "4711")

    answer = victim.form("/sign-in/service/back", **back)

    assert (answer.status_code, victim.whose()) == (401, None)
    assert victim.told()[-1] == ("sign_in", "denied", "another browser set out")


def test_person_who_says_no_there_does_not_get_in(house: House) -> None:
    browser = house.browser()
    there = browser.form("/sign-in/service")
    state = re.findall(r"state=([\w-]+)", there.text)[0]

    answer = browser.form("/sign-in/service/back", state=state, error="access_denied")

    assert answer.status_code == 401
    assert browser.told()[-1] == ("sign_in", "denied", "the service said access_denied")


def test_service_is_disconnected(house: House, nora: KnownAccount) -> None:
    browser = house.browser().signed_in(nora)
    browser.go("/account/service", "4711")

    assert browser.form("/account/service/remove").status_code == 303
    assert house.browser().go("/sign-in/service", "4711").status_code == 401


def test_disabled_account_does_not_get_in_by_either(house: House, nora: KnownAccount) -> None:
    browser = with_passkey(house, nora)
    browser.go("/account/service", "4711")
    with house.staff.database.transaction() as db:
        db.execute(text("UPDATE account SET status = 'disabled'"))
        signing_in.close_all(db, nora.id, now=house.staff.now)

    assert browser.show_passkey().status_code == 401
    assert house.browser().go("/sign-in/service", "4711").status_code == 401


@pytest.mark.parametrize(("is_lost", "status"), [(True, 401), (False, 200)], ids=["lost", "not lost"])
def test_passkey_on_a_lost_telephone_opens_nothing_after_the_reset(house: House, nora: KnownAccount, is_lost: bool, status: int) -> None:
    thief = with_passkey(house, nora)
    boss = house.browser().signed_in(house.staff.add("chief", main={Role.ADMIN}))
    actor, means = house.staff.actor(boss.client.cookies.get(COOKIE) or ""), house.staff.means
    assert actor is not None
    with house.staff.database.transaction() as db:
        link = admitting.reset_link(db, means, actor, nora.public_id, clears_code=is_lost, now=house.staff.now)
        kept = means.kept("nine calm otters swim", alone=True)
        admitting.follow_link(db, link.address.rpartition("/")[2], kept, now=house.staff.now)

    assert thief.show_passkey().status_code == status


@pytest.mark.parametrize(("ago", "expected"), [(0, (303, False, True)), (600, (401, True, False))], ids=["anew", "some time ago"])
def test_service_unlocks_for_who_signs_in_there_anew(staff: Staff, ago: int, expected: tuple[int, bool, bool]) -> None:
    with bent_service() as bent:
        house = House(staff, bent.issuer)
        browser = house.browser().signed_in(staff.add("nora", main={Role.NURSE}))
        with staff.database.transaction() as db:
            db.execute(text("UPDATE account SET subject = :subject"), {"subject": f"{bent.issuer} nora"})
        staff.later(minutes=16)
        there = browser.form("/prove/service", next="/patients")
        bent.nonce, state = (re.findall(f"{name}=([\\w-]+)", there.text)[0] for name in ("nonce", "state"))
        bent.now = int(staff.now.timestamp())
        bent.claims = {"auth_time": bent.now - ago}

        answer = browser.form("/sign-in/service/back", state=state, code="any")

        actor = staff.actor(browser.client.cookies.get(COOKIE) or "")
    assert "max_age=0" in there.text
    assert actor is not None
    assert (answer.status_code, actor.locked, actor.has_fresh_proof(staff.now)) == expected


def test_fresh_proof_by_the_service_is_of_the_one_who_is_signed_in(staff: Staff) -> None:
    with bent_service() as bent:
        house = House(staff, bent.issuer)
        nora, olga = staff.add("nora", main={Role.NURSE}), staff.add("olga", main={Role.ADMIN})
        with staff.database.transaction() as db:
            db.execute(text("UPDATE account SET subject = :subject WHERE id = :id"), {"subject": f"{bent.issuer} nora", "id": nora.id})
        browser = house.browser().signed_in(olga)
        staff.later(minutes=6)
        there = browser.form("/prove/service")
        bent.nonce, state = (re.findall(f"{name}=([\\w-]+)", there.text)[0] for name in ("nonce", "state"))
        bent.now = int(staff.now.timestamp())

        answer = browser.form("/sign-in/service/back", state=state, code="any")

        actor = staff.actor(browser.client.cookies.get(COOKIE) or "")
    assert actor is not None
    assert (answer.status_code, actor.handle, actor.has_fresh_proof(staff.now)) == (409, "olga", False)


def test_nobody_connects_the_service_to_an_account_that_took_over_their_browser(house: House, nora: KnownAccount) -> None:
    """Nora sets out to connect hers; before she is back, Olga signs in at the same desk."""
    browser, olga = house.browser().signed_in(nora), house.staff.add("olga", main={Role.NURSE})
    there = browser.form("/account/service")
    back = signed_in_there(unescape(re.findall(r'href="([^"]*)" data-go-on', there.text)[0]), "4711")
    browser.signed_in(olga)

    answer = browser.form("/sign-in/service/back", **back)

    with house.staff.database.reading() as db:
        subjects = db.execute(text("SELECT subject FROM account")).scalars().all()
    assert (answer.status_code, subjects) == (409, [None, None])


def test_service_that_is_down_is_told_and_the_sign_in_page_goes_on(staff: Staff) -> None:
    browser = House(staff, f"http://127.0.0.1:{free_port()}").browser()
    staff.add("nora", main={Role.NURSE})

    answer = browser.form("/sign-in/service")

    assert (answer.status_code, f"{LABEL} does not answer" in answer.text) == (503, True)
    assert f"Sign in with {LABEL}" in browser.client.get("/sign-in").text


def test_without_a_service_there_is_none(staff: Staff) -> None:
    app = create_app(Settings(database_url=staff.database.url, public_address=ORIGIN), staff.clock, staff.database)
    browser = Browser(TestClient(app, base_url=ORIGIN), staff)

    assert browser.form("/sign-in/service").status_code == 404
    assert browser.client.get("/sign-in/service/back").status_code == 404


def test_address_without_a_name_has_no_passkeys(staff: Staff) -> None:
    app = create_app(Settings(database_url=staff.database.url), staff.clock, staff.database)
    browser = Browser(TestClient(app, base_url="http://127.0.0.1:8000"), staff)

    answer = browser.post("/sign-in/passkey/challenge")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_passkeys_here")


def invited(house: House) -> tuple[str, int]:
    """An invitation of an administrator for Pia: its token, and her account."""
    boss = house.browser().signed_in(house.staff.add("boss", main={Role.ADMIN}))
    actor = house.staff.actor(boss.client.cookies.get(COOKIE) or "")
    assert actor is not None
    with house.staff.database.transaction() as db:
        person, link = admitting.invite(
            db, house.staff.means, actor, Named("pia", "Pia", "Roth"), {"main": {Role.NURSE}}, now=house.staff.now
        )
    return link.address.rpartition("/")[2], person.id
