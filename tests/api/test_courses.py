"""A course over HTTP: planned, booked, looked at."""

from __future__ import annotations

from tests.api.clinic import Clinic, Json


def test_a_plan_books_nothing(clinic: Clinic) -> None:
    plan = clinic.plan(clinic.wish(clinic.patient()))

    assert [session["number"] for session in plan["plan"]["sessions"]] == [1, 2, 3, 4, 5, 6]
    assert plan["wish"]["version"] == 1
    assert clinic.get(f"/sites/{clinic.site}/courses").json() == {"courses": []}


def test_a_plan_is_booked_as_it_was_shown(clinic: Clinic) -> None:
    proposal = clinic.plan(clinic.wish(clinic.patient()))

    answer = clinic.book(proposal)

    course = answer.json()
    shown = [(s["number"], s["starts_at"], [b["resource"] for b in s["bookings"]]) for s in proposal["plan"]["sessions"]]
    assert answer.status_code == 201
    assert [(s["number"], s["starts_at"], [b["resource"] for b in s["bookings"]]) for s in course["sessions"]] == shown
    assert answer.headers["ETag"] == '"1"'
    assert clinic.get(f"/courses/{course['id']}").json() == course


def test_a_visit_of_another_goes_to_a_like_chair_and_the_answer_counts_it(clinic: Clinic) -> None:
    for code in ("chair-1", "chair-2"):
        clinic.resource(code, "chair", "chair")
    for code, minutes in (("short", 270), ("long", 540)):
        clinic.protocol(visits_of(minutes), code)
    first, second = clinic.booked("Ana", "short"), clinic.booked("Ben", "short")
    moved = clinic.change(f"/sessions/{second['sessions'][0]['id']}/move", {"starts_at": "2026-11-30T12:30"}, second["version"])
    assert moved.status_code == 200, moved.text
    chairs = [first["sessions"][0]["bookings"][0]["resource"], moved.json()["sessions"][0]["bookings"][0]["resource"]]
    apart = chairs if chairs[0] != chairs[1] else None

    wish = clinic.wish(clinic.patient("Cy"), "long") | {"finish_on_or_before": "2026-11-30"}
    proposal = clinic.plan(wish)
    course = clinic.book(proposal).json()

    assert apart is not None
    assert proposal["choices"][0]["name"] == "reseating"
    assert course["reseated"] == 1
    assert clinic.get(f"/courses/{course['id']}").json()["reseated"] == 0
    told = [each["kind"] for key in (first["id"], second["id"], course["id"]) for each in history(clinic, key)]
    assert sorted(kind for kind in told if kind in {"reseated", "made_room"}) == ["made_room", "reseated"]
    pages = [clinic.client.get(f"/courses/{key}").text for key in (first["id"], second["id"], course["id"])]
    assert "1 visit of others went to like resources for it, at the same time." in pages[2]
    assert sum(" instead of chair-" in page for page in pages[:2]) == 1


def test_the_clinic_may_forbid_it_for_one_chair(clinic: Clinic) -> None:
    chair = clinic.resource("chair-1", "chair", "chair")
    path = f"/sites/{clinic.site}/resources/{chair['id']}"

    answer = clinic.change(path, {"reseat_allowed": False}, chair["version"], method="PATCH")

    assert chair["reseat_allowed"] is True
    assert answer.json()["reseat_allowed"] is False
    assert clinic.get(path).json()["reseat_allowed"] is False


def visits_of(minutes: int) -> str:
    """A protocol of one visit on any chair."""
    return f"""
id: visits
title: Visits
modality: infusion
phases: [{{name: all, sessions: 1}}]
session_templates: {{visit: {{steps: [{{name: visit, minutes: {minutes}}}], requirements: [{{capability: chair}}]}}}}
session_rules: [{{template: visit}}]
"""


def history(clinic: Clinic, course: str) -> list[Json]:
    happenings: list[Json] = clinic.get(f"/courses/{course}/history").json()["happenings"]
    return happenings
