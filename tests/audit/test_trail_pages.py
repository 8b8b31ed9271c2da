"""The pages of the trail: looked through, taken along, checked; and the weekly review, judged and signed."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from scheduler.access.author import Author, AuthorKind
from scheduler.app import create_app
from scheduler.auditing import append, last_check
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.audit.snooping import MONDAY, NEXT_MONDAY, Ward, snoop, ward_of
from tests.audit.trail import events

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

FORMULAS = ['=cmd|"/c calc"!A1', "+1+1", "-2", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1"]


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(MONDAY - timedelta(days=10), frozen=True)


@pytest.fixture
def app(database: Database, clock: SettableClock) -> FastAPI:
    return create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database)


@pytest.fixture
def ward(app: FastAPI, database: Database, clock: SettableClock) -> Ward:
    """The clinic after the week of the twelve, on the Monday after."""
    ward = ward_of(app, database, clock)
    for family, given in [("Lopez", "Ana"), ("García-Núñez", "Eva"), ("Selfe", "Sam"), ("Famous", "Fay"), ("Watched", "Wim")]:
        ward.patient(family, given)
    clock.set(MONDAY)
    database.run(lambda db: snoop(db, ward))
    clock.set(NEXT_MONDAY)
    return ward


@pytest.fixture
def client(ward: Ward) -> TestClient:
    ward.clinic.client.cookies.set("site", ward.clinic.site)
    return ward.clinic.client


def numbers(page: str) -> list[int]:
    """The numbers of the events on a page."""
    return [int(number) for number in re.findall(r'<th scope="row" class="num">(\d+)</th>', page)]


def test_the_youngest_events_are_shown_and_older_ones_behind_them(client: TestClient, database: Database) -> None:
    whole = len(events(database))

    page = client.get("/audit").text
    older = client.get(re.search(r'href="(/audit\?[^"]*page=2[^"]*)"', page)[1].replace("&amp;", "&")).text  # type: ignore[index]

    assert numbers(page) == list(range(whole, whole - 50, -1))
    assert numbers(older) == list(range(whole - 50, 0, -1))[:50]
    assert "Collector" in page


def test_events_are_filtered_by_person_patient_action_outcome_and_time(client: TestClient, ward: Ward) -> None:
    def found(**asked: str) -> int:
        return len(numbers(client.get("/audit", params=asked).text))

    assert found(person="a_11") == 30
    assert found(person="a_11", patient="p_3") == 1
    assert found(patient="p_%") == 0
    assert found(outcome="denied", person="a_12") == 3
    assert found(action="GET /patients", person="a_08") == 4
    assert found(person="a_08", since="2026-12-01", until="2026-12-02") == 2
    assert found(patient=ward.patients["Watched"], person="a_08") == 4
    assert client.get("/audit", params={"since": "yesterday"}).status_code == 422
    assert client.get("/audit", params={"order": "hash; DROP TABLE site", "page": "x", "up_to": "-1"}).status_code == 200


@pytest.mark.parametrize("order", ["seq", "at", "actor_id", "action", "category", "outcome", "source"])
def test_events_are_ordered_by_each_column(client: TestClient, database: Database, order: str) -> None:
    told = events(database)

    down = numbers(client.get("/audit", params={"order": order}).text)
    up = numbers(client.get("/audit", params={"order": order, "up": "yes"}).text)

    by = {each["seq"]: each[order] for each in told}
    assert [by[number] for number in down] == sorted(by.values(), reverse=True)[:50]
    assert [by[number] for number in up] == sorted(by.values())[:50]


def test_what_is_taken_along_is_inert_and_told(client: TestClient, database: Database) -> None:
    for formula in FORMULAS:
        snooper = Author(AuthorKind.STAFF, "a_11", source=formula, device=formula)
        database.run(lambda db, who=snooper, text=formula: append(db, who, action=text, now=NEXT_MONDAY, category="access", reason=text))  # type: ignore[misc]

    answer = client.get("/audit/export", params={"person": "a_11"})

    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(rows) == 30 + len(FORMULAS)
    assert {row["action"] for row in rows if row["action"].startswith("'")} == {f"'{formula}" for formula in FORMULAS}
    assert not [cell for row in rows for cell in row.values() if cell.lstrip(" ")[:1] in set("=+-@\t\r＝")]
    told = events(database)[-1]
    assert (told["action"], told["diff"]) == ("audit.export", {"rows": len(rows), "person": "a_11"})


def test_the_trail_is_checked_from_its_page(client: TestClient, database: Database) -> None:
    assert "The trail was never checked" in client.get("/audit").text

    page = client.post("/audit/verify", headers={"Origin": "http://127.0.0.1"}).text

    with database.reading() as db:
        last = last_check(db)
    assert last is not None
    assert last[0] == NEXT_MONDAY
    assert "The trail was checked just now." in page
    assert events(database)[-1]["actor_kind"] == "staff"


def test_a_week_is_judged_and_signed_on_its_page(client: TestClient, database: Database) -> None:
    page = client.get("/audit/review").text
    flags = re.findall(r'name="flag" value="(\w+)"', page)
    week = re.search(r'name="week" value="([\d-]+)"', page)[1]  # type: ignore[index]
    assert week == "2026-11-30"
    assert len(flags) >= 12
    assert "Sign this week" not in page

    short = post(client, "/audit/review/judge", week=week, flag=flags[0], verdict="accepted", note="ok")
    unjudged = post(client, "/audit/review/sign", week=week)
    for flag in flags:
        post(client, "/audit/review/judge", week=week, flag=flag, verdict="escalated", note="asked the supervisor")
    judged = client.get(f"/audit/review?week={week}").text
    signed = post(client, "/audit/review/sign", week=week)

    assert (short.status_code, unjudged.status_code, signed.status_code) == (422, 409, 200)
    assert "say in 5 to 1000 letters why" in short.text
    assert "not judged yet" in unjudged.text
    assert "Sign this week" in judged
    assert "Signed by Robin Vale" in signed.text
    told = [each["diff"]["verdict"] for each in events(database) if each["action"] == "audit.review"]
    assert told == ["escalated"] * len(flags) + ["signed"]


def post(client: TestClient, address: str, **fields: str) -> Response:
    return client.post(address, data=fields, headers={"Origin": "http://127.0.0.1"})


def test_the_api_gives_the_trail_page_by_page(client: TestClient, ward: Ward, database: Database) -> None:
    address = f"/api/v1/sites/{ward.clinic.site}/audit-events"
    first = client.get(address, params={"limit": 20}).json()
    second = client.get(address, params={"limit": 20, "before": first["before"]}).json()
    of_one = client.get(address, params={"person": "a_12", "outcome": "denied"}).json()

    assert [each["seq"] for each in first["events"] + second["events"]] == [each["seq"] for each in events(database)[::-1][:40]]
    assert {each["actor"] for each in of_one["events"]} == {"a_12"}
    assert (len(of_one["events"]), of_one["before"]) == (3, None)
    assert client.get(address, params={"since": "2026-11-29T02:00", "until": "nonsense"}).status_code == 422
