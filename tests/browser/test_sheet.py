"""The session sheet on a tablet: what is written down is saved when a field is left, and never twice; late, doubtful and offline too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect
from sqlalchemy import select, update

from courses.checklists.entry import Entry, EntryKind
from courses.queries.charts import SessionChart, chart_of
from scheduler.records.accounts import AccountRow, LoginRow
from tests.browser.wards import Ward, tablet
from tests.browser.watched import NOW
from tests.signed_in import SECOND

pytestmark = pytest.mark.browser

TOUCHED = ".answer button:visible, .answer input:visible, .keypad button, .quick-answers button, .happened button:visible"
COUNT_TAPS = """() => {
  window.taps = { all: 0, digits: 0, keys: 0 };
  addEventListener("click", event => {
    if (!event.isTrusted) return;
    window.taps[event.target.closest("[data-digit]") ? "digits" : "all"] += 1;
  }, true);
  addEventListener("keydown", event => { if (event.isTrusted) window.taps.keys += 1; }, true);
}"""


@contextmanager
def at_sheet(browser: Browser, ward: Ward, given: str, part: str = "") -> Iterator[Page]:
    """Somebody's sheet, on a tablet whose clock goes with the server's."""
    with tablet(browser, ward) as page:
        page.clock.install(time=NOW)
        page.goto(ward.sheet(given) + part)
        yield page


def chart(ward: Ward, given: str) -> SessionChart:
    with ward.database.reading() as db:
        return chart_of(db, ward.clinic.sessions[given])


def entries(ward: Ward, given: str, item: str) -> list[Entry]:
    return [entry for entry in chart(ward, given).entries if entry.item == item]


def press_digits(page: Page, digits: str) -> None:
    for digit in digits:
        page.locator(f'[data-keypad] [data-digit="{digit}"]').tap()


def is_saved(page: Page, item: str, text: str) -> None:
    expect(page.locator(f"#item-{item} .readings li", has_text=text).last).to_contain_text("saved 10:20:", timeout=10_000)


def let_go(page: Page, held: list[Route], place: int) -> None:
    """Send on what a route holds, once it is there."""
    while len(held) <= place:
        page.wait_for_timeout(20)
    held[place].continue_()


def test_set_of_vitals_takes_one_tap_and_the_digits(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        page.clock.install(time=NOW)
        page.add_init_script(f"({COUNT_TAPS})()")
        page.goto(ward.observations)
        page.locator(".due-list a").first.tap()
        page.wait_for_url("**/sheet#item-systolic")
        expect(page.locator("[name=systolic]")).to_be_focused()
        for digits in ("118", "72", "97", "64"):
            press_digits(page, digits)
        is_saved(page, "heart-rate", "64")
        page.locator("[data-keypad] [data-next]").tap()
        is_saved(page, "systolic", "118 mmHg")
        taps = page.evaluate("window.taps")
    assert taps["digits"] == 9
    assert taps["all"] + 1 <= 4, "the tap on the board was on the page before"
    saved = [entries(ward, "Bo", item)[-1] for item in ("systolic", "diastolic", "spo2", "heart-rate")]
    assert [entry.value for entry in saved] == [118, 72, 97, 64]
    assert saved[0].observed_at == saved[1].observed_at


def test_keys_write_nothing_once_the_last_field_is_saved(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.locator("[name=heart-rate]").tap()
        press_digits(page, "64")
        is_saved(page, "heart-rate", "64")
        digit = page.locator('[data-keypad] [data-digit="7"]')
        expect(digit).to_be_disabled()
        page.locator("[data-keypad] [data-next]").tap()
        expect(digit).to_be_hidden()
        page.locator("[name=spo2]").tap()
        expect(digit).to_be_enabled()
        assert page.locator(".item input").evaluate_all("all => all.filter(each => each.value).length") == 0


def holding(page: Page) -> list[Route]:
    """What is sent from now on, none of it answered."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/entries", hold)
    return held


def test_answer_that_comes_late_does_not_take_the_focus(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        held = holding(page)
        page.locator("[name=systolic]").fill("240")
        page.locator("[name=diastolic]").fill("72")
        page.locator("[name=spo2]").tap()
        press_digits(page, "9")
        expect(page.locator("#item-systolic [data-saved]")).to_contain_text("240 · being saved")
        let_go(page, held, 0)
        expect(page.locator("#item-systolic [data-fault]")).to_contain_text("type it once more")
        expect(page.locator("[data-not-saved]")).to_contain_text("Systolic pressure 240")
        press_digits(page, "7")
        expect(page.locator("[name=diastolic]")).to_have_value("72")
        expect(page.locator("#item-spo2 [data-saved]")).to_contain_text("97 · being saved")
        let_go(page, held, 1)
        is_saved(page, "spo2", "97 %")
        page.clock.run_for(25_000)
        expect(page.locator("#item-systolic [data-fault]")).to_contain_text("240 was not saved")
        expect(page.locator("[name=diastolic]")).to_have_value("72")
        page.unroute_all()
        page.locator("[data-not-saved] a", has_text="Systolic").tap()
        expect(page.locator("[name=systolic]")).to_be_focused()
        press_digits(page, "240")
        page.locator("[data-keypad] [data-next]").tap()
        page.locator("#item-systolic").get_by_role("button", name="Physician told").tap()
        is_saved(page, "systolic", "240")
        expect(page.locator("[data-not-saved]")).to_be_hidden()
    assert [entry.value for entry in entries(ward, "Bo", "diastolic")][-1] == 72


def test_refused_value_is_not_mixed_with_what_is_being_typed(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        held = holding(page)
        page.locator("[name=heart-rate]").fill("301")
        page.keyboard.press("Enter")
        expect(page.locator("#item-heart-rate [data-saved]")).to_contain_text("301 · being saved")
        page.locator("[name=heart-rate]").tap()
        let_go(page, held, 0)
        expect(page.locator("#item-heart-rate [data-fault]")).to_contain_text("301 was not saved.")
        page.unroute_all()
        press_digits(page, "71")
        is_saved(page, "heart-rate", "71")
    assert [entry.value for entry in entries(ward, "Bo", "heart-rate")] == [71]


def test_refused_value_does_not_come_back_over_a_later_one(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        held = holding(page)
        for value in ("301", "71"):
            page.locator("[name=heart-rate]").fill(value)
            page.keyboard.press("Enter")
        let_go(page, held, 0)
        expect(page.locator("#item-heart-rate [data-fault]")).to_contain_text("301 was not saved.")
        expect(page.locator("[name=heart-rate]")).to_have_value("")
        let_go(page, held, 1)
        is_saved(page, "heart-rate", "71")
        expect(page.locator("[data-not-saved]")).to_contain_text("301")
        page.get_by_role("button", name="Put this away").tap()
        expect(page.locator("[data-not-saved]")).to_be_hidden()


def test_tap_is_not_lost_where_the_page_changes_under_the_finger(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Finn") as page:
        button = page.locator("#item-ride").get_by_role("button", name="Arranged", exact=True)
        button.scroll_into_view_if_needed()
        button.hover()
        page.mouse.down()
        with ward.database.transaction() as db:
            ward.clinic.write(db, "Finn", NOW, {"ride": "arranged", "opioids": "no"})
        page.clock.run_for(3000)
        page.wait_for_timeout(1500)
        page.mouse.up()
        expect(page.locator("#item-ride .readings li")).to_have_count(2)
        expect(page.locator("#item-opioids .readings")).to_contain_text("no")
    assert len(entries(ward, "Finn", "ride")) == 2, "the other nurse's, and the one of the tap"


def test_press_before_it_is_said_when_it_happened_waits_in_sight(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Ana") as page:
        page.get_by_role("button", name="Earlier").tap()
        page.locator("#item-instructions-given").get_by_role("button").tap()
        expect(page.locator("#item-instructions-given [data-saved]")).to_contain_text("waits: say when it happened")
        page.locator("[name=systolic]").fill("121")
        page.locator("[name=diastolic]").fill("77")
        page.locator("[name=spo2]").tap()
        page.get_by_role("button", name="15 min ago").tap()
        page.get_by_role("button", name="Busy with another patient").tap()
        expect(page.locator("#item-instructions-given .readings")).to_contain_text("late")
        expect(page.locator("#item-systolic .readings")).to_contain_text("121")
    assert [entry.kind for entry in (entries(ward, "Ana", "instructions-given") + entries(ward, "Ana", "systolic")[-1:])] == [
        EntryKind.LATE
    ] * 2


def test_field_that_is_left_is_saved_and_says_when(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.locator("[name=spo2]").fill("97")
        page.keyboard.press("Tab")
        is_saved(page, "spo2", "97 %")
        expect(page.locator("[name=spo2]")).to_have_value("")
    assert [entry.kind for entry in entries(ward, "Bo", "spo2")[1:]] == [EntryKind.ORIGINAL]


def test_earlier_values_stand_beside_and_never_inside(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        expect(page.locator("#item-systolic .readings")).to_contain_text("124 mmHg")
        assert page.locator(".item input, .item textarea").evaluate_all("all => all.filter(each => each.value).length") == 0


def test_targets_are_large_and_apart(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Finn") as page:
        page.locator("[name=systolic]").tap()
        sizes = page.locator(TOUCHED).evaluate_all(
            "all => all.map(each => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])"
            ".filter(([_, box]) => box.height < 47.9 || box.width < 47.9).map(([html]) => html)"
        )
        gaps = page.locator(".keypad").evaluate("pad => getComputedStyle(pad).gap")
    assert sizes == []
    assert gaps == "8px"


def test_impossible_is_refused_and_unlikely_typed_twice(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        item = page.locator("#item-heart-rate")
        page.locator("[name=heart-rate]").fill("301")
        page.keyboard.press("Tab")
        expect(item.locator("[data-fault]")).to_contain_text("cannot be")
        page.locator("[name=heart-rate]").fill("190")
        page.keyboard.press("Enter")
        expect(item.locator("[data-fault]")).to_contain_text("type it once more")
        page.locator("[name=heart-rate]").fill("190")
        page.keyboard.press("Enter")
        is_saved(page, "heart-rate", "190")


def test_outside_limits_asks_what_was_done_and_shows_it_by_word_and_picture(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.locator("[name=systolic]").fill("168")
        page.locator("[name=diastolic]").fill("82")
        page.keyboard.press("Tab")
        item = page.locator("#item-systolic")
        expect(item.locator("[data-fault]")).to_contain_text("outside the clinic's limits")
        item.get_by_role("button", name="Physician told").tap()
        is_saved(page, "systolic", "168")
        reading = page.locator("#item-systolic .readings .outside")
        expect(reading).to_contain_text("Outside the clinic's limits")
        assert reading.locator("svg").count() == 1
    assert entries(ward, "Bo", "systolic")[-1].action == "physician_told"
    assert entries(ward, "Bo", "diastolic")[-1].value == 82


def test_late_entry_takes_six_taps(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.evaluate(COUNT_TAPS)
        page.get_by_role("button", name="Earlier").tap()
        page.get_by_role("button", name="25 min ago").tap()
        page.get_by_role("button", name="Busy with another patient").tap()
        page.locator("[name=systolic]").tap()
        press_digits(page, "11872")
        page.get_by_role("button", name="Next").tap()
        expect(page.locator("#item-systolic .readings li").last).to_contain_text("late")
        taps = page.evaluate("window.taps")
    assert taps["all"] <= 6
    last = entries(ward, "Bo", "systolic")[-1]
    assert (last.kind, last.reason_code) == (EntryKind.LATE, "busy")
    assert abs(last.observed_at - (NOW - timedelta(minutes=25))) < timedelta(seconds=30)


def test_thirty_seconds_without_network_lose_nothing_and_send_nothing_twice(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.context.set_offline(True)
        for item, value in (("spo2", "96"), ("heart-rate", "71")):
            page.locator(f"[name={item}]").fill(value)
            page.keyboard.press("Tab")
        expect(page.locator("[data-outbox]")).to_contain_text("2 entries wait for the network")
        ward.clock.set(NOW + timedelta(seconds=30))
        page.clock.run_for(30_000)
        expect(page.locator("[data-outbox]")).to_be_visible()
        page.context.set_offline(False)
        page.clock.run_for(5_000)
        expect(page.locator("[data-outbox]")).to_be_hidden()
        expect(page.locator("#item-heart-rate .readings")).to_contain_text("71")
    saved = [entries(ward, "Bo", item)[-1] for item in ("spo2", "heart-rate")]
    assert [entry.value for entry in saved] == [96, 71]
    assert all(entry.observed_at - NOW < timedelta(seconds=5) for entry in saved)
    assert all(entry.recorded_at - NOW >= timedelta(seconds=30) for entry in saved)
    assert len(entries(ward, "Bo", "heart-rate")) == 1


def test_answer_that_was_lost_on_its_way_back_is_not_saved_twice(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        lost: list[APIResponse] = []

        def lose_first(route: Route) -> None:
            if lost:
                route.continue_()
                return
            lost.append(route.fetch())
            route.abort()

        page.route("**/entries", lose_first)
        page.locator("[name=heart-rate]").fill("66")
        page.keyboard.press("Tab")
        expect(page.locator("[data-outbox]")).to_be_visible()
        page.clock.run_for(3_000)
        expect(page.locator("[data-outbox]")).to_be_hidden()
    assert len(lost) == 1
    assert [entry.value for entry in entries(ward, "Bo", "heart-rate")] == [66]


def test_no_value_is_kept_in_the_browser(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.context.set_offline(True)
        page.locator("[name=spo2]").fill("93")
        page.keyboard.press("Tab")
        expect(page.locator("[data-outbox]")).to_be_visible()
        kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not re.search(r"93|Lindqvist", kept)


def test_two_who_write_at_once_both_stand(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.locator("[name=heart-rate]").fill("7")
        with ward.database.transaction() as db:
            ward.clinic.write(db, "Bo", NOW, {"heart-rate": 90, "spo2": 95})
        page.clock.run_for(1000)
        expect(page.locator("#item-spo2 .readings")).to_contain_text("95")
        expect(page.locator("[name=heart-rate]")).to_have_value("7")
        page.locator("[name=heart-rate]").fill("70")
        page.keyboard.press("Tab")
        expect(page.locator("#item-heart-rate .readings")).to_contain_text("90")
        expect(page.locator("#item-heart-rate .readings")).to_contain_text("70")


def test_same_name_asks_for_a_tap_on_the_chair(ward: Ward, browser: Browser) -> None:
    ward.rename("Cleo", "Lindqvist")
    with at_sheet(browser, ward, "Bo") as page:
        which = page.locator("#which")
        expect(which).to_be_visible()
        which.get_by_role("button", name="Recliner 3").tap()
        expect(which).to_contain_text("the other patient's place")
        which.get_by_role("button", name="Recliner 2").tap()
        expect(which).to_be_hidden()


def test_change_of_an_entry_shows_both_and_why(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.locator("[name=heart-rate]").fill("76")
        page.keyboard.press("Tab")
        is_saved(page, "heart-rate", "76")
        page.locator("#item-heart-rate").get_by_role("link", name="Change").click()
        page.get_by_label("It should say, in /min").fill("67")
        page.get_by_label("Mistyped").check()
        page.locator("#amend-why").fill("digits swapped")
        page.get_by_role("button", name="Change it").click()
        reading = page.locator("#item-heart-rate .readings li").last
        expect(reading.locator("s")).to_contain_text("76")
        expect(reading).to_contain_text("67")
        page.goto(ward.sheet("Bo") + "/history")
        expect(page.locator(".is-many")).to_contain_text("Mistyped: digits swapped")


def ended(ward: Ward) -> None:
    """Every sign-in has ended."""
    with ward.database.transaction() as db:
        db.execute(update(LoginRow).values(closed_at=NOW))


def signed_in(page: Page, ward: Ward, login: int = 0) -> None:
    """Somebody signs in again in another window."""
    with ward.database.transaction() as db:
        db.execute(update(LoginRow).values(closed_at=None))
        if login:
            db.execute(update(LoginRow).values(account_id=login))
    page.clock.run_for(5_000)


def test_sign_in_that_ends_amid_vitals_loses_nothing(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        page.locator("[name=spo2]").tap()
        ended(ward)
        press_digits(page, "95")
        page.locator("[name=heart-rate]").fill("6")
        page.evaluate("dispatchEvent(new Event('pageshow'))")
        expect(page.locator("#lock [data-ended]")).to_be_visible()
        assert "/sheet" in page.url
        signed_in(page, ward)
        expect(page.locator("#lock")).to_be_hidden()
        expect(page.locator("#item-spo2 .readings")).to_contain_text("95 %")
    assert [entry.value for entry in entries(ward, "Bo", "spo2")][-1] == 95


def test_what_one_wrote_is_never_saved_as_anothers(ward: Ward, browser: Browser) -> None:
    with at_sheet(browser, ward, "Bo") as page:
        before = len(entries(ward, "Bo", "spo2"))
        held = holding(page)
        page.locator("[name=spo2]").fill("95")
        expect(page.locator("#item-spo2 [data-saved]")).to_contain_text("95 · being saved")
        ended(ward)
        let_go(page, held, 0)
        page.unroute_all()
        page.clock.run_for(3_000)
        with ward.database.reading() as db:
            other = db.scalars(select(AccountRow.id).where(AccountRow.handle == SECOND)).one()
        signed_in(page, ward, other)
        expect(page.locator("#item-spo2 [data-fault]")).to_contain_text("95 was not saved. Robin Hill is signed in at this browser now")
    assert len(entries(ward, "Bo", "spo2")) == before
