"""Where a person arrives who opens Chairtime."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Page

from tests.browser.conftest import Served


def test_a_working_day_opens_its_own_board(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/")

    assert page.locator("h1 time").get_attribute("datetime") == "2026-11-23"


def test_a_closed_day_opens_the_board_of_the_next_open_one(page: Page, served: Served) -> None:
    served.clock.set(datetime(2026, 11, 21, 15, 0, tzinfo=UTC))

    page.goto(f"{served.address}/")

    assert page.locator("h1 time").get_attribute("datetime") == "2026-11-23"
