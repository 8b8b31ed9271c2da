"""A body that is nested too deep, or larger than its sender said, is refused before anything reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from scheduler.api.gate import BODY_LIMIT
from scheduler.api.nesting import MOST_LEVELS, MOST_PARTS, is_tangled
from tests.api.clinic import on_one_database


def nested(levels: int) -> bytes:
    return b'{"reason":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    ("body", "tangled"),
    [
        (nested(MOST_LEVELS), False),
        (nested(MOST_LEVELS + 1), True),
        (b"[" * 1_000_000, True),
        (b"[" + b"[]," * (MOST_PARTS - 2) + b"[]]", False),
        (b"[" + b"[]," * MOST_PARTS + b"[]]", True),
        (b'{"text": "' + rb"[{\"" * 1_000 + b'"}', False),
        (b'{"text": "' + b"[" * 1_000, False),
        (rb'"\\"' + b"[" * 100, True),
    ],
    ids=["at the limit", "one more", "never closed", "many", "too many", "in a text", "in a text without end", "after a text"],
)
def test_levels_are_counted_outside_of_texts(body: bytes, tangled: bool) -> None:
    assert is_tangled(body) is tangled


@on_one_database
@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
@pytest.mark.parametrize("path", ["/courses/co_1/hold", "/patients", "/sign-in/passkey"])
def test_a_page_is_sent_nothing_deep(client: TestClient, path: str, kind: str) -> None:
    """To hold a course takes a reason, which is looked for in the body by whoever asks for it."""
    answer = client.post(path, content=nested(50_000), headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (400, "too_deep")


@on_one_database
@pytest.mark.parametrize("path", ["/api/v1/courses/co_1/hold", "/api/v1/sign-in", "/api/v1/people"])
def test_the_api_is_sent_nothing_deep(client: TestClient, path: str) -> None:
    answer = client.post(path, content=nested(MOST_LEVELS + 1), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "too_deep")


@on_one_database
@pytest.mark.parametrize("path", ["/api/v1/courses/co_1/hold", "/sign-in/passkey"])
def test_a_body_in_pieces_is_read_no_further_than_the_limit(client: TestClient, path: str) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * (BODY_LIMIT // 10)

    answer = client.post(path, content=pieces(), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
