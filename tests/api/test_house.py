"""The house over HTTP: sites, resources, absences, closures, holidays."""

from __future__ import annotations

import pytest

from tests.api.clinic import WEEKDAYS, Clinic, on_one_database


def test_a_site_is_opened_and_changed(bare: Clinic) -> None:
    site = bare.open_site()

    changed = bare.change(
        f"/sites/{site['id']}", {"name": "High Street", "granularity_minutes": 15}, site["version"], method="PATCH"
    ).json()

    assert (changed["name"], changed["granularity_minutes"], changed["timezone"]) == ("High Street", 15, "America/New_York")
    assert changed in bare.get("/sites").json()["sites"]
    assert bare.get("/sites/main").headers["ETag"] == f'"{changed["version"]}"'


@pytest.mark.parametrize("path", ["/sites/", "/sites/%2e%2e%2f", "/sessions/%2e%2e%2f"])
def test_an_address_with_a_slash_too_many_is_not_there(clinic: Clinic, path: str) -> None:
    assert clinic.get(path).status_code == 404


def test_a_site_is_opened_once(clinic: Clinic) -> None:
    answer = clinic.create("/sites", {"code": "main", "name": "Main", "timezone": "Europe/Berlin", "hours": WEEKDAYS})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_there")


def test_a_resource_is_added_and_changed(clinic: Clinic) -> None:
    chair = clinic.resource("chair-1", "recliner", "chair", capacity=2)
    path = f"/sites/{clinic.site}/resources/{chair['id']}"
    wanted = {"name": "Chair 1", "capacity": 3, "capabilities": ["recliner", "window seat"], "hours": {"mon": [["09:00", "12:00"]]}}

    changed = clinic.change(path, wanted, chair["version"], method="PATCH").json()

    assert {field: changed[field] for field in ("name", "capacity", "capabilities")} == {k: v for k, v in wanted.items() if k != "hours"}
    assert changed["hours"]["mon"] == [["09:00", "12:00"]]
    assert changed["version"] > chair["version"]
    assert clinic.change(path, {"hours": None}, changed["version"], method="PATCH").json()["hours"] is None


def test_a_stale_form_changes_nothing(clinic: Clinic) -> None:
    """Two tabs: the second one has an old form."""
    chair = clinic.resource("chair-1", "recliner", "chair")
    path = f"/sites/{clinic.site}/resources/{chair['id']}"
    clinic.change(path, {"name": "First"}, chair["version"], method="PATCH")

    answer = clinic.change(path, {"name": "Second"}, chair["version"], method="PATCH")

    assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
    assert clinic.get(path).json()["name"] == "First"


@on_one_database
@pytest.mark.parametrize("tag", ["*", 'W/"1"', '"x"', "", '"' + "9" * 400 + '"', '"²"'])
def test_an_etag_that_is_none_matches_nothing(clinic: Clinic, tag: str) -> None:
    path = f"/api/v1/sites/{clinic.site}/resources/tms-1"

    assert clinic.client.patch(path, json={"name": "x"}, headers=[(b"If-Match", tag.encode())]).status_code == 412


def test_a_resource_that_is_needed_is_not_retired(clinic: Clinic) -> None:
    course = clinic.booked()
    seat = course["sessions"][0]["bookings"][0]["resource"]
    resource = clinic.get(f"/sites/{clinic.site}/resources/{seat}").json()

    answer = clinic.change(f"/sites/{clinic.site}/resources/{seat}/retire", None, resource["version"])

    problem = answer.json()
    assert (answer.status_code, problem["code"], len(problem["conflicts"])) == (409, "still_booked", 6)
    assert problem["conflicts"][0] | {"message": ""} == {
        "message": "",
        "session": course["sessions"][0]["id"],
        "resource": seat,
        "starts_at": "2026-11-30T13:00:00Z",
        "until": "2026-11-30T13:35:00Z",
    }


def test_a_resource_that_nobody_needs_is_retired(clinic: Clinic) -> None:
    clinic.change(f"/sites/{clinic.site}/resources/tms-2/retire", None, 1)

    left, all_of_them = (clinic.get(f"/sites/{clinic.site}/resources", retired=word).json()["resources"] for word in ("false", "true"))
    assert ([each["code"] for each in left], [each["code"] for each in all_of_them]) == (["tms-1"], ["tms-1", "tms-2"])


def test_the_diary_of_a_resource_holds_turnovers(clinic: Clinic) -> None:
    session = clinic.booked()["sessions"][0]
    code = session["bookings"][0]["resource"]

    diary = clinic.get(
        f"/sites/{clinic.site}/resources/{code}/bookings", **{"from": "2026-11-30T00:00", "until": "2026-12-01T00:00"}
    ).json()

    (booking,) = diary["bookings"]
    assert (booking["starts_at"], booking["ends_at"]) == ("2026-11-30T08:00:00-05:00", "2026-11-30T08:35:00-05:00")
    assert (booking["purpose"], booking["status"]) == (session["id"], "booked")


@on_one_database
@pytest.mark.parametrize(("begins", "ends"), [("2026-12-01T00:00", "2026-12-01T00:00"), ("2026-12-01T00:00", "2028-12-01T00:00")])
def test_a_diary_of_no_time_or_too_much(clinic: Clinic, begins: str, ends: str) -> None:
    answer = clinic.get(f"/sites/{clinic.site}/resources/tms-1/bookings", **{"from": begins, "until": ends})

    assert (answer.status_code, answer.json()["code"]) == (422, "faulty")


def test_leave_names_the_visits_that_it_hits_and_cancels_none(clinic: Clinic) -> None:
    course = clinic.booked()
    code = course["sessions"][0]["bookings"][0]["resource"]

    made = clinic.made(f"/sites/{clinic.site}/resources/{code}/absences", {"starts_at": "2026-11-30T00:00", "ends_at": "2026-12-02T00:00"})

    assert [hit["purpose"] for hit in made["hits"]] == [session["id"] for session in course["sessions"][:2]]
    assert clinic.get(f"/courses/{course['id']}").json() == course
    (noted,) = clinic.get(f"/sites/{clinic.site}/absences").json()["absences"]
    assert noted == {field: made[field] for field in noted}


def test_leave_is_taken_back(clinic: Clinic) -> None:
    path, time = f"/sites/{clinic.site}", {"starts_at": "2026-11-30T00:00", "ends_at": "2026-12-02T00:00"}
    made = clinic.made(f"{path}/resources/tms-1/absences", time)

    answer = clinic.client.delete(f"/api/v1{path}/absences/{made['id']}", headers={"Idempotency-Key": "back"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert clinic.get(f"{path}/absences").json() == {"absences": []}


def test_nothing_is_planned_into_a_closure(clinic: Clinic) -> None:
    closed = {"starts_at": "2026-11-30T00:00", "ends_at": "2026-12-02T00:00", "reason": "snow"}
    clinic.made(f"/sites/{clinic.site}/closures", closed)

    plan = clinic.plan(clinic.wish(clinic.patient()))

    assert plan["plan"]["sessions"][0]["starts_at"].startswith("2026-12-02")


def test_holidays_are_proposed_and_close_nothing_until_a_person_accepts_them(clinic: Clinic) -> None:
    path = f"/sites/{clinic.site}/holidays"
    proposed = clinic.get(path, country="US", subdivision="NY", year="2026").json()["holidays"]
    assert {"date": "2026-12-25", "name": "Christmas Day"} in proposed
    assert clinic.get(f"/sites/{clinic.site}/closures").json() == {"closures": []}

    made = clinic.made(path, {"country": "US", "subdivision": "NY", "dates": ["2026-12-25"]})["closures"]

    assert [(each["starts_at"], each["ends_at"], each["source"]) for each in made] == [
        ("2026-12-25T00:00:00-05:00", "2026-12-26T00:00:00-05:00", "holidays")
    ]
    left = clinic.get(path, country="US", subdivision="NY", year="2026").json()["holidays"]
    assert [each for each in proposed if each not in left] == [{"date": "2026-12-25", "name": "Christmas Day"}]


@on_one_database
@pytest.mark.parametrize("body", [{"country": "US", "dates": ["2026-12-24"]}, {"country": "QQ", "dates": ["2026-12-25"]}])
def test_a_holiday_that_is_none_is_not_accepted(clinic: Clinic, body: dict[str, object]) -> None:
    assert clinic.create(f"/sites/{clinic.site}/holidays", body).status_code == 422
    assert clinic.get(f"/sites/{clinic.site}/closures").json() == {"closures": []}


def test_a_closure_is_taken_back(clinic: Clinic) -> None:
    path = f"/sites/{clinic.site}/closures"
    made = clinic.made(path, {"starts_at": "2026-11-30T00:00", "ends_at": "2026-12-02T00:00"})

    clinic.client.delete(f"/api/v1{path}/{made['id']}", headers={"Idempotency-Key": "back"})

    assert clinic.get(path).json() == {"closures": []}


@on_one_database
@pytest.mark.parametrize(
    ("time", "code"),
    [
        ({"starts_at": "2026-12-02T00:00", "ends_at": "2026-12-01T00:00"}, "faulty"),
        ({"starts_at": "2027-03-14T02:30", "ends_at": "2027-03-14T05:00"}, "no_such_time"),
        ({"starts_at": 1796000000, "ends_at": "2027-03-14T05:00"}, "faulty"),
        ({"starts_at": "2027-03-14", "ends_at": "2027-03-15"}, "faulty"),
    ],
)
def test_a_closure_of_no_time(clinic: Clinic, time: dict[str, object], code: str) -> None:
    answer = clinic.create(f"/sites/{clinic.site}/closures", time)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_time_with_an_offset_is_taken_at_its_word(clinic: Clinic) -> None:
    time = {"starts_at": "2026-12-24T12:00+01:00", "ends_at": "2026-12-24T12:00Z"}

    made = clinic.made(f"/sites/{clinic.site}/closures", time)

    assert (made["starts_at"], made["ends_at"]) == ("2026-12-24T06:00:00-05:00", "2026-12-24T07:00:00-05:00")
