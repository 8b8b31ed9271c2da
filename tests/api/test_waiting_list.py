"""The waiting list over HTTP: put on, planned together while others work, and booked course by course."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.verify import verify
from tests.api.clinic import Clinic, Json, on_one_database
from tests.api.conftest import NOW

WINDOW = {"opens": "09:00", "closes": "10:00"}


def put_on(clinic: Clinic, given: str, **wishes: object) -> Json:
    return clinic.made(
        f"/sites/{clinic.site}/waiting-list", {"wish": clinic.wish(clinic.patient(given)) | wishes, "ordered_by": "Dr. Reed"}
    )


def together(clinic: Clinic, *keys: str) -> Json:
    """A joint plan, ready: a client of tests hears the answer once what goes on after it is over."""
    asked = clinic.made(f"/sites/{clinic.site}/joint-plans", {"waiting": list(keys) or None, "seconds": 2})
    assert asked["status"] == "asked"
    ready: Json = clinic.get(f"/joint-plans/{asked['id']}").json()
    return ready


def book(clinic: Clinic, joint: Json, keys: list[str] | None = None, *, key: str | None = None) -> list[Json]:
    answer = clinic.create(f"/joint-plans/{joint['id']}/book", {"waiting": keys}, key=key)
    assert answer.status_code == 200, answer.text
    outcomes: list[Json] = answer.json()["outcomes"]
    return outcomes


def listed(clinic: Clinic, **query: str) -> list[str]:
    answer = clinic.get(f"/sites/{clinic.site}/waiting-list", **query)
    assert answer.status_code == 200, answer.text
    return [each["patient"]["name"] for each in answer.json()["waiting"]]


def test_a_course_waits_with_its_wishes(clinic: Clinic, clock: SettableClock) -> None:
    limits = {"finish_on_or_before": "2027-01-31", "priority": 2.5, "window": WINDOW}
    made = put_on(clinic, "Ana", **limits)
    clock.step(timedelta(days=12))

    there = clinic.get(f"/waiting-list/{made['id']}")

    assert there.headers["ETag"] == '"1"'
    shown = there.json()
    assert {name: shown[name] for name in limits} == limits
    assert (shown["status"], shown["ordered_by"], shown["days_waiting"]) == ("waiting", "Dr. Reed", 12)
    assert (made["days_waiting"], shown["protocol"]["number"]) == (0, 1)


def test_the_list_is_by_weight_and_by_protocol(clinic: Clinic, clock: SettableClock) -> None:
    other = clinic.protocol(clinic.get(f"/sites/{clinic.site}/protocols/daily").json()["text"].replace("id: daily", "id: other"), "other")
    put_on(clinic, "Ana")
    clock.step(timedelta(days=1))
    put_on(clinic, "Bo")
    put_on(clinic, "Cleo", priority=2, protocol="other")

    assert listed(clinic) == ["Cleo Lopez", "Ana Lopez", "Bo Lopez"]
    assert listed(clinic, protocol=other["id"]) == ["Cleo Lopez"]


def test_putting_on_is_done_once(clinic: Clinic) -> None:
    body = {"wish": clinic.wish(clinic.patient())}

    first, second = (clinic.create(f"/sites/{clinic.site}/waiting-list", body, key="k") for _ in range(2))
    third = clinic.create(f"/sites/{clinic.site}/waiting-list", body)

    assert (first.text, second.headers["Idempotency-Replayed"]) == (second.text, "true")
    assert (third.status_code, third.json()["code"]) == (409, "already_waiting")


def test_wishes_are_changed_by_those_who_have_seen_them(clinic: Clinic) -> None:
    made = put_on(clinic, "Ana")
    wanted = {"start_on_or_after": "2026-12-07", "priority": 3}

    changed = clinic.change(f"/waiting-list/{made['id']}", wanted, 1, method="PUT").json()

    assert (changed["start_on_or_after"], changed["priority"], changed["version"], changed["since"]) == ("2026-12-07", 3, 2, made["since"])
    assert clinic.change(f"/waiting-list/{made['id']}", wanted, 1, method="PUT").status_code == 412


def test_a_course_is_taken_off(clinic: Clinic) -> None:
    made = put_on(clinic, "Ana")

    gone = clinic.change(f"/waiting-list/{made['id']}/take-off", {"reason": "moved away"}, 1).json()

    assert (gone["status"], gone["reason"], listed(clinic)) == ("taken_off", "moved away", [])
    happened = clinic.get(f"/waiting-list/{made['id']}/history").json()["happenings"]
    assert [(each["kind"], each["reason"]) for each in happened] == [("put_on", None), ("taken_off", "moved away")]
    assert clinic.change(f"/waiting-list/{made['id']}/take-off", {"reason": "again"}, 2).json()["code"] == "not_waiting"


def test_those_who_wait_are_planned_and_booked_together(clinic: Clinic, database: Database) -> None:
    names = ("Ana", "Bo", "Cleo", "Dan")
    waiting = [put_on(clinic, name, window={"opens": "08:00", "closes": "08:00"}) for name in names]

    joint = together(clinic)

    assert (joint["status"], joint["cut_off"], len(joint["answers"])) == ("ready", False, 4)
    assert joint["nearness"]
    assert sum(answer["n_in_window"] for answer in joint["answers"]) == 12  # two devices at 08:00 on six days
    assert clinic.get(f"/sites/{clinic.site}/courses").json() == {"courses": []}

    outcomes = book(clinic, joint)

    assert [outcome["patient"] for outcome in outcomes] == [f"{name} Lopez" for name in names]
    for answer, outcome in zip(joint["answers"], outcomes, strict=True):
        course = clinic.get(f"/courses/{outcome['course']}").json()
        assert [session["starts_at"] for session in course["sessions"]] == [each["starts_at"] for each in answer["plan"]["sessions"]]
    assert listed(clinic) == []
    assert clinic.get(f"/waiting-list/{waiting[0]['id']}").json()["course"] == outcomes[0]["course"]
    assert verify(database, now=NOW) == []


def test_booking_sent_again_books_nothing_twice(clinic: Clinic) -> None:
    for name in ("Ana", "Bo"):
        put_on(clinic, name)
    joint = together(clinic)

    first, again, by_another = book(clinic, joint, key="k"), book(clinic, joint, key="k"), book(clinic, joint)

    assert first == again == by_another
    assert len(clinic.get(f"/sites/{clinic.site}/courses").json()["courses"]) == 2


def test_booking_sent_again_with_its_key_is_answered_as_before_though_the_world_went_on(clinic: Clinic) -> None:
    put_on(clinic, "Ana")
    joint = together(clinic)
    clinic.booked("Quick")
    clinic.booked("Swift")
    address, all_of_them = f"/joint-plans/{joint['id']}/book", {"waiting": None}

    first, again = (clinic.create(address, all_of_them, key="k") for _ in range(2))

    (outcome,) = first.json()["outcomes"]
    assert (outcome["course"], outcome["offered"]) == (None, True)
    assert again.text == first.text  # and the fresh plan that is offered is not booked unseen
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert listed(clinic) == ["Ana Lopez"]
    assert clinic.create(address, {"waiting": []}, key="k").json()["code"] == "idempotency_key_reused"
    assert book(clinic, joint)[0]["course"]
    assert clinic.create(address, all_of_them, key="k").text == first.text


def test_booking_that_was_refused_as_a_whole_may_be_sent_again_with_its_key(clinic: Clinic) -> None:
    ana = put_on(clinic, "Ana")
    joint = together(clinic)
    address, two = f"/joint-plans/{joint['id']}/book", {"waiting": [ana["id"], "w_nobody"]}

    first, again = (clinic.create(address, two, key="k") for _ in range(2))

    assert (first.status_code, again.status_code, listed(clinic)) == (404, 404, ["Ana Lopez"])
    assert "Idempotency-Replayed" not in again.headers


def test_those_ticked_are_booked_and_the_others_wait_on(clinic: Clinic) -> None:
    ana, _ = put_on(clinic, "Ana"), put_on(clinic, "Bo")
    joint = together(clinic)

    (outcome,) = book(clinic, joint, [ana["id"]])

    assert outcome["patient"] == "Ana Lopez"
    assert listed(clinic) == ["Bo Lopez"]


def test_whose_place_was_taken_is_told_by_name_and_the_others_are_booked(clinic: Clinic, database: Database) -> None:
    """Somebody books both devices at 08:00 after the joint plan was made: two of three lose their places."""
    for name in ("Ana", "Bo", "Cleo"):
        put_on(clinic, name)
    joint = together(clinic)
    clinic.booked("Quick")
    clinic.booked("Swift")

    outcomes = {outcome["patient"]: outcome for outcome in book(clinic, joint)}

    refused = {name: outcome for name, outcome in outcomes.items() if outcome["course"] is None}
    assert len(refused) == 2
    assert {(outcome["code"], outcome["offered"]) for outcome in refused.values()} == {("plan_outdated", True)}
    fresh = clinic.get(f"/joint-plans/{joint['id']}").json()
    assert [bool(answer["trouble"]) for answer in fresh["answers"]] == [answer["patient"]["name"] in refused for answer in fresh["answers"]]

    rest = {answer["patient"]["name"]: answer for answer in fresh["answers"] if not answer["course"]}
    for name in refused:
        (outcome,) = book(clinic, joint, [rest[name]["waiting"]])
        again = outcome["course"] is None  # the fresh plans were made one by one, so that the second may lose to the first
        if again:
            (outcome,) = book(clinic, joint, [rest[name]["waiting"]])
        assert outcome["course"]
    assert verify(database, now=NOW) == []


def test_who_has_no_place_is_told_why(clinic: Clinic) -> None:
    put_on(clinic, "Ana", finish_on_or_before="2026-12-02")

    (answer,) = together(clinic)["answers"]

    assert answer["plan"] is None
    assert answer["trouble"].startswith("session 4 cannot be placed")


@on_one_database
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 409, "nobody_waits"),
        ({"waiting": ["w_nobody"]}, 404, "unknown"),
        ({"seconds": 0}, 422, "faulty"),
        ({"seconds": 10**6}, 422, "faulty"),
    ],
)
def test_a_joint_plan_that_cannot_be(clinic: Clinic, body: Json, status: int, code: str) -> None:
    answer = clinic.create(f"/sites/{clinic.site}/joint-plans", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@on_one_database
def test_an_old_joint_plan_is_not_booked(clinic: Clinic, clock: SettableClock) -> None:
    put_on(clinic, "Ana")
    joint = together(clinic)
    clock.step(timedelta(days=2))

    answer = clinic.create(f"/joint-plans/{joint['id']}/book", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "joint_plan_expired")
    assert listed(clinic) == ["Ana Lopez"]


@on_one_database
def test_a_course_that_is_not_in_the_joint_plan_stops_all(clinic: Clinic) -> None:
    ana, bo = put_on(clinic, "Ana"), put_on(clinic, "Bo")
    joint = together(clinic, ana["id"])

    answer = clinic.create(f"/joint-plans/{joint['id']}/book", {"waiting": [ana["id"], bo["id"]]})

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown")
    assert clinic.get(f"/sites/{clinic.site}/courses").json() == {"courses": []}


@on_one_database
def test_a_joint_plan_asked_for_twice_is_made_once(clinic: Clinic) -> None:
    put_on(clinic, "Ana")

    first, second = (clinic.create(f"/sites/{clinic.site}/joint-plans", {"seconds": 2}, key="k").json() for _ in range(2))

    assert first["id"] == second["id"]
    assert clinic.get(f"/joint-plans/{first['id']}").json()["status"] == "ready"
