"""The pages of the audit trail and the weekly review, by keyboard and by what axe finds, at each size."""

from __future__ import annotations

from dataclasses import replace

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from rooms import equipping
from scheduler.access.author import Author, AuthorKind
from scheduler.access.role import Role
from scheduler.auditing import append, seen_by
from scheduler.records.accounts import AccountRow
from tests.browser.conftest import DESK, PHONE, TABLET, Served, sign_in
from tests.browser.test_accessibility import RULES, RULES_OF_COLOR, VIOLATIONS

pytestmark = pytest.mark.browser

ROSA = Author(
    AuthorKind.STAFF, "a_rosa", roles=frozenset({Role.NURSE}), strength="password", source="10.1.4.7", device="Firefox", site_id=1
)
REVIEW = "/audit/review?week=2026-11-23"
IN_MAIN = VIOLATIONS.replace("axe.run(document,", "axe.run(document.querySelector('main'),")
"""What stands around every page is looked at with every page, by `test_accessibility`."""
SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}


@pytest.fixture
def watched(served: Served) -> Served:
    """A clinic in which somebody looked at a relative, broke the glass, was refused, and renamed a chair."""
    key, now = served.clinic.patients["Ana"].id, served.clock.now()
    glass = replace(ROSA, break_glass=True)
    with served.database.transaction() as db:
        db.add(AccountRow(public_id=ROSA.id, handle="rosa", given_name="Rosa", family_name="Lopez", status="active", created_at=now))
        append(db, ROSA, action="GET /patients/{patient}", now=now, category="demographics", patients=[key])
        append(db, glass, action="GET /courses/{course}", now=now, category="schedule", patients=[key], reason="no colleague was there")
        append(db, ROSA, action="POST /audit/verify", now=now, category="access", outcome="denied")
    chair = replace(ROSA, operation="POST /resources/{resource}/name")
    seen_by(served.database, chair, served.clock.now).run(
        lambda db: equipping.rename_resource(db, 1, "chair-1", name="Recliner by the window", now=now)
    )
    return served


def faults_of(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    light: list[str] = page.evaluate(IN_MAIN, RULES)
    page.emulate_media(color_scheme="dark")
    dark: list[str] = page.evaluate(IN_MAIN, RULES_OF_COLOR)
    page.emulate_media(color_scheme="light")
    return light + dark


@pytest.mark.parametrize("size", ["desk", "phone", pytest.param("tablet", marks=pytest.mark.soak)])
def test_axe_finds_no_fault(browser: Browser, watched: Served, size: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    sign_in(context, watched.clinic)
    page = context.new_page()
    for address in ("/audit", REVIEW):
        page.goto(f"{watched.address}{address}")

        assert faults_of(page) == []
        assert page.evaluate("document.querySelector('main').scrollWidth <= document.documentElement.clientWidth")


def test_the_trail_is_checked_and_filtered_by_keyboard(page: Page, watched: Served) -> None:
    page.goto(f"{watched.address}/audit")
    page.get_by_role("button", name="Check it now").press("Enter")
    page.get_by_role("heading", name="The trail is whole").wait_for()

    page.get_by_label("Person").select_option(label="Rosa Lopez")
    page.get_by_label("Outcome").select_option("denied")
    page.get_by_label("Outcome").press("Enter")
    page.get_by_role("button", name="Show").press("Enter")

    page.wait_for_url("**person=a_rosa**")
    assert page.locator("table.trail tbody tr").count() == 1


def test_an_unusual_look_is_judged_by_keyboard(page: Page, watched: Served) -> None:
    page.goto(f"{watched.address}{REVIEW}")
    relative = page.locator("li").filter(has=page.get_by_role("heading", name="Same family name as the patient"))
    relative.get_by_label("Why").fill("asked Rosa and her supervisor")
    relative.get_by_role("button", name="Escalate").press("Enter")

    page.get_by_role("heading", name="Kept.").wait_for()
    assert relative.get_by_text("escalated").is_visible()
    assert page.get_by_role("heading", name="This week is not over").is_visible()
