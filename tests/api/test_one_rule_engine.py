"""Whatever way a booking comes in, the same rules refuse it: two never have one place, turnovers hold, and stale forms lose."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from httpx2 import Response

from tests.api.clinic import Clinic, Json, daily


@pytest.fixture
def single(bare: Clinic) -> Clinic:
    """One device, and courses of a single half-hour visit with five minutes of turnover."""
    bare.open_site()
    bare.resource("tms-1")
    bare.protocol(daily(1))
    return bare


def moved(plan: Json, minutes: int) -> Json:
    """The plan by hand so many minutes later."""

    def later(text: str) -> str:
        hours, rest = divmod(int(text[11:13]) * 60 + int(text[14:16]) + minutes, 60)
        return f"{text[:11]}{hours:02d}:{rest:02d}{text[16:]}"

    def shift(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: later(each) if key in {"starts_at", "ends_at"} else shift(each) for key, each in value.items()}
        return [shift(each) for each in value] if isinstance(value, list) else value

    return {"wish": plan["wish"], "plan": shift(plan["plan"])}


def test_two_who_planned_the_same_place_do_not_both_get_it(single: Clinic) -> None:
    """Two sessions with stale forms: refusal with fresh choices."""
    first, second = (single.plan(single.wish(single.patient(name))) for name in ("Ana", "Bea"))
    assert first["plan"]["sessions"] == second["plan"]["sessions"]
    single.book(first)

    refused = single.book(second)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "plan_outdated")
    (reason,) = problem["conflicts"]
    assert (reason["session"], reason["resource"], reason["until"]) == (1, "tms-1", "2026-11-30T13:35:00Z")
    assert "Ana" in reason["holder"]
    assert single.book({"wish": second["wish"], "plan": problem["offer"]}).status_code == 201


@pytest.mark.parametrize(("minutes", "status"), [(0, 409), (25, 409), (30, 409), (35, 201)])
def test_a_hand_made_request_inside_a_turnover_is_refused(single: Clinic, minutes: int, status: int) -> None:
    plan = single.plan(single.wish(single.patient("Bea")))
    single.booked("Ana")

    assert single.book(moved(plan, minutes)).status_code == status


def test_fifty_at_once_for_one_place(single: Clinic) -> None:
    plans = [single.plan(single.wish(single.patient(f"P{number}"))) for number in range(50)]

    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(single.book, plans))

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 49]
    assert {answer.json()["conflicts"][0]["resource"] for answer in answers if answer.status_code == 409} == {"tms-1"}


def taken(clinic: Clinic) -> Json:
    """Somebody has Monday at eight; another one comes after, and would like to come earlier."""
    clinic.booked("Ana")
    return clinic.booked("Bea")


def by_move(clinic: Clinic, course: Json) -> Response:
    session = course["sessions"][0]
    return clinic.change(f"/sessions/{session['id']}/move", {"starts_at": "2026-11-30T08:00"}, course["version"])


def by_hand_made_plan(clinic: Clinic, _: Json) -> Response:
    plan = clinic.plan(clinic.wish(clinic.patient("Cleo")))
    free = plan["plan"]["sessions"][0]["starts_at"]
    minutes = int(free[11:13]) * 60 + int(free[14:16]) - 8 * 60
    return clinic.book(moved(plan, -minutes))


def by_stale_plan(clinic: Clinic, _: Json) -> Response:
    plan = clinic.plan(clinic.wish(clinic.patient("Cleo")))
    assert clinic.book(clinic.plan(clinic.wish(clinic.patient("Dora")))).status_code == 201
    return clinic.book(plan)


@pytest.mark.parametrize("way", [by_move, by_hand_made_plan, by_stale_plan])
def test_every_way_in_is_refused_by_the_same_rules(single: Clinic, way: Any) -> None:
    """Staff calendar and API skipped the check: here each names the resource and who has it until when."""
    course = taken(single)

    answer = way(single, course)

    assert answer.status_code == 409, answer.text
    assert all(reason["resource"] == "tms-1" and reason["until"] and reason["holder"] for reason in answer.json()["conflicts"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda session: session["bookings"].clear(), 422),
        (lambda session: session["bookings"][0].update(resource="nothing"), 409),
        (lambda session: session["bookings"][0].update(load=0), 422),
        (lambda session: session["bookings"][0].update(capability="magic"), 422),
        (lambda session: session["bookings"][0].update(ends_at=session["ends_at"]), 422),
        (lambda session: session.update(template="other"), 422),
        (lambda session: session.update(phase="other"), 422),
        (lambda session: session.update(number=2), 422),
        (lambda session: session.update(authorized=False), 422),
        (lambda session: session.update(ends_at="2026-11-30T09:30"), 422),
    ],
    ids=["no resource", "unknown resource", "no load", "capability", "no turnover", "template", "phase", "number", "authorized", "length"],
)
def test_a_hand_made_plan_that_breaks_a_rule_books_nothing(single: Clinic, change: Any, status: int) -> None:
    plan = single.plan(single.wish(single.patient()))
    change(plan["plan"]["sessions"][0])

    answer = single.book(plan)

    assert answer.status_code == status, answer.text
    assert answer.json()["conflicts"]
    assert single.get(f"/sites/{single.site}/courses").json() == {"courses": []}


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(2, "impossible_plan"), (-60, "plan_outdated"), (9 * 60, "plan_outdated")],
    ids=["off the grid", "before", "after"],
)
def test_a_start_off_the_grid_or_outside_hours(single: Clinic, minutes: int, code: str) -> None:
    plan = single.plan(single.wish(single.patient()))

    answer = single.book(moved(plan, minutes))

    assert answer.json()["code"] == code
    assert single.get(f"/sites/{single.site}/courses").json() == {"courses": []}


def test_a_past_date_is_refused(single: Clinic) -> None:
    answer = single.client.post(f"/api/v1/sites/{single.site}/plans", json=single.wish(single.patient(), start="2026-11-20"))

    assert (answer.status_code, answer.json()["conflicts"][0]["field"]) == (422, "start_on_or_after")


def test_a_protocol_that_can_never_be_placed_says_why_and_where(single: Clinic) -> None:
    single.protocol(daily(3).replace("stimulator", "laser"), "never")

    answer = single.client.post(f"/api/v1/sites/{single.site}/plans", json=single.wish(single.patient(), "never"))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "unplaceable")
    assert [(reason["session"], reason["code"]) for reason in problem["conflicts"]] == [(1, "unknown_capability")]
    assert "laser" in problem["message"]


def test_the_free_places_of_a_shared_resource_are_its_capacity_less_what_is_booked(bare: Clinic) -> None:
    bare.open_site()
    bare.resource("group", capacity=3)
    bare.protocol(daily(1))
    monday = date(2026, 11, 30)
    wish = {"start_on_or_before": monday.isoformat(), "window": {"opens": "08:00", "closes": "08:00"}}
    at_eight = []
    for number in range(5):
        plan = bare.plan(bare.wish(bare.patient(f"P{number}")) | wish)
        at_eight.append(plan["plan"]["sessions"][0]["starts_at"].startswith(f"{monday}T08:00"))
        bare.book(plan)

    assert at_eight == [True, True, True, False, False]
