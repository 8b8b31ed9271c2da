"""What is done through one server is seen within two seconds on every screen that another one serves, on both databases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import httpx2
import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from courses import enrolling, publishing, registering
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from rooms import equipping
from rooms.base import Db
from rooms.resources.resource import Kind, Resource
from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.browser.clinic import BrowserClinic
from tests.browser.conftest import serve, sign_in
from tests.browser.two_servers import RENAME, second_server
from tests.browser.watched import NOW, OPENED, WatchedClinic
from tests.signed_in import Staff

pytestmark = [pytest.mark.browser, pytest.mark.soak]

ROUNDS, SECONDS = 20, 2.0
DAY = "2026-11-23"
LISTED = """
id: listed
title: Listed
modality: own
phases: [{name: acute, sessions: 1}]
session_templates:
  treatment:
    steps: [{name: holding, minutes: 30}, {name: procedure, minutes: 15}, {name: recovery, minutes: 30}]
    requirements: [{capability: bay, load: 1}, {capability: anesthesia, steps: [procedure], load: all, turnover_minutes: 10}]
session_rules: [{template: treatment}]
"""
WATCH = """() => {
  window.told = [];
  new MutationObserver(() => window.told.push([Date.now(), document.querySelector("main").innerText]))
    .observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true });
}"""
SEEN_AT = "wanted => (window.told.find(([at, text]) => text.includes(wanted)) ?? [null])[0]"


@dataclass(frozen=True)
class Screens:
    """What lies open in a browser of the first server, by name; and the second server."""

    pages: dict[str, Page]
    second: httpx2.Client
    session: str


def put_on_a_list(db: Db, clinic: WatchedClinic) -> None:
    """Somebody is on a list of an anesthesia block today."""
    for code, kind, capability, capacity in (("bay", Kind.ROOM, "bay", 9), ("team", Kind.STAFF, "anesthesia", 1)):
        equipping.add_resource(
            db, clinic.site_id, Resource(code, kind, frozenset({capability}), capacity, name=code), new_id=clinic.new_id, now=OPENED
        )
    publishing.publish_protocol(db, clinic.site, "listed", LISTED, by="Dr. Reed", now=OPENED, new_id=clinic.new_id)
    gus = registering.register_patient(
        db, clinic.site, registering.NewPatient("Gus", "Brandt", date(1980, 1, 1)), now=OPENED, new_id=clinic.new_id
    )
    wish = CourseWish(clinic.site, gus.id, "listed", NOW.date())
    plan = enrolling.propose(db, wish, now=OPENED)
    assert isinstance(plan, CoursePlan), plan
    enrolling.enrol(db, wish, plan, by="desk", now=OPENED, new_id=clinic.new_id)


@contextmanager
def opened(browser: Browser, database_url: str) -> Iterator[Screens]:
    clinic, clock = WatchedClinic(), SettableClock(NOW, frozen=True)
    with serve(database_url, clock, browser) as (address, database, _):
        token = furnished(database, clinic, clock)
        bo, site = f"/sessions/{clinic.sessions['Bo']}/sheet", f"/sites/{clinic.site}"
        addresses = {
            "day board": f"{site}/board",
            "observations": f"{site}/observations",
            "wallboard": f"{site}/wallboard",
            "sheet": bo,
            "history": f"{bo}/history",
            "forms": "/forms",
            "list": f"{site}/lists/{DAY}",
        }
        context = browser.new_context(viewport={"width": 1366, "height": 900})
        sign_in(context, BrowserClinic(token=token))
        with second_server(database_url, token) as second:
            pages = {name: context.new_page() for name in addresses}
            for name, page in pages.items():
                page.goto(f"{address}{addresses[name]}")
                page.evaluate(WATCH)
            yield Screens(pages, second, clinic.sessions["Bo"])
        context.close()


def furnished(database: Database, clinic: WatchedClinic, clock: SettableClock) -> str:
    """The token of somebody with every role."""
    with database.transaction() as db:
        clinic.build(db)
        put_on_a_list(db, clinic)
    return Staff(database, clock, office=False).lasting_token()


def written(screens: Screens, number: int) -> dict[str, str]:
    """A pressure is written down through the second server: what is then to be seen, by screen."""
    at = (NOW - timedelta(seconds=60 - number)).isoformat()
    entries = [{"item": item, "value": value, "observed_at": at} for item, value in pressure(number).items()]
    path, key = f"/api/v1/sessions/{screens.session}/entries", {"Idempotency-Key": f"two-{number}"}
    answer = screens.second.post(path, json={"entries": entries}, headers=key)
    assert answer.status_code == 201, answer.text
    top, low = pressure(number).values()
    return {"observations": f"{top}/{low}", "sheet": f"{top} mmHg", "history": f"{top} mmHg"}


def pressure(number: int) -> dict[str, int]:
    return {"systolic": 110 + number, "diastolic": 60 + number}


def renamed(screens: Screens, number: int) -> dict[str, str]:
    """Everybody gets another family name through the second server."""
    name = f"{chr(ord('A') + number)}zed{number}"
    assert screens.second.get(RENAME + name).status_code == 204
    return {"day board": name, "wallboard": f"B{name[0]}", "forms": name, "list": name}


def test_what_is_done_through_one_server_is_seen_through_the_other(browser: Browser, database_url: str) -> None:
    took: dict[str, list[float]] = {}
    with opened(browser, database_url) as screens:
        for number in range(ROUNDS):
            for change in (written, renamed):
                at = time.time()
                for name, wanted in change(screens, number).items():
                    took.setdefault(name, []).append(seen(screens, name, wanted) / 1000 - at)
    for name, seconds in took.items():
        print(f"{database_url[:10]} {name}: p50 {median(seconds):.2f} s, max {max(seconds):.2f} s of {len(seconds)}")  # noqa: T201  # what was measured
    assert {name: max(seconds) for name, seconds in took.items() if max(seconds) > SECONDS} == {}


def seen(screens: Screens, name: str, wanted: str) -> float:
    """When it stood on a screen, by the machine's clock in milliseconds."""
    page = screens.pages[name]
    try:
        page.wait_for_function(SEEN_AT, arg=wanted, timeout=10_000)
    except TimeoutError as error:
        raise AssertionError(f"{wanted} is not seen on {name}: {page.locator('main').inner_text()}") from error
    at: float = page.evaluate(SEEN_AT, wanted)
    page.evaluate("() => { window.told.length = 0; }")
    return at
