"""Openings in a browser: a wish is written down, a place is offered, taken and declined; no fault that axe can find at three sizes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from courses import offering, queries, rescheduling
from courses.openings.wish import Aim, NewWish, When
from courses.patients.contact import Contact
from courses.queries import openings as looks
from courses.reaching import record_contact
from courses.rescheduling import Doing
from rooms import queries as rooms_queries
from scheduler import openings
from scheduler.verify import verify
from tests.browser.clinic import NOW
from tests.browser.conftest import DESK, PHONE, TABLET, Served, sign_in
from tests.browser.test_accessibility import faults

pytestmark = pytest.mark.browser


def doing(served: Served) -> Doing:
    return Doing("desk", NOW, served.clinic.new_id, "changed plans")


def wish(served: Served, given: str, aim: Aim = Aim.SOONER, when: When | None = None, *, session: int | None = None) -> None:
    """Somebody would have another time; a worker has looked since."""
    course = served.clinic.courses[given]
    with served.database.transaction() as db:
        key = queries.course(db, course.id).course.live[session - 1].id if session else None
        offering.put_wish(db, NewWish(course.id, key, aim, when or When()), doing(served))
        site_id = rooms_queries.site(db, served.clinic.site).id
    openings.look_at_once(served.database, served.clock, [site_id])


def furnish(served: Served) -> None:
    """An offer to call about, one that was declined, a place that is free, and a wish that no day suits."""
    cleo = served.clinic.courses["Cleo"]
    with served.database.transaction() as db:
        record_contact(db, served.clinic.patients["Bo"].id, Contact(phone="+12125550123"), by="desk", now=NOW)
        ahead = [(each.id, each.interval.starts_at) for each in queries.course(db, cleo.id).course.ahead(NOW) if each.interval]
        session, starts_at = ahead[3]
        rescheduling.move_session(db, session, starts_at + timedelta(hours=2), doing(served))
    wish(served, "Bo", Aim.OTHER_TIMES, When(opens=13 * 60, closes=17 * 60, notice_hours=24))
    with served.database.transaction() as db:
        (offer,) = looks.running_offers(db, rooms_queries.site(db, served.clinic.site).id)
        offering.decline(db, offer.id, doing(served))
        site_id = offer.site_id
    openings.look_at_once(served.database, served.clock, [site_id])
    wish(served, "Ana", Aim.OTHER_TIMES, When(frozenset({5, 6}), 8 * 60, 12 * 60))


def page_of(served: Served) -> str:
    return f"{served.address}/sites/{served.clinic.site}/openings"


def test_a_wish_is_written_down_offered_and_accepted(page: Page, served: Served) -> None:
    bo = served.clinic.courses["Bo"]
    page.goto(f"{served.address}/courses/{bo.id}")
    page.get_by_text("Wish for another time").click()
    page.get_by_label("What is wished for").select_option("other_times")
    page.get_by_label("From", exact=True).last.fill("13:00")
    page.get_by_label("Until", exact=True).last.fill("17:00")
    page.get_by_role("button", name="Put on the list").click()

    expect(page.get_by_role("status").first).to_contain_text("Written down")
    expect(page.get_by_role("heading", name="To call now")).to_be_visible()
    page.get_by_role("button", name="Accepted: Bo Lindqvist").first.click()

    expect(page.get_by_role("status").first).to_contain_text("Moved to the new time")
    with served.database.reading() as db:
        (done,) = looks.ended_offers(db, rooms_queries.site(db, served.clinic.site).id)
        now_at = queries.course(db, bo.id).course.session(done.session).interval
    assert now_at == done.place
    assert done.place.starts_at.hour >= 18  # 13:00 in New York
    assert [each for each in verify(served.database, now=NOW) if not each.decision] == []


def test_a_declined_place_is_not_offered_again_and_a_wish_is_taken_back(page: Page, served: Served) -> None:
    wish(served, "Bo", Aim.OTHER_TIMES, When(opens=13 * 60, closes=17 * 60), session=4)
    page.goto(page_of(served))
    page.get_by_role("button", name="Declined: Bo Lindqvist").click()
    expect(page.get_by_role("status").first).to_contain_text("The wish stands")

    page.get_by_role("button", name="Take back the wish of Bo Lindqvist").click()

    expect(page.get_by_role("status").first).to_contain_text("taken back")
    expect(page.get_by_text("Nobody waits for another time.")).to_be_visible()


def test_who_wishes_for_times_that_cannot_be_is_told_at_the_form(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/courses/{served.clinic.courses['Bo'].id}")
    page.get_by_text("Wish for another time").click()
    page.get_by_label("What is wished for").select_option("other_times")
    page.get_by_role("button", name="Put on the list").click()

    expect(page.get_by_text("say which times of day or weekdays suit")).to_be_visible()
    expect(page.get_by_label("What is wished for")).to_be_visible()


def test_the_site_says_how_it_offers(page: Page, served: Served) -> None:
    page.goto(page_of(served))
    page.get_by_label("Keep a place for (minutes)").fill("20")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").first).to_contain_text("Saved")
    expect(page.get_by_label("Keep a place for (minutes)")).to_have_value("20")


def test_openings_have_no_fault_that_axe_finds_at_any_size(browser: Browser, served: Served) -> None:
    furnish(served)
    found: dict[str, list[str]] = {}
    for name, (width, height) in {"desk": DESK, "tablet": TABLET, "phone": PHONE}.items():
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=name != "desk")
        sign_in(context, served.clinic)
        page = context.new_page()
        page.goto(page_of(served))
        for heading in ("To call now", "2 wishes", "Free since lately", "Answered lately"):
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
        found |= {f"{name} openings": some} if (some := faults(page)) else {}
        page.goto(f"{served.address}/courses/{served.clinic.courses['Ana'].id}")
        page.get_by_text("Wish for another time").click()
        found |= {f"{name} course": some} if (some := faults(page)) else {}
        context.close()
    assert found == {}
