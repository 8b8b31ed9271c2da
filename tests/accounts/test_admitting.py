"""Inviting, disabling and giving roles, by the pages and by the API: up to one's own ceiling, and never to oneself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from rooms import queries as rooms_queries
from scheduler import admitting, queries
from scheduler.access.role import Role
from scheduler.queries import KnownAccount
from tests.accounts.doors import PAGE, Browser, app_of, code_of, hidden
from tests.accounts.staff import PASSPHRASE, Staff
from tests.databases import postgres_in_soak

pytestmark = postgres_in_soak

NEW_PASSPHRASE = "nine brave otters dive"


@pytest.fixture
def adam(staff: Staff) -> KnownAccount:
    return staff.add("adam", main={Role.ADMIN})


@pytest.fixture
def admin(staff: Staff, adam: KnownAccount) -> Browser:
    browser = Browser(app_of(staff))
    browser.signs_in(adam)
    return browser


def site(staff: Staff, code: str) -> str:
    with staff.database.reading() as db:
        return rooms_queries.site(db, code).public_id


def roles(staff: Staff, person: KnownAccount) -> dict[str, set[Role]]:
    with staff.database.reading() as db:
        held = queries.roles_of(db, [person.id])[person.id]
        return {known.site.id: set(held[known.id]) for known in rooms_queries.sites(db) if known.id in held}


def link_on(page: Any) -> str:
    found = re.search(r'id="link"[^>]* value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def invites(admin: Browser, staff: Staff, handle: str = "nora", *, role: str = "nurse") -> Any:
    box = f"{site(staff, 'main')}:{role}"
    return admin.sends("/people", handle=handle, given_name="Nora", family_name="Blackwood", role=box)


def person(staff: Staff, handle: str) -> KnownAccount:
    with staff.database.reading() as db:
        found = queries.secrets(db, handle)
    assert found
    return found.account


def test_invited_person_takes_the_account_by_the_link_once(admin: Browser, staff: Staff) -> None:
    link = link_on(invites(admin, staff))
    assert link.startswith("http://127.0.0.1:8000/invitation/")
    path = link.removeprefix("http://127.0.0.1:8000")
    assert path.rpartition("/")[2] not in invites(admin, staff).text
    guest = Browser(admin.app)

    assert "Nora Blackwood" in guest.opens(path).text
    assert guest.opens(path).status_code == 200
    taken = guest.sends(path, password=NEW_PASSPHRASE)

    assert (taken.status_code, taken.headers["location"]) == (303, "/")
    assert guest.is_in
    assert roles(staff, person(staff, "nora")) == {"main": {Role.NURSE}}
    assert guest.opens(path).status_code == 404
    assert guest.sends(path, password=NEW_PASSPHRASE).status_code == 404


def test_short_password_is_taken_only_with_codes_beside_it(admin: Browser, staff: Staff) -> None:
    path = link_on(invites(admin, staff)).removeprefix("http://127.0.0.1:8000")
    guest = Browser(admin.app)

    refused = guest.sends(path, password="ravel7ox")
    assert refused.status_code == 422
    assert "at least 15" in refused.text
    taken = guest.sends(path, password="ravel7ox", sealed=hidden(refused, "sealed"), code=code_of(refused, staff))

    assert taken.status_code == 200
    assert len(re.findall(r"<li><code>[a-z2-7-]{30,}</code></li>", taken.text)) == 10
    assert guest.asks("/api/v1/me").json()["strength"] == "two_factors"
    assert person(staff, "nora").has_code


def test_link_ends_after_72_hours_and_when_a_new_one_is_made(admin: Browser, staff: Staff) -> None:
    first = link_on(invites(admin, staff))
    second = link_on(admin.sends(f"/people/{person(staff, 'nora').public_id}/link"))
    guest = Browser(admin.app)

    assert guest.client.get(first.replace(":8000", ""), headers=PAGE).status_code == 404
    assert guest.client.get(second.replace(":8000", ""), headers=PAGE).status_code == 200
    staff.later(hours=72)
    assert guest.client.get(second.replace(":8000", ""), headers=PAGE).status_code == 404


def test_invitation_to_a_name_that_is_taken_is_refused(admin: Browser, staff: Staff) -> None:
    staff.add("nora", east={Role.NURSE})

    assert invites(admin, staff, "Nora").status_code == 422
    assert invites(admin, staff, "adam").status_code == 422
    assert roles(staff, person(staff, "nora")) == {"east": {Role.NURSE}}


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Host"])
def test_links_are_made_of_the_configured_address_whatever_the_request_says(staff: Staff, adam: KnownAccount, header: str) -> None:
    browser = Browser(app_of(staff, address="https://chairtime.example"), "https://chairtime.example")
    browser.signs_in(adam)
    fields = {"handle": "nora", "given_name": "Nora", "family_name": "Black", "role": f"{site(staff, 'main')}:nurse"}

    answer = browser.client.post("/people", data=fields, headers={**PAGE, header: "evil.example"})

    if answer.status_code == 200:
        assert link_on(answer).startswith("https://chairtime.example/invitation/")
    assert "evil.example" not in answer.text


def test_administrator_of_one_site_gives_no_role_at_another(admin: Browser, staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE}, east={Role.FRONT_DESK})
    east = site(staff, "east")

    for box in (f"{east}:admin", f"{east}:nurse"):
        answer = admin.sends(f"/people/{nora.public_id}/roles", role=box)
        assert answer.status_code in {404, 409}
    assert roles(staff, nora) == {"main": {Role.NURSE}, "east": {Role.FRONT_DESK}}

    assert admin.sends(f"/people/{nora.public_id}/roles", role=f"{site(staff, 'main')}:technician").status_code == 303
    assert roles(staff, nora) == {"main": {Role.TECHNICIAN}, "east": {Role.FRONT_DESK}}


def test_account_that_another_site_shares_is_changed_by_an_administrator_of_both_only(admin: Browser, staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE}, east={Role.NURSE})

    for what in ("disable", "link", "end-sign-ins", "name"):
        answer = admin.sends(f"/people/{nora.public_id}/{what}", handle="nora2", given_name="N", family_name="B")
        assert answer.status_code == 409
    assert person(staff, "nora").status == "active"

    both = Browser(admin.app)
    both.signs_in(staff.add("bea", main={Role.ADMIN}, east={Role.ADMIN}))
    assert both.sends(f"/people/{nora.public_id}/disable").status_code == 303
    assert person(staff, "nora").status == "disabled"


def test_person_of_another_site_is_not_there(admin: Browser, staff: Staff) -> None:
    elsewhere = staff.add("elsa", east={Role.NURSE})

    assert admin.opens(f"/people/{elsewhere.public_id}").status_code == 404
    assert admin.sends(f"/people/{elsewhere.public_id}/disable").status_code == 404
    assert admin.asks(f"/api/v1/people/{elsewhere.public_id}").status_code == 404
    assert "elsa" not in admin.opens("/people").text
    assert person(staff, "elsa").status == "active"


@pytest.mark.parametrize(
    "given", [{"roles": [{"site": "main", "roles": ["admin", "auditor"]}]}, {"roles": [{"site": "east", "roles": ["admin"]}]}]
)
def test_own_roles_are_refused(admin: Browser, staff: Staff, adam: KnownAccount, given: dict[str, Any]) -> None:
    version = admin.asks(f"/api/v1/people/{adam.public_id}").headers["etag"]

    answer = admin.client.patch(f"/api/v1/people/{adam.public_id}", json=given, headers={"If-Match": version})

    assert answer.status_code in {403, 404}
    assert roles(staff, adam) == {"main": {Role.ADMIN}}
    page = admin.sends(f"/people/{adam.public_id}/roles", role=f"{site(staff, 'main')}:auditor")
    assert page.status_code == 409
    assert admin.sends(f"/people/{adam.public_id}/disable").status_code == 409
    assert roles(staff, adam) == {"main": {Role.ADMIN}}


@pytest.mark.parametrize("extra", [{"role": "admin"}, {"is_admin": True}, {"status": "active"}, {"account_id": 1}, {"password_hash": "x"}])
def test_no_other_field_of_an_account_is_taken_from_a_body(admin: Browser, staff: Staff, extra: dict[str, Any]) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    address = f"/api/v1/people/{nora.public_id}"

    answer = admin.client.patch(address, json={"given_name": "Nor", **extra}, headers={"If-Match": '"1"'})

    assert answer.status_code == 422
    assert person(staff, "nora") == nora


def test_who_one_is_never_comes_from_what_is_sent(admin: Browser, staff: Staff, adam: KnownAccount) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    intruder = Browser(admin.app)
    intruder.signs_in(nora)
    names = ("account", "account_id", "user", "handle", "person", "as", "actor", "email")
    before = _kept(staff)

    for name in names:
        intruder.tells("/account/password", current="wrong words", password=NEW_PASSPHRASE, **{name: adam.public_id})
        intruder.tells("/account/codes", sealed="x", code="000000", **{name: adam.public_id})
        intruder.client.get(f"/api/v1/me?{name}={adam.public_id}", headers={"X-User": "adam", "X-Remote-User": "adam"})

    assert _kept(staff) == before
    assert intruder.asks("/api/v1/me?handle=adam").json()["handle"] == "nora"


def _kept(staff: Staff) -> list[tuple[object, ...]]:
    with staff.database.reading() as db:
        rows = db.execute(text("SELECT handle, password_hash, code_seed, status FROM account ORDER BY id")).all()
    return [tuple(row) for row in rows]


def test_nobody_without_a_sign_in_changes_an_account(staff: Staff, adam: KnownAccount) -> None:
    stranger, before = Browser(app_of(staff)), _kept(staff)
    paths = [f"/people/{adam.public_id}/{what}" for what in ("roles", "name", "disable", "enable", "end-sign-ins", "link")]

    for path in (
        *paths,
        "/people",
        "/account/password",
        "/account/codes",
        "/account/recovery-codes",
        "/glass",
        "/first-run",
        "/invitation/guess",
    ):
        answer = stranger.sends(
            path, handle="adam", password=NEW_PASSPHRASE, role="x:admin", first_code="guess", given_name="A", family_name="B"
        )
        assert answer.status_code in {303, 404}, path
        assert answer.headers.get("location", "/sign-in").startswith("/sign-in")

    assert _kept(staff) == before


def test_disabling_ends_sign_ins_links_and_what_was_half_done(admin: Browser, staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    link = link_on(admin.sends(f"/people/{nora.public_id}/link"))
    desk, tablet = staff.sign_in(nora), staff.sign_in(nora, device="tablet")

    admin.sends(f"/people/{nora.public_id}/disable")

    assert (staff.actor(desk.token), staff.actor(tablet.token)) == (None, None)
    assert Browser(admin.app).opens(link.removeprefix("http://127.0.0.1:8000")).status_code == 404
    admin.sends(f"/people/{nora.public_id}/enable")
    assert staff.actor(desk.token) is None
    assert Browser(admin.app).signs_in(nora).status_code == 303


def test_role_change_holds_from_the_next_request_on(admin: Browser, staff: Staff) -> None:
    nora = staff.add("nora", main={Role.ADMIN})
    other = Browser(admin.app)
    other.signs_in(nora)
    assert other.opens("/people").status_code == 200

    admin.sends(f"/people/{nora.public_id}/roles", role=f"{site(staff, 'main')}:nurse")

    assert other.opens("/people").status_code == 403


def test_old_proof_does_not_do_for_changing_accounts(admin: Browser, staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    staff.later(minutes=5, seconds=1)

    assert admin.sends(f"/people/{nora.public_id}/disable").status_code == 403
    assert person(staff, "nora").status == "active"
    assert admin.sends("/prove", proof=PASSPHRASE, next=f"/people/{nora.public_id}").headers["location"] == f"/people/{nora.public_id}"
    assert admin.sends(f"/people/{nora.public_id}/disable").status_code == 303


def test_new_password_by_link_ends_every_sign_in_and_keeps_the_codes_unless_they_are_lost(admin: Browser, staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    _, recovery = staff.with_code(nora)
    admin.app.state.means.keys = staff.means.keys
    signed_in = staff.sign_in(nora)
    path = link_on(admin.sends(f"/people/{nora.public_id}/link")).removeprefix("http://127.0.0.1:8000")
    guest = Browser(admin.app)

    assert guest.sends(path, password=NEW_PASSPHRASE).status_code == 409
    assert guest.sends(path, password=NEW_PASSPHRASE, code=recovery[0]).status_code == 303
    assert staff.actor(signed_in.token) is None
    assert person(staff, "nora").has_code

    lost = link_on(admin.sends(f"/people/{nora.public_id}/link", clears_code="yes")).removeprefix("http://127.0.0.1:8000")
    assert guest.sends(lost, password=PASSPHRASE).status_code == 303
    assert not person(staff, "nora").has_code


def test_first_run_makes_the_administrator_once_for_whoever_can_read_the_servers_log(staff: Staff) -> None:
    browser = Browser(app_of(staff))
    code = staff.database.run(lambda db: admitting.first_code(db, staff.means))
    assert code
    first = {"handle": "ada", "given_name": "Ada", "family_name": "Young", "password": NEW_PASSPHRASE}

    assert browser.opens("/sign-in").headers["location"] == "/first-run"
    assert browser.opens("/first-run").status_code == 200
    assert browser.sends("/first-run", **first, first_code="a guess").status_code == 422
    assert browser.sends("/first-run", **first, first_code=code).status_code == 303

    assert browser.is_in
    assert roles(staff, person(staff, "ada")) == {"main": {Role.ADMIN}, "east": {Role.ADMIN}}
    assert Browser(browser.app).opens("/first-run").status_code == 404
    assert Browser(browser.app).sends("/first-run", **{**first, "handle": "eve"}, first_code=code).status_code == 404
    assert staff.database.run(lambda db: admitting.first_code(db, staff.means)) is None


def test_own_password_is_changed_by_whoever_knows_the_present_one(staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    browser, other = Browser(app_of(staff)), staff.sign_in(nora)
    browser.signs_in(nora)

    assert browser.sends("/account/password", current="wrong words", password=NEW_PASSPHRASE).status_code == 422
    assert browser.sends("/account/password", current=PASSPHRASE, password="too short").status_code == 422
    before = staff.actor(other.token)
    assert browser.sends("/account/password", current=PASSPHRASE, password=NEW_PASSPHRASE).status_code == 303

    assert (before is None, staff.actor(other.token) is None) == (False, True)
    assert browser.is_in
    assert Browser(browser.app).signs_in(nora).status_code == 401
    assert Browser(browser.app).signs_in(nora, NEW_PASSPHRASE).status_code == 303


def test_codes_are_set_up_and_switched_off_under_my_account(staff: Staff) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    browser = Browser(app_of(staff))
    browser.signs_in(nora)

    page = browser.opens("/account/codes")
    wrong = browser.sends("/account/codes", sealed=hidden(page, "sealed"), code="000000")
    assert wrong.status_code == 422
    assert browser.sends("/account/codes", sealed=hidden(wrong, "sealed"), code=code_of(page, staff)).status_code == 200
    assert browser.signs_in(nora).status_code == 200

    assert browser.sends("/account/codes/remove", current="wrong words").status_code == 422
    assert browser.sends("/account/codes/remove", current=PASSPHRASE).status_code == 303
    assert not person(staff, "nora").has_code


def test_page_tells_nobody_what_else_is_sealed(staff: Staff) -> None:
    nora, adam = staff.add("nora", main={Role.NURSE}), staff.add("adam", main={Role.ADMIN})
    browser = Browser(app_of(staff))
    means = browser.app.state.means
    seed, _ = staff.with_code(adam, means)
    with staff.database.reading() as db:
        sealed = db.execute(text("SELECT code_seed FROM account WHERE handle = 'adam'")).scalar_one()
    browser.signs_in(nora)

    answer = browser.sends("/account/codes", sealed=bytes(sealed).decode(), code="000000")

    assert means.keys.unseal(bytes(sealed)).decode() == seed
    assert answer.status_code == 422
    assert seed not in answer.text.replace(" ", "")


def test_glass_is_broken_for_an_hour_and_everybody_who_must_is_told(staff: Staff, admin: Browser) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    nurse = Browser(admin.app)
    nurse.signs_in(nora)
    main = site(staff, "main")

    assert nurse.sends("/glass", site=main, reason="too short").status_code == 422
    assert nurse.sends("/glass", site=site(staff, "east"), reason="a patient fell in the hall").status_code == 404
    assert nurse.sends("/glass", site=main, reason="a patient fell in the hall").status_code == 303
    assert admin.sends("/glass", site=main, reason="I am only curious about it").status_code == 403

    assert "You have broken the glass" in nurse.opens("/account").text
    assert admin.asks("/sign-in/state").json()["told"] == 1
    page = admin.opens("/glass")
    assert "a patient fell in the hall" in page.text
    seen = re.search(r"/glass/(g_[a-z0-9]+)/seen", page.text)
    assert seen
    admin.sends(f"/glass/{seen[1]}/seen")
    assert admin.asks("/sign-in/state").json()["told"] == 0

    actor = staff.actor(nurse.client.cookies["chairtime"])
    assert actor is not None
    assert len(actor.broken_glass) == 1
    staff.clock.step(timedelta(minutes=60))
    after = staff.actor(nurse.client.cookies["chairtime"])
    assert after is not None
    assert after.broken_glass == frozenset()


def test_trail_tells_of_every_sign_in_lock_and_change_of_an_account(staff: Staff, admin: Browser) -> None:
    nora = staff.add("nora", main={Role.NURSE})
    browser = Browser(admin.app)
    browser.signs_in(nora, "wrong words")
    browser.signs_in(nora)
    browser.tells("/sign-in/lock")
    browser.tells("/sign-in/unlock", proof="wrong words")
    browser.tells("/sign-in/unlock", proof=PASSPHRASE)
    browser.sends("/sign-in/out")
    admin.sends(f"/people/{nora.public_id}/disable")

    with staff.database.reading() as db:
        rows = db.execute(
            text("SELECT action, outcome, actor_id FROM audit_event WHERE category IN ('access', 'accounts') ORDER BY seq")
        ).all()
        everything = repr(db.execute(text("SELECT * FROM audit_event")).all())

    told = [(action, outcome) for action, outcome, _ in rows][-7:]
    assert told == [
        ("sign_in", "denied"),
        ("sign_in", "done"),
        ("lock", "done"),
        ("unlock", "denied"),
        ("unlock", "done"),
        ("sign_out", "done"),
        ("POST /people/{person}/disable", "done"),
    ]
    assert "wrong words" not in everything
    assert PASSPHRASE not in everything
