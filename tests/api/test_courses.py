"""A course over HTTP: planned, booked, looked at."""

from __future__ import annotations

from tests.api.clinic import Clinic


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
