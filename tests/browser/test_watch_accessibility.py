"""The pages of a watched visit, in light and dark and at each size: no fault that axe can find, and none wider than the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_accessibility import faults
from tests.browser.wards import TABLET, Ward, tablet

pytestmark = pytest.mark.browser

SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}


@pytest.mark.parametrize("size", ["phone", pytest.param("desk", marks=pytest.mark.soak), pytest.param("tablet", marks=pytest.mark.soak)])
def test_no_page_of_a_visit_has_a_fault(ward: Ward, browser: Browser, size: str) -> None:
    found = {}
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
        ):
            page.goto(address)
            page.wait_for_timeout(500)
            if some := faults(page):
                found[address] = some
    assert found == {}
