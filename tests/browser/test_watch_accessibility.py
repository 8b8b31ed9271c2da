"""The pages of a watched visit, in light and dark and at each size: no fault that axe can find, and none wider than the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_accessibility import faults
from tests.browser.test_two_servers import put_on_a_list
from tests.browser.wards import TABLET, Ward, tablet
from tests.browser.watched import NOW

pytestmark = pytest.mark.browser

SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}


def first_links(page: Page, ward: Ward, start: str, part: str) -> list[str]:
    """The first link of a page that leads to such an address."""
    page.goto(start if start.startswith("http") else ward.address + start)
    return [page.locator(f"main a[href*='{part}']").first.evaluate("link => link.href")]


@pytest.mark.parametrize("size", ["phone", pytest.param("desk", marks=pytest.mark.soak), pytest.param("tablet", marks=pytest.mark.soak)])
def test_no_page_of_a_visit_has_a_fault(ward: Ward, browser: Browser, size: str) -> None:
    found = {}
    with ward.database.transaction() as db:
        put_on_a_list(db, ward.clinic)
    with tablet(browser, ward, size=SIZES[size], touch=size != "desk") as page:
        for address in (
            ward.observations,
            ward.observations.replace("observations", "wallboard"),
            ward.sheet("Bo"),
            ward.sheet("Finn"),
            ward.sheet("Ana") + "/release",
            ward.sheet("Ana") + "/sign",
            ward.sheet("Ana") + "/history",
            ward.sheet("Ana") + "/stop",
            ward.sheet("Eve") + "/override?gate=before-the-minimum&verb=release",
            f"{ward.address}/sites/{ward.clinic.site}/lists/{NOW.date()}",
            f"{ward.address}/sites/{ward.clinic.site}/screens",
            f"{ward.address}/checklists",
            *first_links(page, ward, "/checklists", "/checklists/"),
            *first_links(page, ward, ward.sheet("Bo"), "/entries/"),
        ):
            page.goto(address)
            page.wait_for_timeout(500)
            if some := faults(page):
                found[address] = some
    assert found == {}
