"""Every page that a link leads to, and every page that a form shows, in light and dark and at each size: no fault that axe can find."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from courses import queries, waiting
from courses.plans.ongoing.course import CourseWish
from courses.plans.request import Window
from courses.waiting import Acting
from rooms import queries as rooms_queries
from tests.browser.clinic import NOW, BrowserClinic
from tests.browser.conftest import DESK, PHONE, TABLET, Served, sign_in

pytestmark = pytest.mark.browser

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
RULES_OF_COLOR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""In the dark only colors differ."""
SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}
SOAK = pytest.mark.soak
VIOLATIONS = """async rules => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"], preload: false });
  return found.violations.flatMap(fault => fault.nodes.map(node => `${fault.id}: ${node.html.slice(0, 160)}`));
}"""
ADD_STYLE = """text => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}"""
EXPECTED = {
    "/sites/*/board",
    "/book",
    "/waiting-list",
    "/patients",
    "/patients/*",
    "/sites/*/messages",
    "/sites/*/calls",
    "/sites/*/templates",
    "/status",
    "/courses/*",
    "/sessions/*",
    "/protocols",
    "/protocols/*",
    "/checklists",
    "/checklists/*",
    "/resources",
    "/closures",
    "/help",
    "/account",
    "/people",
    "/people/*",
    "/glass",
}
"""Pages that the links must at least lead to."""


def shape(address: str) -> str:
    """What kind of page an address is of: its path without ids, and the names of what it asks for."""
    parts = urlsplit(address)
    path = re.sub(r"/[a-z]{1,3}_[a-z0-9]+", "/*", parts.path)
    names = sorted(set(parse_qs(parts.query)) - {"day", "version"})
    return f"{path}?{'&'.join(names)}" if names else path


@dataclass
class Crawl:
    """One address of every kind of page that can be reached from the start by links, and what is wrong with it at a desk and made small."""

    addresses: dict[str, str] = field(default_factory=dict)
    at_desk: dict[str, list[str]] = field(default_factory=dict)
    made_small: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def crawl(browser: Browser, standing: Served) -> Crawl:
    """From the start."""
    context = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    sign_in(context, standing.clinic)
    page = context.new_page()
    found = Crawl()
    seen: set[str] = set()
    open_ends = [standing.address + "/", f"{standing.address}/patients/{standing.clinic.patients['Ana'].id}"]
    while open_ends:
        address = open_ends.pop(0)
        if shape(address) in seen:
            continue
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, address
        seen |= {shape(address), shape(page.url)}
        if shape(page.url) not in found.addresses:
            look_at_both_sizes(page, found)
        found.addresses[shape(page.url)] = page.url
        links = page.locator("a[href]:not([type='application/pdf'])").evaluate_all("links => links.map(link => link.href.split('#')[0])")
        open_ends += [link for link in links if link.startswith(standing.address)]
    context.close()
    return found


@pytest.fixture
def page(browser: Browser, size: str, built: tuple[Path, BrowserClinic]) -> Iterator[Page]:
    """A page of each size."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=size != "desk")
    sign_in(context, built[1])
    yield context.new_page()
    context.close()


def faults(page: Page, *, also_in_the_dark: bool = True) -> list[str]:
    """What axe finds, in dark and in light, and whether the page is wider than the screen. To turn the light off is quicker than to go
    everywhere once more."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = []
    if also_in_the_dark:
        page.emulate_media(color_scheme="dark")
        found = [f"in the dark: {each}" for each in page.evaluate(VIOLATIONS, RULES_OF_COLOR)]
    page.emulate_media(color_scheme="light")
    found += page.evaluate(VIOLATIONS, RULES)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, *([f"wider than the screen by {wide}px"] if wide > 0 else [])]


def look_at_both_sizes(page: Page, found: Crawl) -> None:
    """At a desk, and then with the window as small as a phone: to make it small is quicker than to go everywhere once more."""
    kind, (small, desk) = shape(page.url), (PHONE, DESK)
    if some := faults(page):
        found.at_desk[kind] = some
    page.set_viewport_size({"width": small[0], "height": small[1]})
    if some := faults(page, also_in_the_dark=False):
        found.made_small[kind] = some
    page.set_viewport_size({"width": desk[0], "height": desk[1]})


def test_links_lead_to_every_kind_of_page(crawl: Crawl) -> None:
    assert set(crawl.addresses) >= EXPECTED


def test_no_page_has_a_fault_at_a_desk(crawl: Crawl) -> None:
    assert crawl.at_desk == {}


def test_no_page_has_a_fault_as_small_as_a_phone(crawl: Crawl) -> None:
    assert crawl.made_small == {}


@pytest.mark.soak
@pytest.mark.parametrize(("size", "dark"), [("phone", True), ("tablet", True)], ids=["phone in the dark", "tablet"])
def test_no_page_has_a_fault(page: Page, crawl: Crawl, dark: bool) -> None:
    """The colors of the dark are the same at each size, so that they are looked at once."""
    found = {}
    for kind, address in crawl.addresses.items():
        page.goto(address)
        if some := faults(page, also_in_the_dark=dark):
            found[kind] = some
    assert found == {}


@pytest.mark.parametrize(("scheme", "told"), [("dark", "in the dark: color-contrast: "), ("light", "color-contrast: ")])
def test_writing_that_cannot_be_read_is_found(browser: Browser, standing: Served, scheme: str, told: str) -> None:
    page = browser.new_page()
    page.goto(standing.board)
    page.evaluate(ADD_STYLE, f"@media (prefers-color-scheme: {scheme}) {{ h1 {{ color: #888 !important; background: #777; }} }}")

    found = faults(page)

    page.context.close()
    assert found
    assert all(fault.startswith(told) for fault in found)


def ask_to_cancel(page: Page, standing: Served) -> None:
    booked = next(each for each in standing.clinic.courses["Ana"].sessions if each.number == 8)
    page.goto(f"{standing.address}/sessions/{booked.id}#cancel")
    page.locator("#cancel-reason").fill("has a cold")
    page.locator("#cancel button").click()


def ask_for_a_past_place(page: Page, standing: Served) -> None:
    booked = next(each for each in standing.clinic.courses["Ana"].sessions if each.number == 8)
    page.goto(f"{standing.address}/sessions/{booked.id}#move")
    page.get_by_label("Another date and time").check()
    page.get_by_label("Date", exact=True).fill("2026-11-20")
    page.get_by_role("button", name="Move", exact=True).click()


def search(page: Page, standing: Served) -> None:
    page.goto(f"{standing.address}/patients")
    page.locator("#words").fill("a")
    page.locator("#words").press("Enter")


def register_a_namesake(page: Page, standing: Served) -> None:
    page.goto(f"{standing.address}/patients")
    page.get_by_label("Given name").fill("Ana")
    page.get_by_label("Family name").fill("Lopez")
    page.get_by_label("Birth date", exact=True).fill("1980-05-17")
    page.get_by_role("button", name="Register", exact=True).click()


def get_lost(page: Page, standing: Served) -> None:
    page.goto(f"{standing.address}/nowhere")


def look_at_the_keys(page: Page, standing: Served) -> None:
    page.goto(f"{standing.board}?view=board")
    page.locator("td [data-session]").first.focus()
    page.keyboard.press("?")


def open_a_visit(page: Page, standing: Served) -> None:
    page.goto(f"{standing.board}?view=board")
    page.locator("td [data-session]").first.click()
    page.locator("dialog[open] [data-body] h2").wait_for()


def look_at_a_closed_day(page: Page, standing: Served) -> None:
    page.goto(f"{standing.board}?day=2026-11-22")


def waits(standing: Served) -> str:
    """Somebody on the waiting list; the same whenever it is asked."""
    with standing.database.transaction() as db:
        cleo = standing.clinic.patients["Cleo"]
        there = queries.waiting_courses(db, rooms_queries.site(db, standing.clinic.site).id)
        wish = CourseWish(standing.clinic.site, cleo.id, "esketamine-trd", date(2026, 12, 1), window=Window(9 * 60, 10 * 60), priority=2)
        return there[0].waiting.id if there else waiting.put_on(db, wish, Acting("desk", NOW), new_id=standing.clinic.new_id).id


def look_at_who_waits(page: Page, standing: Served) -> None:
    waits(standing)
    page.goto(f"{standing.address}/waiting-list")


def look_at_a_waiting_course(page: Page, standing: Served) -> None:
    page.goto(f"{standing.address}/waiting-list/{waits(standing)}")
    page.get_by_label("Priority").fill("-1")
    page.locator("form[action$=wishes]").evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    page.locator("[data-fault]").wait_for()


def plan_those_who_wait(page: Page, standing: Served) -> None:
    look_at_who_waits(page, standing)
    page.get_by_role("button", name="Plan all together").click()
    page.locator("[data-state=under_way]").wait_for()


def wait_for_the_joint_plan(page: Page, _: Served) -> None:
    page.locator("[data-region=joint][data-state=ready]").wait_for(timeout=60_000)


def look_at_a_course_of_it(page: Page, _: Served) -> None:
    page.locator("tbody td a").first.click()
    page.get_by_role("heading", name="Cleo Haddad").wait_for()


def look_at_choices(page: Page, standing: Served) -> None:
    ana = standing.clinic.patients["Ana"].id
    page.goto(f"{standing.address}/book?patient={ana}&window_from=09:00&window_until=09:10&start_on=2026-11-24")
    page.locator("[data-change]:not([hidden])").wait_for()  # the scripts are there
    page.locator("#protocol").select_option(index=1)
    page.locator("[data-plan-button]").click()
    page.locator("[data-choose]").wait_for()


STATES: list[Callable[[Page, Served], None]] = [
    ask_to_cancel,
    ask_for_a_past_place,
    search,
    register_a_namesake,
    get_lost,
    look_at_the_keys,
    open_a_visit,
    look_at_a_closed_day,
    look_at_choices,
    look_at_who_waits,
    look_at_a_waiting_course,
    plan_those_who_wait,
    wait_for_the_joint_plan,
    look_at_a_course_of_it,
]
"""How to come to each; some go on from where the one before them ended."""


@pytest.mark.parametrize(
    ("size", "dark"),
    [("desk", True), ("phone", False), pytest.param("phone", True, marks=SOAK), pytest.param("tablet", True, marks=SOAK)],
    ids=["desk", "phone", "phone in the dark", "tablet"],
)
def test_no_state_of_a_page_has_a_fault(page: Page, standing: Served, dark: bool) -> None:
    found = {}
    for state in STATES:
        state(page, standing)
        page.wait_for_load_state()
        if some := faults(page, also_in_the_dark=dark):
            found[state.__name__] = some
    assert found == {}
