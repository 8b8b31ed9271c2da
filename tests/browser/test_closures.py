"""Closures in a browser: holidays that somebody accepts, a closure with the visits that it hits, and opening again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from rooms import queries
from rooms.queries import KnownClosure
from tests.browser.conftest import Served

pytestmark = pytest.mark.browser


def closures(served: Served) -> list[KnownClosure]:
    with served.database.reading() as db:
        return list(queries.closures(db, queries.site(db, served.clinic.site).id))


def add(page: Page, served: Served, **typed: str) -> None:
    page.goto(f"{served.address}/closures")
    for label, text in typed.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(text)
    page.get_by_role("button", name="See the visits it hits").click()


def test_a_holiday_is_a_proposal_until_somebody_accepts_it(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/closures?year=2027")
    row = page.get_by_role("row").filter(has_text="Independence Day").filter(has_text="Jul 5")
    expect(row).to_contain_text("none")
    assert closures(served) == []
    row.get_by_role("button").click()

    expect(page.get_by_role("status").first).to_contain_text("The clinic is closed then.")
    (made,) = closures(served)
    assert (made.source, made.closure.reason, made.accepted_by) == ("holidays", "Independence Day (observed)", "Robin Vale")
    expect(page.get_by_role("table").first).to_contain_text("Mon, Jul 5")
    assert "year=2027" in page.url


def test_a_holiday_that_hits_visits_shows_them_first(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/closures")
    row = page.get_by_role("row").filter(has_text="Thanksgiving")
    expect(row).to_contain_text("visits")
    row.get_by_role("button").click()

    expect(page.get_by_role("heading", name="Closing on Thu, Nov 26 hits")).to_be_visible()
    expect(page.locator(".hits")).to_contain_text("Ana Lopez")
    assert closures(served) == []
    page.get_by_role("button", name="Close the clinic anyway").click()
    expect(page.get_by_role("status").first).to_contain_text("The clinic is closed then.")
    assert [known.source for known in closures(served)] == ["holidays"]


def test_holidays_of_a_part_of_another_country(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/closures?year=2027")
    page.get_by_label("Country").fill("de")
    page.get_by_label("State or part").fill("by")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row").filter(has_text="Jan 6")).to_have_count(1)
    page.get_by_label("Country").fill("QQ")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_contain_text("No public holidays are known for QQ")


def test_a_closure_of_some_hours_hits_only_what_lies_in_them(page: Page, served: Served) -> None:
    add(page, served, First_day="2026-11-24", From="08:00", Until="10:00", Reason="Fire drill")
    expect(page.get_by_role("heading", name="Closing on Tue, Nov 24, 08:00 to 10:00 hits 1 visit")).to_be_visible()
    expect(page.locator(".hits li")).to_have_count(1)
    expect(page.locator(".hits li")).to_contain_text("Ana Lopez")
    page.get_by_role("link", name="Leave as it was").click()
    assert closures(served) == []


def test_a_closure_is_added_once_and_opened_again(page: Page, served: Served) -> None:
    add(page, served, First_day="2027-08-02", Last_day="2027-08-06", Reason="Painting")
    expect(page.get_by_role("heading", name="Closing on Mon, Aug 2 to Fri, Aug 6 hits no visit")).to_be_visible()
    page.get_by_role("button", name="Close the clinic").dblclick()
    expect(page.get_by_role("status").first).to_contain_text("The clinic is closed then.")
    assert [known.closure.reason for known in closures(served)] == ["Painting"]

    page.get_by_role("button", name="Open again on Mon, Aug 2 to Fri, Aug 6").click()
    expect(page.get_by_role("status").first).to_contain_text("The clinic is open then.")
    assert closures(served) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"First_day": "2026-11-20", "Reason": "snow"}, "that time is over"),
        ({"First_day": "2026-12-02", "Last_day": "2026-12-01", "Reason": "snow"}, "before the first"),
        ({"First_day": "2026-12-02", "From": "12:00", "Until": "11:00", "Reason": "snow"}, "ends before it begins"),
        ({"First_day": "2027-03-14", "From": "02:30", "Until": "11:00", "Reason": "snow"}, "does not exist"),
        ({"First_day": "2026-12-02", "Reason": "   "}, "say why"),
    ],
)
def test_a_time_that_cannot_be_is_told_at_its_field(page: Page, served: Served, typed: dict[str, str], sentence: str) -> None:
    add(page, served, **typed)
    expect(page.locator("main .field .fault")).to_contain_text(sentence)
    expect(page.get_by_label("First day")).to_have_value(typed["First_day"])
    assert closures(served) == []
