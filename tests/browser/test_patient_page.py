"""The patient's page in a real browser: two taps to confirm, without scripts, for machines that press nothing, and for everybody's eyes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import literal_column, select, text
from sqlalchemy import table as table_named

from courses.patients.contact import Contact
from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.api.conftest import NOW
from tests.browser.conftest import PHONE, serve
from tests.browser.test_accessibility import ADD_STYLE, RULES, VIOLATIONS
from tests.patient_page.visitor import Told, World

pytestmark = pytest.mark.browser

MOST_BYTES = 60_000
SMALL = (320, 568)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SUBMIT_ALL = """async () => {
  for (const form of document.forms) {
    const sent = form.method === 'post' ? { method: 'POST', body: new URLSearchParams(new FormData(form)) } : {};
    await fetch(form.action, sent).catch(() => null);
  }
}"""
"""What a machine does that looks whether a link is good: it sends each form as it is."""


@dataclass
class Phone:
    """A server, its clinic, and the address of somebody's page."""

    address: str
    world: World

    def of(self, told: Told, part: str = "") -> str:
        return f"{self.address}/v/{told.key}{part}"


@pytest.fixture(scope="module")
def phone(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Phone]:
    """For all tests of the file, each with a patient of its own."""
    url = f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path_factory.mktemp('phones') / 'phones.db')}"
    database, clock = Database(url), SettableClock(NOW, frozen=True)
    world = World(database, clock)
    with serve(url, clock, browser) as (address, _, _):
        yield Phone(address, world)
    world.close()
    database.dispose()


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    """A phone whose browser runs no scripts."""
    width, height = PHONE
    context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=False, locale="en-US")
    yield context.new_page()
    context.close()


def everything(world: World) -> dict[str, list[object]]:
    with world.database.reading() as db:
        names = [name for (name,) in db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        return {name: list(db.execute(select(literal_column("*")).select_from(table_named(name)))) for name in names}


def test_two_taps_without_scripts(phone: Phone, screen: Page) -> None:
    told = phone.world.told(contact=Contact(phone="+12125557001", language="es"))

    screen.goto(phone.of(told))
    screen.get_by_role("button", name="Sí, voy a venir").click()

    expect(screen.get_by_role("status")).to_have_text("Gracias. Le esperamos.")
    assert phone.world.answers(told) == ["confirmed"]


def test_to_call_off_takes_four_taps_and_two_digits(phone: Phone, screen: Page) -> None:
    told = phone.world.told()

    screen.goto(phone.of(told))
    screen.get_by_role("link", name="I cannot come").click()
    screen.locator("#cancel-day").fill("17")
    screen.get_by_role("button", name="Call off this visit").click()

    expect(screen.get_by_role("status")).to_have_text("Your visit is called off. We will tell you the next time.")
    assert phone.world.row(told).status == "cancelled"


def test_another_time_and_what_is_private(phone: Phone, screen: Page) -> None:
    told = phone.world.told(modality="esketamine")

    screen.goto(phone.of(told))
    screen.select_option("#month", "5")
    screen.fill("#day", "17")
    screen.fill("#year", "1980")
    screen.get_by_role("button", name="Show it").click()
    expect(screen.get_by_text("Do not eat for 2 hours before.")).to_be_visible()
    screen.get_by_role("button", name="I have a ride home").click()
    expect(screen.get_by_text("You have a ride home. Thank you.")).to_be_visible()
    screen.get_by_role("link", name="I cannot come").click()
    screen.get_by_role("radio").nth(2).check()
    screen.locator("#move-day").fill("17")
    screen.get_by_role("button", name="Take this time").click()

    expect(screen.get_by_role("status")).to_have_text("Your visit has a new time. You see it here.")


def test_a_machine_that_follows_links_runs_scripts_and_sends_every_form_changes_nothing(phone: Phone, browser: Browser) -> None:
    told = phone.world.told(modality="esketamine")
    before = everything(phone.world)
    context = browser.new_context()
    page, waiting, seen = context.new_page(), [phone.of(told)], set[str]()

    while waiting:
        address = waiting.pop()
        if address in seen or not address.startswith(f"{phone.address}/v/"):
            continue
        seen.add(address)
        if address.endswith(".ics"):
            page.request.get(address)
            continue
        page.goto(address)
        waiting += page.evaluate("() => [...document.links].map(link => link.href)")
        page.evaluate(SUBMIT_ALL)
        for n in range(page.locator("form").count()):
            page.goto(address)
            with page.expect_navigation():
                page.evaluate("n => document.forms[n].submit()", n)

    context.close()
    assert {part for address in seen for part in ("/change", "/not-me", "/visit.ics", "lang=es") if part in address} != set()
    assert len(seen) >= 6
    after = everything(phone.world)
    assert [name for name in before if before[name] != after[name]] == []


def pages_of(phone: Phone) -> Iterator[tuple[str, str]]:
    """Every page, in each state that it can have, by name."""
    told = phone.world.told(modality="esketamine")
    near, over, confirmed = phone.world.told("Bea"), phone.world.told("Cleo"), phone.world.told("Dora")
    phone.world.press(confirmed, "confirm")
    phone.world.press(over, "cancel", "/change", day="17")
    for language in ("en", "es"):
        yield f"visit-{language}", phone.of(told, f"?lang={language}")
        yield f"change-{language}", phone.of(told, f"/change?lang={language}")
        yield f"wrong-{language}", phone.of(told, f"/change?lang={language}&done=wrong")
        yield f"not-me-{language}", phone.of(told, f"/not-me?lang={language}")
        yield f"off-{language}", phone.of(over, f"?lang={language}")
        yield f"confirmed-{language}", phone.of(confirmed, f"?lang={language}&done=confirmed")
    yield "gone", f"{phone.address}/v/{'A' * 22}"
    starts_at = phone.world.row(near).starts_at
    assert starts_at is not None
    phone.world.clock.set(starts_at.replace(hour=8))
    yield "near", phone.of(near, "/change")
    phone.world.clock.set(NOW)


def test_everybody_can_read_it_and_it_weighs_little(phone: Phone, browser: Browser) -> None:
    """At the width of a small phone too, in light and dark; nothing is fetched from anywhere else."""
    width, height = SMALL
    context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
    page, faults, fetched = context.new_page(), [], list[tuple[str, int]]()
    page.on("response", lambda answer: fetched.append((answer.url, len(answer.body()))))
    for name, address in pages_of(phone):
        fetched.clear()
        page.emulate_media(color_scheme="light")
        page.goto(address)
        if sum(size for _, size in fetched) > MOST_BYTES or any(not url.startswith(phone.address) for url, _ in fetched):
            faults.append((name, str(fetched)))
        if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            faults.append((name, "does not fit"))
        page.evaluate(AXE_SCRIPT)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(ADD_STYLE, "* { transition: none !important }")
            faults += [(name, f"{scheme}: {fault}") for fault in page.evaluate(VIOLATIONS, RULES)]
        small = page.evaluate(
            "() => [...document.querySelectorAll('button, a.button, select, input:not([type=hidden]):not([type=radio])')]"
            ".filter(each => each.getBoundingClientRect().height < 44).map(each => each.outerHTML.slice(0, 90))"
        )
        faults += [(name, f"hard to hit: {each}") for each in small]
    context.close()

    assert faults == []
