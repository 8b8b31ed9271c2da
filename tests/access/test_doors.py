"""No page shows a door that would be shut: every form and link on it is one that its reader may use."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from scheduler.access.role import Role
from tests.access.test_matrix import CELLS, OPERATIONS
from tests.access.two_sites import DISCIPLINES, TwoSites

PAGES = [operation.removeprefix("GET ") for operation in OPERATIONS if operation.startswith("GET /") and "/api/" not in operation]
PATTERNS = {operation: re.compile(re.sub(r"\{\w+\}", "[^/]+", operation.split(" ")[1])) for operation in OPERATIONS}


def doors(page: str) -> set[tuple[str, str]]:
    """Method and address of every form and of every link on a page."""
    forms = re.findall(r'<form[^>]*method="post"[^>]*action="(/[^"?#]*)', page)
    links = re.findall(r'<a [^>]*href="(/[^"?#]*)', page)
    return {("POST", address) for address in forms} | {("GET", address) for address in links}


def row_text(method: str, address: str, role: Role) -> str | None:
    """The cell behind a door; the operation with the fewest names in its address is meant."""
    fitting = [operation for operation, pattern in PATTERNS.items() if operation.startswith(f"{method} ") and pattern.fullmatch(address)]
    return CELLS[min(fitting, key=lambda operation: operation.count("{")), role] if fitting else None


@pytest.mark.parametrize("role", Role)
def test_no_page_shows_a_door_that_is_shut(world: TwoSites, role: Role) -> None:
    ids = world.ids["main", DISCIPLINES.get(role, "tms")]
    client = TestClient(world.app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {world.sign_in(role)}"})
    shut = set()
    for page in PAGES:
        answer = client.get(re.sub(r"\{(\w+)\}", lambda match: ids.get(match[1], "none"), page), follow_redirects=True)
        if answer.status_code == 200:
            shut |= {(page, *door) for door in doors(answer.text) if row_text(*door, role) == ""}
    assert shut == set()
