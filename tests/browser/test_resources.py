"""Resources in a browser: what each can do, leave and servicing with the visits hit, and changes that go against visits."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from rooms import queries
from rooms.queries import KnownResource
from tests.browser.conftest import Served

pytestmark = pytest.mark.browser


def known(served: Served, code: str) -> KnownResource:
    with served.database.reading() as db:
        return queries.resource(db, queries.site(db, served.clinic.site).id, code)


def open_one(page: Page, served: Served, name: str) -> None:
    page.goto(f"{served.address}/resources")
    page.get_by_role("link", name=name, exact=True).click()


def test_the_list_groups_by_kind(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/resources")
    staff = page.get_by_role("region", name="Staff")
    expect(staff.get_by_role("row")).to_have_count(5)
    expect(staff.get_by_role("row").filter(has_text="Ruth Avery, RN")).to_contain_text("4")


def test_servicing_shows_the_visits_that_it_hits_first(page: Page, served: Served) -> None:
    device = next(
        code
        for code in ("tms-1", "tms-2")
        for session in served.clinic.courses["Ana"].sessions[6:7]
        for booking in session.bookings
        if booking.claim.resource == code
    )
    open_one(page, served, known(served, device).resource.title)
    page.get_by_label("First day").fill("2026-11-25")
    page.get_by_label("Reason").fill("yearly service")
    page.get_by_role("button", name="See the visits it hits").click()

    expect(page.get_by_role("heading", name="Servicing on Wed, Nov 25 hits")).to_be_visible()
    expect(page.locator(".hits")).to_contain_text("Ana Lopez")
    assert known(served, device).resource.absences == ()
    page.get_by_role("button", name="Add servicing anyway").click()
    expect(page.get_by_role("status").first).to_contain_text("It is noted.")
    assert [absence.reason for absence in known(served, device).resource.absences] == ["yearly service"]

    page.get_by_role("button", name="Remove the one of Wed, Nov 25, 2026").click()
    expect(page.get_by_role("status").first).to_contain_text("It is there then.")
    assert known(served, device).resource.absences == ()


def test_hours_that_leave_visits_outside_are_saved_only_once_confirmed(page: Page, served: Served) -> None:
    open_one(page, served, "Ruth Avery, RN")
    page.get_by_text("Change the hours").click()
    page.get_by_role("checkbox", name="The hours of the clinic").uncheck()
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_label(day, exact=True).fill("14:00 to 17:00" if day != "Monday" else "")
    page.get_by_role("button", name="Save the hours").click()

    expect(page.get_by_role("heading", name="to come lie outside these hours")).to_be_visible()
    expect(page.locator(".hits")).to_contain_text("Bo Lindqvist")
    assert known(served, "nurse-a").resource.hours is None
    page.get_by_role("button", name="Save it anyway").click()
    expect(page.locator("dl.hours")).to_contain_text("14:00 to 17:00")
    hours = known(served, "nurse-a").resource.hours
    assert hours is not None
    assert set(hours.text()) == {"tue", "wed", "thu", "fri"}


def test_hours_that_cannot_be_read_are_told_at_their_day(page: Page, served: Served) -> None:
    open_one(page, served, "TMS 2")
    page.get_by_text("Change the hours").click()
    page.get_by_role("checkbox", name="The hours of the clinic").uncheck()
    page.get_by_label("Tuesday", exact=True).fill("nine to five")
    page.get_by_role("button", name="Save the hours").click()
    expect(page.locator("main .field .fault")).to_contain_text("'nine to five' is no stretch of time")
    expect(page.get_by_label("Tuesday", exact=True)).to_have_value("nine to five")
    assert known(served, "tms-2").resource.hours is None


def test_a_capacity_below_what_is_booked_is_refused_with_the_visits(page: Page, served: Served) -> None:
    device = served.clinic.courses["Bo"].sessions[-1].bookings
    chair = next(booking.claim.resource for booking in device if booking.claim.resource.startswith("chair"))
    open_one(page, served, known(served, chair).resource.title)
    page.get_by_text("Retire it").click()
    page.get_by_role("button", name="Retire Recliner").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be retired")
    expect(page.get_by_role("alert")).to_contain_text("Bo Lindqvist")
    assert known(served, chair).retired_at is None

    page.get_by_text("Change how much it bears").click()
    page.get_by_label("At once", exact=True).fill("2")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("The capacity is saved.")
    assert known(served, chair).resource.capacity == 2


def test_what_it_can_do_is_changed(page: Page, served: Served) -> None:
    open_one(page, served, "TMS 2")
    page.get_by_text("Change what it can do").click()
    page.get_by_label("Can do").fill("tms-device, Figure 8")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("What it can do is saved.")
    assert known(served, "tms-2").resource.capabilities == {"tms-device", "figure-8"}


def test_whether_like_ones_may_stand_in_is_changed(page: Page, served: Served) -> None:
    open_one(page, served, "TMS 2")
    page.get_by_text("Change whether like ones may stand in").click()
    page.get_by_label("Visits may go to a like one").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("is saved.")
    assert not known(served, "tms-2").reseat_allowed


def test_a_resource_is_added_and_retired(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/resources")
    page.get_by_text("Add a chair, device, room or person").click()
    page.get_by_label("What it is").select_option("device")
    page.get_by_label("Name", exact=True).fill("TMS 3")
    page.get_by_label("Id", exact=True).fill("tms 3")
    page.get_by_label("Can do").fill("tms-device")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("main .field .fault")).to_contain_text("use letters, digits and hyphens")
    page.get_by_label("Id", exact=True).fill("tms-3")
    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.get_by_role("heading", name="TMS 3")).to_be_visible()
    page.get_by_text("Retire it").click()
    page.get_by_role("button", name="Retire TMS 3").click()
    expect(page.locator("main")).to_contain_text("no longer used")
    assert known(served, "tms-3").retired_at is not None
    page.goto(f"{served.address}/resources")
    expect(page.get_by_role("region", name="No longer used")).to_contain_text("TMS 3")
