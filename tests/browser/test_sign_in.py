"""Signing in, locking and switching in a real browser, by the keyboard alone; and what axe finds on those pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Response, expect

from rooms import queries as rooms_queries
from rooms.base import NewId
from scheduler import admitting
from scheduler.access.role import Role
from tests.accounts.staff import PASSPHRASE, QUICK
from tests.browser.conftest import DESK, PHONE, TABLET, Served
from tests.browser.test_accessibility import RULES, VIOLATIONS

pytestmark = pytest.mark.browser

SIZES = [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone"), pytest.param(TABLET, id="tablet", marks=pytest.mark.soak)]


@pytest.fixture
def staffed(served: Served) -> Served:
    """The clinic with Nora, its administrator and nurse, and Jo of the front desk, who have passwords."""
    with served.database.transaction() as db:
        site = rooms_queries.site(db, served.clinic.site).public_id
        for handle, family_name, roles in (("nora", "Blackwood", {Role.ADMIN, Role.NURSE}), ("jo", "Vale", {Role.FRONT_DESK})):
            admitting.add_account(
                db,
                handle=handle,
                given_name=handle.title(),
                family_name=family_name,
                roles={site: roles},
                password=PASSPHRASE,
                hasher=QUICK,
                now=served.clock.now(),
                new_id=named(handle),
            )
    return served


def named(handle: str) -> NewId:
    """Public ids that a test can type."""
    return lambda prefix: prefix + handle


@pytest.fixture
def stranger(blank: Page, request: pytest.FixtureRequest) -> Page:
    """A page of somebody who has not signed in."""
    width, height = getattr(request, "param", DESK)
    blank.set_viewport_size({"width": width, "height": height})
    return blank


def signs_in(page: Page, handle: str = "nora") -> None:
    """By the keyboard alone, from where the page puts the focus: that comes after the page itself."""
    page.locator("#handle:focus").wait_for()
    page.keyboard.type(handle)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSPHRASE)
    page.keyboard.press("Enter")


def unlocks(page: Page, proof: str = PASSPHRASE) -> None:
    page.locator("#lock[open] #lock-proof:focus").wait_for()
    page.keyboard.type(proof)
    page.keyboard.press("Enter")


def test_signing_in_by_the_keyboard_leads_to_the_board(staffed: Served, stranger: Page) -> None:
    stranger.goto(staffed.address)
    assert stranger.url.startswith(f"{staffed.address}/sign-in")

    signs_in(stranger)

    stranger.wait_for_url(f"{staffed.board}*")
    assert stranger.locator("details.me summary").get_attribute("aria-label") == "Nora Blackwood: account"


def test_wrong_password_leaves_the_name_and_puts_the_focus_into_the_password(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in")
    stranger.locator("#handle:focus").wait_for()
    stranger.keyboard.type("nora")
    stranger.keyboard.press("Tab")
    stranger.keyboard.type("wrong words")
    stranger.keyboard.press("Enter")

    stranger.wait_for_selector("[role=alert]")

    expect(stranger.locator("#password")).to_be_focused()
    assert stranger.input_value("#handle") == "nora"
    assert stranger.input_value("#password") == ""


def test_locking_keeps_what_was_typed_and_hides_it(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in?next=/patients")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.address}/patients")
    stranger.fill("#family_name", "Half a name")
    stranger.focus("#given_name")
    stranger.locator("h1").click()

    with stranger.expect_response(f"{staffed.address}/sign-in/lock"):
        stranger.keyboard.press("l")
    stranger.wait_for_selector("#lock[open]")
    assert "blur" in stranger.evaluate("getComputedStyle(document.querySelector('main')).filter")
    expect(stranger.locator("#lock-proof")).to_be_focused()
    stranger.keyboard.press("Escape")
    assert stranger.locator("#lock").is_visible()
    assert stranger.request.get(f"{staffed.address}/api/v1/me").status == 401

    unlocks(stranger)
    stranger.wait_for_selector("#lock", state="hidden")
    assert stranger.input_value("#family_name") == "Half a name"
    assert stranger.evaluate("getComputedStyle(document.querySelector('main')).filter") == "none"
    assert stranger.request.get(f"{staffed.address}/api/v1/me").status == 200


def test_lock_stays_when_the_line_was_down_at_that_moment(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in?next=/patients")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.address}/patients")
    stranger.context.set_offline(True)
    stranger.locator("h1").click()
    stranger.keyboard.press("l")
    stranger.wait_for_selector("#lock[open]")

    stranger.context.set_offline(False)
    with stranger.expect_response("**/sign-in/state"):
        stranger.evaluate("dispatchEvent(new Event('pageshow'))")

    assert stranger.locator("#lock").is_visible()
    assert stranger.request.get(f"{staffed.address}/api/v1/me").status == 401


def test_letter_l_is_a_letter_where_somebody_types(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in?next=/patients")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.address}/patients")

    stranger.focus("#family_name")
    stranger.keyboard.type("lull")

    assert stranger.input_value("#family_name") == "lull"
    assert stranger.locator("#lock").is_hidden()


def test_wrong_proof_leaves_it_locked_and_says_so(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in?next=/patients")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.address}/patients")
    stranger.locator("[data-lock]").click()

    unlocks(stranger, "wrong words")

    stranger.locator("#lock-fault", has_text="That does not fit").wait_for()
    assert stranger.locator("#lock").is_visible()


def test_idle_page_warns_locks_by_itself_and_a_lock_reaches_every_page(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in?next=/patients")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.address}/patients")
    other = stranger.context.new_page()
    other.goto(f"{staffed.address}/resources")

    staffed.clock.step(timedelta(minutes=14, seconds=30))
    stranger.bring_to_front()
    stranger.evaluate("dispatchEvent(new Event('pageshow'))")
    stranger.wait_for_selector("#lock-warning:not([hidden])")
    staffed.clock.step(timedelta(seconds=31))
    stranger.evaluate("dispatchEvent(new Event('pageshow'))")

    unlocks(stranger)
    stranger.wait_for_selector("#lock", state="hidden")
    stranger.locator("h1").click()
    stranger.keyboard.press("l")
    other.wait_for_selector("#lock[open]")
    unlocks(stranger)
    other.wait_for_selector("#lock", state="hidden")


def test_touching_the_page_at_the_warning_keeps_it_open(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in?next=/patients")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.address}/patients")
    staffed.clock.step(timedelta(minutes=14, seconds=30))
    stranger.evaluate("dispatchEvent(new Event('pageshow'))")
    stranger.wait_for_selector("#lock-warning:not([hidden])")

    stranger.keyboard.press("Shift")

    stranger.wait_for_selector("#lock-warning", state="hidden")
    staffed.clock.step(timedelta(minutes=14))
    assert stranger.request.get(f"{staffed.address}/sign-in/state").json()["state"] == "open"


def test_watching_page_never_tells_the_server_that_somebody_is_there(staffed: Served, stranger: Page) -> None:
    told: list[str] = []
    stranger.goto(f"{staffed.address}/sign-in")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.board}*")

    def note(answer: Response) -> None:
        if answer.request.method == "POST":
            told.append(answer.url)

    stranger.on("response", note)
    for _ in range(16):
        staffed.clock.step(timedelta(minutes=1))
        stranger.evaluate(
            "dispatchEvent(new Event('pageshow')); document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true}))"
        )
        stranger.wait_for_timeout(50)

    stranger.wait_for_selector("#lock[open]")
    assert told == []


def test_somebody_else_takes_over_the_view_with_their_own_rights(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in?next=/patients")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.address}/patients")
    assert stranger.locator("details.me a[href='/people']").count() == 1
    stranger.locator("[data-lock]").click()
    stranger.wait_for_selector("#lock[open]")

    stranger.locator("[data-switch]").click()
    stranger.wait_for_url("**/sign-in?next=%2Fpatients")
    signs_in(stranger, "jo")

    stranger.wait_for_url(f"{staffed.address}/patients")
    assert stranger.locator("details.me summary").get_attribute("aria-label") == "Jo Vale: account"
    assert stranger.locator("details.me a[href='/people']").count() == 0


def test_menu_opens_and_closes_by_the_keyboard_and_signs_out(staffed: Served, stranger: Page) -> None:
    stranger.goto(f"{staffed.address}/sign-in?next=/patients")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.address}/patients")

    stranger.focus("details.me summary")
    stranger.keyboard.press("Enter")
    expect(stranger.locator("details.me .menu")).to_be_visible()
    stranger.keyboard.press("Escape")
    expect(stranger.locator("details.me .menu")).to_be_hidden()
    expect(stranger.locator("details.me summary")).to_be_focused()
    stranger.keyboard.press("Enter")
    expect(stranger.locator("details.me .menu")).to_be_visible()
    stranger.focus("details.me button")
    stranger.keyboard.press("Enter")

    stranger.wait_for_url("**/sign-in")
    assert stranger.request.get(f"{staffed.address}/api/v1/me").status == 401


@pytest.mark.parametrize("stranger", SIZES, indirect=True)
def test_axe_finds_no_fault_and_nothing_overflows_on_the_pages_of_accounts(staffed: Served, stranger: Page) -> None:
    found: list[str] = []

    def look(name: str) -> None:
        stranger.evaluate(AXE_SCRIPT)
        found.extend(f"{name}: {fault}" for fault in stranger.evaluate(VIOLATIONS, RULES))
        if stranger.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{name}: wider than the window")

    stranger.goto(f"{staffed.address}/sign-in")
    look("sign-in")
    signs_in(stranger)
    stranger.wait_for_url(f"{staffed.board}*")
    stranger.goto(f"{staffed.address}/patients")
    stranger.locator("details.me summary").click()
    look("menu")
    for path in ("/account", "/account/codes", "/people", "/people/a_jo", "/people/a_nora", "/glass", "/prove"):
        stranger.goto(staffed.address + path)
        for details in stranger.locator("main details.act summary").all():
            details.click()
        look(path)
    stranger.goto(f"{staffed.address}/people/a_jo")
    stranger.get_by_role("button", name="Make a link for a new password").click()
    link = stranger.input_value("#link")
    look("link")
    stranger.locator("[data-lock]").click()
    stranger.wait_for_selector("#lock[open]")
    look("lock over a page")
    stranger.goto(f"{staffed.address}/patients")
    look("lock")
    stranger.get_by_role("button", name="Sign out").click()
    stranger.wait_for_url("**/sign-in")
    stranger.goto(staffed.address + "/" + link.split("/", 3)[3])
    look("invitation")

    assert found == []
