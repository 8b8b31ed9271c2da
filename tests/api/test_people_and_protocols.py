"""Patients and protocols over HTTP."""

from __future__ import annotations

import pytest

from tests.api.clinic import Clinic, daily, on_one_database


def test_a_patient_is_registered_and_found_by_name_and_birth_date(clinic: Clinic) -> None:
    ana, _ = clinic.patient("Ana"), clinic.patient("Bea")

    found = clinic.get(f"/sites/{clinic.site}/patients", name="lop an", born_on="1980-05-17").json()["patients"]

    assert found == [ana]
    assert clinic.get(f"/patients/{ana['id']}").json() == ana


def test_a_second_registration_asks_first(clinic: Clinic) -> None:
    ana = clinic.patient("Ana")
    twin = {"given_name": "ANA", "family_name": "lopez", "born_on": "1980-05-17"}

    answer = clinic.create(f"/sites/{clinic.site}/patients", twin)

    assert (answer.status_code, answer.json()["code"]) == (409, "probable_duplicate")
    assert [reason["holder"] for reason in answer.json()["conflicts"]] == [ana["id"]]
    assert clinic.create(f"/sites/{clinic.site}/patients", twin | {"despite_duplicate": True}).status_code == 201


def test_a_plan_keeps_to_the_hours_of_a_patient(clinic: Clinic) -> None:
    ana = clinic.patient()
    hours = {"available": {day: [["13:00", "15:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
    clinic.change(f"/patients/{ana['id']}/hours", hours, ana["version"], method="PUT")
    away = {"starts_at": "2026-12-01T00:00", "ends_at": "2026-12-02T00:00", "reason": "travels"}
    noted = clinic.change(f"/patients/{ana['id']}/absences", away, ana["version"] + 1).json()

    starts = [session["starts_at"] for session in clinic.plan(clinic.wish(ana))["plan"]["sessions"]]

    assert noted["absences"] == [
        {"starts_at": "2026-12-01T00:00:00-05:00", "ends_at": "2026-12-02T00:00:00-05:00", "reason": "travels"},
    ]
    assert [start[:10] for start in starts[:2]] == ["2026-11-30", "2026-12-02"]
    assert all("13:00" <= start[11:16] <= "14:30" for start in starts)
    removed = clinic.change(f"/patients/{ana['id']}/absences/remove", away, noted["version"]).json()
    assert removed["absences"] == []


def test_a_birth_date_that_nobody_has(clinic: Clinic) -> None:
    body = {"given_name": "Ana", "family_name": "Lopez", "born_on": "2026-11-24"}

    answer = clinic.create(f"/sites/{clinic.site}/patients", body)

    assert (answer.status_code, answer.json()["conflicts"][0]["field"]) == (422, "born_on")


def test_a_protocol_is_published_copied_edited_and_retired(clinic: Clinic) -> None:
    path = f"/sites/{clinic.site}/protocols"
    copy = clinic.made(f"{path}/daily/copy", {"code": "daily-ours"})
    edited = clinic.made(f"{path}/{copy['id']}/versions", {"text": copy["text"].replace("sessions: 6", "sessions: 8")})

    retired = clinic.create(f"{path}/{copy['id']}/retire").json()["versions"]

    assert (copy["origin"], copy["number"], edited["number"], edited["status"]) == ("daily", 1, 2, "active")
    assert [each["status"] for each in retired] == ["retired", "retired"]
    lines = {each["code"]: each for each in clinic.get(path).json()["protocols"]}
    assert (lines["daily"]["sessions"], lines["daily-ours"]["sessions"], lines["daily-ours"]["status"]) == (6, 8, "retired")
    assert clinic.get(f"{path}/{copy['id']}/versions/1").json()["text"] == copy["text"]
    assert clinic.get(f"{path}/{copy['id']}/versions").json()["versions"] == retired


def test_a_course_keeps_its_version(clinic: Clinic) -> None:
    course = clinic.booked()
    clinic.made(f"/sites/{clinic.site}/protocols/daily/versions", {"text": daily(8)})

    assert clinic.get(f"/courses/{course['id']}").json()["protocol"]["number"] == 1
    assert clinic.plan(clinic.wish(clinic.patient("Bea")))["wish"]["version"] == 2


def test_a_retired_protocol_begins_no_course(clinic: Clinic) -> None:
    clinic.create(f"/sites/{clinic.site}/protocols/daily/retire")

    answer = clinic.client.post(f"/api/v1/sites/{clinic.site}/plans", json=clinic.wish(clinic.patient()))

    assert (answer.status_code, answer.json()["code"]) == (409, "retired_protocol")


def test_every_fault_of_a_document_is_named_at_its_line(clinic: Clinic) -> None:
    text = daily(6).replace("minutes: 30", "minutes: -30").replace("capability:", "capabilty:")

    answer = clinic.create(f"/sites/{clinic.site}/protocols", {"code": "wrong", "text": text})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "faulty_document")
    assert {reason["line"] for reason in problem["conflicts"]} == {8, 9}
    assert clinic.get(f"/sites/{clinic.site}/protocols/wrong").status_code == 404


@on_one_database
@pytest.mark.parametrize("text", ["a: &a [*a]", "[" * 3000, "x" * 2_000_000, "\t", "", "- 1", "a: \x01", "&a a: *a", "id: a\n" * 400_000])
def test_a_document_that_is_nonsense(clinic: Clinic, text: str) -> None:
    answer = clinic.create(f"/sites/{clinic.site}/protocols", {"code": "wrong", "text": text})

    assert (answer.status_code, answer.json()["code"]) == (422, "faulty_document")


def test_each_number_of_a_protocol_shows_its_source(clinic: Clinic) -> None:
    text = daily(6) + "facts: [{of: 'phases[0].sessions', value: 6, source: ours, status: design}]\n"

    shown = clinic.protocol(text, "sourced")

    assert [(fact["of"], fact["value"], fact["status"], fact["needs_sign_off"]) for fact in shown["facts"]] == [
        ("phases[0].sessions", 6, "design", True)
    ]
    lines = clinic.get(f"/sites/{clinic.site}/protocols").json()["protocols"]
    assert [line["needs_sign_off"] for line in lines] == [0, 1]
