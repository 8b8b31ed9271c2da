"""Who sees only their own patients: the lists hold nobody else, and a clash names nobody else."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from scheduler.access.role import Role
from tests.access.two_sites import TwoSites


def seen(world: TwoSites, role: Role, address: str) -> str:
    """What somebody of a role is shown at an address."""
    client = TestClient(world.app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {world.sign_in(role)}"})
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


LISTS = [
    "/api/v1/sites/{site}/board",
    "/sites/{site}/board?day=2026-11-23",
    "/api/v1/sites/{site}/courses",
    "/api/v1/sites/{site}/patients",
]
WHOSE = [(Role.TECHNICIAN, "Tms", "Ect"), (Role.ANESTHESIA, "Ect", "Tms")]


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize(("role", "own", "other"), WHOSE)
def test_a_list_holds_only_ones_own(world: TwoSites, address: str, role: Role, own: str, other: str) -> None:
    address = address.format(site=world.ids["main", "tms"]["site"])

    limited, whole = seen(world, role, address), seen(world, Role.NURSE, address)

    assert (own in whole, other in whole) == (True, True)
    assert (own in limited, other in limited) == (True, False)


def test_what_others_have_is_still_taken(world: TwoSites) -> None:
    """A technician sees that the room is taken, not by whom."""
    address = f"/api/v1/sites/{world.ids['main', 'tms']['site']}/board"

    board = json.loads(seen(world, Role.TECHNICIAN, address))

    assert {booking["resource"] for booking in board["bookings"]} == {"ect-1"}


def test_the_front_desk_reads_no_clinical_reason(world: TwoSites) -> None:
    """Why a course is held is for those who treat; that it is held is for everybody."""
    course = world.ids["main", "tms"]["course"]
    version = json.loads(seen(world, Role.PHYSICIAN, f"/api/v1/courses/{course}"))["version"]
    client = TestClient(world.app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {world.sign_in(Role.PHYSICIAN)}"})
    held = client.post(f"/api/v1/courses/{course}/hold", json={"reason": "hypomanic since Friday"}, headers={"If-Match": f'"{version}"'})
    assert held.status_code == 200, held.text

    for address in (f"/api/v1/courses/{course}", f"/api/v1/courses/{course}/history", f"/courses/{course}"):
        by_role = {role: seen(world, role, address) for role in (Role.FRONT_DESK, Role.ADMIN, Role.NURSE, Role.PHYSICIAN)}
        assert ["hypomanic" in by_role[role] for role in by_role] == [False, False, True, True], address
