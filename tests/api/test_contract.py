"""What holds for every operation: the shape of refusals, what a body may be, request ids, safety headers, the documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.api.clinic import WEEKDAYS, Clinic, on_one_database
from tests.signed_in import OFFICE

pytestmark = on_one_database

NEW_SITE = {"code": "main", "name": "Main Street", "timezone": "America/New_York", "hours": WEEKDAYS}
ALLOWED = {"400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428", "429", "500", "503", "507"}


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert set(problem) - {"offer"} == {"code", "message", "conflicts", "request_id"}
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return problem


def test_an_address_that_is_not_there(client: TestClient) -> None:
    refused(client.get("/api/v1/nothing"), 404, "no_such_address")


def test_a_method_that_is_not_known_names_those_that_are(client: TestClient) -> None:
    answer = client.put("/api/v1/sites", json={})

    refused(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_creating_call_without_a_key(client: TestClient) -> None:
    refused(client.post("/api/v1/sites", json=NEW_SITE), 400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "unreadable"),
        (b"[" * 100_000, 400, "too_deep"),
        (b'{"name": ' + b"9" * 5000 + b"}", 400, "unreadable"),
        (b"\xff\xfe", 400, "unreadable"),
        (b"[]", 422, "faulty"),
        (b"null", 422, "faulty"),
        (b'{"code": "a", "code": "b"}', 422, "faulty"),
        (b" " * 1_000_001, 413, "too_large"),
    ],
    ids=["cut off", "deep", "huge number", "no text", "list", "null", "keys missing", "too large"],
)
def test_a_body_that_is_nonsense(bare: Clinic, content: bytes, status: int, code: str) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}

    refused(bare.client.post("/api/v1/sites", content=content, headers=headers), status, code)

    assert only_the_office(bare)


def test_a_body_too_large_is_refused_while_it_arrives(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}

    refused(client.post("/api/v1/sites", content=(b" " * 100_000 for _ in range(11)), headers=headers), 413, "too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_a_body_that_is_not_json(client: TestClient, kind: str) -> None:
    answer = client.post("/api/v1/sites", content=json.dumps(NEW_SITE), headers={"Idempotency-Key": "k", "Content-Type": kind})

    refused(answer, 415, "not_json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\x00b"),
        ("name", "a\nb"),
        ("name", " "),
        ("name", "x" * 201),
        ("name", 7),
        ("code", "a/b"),
        ("granularity_minutes", True),
        ("granularity_minutes", 0),
        ("granularity_minutes", 10**400),
        ("granularity_minutes", "5"),
        ("granularity_minutes", 5.5),
        ("timezone", "America/Gotham"),
        ("hours", {"mon": [["17:00", "08:00"]]}),
        ("hours", {"mon": [["08:00"]]}),
        ("hours", {"monday": []}),
        ("surprise", 1),
    ],
)
def test_a_field_that_cannot_be(bare: Clinic, field: str, value: object) -> None:
    problem = refused(bare.create("/sites", NEW_SITE | {field: value}), 422, "no_such_zone" if field == "timezone" else "faulty")

    assert field in problem["conflicts"][0]["field"]
    assert only_the_office(bare)


def test_half_a_letter_is_refused(bare: Clinic) -> None:
    content = json.dumps(NEW_SITE).replace("Main Street", "\\ud800")
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}

    refused(bare.client.post("/api/v1/sites", content=content, headers=headers), 422, "faulty")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_is_none_is_refused(clinic: Clinic, value: str) -> None:
    content = json.dumps(clinic.wish(clinic.patient()) | {"priority": "P"}).replace('"P"', value)
    answer = clinic.client.post(f"/api/v1/sites/{clinic.site}/plans", content=content, headers={"Content-Type": "application/json"})

    refused(answer, 422, "faulty")


@pytest.mark.parametrize(
    "text", [20261201, 1e9, True, "0001-01-01", "9999-12-31", "2026-02-30", "2026-12-01T00:00", "2026-12-1", "２０２６-12-01"]
)
def test_a_date_that_is_none_is_refused(clinic: Clinic, text: object) -> None:
    wish = clinic.wish(clinic.patient()) | {"start_on_or_after": text}

    problem = refused(clinic.client.post(f"/api/v1/sites/{clinic.site}/plans", json=wish), 422, "faulty")

    assert problem["conflicts"][0]["field"] == "body.start_on_or_after"


@pytest.mark.parametrize("key", ["%00", "a%2Fb", "x" * 101, "%ED%A0%80", "ä"])
def test_an_id_that_can_be_none(clinic: Clinic, key: str) -> None:
    assert clinic.get(f"/courses/{key}").status_code in {404, 422}


def test_a_thing_of_another_site_is_not_there(clinic: Clinic) -> None:
    resource, closure = clinic.resource("chair-1"), {"starts_at": "2026-12-24T12:00", "ends_at": "2026-12-24T17:00"}
    closed = clinic.made(f"/sites/{clinic.site}/closures", closure)
    other = clinic.open_site("other")["id"]

    refused(clinic.get(f"/sites/{other}/resources/{resource['id']}"), 404, "unknown")
    refused(clinic.get(f"/sites/{other}/protocols/daily"), 404, "unknown")
    answer = clinic.client.delete(f"/api/v1/sites/{other}/closures/{closed['id']}", headers={"Idempotency-Key": "k"})
    refused(answer, 404, "unknown")


def only_the_office(bare: Clinic) -> bool:
    """Whether no site was added."""
    return [site["code"] for site in bare.get("/sites").json()["sites"]] == [OFFICE]


def test_a_request_keeps_its_id(client: TestClient) -> None:
    assert client.get("/health/live", headers={"X-Request-Id": "desk-7"}).headers["X-Request-Id"] == "desk-7"


def test_a_strange_request_id_is_replaced(client: TestClient) -> None:
    assert client.get("/health/live", headers={"X-Request-Id": "<script>"}).headers["X-Request-Id"].startswith("q_")


def test_answers_carry_the_safety_headers(client: TestClient) -> None:
    headers = client.get("/api/v1/sites").headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"], headers["Cache-Control"]) == ("nosniff", "DENY", "no-store")


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_a_page_of_another_site_changes_nothing(bare: Clinic, headers: dict[str, str]) -> None:
    answer = bare.client.post("/api/v1/sites", json=NEW_SITE, headers=headers | {"Idempotency-Key": "k"})

    refused(answer, 403, "from_another_site")
    assert only_the_office(bare)


@pytest.mark.parametrize("headers", [{"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-origin"}, {}])
def test_a_page_of_ours_may_change_things(bare: Clinic, headers: dict[str, str]) -> None:
    assert bare.client.post("/api/v1/sites", json=NEW_SITE, headers=headers | {"Idempotency-Key": "k"}).status_code == 201


def test_a_host_that_is_not_ours_is_refused(client: TestClient) -> None:
    refused(client.get("/api/v1/sites", headers={"Host": "rebound.example"}), 400, "unknown_host")


def test_every_operation_documents_its_refusals_in_one_shape(app: FastAPI) -> None:
    document = app.openapi()

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            refusals = {status: each for status, each in operation["responses"].items() if status >= "400"}
            assert set(refusals) <= ALLOWED, where
            for status, each in refusals.items():
                assert each["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Problem"}, f"{where} {status}"


def test_operations_have_names_of_their_own(app: FastAPI) -> None:
    names = [operation["operationId"] for operations in app.openapi()["paths"].values() for operation in operations.values()]

    assert len(names) == len(set(names))


def test_every_body_is_closed(app: FastAPI) -> None:
    shapes = app.openapi()["components"]["schemas"]

    assert {
        name for name, shape in shapes.items() if shape.get("type") == "object" and shape.get("additionalProperties") is not False
    } == set()


def test_changing_operations_want_a_key_or_an_etag(app: FastAPI) -> None:
    told_once = {"sign_in", "prove", "approve", "invite", "make_link"}  # their answers hold a secret, which is never kept to be told again
    asks_nothing = {"propose_plan", "sign_out", "disable", "enable", "end_sign_ins", *told_once}
    for operations in app.openapi()["paths"].values():
        for method, operation in operations.items():
            headers = {each["name"].lower(): each["required"] for each in operation.get("parameters", []) if each["in"] == "header"}
            wanted = headers.get("idempotency-key") or headers.get("if-match") or False
            assert wanted is (method != "get" and operation["operationId"] not in asks_nothing), operation["operationId"]
