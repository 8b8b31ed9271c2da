"""Forms in a browser: found in the queue, sent by hand and kept as sent; a lot, an event, an enrollment; no fault on any of their pages."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from courses import charting
from courses.checklists.writing import Answered
from courses.progressing import Moment, attend
from courses.queries import charts, owed
from rooms.base import Db
from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.browser.clinic import NOW, BrowserClinic
from tests.browser.conftest import DESK, PHONE, TABLET, Served
from tests.charts.ward import Ward, at
from tests.owed.days import device, owing_ward
from tests.signed_in import PASSPHRASE, SECOND, Staff

pytestmark = pytest.mark.browser
WARD: dict[str, str] = {}
"""The ids of the ward that was built: its session, its form and its patient."""


@pytest.fixture(scope="session")
def built(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BrowserClinic]:
    """A ward where Ana was given two devices and released, and Ben is watched still."""
    path, clinic = tmp_path_factory.mktemp("owing") / "built.db", BrowserClinic()
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, path)}")
    ward = owing_ward(database)
    with database.transaction() as db:
        for session, minutes in ((ward.session, 1), (ward.other, 90)):
            _dosed(ward, db=db, session=session, minutes=minutes)
        attend(db, [Moment(ward.session, "discharge", at(139))], by="nurse")
    with database.reading() as db:
        form = owed.form_of_session(db, ward.session)
        assert form is not None
        WARD.update(session=ward.session, form=form.form.id, patient=charts.chart_of(db, ward.session).patient.id)
    clinic.token = Staff(database, SettableClock(NOW, frozen=True), office=False).lasting_token()
    database.dispose()
    with closing(sqlite3.connect(path)) as folded:
        folded.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path, clinic


def _dosed(ward: Ward, *, db: Db, session: str, minutes: int) -> None:
    attend(db, [Moment(session, "start", at(minutes))], by="nurse")
    charting.record(db, session, [Answered("oximeter", True), Answered("calm", True)], ward.press(minutes + 1))
    for more in (5, 10):
        charting.record(db, session, [Answered("device", device("A1"))], ward.press(minutes + more))


def test_a_form_is_sent_by_hand_and_kept(page: Page, served: Served) -> None:
    assert timedelta(minutes=139) <= NOW - at(0)
    page.goto(f"{served.address}/forms")
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="Ben Lopez")).to_contain_text("the patient is still here")
    rows.filter(has_text="Ana Lopez").get_by_role("link").click()
    expect(page.get_by_text("2 × Device")).to_be_visible()
    expect(page.get_by_text("required fields nobody wrote down")).to_be_visible()

    page.get_by_role("button", name="Keep that it was sent").click()
    expect(page.get_by_label("Confirmation number")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Confirmation number").fill("R-77")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").first).to_contain_text("It is kept that the form was sent.")
    expect(page.get_by_role("region", name="1 form owed")).to_contain_text("Ben Lopez")
    expect(page.get_by_role("region", name="Sent", exact=True)).to_contain_text("R-77")


def test_a_wasted_device_needs_a_witness_on_the_spot(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/lots")
    page.get_by_role("link", name="A1").click()
    page.get_by_text("Wasted").click()
    page.locator("#waste-units").fill("1")
    page.locator("#waste-reason").fill("dropped on the floor")
    page.get_by_role("button", name="Keep, with a witness").click()
    page.get_by_label("Handle").or_(page.locator("[name=second_handle]")).first.fill(SECOND)
    page.locator("[name=second_password]").fill(PASSPHRASE)
    page.locator("[name=second_password]").press("Enter")

    expect(page.get_by_role("row").filter(has_text="wasted")).to_contain_text("witness Robin Hill")


def test_a_serious_event_is_noted_and_reported(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/sessions/{WARD['session']}/adverse-events")
    page.get_by_label("What", exact=True).select_option("syncope")
    page.get_by_label("Serious").check()
    page.get_by_label("What happened and what was done").fill("Fainted on rising.")
    page.get_by_role("button", name="Note it").click()
    page.goto(f"{served.address}/adverse-events")
    page.get_by_text("I have reported it").click()
    page.get_by_label("How and to whom").fill("Manufacturer, by telephone")
    page.get_by_role("region", name="Fainting").get_by_role("button", name="Keep").first.click()

    expect(page.get_by_role("region", name="Fainting")).to_contain_text("reported")
    expect(page.get_by_text("Manufacturer, by telephone")).to_be_visible()


def test_no_page_has_a_fault(page: Page, served: Served) -> None:
    addresses = (
        *("/forms", f"/forms/{WARD['form']}", "/lots", "/certifications", "/adverse-events"),
        *(f"/patients/{WARD['patient']}/enrollments", f"/sessions/{WARD['session']}/adverse-events"),
        f"/sessions/{WARD['session']}/instructions",
    )
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width, height in (DESK, TABLET, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            for address in addresses:
                page.goto(f"{served.address}{address}")
                faults = [each["id"] for each in Axe().run(page).response["violations"]]
                wide = page.evaluate("document.documentElement.scrollWidth") > width
                found += [(scheme, width, address, faults, wide)] if faults or wide else []
    assert found == []
