"""Patients in a browser: found by two identifiers, registered once, and when they can come."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from courses import queries
from courses.patients.patient import Patient
from tests.browser.conftest import Served

pytestmark = pytest.mark.browser


def known(served: Served, words: str) -> list[Patient]:
    with served.database.reading() as db:
        site_id = queries.patient(db, served.clinic.patients["Ana"].id).site_id
        return [each.patient for each in queries.find_patients(db, site_id, words)]


def fill_in(page: Page, given: str, family: str, born_on: str) -> None:
    page.get_by_label("Given name").fill(given)
    page.get_by_label("Family name").fill(family)
    page.get_by_label("Birth date", exact=True).fill(born_on)
    page.get_by_role("button", name="Register", exact=True).click()


@pytest.mark.parametrize("words", ["lop", "ana lopez", "1980-05-17", "5/17/1980", "An 1980-05-17"])
def test_a_patient_is_found_by_name_and_birth_date(page: Page, served: Served, words: str) -> None:
    page.goto(served.board)
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.keyboard.press("Enter")

    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("link", name="Ana Lopez")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("5 of 36 done")
    assert page.url == f"{served.address}/patients/search"


def test_nobody_found_offers_to_register(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/patients")
    page.get_by_label("Name, birth date or number").fill("Nemo")
    page.get_by_role("button", name="Find", exact=True).click()

    expect(page.locator("main")).to_contain_text("Nobody found for “Nemo”.")


def test_a_new_patient_is_registered(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/patients")
    fill_in(page, "Dana", "O’Neil", "1990-01-31")

    expect(page.get_by_role("heading", name="Dana O’Neil")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("Registered.")
    assert [patient.name for patient in known(served, "dana")] == ["Dana O’Neil"]
    assert "Dana" not in page.url


def test_a_namesake_is_registered_only_on_purpose(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/patients")
    fill_in(page, "ana", "LOPEZ", "1980-05-17")
    expect(page.get_by_role("alert")).to_contain_text("is registered already")
    expect(page.get_by_label("Family name")).to_have_value("LOPEZ")
    assert len(known(served, "ana lopez")) == 1

    page.get_by_role("button", name="Register another person").click()

    expect(page.get_by_role("heading", name="ana LOPEZ")).to_be_visible()
    assert len(known(served, "ana lopez")) == 2


def test_two_of_the_same_name_are_marked(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/patients")
    fill_in(page, "Ana", "Lopez", "1991-07-30")
    expect(page.get_by_role("heading", name="Ana Lopez")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type("lopez")
    page.keyboard.press("Enter")

    expect(page.get_by_text("same name")).to_have_count(2)


def test_a_birth_date_that_cannot_be_is_refused_at_its_field(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/patients")
    page.get_by_label("Birth date", exact=True).evaluate("(field) => field.removeAttribute('max')")
    fill_in(page, "Dana", "Quinn", "2031-01-31")

    expect(page.locator("[data-fault]")).to_contain_text("cannot be the birth date")
    expect(page.get_by_label("Given name")).to_have_value("Dana")
    assert known(served, "dana") == []


def test_hours_are_read_as_they_are_written(page: Page, served: Served) -> None:
    ana = served.clinic.patients["Ana"]
    page.goto(f"{served.address}/patients/{ana.id}")
    page.locator("summary", has_text="Change the hours").click()
    page.get_by_label("Monday").fill("9:00-12:00, 14:00 – 17:00")
    page.get_by_label("Thursday").fill("morning")
    page.get_by_role("button", name="Save the hours").click()
    expect(page.locator("[data-fault]")).to_contain_text("'morning' cannot be read")
    expect(page.get_by_label("Monday")).to_have_value("9:00-12:00, 14:00 – 17:00")

    page.get_by_label("Thursday").fill("")
    page.get_by_role("button", name="Save the hours").click()

    expect(page.locator("dl.hours")).to_have_text("Monday09:00-12:00, 14:00-17:00")
    (changed,) = known(served, "ana lopez")
    assert changed.available is not None
    assert changed.available.text() == {"mon": [["09:00", "12:00"], ["14:00", "17:00"]]}


def test_days_away_are_noted_and_taken_back(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/patients/{served.clinic.patients['Ana'].id}")
    page.locator("summary", has_text="Add days away").click()
    page.get_by_label("First day").fill("2026-12-21")
    page.get_by_label("Last day").fill("2026-12-23")
    page.get_by_label("Reason").fill("travels")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".away")).to_contain_text("Mon, Dec 21, 2026 to Wed, Dec 23, 2026, travels")

    page.get_by_role("button", name="Remove").click()

    expect(page.get_by_text("Nothing noted.")).to_be_visible()
    assert known(served, "ana lopez")[0].absences == ()
