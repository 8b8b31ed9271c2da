"""The protocol library in a browser: sources and sign-off flags, versions, and the editor with its faults."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from courses import queries
from courses.protocols.version import ProtocolVersion
from tests.browser.conftest import Served
from tests.signed_in import PASSPHRASE, SECOND

pytestmark = pytest.mark.browser

TITLE = "rTMS, 30 daily sessions and a taper of six, 19-minute stimulation"
CODE = "tms-standard-36-19-minutes"


def versions(served: Served, code: str = CODE) -> list[ProtocolVersion]:
    with served.database.reading() as db:
        site_id = queries.patient(db, served.clinic.patients["Ana"].id).site_id
        return [known.version for known in queries.versions_of(db, code, site_id=site_id)]


def open_editor(page: Page, served: Served, how: str = "Edit") -> str:
    page.goto(f"{served.address}/protocols")
    page.get_by_role("link", name=TITLE).click()
    page.get_by_role("link", name=how, exact=True).click()
    return page.get_by_role("textbox", name="The protocol, in the notation").input_value()


def write(page: Page, text: str, button: str) -> None:
    page.get_by_role("textbox", name="The protocol, in the notation").fill(text)
    page.get_by_role("button", name=button).click()


def test_every_number_has_its_source_and_each_unconfirmed_one_its_flag(page: Page, served: Served) -> None:
    document = versions(served)[-1].document
    page.goto(f"{served.address}/protocols")
    expect(page.get_by_role("listitem").filter(has_text=TITLE)).to_contain_text(
        f"{len(document.unsigned)} values need the medical director's sign-off"
    )
    page.get_by_role("link", name=TITLE).click()

    rows = page.locator("table.sources tbody tr")
    expect(rows).to_have_count(len(document.facts))
    expect(rows.filter(has_text="needs the medical director's sign-off")).to_have_count(len(document.unsigned))
    assert sorted(rows.locator(".badge.source").all_inner_texts()) == sorted(fact.source for fact in document.facts)
    for note in document.notes:
        expect(page.get_by_role("listitem").filter(has_text=note.text)).to_be_visible()


def approve(page: Page) -> None:
    """A second person, at the same screen."""
    page.get_by_label("Their sign-in name").fill(SECOND)
    page.get_by_label("Their password").fill(PASSPHRASE)
    page.get_by_role("button", name="Go on").click()


def test_an_edited_number_is_published_as_a_new_version_and_loses_its_source(page: Page, served: Served) -> None:
    text = open_editor(page, served)
    write(page, text.replace("sessions: 30, per_week: 5", "sessions: 25, per_week: 5"), "Publish as a new version")
    approve(page)

    expect(page.get_by_role("status").first).to_contain_text("Version 2 is published.")
    edited = page.locator("table.sources tbody tr").filter(has_text="edited: the source says 30")
    expect(edited).to_contain_text("needs the medical director's sign-off")
    assert [version.protocol.n_sessions for version in versions(served)] == [36, 31]
    page.get_by_role("link", name="Version 1").click()
    expect(page.locator("main")).to_contain_text("This is an older version")
    expect(page.locator(".history li").filter(has_text="Version 1")).to_contain_text("1 course")


def test_each_fault_is_named_at_its_line_and_a_press_goes_there(page: Page, served: Served) -> None:
    text = open_editor(page, served)
    write(page, text.replace("per_week: 5", "per_week: 0", 1).replace("minutes: 19", "minutes: -19", 1), "Publish as a new version")

    faults = page.locator(".faults li")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "per_week: 5" in each)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was published.")
    expect(faults).to_have_count(2)
    page.wait_for_load_state()
    faults.filter(has_text="per_week").get_by_role("button", name=f"Line {line}", exact=True).click()
    chosen = "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
    assert "per_week: 0" in str(page.evaluate(chosen))
    assert len(versions(served)) == 1


def test_a_check_publishes_nothing(page: Page, served: Served) -> None:
    write(page, open_editor(page, served).replace("title: ", "title: My "), "Check")
    expect(page.get_by_role("status").first).to_contain_text("No faults found")
    assert len(versions(served)) == 1


def test_a_copy_is_a_protocol_of_its_own_that_remembers_where_it_came_from(page: Page, served: Served) -> None:
    text = open_editor(page, served, "Copy")
    assert f"id: {CODE}-copy" in text
    write(page, text, "Publish")
    approve(page)
    expect(page.get_by_role("status").first).to_contain_text("Version 1 is published.")
    assert versions(served, f"{CODE}-copy")[0].origin == versions(served)[0].origin
    assert len(versions(served)) == 1


def test_an_id_that_is_taken_is_a_fault_at_its_line(page: Page, served: Served) -> None:
    text = open_editor(page, served, "Copy")
    write(page, text.replace(f"{CODE}-copy", CODE), "Publish")
    expect(page.locator(".faults li")).to_contain_text("Line 1")
    expect(page.locator(".faults li")).to_contain_text("there is a protocol of this id already")


def test_a_version_keeps_the_id_of_its_protocol(page: Page, served: Served) -> None:
    write(page, open_editor(page, served).replace(f"id: {CODE}", "id: other"), "Publish as a new version")
    expect(page.locator(".faults li")).to_contain_text("keeps that id")
    assert versions(served, "other") == []


def test_a_new_protocol_begins_without_a_fault(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/protocols")
    page.get_by_role("link", name="Write a protocol").click()
    page.get_by_role("button", name="Publish").click()
    approve(page)
    expect(page.get_by_role("heading", name="My protocol")).to_be_visible()
    assert [version.number for version in versions(served, "my-protocol")] == [1]


def test_a_retired_protocol_is_no_longer_offered(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/protocols/{versions(served)[0].protocol_id}")
    page.get_by_text("Retire it").click()
    page.get_by_role("button", name="Retire the protocol").click()
    approve(page)
    expect(page.get_by_role("status").first).to_contain_text("No course begins by it any more.")
    page.goto(f"{served.address}/book")
    expect(page.locator("option", has_text="19-minute")).to_have_count(0)
    page.goto(f"{served.address}/protocols")
    expect(page.get_by_role("listitem").filter(has_text=TITLE)).to_contain_text("retired")


@pytest.mark.parametrize("address", ["/protocols/nothing", "/protocols/nothing/edit", "/protocols/{}?version=9"])
def test_what_is_not_there_is_a_page_that_says_so(page: Page, served: Served, address: str) -> None:
    answer = page.goto(f"{served.address}{address.format(versions(served)[0].protocol_id)}")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
