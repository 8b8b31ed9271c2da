"""A creating call is done once, however often it arrives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi import FastAPI

from rooms import faults
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.idempotency import KEPT, forget_old_answers
from scheduler.settings import Settings
from tests.api.clinic import Clinic, Json
from tests.signed_in import SignedIn


def courses(clinic: Clinic) -> list[Json]:
    found: list[Json] = clinic.get(f"/sites/{clinic.site}/courses").json()["courses"]
    return found


def test_a_hundred_at_once_make_one_course(clinic: Clinic) -> None:
    proposal = clinic.plan(clinic.wish(clinic.patient()))

    with ThreadPoolExecutor(100) as clients:
        answers = list(clients.map(lambda _: clinic.book(proposal, key="same"), range(100)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 99
    assert [course["id"] for course in courses(clinic)] == [answers[0].json()["id"]]


def test_confirm_link_that_works_again_and_again(clinic: Clinic) -> None:
    """Three events came from one request: a replay returns the first result."""
    proposal = clinic.plan(clinic.wish(clinic.patient()))

    first, second = clinic.book(proposal, key="k"), clinic.book(proposal, key="k")

    assert (second.status_code, second.text, second.headers["ETag"]) == (201, first.text, first.headers["ETag"])
    assert len(courses(clinic)) == 1


def test_a_key_with_another_body_is_refused(clinic: Clinic) -> None:
    clinic.create(f"/sites/{clinic.site}/resources", {"code": "a", "kind": "room", "capabilities": []}, key="k")

    answer = clinic.create(f"/sites/{clinic.site}/resources", {"code": "b", "kind": "room", "capabilities": []}, key="k")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert clinic.get(f"/sites/{clinic.site}/resources/b").status_code == 404


def test_a_key_at_another_address_is_refused(clinic: Clinic) -> None:
    body = {"starts_at": "2026-12-01T09:00", "ends_at": "2026-12-01T10:00"}
    clinic.create(f"/sites/{clinic.site}/resources/tms-1/absences", body, key="k")

    answer = clinic.create(f"/sites/{clinic.site}/resources/tms-2/absences", body, key="k")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refused_call_may_be_tried_again_with_its_key(clinic: Clinic) -> None:
    body = {"code": "x", "text": "nonsense"}
    assert clinic.create(f"/sites/{clinic.site}/protocols", body, key="k").status_code == 422

    assert clinic.create(f"/sites/{clinic.site}/resources", {"code": "x", "kind": "room", "capabilities": []}, key="k").status_code == 201


def test_an_answer_that_was_lost_after_the_commit_is_given_again(app: FastAPI, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "ENABLED", True)
    proposal = clinic.plan(clinic.wish(clinic.patient()))
    faults.plan("F6:raise@1")
    losing = Clinic(SignedIn(app, clinic.client.staff, raise_server_exceptions=False), clinic.site)

    lost, again = losing.book(proposal, key="k"), clinic.book(proposal, key="k")

    faults.plan("")
    assert (lost.status_code, lost.json()["code"]) == (500, "fault")
    assert "Traceback" not in lost.text
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert [course["id"] for course in courses(clinic)] == [again.json()["id"]]


def test_an_answer_survives_a_restart(clinic: Clinic, database: Database, clock: SettableClock) -> None:
    proposal = clinic.plan(clinic.wish(clinic.patient()))
    first = clinic.book(proposal, key="k")

    with SignedIn(
        create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock), clinic.client.staff
    ) as restarted:
        assert Clinic(restarted, clinic.site).book(proposal, key="k").text == first.text


@pytest.mark.parametrize(("later", "patients_there"), [(timedelta(hours=24), 1), (KEPT + timedelta(seconds=1), 2)])
def test_an_answer_is_kept_for_more_than_a_day(
    clinic: Clinic, database: Database, clock: SettableClock, later: timedelta, patients_there: int
) -> None:
    body = {"code": None, "given_name": "Bo", "family_name": "Li", "born_on": "1990-01-01", "despite_duplicate": True}
    clinic.create(f"/sites/{clinic.site}/patients", body, key="k")
    clock.step(later)
    with database.transaction() as db:
        forget_old_answers(db, now=clock.now())

    clinic.create(f"/sites/{clinic.site}/patients", body, key="k")

    assert len(clinic.get(f"/sites/{clinic.site}/patients", name="bo").json()["patients"]) == patients_there
