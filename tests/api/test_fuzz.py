"""Whatever is sent, by the API's own description: never a fault of ours, and every answer as it is documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi import checks

from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database, migrate
from scheduler.reminding.electing import elected
from scheduler.settings import Settings
from tests.access.message_rows import tell
from tests.access.opening_rows import wish
from tests.access.owed_rows import chart, owe
from tests.access.two_sites import rows_of
from tests.api.clinic import Clinic, daily
from tests.signed_in import SignedIn, Staff

ADDRESS = "http://127.0.0.1"
BY_RULES: list[schemathesis.CheckFunction] = [checks.positive_data_acceptance]
"""What the description allows, a clinic's rules may refuse."""
KNOWN: list[schemathesis.CheckFunction] = [*BY_RULES, checks.negative_data_rejection, checks.missing_required_header]
"""A wrong id was replaced by a right one, so that it is no wrong request any more."""

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@dataclass(frozen=True)
class Fuzzed:
    """A clinic with a booked course, and the ids of one thing of each kind."""

    client: SignedIn
    known: dict[str, str]

    def stay(self, path: str) -> None:
        """Be signed in all the same."""
        if path.endswith("/sign-out"):
            self.client.sign_in()

    def etag(self, path: str) -> str | None:
        """The present ETag of what a change is asked of."""
        for address in (path, path.rpartition("/")[0]):
            found = self.client.get(address).headers.get("ETag")
            if found:
                return found
        return None


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    yield from _opened(tmp_path_factory.mktemp("fuzz") / "fuzz.db")


def _opened(path: Path) -> Iterator[Fuzzed]:
    url = f"sqlite:///{path}"
    migrate(url)
    database = Database(url)
    clock = SettableClock(datetime(2026, 11, 23, 13, tzinfo=UTC), frozen=True)
    app = create_app(Settings(database_url=url, allowed_hosts=("testserver",), password_rounds=1, password_memory_kib=32), clock, database)
    with SignedIn(app, Staff(database, clock), address=ADDRESS) as client:
        known = _furnished(Clinic(client)) | {"person": client.staff.second.public_id}
        with database.transaction() as db:
            rows, now = rows_of(db, known), clock.now()
            elected(db, holder="a worker", now=now)
            for write in (chart, owe, tell, wish):
                known |= write(db, rows | {"first": True}, now=now, new_id=clock.new_id)
        yield Fuzzed(client, known)
    database.dispose()


def _furnished(clinic: Clinic) -> dict[str, str]:
    clinic.open_site()
    resource, protocol = clinic.resource("tms-1"), clinic.protocol(daily(4))
    course = clinic.booked()
    waiting = clinic.made(f"/sites/{clinic.site}/waiting-list", {"wish": clinic.wish(clinic.patient("Bo"))})
    joint = clinic.made(f"/sites/{clinic.site}/joint-plans", {"waiting": [waiting["id"]]})
    time = {"starts_at": "2027-03-01T09:00", "ends_at": "2027-03-01T10:00"}
    return {
        "site": clinic.site,
        "resource": resource["id"],
        "protocol": protocol["id"],
        "checklist": clinic.get(f"/sites/{clinic.site}/checklists").json()["checklists"][0]["id"],
        "number": "1",
        "day": str(course["sessions"][1]["starts_at"])[:10],
        "patient": course["patient"]["id"],
        "course": course["id"],
        "session": course["sessions"][1]["id"],
        "absence": clinic.made(f"/sites/{clinic.site}/resources/tms-1/absences", time)["id"],
        "waiting": waiting["id"],
        "joint_plan": joint["id"],
        "closure": clinic.made(f"/sites/{clinic.site}/closures", time)["id"],
    }


@pytest.fixture(scope="module")
def described(fuzzed: Fuzzed) -> schemathesis.BaseSchema:
    """The operations by their own description."""
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", fuzzed.client.app, headers=fuzzed.client.proof("GET", "/"))


DESCRIPTION = create_app(Settings(database_url="sqlite:///never-opened.db")).openapi()
OPERATIONS = {
    operation["operationId"]: (path, method)
    for path, operations in DESCRIPTION["paths"].items()
    for method, operation in operations.items()
    if operation["operationId"] != "watch_changes"  # a stream that never ends
}


def fuzz(described: schemathesis.BaseSchema, name: str, send: Callable[[schemathesis.Case[Any]], None], examples: int) -> None:
    """Send so many requests to an operation, some as they are described and some that are not."""
    path, method = OPERATIONS[name]
    operation = described[path][method]
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])
    settings(max_examples=examples, deadline=None, suppress_health_check=QUIET)(given(cases)(send))()


def as_drawn(fuzzed: Fuzzed) -> Callable[[schemathesis.Case[Any]], None]:
    """As it was drawn, by somebody who is signed in."""

    def send(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(excluded_checks=BY_RULES, headers=fuzzed.client.proof(case.method, case.formatted_path))
        fuzzed.stay(case.path)

    return send


def to_known(fuzzed: Fuzzed) -> Callable[[schemathesis.Case[Any]], None]:
    """To a thing that is there, as somebody who has seen it."""

    def send_to_known(case: schemathesis.Case[Any]) -> None:
        case.path_parameters.update({name: fuzzed.known[name] for name in case.path_parameters})
        for named in (case.body, case.body.get("wish") if isinstance(case.body, dict) else None):
            if isinstance(named, dict):
                named.update({name: fuzzed.known[name] for name in ("patient", "protocol") if name in named})
        if "If-Match" in case.headers:
            case.headers["If-Match"] = fuzzed.etag(case.formatted_path) or '"1"'
        case.call_and_validate(excluded_checks=KNOWN, headers=fuzzed.client.proof(case.method, case.formatted_path))
        fuzzed.stay(case.path)

    return send_to_known


@pytest.mark.parametrize("name", OPERATIONS)
def test_nothing_that_is_sent_breaks_an_operation(described: schemathesis.BaseSchema, fuzzed: Fuzzed, name: str) -> None:
    fuzz(described, name, as_drawn(fuzzed), examples=4)
    fuzz(described, name, to_known(fuzzed), examples=4)


@pytest.mark.soak
@pytest.mark.parametrize("name", OPERATIONS)
def test_ten_thousand_requests_break_nothing(described: schemathesis.BaseSchema, fuzzed: Fuzzed, name: str) -> None:
    fuzz(described, name, as_drawn(fuzzed), examples=125)
    fuzz(described, name, to_known(fuzzed), examples=125)
