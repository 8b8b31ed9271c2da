"""The network goes away: what was written waits in sight and goes with its own time, in order, once; a press is not sent nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, expect

from courses.checklists.entry import Entry, EntryKind
from courses.queries.charts import SessionChart, chart_of
from tests.browser.wards import Ward, tablet

pytestmark = pytest.mark.browser


def chart(ward: Ward, given: str) -> SessionChart:
    with ward.database.reading() as db:
        return chart_of(db, ward.clinic.sessions[given])


def entries(ward: Ward, given: str, item: str) -> list[Entry]:
    return [entry for entry in chart(ward, given).entries if entry.item == item]


def write(page: Page, item: str, value: int) -> None:
    page.locator(f"[name={item}]").fill(str(value))
    page.keyboard.press("Enter")


def test_two_tablets_that_are_away_at_once_both_stand_with_their_own_times(shift: Ward, browser: Browser) -> None:
    now = shift.clock.now()
    with tablet(browser, shift) as one, tablet(browser, shift) as two:
        for page in (one, two):
            page.clock.install(time=now)
            page.goto(shift.sheet("Bo"))
            expect(page.locator("[data-line-lost]")).to_be_hidden()
            page.context.set_offline(True)
            expect(page.locator("[data-line-lost]")).to_contain_text("The server cannot be reached")
        for page, values in ((one, (61, 62, 63)), (two, (71, 72))):
            for value in values:
                write(page, "heart-rate", value)
            expect(page.locator("[data-outbox]")).to_contain_text(f"{len(values)} entries wait for the network")
            expect(page.get_by_text("entries wait for the network")).to_be_visible()
        shift.clock.set(now + timedelta(seconds=30))
        for page in (two, one):
            page.clock.run_for(30_000)
            page.context.set_offline(False)
            page.clock.run_for(3_000)
            expect(page.locator("[data-outbox]")).to_be_hidden()
            expect(page.locator("[data-line-lost]")).to_be_hidden()
        for page in (one, two):
            expect(page.locator("#item-heart-rate .readings li")).to_have_count(5)
    saved = entries(shift, "Bo", "heart-rate")
    shift.clock.set(now)
    assert [entry.value for entry in saved] == [71, 72, 61, 62, 63]
    assert all(entry.observed_at - now < timedelta(seconds=15) and entry.kind is EntryKind.ORIGINAL for entry in saved)
    assert all(entry.recorded_at - now >= timedelta(seconds=30) for entry in saved)


def test_signature_that_is_pressed_without_network_is_not_lost_and_not_made_twice(shift: Ward, browser: Browser) -> None:
    with tablet(browser, shift) as page:
        page.goto(f"{shift.sheet('Cleo')}/sign")
        page.context.set_offline(True)
        sign = page.get_by_role("button", name="Sign this").first
        sign.tap()
        expect(page.locator("[data-unreached]")).to_contain_text("Nothing was sent")
        page.get_by_role("link", name="Sheet of Cleo Haddad").tap()
        expect(page.locator("[data-unreached]")).to_have_count(1)
        page.context.set_offline(False)
        lost: list[int] = []

        def lose_answer(route: Route) -> None:
            if route.request.method == "POST" and not lost:
                lost.append(route.fetch(max_redirects=0).status)
                route.abort()
            else:
                route.continue_()

        page.route("**/sheet/sign", lose_answer)
        with page.expect_event("requestfailed"):
            sign.tap()
        again = page.context.new_page()
        again.goto(f"{shift.sheet('Cleo')}/sign")
        expect(again.locator("main")).to_contain_text("Signed by Robin Vale")
    assert lost == [303]
    assert [each.meaning for each in chart(shift, "Cleo").signatures] == ["monitored"]


def test_window_is_not_closed_over_what_waits_without_a_question(shift: Ward, browser: Browser) -> None:
    with tablet(browser, shift) as page:
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        page.on("dialog", stay)
        page.goto(shift.sheet("Dan"))
        page.context.set_offline(True)
        page.locator("[name=heart-rate]").tap()
        page.keyboard.type("68")
        page.keyboard.press("Enter")
        expect(page.locator("[data-outbox]")).to_contain_text("1 entry waits for the network")
        page.close(run_before_unload=True)
        expect(page.locator("[data-outbox]")).to_be_visible()
        page.context.set_offline(False)
        expect(page.locator("#item-heart-rate .readings")).to_contain_text("68")
        expect(page.locator("[data-outbox]")).to_be_hidden()
    assert asked == ["beforeunload"]
    assert [entry.value for entry in entries(shift, "Dan", "heart-rate")] == [68]


def test_server_that_does_not_answer_is_asked_again_with_the_same_entry(shift: Ward, browser: Browser) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with tablet(browser, shift) as page:
        page.clock.install(time=shift.clock.now())
        page.goto(shift.sheet("Eve"))
        page.route("**/entries", hold, times=1)
        write(page, "heart-rate", 69)
        page.clock.run_for(4_000)
        expect(page.locator("[data-outbox]")).to_contain_text("1 entry waits for the network")
        expect(page.locator("#item-heart-rate .readings")).to_contain_text("69", timeout=40_000)
        expect(page.locator("[data-outbox]")).to_be_hidden()
    assert [entry.value for entry in entries(shift, "Eve", "heart-rate")] == [69]
