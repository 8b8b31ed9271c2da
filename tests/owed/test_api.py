"""What is owed, over HTTP: the queue, a form that is sent and owed again, enrollment, lots with a witness, untoward events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from httpx2 import Response

from courses import charting
from courses.checklists.writing import Answered
from courses.progressing import Moment, attend
from scheduler.access.role import Role
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.settings import Settings
from tests.api.clinic import on_one_database
from tests.charts.ward import Ward, at
from tests.owed.days import PROGRAM, device, owing_ward
from tests.printing.reading import pages_of
from tests.signed_in import SignedIn, Staff

Json = dict[str, Any]


@dataclass
class Office:
    """Somebody at a ward where Ana was given two devices and released after 140 minutes."""

    ward: Ward
    client: SignedIn
    clock: SettableClock
    keys: int = 0

    def get(self, path: str) -> Json:
        answer = self.client.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def post(self, path: str, body: Json | None = None, *, version: int | None = None) -> Response:
        self.keys += 1
        headers = {"Idempotency-Key": f"key-{self.keys}"} | ({} if version is None else {"If-Match": f'"{version}"'})
        return self.client.post(f"/api/v1{path}", json=body, headers=headers)

    @property
    def site(self) -> str:
        return next(str(each["id"]) for each in self.get("/sites")["sites"] if each["code"] == "main")

    def queue(self) -> list[Json]:
        forms: list[Json] = self.get(f"/sites/{self.site}/forms")["forms"]
        return forms


def opened(database: Database, roles: frozenset[Role]) -> Iterator[Office]:
    ward = owing_ward(database)
    with database.transaction() as db:
        attend(db, [Moment(ward.session, "start", at(1))], by="nurse")
        charting.record(db, ward.session, [Answered("oximeter", True), Answered("calm", True)], ward.press(2))
        for minutes in (5, 10):
            charting.record(db, ward.session, [Answered("device", device("A1"))], ward.press(minutes))
        attend(db, [Moment(ward.session, "discharge", at(145))], by="nurse")
    clock = SettableClock(at(150), frozen=True)
    app = create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database)
    with SignedIn(app, Staff(database, clock, roles=roles)) as client:
        yield Office(ward, client, clock)


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    yield from opened(database, frozenset(Role))


@pytest.fixture
def admin_office(database: Database) -> Iterator[Office]:
    yield from opened(database, frozenset({Role.ADMIN}))


SENT = {"how": "online", "submitted_at": "2026-11-23T10:29", "confirmation": "R-77"}


def test_a_form_is_sent_and_owed_again_when_the_record_changes(office: Office) -> None:
    line = office.queue()[0]
    assert (line["patient"], line["days_left"], line["urgency"], line["due_at"]) == ("Ana Lopez", 7, "in_time", "2026-11-30T23:59:00-05:00")
    form = office.get(f"/forms/{line['id']}")
    told = {answer["code"]: answer["text"] for answer in form["answers"]}
    assert (told["dose"], told["lot"], told["total_minutes"]) == ("2 × Device", "A1", "140")
    assert "Last name" not in line["missing"]
    assert "Sex" in line["missing"]

    kept = office.post(f"/forms/{form['id']}/submit", SENT | {"digest": form["digest"]}, version=form["version"])
    assert (kept.status_code, kept.json()["status"], office.queue()) == (200, "submitted", [])

    with office.ward.database.transaction() as db:
        late = Answered("note", "was pale", at(30), reason_code="forgotten", reason="seen, not written")
        charting.record(db, office.ward.session, [late], office.ward.press(151))
    again = office.queue()[0]
    assert (again["is_owed_again"], again["id"]) == (True, form["id"])
    assert [sent["confirmation"] for sent in office.get(f"/forms/{form['id']}")["submissions"]] == ["R-77"]


@on_one_database
def test_what_is_refused_of_a_sending(office: Office) -> None:
    form = office.get(f"/forms/{office.queue()[0]['id']}")
    address, version, whole = f"/forms/{form['id']}/submit", form["version"], SENT | {"digest": form["digest"]}
    for bent, status, field in (
        ({"confirmation": ""}, 422, "confirmation"),
        ({"how": "pigeon"}, 422, "how"),
        ({"submitted_at": "2026-11-23T10:31"}, 422, "submitted_at"),
        ({"submitted_at": "2026-11-23T10:20"}, 422, "submitted_at"),
        ({"digest": "0" * 64}, 412, ""),
    ):
        refused = office.post(address, whole | bent, version=version)
        assert (refused.status_code, refused.json()["message"].partition(":")[0] if field else "") == (status, field), refused.text
    assert office.post(address, whole, version=version + 1).status_code == 412
    assert office.post(address, whole, version=version).status_code == 200
    assert office.post(address, whole, version=version + 1).json()["code"] == "form_not_owed"
    reopened = office.post(f"/forms/{form['id']}/reopen", version=version + 1)
    assert (reopened.status_code, reopened.json()["status"], len(reopened.json()["submissions"])) == (200, "owed", 1)


@on_one_database
def test_a_form_of_a_patient_who_is_still_here_cannot_be_sent(office: Office) -> None:
    ward = office.ward
    with ward.database.transaction() as db:
        attend(db, [Moment(ward.other, "start", at(146))], by="nurse")
        charting.record(db, ward.other, [Answered("oximeter", True), Answered("calm", True)], ward.press(147))
        charting.record(db, ward.other, [Answered("device", device("B2"))], ward.press(148))
    line = next(each for each in office.queue() if each["patient"].startswith("Ben"))
    form = office.get(f"/forms/{line['id']}")
    refused = office.post(f"/forms/{form['id']}/submit", SENT | {"digest": form["digest"]}, version=form["version"])
    assert (line["is_session_over"], refused.status_code, refused.json()["code"]) == (False, 409, "session_not_over")


@on_one_database
def test_an_administrator_sees_how_far_a_form_is_and_not_what_stands_in_it(admin_office: Office) -> None:
    form = admin_office.get(f"/forms/{admin_office.queue()[0]['id']}")
    assert {"text", "entries", "total_minutes"} & {*form, *form["answers"][0]} == set()
    page = admin_office.client.get(f"/forms/{form['id']}", headers={"Accept": "text/html"})
    assert (page.status_code, "2 × Device" in page.text, "I have sent it" in page.text) == (200, False, True)


@on_one_database
def test_a_patient_is_enrolled_once_the_program_was_told(office: Office) -> None:
    ana = office.ward.chart().patient.id
    body = {"site": office.site, "program": PROGRAM, "from_on": "2026-11-24", "number": "E-1", "sex": "F"}
    made = office.post(f"/patients/{ana}/enrollments", body)
    assert (made.status_code, made.json()["owes_transfer"], made.json()["site"]) == (201, False, office.site)
    ended = office.post(f"/enrollments/{made.json()['id']}/end", {"until_on": "2026-11-23"}, version=1)
    assert (ended.status_code, ended.json()["code"]) == (422, "ends_before_it_began")
    assert office.post(f"/enrollments/{made.json()['id']}/end", {"until_on": "2026-11-30"}, version=1).json()["until_on"] == "2026-11-30"
    assert [each["number"] for each in office.get(f"/patients/{ana}/enrollments")["enrollments"]] == ["E-1", ""]


def test_devices_come_go_and_are_counted(office: Office) -> None:
    lot = next(each for each in office.get(f"/sites/{office.site}/lots")["lots"] if each["lot"] == "A1")
    assert (lot["balance"], [move["kind"] for move in lot["moves"]]) == (48, ["received", "used", "used"])
    wasted = office.post(f"/lots/{lot['id']}/waste", {"units": 1, "reason": "dropped"})
    assert (wasted.status_code, wasted.json()["balance"], wasted.json()["moves"][-1]["witness"]) == (200, 47, "Robin Hill")
    assert office.post(f"/lots/{lot['id']}/waste", {"units": 1}).status_code == 422
    assert office.post(f"/lots/{lot['id']}/waste", {"units": 48, "reason": "x"}).json()["code"] == "not_so_many"
    counted = office.post(f"/lots/{lot['id']}/count", {"units": 46}).json()
    assert (counted["balance"], counted["moves"][-1]["balance"]) == (46, 46)
    assert office.post(f"/sites/{office.site}/lots", {"product": "Device", "lot": "A1"}).json()["code"] == "code_taken"


@on_one_database
def test_waste_without_a_witness_is_refused(office: Office) -> None:
    lot = office.get(f"/sites/{office.site}/lots")["lots"][0]
    refused = office.client.post(
        f"/api/v1/lots/{lot['id']}/waste",
        json={"units": 1, "reason": "dropped"},
        headers={"Idempotency-Key": "w", "Chairtime-Approval": ""},
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    assert office.get(f"/lots/{lot['id']}")["balance"] == lot["balance"]


def test_a_serious_event_is_to_be_reported_and_opens_the_form_again(office: Office) -> None:
    form = office.get(f"/forms/{office.queue()[0]['id']}")
    office.post(f"/forms/{form['id']}/submit", SENT | {"digest": form["digest"]}, version=form["version"])
    event = {"kind": "syncope", "is_serious": True, "began_at": "2026-11-23T08:40", "description": "Fainted on rising."}
    noted = office.post(f"/sessions/{office.ward.session}/adverse-events", event)
    assert (noted.status_code, noted.json()["status"], office.queue()[0]["is_owed_again"]) == (201, "to_report", True)

    address = f"/adverse-events/{noted.json()['id']}"
    assert office.post(f"{address}/close", version=1).json()["code"] == "event_moved_on"
    report = {"reported_at": "2026-11-23T10:30", "how": "Manufacturer, by telephone", "confirmation": "AE-5"}
    assert office.post(f"{address}/report", report, version=1).json()["status"] == "reported"
    assert office.post(f"{address}/resolve", {"resolved_at": "2026-11-23T08:50"}, version=2).json()["version"] == 3
    listed = office.get(f"/sites/{office.site}/adverse-events")["adverse_events"]
    assert [(each["patient"], each["status"]) for each in listed] == [("Ana Lopez", "reported")]


@on_one_database
def test_the_pages_are_there(office: Office) -> None:
    ana, form = office.ward.chart().patient.id, office.queue()[0]["id"]
    lot = office.get(f"/sites/{office.site}/lots")["lots"][0]["id"]
    pages = (
        *("/forms", f"/forms/{form}", "/lots", f"/lots/{lot}", "/certifications", f"/patients/{ana}/enrollments", "/adverse-events"),
        *(f"/sessions/{office.ward.session}/adverse-events", f"/sessions/{office.ward.session}/instructions"),
    )
    for page in pages:
        answer = office.client.get(page, params={"site": office.site} if page.count("/") == 1 else {})
        assert (answer.status_code, "Ana Lopez" in answer.text or page.count("/") == 1 or "lots" in page) == (200, True), page


@on_one_database
def test_a_form_as_a_pdf(office: Office) -> None:
    form = office.queue()[0]["id"]
    printed = office.client.get(f"/forms/{form}/print")
    text = " ".join(pages_of(printed.content))
    assert printed.headers["content-type"] == "application/pdf"
    for words in (
        "Ana Lopez, born 1980-05-17",
        "2 × Device",
        "Contains health information",
        "missing: ____",
        "Not marked as sent",
        "Page 1 of ",
    ):
        assert words in text, words


@on_one_database
def test_an_administrator_prints_no_form(admin_office: Office) -> None:
    assert admin_office.client.get(f"/forms/{admin_office.queue()[0]['id']}/print").status_code == 403
