"""Booking a course in a browser: by keyboard alone, past a desk that was quicker, and without losing what was typed."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from courses import publishing, queries
from courses.plans.request import Window
from courses.queries import CourseLine
from courses.sessions.status import CourseStatus
from tests.browser.clinic import NOW
from tests.browser.conftest import Served, sign_in

pytestmark = pytest.mark.browser

ITBS = "Intermittent theta burst"
MOST_KEYS = 15
"""How many keys a course may cost at most, typing of names and numbers not counted."""


class Hands:
    """Presses keys and counts them; what is typed into a field is not counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)
        self.keys += times

    def at(self) -> str:
        """The id, or the words, of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def courses_of(served: Served, given: str) -> list[CourseLine]:
    with served.database.reading() as db:
        patient = served.clinic.patients[given]
        site_id = queries.patient(db, patient.id).site_id
        return list(queries.courses(db, site_id, now=NOW, patient_key=patient.id))


def choose(page: Page, words: str = "ana") -> None:
    page.get_by_role("combobox", name="Name or birth date").fill(words)
    page.locator("#patient-found").get_by_role("option").click()


def fill_in(page: Page, served: Served, words: str = "ana") -> None:
    page.goto(f"{served.address}/book")
    choose(page, words)
    page.get_by_label("Protocol", exact=True).select_option(label=option(page, ITBS))
    page.get_by_label("From", exact=True).fill("11:00")
    page.get_by_label("Until", exact=True).fill("12:00")


def option(page: Page, title: str) -> str:
    return str(page.locator("option", has_text=title).first.text_content())


def plan(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Plan")).first.click()
    expect(page.get_by_role("heading", name="The plan")).to_be_visible()


def test_a_course_is_booked_by_keyboard_alone(page: Page, served: Served) -> None:
    hands = Hands(page)
    page.goto(served.board)
    page.locator("[role=grid] [tabindex='0']").first.focus()
    hands.press("n")
    expect(page.locator("#patient-words")).to_be_focused()
    page.keyboard.type("ana 1980-05-17")
    expect(page.locator("#patient-found").get_by_role("option")).to_have_count(1)
    hands.press("Enter")
    expect(page.locator("#protocol")).to_be_focused()
    page.keyboard.type("interm")
    hands.press("Enter")

    expect(page.get_by_role("heading", name="The plan")).to_be_visible()
    expect(page.locator("#plan")).to_be_focused()
    assert courses_of(served, "Ana")[-1].id == served.clinic.courses["Ana"].id
    hands.press("Tab")
    assert hands.at() == "Book course"
    hands.press("Enter")

    page.wait_for_url("**/courses/*")
    expect(page.locator("main")).to_contain_text("Ana Lopez")
    booked = [line for line in courses_of(served, "Ana") if line.id != served.clinic.courses["Ana"].id]
    assert [(line.protocol, line.agreed_sessions, line.owed) for line in booked] == [("tms-itbs-36", 36, 0)]
    assert hands.keys <= MOST_KEYS


def test_a_plan_shows_every_session_and_each_wish_that_it_could_not_keep(page: Page, served: Served) -> None:
    fill_in(page, served)
    page.get_by_label("Sessions", exact=True).fill("30")
    page.get_by_label("Valid from").fill("2026-11-20")
    page.get_by_label("Valid until").fill("2027-03-01")
    page.get_by_label("Until", exact=True).fill("11:20")
    page.get_by_label("Earliest start").fill("2026-11-24")
    plan(page)

    expect(page.locator(".calendar .visit")).to_have_count(36)
    expect(page.locator(".calendar .visit", has_text="outside the authorization")).to_have_count(6)
    late = page.locator(".calendar .visit.off-wish:not(:has-text('outside the authorization'))")
    missed = page.locator(".strip div", has_text="At the wished time").locator("dd").inner_text()
    assert missed == f"{36 - page.locator('.hits li').count()} of 36"
    for number in range(late.count()):
        expect(late.nth(number).locator(".why")).to_have_text(re.compile("free|come|time of day"))
    assert len(courses_of(served, "Ana")) == 1


def test_a_desk_that_was_quicker_is_named_and_the_course_planned_again(page: Page, served: Served) -> None:
    fill_in(page, served)
    plan(page)
    with served.database.transaction() as db:
        served.clinic.book(db, "Bo", "tms-itbs-36", date(2026, 11, 23), Window(11 * 60, 12 * 60), now=NOW)
        served.clinic.book(db, "Cleo", "tms-itbs-36", date(2026, 11, 23), Window(11 * 60, 12 * 60), now=NOW)
    page.get_by_role("button", name="Book course").click()

    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text(re.compile(r"\d+ sessions of this plan are no longer free. Nothing was booked."))
    expect(refusal).to_contain_text(
        re.compile(r"Session 1, .*: .* is held by (Bo Lindqvist|Cleo Haddad), session \d+ of 36 until \d\d:\d\d")
    )
    expect(page.locator(".visit.clashing").first).to_contain_text("taken until")
    expect(page.get_by_role("button", name="Book course")).to_have_count(0)
    assert len(courses_of(served, "Ana")) == 1

    refusal.get_by_role("button", name="Plan again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("From", exact=True)).to_have_value("11:00")
    page.get_by_role("button", name="Book course").click()
    page.wait_for_url("**/courses/*")
    assert [line.status for line in courses_of(served, "Ana")] == [CourseStatus.ACTIVE] * 2


def test_a_protocol_that_changed_meanwhile_is_planned_again(page: Page, served: Served) -> None:
    fill_in(page, served)
    plan(page)
    with served.database.transaction() as db:
        text = queries.protocol_version(db, "tms-itbs-36", site_id=1).version.text
        shorter = text.replace("sessions: 30", "sessions: 10")
        publishing.publish_protocol(db, served.clinic.site, "tms-itbs-36", shorter, by="Dr. Reed", now=NOW, new_id=served.clinic.new_id)
    page.get_by_role("button", name="Book course").click()

    expect(page.get_by_role("alert")).to_contain_text("is retired")
    assert len(courses_of(served, "Ana")) == 1
    page.get_by_role("alert").get_by_role("button", name="Plan again").click()
    expect(page.locator(".calendar .visit")).to_have_count(16)
    page.get_by_role("button", name="Book course").click()
    page.wait_for_url("**/courses/*")
    assert sorted(line.agreed_sessions for line in courses_of(served, "Ana")) == [16, 36]


def test_a_double_click_books_once(page: Page, served: Served) -> None:
    fill_in(page, served)
    plan(page)
    page.get_by_role("button", name="Book course").dblclick()
    page.wait_for_url("**/courses/*")
    page.go_back()
    assert len(courses_of(served, "Ana")) == 2


def test_the_same_form_sent_twice_books_once(page: Page, served: Served) -> None:
    fill_in(page, served)
    plan(page)
    form = dict(page.locator("[data-book-form]").evaluate("form => [...new FormData(form)]"))
    sent = [page.request.post(f"{served.address}/book", form=form, max_redirects=0) for _ in range(2)]

    assert [answer.status for answer in sent] == [303, 303]
    assert len({answer.headers["location"] for answer in sent}) == 1
    assert len(courses_of(served, "Ana")) == 2


def test_a_new_patient_is_registered_on_the_way(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/book")
    page.get_by_text("Register a new patient").click()
    page.get_by_label("Family name").fill("O’Neil")
    page.get_by_label("Given name").fill("Dana")
    page.get_by_label("Birth date", exact=True).fill("1990-01-31")
    page.get_by_label("Protocol", exact=True).select_option(label=option(page, ITBS))
    plan(page)
    expect(page.locator("[data-chosen]")).to_contain_text("Dana O’Neil")
    page.get_by_label("From", exact=True).fill("11:00")
    plan(page)
    page.get_by_role("button", name="Book course").click()
    page.wait_for_url("**/courses/*")
    expect(page.locator("main")).to_contain_text("Dana O’Neil")


def test_a_namesake_is_asked_about(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/book")
    page.get_by_text("Register a new patient").click()
    page.get_by_label("Family name").fill("Lopez")
    page.get_by_label("Given name").fill("Ana")
    page.get_by_label("Birth date", exact=True).fill("1980-05-17")
    page.get_by_label("Protocol", exact=True).select_option(label=option(page, ITBS))
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_role("button", name="Plan for Ana Lopez, born 1980-05-17").click()
    expect(page.get_by_role("heading", name="The plan")).to_be_visible()
    page.get_by_role("button", name="Book course").click()
    page.wait_for_url("**/courses/*")
    assert len(courses_of(served, "Ana")) == 2


@pytest.mark.parametrize(
    ("label", "value", "sentence"),
    [
        ("Earliest start", "2026-11-02", "past"),
        ("Earliest start", "", "Choose a date"),
        ("Until", "10:00", "ends before it begins"),
        ("Gone by", "00:00", "is not after"),
        ("Sessions", "12", "choose a date"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(page: Page, served: Served, label: str, value: str, sentence: str) -> None:
    fill_in(page, served)
    page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Plan", exact=True).click()

    expect(page.locator("main .field .fault")).to_contain_text(re.compile(sentence, re.IGNORECASE))
    expect(page.locator("[data-fault] input:focus")).to_have_count(1)
    expect(page.get_by_label("From", exact=True)).to_have_value("11:00")
    expect(page.locator("[data-chosen]")).to_contain_text("Ana Lopez")


def test_a_course_without_a_place_says_why(page: Page, served: Served) -> None:
    fill_in(page, served)
    page.get_by_label("Sat").check()
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("There is no place for this course: session 1 cannot be placed.")
    expect(page.get_by_role("button", name="Book course")).to_have_count(0)


def test_a_parked_booking_is_taken_up_again(page: Page, served: Served) -> None:
    fill_in(page, served)
    page.get_by_role("button", name="Park this booking").click()
    expect(page.locator("[data-chosen]")).to_be_hidden()
    page.get_by_role("button", name=re.compile("Ana Lopez.*Intermittent")).click()
    expect(page.get_by_label("From", exact=True)).to_have_value("11:00")
    plan(page)
    expect(page.locator("[data-parked]")).to_be_hidden()


def test_a_course_is_booked_without_scripts(served: Served, page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, served.clinic)
    plain = context.new_page()
    plain.goto(f"{served.address}/book?patient={served.clinic.patients['Ana'].id}")
    plain.locator("#protocol").select_option(label=option(plain, ITBS))
    plain.get_by_role("button", name="Plan", exact=True).click()
    plain.get_by_role("button", name="Book course").click()
    plain.wait_for_url("**/courses/*")
    context.close()
    assert len(courses_of(served, "Ana")) == 2


def test_paper_shows_the_plan_and_no_controls(page: Page, served: Served) -> None:
    fill_in(page, served)
    plan(page)
    page.emulate_media(media="print")
    expect(page.locator(".calendar .visit")).to_have_count(36)
    expect(page.locator(".paper-only")).to_be_visible()
    for hidden in (page.locator("[data-plan-form]"), page.get_by_role("button", name="Book course"), page.locator(".top")):
        expect(hidden).to_be_hidden()
