"""A key makes a call safe to repeat for whoever made it, and gives nobody else its answer."""

from __future__ import annotations

from fastapi.testclient import TestClient

from scheduler.access.role import Role
from tests.access.two_sites import TwoSites


def test_nobody_is_given_anothers_answer(world: TwoSites) -> None:
    address = f"/api/v1/sites/{world.ids['main', 'tms']['site']}/patients"
    new = {"given_name": "Cy", "family_name": "Oak", "born_on": "1990-01-01"}
    first, again, other = (
        TestClient(world.app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "the-same"})
        for token in (world.sign_in(Role.FRONT_DESK), world.sign_in(Role.FRONT_DESK), world.sign_in(Role.NURSE))
    )

    made, repeated, others = (client.post(address, json=new) for client in (first, again, other))

    assert (made.status_code, repeated.status_code, others.status_code) == (201, 201, 409), made.text
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert repeated.json() == made.json()
