"""Nothing of a person, and no secret, gets into a log: whatever is asked of the server, and however it fails."""

from __future__ import annotations

import ast
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from json import dumps, loads
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from scheduler.backing_up.sqlite import file_of
from scheduler.cli.logs import LINE, Discreet
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.records.accounts import AccountRow
from tests.scheduler.test_cli_serving import free_port, status_of
from tests.signed_in import Staff

ROOT = Path(__file__).parents[2]
ALLOWED = {
    *("freed", "written", "left", "refusal", "refusal.code", "finding.sentence", "type(error).__name__"),
    "getattr(request.state, 'request_id', '')",
}
"""What our own log lines may hold besides their fixed words: counts, kinds of errors, request ids, refusals without names. Look twice
before adding to it."""


@dataclass
class Canaries:
    """Strings that can have come from nowhere else."""

    seeded: list[str] = field(default_factory=list)

    def __call__(self, where: str) -> str:
        self.seeded.append(f"canary-{where}-{len(self.seeded)}-q7x")
        return self.seeded[-1]

    def found_in(self, text: str) -> list[str]:
        return [each for each in self.seeded if each.lower() in text.lower()]


@dataclass
class Caller:
    """Somebody who talks with the server over HTTP, and keeps every answer."""

    port: int
    token: str
    canary: Canaries
    faults: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: object = None, *, raw: str = "", **headers: str) -> dict[str, object]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {
            "Authorization": f"Bearer {self.token}",
            "User-Agent": self.canary("agent"),
            "Cookie": f"chairtime-device={self.canary('cookie')}",
            "Idempotency-Key": self.canary("key"),
            "Content-Type": "application/json",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, raw or (dumps(body) if body is not None else None), sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.statuses.append(answer.status)
        if answer.status >= 500:
            self.faults.append(text)
        try:
            told = loads(text)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


@contextmanager
def logged(log: Path, *arguments: str) -> Iterator[None]:
    """A command as a program, whose every word goes into a file."""
    with log.open("wb") as file:
        program = subprocess.Popen([sys.executable, "-m", "scheduler", *arguments], cwd=ROOT, stdout=file, stderr=file, env=os.environ)
        try:
            yield
        finally:
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(60)
            finally:
                program.kill()
                program.wait()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_logs_of_the_real_programs_tell_nothing(database: Database, tmp_path: Path) -> None:
    canary, clock = Canaries(), SystemClock()
    staff = Staff(database, clock)
    token, port = staff.token(), free_port()
    canary.seeded.append(token)
    with database.transaction() as db:
        row = db.get_one(AccountRow, staff.first.id)
        row.family_name, row.handle = canary("family"), canary("handle")
    log, worked = tmp_path / "serve.log", tmp_path / "worker.log"
    at = ("--database-url", database.url)

    with logged(log, "serve", "--port", str(port), *at), logged(worked, "worker", *at):
        assert status_of(port, "/health/live") == 200
        call = Caller(port, token, canary)
        talk(call, canary)
        take_away(database, "patient", "idempotent_reply")
        fail(call, canary)
        take_away(database, "account")
        for _ in range(2):
            call("POST", "/api/v1/sign-in", {"handle": canary("handle"), "password": canary("password")})
        time.sleep(1)

    said = log.read_text() + worked.read_text()
    assert canary.found_in(said) == []
    assert canary.found_in("".join(call.faults)) == []
    assert "Traceback" not in "".join(call.faults)
    assert {200, 201, 401, 404, 422, 500} <= set(call.statuses)
    assert "OperationalError" in said
    assert said.count("failed: OperationalError") == call.statuses.count(500) > 2
    assert len(canary.seeded) > 50


def talk(call: Caller, canary: Canaries) -> None:
    """What people do all day, and what strangers try."""
    sites = call("GET", "/api/v1/sites")
    site = sites["sites"][0]["id"] if "sites" in sites else ""  # type: ignore[index]  # the shape is the API's
    patient = {"given_name": canary("given"), "family_name": canary("patient"), "born_on": "1980-05-17"}
    call("POST", f"/api/v1/sites/{site}/patients", patient)
    call("GET", f"/api/v1/sites/{site}/patients?text={canary('query')}")
    call("POST", f"/api/v1/sites/{site}/patients", patient | {"born_on": canary("date"), canary("field"): canary("value")})
    call("POST", f"/api/v1/sites/{site}/patients", raw='{"given_name": "' + canary("unreadable"))
    call("GET", f"/api/v1/patients/{canary('path')}")
    call("GET", f"/{canary('nowhere')}")
    call("GET", "/api/v1/sites", Authorization=f"Bearer {canary('token')}")
    call("GET", "/api/v1/sites", Host=canary("host"))
    call("POST", "/api/v1/sign-in", {"handle": canary("stranger"), "password": canary("password")})
    call("POST", "/api/v1/sign-in", {"handle": canary.seeded[2], "password": canary("password"), "code": "123456"})
    call("POST", f"/api/v1/sessions/{canary('session')}/cancel", {"reason": canary("reason")}, If_Match='"1"')


def take_away(database: Database, *tables: str) -> None:
    """Take away what the server stands on, so that it fails in the middle of what it is asked."""
    with closing(sqlite3.connect(file_of(database.url))) as connection:
        connection.execute("PRAGMA legacy_alter_table=on")
        for table in tables:
            connection.execute(f"ALTER TABLE {table} RENAME TO no_{table}")
        connection.commit()


def fail(call: Caller, canary: Canaries) -> None:
    sites = call("GET", "/api/v1/sites")
    site = sites["sites"][0]["id"] if "sites" in sites else ""  # type: ignore[index]  # as above
    for _ in range(2):
        call("GET", f"/api/v1/sites/{site}/patients?text={canary('query')}")
        call(
            "POST",
            f"/api/v1/sites/{site}/patients",
            {"given_name": canary("given"), "family_name": canary("family"), "born_on": "1980-05-17"},
        )


def test_error_is_told_by_its_kind_and_place_only() -> None:
    """An ordinary log would have told the name, which shows that this can fail."""
    record = logging.LogRecord("chairtime", logging.ERROR, __file__, 1, "it failed", None, None)
    try:
        try:
            raise IntegrityError("INSERT INTO patient", {"name": "canary-1"}, ValueError("Key (name)=(canary-2) already exists"))
        except IntegrityError as error:
            raise ExceptionGroup("canary-3", [LookupError("canary-4")]) from error
    except ExceptionGroup as error:
        record.exc_info = (type(error), error, error.__traceback__)

    plain, discreet = logging.Formatter(LINE).format(record), ""
    record.exc_text = None
    discreet = Discreet(LINE).format(record)

    assert all(f"canary-{number}" in plain for number in (1, 2, 3, 4))
    assert "canary" not in "\n".join(line for line in discreet.splitlines() if not line.startswith("    "))
    assert [kind for kind in ("IntegrityError", "ExceptionGroup", "LookupError", "test_logs.py") if kind not in discreet] == []


def test_line_of_asyncio_does_not_show_the_error() -> None:
    record = logging.LogRecord(
        "asyncio", logging.ERROR, __file__, 1, "Task failed\nfuture: <Task exception=ValueError('%s')>", ("canary",), None
    )

    assert "canary" not in Discreet(LINE).format(record)


def test_errors_of_the_database_do_not_hold_what_was_stored(database: Database) -> None:
    with pytest.raises(IntegrityError) as refused, database.transaction() as db:
        db.add(AccountRow(handle="canary", public_id="a_1"))

    assert "canary" not in str(refused.value).partition("DETAIL")[0]


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    for package in ("rooms", "courses", "scheduler"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and ast.unparse(node.func.value) in {"log", "logging"}
                ):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_our_own_log_lines_hold_fixed_words_and_what_is_allowed() -> None:
    wrong, seen = [], 0
    for place, call in log_calls():
        if call.func.attr not in {"debug", "info", "warning", "error", "exception", "critical", "log"}:  # type: ignore[attr-defined]
            continue
        seen += 1
        fixed, *held = call.args
        if not isinstance(fixed, ast.Constant) or call.keywords or any(ast.unparse(each) not in ALLOWED for each in held):
            wrong.append(place)

    assert wrong == []
    assert seen >= 4
