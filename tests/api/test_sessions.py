"""What becomes of a booked course over HTTP: sessions moved, cancelled and missed; the course held, resumed, extended, stopped."""

from __future__ import annotations

from datetime import timedelta

from scheduler.clock import SettableClock
from tests.api.clinic import Clinic, Json, daily


def times(course: Json) -> list[str]:
    return [session["starts_at"] for session in course["sessions"] if session["status"] == "booked"]


def test_a_session_is_moved_and_the_others_stay(clinic: Clinic) -> None:
    course = clinic.booked()
    first = course["sessions"][0]

    answer = clinic.change(f"/sessions/{first['id']}/move", {"starts_at": "2026-11-30T15:00"}, 1)

    moved = answer.json()
    assert answer.status_code == 200, answer.text
    assert times(moved) == ["2026-11-30T15:00:00-05:00", *times(course)[1:]]
    assert (answer.headers["ETag"], moved["version"]) == ('"2"', 2)


def test_a_move_that_was_repeated_is_done_once(clinic: Clinic) -> None:
    course = clinic.booked()
    path, body = f"/sessions/{course['sessions'][0]['id']}/move", {"starts_at": "2026-11-30T15:00"}

    first, again = (clinic.change(path, body, 1, key="k") for _ in range(2))

    assert (again.status_code, again.text, again.headers["Idempotency-Replayed"]) == (200, first.text, "true")


def test_a_place_that_is_taken_names_who_has_it_and_offers_others(clinic: Clinic) -> None:
    """Stale page: refusal with fresh choices."""
    clinic.booked("Ana"), clinic.booked("Bea")
    third = clinic.booked("Cleo")
    session, taken = third["sessions"][0], clinic.get(f"/sites/{clinic.site}/board", day="2026-11-30").json()["sessions"][0]

    answer = clinic.change(f"/sessions/{session['id']}/move", {"starts_at": taken["starts_at"]}, 1)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "cannot_move")
    assert problem["conflicts"][0]["resource"] in {"tms-1", "tms-2"}
    assert {word for reason in problem["conflicts"] for word in ("Ana", "Bea") if word in reason.get("holder", "")}
    assert len(problem["offer"]["alternatives"]) == 3
    assert clinic.get(f"/courses/{third['id']}").json() == third


def test_alternatives_can_be_had(clinic: Clinic) -> None:
    session = clinic.booked()["sessions"][0]

    places = clinic.get(f"/sessions/{session['id']}/alternatives", near="2026-11-30T14:00").json()["alternatives"]
    answer = clinic.change(f"/sessions/{session['id']}/move", {"starts_at": places[0]["starts_at"]}, 1)

    assert answer.status_code == 200, answer.text


def test_what_follows_is_shown_before_it_is_done(clinic: Clinic) -> None:
    course = clinic.booked()
    session = course["sessions"][2]

    preview = clinic.get(f"/sessions/{session['id']}/consequences").json()
    done = clinic.change(f"/sessions/{session['id']}/cancel", {"reason": "a cold"}, 1).json()

    assert preview["sentence"] == done["followed"]["sentence"] == "1 session is added."
    assert [each["session"] for each in preview["changes"] if each["what"] == "renumbered"] == [s["id"] for s in course["sessions"][3:]]
    assert len(times(done["course"])) == 6
    assert done["version"] == done["course"]["version"] == 2


def test_nothing_more_follows_of_the_last_session_that_is_gone(clinic: Clinic) -> None:
    """A course of which every session has its place already."""
    session = clinic.booked()["sessions"][0]["id"]
    clinic.change(f"/sessions/{session}/cancel", {"reason": "a cold"}, 1)

    assert clinic.get(f"/sessions/{session}/consequences").status_code == 200


def test_a_cancelled_session_frees_its_time_at_once(clinic: Clinic) -> None:
    session = clinic.booked()["sessions"][2]
    day, (seat,) = session["starts_at"][:10], session["bookings"]

    clinic.change(f"/sessions/{session['id']}/cancel", {"reason": "a cold"}, 1)

    bookings = clinic.get(
        f"/sites/{clinic.site}/resources/{seat['resource']}/bookings", **{"from": f"{day}T00:00", "until": f"{day}T23:59"}
    )
    assert bookings.json() == {"bookings": []}


def test_a_missed_session_is_owed_again(clinic: Clinic, clock: SettableClock) -> None:
    course = clinic.booked()
    clock.step(timedelta(days=8))

    answer = clinic.change(f"/sessions/{course['sessions'][0]['id']}/miss", {"reason": "did not come"}, 1)

    states = [session["status"] for session in answer.json()["course"]["sessions"]]
    assert (states.count("missed"), states.count("booked")) == (1, 6)


def test_a_reason_is_asked_for(clinic: Clinic) -> None:
    course = clinic.booked()

    answer = clinic.change(f"/courses/{course['id']}/stop", {"reason": " "}, 1)

    assert (answer.status_code, answer.json()["conflicts"][0]["field"]) == (422, "reason")


def test_a_change_of_what_was_changed_meanwhile_is_refused(clinic: Clinic) -> None:
    course = clinic.booked()
    path = f"/sessions/{course['sessions'][0]['id']}/move"
    clinic.change(path, {"starts_at": "2026-11-30T15:00"}, 1)

    answer = clinic.change(path, {"starts_at": "2026-11-30T16:00"}, 1)

    assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
    assert clinic.change(path, {"starts_at": "2026-11-30T16:00"}, 2).status_code == 200


def test_a_change_without_an_etag_is_refused(clinic: Clinic) -> None:
    course = clinic.booked()

    answer = clinic.client.post(f"/api/v1/courses/{course['id']}/hold", json={"reason": "travels"})

    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_missing")


def test_a_course_is_held_and_resumed(clinic: Clinic) -> None:
    course = clinic.booked()

    held = clinic.change(f"/courses/{course['id']}/hold", {"reason": "travels"}, 1).json()
    resumed = clinic.change(f"/courses/{course['id']}/resume", {"from_on": "2026-12-14"}, 2).json()

    assert (held["status"], times(held), resumed["status"]) == ("on_hold", [], "active")
    assert times(resumed)[0].startswith("2026-12-14")
    assert len(times(resumed)) == 6


def test_a_course_is_extended(clinic: Clinic) -> None:
    course = clinic.booked()

    extended = clinic.change(f"/courses/{course['id']}/extend", {"reason": "responds late", "more": 2}, 1).json()

    assert (extended["agreed_sessions"], len(times(extended))) == (8, 8)


def test_a_course_is_stopped_and_tells_its_story(clinic: Clinic) -> None:
    course = clinic.booked()

    stopped = clinic.change(f"/courses/{course['id']}/stop", {"reason": "moves away"}, 1).json()

    assert (stopped["status"], times(stopped)) == ("stopped", [])
    kinds = [each["kind"] for each in clinic.get(f"/courses/{course['id']}/history").json()["happenings"]]
    assert (kinds.count("booked"), kinds.count("cancelled"), kinds.count("stopped")) == (6, 6, 1)


def test_a_session_shows_its_course(clinic: Clinic) -> None:
    course = clinic.booked()

    answer = clinic.get(f"/sessions/{course['sessions'][3]['id']}")

    assert (answer.json()["number"], answer.json()["course"], answer.headers["ETag"]) == (4, course["id"], '"1"')


def test_a_session_without_a_place_waits_for_one(bare: Clinic) -> None:
    bare.open_site()
    bare.resource("tms-1")
    bare.protocol(daily(2))
    wish = bare.wish(bare.patient()) | {"finish_on_or_before": "2026-12-01"}
    course = bare.book(bare.plan(wish)).json()

    done = bare.change(f"/sessions/{course['sessions'][1]['id']}/cancel", {"reason": "a cold"}, 1).json()

    waiting = bare.get(f"/sites/{bare.site}/waiting").json()["sessions"]
    assert done["followed"]["unplaceable"]
    assert [(each["number"], each["starts_at"]) for each in waiting] == [(2, None)]
