"""Messages, calls, texts and contacts in a browser: pressed as at a desk, measured while typing, and without a fault that axe can find."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from courses import queries
from courses.patients.contact import Channel, Contact, Opted
from courses.reaching import Agreement, record_consent, record_contact
from rooms import queries as rooms_queries
from scheduler.records.messages import MessageRow
from scheduler.reminders.known import Messaging
from scheduler.reminding import calling
from scheduler.reminding.planning import plan_courses
from scheduler.reminding.replying import Incoming, take_reply
from tests.browser.conftest import DESK, PHONE, TABLET, Served, sign_in
from tests.browser.test_accessibility import faults
from tests.signed_in import PASSPHRASE, SECOND

pytestmark = pytest.mark.browser

ANA = "+17205550101"


def tell(served: Served) -> None:
    """Ana is told by text messages and has written back; nobody knows how to reach the others."""
    clinic, now = served.clinic, served.clock.now()
    with served.database.transaction() as db:
        site_id, ana = rooms_queries.site(db, clinic.site).id, clinic.patients["Ana"].id
        calling.set_messaging(db, clinic.site, Messaging("Linden Clinic", "+12125550100"))
        record_contact(db, ana, Contact(ANA), by="desk", now=now - timedelta(days=9))
        agreement = Agreement(Channel.SMS, ANA, Opted.IN, "signed the form")
        record_consent(db, ana, agreement, by="desk", now=now - timedelta(days=9))
        known = [queries.course(db, course.id, site_id=site_id) for course in clinic.courses.values()]
        plan_courses(db, {each.id: each.patient_id for each in known}, now=now, new_id=clinic.new_id)
        take_reply(db, Incoming(ANA, "e1", "may my sister come along?"), now=now, new_id=clinic.new_id)
        first = known[0]
        for nth, state in enumerate(("sent", "uncertain", "parked", "failed", "expired", "voided")):
            db.add(message(first.site.id, first.patient_id, first.id, f"m_made_{nth}", state, served))


def message(site: int, patient: int, course: int, key: str, state: str, served: Served) -> MessageRow:
    now = served.clock.now()
    return MessageRow(
        public_id=key,
        site_id=site,
        patient_id=patient,
        course_id=course,
        subject=key,
        kind="day_before",
        edition=1,
        channel="sms",
        address=ANA,
        state=state,
        why="",
        visit_at=now + timedelta(hours=20),
        due_at=now,
        try_at=now + timedelta(hours=1),
        useful_until=now + timedelta(hours=19),
        version=1,
        created_at=now,
    )


def test_a_call_is_noted_and_put_back(page: Page, served: Served) -> None:
    tell(served)
    page.goto(f"{served.address}/messages")
    page.get_by_role("link", name="Open the call list").click()
    first = page.locator("ol.calls > li").first
    expect(first).to_contain_text("(720) 555-0101")
    first.get_by_role("button", name="No answer").click()
    expect(page.get_by_role("status").first).to_contain_text("They stay on the list")
    page.locator("ol.calls > li").first.get_by_role("button", name="Spoke with them").click()

    expect(page.get_by_role("status").first).to_contain_text("Nobody else has to call.")
    page.get_by_role("button", name="Put back on the list: Ana Lopez").first.click()
    expect(page.locator("ol.calls > li").first).to_contain_text("Put back on the list (Robin")


def test_a_text_is_measured_as_one_types_and_published_by_two(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/sites/{served.clinic.site}/templates?language=es&kind=booked")
    letters = page.locator("[data-letters]")
    before = int(letters.inner_text())
    page.get_by_label("Fields in braces").press("End")
    page.keyboard.type("€ á")
    expect(letters).to_have_text(str(len(page.locator("[data-preview]").inner_text())))
    expect(page.locator("[data-strange]")).to_contain_text("á: not in the alphabet of text messages.")
    page.keyboard.press("Backspace")
    expect(letters).to_have_text(str(before + 2 + 1))  # a space, and a letter that takes the place of two
    page.get_by_label("Fields in braces").fill("{label}: su terapia es {when}. {stop}")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#faults")).to_contain_text("“terapia” tells a stranger too much")

    page.get_by_label("Fields in braces").fill("{label}: su cita es {when}. {stop}")
    page.get_by_role("button", name="Publish").click()
    page.get_by_label("Their sign-in name").fill(SECOND)
    page.get_by_label("Their password").fill(PASSPHRASE)
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("status").first).to_contain_text("Published.")
    expect(page.locator("section", has_text="Versions")).to_contain_text("approved by Robin")


def test_no_page_of_messages_has_a_fault(browser: Browser, served: Served) -> None:
    tell(served)
    site = f"/sites/{served.clinic.site}"
    pages = [f"{site}/messages?tab={tab}" for tab in ("planned", "failed", "replies&everything=true")]
    pages += [
        f"{site}/calls",
        f"{site}/templates?language=es",
        f"{site}/templates?language=es&kind=booked",
        "/status",
        "/messages/m_made_3",
    ]
    pages += [f"/patients/{served.clinic.patients['Ana'].id}"]
    context, found = browser.new_context(), {}
    sign_in(context, served.clinic)
    page = context.new_page()
    for path in pages:
        page.goto(served.address + path)
        for detail in page.locator("details.act").all():
            detail.evaluate("each => { each.open = true; }")
        for size in (DESK, TABLET, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            if some := faults(page, also_in_the_dark=size == DESK):
                found[path, size] = some
    context.close()

    assert found == {}


def test_whom_somebody_else_called_leaves_the_screen(page: Page, served: Served) -> None:
    tell(served)
    page.goto(f"{served.address}/sites/{served.clinic.site}/calls")
    cards = page.locator("ol.calls > li")
    expect(cards.first).to_be_visible()
    number, keys = cards.count(), cards.evaluate_all("cards => cards.map(card => card.dataset.key)")
    typing = cards.nth(1)
    typing.locator("summary").click()
    typing.get_by_label("Note", exact=True).fill("half a sen")
    other = page.context.new_page()
    other.goto(page.url)
    for key in keys[:2]:
        other.locator(f"li[data-key='{key}']").get_by_role("button", name="Spoke with them").click()
        expect(other.get_by_role("status").first).to_contain_text("Nobody else has to call.")

    expect(cards).to_have_count(number - 1)
    kept = page.locator(f"li[data-key='{keys[1]}']")
    expect(kept.get_by_text("Somebody else has called meanwhile")).to_be_visible()
    expect(kept.get_by_label("Note", exact=True)).to_have_value("half a sen")
