"""An earlier time on the sheet: it is seen wherever one writes, and holds for one set, so that nothing later is written down as of then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from courses.checklists.entry import Entry, EntryKind
from courses.queries.charts import chart_of
from tests.browser.wards import Ward, tablet

pytestmark = pytest.mark.browser


def late(page: Page, ward: Ward, given: str, minutes: int) -> None:
    """Somebody's sheet, with an earlier time chosen."""
    page.clock.install(time=ward.clock.now())
    page.goto(ward.sheet(given))
    page.get_by_role("button", name="Earlier").tap()
    page.get_by_role("button", name=f"{minutes} min ago").tap()
    page.get_by_role("button", name="Busy with another patient").tap()


def write(page: Page, item: str, value: int) -> None:
    page.locator(f"[name={item}]").fill(str(value))
    page.keyboard.press("Enter")
    expect(page.locator(f"#item-{item} .readings")).to_contain_text(f"{value} ")


def last(ward: Ward, given: str, item: str) -> Entry:
    with ward.database.reading() as db:
        return [entry for entry in chart_of(db, ward.clinic.sessions[given]).entries if entry.item == item][-1]


def test_earlier_time_is_seen_beside_every_answer_and_at_the_foot(shift: Ward, browser: Browser) -> None:
    with tablet(browser, shift) as page:
        late(page, shift, "Bo", 15)
        sign = page.locator("[data-late-sign]")
        expect(sign).to_contain_text("kept as of 10:08, not as of now")
        expect(sign).to_be_in_viewport()
        beside = page.locator("#item-heart-rate .answer").evaluate("part => getComputedStyle(part, '::before').content")
        page.locator("[name=heart-rate]").tap()
        on_keys = page.locator("[data-keypad]").evaluate("part => getComputedStyle(part, '::before').content")
        assert (beside, on_keys) == ('"as of 10:08"', '"as of 10:08"')
        sign.get_by_role("button", name="Back to now").tap()
        expect(sign).to_be_hidden()
        expect(page.locator("[data-earlier]")).to_be_hidden()
        write(page, "heart-rate", 61)
    assert last(shift, "Bo", "heart-rate").kind is EntryKind.ORIGINAL


def test_earlier_time_ends_with_its_set_and_comes_back_by_one_tap(shift: Ward, browser: Browser) -> None:
    with tablet(browser, shift) as page:
        late(page, shift, "Cleo", 20)
        write(page, "heart-rate", 62)
        write(page, "spo2", 96)
        sign = page.locator("[data-late-sign]")
        expect(sign).to_contain_text("as of 10:03")
        page.locator("#item-sedation").get_by_role("button", name="No", exact=True).tap()
        expect(sign).to_contain_text("Now again. What you wrote before is kept as of 10:03.")
        expect(page.locator("#item-sedation .readings li").last).to_contain_text("saved 10:23")
        page.locator("[name=heart-rate]").tap()
        write(page, "heart-rate", 63)
        assert [last(shift, "Cleo", item).kind for item in ("spo2", "sedation", "heart-rate")] == [
            EntryKind.LATE,
            EntryKind.ORIGINAL,
            EntryKind.ORIGINAL,
        ]
        page.get_by_role("button", name="Earlier").tap()
        page.get_by_role("button", name="30 min ago").tap()
        page.get_by_role("button", name="Forgotten").tap()
        write(page, "heart-rate", 64)
        page.locator("[name=heart-rate]").tap()
        sign.get_by_role("button", name="Once more as of 09:53").tap()
        write(page, "heart-rate", 65)
    again = last(shift, "Cleo", "heart-rate")
    assert (again.kind, again.reason_code) == (EntryKind.LATE, "forgotten")
    assert abs(again.observed_at - (shift.clock.now() - timedelta(minutes=30))) < timedelta(seconds=30)


def test_earlier_time_that_nobody_uses_ends_by_itself(shift: Ward, browser: Browser) -> None:
    with tablet(browser, shift) as page:
        late(page, shift, "Dan", 15)
        page.locator("[name=heart-rate]").fill("6")
        page.clock.run_for(180_000)
        expect(page.locator("[data-late-sign]")).to_contain_text("as of 10:08")
        page.locator("[name=heart-rate]").fill("")
        page.clock.run_for(3_000)
        expect(page.locator("[data-late-sign]")).to_contain_text("Now again")
        expect(page.locator("[data-earlier]")).to_be_hidden()
        page.clock.run_for(180_000)
        expect(page.locator("[data-late-sign]")).to_be_hidden()
