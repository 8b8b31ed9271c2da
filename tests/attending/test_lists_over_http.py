"""The ordered list of an anesthesia block, by API and page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rooms import queries as rooms_queries
from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.api.clinic import Clinic, Json, on_one_database
from tests.charts.ward import adopt

PROTOCOL = """
id: listed
title: Listed
modality: own
phases: [{name: acute, sessions: 2, per_week: 2, min_gap_days: 2}]
session_templates:
  treatment:
    steps: [{name: holding, minutes: 30}, {name: procedure, minutes: 15}, {name: recovery, minutes: 30}]
    requirements:
      - {capability: bay, load: 1}
      - {capability: anesthesia, steps: [procedure], load: all, turnover_minutes: 10}
session_rules: [{template: treatment}]
"""
SHEET = """
id: holding
title: Holding
used_for: [{modality: own}]
items:
  - code: fasted
    words: Fasted
    kind: check
    due: [{before: start}]
    gate: {before: start, kind: clinical, passing: ["yes"], overridden_by: [anesthesia]}
"""
DAY = "2026-11-23"


@pytest.fixture
def block(clinic: Clinic, database: Database, clock: SettableClock) -> Clinic:
    """Ana, Ben and Cleo are on today's list."""
    clinic.resource("bay", "bay", "room", 9)
    clinic.resource("team", "anesthesia", "staff")
    clinic.protocol(PROTOCOL, "listed")
    with database.transaction() as db:
        adopt(db, rooms_queries.site(db, clinic.site).id, SHEET)
    for given in ("Ana", "Ben", "Cleo"):
        clinic.booked(given, "listed", DAY)
    clock.step(timedelta(minutes=1))
    return clinic


def cases(clinic: Clinic) -> list[Json]:
    (found,) = clinic.get(f"/sites/{clinic.site}/lists/{DAY}").json()["blocks"]
    listed: list[Json] = found["cases"]
    return listed


def order(clinic: Clinic) -> list[str]:
    return [case["patient"]["name"] for case in cases(clinic)]


@on_one_database
def test_a_list_is_in_order_and_says_what_is_missing(block: Clinic) -> None:
    first = cases(block)[0]

    assert order(block) == ["Ana Lopez", "Ben Lopez", "Cleo Lopez"]
    assert (first["ready"], first["lacking"]) == ("not_arrived", ["Fasted: not answered yet."])


def test_it_is_put_in_another_order_once_and_only_as_it_was_seen(block: Clinic) -> None:
    seen = [case["session"] for case in cases(block)]
    body = {"resource": "team", "seen": seen, "order": [seen[2], *seen[:2]]}

    first, again = (block.create(f"/sites/{block.site}/lists/{DAY}/order", body, key="press") for _ in range(2))
    stale = block.create(f"/sites/{block.site}/lists/{DAY}/order", body)

    assert (first.status_code, again.text) == (200, first.text)
    assert order(block) == ["Cleo Lopez", "Ana Lopez", "Ben Lopez"]
    assert (stale.status_code, stale.json()["code"]) == (409, "list_changed")


@on_one_database
def test_who_is_taken_off_leaves_a_place_that_nobody_takes_who_has_not_fasted(block: Clinic) -> None:
    ana = cases(block)[0]["session"]

    off = block.change(f"/sessions/{ana}/take-off", {"reason": "ate breakfast"}, 1)

    assert off.status_code == 200, off.text
    assert (off.json()["could_move_up"], off.json()["gaps"]) == ([], [off.json()["free_at"]])
    body = {"resource": "team", "seen": [case["session"] for case in cases(block)], "free_at": off.json()["free_at"]}
    refused = block.create(f"/sites/{block.site}/lists/{DAY}/move-up", body)
    left = block.create(f"/sites/{block.site}/lists/{DAY}/move-up-with-gaps", body)
    assert (refused.status_code, refused.json()["code"], left.status_code) == (409, "leaves_gap", 200)


@on_one_database
def test_the_page_shows_the_list_and_changes_it(block: Clinic) -> None:
    seen = [case["session"] for case in cases(block)]
    page = f"/sites/{block.site}/lists/{DAY}"
    assert ">Ana Lopez<" in block.client.get(page).text

    swapped = block.client.post(f"{page}/order", data={"resource": "team", "seen": seen, "order": [seen[1], seen[0], seen[2]]})
    assert (swapped.status_code, order(block)) == (200, ["Ben Lopez", "Ana Lopez", "Cleo Lopez"])
    stale = block.client.post(f"{page}/order", data={"resource": "team", "seen": seen, "order": seen})
    assert (stale.status_code, "The list stays as it was" in stale.text) == (409, True)
    off = block.client.post(f"/sessions/{seen[1]}/take-off", data={"reason": "ate breakfast"})
    assert off.status_code == 200
    assert "The block stands still" in off.text
    assert order(block) == ["Ana Lopez", "Cleo Lopez"]


@on_one_database
def test_the_session_page_says_that_the_patient_is_here_and_what_is_missing(block: Clinic) -> None:
    ana = cases(block)[0]["session"]
    assert "Arrived" in block.client.get(f"/sessions/{ana}").text

    here = block.client.post(f"/sessions/{ana}/arrive", data={})

    assert here.status_code == 200
    assert "Missing before the treatment: 1" in here.text
    sheet = f"/sessions/{cases(block)[1]['session']}/sheet"
    assert f'action="{sheet.removesuffix("/sheet")}/arrive"' in block.client.get(sheet).text
    onward = block.client.post(f"{sheet.removesuffix('/sheet')}/arrive", data={"next": "sheet"}, follow_redirects=False)
    assert (onward.status_code, onward.headers["location"]) == (303, sheet)
    assert f"/sites/{block.site}/lists/{DAY}" in block.client.get(f"/sites/{block.site}/board?day={DAY}").text
