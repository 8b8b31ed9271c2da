"""The day over HTTP: a patient arrives, is treated, is watched, and goes; and whatever comes in between."""

from __future__ import annotations

from copy import copy
from datetime import timedelta

import pytest
from fastapi import FastAPI

from courses import charting
from courses.checklists.writing import Answered, Press, Writer
from courses.days.presence import CLOSING
from courses.queries.charts import chart_of
from rooms import queries as rooms_queries
from scheduler import admitting, jobs
from scheduler.access.role import Role
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.verify import verify
from tests.api.clinic import Clinic, Json, on_one_database
from tests.charts.ward import EVERYTHING, adopt
from tests.signed_in import QUICK, SignedIn

SHEET = """
id: watching
title: Watching after a dose
used_for: [{modality: own}]
watch: {minutes: 120, source: "[test]"}
items:
  - {code: asked, words: Questions asked, kind: check, required: true, due: [{before: start}]}
  - code: pressure
    words: Pressure
    kind: number
    bands: {limits: {high: 140}}
    due: [{before: start}]
    gate: {before: start, kind: clinical, within_limits: true, overridden_by: [physician]}
  - {code: device, words: Device, kind: device, marks: first_dose, answered_by: [nurse]}
  - {code: stable, words: Stable, kind: check, required: true, due: [{before: release}]}
meanings:
  - {code: watched, words: I watched this patient, roles: [nurse], before_release: false}
"""
VISIT = """
id: watched
title: Watched
modality: own
phases: [{name: acute, sessions: 3, per_week: 5}]
session_templates:
  visit:
    steps: [{name: dosing, minutes: 10}, {name: observation, minutes: 120}, {name: discharge, minutes: 5}]
    requirements: [{capability: stimulator, turnover_minutes: 5}]
session_rules: [{template: visit}]
"""
GIVEN = {"product": "Device", "lot": "A1", "units": 1}


class Day:
    """Ana's first session, today at eight; the clock stands at its start."""

    def __init__(self, clinic: Clinic, database: Database, clock: SettableClock) -> None:
        self.clinic, self.database, self.clock = clinic, database, clock
        clinic.protocol(VISIT, "watched")
        with database.transaction() as db:
            self.site_id = rooms_queries.site(db, clinic.site).id
            adopt(db, self.site_id, SHEET)
        self.course = clinic.booked("Ana", "watched", "2026-11-23")
        self.session: str = self.course["sessions"][0]["id"]

    def step(self, verb: str, reason: str = "", *, status: int = 200, session: str = "") -> Json:
        address = f"/sessions/{session or self.session}"
        version = int(self.clinic.get(address).headers["ETag"].strip('"'))
        answer = self.clinic.change(f"{address}/{verb}", {"reason": reason}, version)
        assert answer.status_code == status, answer.text
        said: Json = answer.json()
        return said

    def wrote(self, **answers: object) -> None:
        nurse = Writer("a_nora", "Nora", {self.site_id: EVERYTHING}, "two_factors", "tablet")
        press = Press(nurse, self.clock.now(), self.clock.new_id, self.clock.new_id("k_"))
        with self.database.transaction() as db:
            charting.record(db, self.session, [Answered(item, value, action="told") for item, value in answers.items()], press)  # type: ignore[arg-type]

    def later(self, minutes: float) -> None:
        self.clock.step(timedelta(minutes=minutes))

    def treated(self) -> Day:
        self.step("arrive")
        self.wrote(asked=True, pressure=120)
        self.step("start")
        self.wrote(device=GIVEN)
        return self


@pytest.fixture
def day(clinic: Clinic, database: Database, clock: SettableClock) -> Day:
    return Day(clinic, database, clock)


def test_a_day_from_arrival_to_release(day: Day) -> None:
    arrived = day.step("arrive")
    assert (arrived["session"]["status"], arrived["lacking"]) == ("arrived", ["Pressure", "Questions asked"])
    assert day.step("start", status=409)["code"] == "stopped"
    day.wrote(pressure=120)
    assert day.step("start", status=409)["code"] == "not_answered"
    day.wrote(asked=True)
    assert day.step("start")["session"]["status"] == "in_treatment"
    day.wrote(device=GIVEN)
    assert day.step("observe")["session"]["status"] == "in_observation"

    refused = day.step("release", status=409)
    assert (refused["code"], "7200 seconds" in refused["message"]) == ("too_early", True)
    day.later(120)
    open_still = day.step("release", status=409)
    assert (open_still["code"], open_still["message"]) == ("still_open", "Still open: Stable. Answer them before the release.")
    day.wrote(stable=True)

    gone = day.step("release")
    assert (gone["session"]["status"], gone["session"]["outcome"]) == ("discharged", "complete")
    assert verify(day.database, now=day.clock.now()) == []


@on_one_database
def test_every_step_is_done_once_and_only_to_what_was_seen(day: Day) -> None:
    path = f"/sessions/{day.session}/arrive"
    first, again = (day.clinic.change(path, {}, 1, key="press") for _ in range(2))
    stale = day.clinic.change(path, {}, 1, key="another")

    assert (first.status_code, again.text, again.headers["Idempotency-Replayed"]) == (200, first.text, "true")
    assert stale.status_code == 412


@on_one_database
def test_nobody_arrives_on_another_day(day: Day) -> None:
    tomorrow = day.course["sessions"][1]["id"]

    assert day.step("arrive", session=tomorrow, status=409)["code"] == "not_today"


@on_one_database
def test_what_was_answered_before_stands_beside_the_words_for_those_who_may_read_it(day: Day, app: FastAPI, database: Database) -> None:
    day.wrote(asked=True, pressure=180)
    staff = copy(day.clinic.client.staff)
    with database.transaction() as db:
        desk = admitting.add_account(
            db,
            handle="front.desk",
            given_name="Fay",
            family_name="Desk",
            roles={day.clinic.site: {Role.FRONT_DESK}},
            password=None,
            hasher=QUICK,
            now=day.clock.now(),
            new_id=day.clock.new_id,
        )
    staff.first = desk
    at_desk = SignedIn(app, staff)

    answer = at_desk.post(f"/api/v1/sessions/{day.session}/arrive", json={}, headers={"If-Match": '"1"'})

    assert answer.status_code == 200, answer.text
    assert answer.json()["lacking"] == ["Pressure"]
    assert "stops" not in answer.json()
    assert "180" not in answer.text


@on_one_database
def test_released_early_by_a_physician_with_a_second_person_and_a_reason(day: Day) -> None:
    day.treated().wrote(stable=True)
    day.later(60)
    assert day.step("release-early", "", status=403)["code"] == "reason_needed"

    gone = day.step("release-early", "chest pain, ambulance")

    assert gone["session"]["status"] == "discharged"
    with day.database.reading() as db:
        from_chart = chart_of(db, day.session).overrides
    assert [(each.gate, each.by.role, each.reason, each.second is not None) for each in from_chart] == [
        ("before-the-minimum", "physician", "chest pain, ambulance", True)
    ]


@on_one_database
def test_even_then_nothing_may_be_open(day: Day) -> None:
    day.treated()

    assert day.step("release-early", "chest pain", status=409)["code"] == "still_open"


@on_one_database
def test_broken_off_before_anything_was_given_it_is_cancelled_and_owed(day: Day) -> None:
    day.step("arrive")
    day.wrote(asked=True, pressure=120)
    day.step("start")

    done = day.step("abort", "feels unwell")

    assert (done["session"]["status"], done["session"]["outcome"]) == ("cancelled", "aborted")
    assert "1 session is added" in done["followed"]["sentence"]
    assert verify(day.database, now=day.clock.now()) == []


@on_one_database
@pytest.mark.parametrize(("verb", "outcome"), [("abort", "aborted"), ("incomplete", "incomplete")])
def test_after_the_dose_the_patient_is_watched_all_the_same(day: Day, verb: str, outcome: str) -> None:
    day.treated()

    assert day.step(verb, "felt unwell")["session"]["status"] == "in_observation"
    assert day.step("release", status=409)["code"] == "too_early"
    day.later(120)
    day.wrote(stable=True)

    gone = day.step("release")
    assert (gone["session"]["status"], gone["session"]["outcome"]) == ("discharged", outcome)
    sessions = day.clinic.get(f"/courses/{day.course['id']}").json()["sessions"]
    assert len(sessions) == 3  # nothing is made up for that nobody ordered


@on_one_database
def test_the_last_dose_of_a_day_is_refused_so_late(day: Day) -> None:
    day.step("arrive")
    day.wrote(asked=True, pressure=120)
    day.later(7 * 60)

    refused = day.step("start", status=409)

    assert (refused["code"], CLOSING in refused["message"] or "closes at 17:00" in refused["message"]) == ("stopped", True)


@on_one_database
def test_the_program_books_a_watch_that_runs_over_each_minute_and_tells_whom_it_pushes(day: Day) -> None:
    day.treated()
    day.step("observe")
    day.later(130)
    assert jobs.extend_overruns(day.database, day.clock) == 0

    day.later(1)
    assert (jobs.extend_overruns(day.database, day.clock), jobs.extend_overruns(day.database, day.clock)) == (1, 0)
    others = [day.clinic.booked(given, "watched", "2026-11-23")["sessions"][0] for given in ("Ben", "Cleo")]
    day.later(30)
    jobs.extend_overruns(day.database, day.clock)

    (over,) = day.clinic.get(f"/sites/{day.clinic.site}/overruns").json()["overruns"]
    assert over["minutes"] == 35
    mine = day.clinic.get(f"/sessions/{day.session}").json()
    after_me = next(each for each in others if each["bookings"][0]["resource"] == mine["bookings"][0]["resource"])
    assert mine["bookings"][0]["ends_at"] == after_me["starts_at"]
    assert [(each["session"], each["who"] is not None) for each in over["pushed"]] == [(after_me["id"], True)]
    assert verify(day.database, now=day.clock.now()) == []


@on_one_database
def test_a_late_session_without_a_chain_slides_alone(day: Day) -> None:
    address = f"/sessions/{day.session}"

    answer = day.clinic.change(f"{address}/slide", {"not_before": "2026-11-23T08:20"}, 1)

    assert answer.status_code == 200, answer.text
    assert day.clinic.get(address).json()["starts_at"] == "2026-11-23T08:20:00-05:00"
    far = day.clinic.change(f"{address}/slide", {"not_before": "2026-11-23T16:00"}, 2)
    assert (far.status_code, far.json()["code"]) == (409, "cannot_slide")
