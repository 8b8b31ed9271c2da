"""Passkeys in a real browser with a key of its own: making, signing in, unlocking, proving again; and the way to the sign-in service."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from playwright.sync_api import expect as must
from pydantic import SecretStr

from scheduler import admitting, signing_in
from scheduler.access.actor import Strength
from scheduler.access.role import Role
from scheduler.app import create_app
from scheduler.clock import SettableClock, SystemClock
from scheduler.database import Database
from scheduler.proving import Hasher
from scheduler.settings import Settings
from tests.accounts.providers import CLIENT, LABEL, SECRET, running_service
from tests.browser.clinic import BrowserClinic
from tests.browser.conftest import BLANK, DESK, PHONE, TABLET, _wait_for, leave, listening_socket
from tests.browser.test_accessibility import faults

pytestmark = pytest.mark.browser


@dataclass
class House:
    """A server at an address that passkeys are kept for, and Nora, who works there."""

    address: str
    database: Database
    clock: SettableClock
    clinic: BrowserClinic
    nora: int

    def token(self) -> str:
        clock = self.clock
        with self.database.transaction() as db:
            opened = signing_in.open_login(
                db,
                self.nora,
                strength=Strength.TWO_FACTORS,
                device="desk",
                source="127.0.0.1",
                label="Chrome",
                now=clock.now(),
                new_id=clock.new_id,
                new_secret=clock.new_secret,
            )
        return opened.token

    def sign_in(self, context: BrowserContext) -> None:
        """As if by a password."""
        context.add_cookies([{"name": "chairtime", "value": self.token(), "url": self.address, "httpOnly": True, "sameSite": "Lax"}])


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_service() as issuer:
        yield issuer


@pytest.fixture
def house(built: tuple[Path, BrowserClinic], tmp_path: Path, browser: Browser, issuer: str) -> Iterator[House]:
    template, clinic = built
    database = Database(f"sqlite:///{shutil.copyfile(template, tmp_path / 'chairtime.db')}")
    clock = SettableClock(SystemClock().now())
    with database.transaction() as db:
        nora = admitting.add_account(
            db,
            handle="nora",
            given_name="Nora",
            family_name="Moss",
            roles={clinic.site: {Role.NURSE}},
            password="seven kind herons wade",
            hasher=Hasher(rounds=1, memory_kib=32),
            now=clock.now(),
            new_id=clock.new_id,
        )
    with listening_socket() as listening:
        address = f"http://localhost:{listening.getsockname()[1]}"
        settings = Settings(
            database_url=database.url,
            password_rounds=1,
            password_memory_kib=32,
            public_address=address,
            oidc_issuer=issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SecretStr(SECRET),
            oidc_label=LABEL,
        )
        app = create_app(settings, clock, database)
        server = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        _wait_for(server)
        yield House(address, database, clock, clinic, nora.id)
        leave(browser)
        server.should_exit = True
        thread.join()
    database.dispose()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that holds no cookie of ours."""
    width, height = DESK
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-US")
    opened = context.new_page()
    faulty: list[str] = []
    opened.on("pageerror", lambda error: faulty.append(str(error)))
    opened.set_default_timeout(15_000)
    yield opened
    context.close()
    assert faulty == []


@dataclass
class Key:
    """The browser's own key."""

    page: Page

    def __post_init__(self) -> None:
        self._line = self.page.context.new_cdp_session(self.page)
        self._line.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self._id = self._line.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def is_of_its_owner(self, verified: bool) -> None:
        """Whether the finger on it is the right one."""
        self._line.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": verified})


@pytest.fixture
def key(page: Page) -> Key:
    return Key(page)


def add_passkey(page: Page, house: House, name: str = "Desk at the window") -> None:
    house.sign_in(page.context)
    page.goto(f"{house.address}/account")
    page.get_by_label("Name of the new passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    must(listed(page, name)).to_be_visible()


def forget(page: Page) -> None:
    """Be nobody any more. A page that is still open would notice, and go to the door by itself at any moment."""
    page.goto(BLANK)
    page.context.clear_cookies()


def listed(page: Page, name: str) -> Locator:
    return page.locator("#passkeys summary").filter(has_text=name)


@pytest.mark.usefixtures("key")
def test_passkey_is_made_and_signs_in(page: Page, house: House) -> None:
    add_passkey(page, house)
    forget(page)
    page.goto(f"{house.address}/sign-in?next=/patients")

    page.get_by_role("button", name="Sign in with a passkey").click()

    page.wait_for_url(f"{house.address}/patients")


@pytest.mark.usefixtures("key")
def test_passkey_is_shown_by_keyboard_alone(page: Page, house: House) -> None:
    add_passkey(page, house)
    forget(page)
    page.goto(f"{house.address}/sign-in")
    button = page.get_by_role("button", name="Sign in with a passkey")
    page.locator("#handle:focus").wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break

    page.keyboard.press("Enter")

    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_wrong_finger_is_told_in_words(page: Page, house: House, key: Key) -> None:
    add_passkey(page, house)
    forget(page)
    key.is_of_its_owner(False)
    page.goto(f"{house.address}/sign-in")

    page.get_by_role("button", name="Sign in with a passkey").click()

    must(page.get_by_text("No passkey was used. Try again, or choose another way.")).to_be_visible()


@pytest.mark.usefixtures("key")
def test_one_device_holds_one_passkey_of_a_person(page: Page, house: House) -> None:
    add_passkey(page, house)
    page.get_by_label("Name of the new passkey").fill("Once more")
    page.get_by_role("button", name="Add a passkey").click()

    must(page.get_by_text("This device holds a passkey for you here already.")).to_be_visible()


@pytest.mark.usefixtures("key")
def test_passkey_is_renamed_and_removed(page: Page, house: House) -> None:
    add_passkey(page, house)
    listed(page, "Desk at the window").click()
    page.get_by_label("Name", exact=True).fill("Desk 2")
    page.get_by_role("button", name="Rename").click()
    must(listed(page, "Desk 2")).to_be_visible()
    listed(page, "Desk 2").click()

    page.get_by_role("button", name="Remove Desk 2").click()

    must(page.locator("#passkeys").get_by_text("None yet.")).to_be_visible()


@pytest.mark.usefixtures("key")
def test_locked_screen_keeps_what_was_typed_and_is_unlocked_by_a_passkey(page: Page, house: House) -> None:
    add_passkey(page, house)
    page.goto(f"{house.address}/patients")
    page.get_by_label("Given name").fill("Anat")
    page.keyboard.press("Escape")
    house.clock.step(timedelta(minutes=16))
    page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    dialog = page.get_by_role("dialog", name="Locked")
    must(dialog).to_be_visible()

    dialog.get_by_role("button", name="Unlock with a passkey").click()

    must(dialog).to_be_hidden()
    must(page.get_by_label("Given name")).to_have_value("Anat")


@pytest.mark.usefixtures("key")
def test_fresh_proof_by_a_passkey_leads_back(page: Page, house: House) -> None:
    add_passkey(page, house)
    house.clock.step(timedelta(minutes=6))
    page.get_by_label("Name of the new passkey").fill("Second")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url(f"{house.address}/prove?next=%2Faccount")

    page.get_by_role("button", name="Use a passkey").click()

    page.wait_for_url(f"{house.address}/account")


def test_browser_without_passkeys_offers_none(page: Page, house: House) -> None:
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(f"{house.address}/sign-in")

    must(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    must(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_service_is_connected_and_signs_in(page: Page, house: House) -> None:
    house.sign_in(page.context)
    page.goto(f"{house.address}/account")
    page.get_by_role("button", name=f"Connect {LABEL}").click()
    sign_in_there(page, "4711")
    must(page.get_by_text(f"You can sign in with {LABEL}.")).to_be_visible()
    forget(page)
    page.goto(f"{house.address}/sign-in?next=/patients")

    page.get_by_role("button", name=f"Sign in with {LABEL}").click()
    sign_in_there(page, "4711")

    page.wait_for_url(f"{house.address}/patients")


def test_service_that_says_no_is_told(page: Page, house: House) -> None:
    page.goto(f"{house.address}/sign-in")
    page.get_by_role("button", name=f"Sign in with {LABEL}").click()
    page.locator("button[value=deny]").click()

    must(page.get_by_text(f"{LABEL} has not shown who you are.")).to_be_visible()


def sign_in_there(page: Page, person: str) -> None:
    page.locator("input[name=sub]").fill(person)
    page.locator("input[name=sub]").press("Enter")


@pytest.mark.parametrize("size", [DESK, PHONE, pytest.param(TABLET, marks=pytest.mark.soak)], ids=["desk", "phone", "tablet"])
@pytest.mark.usefixtures("key")
def test_pages_with_passkeys_have_no_fault(page: Page, house: House, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    add_passkey(page, house)
    listed(page, "Desk at the window").click()
    found = {"account": faults(page)}
    forget(page)
    page.goto(f"{house.address}/sign-in")
    found["sign-in"] = faults(page)

    assert found == {"account": [], "sign-in": []}
