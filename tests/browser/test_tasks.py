"""The nurse's tasks 6 to 10 by script on a tablet: within so many taps, and within so many seconds of an expert's hand and of
waiting for the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from courses.queries.charts import chart_of
from courses.sessions.status import SessionStatus
from tests.browser.wards import Ward, tablet
from tests.browser.watched import NOW
from tests.signed_in import PASSPHRASE, SECOND

pytestmark = pytest.mark.browser
SLOWLY = 30_000
"""Milliseconds that a busy machine may take to save what a script typed faster than any hand."""

KEY, POINT, THINK = 0.28, 1.1, 1.35
"""Seconds of the keystroke-level model (usability bar, section 5.4)."""


class Hand:
    """Taps and types on a page, and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.keys, self.thinks, self.waited = page, 0, 0, 0, 0.0

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1

    def think(self) -> None:
        self.thinks += 1

    def wait(self, until: Callable[[], None]) -> None:
        """Wait for the page, which counts."""
        at = monotonic()
        until()
        self.waited += monotonic() - at

    def digits(self, text: str) -> None:
        for digit in text:
            self.page.locator(f'[data-keypad] [data-digit="{digit}"]').tap()
            self.keys += 1

    def answer(self, item: str, words: str) -> None:
        self.tap(self.page.locator(f"#item-{item}").get_by_role("button", name=words, exact=True))

    @property
    def seconds(self) -> float:
        return self.taps * POINT + self.keys * KEY + self.thinks * THINK + self.waited


def test_task_6_start_of_a_watched_session(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        page.clock.install(time=NOW)
        page.goto(ward.sheet("Finn"))
        hand = Hand(page)
        hand.think()
        hand.tap(page.get_by_role("button", name="Start the treatment"))
        hand.wait(lambda: expect(page.locator(".who-strip")).to_contain_text("In treatment"))
        hand.tap(page.get_by_role("button", name="All 3 done"))
        hand.answer("first-treatment", "Yes")
        hand.answer("preparation", "Followed")
        hand.answer("safety-asked", "No concern")
        hand.answer("ride", "Arranged")
        hand.tap(page.get_by_role("button", name="None of these: Benzodiazepines"))
        hand.think()
        hand.tap(page.locator("[name=systolic]"))
        hand.digits("1247898")
        hand.answer("vitals-before", "Yes")
        hand.answer("dose", "56 mg")
        hand.answer("sedation", "No")
        hand.wait(lambda: expect(page.locator("#item-sedation .readings")).to_contain_text("no", timeout=SLOWLY))
        hand.think()
        hand.tap(page.get_by_role("button", name="lot B2201"))
        hand.tap(page.get_by_role("button", name="Given now"))
        hand.wait(lambda: expect(page.locator(".who-strip")).to_contain_text("Since first dose", timeout=SLOWLY))
    assert hand.taps <= 14
    assert hand.seconds <= 40
    with ward.database.reading() as db:
        chart = chart_of(db, ward.clinic.sessions["Finn"])
    assert chart.moments.first_dose is not None
    assert chart.status is SessionStatus.IN_TREATMENT


def test_task_8_and_9_vitals_now_and_late(ward: Ward, browser: Browser) -> None:
    with tablet(browser, ward) as page:
        page.clock.install(time=NOW)
        page.goto(ward.observations)
        hand = Hand(page)
        hand.think()
        hand.tap(page.locator(".due-list a").first)
        hand.wait(lambda: expect(page.locator("[name=systolic]")).to_be_focused())
        hand.digits("118729764")
        hand.tap(page.locator("[data-keypad] [data-next]"))
        hand.wait(lambda: expect(page.locator("#item-heart-rate .readings")).to_contain_text("saved", timeout=SLOWLY))
        assert hand.taps <= 4
        assert hand.seconds <= 12

        late = Hand(page)
        late.think()
        late.tap(page.get_by_role("button", name="Earlier"))
        late.tap(page.get_by_role("button", name="25 min ago"))
        late.tap(page.get_by_role("button", name="Busy with another patient"))
        late.tap(page.locator("[name=systolic]"))
        late.digits("12174")
        late.tap(page.locator("[data-keypad] [data-next]"))
        late.wait(lambda: expect(page.locator("#item-systolic .readings")).to_contain_text("late", timeout=SLOWLY))
    assert late.taps <= 6
    assert late.seconds <= 18


def test_task_10_release_with_a_second_person(ward: Ward, browser: Browser) -> None:
    now = NOW + timedelta(minutes=3)
    ward.clock.set(now)
    with tablet(browser, ward) as page:
        page.clock.install(time=now)
        page.goto(ward.sheet("Ana"))
        hand = Hand(page)
        hand.think()
        hand.tap(page.locator("[name=systolic]"))
        hand.digits("1268098")
        hand.tap(page.get_by_role("button", name="None of these: Sedation"))
        hand.think()
        hand.tap(page.locator("[name=ready-after]"))
        hand.digits("90")
        hand.answer("vitals-after", "Yes")
        hand.answer("ready", "Yes, done")
        hand.answer("instructions-given", "Yes, done")
        hand.tap(page.locator("[name=driver]"))
        page.keyboard.type("sister")
        page.keyboard.press("Tab")
        hand.wait(lambda: expect(page.locator(".next")).not_to_contain_text("still open", timeout=SLOWLY))
        expect(page.get_by_role("button", name="Release …")).to_be_enabled()
        hand.think()
        hand.tap(page.get_by_role("button", name="Release …"))
        page.get_by_label("Their sign-in name").fill(SECOND)
        page.get_by_label("Their password").fill("wrong")
        page.get_by_role("button", name="Sign and release").tap()
        expect(page.get_by_role("alert").first).to_contain_text("Not released")
        expect(page.get_by_label("Their sign-in name")).to_have_value(SECOND)
        page.get_by_label("Their password").fill(PASSPHRASE)
        hand.tap(page.get_by_role("button", name="Sign and release"))
        hand.wait(lambda: expect(page.locator(".who-strip")).to_contain_text("Done", timeout=SLOWLY))
    assert hand.taps <= 9
    assert hand.seconds <= 30
    with ward.database.reading() as db:
        chart = chart_of(db, ward.clinic.sessions["Ana"])
    assert chart.status is SessionStatus.DISCHARGED
    assert {each.meaning: each.by.name for each in chart.signatures} == {"monitored": "Robin Vale", "release-approved": "Robin Hill"}
