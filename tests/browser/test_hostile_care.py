"""Hostile strings in what is written down in care: sheets, forms, lots, certifications, enrollments, events, contacts and messages."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from courses import charting
from courses.checklists.writing import Answered
from courses.progressing import Moment, attend
from courses.queries import charts, owed
from courses.records import PatientRow
from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.access.message_rows import tell
from tests.access.two_sites import rows_of
from tests.browser.clinic import NOW, BrowserClinic
from tests.browser.conftest import Served
from tests.browser.hands import Hand, hand_of, squeezed, watching
from tests.browser.hostile import CORPUS, FILL, KEPT, LYING, REFUSED, SETTING, TYPED_IN_CARE, WITH_TEXT, Sentinel
from tests.charts.ward import at
from tests.owed.days import OWING, PROGRAM, device, owing_ward
from tests.signed_in import Staff

pytestmark = pytest.mark.browser

SHEET = OWING.replace("another: true, before_release: false", "another: true")
WARD: dict[str, str] = {}
"""The ids of the ward that was built: its sessions, its form, its patient."""
READ = [text for text in KEPT if text not in LYING]


def packed(most: int, texts: Sequence[str] = READ) -> list[str]:
    """All strings, as many in one as a field holds."""
    packs = [""]
    for text in texts:
        part = text[:most].strip()
        joined = f"{packs[-1]} {part}".strip()
        packs = [*packs[:-1], joined] if len(joined) <= most else [*packs, part]
    return packs


@pytest.fixture(scope="session")
def built(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BrowserClinic]:
    """A ward where Ana was given a device and released, and Ben is watched still; both have names that would run."""
    path, clinic = tmp_path_factory.mktemp("care") / "built.db", BrowserClinic(site="main")
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, path)}")
    ward = owing_ward(database, SHEET)
    with database.transaction() as db:
        for session, minutes in ((ward.session, 1), (ward.other, 90)):
            attend(db, [Moment(session, "start", at(minutes))], by="nurse")
            charting.record(db, session, [Answered("oximeter", True), Answered("calm", True)], ward.press(minutes + 1))
            charting.record(db, session, [Answered("device", device("A1"))], ward.press(minutes + 5))
        attend(db, [Moment(ward.session, "discharge", at(139))], by="nurse")
        db.execute(update(PatientRow).values(given_name=KEPT[8], family_name=KEPT[0]))
    with database.reading() as db:
        form = owed.form_of_session(db, ward.session)
        assert form is not None
        WARD.update(done=ward.session, now=ward.other, form=form.form.id, patient=charts.chart_of(db, ward.session).patient.id)
    clinic.token = Staff(database, SettableClock(NOW, frozen=True), office=False).lasting_token()
    database.dispose()
    with closing(sqlite3.connect(path)) as folded:
        folded.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path, clinic


def keep_owed(hand: Hand) -> dict[str, list[str]]:
    """Lots, certifications, enrollments and the form; gives the pages that show them, with what is to be read there."""
    lines, short = packed(200), packed(100)
    site, patient = f"/sites/{hand.site}", f"/patients/{WARD['patient']}"
    lots = [hand.ask(f"{site}/lots", {"product": text, "lot": short[number - 1]}) for number, text in enumerate(short)]
    for text in lines:
        hand.ask(f"/lots/{lots[0]['id']}/receive", {"units": 1, "reason": text})
    for number, text in enumerate(short):
        certified = {
            name: short[(number + place) % len(short)][: 20 if name == "postal_code" else 40] for place, name in enumerate(SETTING)
        }
        certified |= {"setting_name": lines[number % len(lines)], "representative": lines[number % len(lines)], "number": text}
        assert hand.ask(f"{site}/certifications", {**certified, "program": text[:40], "from_on": "2026-01-01"})
        enrolled = {"number": text, "middle_name": short[number - 1], "sex": text[:20], "program": text[:40]}
        assert hand.ask(f"{patient}/enrollments", {**enrolled, "site": hand.site, "from_on": "2026-01-01"})
    for text in lines:
        form = hand.ask(f"/forms/{WARD['form']}", None, method="GET")
        sent = {"how": "online", "submitted_at": "2026-11-23T10:20", "confirmation": text, "digest": form["digest"]}
        assert hand.ask(f"/forms/{WARD['form']}/submit", sent, version=form["version"]), text
        if text != lines[-1]:
            hand.ask(f"/forms/{WARD['form']}/reopen", None, version=form["version"] + 1)
    return {
        "/lots": short,
        f"/lots/{lots[0]['id']}": lines,
        "/certifications": [*lines, *short],
        f"{patient}/enrollments": [*short, *(text[:20] for text in short)],
        f"/forms/{WARD['form']}": lines,
        "/forms": lines[-1:],
    }


def keep_care(hand: Hand) -> dict[str, list[str]]:
    """Answers of a sheet, a change of one, and events; gives the pages that show them."""
    session, lines, notes = f"/sessions/{WARD['now']}", packed(100), packed(1000)
    for text in notes:
        kept = hand.ask(f"{session}/entries", {"entries": [{"item": "note", "value": text}]})
        assert kept, text
        changed = {"value": text[::-1], "reason_code": "other", "reason": text}
        assert hand.ask(f"{session}/entries/{kept['entries'][0]['id']}/amend", changed, reason=text[:200])
    for number, text in enumerate(lines):
        given = {"product": text, "lot": lines[number - 1], "units": 1}
        assert hand.ask(f"{session}/entries", {"entries": [{"item": "device", "value": given}]}), text
    for text in notes:
        event = {"kind": "syncope", "is_serious": True, "began_at": "2026-11-23T10:10", "description": text}
        noted = hand.ask(f"{session}/adverse-events", event)
        how = {"reported_at": "2026-11-23T10:15", "how": text[:40], "confirmation": text[:200]}
        assert hand.ask(f"/adverse-events/{noted['id']}/report", how, version=noted["version"])
    return {
        f"{session}/sheet": [],
        f"{session}/sheet/history": [*notes, *lines],
        f"{session}/sheet/sign": lines[-1:],
        f"{session}/sheet/release": lines[-1:],
        f"{session}/adverse-events": notes,
        "/adverse-events": [*notes, *(text[:40] for text in notes), *(text[:200] for text in notes)],
    }


def refuse(hand: Hand) -> None:
    """A number, an address, a zone, one of a few words or a proof that is another text is refused, and so is what no line holds."""
    site, patient = f"/sites/{hand.site}", f"/patients/{WARD['patient']}"
    now, done = f"/sessions/{WARD['now']}", f"/forms/{WARD['form']}"
    certified = {"program": "p", "number": "1", "from_on": "2026-01-01"}
    enrolled = {"program": "p", "site": hand.site, "from_on": "2026-01-01"}
    for number, text in enumerate(CORPUS[::2]):
        field = ("phone", "mail", "zone")[number % 3]
        assert not hand.ask(f"{patient}/contact", {field: text}, version=0, method="PUT"), (field, text)
    for text in CORPUS[::6]:
        wrong: list[tuple[str, dict[str, Any]]] = [
            (f"{patient}/consents", {"channel": "mail", "address": text, "opted": "in", "evidence": "on paper"}),
            (f"{now}/adverse-events", {"kind": text[:60], "is_serious": False, "began_at": "2026-11-23T10:10", "description": "x"}),
            (f"{done}/submit", {"how": text[:20], "submitted_at": "2026-11-23T10:20", "confirmation": "1", "digest": text[:64]}),
            (f"{now}/signatures", {"meaning": "watched", "digest": "0" * 64, "second_handle": text, "second_password": text}),
            (f"{now}/signatures", {"meaning": "watched", "digest": "0" * 64, "second_handle": "robin", "second_code": text[:40]}),
        ]
        assert [(path, text) for path, body in wrong if hand.ask(path, body)] == []
    for text in REFUSED:
        bodies: list[tuple[str, dict[str, Any]]] = [
            (f"{site}/lots", {"product": text, "lot": "1"}),
            (f"{site}/lots", {"product": "1", "lot": text}),
            *((f"{site}/certifications", {**certified, name: text}) for name in ("program", "number", "representative", *SETTING)),
            *((f"{patient}/enrollments", {**enrolled, name: text}) for name in ("program", "number", "middle_name", "sex")),
            (f"{patient}/consents", {"channel": "mail", "address": "ana@example.org", "opted": "in", "evidence": text}),
        ]
        assert [(path, body) for path, body in bodies if hand.ask(path, body)] == []


def reach(hand: Hand) -> None:
    """Consents with their evidence, and the site's label in messages: given back as they were written."""
    for text in packed(200):
        wanted = {"channel": "mail", "address": "ana@example.org", "opted": "in", "evidence": text}
        assert hand.ask(f"/patients/{WARD['patient']}/consents", wanted), text
    for version, text in enumerate(packed(24)):
        setting = {"label": text, "phone": "+1 212 555 0100"}
        assert hand.ask(f"/sites/{hand.site}/messaging", setting, version=version, method="PUT")["label"] == text
    message = told(hand)
    for text in packed(200):
        assert hand.ask(f"/messages/{message}/called", {"outcome": "no_answer", "note": text}), text


def told(hand: Hand) -> str:
    """A message to the patient that failed, so that somebody has to call; its id."""
    with hand.served.database.transaction() as db:
        rows = rows_of(db, {"site": hand.site, "patient": WARD["patient"], "session": WARD["now"]})
        return tell(db, rows, now=hand.served.clock.now(), new_id=hand.served.clinic.new_id)["message"]


@pytest.fixture
def hand(served: Served) -> Iterator[Hand]:
    with hand_of(served) as hand:
        yield hand


@pytest.fixture
def seen(browser: Browser, served: Served) -> Iterator[Sentinel]:
    with watching(browser, served) as sentinel:
        yield sentinel


def test_nothing_that_is_kept_in_care_runs(hand: Hand, seen: Sentinel) -> None:
    refuse(hand)
    reach(hand)
    shown = keep_owed(hand) | keep_care(hand)
    for path in ("/observations", "/wallboard", "/board", "/downtime"):
        shown[f"/sites/{hand.site}{path}"] = []
    shown |= {f"/sites/{hand.site}/calls": packed(200), f"/sites/{hand.site}/messages?tab=replies": [], f"/sites/{hand.site}/templates": []}
    shown |= {path: [] for path in ("/", "/checklists", "/audit", f"/sessions/{WARD['done']}/instructions", f"/patients/{WARD['patient']}")}
    missing = []
    for address, texts in shown.items():
        seen.page.goto(hand.served.address + address)
        read = seen.look(address)
        missing += [(address, text) for text in texts if squeezed(text) not in read]

    assert seen.seen == []
    assert missing == []


def test_nothing_that_is_typed_in_care_runs(served: Served, hand: Hand, seen: Sentinel) -> None:
    """Into each form of each page, in the browser."""
    now = f"/sessions/{WARD['now']}"
    note = hand.ask(f"{now}/entries", {"entries": [{"item": "note", "value": "calm"}]})["entries"][0]["id"]
    drug = hand.ask(f"{now}/entries", {"entries": [{"item": "device", "value": device("A1")}]})["entries"][0]["id"]
    event = {"kind": "syncope", "is_serious": True, "began_at": "2026-11-23T10:10", "description": "x"}
    hand.ask(f"{now}/adverse-events", event)
    lot = hand.ask(f"/sites/{hand.site}/lots", {"product": PROGRAM, "lot": "C3"})["id"]
    pages = ["/lots", f"/lots/{lot}", "/certifications", f"/patients/{WARD['patient']}/enrollments", "/adverse-events", "/checklists/new"]
    pages += [f"{now}/adverse-events", f"/forms/{WARD['form']}", f"{now}/sheet/stop", f"{now}/sheet/override?gate=calm&verb=dose"]
    pages += [f"{now}/sheet/entries/{note}", f"{now}/sheet/entries/{drug}", f"{now}/sheet/release"]
    told(hand)
    site = f"/sites/{hand.site}"
    pages += [f"/patients/{WARD['patient']}", f"{site}/calls", f"{site}/screens"]
    pages += [f"{site}/templates", f"{site}/templates?language=en&kind=booked"]
    texts, typed = iter([*KEPT * 9]), set()
    for path in pages:
        seen.page.goto(served.address + path)
        for at_form in seen.page.evaluate(WITH_TEXT):
            seen.page.goto(served.address + path)
            names = set(seen.page.evaluate(FILL, [at_form, [next(texts) for _ in range(4)]]))
            if names == {"words"}:
                continue  # stands on every page
            typed |= names
            with seen.page.expect_navigation():
                seen.page.evaluate("at => document.forms[at].submit()", at_form)
            seen.look(f"{path}, form {at_form}")

    assert seen.seen == []
    assert {name for names in TYPED_IN_CARE.values() for name in names} - typed == {"at"}, "a time, which a browser takes as nothing else"
