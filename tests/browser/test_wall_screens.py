"""A screen on a wall shows the wallboard by its own address, with nobody signed in, until the address is revoked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK
from tests.browser.test_accessibility import faults
from tests.browser.wards import Ward, tablet
from tests.browser.watched import NOW

pytestmark = pytest.mark.browser
NAMES = ("Bo", "Lindqvist", "1971", "Watched", "124/78")


def made(page: Page, ward: Ward) -> str:
    """The address of a screen that an administrator just made."""
    page.goto(f"{ward.address}/sites/{ward.clinic.site}/screens")
    page.get_by_label("Where it hangs").fill("Nurses' station")
    page.get_by_role("button", name="Make the address").click()
    address = page.locator("#address").input_value()
    return ward.address + address[address.index("/screens/") :]


def test_screen_on_the_wall_goes_with_the_day_and_goes_dark_when_it_is_revoked(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward, size=DESK, touch=False) as page:
        address = made(page, ward)
        stranger = browser.new_context(viewport={"width": 1366, "height": 900}, reduced_motion="reduce")
        wall = stranger.new_page()
        wall.goto(address)
        expect(wall.locator(".wall")).to_contain_text("BL")
        assert not any(name in wall.content() for name in NAMES)
        with ward.database.transaction() as db:
            ward.clinic.attend(db, "Finn", ("start",), NOW)
        expect(wall.locator(".wall li", has_text="FM")).to_contain_text("In treatment", timeout=5_000)
        assert faults(wall) == []

        page.goto(f"{ward.address}/sites/{ward.clinic.site}/screens")
        expect(page.locator("tbody tr")).to_contain_text("Nurses' station")
        assert address.rsplit("/", 1)[1] not in page.content()
        page.get_by_role("button", name="Revoke").click()
        expect(page.locator("tbody")).to_contain_text("revoked")
        expect(wall.locator(".wall")).to_have_count(0, timeout=10_000)
        for path in ("/", f"/sites/{ward.clinic.site}/wallboard", f"/sites/{ward.clinic.site}/observations", "/patients"):
            wall.goto(ward.address + path)
            assert "/sign-in" in wall.url
        stranger.close()
