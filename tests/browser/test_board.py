"""The day board in a browser: what it shows, the keyboard, moving a visit, and staying true while others work."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from courses import publishing, queries, rescheduling
from courses.plans.request import Window
from courses.rescheduling import Doing
from courses.sessions.session import TreatmentSession
from rooms import equipping
from rooms.availability.hours import WeeklyHours
from rooms.resources.site import Site
from tests.browser.clinic import NOW, WEEKDAYS
from tests.browser.conftest import PHONE, Served, sign_in
from tests.signed_in import join

pytestmark = pytest.mark.browser


def session_on(served: Served, given: str, on: date) -> TreatmentSession:
    """Somebody's live session of a UTC date, as it stands in the database."""
    with served.database.reading() as db:
        course = queries.course(db, served.clinic.courses[given].id).course
    return next(each for each in course.live if each.interval and each.interval.starts_at.date() == on)


def card(page: Page, session: TreatmentSession, column: str) -> Locator:
    """The card of a session in a resource's column."""
    return page.locator(f"td[data-resource='{column}'] [data-session='{session.id}']")


def device(session: TreatmentSession) -> str:
    """The device that a session has."""
    return next(code for code in session.resources if code.startswith("tms"))


def press(page: Page, key: str, times: int) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def test_the_board_shows_the_clinics_time_wherever_the_browser_is(page: Page, served: Served) -> None:
    page.goto(served.address)

    expect(page.locator("h1")).to_contain_text("Nov 23")
    expect(page.locator("[data-clock]")).to_have_text("10:20")
    cleo = session_on(served, "Cleo", NOW.date())
    expect(card(page, cleo, device(cleo))).to_contain_text("Cleo Haddad")
    expect(card(page, cleo, device(cleo))).to_contain_text("13:00")
    expect(card(page, session_on(served, "Ana", NOW.date()), "op-a")).to_contain_text("Done")


def test_arrows_go_from_card_to_card_and_enter_opens_the_visit(page: Page, served: Served) -> None:
    page.goto(served.board)
    cleo = session_on(served, "Cleo", NOW.date())
    card(page, cleo, device(cleo)).focus()

    page.keyboard.press("ArrowUp")
    expect(page.locator("td:focus")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog")).to_contain_text("Cleo Haddad")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(card(page, cleo, device(cleo))).to_be_focused()


def test_a_visit_is_moved_by_keys_alone(page: Page, served: Served) -> None:
    page.goto(served.board)
    cleo = session_on(served, "Cleo", NOW.date())
    card(page, cleo, device(cleo)).focus()

    page.keyboard.press("m")
    press(page, "ArrowDown", 4)
    page.keyboard.press("Enter")

    expect(page.locator("#said")).to_have_text("Moved")
    expect(card(page, cleo, device(cleo))).to_contain_text("14:00")
    expect(card(page, cleo, device(cleo))).to_be_focused()
    assert cleo.interval is not None
    moved = session_on(served, "Cleo", NOW.date())
    assert moved.interval is not None
    assert moved.interval.starts_at == cleo.interval.starts_at + timedelta(hours=1)
    assert device(moved) == device(cleo)


LATER = """
id: later
phases: [{name: once, sessions: 1}]
session_templates:
  treatment:
    steps: [{name: waiting, minutes: 30}, {name: treatment, minutes: 30}]
    requirements: [{capability: tms-device, steps: [treatment]}]
session_rules: [{template: treatment}]
"""


def test_a_device_that_is_needed_later_shows_its_own_time_and_moves_the_whole_visit(page: Page, served: Served) -> None:
    clinic, tomorrow = served.clinic, date(2026, 11, 24)
    with served.database.transaction() as db:
        publishing.publish_protocol(db, clinic.site, "later", LATER, by="Dr. Reed", now=NOW, new_id=clinic.new_id)
        clinic.courses["Bo"] = clinic.book(db, "Bo", "later", tomorrow, Window(14 * 60, 14 * 60), now=NOW)
    page.goto(f"{served.board}?day={tomorrow}")
    bo = session_on(served, "Bo", tomorrow)
    expect(card(page, bo, device(bo)).locator("time")).to_have_text("14:30")
    card(page, bo, device(bo)).focus()

    page.keyboard.press("m")
    press(page, "ArrowDown", 4)
    page.keyboard.press("Enter")

    expect(page.locator("#said")).to_have_text("Moved")
    moved = session_on(served, "Bo", tomorrow)
    assert moved.interval is not None
    assert moved.interval.starts_at == datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def test_escape_puts_a_visit_back(page: Page, served: Served) -> None:
    page.goto(served.board)
    cleo = session_on(served, "Cleo", NOW.date())
    card(page, cleo, device(cleo)).focus()

    page.keyboard.press("m")
    press(page, "ArrowDown", 4)
    page.keyboard.press("Escape")

    expect(page.locator(".ghost")).to_have_count(0)
    assert session_on(served, "Cleo", NOW.date()) == cleo


def test_a_refused_move_names_who_is_there_and_leads_to_other_places(page: Page, served: Served) -> None:
    tomorrow = date(2026, 11, 24)
    page.goto(f"{served.board}?day={tomorrow}")
    cleo, ana = session_on(served, "Cleo", tomorrow), session_on(served, "Ana", tomorrow)
    assert device(cleo) == device(ana)
    card(page, cleo, device(cleo)).focus()

    page.keyboard.press("m")
    press(page, "ArrowUp", 16)
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Ana Lopez")
    expect(dialog).to_contain_text("It stays as it was.")
    assert session_on(served, "Cleo", tomorrow) == cleo
    dialog.get_by_role("link", name="Choose another place").click()
    expect(page.get_by_role("radio")).not_to_have_count(1)


def test_a_visit_that_was_moved_meanwhile_is_not_moved_again(page: Page, served: Served) -> None:
    page.goto(served.board)
    page.route("**/changes", lambda route: route.abort())
    page.reload()
    cleo = session_on(served, "Cleo", NOW.date())
    with served.database.transaction() as db:
        doing = Doing("somebody else", NOW, served.clinic.new_id)
        rescheduling.move_session(db, cleo.id, datetime(2026, 11, 23, 20, 0, tzinfo=UTC), doing)
    card(page, cleo, device(cleo)).focus()

    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog")).to_contain_text("changed by somebody else")
    moved = session_on(served, "Cleo", NOW.date())
    assert moved.interval is not None
    assert moved.interval.starts_at == datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def test_the_board_takes_in_what_others_do_and_keeps_the_focus(page: Page, served: Served) -> None:
    page.goto(served.board)
    cleo = session_on(served, "Cleo", NOW.date())
    card(page, cleo, device(cleo)).focus()
    other = card(page, cleo, "op-a" if "op-a" in cleo.resources else "op-b")
    expect(other).to_contain_text("13:00")

    with served.database.transaction() as db:
        doing = Doing("somebody else", NOW, served.clinic.new_id)
        rescheduling.move_session(db, cleo.id, datetime(2026, 11, 23, 19, 30, tzinfo=UTC), doing)

    expect(card(page, cleo, device(cleo))).to_contain_text("14:30")
    expect(card(page, cleo, device(cleo))).to_be_focused()


def test_the_line_of_the_present_moves_by_the_servers_clock(page: Page, served: Served) -> None:
    page.goto(served.board)
    served.clock.step(timedelta(minutes=31))

    with served.database.transaction() as db:
        doing = Doing("somebody else", served.clock.now(), served.clinic.new_id)
        rescheduling.move_session(db, session_on(served, "Cleo", NOW.date()).id, datetime(2026, 11, 23, 19, 0, tzinfo=UTC), doing)

    expect(page.locator("[data-clock]")).to_have_text("10:51")
    expect(page.locator("tr.now")).to_have_attribute("data-time", "10:45")


def test_single_letters_can_be_switched_off(page: Page, served: Served) -> None:
    page.goto(served.board)
    cleo = session_on(served, "Cleo", NOW.date())
    card(page, cleo, device(cleo)).focus()
    page.keyboard.press("?")
    page.get_by_label("Use single-letter keys").uncheck()
    page.keyboard.press("Escape")
    card(page, cleo, device(cleo)).focus()

    page.keyboard.press("m")

    expect(page.locator(".ghost")).to_have_count(0)


def test_a_phone_gets_the_list_with_the_same_visits(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True)
    sign_in(context, served.clinic)
    page = context.new_page()
    page.goto(served.board)

    expect(page.get_by_role("grid")).to_be_hidden()
    expect(page.locator(".day-list li")).to_have_count(2)
    expect(page.locator(".day-list")).to_contain_text("Cleo Haddad")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_numbers_of_a_nurse_lead_to_the_list_of_whom(page: Page, served: Served) -> None:
    page.goto(f"{served.board}?day=2026-11-25")

    page.locator("td[data-resource='nurse-a'] a.load").first.click()

    expect(page.locator(".day-list li")).to_have_count(1)
    expect(page.locator(".day-list")).to_contain_text("Bo Lindqvist")


def test_a_closed_day_says_so_and_leads_to_the_next_open_one(page: Page, served: Served) -> None:
    page.goto(f"{served.board}?day=2026-11-22")

    page.get_by_role("link", name="Next open day").first.click()

    expect(page.locator("h1")).to_contain_text("Nov 23")


def test_of_several_sites_one_is_chosen_and_kept(page: Page, served: Served) -> None:
    page.goto(served.address)
    expect(page.get_by_label("Site")).to_have_count(0)
    with served.database.transaction() as db:
        hours = WeeklyHours.of(WEEKDAYS)
        equipping.add_site(db, Site("north", "North Road", "America/Denver", hours), new_id=served.clinic.new_id, now=NOW)
    join(served.database, "north", now=NOW)
    page.reload()

    page.get_by_label("Site").select_option("North Road")

    expect(page.get_by_role("link", name="Book a course")).not_to_have_count(0)
    page.goto(f"{served.address}/patients")
    expect(page.get_by_label("Site").locator("option:checked")).to_have_text("North Road")


@pytest.mark.parametrize("address", ["/board", "/patients/nobody", "/courses/none", "/sessions/none", "/sites/nowhere/board"])
def test_what_is_not_there_gets_a_page_that_says_so(page: Page, served: Served, address: str) -> None:
    answer = page.goto(served.address + address)

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("link", name="Go to the day board")).to_be_visible()
