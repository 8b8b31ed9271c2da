"""Choosing among plans in a browser: side by side, one key each, and without scripts too."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from courses.plans.request import Window
from tests.browser.clinic import NOW
from tests.browser.conftest import Served, sign_in
from tests.browser.test_booking import ITBS, courses_of, fill_in, option, plan

pytestmark = pytest.mark.browser


@pytest.fixture
def busy(served: Served) -> Served:
    """The wished hour is taken on both devices for some weeks, so that the earliest plan is not the one with the best times."""
    with served.database.transaction() as db:
        for given in ("Bo", "Cleo"):
            served.clinic.book(db, given, "tms-itbs-36", date(2026, 11, 24), Window(11 * 60, 11 * 60 + 10), now=NOW)
    return served


def planned(page: Page, served: Served) -> None:
    fill_in(page, served)
    page.get_by_label("Until", exact=True).fill("11:10")
    page.get_by_label("Earliest start").fill("2026-11-24")
    plan(page)


def card(page: Page, title: str) -> Locator:
    return page.locator("[data-choose] button", has_text=title).first


def figure(page: Page, title: str) -> str:
    return page.locator(".strip div", has_text=title).locator("dd").inner_text()


def test_the_recommended_plan_is_shown_and_one_key_shows_another(page: Page, busy: Served) -> None:
    planned(page, busy)
    for title, key in (("Earliest", "1"), ("Best times", "2"), ("Steadiest", "3")):
        expect(card(page, title)).to_have_attribute("aria-keyshortcuts", key)
    expect(page.locator("[data-choose] .shown").first).to_be_visible()
    expect(page.locator("[data-choose] button[aria-pressed=true]", has_text="Best times")).to_have_count(0)
    shown = figure(page, "At the wished time")

    expect(page.locator("#plan")).to_be_focused()
    page.keyboard.press("2")

    expect(card(page, "Best times")).to_have_attribute("aria-pressed", "true")
    assert figure(page, "At the wished time") != shown
    expect(page.locator("#plan")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/courses/*")
    assert len(courses_of(busy, "Ana")) == 2


def test_a_digit_that_is_typed_into_a_field_chooses_nothing(page: Page, busy: Served) -> None:
    planned(page, busy)
    pressed = card(page, "Best times").get_attribute("aria-pressed")
    page.get_by_label("Sessions", exact=True).press("2")

    expect(page.get_by_label("Sessions", exact=True)).to_have_value("2")
    expect(card(page, "Best times")).to_have_attribute("aria-pressed", pressed or "")


def test_a_choice_is_booked_without_scripts(page: Page, busy: Served) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, busy.clinic)
    plain = context.new_page()
    plain.goto(f"{busy.address}/book?patient={busy.clinic.patients['Ana'].id}&window_from=11:00&window_until=11:10&start_on=2026-11-24")
    plain.locator("#protocol").select_option(label=option(plain, ITBS))
    plain.get_by_role("button", name="Plan", exact=True).click()
    card(plain, "Best times").click()
    expect(card(plain, "Best times")).to_have_attribute("aria-pressed", "true")
    plain.get_by_role("button", name="Book course").click()
    plain.wait_for_url("**/courses/*")

    (booked,) = [line for line in courses_of(busy, "Ana") if line.id != busy.clinic.courses["Ana"].id]
    assert (booked.agreed_sessions, booked.owed) == (36, 0)
    plain.context.close()


def test_another_time_of_day_is_one_press_away(page: Page, busy: Served) -> None:
    planned(page, busy)
    other = page.locator(".other-times button").first
    clock = other.inner_text().strip()
    other.click()

    expect(page.locator(".other-times button[aria-pressed=true]")).to_have_text(re.compile(clock))
    assert page.locator(".calendar .visit strong", has_text=clock).count() > 18


def test_what_would_help_is_offered_and_can_be_planned_at_once(page: Page, busy: Served) -> None:
    fill_in(page, busy)
    page.get_by_label("Not before").fill("16:00")
    page.get_by_label("Gone by").fill("17:00")
    page.get_by_role("button", name="Plan", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("There is no place for this course: session 1 cannot be placed.")
    expect(page.locator("#plan")).to_contain_text("Possible if the patient can come an hour earlier than said.")
    page.get_by_role("button", name="Plan it so and note the hours on the card").click()

    expect(page.get_by_role("heading", name="The plan")).to_be_visible()
    expect(page.get_by_label("Not before")).to_have_value("15:00")


@pytest.mark.parametrize(("width", "columns"), [(1440, 4), (1024, 3), (390, 2)])
def test_the_choices_stand_side_by_side_where_there_is_room(page: Page, busy: Served, width: int, columns: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    planned(page, busy)
    tops = [round(box["y"]) for button in page.locator(".offered button").all() if (box := button.bounding_box())]

    assert max(tops.count(top) for top in tops) == columns
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
