"""Charts over the API: what is sent, what is shown, who may, and that two looks at the same record agree."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import update

from courses import queries
from rooms import queries as rooms_queries
from scheduler.access.role import Role
from scheduler.records.accounts import AccountRow
from tests.charts.conftest import DEVICE, Charts
from tests.signed_in import PASSPHRASE, SECOND

READY = ({"item": "oximeter", "value": True}, {"item": "calm", "value": True})


LOOKS_AND_POSTS = {"GET", "HEAD", "POST"}


def test_nothing_that_was_written_down_can_be_replaced_or_removed(app: FastAPI) -> None:
    """No PUT, PATCH or DELETE at any address that speaks of a session."""
    contexts = [context for context in iter_route_contexts(app.routes) if isinstance(context.original_route, APIRoute)]
    found = {(method, str(context.path_format)) for context in contexts for method in context.methods or ()}
    assert [(method, path) for method, path in sorted(found) if "{session}" in path and method not in LOOKS_AND_POSTS] == []
    assert ("POST", "/api/v1/sessions/{session}/entries/{entry}/amend") in found


def test_a_set_of_vitals_is_saved_and_shown(charts: Charts) -> None:
    charts.pass_minutes(5)
    saved = charts.saved({"item": "systolic", "value": 128}, {"item": "diastolic", "value": 79.5})

    chart = charts.chart()
    assert sorted((each["item"], each["value"], each["unit"], each["kind"], each["author"]["name"]) for each in chart["readings"]) == [
        ("diastolic", 79.5, "mmHg", "original", "Robin Vale"),
        ("systolic", 128, "mmHg", "original", "Robin Vale"),
    ]
    assert [each["observed_at"] for each in saved] == ["2026-11-23T08:05:00-05:00"] * 2
    assert (chart["open"], chart["patient"]["name"], [each["code"] for each in chart["checklists"]]) == (True, "Ana Lopez", ["watching"])
    assert saved == charts.history()["entries"]


def test_a_browsers_time_is_understood_and_an_old_one_owes_a_reason(charts: Charts) -> None:
    charts.pass_minutes(30)
    vitals = {"item": "systolic", "value": 128, "observed_at": "2026-11-23T13:25:07.123Z"}
    late = {**vitals, "observed_at": "2026-11-23T08:19"}

    (entry,) = charts.saved(vitals)
    refused = charts.post("entries", {"entries": [late]})
    (told,) = charts.saved({**late, "reason_code": "network_down", "reason": "the network was down"})

    assert (entry["observed_at"], entry["kind"]) == ("2026-11-23T08:25:07-05:00", "original")
    assert (refused.status_code, refused.json()["conflicts"][0]["field"]) == (422, "reason_code")
    assert (told["kind"], told["reason"]) == ("late", "the network was down")


@pytest.mark.parametrize(
    ("answer", "code", "field"),
    [
        ({"item": "systolic", "value": 400}, "impossible", "systolic"),
        ({"item": "systolic", "value": 240}, "unlikely", "systolic"),
        ({"item": "systolic", "value": 170}, "outside_limits", "systolic"),
        ({"item": "systolic", "value": "170"}, "wrong_kind", "systolic"),
        ({"item": "systolic", "value": 10**400}, "faulty", "body.entries.1.value.constrained-int"),
        ({"item": "systolic", "value": 120, "author": "somebody"}, "faulty", "body.entries.1.author"),
        ({"item": "systolic", "value": 120, "recorded_at": "2026-11-23T08:00"}, "faulty", "body.entries.1.recorded_at"),
        ({"item": "note", "value": "a\x00b"}, "faulty", "body.entries.1.value.constrained-str"),
    ],
)
def test_what_cannot_be_is_refused_by_the_field(charts: Charts, answer: dict[str, object], code: str, field: str) -> None:
    refused = charts.post("entries", {"entries": [{"item": "saturation", "value": 97}, answer]})

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert field in [each["field"] for each in refused.json()["conflicts"]]
    assert charts.chart()["readings"] == []


def test_a_dose_waits_for_its_gates_and_its_clock_runs(charts: Charts) -> None:
    charts.attend("start")
    refused = charts.post("entries", {"entries": [{"item": "device", "value": DEVICE}]})
    charts.saved(*READY, {"item": "device", "value": DEVICE})
    charts.pass_minutes(15)

    chart = charts.chart()
    assert (refused.status_code, [each["code"] for each in refused.json()["conflicts"]]) == (409, ["oximeter", "calm"])
    assert (chart["moments"]["first_dose"], chart["seconds_left"]) == ("2026-11-23T08:00:00-05:00", 105 * 60)


def test_a_gate_is_gone_past_by_whom_it_names_and_a_regulatory_one_by_nobody(charts: Charts) -> None:
    charts.attend("start")
    nurse = charts.person(Role.NURSE, name="nora")
    past = {"gate": "calm", "verb": "dose", "reason": "calms down in the chair"}

    assert charts.post("overrides", past, **nurse).status_code == 403
    assert charts.post("overrides", {**past, "gate": "oximeter"}).json()["code"] == "cannot_pass"
    assert charts.post("overrides", {**past, "gate": "nothing"}).json()["code"] == "not_in_the_way"
    assert charts.post("overrides", {**past, "reason": "no"}).status_code == 422
    assert charts.post("overrides", past).status_code == 201
    charts.saved(READY[0], {"item": "device", "value": DEVICE})
    (told,) = charts.history()["overrides"]
    assert (told["gate"], told["by"]["role"], told["reason"]) == ("calm", "physician", "calms down in the chair")


def test_an_amended_entry_is_told_with_its_original(charts: Charts) -> None:
    (first,) = charts.saved({"item": "systolic", "value": 120})
    amended = charts.post(f"entries/{first['id']}/amend", {"value": 130, "reason_code": "misread", "reason": "looked again"})

    assert amended.status_code == 201, amended.text
    assert [(each["value"], each["kind"], each["stands"], each["replaces"]) for each in charts.history()["entries"]] == [
        (120, "original", False, None),
        (130, "amendment", True, first["id"]),
    ]
    assert [(each["value"], each["versions"]) for each in charts.chart()["readings"]] == [(130, 2)]


def test_the_wrong_patients_value_is_hidden_from_most(charts: Charts) -> None:
    (wrong,) = charts.saved({"item": "systolic", "value": 136.25})
    why = {"reason_code": "wrong_patient", "reason": "it was Ben's", "belongs_to": charts.other}
    nurse, physician = charts.person(Role.NURSE, name="nora"), charts.person(Role.PHYSICIAN, name="reed")
    auditor, admin = charts.person(Role.AUDITOR, name="audrey"), charts.person(Role.ADMIN, name="adam")

    taken = charts.post(f"entries/{wrong['id']}/retract", why)

    assert taken.status_code == 201, taken.text
    shown = {who: charts.seen_by(who_is, "chart/history").json()["entries"] for who, who_is in
             {"nurse": nurse, "physician": physician, "auditor": auditor, "admin": admin}.items()}  # fmt: skip
    assert [(shown[who][0].get("value", "not there"), shown[who][0]["hidden"]) for who in shown] == [
        (None, True), (136.25, False), (136.25, False), ("not there", True)
    ]  # fmt: skip
    assert "136.25" not in charts.seen_by(nurse, "chart/history").text
    assert shown["nurse"][0]["digest"] == ""
    assert "wrong patient" in shown["nurse"][0]["note"]
    assert shown["nurse"][0]["other_session"] == charts.other
    (moved,) = charts.history(charts.other)["entries"]
    assert (moved["value"], moved["moved_from"], moved["other_session"], moved["second"]["name"]) == (
        136.25, wrong["id"], charts.session, "Robin Hill"
    )  # fmt: skip
    assert "another patient" in moved["note"]


def test_taking_back_asks_for_a_second_person(charts: Charts) -> None:
    (wrong,) = charts.saved({"item": "systolic", "value": 136.25})
    nurse = charts.person(Role.NURSE, name="nora")
    why = {"reason_code": "wrong_patient", "reason": "it was Ben's"}

    refused = charts.post(f"entries/{wrong['id']}/retract", why, **nurse, Chairtime_Approval="made up")

    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_refused")
    assert [each["value"] for each in charts.chart()["readings"]] == [136.25]


def test_signed_is_what_was_shown(charts: Charts) -> None:
    charts.saved({"item": "systolic", "value": 120})
    digests = {each["code"]: each["digest"] for each in charts.chart()["meanings"]}
    (later,) = charts.saved({"item": "note", "value": "restless"})

    refused = charts.post("signatures", {"meaning": "watched", "digest": digests["watched"]})
    assert (refused.status_code, refused.json()["code"]) == (412, "record_changed")
    assert [each["field"] for each in refused.json()["conflicts"]] == ["note"]
    fresh = {each["code"]: each["digest"] for each in charts.chart()["meanings"]}
    assert charts.post("signatures", {"meaning": "watched", "digest": fresh["reviewed"]}).status_code == 412
    signed = charts.post("signatures", {"meaning": "watched", "digest": fresh["watched"]})
    assert (signed.status_code, signed.json()["stands"]) == (201, True)

    charts.post(f"entries/{later['id']}/amend", {"value": "calm", "reason_code": "wrong_item", "reason": "was about Ben"})
    assert [each["stands"] for each in charts.chart()["signatures"]] == [False]
    assert [each["signed"] for each in charts.chart()["meanings"]] == [False, False]


def test_a_second_signature_is_another_persons_beside_the_first(charts: Charts) -> None:
    charts.saved({"item": "systolic", "value": 120})
    digests = {each["code"]: each["digest"] for each in charts.chart()["meanings"]}
    review = {"meaning": "reviewed", "digest": digests["reviewed"]}
    assert charts.post("signatures", {"meaning": "watched", "digest": digests["watched"]}).status_code == 201

    alone = charts.post("signatures", review)
    guessed = charts.post("signatures", {**review, "second_handle": SECOND, "second_password": "not it"})
    beside = charts.post("signatures", {**review, "second_handle": SECOND, "second_password": PASSPHRASE}, key="twice")
    again = charts.post("signatures", {**review, "second_handle": SECOND, "second_password": PASSPHRASE}, key="twice")

    assert (alone.status_code, alone.json()["code"]) == (409, "same_person")
    assert guessed.status_code == 401
    assert (beside.status_code, beside.json()["by"]["name"]) == (201, "Robin Hill")
    assert again.json() == beside.json()
    assert [(each["meaning"], each["stands"]) for each in charts.chart()["signatures"]] == [("watched", True), ("reviewed", True)]
    back = charts.post(
        "signatures", {"meaning": "watched", "digest": digests["watched"], "second_handle": SECOND, "second_password": PASSPHRASE}
    )
    assert back.json()["code"] == "same_person"


def test_the_first_signature_of_a_sitting_needs_a_proof_and_the_next_ones_none(charts: Charts) -> None:
    charts.saved({"item": "systolic", "value": 120})
    nurse = charts.person(Role.NURSE, name="nora")

    def sign() -> tuple[int, str]:
        charts.saved({"item": "note", "value": "well"})
        (watched,) = [each["digest"] for each in charts.chart()["meanings"] if each["code"] == "watched"]
        answer = charts.post("signatures", {"meaning": "watched", "digest": watched}, **nurse)
        return answer.status_code, answer.json().get("code", "")

    def at_work(minutes: int) -> None:
        for _ in range(minutes // 2):
            charts.pass_minutes(2)
            assert charts.client.post("/sign-in/active", headers=nurse).status_code == 204

    at_work(6)
    assert sign() == (403, "proof_needed")
    assert charts.client.post("/api/v1/prove", json={"proof": PASSPHRASE}, headers=nurse).status_code == 204
    at_work(4)
    assert sign()[0] == 201
    for _ in range(2):
        at_work(14)
        assert sign()[0] == 201
    at_work(16)
    assert sign() == (403, "proof_needed")


def test_whoever_co_signs_only_for_their_own_patients_does_so_for_nobody_elses(charts: Charts) -> None:
    charts.saved({"item": "systolic", "value": 120})
    charts.person(Role.ANESTHESIA, name="anders")
    (review,) = [each["digest"] for each in charts.chart()["meanings"] if each["code"] == "reviewed"]

    def co_sign() -> tuple[int, str]:
        who = {"second_handle": "anders", "second_password": PASSPHRASE}
        answer = charts.post("signatures", {"meaning": "reviewed", "digest": review, **who})
        return answer.status_code, answer.json().get("code", "")

    assert co_sign() == (403, "may_not")
    with charts.database.transaction() as db:
        (line,) = queries.sessions_with(db, [charts.session], now=charts.clock.now())
        device = next(code for code, *_ in line.bookings)
        row = next(known.id for known in rooms_queries.resources(db, rooms_queries.site(db, "main").id) if known.resource.id == device)
        db.execute(update(AccountRow).where(AccountRow.handle == "anders").values(resource_id=row))
    assert co_sign()[0] == 201


def test_a_press_sent_again_saves_nothing_more(charts: Charts) -> None:
    body = {"entries": [{"item": "systolic", "value": 120}]}
    first, again = (charts.post("entries", body, key="tablet-9") for _ in range(2))
    other = charts.post("entries", {"entries": [{"item": "systolic", "value": 121}]}, key="tablet-9")

    assert (first.status_code, again.json(), again.headers["Idempotency-Replayed"]) == (201, first.json(), "true")
    assert other.status_code == 422
    assert len(charts.history()["entries"]) == 1


def test_an_entry_of_another_session_is_not_there(charts: Charts) -> None:
    (foreign,) = charts.saved({"item": "systolic", "value": 120}, session=charts.other)
    amended = charts.post(f"entries/{foreign['id']}/amend", {"value": 130, "reason_code": "misread", "reason": "looked again"})
    taken = charts.post(f"entries/{foreign['id']}/retract", {"reason_code": "other", "reason": "looked again"})

    assert (amended.status_code, taken.status_code) == (404, 404)
    assert charts.history()["entries"] == []
    assert [each["stands"] for each in charts.history(charts.other)["entries"]] == [True]


def test_an_alert_is_silenced_and_that_is_kept(charts: Charts) -> None:
    assert charts.post("alerts/seen", {"alert": "due:systolic:20261123T140000Z"}).status_code == 204
    with charts.database.reading() as db:
        kept = db.connection().exec_driver_sql("SELECT alert FROM alert_seen").scalars().all()
    assert kept == ["due:systolic:20261123T140000Z"]


def test_from_paper_owes_a_reason_and_is_late(charts: Charts) -> None:
    charts.pass_minutes(60)
    nurse = charts.person(Role.NURSE, name="nora")
    written = {"entries": [{"item": "systolic", "value": 120, "observed_at": "2026-11-23T08:00", "reason": "no power until nine"}]}

    assert charts.post("entries/paper", written, **nurse).json()["code"] == "reason_needed"
    saved = charts.post("entries/paper", written, **nurse, Chairtime_Reason="no%20power")
    assert saved.status_code == 201, saved.text
    assert [(each["kind"], each["source"]) for each in saved.json()["entries"]] == [("late", "paper")]


def test_the_front_desk_reads_and_writes_nothing_of_a_chart(charts: Charts) -> None:
    desk = charts.person(Role.FRONT_DESK, name="dana")
    assert charts.seen_by(desk, "chart").status_code == 403
    assert charts.post("entries", {"entries": [{"item": "fasted", "value": True}]}, **desk).status_code == 403
