"""Hostile strings in every text field, and every page that shows them in a real browser: nothing runs, and the text is read as text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from courses import publishing
from courses.library import protocol_files
from rooms.records import SiteRow
from scheduler import queries
from scheduler.access.author import Author, AuthorKind
from scheduler.access.role import Role
from scheduler.app import create_app
from scheduler.auditing import append
from scheduler.records.accounts import AccountRow, PasskeyRow
from scheduler.settings import Settings
from tests.browser.conftest import Served
from tests.browser.hands import Hand, hand_of, squeezed, watching
from tests.browser.hostile import (
    CORPUS,
    FILL,
    KEPT,
    LINES_IN_CARE,
    LONG,
    LYING,
    NEVER_TOLD,
    OF_A_FORM,
    REFUSED,
    TYPED_IN_CARE,
    WITH_TEXT,
    Sentinel,
)

pytestmark = pytest.mark.browser

REVIEW = "/audit/review?week=2026-11-23"
TEMPLATES = Path(__file__).parents[2] / "scheduler" / "web" / "templates"
FIELD_TAG = re.compile(r"<(?:input|textarea)\b[^>]*>")
FIELD_CALL = re.compile(r"ui\.field\('[^']*', *'(\w+)'(?:, *'(\w+)')?")
FREE = {"", "text", "search"}
TYPED = {
    "base.html": {"words"},
    "book.html": {"given_name", "family_name"},
    "closures.html": {"country", "part", "reason"},
    "course.html": {"reason"},
    "glass.html": {"reason"},
    "patient.html": {"reason"},
    "patients.html": {"given_name", "family_name", "words"},
    "people.html": {"given_name", "family_name", "handle"},
    "person.html": {"given_name", "family_name", "handle"},
    "protocol_edit.html": {"text"},
    "resource.html": {"capabilities", "name", "reason"},
    "resources.html": {"capabilities", "name", "code"},
    "review.html": {"note"},
    "session.html": {"reason"},
    "sign_in.html": {"handle"},
    "trail.html": {"action", "patient"},
    "waiting_course.html": {"ordered_by", "reason"},
}
"""What is typed into the forms of `test_nothing_that_is_typed_runs`, by template."""
SEEDED = {"_passkeys.html": {"name"}}
"""What is only kept, for `test_nothing_that_is_kept_runs`."""
NEVER_SHOWN = {
    "_code_setup.html": {"code"},
    "first_run.html": {"first_code", "given_name", "family_name", "handle"},
    "invitation.html": {"code"},
    "owed.html": {"reason", "second_handle", "second_code"},
    "sign_in_code.html": {"code"},
}
"""Codes, which no page repeats; and pages that show once more only what was typed, by the same macro as all others."""
SAME_MACRO = {"lists.html": {"reason"}}
"""Asked for by the macro that asks on every other page; it is shown nowhere but in the trail, with all other reasons."""
LINES = {"ordered_by", "reason", "given_name", "family_name", "handle", "name"}
OTHER_TEXTS = {"capabilities", "text", "timezone", "operation", "password", "code", "proof"}
OF_PROPOSALS = {"phase", "template", "capability", "resource", "wish", "also", "words", "resources"}
"""Go back as the product gave them; what is not known by name is refused."""


def text_fields() -> dict[str, set[str]]:
    """The fields that take any text, by template."""
    found: dict[str, set[str]] = {}
    for path in sorted(TEMPLATES.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        names = {"reason"} if "ui.reason_field" in text else set()
        for tag in FIELD_TAG.findall(text):
            kind, name = re.search(r'type="(\w+)"', tag), re.search(r' name="(\w+)"', tag)
            if name and (kind[1] if kind else "") in FREE and "readonly" not in tag:
                names.add(name[1])
        names |= {name for name, kind_ in FIELD_CALL.findall(text) if kind_ in FREE}
        if names and path.name != "components.html":
            found[path.name] = names
    return found


def free_texts(description: dict[str, Any]) -> set[str]:
    """The properties of request bodies that take any text, by name."""
    shapes, found, seen = description["components"]["schemas"], set[str](), set[str]()

    def walk(shape: dict[str, Any], name: str) -> None:
        if "$ref" in shape:
            inner = shape["$ref"].rpartition("/")[2]
            if inner not in seen:
                seen.add(inner)
                walk(shapes[inner], name)
            return
        for each in [*shape.get("anyOf", []), *shape.get("oneOf", []), *([shape["items"]] if "items" in shape else [])]:
            walk(each, name)
        for inner, each in shape.get("properties", {}).items():
            walk(each, inner)
        if shape.get("type") == "string" and not {"enum", "format", "const"} & set(shape) and shape.get("pattern", "^[^")[:3] == "^[^":
            found.add(name)

    for operations in description["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                walk(content["schema"], "")
    return found


def test_every_text_field_of_a_form_is_tried() -> None:
    listed: dict[str, set[str]] = {**TYPED, **TYPED_IN_CARE, **SEEDED, **NEVER_SHOWN, **SAME_MACRO}

    assert text_fields() == listed


def test_every_text_field_of_the_api_is_tried() -> None:
    described = create_app(Settings(database_url="sqlite:///never-opened.db")).openapi()

    assert free_texts(described) == LINES | OTHER_TEXTS | OF_PROPOSALS | LINES_IN_CARE | OF_A_FORM | NEVER_TOLD


def fill(hand: Hand) -> dict[str, list[str]]:
    """Put every third string into every field that keeps it, so that each string is tried in a third of them.

    All go into a reason too, which the trail tells as it is.

    Gives the pages to look at, with the strings that are to be read on each.
    """
    site, clinic = f"/sites/{hand.site}", hand.served.clinic
    ana, bo = clinic.patients["Ana"].id, clinic.courses["Bo"].id
    shown: dict[str, list[str]] = {"/waiting-list": []}
    away, course_version = 1, 1
    for at, text in enumerate(CORPUS):
        day = date(2028, 1, 3) + timedelta(days=at)
        time = {"starts_at": f"{day}T05:00", "ends_at": f"{day}T06:00"}
        other = CORPUS[(at + 1) % len(KEPT)]
        hand.form("/glass", site=hand.site, reason=text.ljust(10, "."))
        hand.form("/glass/end")
        if at % 3 == 0:
            made = hand.ask(f"{site}/patients", {"given_name": text, "family_name": other, "born_on": "1980-05-17"})
            wish = {"patient": made.get("id", ana), "protocol": "esketamine-trd", "start_on_or_after": "2026-12-01"}
            waits = hand.ask(f"{site}/waiting-list", {"wish": wish, "ordered_by": text})
            if made and waits and at % 12 == 0:
                shown[f"/patients/{made['id']}"] = shown[f"/waiting-list/{waits['id']}"] = [text]
            if waits and at % 2:
                hand.ask(f"/waiting-list/{waits['id']}/take-off", {"reason": text})
        elif at % 3 == 1:
            found = hand.ask(f"/patients/{ana}/absences", {**time, "reason": text}, version=away)
            away = found.get("version", away)
            hand.ask(f"{site}/resources", {"code": f"r-{at}", "name": text, "kind": "chair", "capabilities": [text, "esketamine-chair"]})
            roles = [{"site": hand.site, "roles": ["nurse"]}]
            hand.ask("/people", {"handle": f"h{at}", "given_name": text[:100], "family_name": KEPT[at // 2][:100], "roles": roles})
        else:
            hand.ask(f"{site}/resources/chair-2/absences", {**time, "reason": text})
            hand.ask(f"{site}/closures", {**time, "reason": text})
        for verb, more in (("hold", {"reason": text}), ("resume", {"from_on": "2026-11-30", "reason": text})):
            done = hand.ask(f"/courses/{bo}/{verb}", more, version=course_version, reason=text)
            course_version = done.get("version", course_version)
            if done and verb == "hold" and text in KEPT:
                shown.setdefault(f"/courses/{bo}", []).append(text)
    shown["/resources"] = list(KEPT[1::3])
    shown["/resources/chair-2"] = shown["/closures?year=2028"] = list(KEPT[2::3])
    shown[f"/patients/{ana}"] = [text for text in KEPT[1::3] if text not in LYING]
    shown["/people"] = [text[:100] for text in KEPT[1::3] if text not in LYING]
    return shown


def judge(hand: Hand) -> list[str]:
    """Write the strings as what was found out in the weekly review, some in each note; gives those that were written."""
    said, flags = [], iter(sorted(set(re.findall(r'name="flag" value="([^"]+)"', hand.page(REVIEW)))))
    for at in range(0, len(KEPT), 12):
        flag = next(flags)
        hand.form("/audit/review/judge", week="2026-11-23", flag=flag, verdict="accepted", note=" ".join(KEPT[at : at + 12])[:1000])
        said += [text for text in KEPT[at : at + 12] if text != LONG]
    return said


def break_glass(hand: Hand) -> None:
    """Six people who broke the glass, so that there is something to be reviewed."""
    clinic, now = hand.served.clinic, hand.served.clock.now()
    with hand.served.database.transaction() as db:
        for at in range(6):
            text, key = KEPT[at], f"a_nurse_{at}"
            db.add(AccountRow(public_id=key, handle=key, given_name=text, family_name="Reed", status="active", created_at=now))
            author = Author(AuthorKind.STAFF, key, name=text, roles=frozenset({Role.NURSE}), source=text[:45], device=text, site_id=1)
            looked = replace(author, break_glass=True, reason=text)
            append(db, looked, action="GET /courses/{course}", now=now, category="schedule", patients=[clinic.patients["Ana"].id])


def name_things(hand: Hand) -> None:
    """Name the site, passkeys, and a protocol of the clinic, as no form lets a test do it soon."""
    now = hand.served.clock.now()
    source = next(file for file in protocol_files() if file.name == "tms-itbs-36.yaml").read_text(encoding="utf-8")
    title = "".join(KEPT[:3])
    bent = re.sub(r"(?m)^title: .*$", f"title: '{title}'", source).replace("id: tms-itbs-36", "id: bent", 1)
    with hand.served.database.transaction() as db:
        db.execute(update(SiteRow).values(name=KEPT[8] + KEPT[0]))
        account = next(each for each in queries.accounts(db, [1]) if each.handle == "robin")
        for at, text in enumerate(KEPT):
            key = PasskeyRow(
                public_id=f"k_{at}",
                account_id=account.id,
                name=text[:100],
                credential=bytes([at]),
                public_key=b"-",
                sign_count=0,
                created_at=now,
                last_used_at=None,
            )
            db.add(key)
        publishing.publish_protocol(db, hand.site, "bent", bent, by=KEPT[0], now=now, new_id=hand.served.clinic.new_id)


@pytest.fixture
def hand(served: Served) -> Iterator[Hand]:
    with hand_of(served) as hand:
        yield hand


@pytest.fixture(scope="module")
def filled(standing: Served) -> Iterator[tuple[Hand, dict[str, list[str]]]]:
    """A clinic with every string in every field; and the pages to look at, with what is to be read on each."""
    with hand_of(standing) as hand:
        name_things(hand)
        shown = fill(hand)
        break_glass(hand)
        shown[REVIEW] = judge(hand)
        yield hand, shown


@pytest.fixture
def seen(browser: Browser, served: Served) -> Iterator[Sentinel]:
    with watching(browser, served) as sentinel:
        yield sentinel


def test_nothing_that_is_kept_runs(filled: tuple[Hand, dict[str, list[str]]], seen: Sentinel) -> None:
    hand, shown = filled
    clinic = hand.served.clinic
    pages = ["/", f"/sites/{hand.site}/board", "/protocols", "/glass", "/account", "/help", f"/nowhere/{quote(KEPT[0])}"]
    pages += [f"/book?{urlencode({'patient': clinic.patients['Ana'].id})}", f"/courses/{clinic.courses['Ana'].id}"]
    pages += [f"/sessions/{clinic.courses['Bo'].sessions[-1].id}"]
    pages += re.findall(r'href="(/protocols/[^"?]+)"', hand.page("/protocols"))
    missing = []
    for address in dict.fromkeys([*shown, *pages]):
        seen.page.goto(hand.served.address + address)
        read = seen.look(address)
        missing += [(address, text) for text in shown.get(address, []) if squeezed(text) not in read]
    trail, address = "", "/audit"
    while address:
        seen.page.goto(hand.served.address + address)
        trail += seen.look(address)
        older = seen.page.locator("a[href*='page=']", has_text="Further")
        address = str(older.first.get_attribute("href")) if older.count() else ""

    assert seen.seen == []
    assert missing == []
    assert [text for text in KEPT if squeezed(text) not in trail and text not in LYING] == []


def test_nothing_that_is_typed_runs(served: Served, hand: Hand, seen: Sentinel) -> None:
    """Into each form of each page, in the browser."""
    clinic = served.clinic
    wish = {"patient": clinic.patients["Cleo"].id, "protocol": "esketamine-trd", "start_on_or_after": "2026-12-01"}
    waits = hand.ask(f"/sites/{hand.site}/waiting-list", {"wish": wish})["id"]
    break_glass(hand)
    person = re.findall(r'href="(/people/[^"]+)"', hand.page("/people"))
    session = clinic.courses["Ana"].sessions[-1].id
    pages = ["/patients", f"/patients/{clinic.patients['Ana'].id}", f"/courses/{clinic.courses['Ana'].id}", f"/sessions/{session}"]
    pages += ["/resources", "/resources/chair-1", "/closures", "/people", person[-1], "/glass", "/protocols/new", f"/waiting-list/{waits}"]
    pages += ["/book", "/audit", REVIEW, "/sign-in"]
    texts, typed = iter([*KEPT * 9]), set()
    for path in pages:
        seen.page.goto(served.address + path)
        for at in seen.page.evaluate(WITH_TEXT):
            seen.page.goto(served.address + path)
            names = seen.page.evaluate(FILL, [at, [next(texts) for _ in range(4)]])
            if names == ["words"] and "words" in typed:
                continue  # stands on every page
            typed |= set(names)
            with seen.page.expect_navigation():
                seen.page.evaluate("at => document.forms[at].submit()", at)
            seen.look(f"{path}, form {at}")

    assert seen.seen == []
    assert {name for names in TYPED.values() for name in names} - typed == set()


def test_cells_of_a_spreadsheet_are_inert(filled: tuple[Hand, dict[str, list[str]]]) -> None:
    hand, _ = filled

    rows = list(csv.reader(io.StringIO(hand.page("/audit/export"), newline="")))

    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert {f"'{text}" for text in KEPT if text[0] in "=+-@"} <= set(cells)
    assert {len(row) for row in rows} == {len(rows[0])}


def test_what_no_line_may_hold_is_refused(hand: Hand) -> None:
    kept = [
        text
        for text in REFUSED
        if hand.ask(f"/sites/{hand.site}/resources", {"code": "r", "name": text, "kind": "chair", "capabilities": []})
    ]

    assert kept == []
