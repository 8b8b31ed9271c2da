"""A proposal over HTTP: choices to book from, and what would help where there is none."""

from __future__ import annotations

import pytest

from tests.api.clinic import Clinic, Json, daily

DAYS = ("mon", "tue", "wed", "thu", "fri")


def proposed(clinic: Clinic, **more: object) -> Json:
    return clinic.plan(clinic.wish(clinic.patient("Dana")) | more)


@pytest.fixture
def busy(clinic: Clinic) -> Clinic:
    """Both devices have a course in the first days, at the first start."""
    for given in ("Ana", "Bo"):
        wish = clinic.wish(clinic.patient(given)) | {"window": {"opens": "08:00", "closes": "08:00"}}
        assert clinic.book(clinic.plan(wish)).status_code == 201
    return clinic


def test_the_recommended_choice_is_the_plan_and_the_others_differ_in_what_they_are_worth(busy: Clinic) -> None:
    proposal = proposed(busy, window={"opens": "08:00", "closes": "08:10"})

    choices = proposal["choices"]
    assert choices[0]["name"] == "recommended"
    assert choices[0]["plan"] == proposal["plan"]
    aims = [choice for choice in choices if not choice["name"].startswith("at_")]
    costs = [tuple(sorted(choice["plan"]["cost"].items())) for choice in aims]
    assert len(set(costs)) == len(costs)
    assert sorted(name for choice in aims for name in (choice["name"], *choice["also"])) == [
        "best_times",
        "earliest",
        "recommended",
        "steadiest",
    ]
    assert all(choice["words"] for choice in choices)


def test_the_best_times_wait_for_the_wished_time_and_the_earliest_do_not(busy: Clinic) -> None:
    proposal = proposed(busy, window={"opens": "08:00", "closes": "08:10"})

    by_name = {name: choice["plan"]["cost"] for choice in proposal["choices"] for name in (choice["name"], *choice["also"])}
    assert by_name["best_times"]["outside"] < by_name["earliest"]["outside"]
    assert by_name["earliest"]["delay"] < by_name["best_times"]["delay"]


def test_any_choice_is_booked_as_it_was_shown(busy: Clinic) -> None:
    proposal = proposed(busy, window={"opens": "08:00", "closes": "08:10"})
    other = proposal["choices"][-1]

    answer = busy.book({"wish": proposal["wish"], "plan": other["plan"]})

    assert answer.status_code == 201, answer.text
    shown = [(each["number"], each["starts_at"]) for each in other["plan"]["sessions"]]
    assert [(each["number"], each["starts_at"]) for each in answer.json()["sessions"]] == shown


def test_every_missed_wish_names_its_cause(busy: Clinic) -> None:
    proposal = proposed(busy, window={"opens": "08:00", "closes": "08:10"})

    missed = [(each["about"], each["reason"]) for session in proposal["plan"]["sessions"] for each in session["missed_wishes"]]
    times = [reason for about, reason in missed if about == "time"]
    assert len(times) == proposal["plan"]["cost"]["outside"] > 0
    assert all(reason.startswith("neither tms-1 nor tms-2 is free then on 2026-") and reason.endswith(": booked") for reason in times)


def test_a_course_that_cannot_end_in_time_is_offered_with_a_later_end(clinic: Clinic) -> None:
    wish = clinic.wish(clinic.patient()) | {"finish_on_or_before": "2026-12-04"}
    problem = clinic.client.post(f"/api/v1/sites/{clinic.site}/plans", json=wish).json()

    offer = problem["offer"]
    assert (problem["code"], offer["gives"], offer["can_be_booked"]) == ("unplaceable", "finish_on_or_before", True)
    assert offer["words"] == "Possible if the course may end on 2026-12-07, 3 days later than asked."
    assert problem["message"].endswith(offer["words"])
    assert offer["wish"] == wish | {"version": 1, "finish_on_or_before": "2026-12-07", "priority": 1} | {
        name: offer["wish"][name] for name in ("start_on_or_before", "window", "authorization", "code")
    }
    assert clinic.book({"wish": offer["wish"], "plan": offer["plan"]}).status_code == 201


def test_hours_of_a_patient_that_give_way_are_told_with_the_hours_that_the_card_must_have(clinic: Clinic) -> None:
    early = {"given_name": "Eve", "family_name": "Lopez", "born_on": "1980-05-17", "available": {day: [["07:45", "08:15"]] for day in DAYS}}
    patient = clinic.made(f"/sites/{clinic.site}/patients", early)
    problem = clinic.client.post(f"/api/v1/sites/{clinic.site}/plans", json=clinic.wish(patient)).json()

    offer = problem["offer"]
    assert offer["words"] == "Possible if the patient can stay half an hour longer than said."
    assert {day: offer["available"][day] for day in DAYS} == {day: [["07:45", "08:45"]] for day in DAYS}
    assert offer["plan"]["sessions"][0]["starts_at"].startswith("2026-11-30T08:00")


def test_hours_of_the_site_are_only_told(clinic: Clinic) -> None:
    late = {"given_name": "Lou", "family_name": "Lopez", "born_on": "1980-05-17", "available": {"thu": [["18:00", "19:00"]]}}
    patient = clinic.made(f"/sites/{clinic.site}/patients", late)
    problem = clinic.client.post(f"/api/v1/sites/{clinic.site}/plans", json=clinic.wish(patient)).json()

    offer = problem["offer"]
    assert (offer["gives"], offer["can_be_booked"]) == ("site_hours", False)
    assert offer["words"] == "Possible if Thursdays may go on until 19:00."


def test_a_requirement_that_nobody_can_meet_is_said_at_once_with_nothing_to_give_way_in(clinic: Clinic) -> None:
    clinic.protocol(daily(3).replace("stimulator", "laser"), "never")
    problem = clinic.client.post(f"/api/v1/sites/{clinic.site}/plans", json=clinic.wish(clinic.patient(), "never")).json()

    assert problem["conflicts"][0]["code"] == "unknown_capability"
    assert "offer" not in problem
