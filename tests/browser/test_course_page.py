"""The course page in a browser: every change is seen before it is done, done once, and refused where it no longer fits."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Page, expect

from courses import queries, rescheduling
from courses.plans.ongoing.course import Course
from courses.rescheduling import Doing
from courses.sessions.session import TreatmentSession
from courses.sessions.status import CourseStatus, SessionStatus
from tests.browser.clinic import NOW
from tests.browser.conftest import Served

pytestmark = pytest.mark.browser


def course_of(served: Served, given: str) -> Course:
    """Somebody's course as it stands in the database."""
    with served.database.reading() as db:
        return queries.course(db, served.clinic.courses[given].id).course


def next_session(served: Served, given: str) -> TreatmentSession:
    return next(session for session in course_of(served, given).live if session.status is SessionStatus.BOOKED)


def open_session(page: Page, served: Served, given: str) -> TreatmentSession:
    session = next_session(served, given)
    page.goto(f"{served.address}/sessions/{session.id}")
    return session


def see_what_follows(page: Page, part: str, reason: str) -> None:
    page.locator(f"#{part}-reason").fill(reason)
    page.locator("form").filter(has=page.locator(f"#{part}-reason")).get_by_role("button").click()
    expect(page.get_by_role("heading", name="What follows")).to_be_visible()


def open_part(page: Page, served: Served, given: str, part: str) -> None:
    page.goto(f"{served.address}/courses/{served.clinic.courses[given].id}")
    page.locator("summary", has_text=part).click()


def test_the_course_shows_every_session_and_what_happened(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/courses/{served.clinic.courses['Ana'].id}")

    expect(page.get_by_role("heading", name="5 of 36 sessions done")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(38)
    expect(page.locator(".history")).to_contain_text("36 sessions booked.")


def test_cancelling_shows_what_follows_before_anything_is_done(page: Page, served: Served) -> None:
    session = open_session(page, served, "Ana")
    before = course_of(served, "Ana")

    see_what_follows(page, "cancel", "has a cold")
    assert course_of(served, "Ana") == before
    then = page.get_by_role("row").nth(2).inner_text()
    page.get_by_role("button", name="Cancel it").click()

    expect(page.get_by_role("status").first).to_contain_text(f"Session {session.number} cancelled.")
    after = course_of(served, "Ana")
    assert after.session(session.id).status is SessionStatus.CANCELLED
    assert len(after.live) == 36
    added = next(each for each in after.live if each.replaces == session.id)
    assert added.interval is not None
    assert f"{added.interval.starts_at:%b} {added.interval.starts_at.day}" in then


def test_leaving_it_as_it_was_changes_nothing(page: Page, served: Served) -> None:
    open_session(page, served, "Ana")
    before = course_of(served, "Ana")
    see_what_follows(page, "cancel", "has a cold")

    page.get_by_role("link", name="Leave as it was").click()

    expect(page).to_have_url(f"{served.address}/courses/{before.id}")
    assert course_of(served, "Ana") == before


def test_a_form_sent_twice_is_done_once(page: Page, served: Served) -> None:
    session = open_session(page, served, "Ana")
    see_what_follows(page, "cancel", "has a cold")

    twice = """() => {
      const form = document.querySelector("main form");
      const body = () => new URLSearchParams(new FormData(form));
      return Promise.all([1, 2].map(() => fetch(form.action, { method: "POST", body: body() }))).then((all) => all.map((one) => one.url));
    }"""
    first, second = page.evaluate(twice)

    assert first == second
    assert [each.status for each in course_of(served, "Ana").sessions].count(SessionStatus.CANCELLED) == 1
    assert course_of(served, "Ana").session(session.id).status is SessionStatus.CANCELLED


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(page: Page, served: Served) -> None:
    session = open_session(page, served, "Ana")
    see_what_follows(page, "cancel", "has a cold")
    with served.database.transaction() as db:
        doing = Doing("somebody else", NOW, served.clinic.new_id)
        rescheduling.move_session(db, session.id, datetime(2026, 11, 24, 20, 0, tzinfo=UTC), doing)

    page.get_by_role("button", name="Cancel it").click()

    expect(page.get_by_role("alert")).to_contain_text("changed by somebody else")
    expect(page.locator("#cancel-reason")).to_have_value("has a cold")
    assert course_of(served, "Ana").session(session.id).status is SessionStatus.BOOKED


def test_a_session_moves_to_a_place_that_was_offered(page: Page, served: Served) -> None:
    session = open_session(page, served, "Bo")

    offered = page.get_by_role("radio").first
    place = datetime.fromisoformat(str(offered.get_attribute("value")))
    offered.check()
    page.get_by_role("button", name="Move", exact=True).click()

    expect(page.get_by_role("status").first).to_contain_text(f"Session {session.number} moved")
    moved = course_of(served, "Bo").session(session.id)
    assert moved.interval is not None
    assert moved.interval.starts_at == place


@pytest.mark.parametrize(
    ("on", "at", "said"),
    [
        ("2026-11-21", "09:00", "past"),
        ("2026-11-28", "09:00", "cannot be there"),
        ("2027-03-14", "02:30", "does not exist"),
        ("2026-11-25", "09:03", "cannot be there"),
    ],
    ids=["past", "closed", "skipped by the clock", "off the grid"],
)
def test_a_place_that_cannot_be_is_refused_and_what_was_typed_stays(page: Page, served: Served, on: str, at: str, said: str) -> None:
    session = open_session(page, served, "Ana")
    page.get_by_label("Another date and time").check()
    page.get_by_label("Date", exact=True).fill(on)
    page.get_by_label("Time", exact=True).evaluate("(field, value) => { field.removeAttribute('step'); field.value = value; }", at)

    page.get_by_role("button", name="Move", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_label("Date", exact=True)).to_have_value(on)
    assert course_of(served, "Ana").session(session.id) == session


def test_a_missed_session_is_owed_again(page: Page, served: Served) -> None:
    served.clock.set(datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
    session = open_session(page, served, "Ana")

    see_what_follows(page, "miss", "did not come")
    page.get_by_role("button", name="Record as missed").click()

    expect(page.get_by_role("status").first).to_contain_text(f"Session {session.number} missed.")
    assert course_of(served, "Ana").session(session.id).status is SessionStatus.MISSED
    assert len(course_of(served, "Ana").live) == 36


def test_a_course_is_held_and_resumed(page: Page, served: Served) -> None:
    open_part(page, served, "Ana", "Hold")
    see_what_follows(page, "hold", "travels")
    expect(page.locator("main")).to_contain_text("31 sessions have no place then.")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_text("On hold: travels")).to_be_visible()
    assert len(course_of(served, "Ana").owed) == 31

    page.get_by_label("On or after").fill("2026-12-01")
    see_what_follows(page, "resume", "is back")
    expect(page.locator("main")).to_contain_text("31 sessions get a new place.")
    page.get_by_role("button", name="Resume").click()

    expect(page.get_by_role("status").first).to_contain_text("Course resumed.")
    resumed = course_of(served, "Ana")
    assert resumed.status is CourseStatus.ACTIVE
    assert not resumed.owed
    assert min(each.interval.starts_at.date() for each in resumed.ahead(NOW) if each.interval) == date(2026, 12, 1)


def test_a_course_is_extended(page: Page, served: Served) -> None:
    open_part(page, served, "Ana", "Extend")
    page.get_by_label("More sessions").fill("4")
    see_what_follows(page, "extend", "asked for by Dr. Reed")
    page.get_by_role("button", name="Extend").click()

    expect(page.get_by_role("heading", name="5 of 40 sessions done")).to_be_visible()
    assert course_of(served, "Ana").agreed_sessions == 40


def test_a_course_is_stopped_and_what_took_place_stays(page: Page, served: Served) -> None:
    open_part(page, served, "Ana", "Stop")
    see_what_follows(page, "stop", "moved away")
    page.get_by_role("button", name="Stop the course").click()

    expect(page.get_by_text("Stopped: moved away")).to_be_visible()
    statuses = [each.status for each in course_of(served, "Ana").sessions]
    assert (statuses.count(SessionStatus.DISCHARGED), statuses.count(SessionStatus.CANCELLED)) == (5, 31)


def test_a_course_that_cannot_go_on_as_asked_stays_and_the_form_too(page: Page, served: Served) -> None:
    with served.database.transaction() as db:
        rescheduling.hold_course(db, served.clinic.courses["Ana"].id, Doing("desk", NOW, served.clinic.new_id, "travels"))
    page.goto(f"{served.address}/courses/{served.clinic.courses['Ana'].id}")
    page.get_by_label("On or after").fill("2027-06-01")

    page.get_by_role("button", name="See what follows").first.click()

    expect(page.get_by_role("alert")).to_contain_text("has no place")
    expect(page.get_by_label("On or after")).to_have_value("2027-06-01")
    assert course_of(served, "Ana").status is CourseStatus.ON_HOLD
