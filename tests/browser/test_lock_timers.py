"""A locked screen goes on telling which chairs are watched."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from courses import progressing
from courses.progressing import Moment
from tests.browser.clinic import NOW
from tests.browser.conftest import Served

pytestmark = pytest.mark.browser


def test_lock_hides_the_names_and_not_the_timers(served: Served, page: Page) -> None:
    today = [each for each in served.clinic.courses["Cleo"].live if each.interval and each.interval.starts_at.date() == NOW.date()]
    with served.database.transaction() as db:
        progressing.attend(db, [Moment(today[0].id, verb, NOW) for verb in ("arrive", "start")], by="desk")
    page.goto(f"{served.address}/")
    page.locator("[data-live]").wait_for()
    page.keyboard.press("l")
    page.locator("#lock[open]").wait_for()

    timers = page.locator("#lock [data-timers]")
    expect(timers).to_be_visible()
    expect(timers.locator("li").first).to_contain_text("TMS")
    for name in ("Lopez", "Lindqvist", "Haddad"):
        assert name not in timers.inner_text()


def test_line_that_is_down_is_told_on_the_locked_screen(served: Served, page: Page) -> None:
    page.clock.install()
    page.goto(f"{served.address}/")
    page.locator("[data-live]").wait_for()
    with page.expect_response("**/lock/timers") as heard:
        page.keyboard.press("l")
        page.locator("#lock[open]").wait_for()
    heard.value.finished()
    page.evaluate("new Promise(requestAnimationFrame)")  # what was heard is taken in
    page.route("**/lock/timers", lambda route: route.abort())

    page.clock.fast_forward(60_000)

    expect(page.locator("#lock [data-lost]")).to_be_visible()
