"""A sheet that is gone back to, that lies open while others act, or whose tablet has a wrong clock: nothing stale is acted on unsaid."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from courses import attending
from courses.checklists.entry import Entry
from courses.checklists.kept import Kept
from courses.queries.charts import SessionChart, chart_of
from courses.rescheduling import Doing
from scheduler.records.accounts import LoginRow
from tests.browser.wards import Ward, tablet
from tests.browser.watched import NOW
from tests.signed_in import PASSPHRASE, SECOND

pytestmark = pytest.mark.browser
PROOF = "Your password, or your code"
LAST: dict[str, Kept] = {
    "systolic": 126,
    "diastolic": 80,
    "spo2": 98,
    "sedation": "no",
    "dissociation": "no",
    "breathing": "no",
    "serious-event": "no",
}
READY: dict[str, Kept] = LAST | {"ready-after": 90, "vitals-after": "yes", "ready": True, "instructions-given": True, "driver": "sister"}


def chart(ward: Ward, given: str) -> SessionChart:
    with ward.database.reading() as db:
        return chart_of(db, ward.clinic.sessions[given])


def entries(ward: Ward, given: str, item: str) -> list[Entry]:
    return [entry for entry in chart(ward, given).entries if entry.item == item]


def owes_proof(ward: Ward) -> None:
    """Whoever is signed in proved long ago who they are, and signed nothing since."""
    with ward.database.transaction() as db:
        db.execute(update(LoginRow).values(proven_at=NOW - timedelta(hours=1), signed_at=None))


def stop_elsewhere(ward: Ward, given: str) -> None:
    """Somebody breaks the treatment off at another tablet."""
    ids = count(1)
    with ward.database.transaction() as db:
        doing = Doing("nurse", ward.clock.now(), lambda prefix: f"{prefix}elsewhere{next(ids)}", "felt sick", None)
        attending.abort(db, ward.clinic.sessions[given], doing)


def hear_nothing(page: Page) -> None:
    """The line on which changes are told is dead."""
    page.route("**/changes", lambda route: route.abort())


def test_signature_asks_for_a_proof_until_it_is_right_and_the_next_one_for_none(shift: Ward, browser: Browser) -> None:
    owes_proof(shift)
    with tablet(browser, shift) as page:
        page.goto(shift.sheet("Bo"))
        page.get_by_role("link", name="Sign", exact=True).tap()
        page.get_by_label(PROOF).first.fill("not this one")
        page.get_by_role("button", name="Sign this").first.tap()
        expect(page.locator("main")).to_contain_text("That does not fit")
        assert chart(shift, "Bo").signatures == ()
        page.get_by_label(PROOF).fill(PASSPHRASE)
        page.get_by_role("button", name="Go on").tap()
        expect(page.locator(".history li")).to_contain_text("I monitored this patient")
        page.get_by_role("link", name="Sign", exact=True).tap()
        expect(page.get_by_role("button", name="Sign this").first).to_be_visible()
        expect(page.get_by_label(PROOF)).to_have_count(0)
        page.go_back()
        page.go_back()
        expect(page.locator("main")).to_contain_text("Signed by Robin Vale")
    assert [each.meaning for each in chart(shift, "Bo").signatures] == ["monitored"]


def test_release_with_a_wrong_proof_keeps_who_the_second_person_is_and_cannot_be_sent_again(shift: Ward, browser: Browser) -> None:
    owes_proof(shift)
    with shift.database.transaction() as db:
        shift.clinic.write(db, "Ana", shift.clock.now(), READY)
    with tablet(browser, shift) as page, tablet(browser, shift) as other:
        for each in (page, other):
            each.goto(f"{shift.sheet('Ana')}/release")
            each.get_by_label(PROOF).fill("not this one" if each is page else PASSPHRASE)
            each.get_by_label("Their sign-in name").fill(SECOND)
            each.get_by_label("Their password").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign and release").tap()
        expect(page.locator("main")).to_contain_text("That does not fit")
        expect(page.get_by_label("Their sign-in name")).to_have_value(SECOND)
        page.get_by_label(PROOF).fill(PASSPHRASE)
        page.get_by_label("Their password").fill(PASSPHRASE)
        page.get_by_role("button", name="Go on").tap()
        expect(page.locator("#over-title")).to_have_text("Released at 10:23")
        page.go_back()
        expect(page.locator("main")).to_contain_text("There is nothing to release any more")
        expect(page.get_by_role("button", name="release")).to_have_count(0)
        other.get_by_role("button", name="Sign and release").tap()
        expect(other.get_by_role("alert").first).to_contain_text("cannot be released")
        expect(other.locator("#over-title")).to_have_text("Released at 10:23")
    assert [each.meaning for each in chart(shift, "Ana").signatures] == ["monitored", "release-approved"]


def test_going_back_after_an_entry_writes_nothing_twice_and_shows_what_is(shift: Ward, browser: Browser) -> None:
    with tablet(browser, shift) as page:
        page.goto(shift.observations)
        page.locator(".tile", has_text="Cleo Haddad").get_by_role("link").first.tap()
        page.locator("[name=heart-rate]").fill("66")
        page.keyboard.press("Tab")
        expect(page.locator("#item-heart-rate .readings")).to_contain_text("66")
        page.go_back()
        expect(page.locator(".tile", has_text="Cleo Haddad")).to_be_visible()
        page.go_forward()
        expect(page.locator("#item-heart-rate .readings")).to_contain_text("66")
        expect(page.locator("[name=heart-rate]")).to_have_value("")
        page.reload()
        expect(page.locator("[name=heart-rate]")).to_have_value("")
    assert [entry.value for entry in entries(shift, "Cleo", "heart-rate")] == [66]


def test_press_on_a_sheet_that_was_stopped_elsewhere_is_refused_in_words(shift: Ward, browser: Browser) -> None:
    with tablet(browser, shift) as page:
        hear_nothing(page)
        with page.expect_response(lambda answer: "fragment=yes" in answer.url):
            page.goto(shift.sheet("Eve"))
        expect(page.get_by_role("link", name="It cannot go on")).to_be_visible()
        stop_elsewhere(shift, "Eve")
        page.get_by_role("button", name="Treatment is over: watch").tap()
        expect(page.get_by_role("alert").first).to_contain_text("cannot be watched")
        expect(page.locator(".who-strip")).to_contain_text("aborted")
        expect(page.get_by_role("link", name="It cannot go on")).to_have_count(0)
        page.reload()
        expect(page.get_by_role("button", name="Release …")).to_be_visible()
        page.goto(f"{shift.sheet('Eve')}/stop")
    assert chart(shift, "Eve").outcome == "aborted"


@pytest.mark.parametrize("hours", [-5, 5])
def test_tablet_whose_clock_is_hours_wrong_shows_and_records_the_servers_time(shift: Ward, browser: Browser, hours: int) -> None:
    now = shift.clock.now()
    with tablet(browser, shift) as page:
        page.clock.install(time=now + timedelta(hours=hours))
        page.goto(shift.sheet("Dan"))
        expect(page.locator(".who-strip [data-since]")).to_contain_text("0:47:0")
        expect(page.locator(".who-strip [data-left]")).to_have_text("79 min")
        page.locator("[name=heart-rate]").fill(str(70 + hours))
        page.keyboard.press("Tab")
        expect(page.locator("#item-heart-rate .readings")).to_contain_text(f"{70 + hours} /min 10:23 saved 10:23:00")
        page.clock.set_system_time(now - timedelta(hours=hours))
        page.clock.run_for(2000)
        expect(page.locator(".who-strip [data-since]")).to_contain_text("0:47:0")
    last = entries(shift, "Dan", "heart-rate")[-1]
    assert last.value == 70 + hours
    assert timedelta(0) <= last.observed_at - now < timedelta(seconds=10)
