"""The nurse's tasks 6 to 10 by keyboard alone, from the board to the end: every place is reached and seen, and the focus is never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from courses.queries.charts import SessionChart, chart_of
from courses.sessions.status import SessionStatus
from tests.browser.conftest import DESK
from tests.browser.keyboard import Keyboard
from tests.browser.test_tasks import SLOWLY
from tests.browser.wards import Ward, tablet
from tests.browser.watched import NOW
from tests.signed_in import PASSPHRASE, SECOND

pytestmark = pytest.mark.browser


def chart(ward: Ward, given: str) -> SessionChart:
    with ward.database.reading() as db:
        return chart_of(db, ward.clinic.sessions[given])


def answer(page: Page, item: str, words: str) -> Locator:
    return page.locator(f"#item-{item}").get_by_role("button", name=words, exact=True)


def test_task_6_start_of_a_watched_session(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward, size=DESK, touch=False) as page:
        page.clock.install(time=NOW)
        page.goto(ward.observations)
        hand = Keyboard(page)
        hand.do(page.locator(".tile").get_by_role("link", name="Finn Moreau"))
        hand.do(page.get_by_role("button", name="Start the treatment"))
        hand.wait(lambda: expect(page.locator(".who-strip")).to_contain_text("In treatment"))
        hand.do(page.get_by_role("button", name="All 3 done"), "Space")
        for item, words in (("first-treatment", "Yes"), ("preparation", "Followed"), ("safety-asked", "No concern"), ("ride", "Arranged")):
            hand.do(answer(page, item, words))
        hand.do(page.get_by_role("button", name="None of these: Benzodiazepines"))
        hand.to(page.locator("[name=systolic]"))
        hand.type("1247898")
        for item, words in (("vitals-before", "Yes"), ("dose", "56 mg"), ("sedation", "No")):
            hand.do(answer(page, item, words))
        hand.wait(lambda: expect(page.locator("#item-sedation .readings")).to_contain_text("no", timeout=SLOWLY))
        hand.do(page.get_by_role("button", name="lot B2201"), by="Shift+Tab")
        hand.do(page.get_by_role("button", name="Given now"))
        hand.wait(lambda: expect(page.locator(".who-strip")).to_contain_text("Since first dose", timeout=SLOWLY))
        assert page.evaluate("document.activeElement !== document.body"), "the focus is lost by what was saved"
    assert hand.faults == []
    assert chart(ward, "Finn").moments.first_dose is not None


def test_tasks_7_to_9_what_is_due_vitals_now_and_late(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward, size=DESK, touch=False) as page:
        page.clock.install(time=NOW)
        page.goto(ward.observations)
        hand = Keyboard(page)
        hand.do(page.locator(".due-list a").first)
        hand.wait(lambda: expect(page.locator("[name=systolic]")).to_be_focused())
        hand.type("118729764")
        hand.wait(lambda: expect(page.locator("#item-heart-rate .readings")).to_contain_text("saved", timeout=SLOWLY))
        assert hand.seconds <= 12 + hand.waited, "the way there by keys"

        late = Keyboard(page)
        late.do(page.get_by_role("button", name="Earlier"), by="Shift+Tab")
        late.do(page.get_by_role("button", name="25 min ago"))
        late.do(page.get_by_role("button", name="Busy with another patient"))
        late.to(page.locator("[name=systolic]"))
        late.type("12174")
        late.press("Enter")
        late.wait(lambda: expect(page.locator("#item-systolic .readings")).to_contain_text("late", timeout=SLOWLY))
    assert hand.faults + late.faults == []


def test_task_10_release_with_a_second_person(ward: Ward, browser: Browser) -> None:
    now = NOW + timedelta(minutes=3)
    ward.clock.set(now)
    with tablet(browser, ward, size=DESK, touch=False) as page:
        page.clock.install(time=now)
        page.goto(ward.sheet("Ana"))
        hand = Keyboard(page)
        hand.to(page.locator("[name=systolic]"))
        hand.type("1268098")
        hand.do(page.get_by_role("button", name="None of these: Sedation"))
        hand.to(page.locator("[name=ready-after]"))
        hand.type("90")
        for item, words in (("vitals-after", "Yes"), ("ready", "Yes, done"), ("instructions-given", "Yes, done")):
            hand.do(answer(page, item, words))
        hand.to(page.locator("[name=driver]"))
        hand.type("sister")
        hand.press("Tab")
        hand.wait(lambda: expect(page.locator(".next")).not_to_contain_text("still open", timeout=SLOWLY))
        back = page.get_by_role("button", name="Release …")
        expect(back).to_be_enabled()
        hand.do(back, by="Shift+Tab")
        hand.to(page.get_by_label("Their sign-in name"))
        page.keyboard.type(SECOND)
        hand.to(page.get_by_label("Their password"))
        page.keyboard.type(PASSPHRASE)
        hand.press("Enter")
        hand.wait(lambda: expect(page.locator(".who-strip")).to_contain_text("Done", timeout=SLOWLY))
    assert hand.faults == []
    assert chart(ward, "Ana").status is SessionStatus.DISCHARGED
