"""Health, and what the API says when the database cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.api.clinic import Clinic, on_one_database
from tests.api.conftest import NOW
from tests.signed_in import SignedIn


def test_a_program_that_can_work_says_so(client: TestClient, database_kind: str) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").json() == {"status": "ready", "database": database_kind}


def test_a_program_without_its_tables_is_alive_and_says_what_to_do(unmigrated_database_url: str) -> None:
    with TestClient(create_app(Settings(database_url=unmigrated_database_url)), base_url="http://127.0.0.1") as client:
        answer = client.get("/health/ready")

        assert client.get("/health/live").status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "chairtime migrate" in answer.json()["message"]


def test_a_database_out_of_reach_is_said_so() -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1"
    with TestClient(create_app(Settings(database_url=nowhere)), base_url="http://127.0.0.1") as client:
        ready = client.get("/health/ready")
        asked = client.get("/api/v1/sites", headers={"Authorization": "Bearer somebody"})

    assert (ready.status_code, ready.json()["conflicts"][0]["code"]) == (503, "database")
    assert (asked.status_code, asked.json()["code"], asked.headers["Retry-After"]) == (503, "database_busy", "2")


@pytest.fixture
def failing(database: Database) -> Iterator[sqlite3.OperationalError]:
    """Makes the next statement that writes a resource fail as SQLite does."""
    raised = sqlite3.OperationalError("as told")

    def fail(*arguments: object) -> None:
        if "INSERT INTO resource " in str(arguments[2]):
            raise OperationalError(str(arguments[2]), None, raised)

    event.listen(database.engine, "before_cursor_execute", fail)
    yield raised
    event.remove(database.engine, "before_cursor_execute", fail)


@on_one_database
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [("SQLITE_FULL", 507, "disk_full"), ("SQLITE_BUSY", 503, "database_busy"), ("SQLITE_BUSY_SNAPSHOT", 503, "database_busy")],
)
def test_a_full_disk_and_a_busy_database_are_said_plainly(
    clinic: Clinic, failing: sqlite3.OperationalError, name: str, status: int, code: str
) -> None:
    failing.sqlite_errorname = name

    answer = clinic.create(f"/sites/{clinic.site}/resources", {"code": "x", "kind": "room", "capabilities": []}, key="k")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "as told" not in answer.text
    assert clinic.get(f"/sites/{clinic.site}/resources/x").status_code == 404


@on_one_database
def test_any_other_fault_shows_nothing_of_itself(app: FastAPI, clinic: Clinic, failing: sqlite3.OperationalError) -> None:
    failing.sqlite_errorname = "SQLITE_CORRUPT"
    client = SignedIn(app, clinic.client.staff, raise_server_exceptions=False)

    answer = Clinic(client, clinic.site).create(f"/sites/{clinic.site}/resources", {"code": "x", "kind": "room", "capabilities": []})

    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert not {word for word in ("as told", "INSERT", "Traceback") if word in answer.text}


@pytest.fixture
def test_build(database: Database) -> Iterator[TestClient]:
    settings = Settings(database_url=database.url, test_build=True)
    clock = SettableClock(NOW, frozen=True)
    with TestClient(create_app(settings, clock, database), base_url="http://127.0.0.1", client=("127.0.0.1", 50_000)) as client:
        yield client


@on_one_database
def test_the_clock_of_a_test_build_can_be_set_stepped_and_frozen(test_build: TestClient) -> None:
    def change(**wanted: object) -> object:
        return test_build.post("/test/clock", json=wanted).json()

    assert test_build.get("/test/clock").json() == {"now": "2026-11-23T13:00:00+00:00", "frozen": True}
    assert change(set="2027-03-14T09:00-04:00") == {"now": "2027-03-14T13:00:00+00:00", "frozen": True}
    assert change(step_seconds=-3600) == {"now": "2027-03-14T12:00:00+00:00", "frozen": True}
    assert change(set="2027-03-14T09:00+00:00", frozen=False) == {"now": "2027-03-14T09:00:00+00:00", "frozen": False}
    assert test_build.post("/test/clock", json={"set": "2027-03-14T09:00"}).status_code == 422
    assert test_build.post("/test/faults", json={"plan": "F3:kill@7"}).json()["conflicts"][0]["field"] == "plan"


@on_one_database
@pytest.mark.parametrize("path", ["/test/clock", "/test/faults"])
def test_a_build_for_clinics_has_no_such_controls(client: TestClient, path: str) -> None:
    assert (client.get(path).status_code, client.post(path, json={}).status_code) == (404, 404)


@on_one_database
@pytest.mark.parametrize("host", ["192.0.2.7", "testclient"])
def test_the_controls_answer_only_this_machine(database: Database, host: str) -> None:
    app = create_app(Settings(database_url=database.url, test_build=True), database=database)
    client = TestClient(app, base_url="http://127.0.0.1", client=(host, 50_000))

    assert client.get("/test/clock").status_code == 404


@on_one_database
def test_a_clock_that_is_not_given_is_the_machines(database: Database) -> None:
    app = create_app(Settings(database_url=database.url), database=database)

    assert not isinstance(app.state.office.clock, SettableClock)
