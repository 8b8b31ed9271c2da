"""Signing in and out by the pages, and what the cookies and the locked screen are worth."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from scheduler.access.role import Role
from scheduler.queries import KnownAccount
from tests.accounts.doors import Browser, app_of, hidden
from tests.accounts.staff import PASSPHRASE, Staff
from tests.databases import postgres_in_soak

pytestmark = postgres_in_soak

HTTPS = "https://chairtime.example"


@pytest.fixture
def nora(staff: Staff) -> KnownAccount:
    return staff.add("nora", main={Role.NURSE})


@pytest.fixture
def browser(staff: Staff, nora: KnownAccount) -> Browser:  # noqa: ARG001  # somebody must be there
    return Browser(app_of(staff))


def test_stranger_is_led_to_the_door_and_back_to_where_they_wanted(browser: Browser, nora: KnownAccount) -> None:
    led = browser.opens("/patients?site=main")
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Fpatients%3Fsite%3Dmain")

    page = browser.opens(led.headers["location"])
    assert hidden(page, "next") == "/patients?site=main"
    answer = browser.signs_in(nora, next="/patients?site=main")

    assert (answer.status_code, answer.headers["location"]) == (303, "/patients?site=main")
    assert browser.opens("/patients").status_code == 200


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-in", "", "/a\nb"]
)
def test_door_leads_to_no_other_house(browser: Browser, nora: KnownAccount, to: str) -> None:
    assert browser.signs_in(nora, next=to).headers["location"] == "/"


def test_wrong_answers_are_the_same_page_for_everybody(browser: Browser, staff: Staff) -> None:
    staff.add("gone", main={Role.NURSE})
    with staff.database.transaction() as db:
        db.execute(text("UPDATE account SET status = 'disabled' WHERE handle = 'gone'"))

    pages = [
        browser.signs_in(handle, password) for handle, password in (("nora", "wrong words"), ("nadi", "wrong words"), ("gone", PASSPHRASE))
    ]

    assert {page.status_code for page in pages} == {401}
    texts = {page.text.replace(name, "nora") for page, name in zip(pages, ("nora", "nadi", "gone"), strict=True)}
    assert len(texts) == 1
    assert "wrong words" not in texts.pop()
    assert not browser.is_in


def test_too_many_wrong_ones_must_wait_and_the_header_says_how_long(browser: Browser) -> None:
    answers = [browser.signs_in("nora", f"guess number {guess}") for guess in range(7)]

    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "2")
    assert "do not go together" in answers[-1].text


def test_cookies_on_https_are_of_this_host_only_and_out_of_reach_of_scripts(staff: Staff, nora: KnownAccount) -> None:
    browser = Browser(app_of(staff, address=HTTPS), HTTPS)

    cookies = browser.signs_in(nora).headers.get_list("set-cookie")

    assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-chairtime", "__Host-chairtime-device"]
    for cookie in cookies:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)
    assert browser.is_in


def test_signing_out_makes_the_token_worthless(browser: Browser, nora: KnownAccount) -> None:
    browser.signs_in(nora)
    token = browser.client.cookies["chairtime"]

    assert browser.sends("/sign-in/out").headers["location"] == "/sign-in"

    browser.client.cookies.set("chairtime", token)
    assert not browser.is_in


def test_token_of_a_browser_serves_nobody_who_has_not_got_it(browser: Browser, nora: KnownAccount) -> None:
    browser.signs_in(nora)

    assert not Browser(browser.app).is_in
    other = Browser(browser.app)
    other.client.cookies.set("chairtime", browser.client.cookies["chairtime"][:-1])
    assert not other.is_in


def test_code_is_asked_for_before_anybody_is_in(browser: Browser, staff: Staff, nora: KnownAccount) -> None:
    _, recovery = staff.with_code(nora)
    staff_app = browser.app.state.means
    staff_app.keys = staff.means.keys  # the seed was sealed with these

    page = browser.signs_in(nora)

    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    assert not browser.is_in
    wrong = browser.sends("/sign-in/code", owed=hidden(page, "owed"), code="000000", next="/patients")
    assert wrong.status_code == 401
    assert browser.sends("/sign-in/code", owed=hidden(wrong, "owed"), code=recovery[0], next="/patients").headers["location"] == "/patients"
    assert browser.is_in


def test_polling_for_twenty_minutes_locks_all_the_same(browser: Browser, staff: Staff, nora: KnownAccount) -> None:
    browser.signs_in(nora)

    for _ in range(20 * 60 // 10):
        staff.later(seconds=10)
        browser.asks("/sign-in/state")
        seen = browser.asks("/sites/main/board")

    assert browser.asks("/sign-in/state").json()["state"] == "locked"
    assert seen.status_code == 401
    assert "main" not in seen.text.lower()


def test_no_guessed_parameter_keeps_a_sign_in_awake(browser: Browser, staff: Staff, nora: KnownAccount) -> None:
    browser.signs_in(nora)
    words = ("keepalive", "skip_timeout_reset", "active", "refresh", "auto", "touch", "extend", "user", "human", "ping")
    forms = ("{}", "{}=1", "{}=true", "no_{}=1", "_{}=1", "{}[]=1", "x-{}=yes", "{}=0", "{}=false", "is_{}=1")
    guesses = [form.format(word) + f"&{number}" for word in words for form in forms for number in range(2)]
    assert len(guesses) == 200

    for number, guess in enumerate(guesses):
        staff.later(seconds=5)
        browser.asks(f"/{('sign-in/state', 'sites/main/board', 'api/v1/me')[number % 3]}?{guess}")

    assert browser.asks("/sign-in/state").json()["state"] == "locked"


def test_real_touches_keep_it_awake_until_the_twelve_hours_are_over(browser: Browser, staff: Staff, nora: KnownAccount) -> None:
    browser.signs_in(nora)

    for _ in range(12 * 6 - 1):
        staff.later(minutes=10)
        assert browser.tells("/sign-in/active").status_code == 204
    assert browser.is_in
    staff.later(minutes=10)

    assert not browser.is_in


def test_touch_does_not_wake_a_locked_screen(browser: Browser, staff: Staff, nora: KnownAccount) -> None:
    browser.signs_in(nora)
    staff.later(minutes=15)

    assert browser.tells("/sign-in/active").status_code == 401
    assert browser.asks("/sign-in/state").json()["state"] == "locked"


def test_locked_screen_shows_and_does_nothing_until_its_own_person_unlocks_it(browser: Browser, nora: KnownAccount) -> None:
    browser.signs_in(nora)
    browser.tells("/sign-in/lock")

    led = browser.opens("/patients")
    assert (led.status_code, led.headers["location"]) == (303, "/lock?next=%2Fpatients")
    page = browser.opens(led.headers["location"])
    assert "Nora Moss" in page.text
    assert "Main Street" not in page.text
    assert browser.asks("/api/v1/me").json()["code"] == "locked"

    assert browser.tells("/sign-in/unlock", proof="wrong words").status_code == 401
    assert browser.tells("/sign-in/unlock", proof=PASSPHRASE).status_code == 204
    assert browser.is_in


def test_warning_tells_how_long_is_left(browser: Browser, staff: Staff, nora: KnownAccount) -> None:
    browser.signs_in(nora)
    staff.later(minutes=14, seconds=10)

    state = browser.asks("/sign-in/state").json()

    assert (state["state"], state["locks_in"], state["warn_at"]) == ("open", 50, 60)


def test_somebody_else_takes_the_place_with_their_own_rights_only(browser: Browser, staff: Staff, nora: KnownAccount) -> None:
    adam = staff.add("adam", east={Role.ADMIN})
    browser.signs_in(nora)
    token = browser.client.cookies["chairtime"]
    browser.tells("/sign-in/lock")

    browser.signs_in(adam)

    me = browser.asks("/api/v1/me").json()
    assert me["handle"] == "adam"
    assert [at["roles"] for at in me["roles"]] == [["admin"]]
    assert staff.actor(token) is None


def test_disabled_person_is_out_at_the_next_request(browser: Browser, staff: Staff, nora: KnownAccount) -> None:
    admin = Browser(browser.app)
    admin.signs_in(staff.add("adam", main={Role.ADMIN}))
    browser.signs_in(nora)
    before = browser.is_in

    assert admin.sends(f"/people/{nora.public_id}/disable").status_code == 303

    assert (before, browser.is_in) == (True, False)
    assert browser.signs_in(nora).status_code == 401


def test_other_sites_page_cannot_sign_anybody_in_or_out(browser: Browser, nora: KnownAccount) -> None:
    browser.signs_in(nora)

    for path in ("/sign-in", "/sign-in/out", "/sign-in/lock", "/account/password"):
        answer = browser.client.post(path, data={}, headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"})
        assert answer.status_code == 403

    assert browser.is_in


def test_programs_sign_in_by_name_and_password_and_get_a_token(browser: Browser) -> None:
    program = Browser(browser.app).client

    wrong = program.post("/api/v1/sign-in", json={"handle": "nora", "password": "wrong words"})
    right = program.post("/api/v1/sign-in", json={"handle": "nora", "password": PASSPHRASE})

    assert (wrong.status_code, wrong.json()["code"]) == (401, "not_proven")
    bearer = {"Authorization": f"Bearer {right.json()['token']}"}
    assert program.get("/api/v1/me", headers=bearer).json()["handle"] == "nora"
    assert program.post("/api/v1/sign-out", headers=bearer).status_code == 204
    assert program.get("/api/v1/me", headers=bearer).status_code == 401
