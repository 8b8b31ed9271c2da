"""Nonsense from somebody of each role, to the API and to the pages' own addresses: refused in plain words, soon, and never a fault of ours.

Every input is made from what would be understood, with a little of it bent: so that it comes as far in as it can.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scheduler.access.role import Role
from tests.access.bodies import body_of, query_of
from tests.access.two_sites import DISCIPLINES, TABLE, TwoSites, two_sites
from tests.api.clinic import daily
from tests.api.test_fuzz import DESCRIPTION

NOT_READY = "/health/ready"
"""What may answer 503: here no worker sends what is due."""
QUICK_INPUTS, SOAK_INPUTS = 40, 10_000
SLOW_SECONDS = 2.0
PUT_BACK_EVERY = 200
"""Inputs after which the clinic stands as at first, so that it does not grow without end."""

STREAMS = {"GET /api/v1/sites/{site}/changes"}
OPERATIONS = sorted(
    {operation for row in TABLE.rows for operation in row.operations if operation not in STREAMS}
    | {operation for operation in TABLE.public if operation.startswith(("GET", "POST")) and "static" not in operation}
)
ENDING = re.compile(r"/(sign-out|out|lock|end|password|codes.*|unlock|sign-in.*|service.*)$")
"""After these somebody may have to sign in again."""

HARD = (
    "<script>alert(1)</script>",
    "'; DROP TABLE patient; --",
    "{{7*7}}${7*7}",
    "=1+1",
    "../../../../etc/passwd",
    "%2e%2e%2f",
    "a\r\nSet-Cookie: x=1",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e\u200b\ufeff",
    "\U0001f9e0" * 20,
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59.999999+14:00",
    "0001-01-01T00:00:00-14:00",
    "2026-02-30",
    "24:00",
    "99:99",
    "9" * 400,
    "-1",
    "1e400",
    "NaN",
    "٣",
    "null",
    "[]",
    "",
    " ",
    "x" * 5_000,
)
BIG = "x" * 1_000_000
ODD_VALUES: tuple[object, ...] = (10**400, -(10**400), 2**63, -1, 0, 1e308, 0.1, True, None, [], {}, [[]], {"": {"": []}}, ["x"] * 3_000)
KINDS = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "text/plain",
    "",
)
DEEP = (30, 70, 5_000, 400_000)
"""Levels of brackets in brackets."""

PAGE_STATUSES = {200, 204, 303, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429}
ANYWHERE = {400, 401, 403, 404, 405, 413, 415, 429}
"""Said by whoever stands before all addresses."""
TRACES = re.compile(r"Traceback|File \"|site-packages|sqlalchemy|sqlite3|\.venv|\.py\b|psycopg|pydantic|starlette|RecursionError")
DESCRIBED = DESCRIPTION["paths"]

FORM = {
    "given_name": "Ana",
    "family_name": "Lopez",
    "born_on": "1980-05-17",
    "handle": "ana.lopez",
    "words": "ana",
    "starts_on": "2027-03-02",
    "starts_time": "09:00",
    "ends_on": "2027-03-03",
    "ends_time": "10:00",
    "reason": "travels for a while",
    "version": "1",
    "name": "Chair",
    "code": "chair-9",
    "kind": "chair",
    "capabilities": "tms-device",
    "capacity": "2",
    "from_on": "2026-12-01",
    "more": "2",
    "units": "30",
    "valid_from": "2026-11-01",
    "valid_until": "2027-11-01",
    "start_on": "2026-12-01",
    "start_by": "2026-12-10",
    "finish_by": "2027-06-01",
    "window_from": "09:00",
    "window_until": "12:00",
    "priority": "2",
    "ordered_by": "Dr. Reed",
    "starts_at": "2026-12-01T09:00",
    "weekdays": "mon",
    "which": "ticked",
    "do": "check",
    "text": daily(3),
    "country": "US",
    "part": "",
    "year": "2027",
    "week": "2026-11-23",
    "flag": "1",
    "verdict": "fine",
    "note": "looked at it",
    "role": "nurse",
    "choice": "0",
    "plan": "{}",
    "alike": "{}",
    "can_from": "mon 09:00",
    "can_until": "2027-01-01",
    "sealed": "x",
    "proof": "x",
    "password": "quiet lamps near still water",
    "current": "quiet lamps near still water",
    "next": "/patients",
    "device": "desk",
    "state": "x",
    "confirmed": "yes",
    "despite_gap": "yes",
    "mon": "08:00-12:00",
    "owed": "x",
    "second_handle": "robin.two",
    "second_password": "x",
    "first_code": "x",
    "invitation": "x",
    "session_version": "1",
    "idempotency_key": "k",
    "_method": "DELETE",
}
"""Something that is understood, for the fields of all forms."""
QUERY: tuple[str, ...] = (
    "day",
    "kind",
    "sort",
    "_sort",
    "order",
    "limit",
    "cursor",
    "next",
    "week",
    "since",
    "until",
    "action",
    "person",
    "patient",
    "from",
)
QUERY += (
    "version",
    "year",
    "country",
    "near",
    "protocol",
    "start_on",
    "window_from",
    "q",
    "words",
    "after",
    "status",
    "view",
    "near",
    "page",
)
HEADERS = {"X-HTTP-Method-Override": "DELETE", "X-Forwarded-Host": "evil.example", "Range": "bytes=0-1,0-2,0-3", "Accept": "*/*;q=nonsense"}


@dataclass(frozen=True)
class Input:
    """One request, but for the ids of what it is about."""

    operation: str
    wrong_id: str | None
    query: dict[str, str]
    headers: dict[str, str]
    bent: dict[str, object]
    dropped: tuple[str, ...]
    shape: str
    kind: str | None
    depth: int


HARD_TEXT = st.one_of(st.sampled_from(HARD), st.text(max_size=30))
NAMES = sorted(FORM)
FIELDS = sorted({name for shape in DESCRIPTION["components"]["schemas"].values() for name in shape.get("properties", {})})


@st.composite
def inputs(draw: st.DrawFn, own: list[str]) -> Input:
    """An input, mostly to an operation of one's own."""

    def seldom(chance: int) -> bool:
        return draw(st.integers(1, chance)) == chance

    operation = draw(st.sampled_from(OPERATIONS if seldom(8) else own))
    is_api = "/api/" in operation
    value: st.SearchStrategy[object] = st.one_of(HARD_TEXT, HARD_TEXT, st.sampled_from(ODD_VALUES)) if is_api else HARD_TEXT
    return Input(
        operation,
        (draw(HARD_TEXT) or None) if seldom(10) else None,
        draw(st.dictionaries(st.sampled_from(QUERY), HARD_TEXT, max_size=2)),
        draw(st.dictionaries(st.sampled_from(sorted(HEADERS)), st.just(""), max_size=1)),
        draw(st.dictionaries(st.sampled_from(FIELDS if is_api else NAMES), value, max_size=3)),
        tuple(draw(st.lists(st.sampled_from(NAMES), max_size=3))),
        draw(st.sampled_from(["as it is"] * 20 + ["bent inside"] * 15 + ["twice", "cut", "bytes", "deep", "list", "big", "empty"])),
        draw(st.sampled_from(KINDS)) if seldom(20) else None,
        draw(st.sampled_from(DEEP)),
    )


@dataclass
class Timed:
    """The application, and how long whoever asked waited for its answer: what goes on after it, such as a plan, holds nobody up."""

    app: ASGIApp
    seconds: float = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()

        async def sending(message: Message) -> None:
            await send(message)
            self.seconds = time.perf_counter() - begun

        await self.app(scope, receive, sending)


@dataclass
class Tried:
    """A role at work, and what was found wrong so far."""

    world: TwoSites
    role: Role
    count: int = 0
    found: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    token: str = ""

    def send(self, given_input: Input) -> None:
        """Send one; write down what is wrong about the answer."""
        if self.count % PUT_BACK_EVERY == 0:
            self.world.put_back()
            self.token = ""
        self.count += 1
        if not self.token:
            self.token = self.world.sign_in(self.role)
        wrong = self._wrong(given_input)
        if wrong:
            self.found.append(f"input {self.count}, {given_input.operation}: {wrong}: {str(given_input)[:600]}")
        if ENDING.search(given_input.operation):
            self.token = ""

    def _wrong(self, given_input: Input) -> str:
        try:
            answer, seconds = self._answer(given_input)
        except Exception as fault:  # noqa: BLE001  # whatever comes out of the program is what is looked for
            return f"fault {type(fault).__name__}: {str(fault)[:300]}"
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if seconds > SLOW_SECONDS and self._answer(given_input)[1] > SLOW_SECONDS:
            return f"took {seconds:.1f} s"
        if answer.status_code not in documented(given_input.operation):
            return f"status {answer.status_code}"
        trace = TRACES.search(answer.text)
        return f"the answer says {trace[0]}: {answer.text[max(0, trace.start() - 100) :][:200]}" if trace else ""

    def _answer(self, given_input: Input) -> tuple[Response, float]:
        method, _, template = given_input.operation.partition(" ")
        ids = dict(self.world.ids["main", DISCIPLINES.get(self.role, "tms")])
        if given_input.wrong_id is not None:
            ids |= dict.fromkeys(re.findall(r"\{(\w+)\}", template)[-1:], given_input.wrong_id)
        path = re.sub(
            r"\{(\w+)\}", lambda match: quote(str(ids.get(match[1], "nothing"))[:3000], safe="", errors="surrogatepass"), template
        )
        query = urlencode(query_of(given_input.operation) | given_input.query, errors="surrogatepass")
        timed = Timed(self.world.app)
        client = TestClient(timed, base_url="http://127.0.0.1", follow_redirects=False)
        has_body = method in {"POST", "PUT", "PATCH"}
        owes_second = any("2" in row.cell(self.role).text for row in TABLE.rows if given_input.operation in row.operations)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": f"k-{self.count}",
            "If-Match": '"1"',
            "Chairtime-Reason": "because I must",
            "Chairtime-Approval": self.world.approved(self.role, given_input.operation) if owes_second else "none",
            **{name: HEADERS[name] for name in given_input.headers},
        }
        content = body(given_input, ids) if has_body else None
        if has_body:
            own = "application/json" if "/api/" in template else "application/x-www-form-urlencoded"
            headers["Content-Type"] = own if given_input.kind is None else given_input.kind
        return client.request(method, f"{path}?{query}", headers=headers, content=content), timed.seconds


def body(given_input: Input, ids: dict[str, str]) -> bytes:
    """The bytes of a body."""
    shape = given_input.shape
    if shape == "deep":
        return b"[" * given_input.depth if given_input.depth > 5_000 else b'{"a":' * given_input.depth + b"1" + b"}" * given_input.depth
    if shape == "list":
        return b"[1]"
    if shape == "empty":
        return b""
    if "/api/" in given_input.operation:
        known = body_of(given_input.operation, ids)
        asked: dict[str, object] = {**known, **(given_input.bent if shape != "bent inside" else bent_inside(known, given_input.bent))}
        asked |= {"reason": BIG} if shape == "big" else {}
        text = json.dumps(asked)
    else:
        own = {**FORM, **ids} if len(given_input.dropped) % 2 else FORM
        form = {name: value for name, value in {**own, **given_input.bent}.items() if name not in given_input.dropped}
        form |= {"reason": BIG} if shape == "big" else {}
        text = urlencode(form, errors="surrogatepass")
    if shape == "twice":
        text = f"{text}&{text}" if "/api/" not in given_input.operation else f"{text[:-1]}{', ' if len(text) > 2 else ''}{text[1:]}"
    content = text.encode()
    return content[: len(content) // 2] if shape == "cut" else content + b"\xff\xfe" if shape == "bytes" else content


def bent_inside(known: dict[str, object], bent: dict[str, object]) -> dict[str, object]:
    """The fields that are understood, with what was drawn in the place of some."""
    return dict(zip(known, bent.values(), strict=False))


def documented(operation: str) -> set[int]:
    """What an operation may answer."""
    method, _, path = operation.partition(" ")
    if path not in DESCRIBED:
        return PAGE_STATUSES
    told = {int(status) for status in DESCRIBED[path][method.lower()]["responses"] if status < "500"}
    return told | ANYWHERE | ({503} if path == NOT_READY else set())


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoSites]:
    made = two_sites(sqlite_template, tmp_path_factory.mktemp("fuzzed"))
    yield made
    made.database.dispose()


def try_out(world: TwoSites, role: Role, count: int) -> Tried:
    """Send so many inputs as somebody of a role."""
    tried = Tried(world, role)
    own = sorted({operation for row in TABLE.rows if row.cell(role).text for operation in row.operations} - STREAMS)
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    told = settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=checks)

    @seed(list(Role).index(role))
    @told
    @given(inputs(own))
    def send(given_input: Input) -> None:
        tried.send(given_input)

    send()
    return tried


@pytest.mark.parametrize("role", Role)
def test_no_nonsense_of_a_role_breaks_anything(world: TwoSites, role: Role) -> None:
    assert try_out(world, role, QUICK_INPUTS).found == []


@pytest.mark.soak
@pytest.mark.parametrize("role", Role)
def test_ten_thousand_inputs_of_a_role_break_nothing(world: TwoSites, role: Role) -> None:
    tried = try_out(world, role, SOAK_INPUTS)

    assert tried.found == []
    assert tried.count >= SOAK_INPUTS
