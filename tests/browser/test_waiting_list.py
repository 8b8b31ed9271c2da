"""The waiting list in a browser: put on it while booking, planned together, looked at and booked, also where somebody was quicker."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from courses import queries, registering, waiting
from courses.plans.ongoing.course import CourseWish
from courses.plans.request import Window
from courses.plans.waiting.wait import WaitingCourse
from courses.registering import NewPatient
from courses.waiting import Acting
from rooms import queries as rooms_queries
from scheduler.verify import verify
from tests.browser.clinic import NOW
from tests.browser.conftest import Served, sign_in

pytestmark = pytest.mark.browser

ITBS, SERIES = "tms-itbs-36", "esketamine-trd"
READY_MS = 60_000
"""How long a joint plan of few courses may take on a busy machine."""


def wait_for(served: Served, given: str, protocol: str = ITBS, *, days: int = 0) -> WaitingCourse:
    """Somebody who has been on the list for some days."""
    clinic = served.clinic
    with served.database.transaction() as db:
        new = NewPatient(given, "Okafor", date(1975, 4, 5))
        clinic.patients[given] = registering.register_patient(db, clinic.site, new, now=NOW, new_id=clinic.new_id)
        wish = CourseWish(clinic.site, clinic.patients[given].id, protocol, date(2026, 11, 24), window=Window(14 * 60, 15 * 60))
        return waiting.put_on(db, wish, Acting("desk", NOW - timedelta(days=days)), new_id=clinic.new_id)


def who_waits(served: Served) -> list[str]:
    with served.database.reading() as db:
        site = rooms_queries.site(db, served.clinic.site)
        return [known.waiting.patient.given_name for known in queries.waiting_courses(db, site.id)]


def plan_together(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/waiting-list")
    page.get_by_role("button", name="Plan all together").click()
    page.locator("[data-region=joint][data-state=ready]").wait_for(timeout=READY_MS)


def choose_protocol(page: Page) -> None:
    """Intermittent theta burst."""
    options = page.locator("#protocol option", has_text="Intermittent theta burst")
    page.get_by_label("Protocol", exact=True).select_option(options.first.get_attribute("value"))


def test_a_course_is_put_on_the_list_beside_booking_it(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/book?patient={served.clinic.patients['Ana'].id}")
    choose_protocol(page)
    page.get_by_label("Earliest start").fill("2026-12-01")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_role("button", name="Book course").wait_for()
    page.locator("[data-book-form]").get_by_role("button", name="Put on the waiting list").click()

    expect(page.get_by_role("status").first).to_contain_text("The course is on the waiting list. Nothing is booked yet.")
    expect(page.get_by_label("Earliest start")).to_have_value("2026-12-01")
    assert who_waits(served) == ["Ana"]

    page.goto(f"{served.address}/book?patient={served.clinic.patients['Ana'].id}")
    choose_protocol(page)
    page.locator("[data-plan-form]").get_by_role("button", name="Put on the waiting list").click()
    expect(page.locator("[data-fault]")).to_contain_text("is on the waiting list for Intermittent theta burst")


def test_wishes_are_changed_and_a_course_is_taken_off(page: Page, served: Served) -> None:
    there = wait_for(served, "Dora", days=12)
    page.goto(f"{served.address}/waiting-list/{there.id}")
    page.get_by_label("Priority").fill("2.5")
    page.get_by_label("Over by").fill("2026-11-01")
    page.get_by_role("button", name="Save the wishes").click()
    expect(page.locator("[data-fault]")).to_contain_text("2026-11-01 is before start_on_or_after")
    page.get_by_label("Over by").fill("2027-03-01")
    page.get_by_role("button", name="Save the wishes").click()
    expect(page.get_by_role("status").first).to_contain_text("The place on the list stays.")
    page.goto(f"{served.address}/waiting-list")
    expect(page.get_by_role("row").filter(has_text="Dora")).to_contain_text("12 days priority 2.5")

    page.get_by_role("link", name="Dora Okafor").click()
    page.locator("summary", has_text="Take it off the list").click()
    page.get_by_label("Reason").fill("moved away")
    page.get_by_role("button", name="Take off the list").click()

    expect(page.get_by_role("status").first).to_contain_text("Taken off the waiting list.")
    expect(page.get_by_text("Nobody waits for a course.")).to_be_visible()


def test_the_list_is_shown_by_protocol(page: Page, served: Served) -> None:
    wait_for(served, "Dora", days=3)
    wait_for(served, "Emil", SERIES)
    page.goto(f"{served.address}/waiting-list")
    expect(page.locator("tbody th")).to_have_text(["Dora Okafor born 1975-04-05", "Emil Okafor born 1975-04-05"])

    page.get_by_label("Protocol").select_option(index=1)

    expect(page.locator("tbody th")).to_have_text(["Emil Okafor born 1975-04-05"])


def test_all_are_planned_together_looked_at_and_booked(page: Page, served: Served) -> None:
    for n, given in enumerate(("Dora", "Emil", "Farah")):
        wait_for(served, given, (ITBS, SERIES, ITBS)[n], days=n)
    plan_together(page, served)
    expect(page.locator("dl.strip")).to_contain_text("With a place3 of 3")
    with served.database.reading() as db:
        assert len(queries.courses(db, rooms_queries.site(db, served.clinic.site).id, now=NOW)) == 3  # those that were there

    page.get_by_role("button", name="Book all 3").click()

    expect(page.get_by_role("status").first).to_contain_text("3 courses are booked", timeout=READY_MS)
    assert who_waits(served) == []
    page.get_by_role("link", name="Farah Okafor").click()
    expect(page.locator("main")).to_contain_text("Farah Okafor")
    assert "/courses/" in page.url
    assert verify(served.database, now=NOW) == []


def test_who_was_not_quick_enough_is_told_by_name_and_offered_another_plan(page: Page, served: Served) -> None:
    wait_for(served, "Dora")
    wait_for(served, "Emil", SERIES)
    plan_together(page, served)
    with served.database.transaction() as db:
        for given in ("Ana", "Bo"):
            served.clinic.book(db, given, ITBS, date(2026, 11, 24), Window(14 * 60, 15 * 60), now=NOW)

    page.get_by_role("button", name="Book all 2").click()

    told = page.get_by_role("status").first
    expect(told).to_contain_text("1 course is booked", timeout=READY_MS)
    expect(told).to_contain_text("Dora Okafor: The plan can no longer be had")
    expect(page.get_by_role("row").filter(has_text="Dora")).to_contain_text("new plan")
    page.get_by_role("button", name="Book the course").click()
    expect(page.get_by_role("status").first).to_contain_text("2 courses are booked", timeout=READY_MS)
    assert verify(served.database, now=NOW) == []


def test_only_those_ticked_are_booked(page: Page, served: Served) -> None:
    wait_for(served, "Dora", SERIES, days=1)
    wait_for(served, "Emil", SERIES)
    plan_together(page, served)
    page.get_by_role("checkbox", name="Emil Okafor").uncheck()

    page.get_by_role("button", name="Book those ticked").click()

    expect(page.get_by_role("status").first).to_contain_text("1 course is booked", timeout=READY_MS)
    assert who_waits(served) == ["Emil"]


def test_it_all_works_without_scripts(browser: Browser, served: Served) -> None:
    wait_for(served, "Dora", SERIES)
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, served.clinic)
    page = context.new_page()
    page.goto(f"{served.address}/waiting-list")
    page.get_by_role("button", name="Plan all together").click()
    joint = page.locator("[data-region=joint]")
    while joint.get_attribute("data-state") == "under_way":  # attributes are waited for, and the server gives up planning by itself
        page.wait_for_timeout(500)
        page.get_by_role("link", name="Look again").click()

    page.get_by_role("button", name="Book the course").click()

    expect(page.get_by_role("status").first).to_contain_text("1 course is booked")
    assert who_waits(served) == []
    context.close()
