"""The observation board in a real browser: what is due next and for whom, by the server's clock, also after a sleep."""

from __future__ import annotations

import re
from datetime import timedelta
from queue import Queue

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from courses.queries.charts import chart_of
from tests.browser.wards import TABLET, Ward, tablet
from tests.browser.watched import NOW

pytestmark = pytest.mark.browser


def is_refresh(url: str) -> bool:
    return "fragment=yes" in url


def observe(page: Page, ward: Ward) -> None:
    page.clock.install(time=NOW)
    with page.expect_response(lambda answer: is_refresh(answer.url)):
        page.goto(ward.observations)


def test_due_list_says_what_is_due_next_and_for_whom(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        observe(page, ward)
        names = page.locator(".due-list .who strong").all_inner_texts()
        first = page.locator(".due-list li").first.inner_text()
    assert names == ["Bo Lindqvist", "Cleo Haddad", "Dan Okafor", "Ana Lopez", "Eve Tanaka"]
    assert [part for part in ("Recliner 2", "Vitals, Watching", "20 min late", "10:00") if part not in first] == []


def test_due_list_is_seen_whole_without_a_hand(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        observe(page, ward)
        bottom = page.locator(".due-list").bounding_box()
        assert bottom is not None
        assert bottom["y"] + bottom["height"] <= TABLET[1]
        assert page.locator(".tile").count() == 6


def test_tile_tells_time_and_pressure_by_words_pictures_and_numbers(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        observe(page, ward)
        ana = page.locator(".tile", has_text="Ana Lopez")
        expect(ana).to_contain_text("born 1980-05-17")
        expect(ana).to_contain_text("131/84")
        expect(ana.locator("[data-since]")).to_have_text("2:04:00")
        bo = page.locator(".tile", has_text="Bo Lindqvist").locator(".alert.p-high").first
        expect(bo).to_contain_text("High: Vitals: overdue, 20 min late")
        assert bo.locator("svg").count() == 1


def test_times_are_right_within_a_second_after_ten_minutes_of_sleep(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        observe(page, ward)
        ward.clock.set(NOW + timedelta(minutes=10))
        page.clock.fast_forward("10:00")
        page.clock.run_for(1000)
        shown = page.locator(".tile", has_text="Ana Lopez").locator("[data-since]").inner_text()
        assert shown in {"2:14:00", "2:14:01"}
        expect(page.locator("[data-asleep]")).to_contain_text("asleep for 10 min")
        expect(page.locator(".tile", has_text="Ana Lopez")).to_contain_text("Ready to leave")
        page.get_by_role("button", name="I have looked").click()
        expect(page.locator("[data-asleep]")).to_be_hidden()


def test_answer_that_slept_on_the_way_sets_no_clock(ward: Ward, browser: Browser) -> None:
    """It was asked for before the device slept, and comes after: what it says of the server's time is ten minutes old."""
    under_way = Queue[Route]()
    with tablet(browser, ward) as page:
        page.clock.install(time=NOW)
        page.route(is_refresh, lambda route: under_way.put_nowait(route))  # noqa: PLW0108  # playwright looks at its parameters
        with page.expect_request(lambda asked: is_refresh(asked.url)):
            page.goto(ward.observations)
        first = under_way.get()
        answer = first.fetch()
        page.clock.fast_forward("10:00")
        with page.expect_response(lambda came: is_refresh(came.url)):
            first.fulfill(response=answer)
        page.clock.run_for(1000)
        expect(page.locator(".tile", has_text="Ana Lopez").locator("[data-since]")).to_have_text(re.compile("2:14:0"))


def test_clock_of_the_device_that_is_wrong_is_told_and_not_believed(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        page.clock.install(time=NOW - timedelta(minutes=3))
        page.goto(ward.observations)
        expect(page.locator("[data-clock-wrong]")).to_contain_text("off by 3 minutes")
        expect(page.locator(".tile", has_text="Ana Lopez").locator("[data-since]")).to_have_text(re.compile("2:04:0"))


def test_what_others_write_down_is_seen_without_a_hand(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        observe(page, ward)
        with ward.database.transaction() as db:
            ward.clinic.write(db, "Bo", NOW, {"systolic": 118, "diastolic": 72})
        page.clock.run_for(1000)
        expect(page.locator(".tile", has_text="Bo Lindqvist")).to_contain_text("118/72", timeout=3000)


def test_acknowledged_alert_is_kept_and_stays_to_be_seen(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        observe(page, ward)
        alert = page.locator(".tile", has_text="Bo Lindqvist").locator(".alert.p-high").first
        alert.get_by_role("button").click()
        expect(page.locator("#said")).to_have_text("Silent on this device for 2 minutes.")
        expect(alert).to_be_visible()
        page.wait_for_timeout(300)
    with ward.database.reading() as db:
        seen = chart_of(db, ward.clinic.sessions["Bo"]).seen
    assert [each.alert.split(":")[0] for each in seen] == ["due"]


def test_alert_that_nobody_answers_is_told_on_the_day_board(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        page.goto(f"{ward.address}/sites/{ward.clinic.site}/board")
        expect(page.locator("[data-alarms]")).to_contain_text("Nobody has answered for a minute: Recliner 2")


def test_wallboard_has_no_names(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        page.goto(f"{ward.address}/sites/{ward.clinic.site}/wallboard")
        text = page.locator("main").inner_text()
    assert "BL" in text
    assert not any(name in text for name in ("Bo", "Lindqvist", "1971", "Watched", "124/78"))


def test_board_by_keyboard_alone(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        observe(page, ward)
        page.locator(".due-list a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/sheet#item-systolic")
        expect(page.locator("[name=systolic]")).to_be_focused()
