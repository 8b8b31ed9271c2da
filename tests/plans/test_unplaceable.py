"""A course that has no place is told so at once, with the first session that has none, what is scarce, and when."""

from __future__ import annotations

from time import process_time

import pytest

from tests.plans.checking import Planned
from tests.plans.one_course import clinic, devices, gone, hours, with_closure, with_course, with_patient
from tests.plans.site_facts import Document

ACUTE: Document = {"name": "acute", "sessions": 36, "per_week": 5}
CHAIN: Document = {"name": "accelerated", "sessions": 50, "per_day": 10, "min_gap_minutes": 20, "max_gap_minutes": 30}
WINDOWS: list[Document] = [{"name": "first", "sessions": 1}, {"name": "continuation", "windows": [[2, 5], [7, 12], [14, 19], [23, 28]]}]


CASES: dict[str, tuple[Document, int, str, str]] = {
    "unknown capability": (
        clinic([ACUTE], {"capability": "coil"}),
        1,
        "unknown_capability",
        "no resource with the capability coil is at this site",
    ),
    "more of a capability than there are": (
        clinic([ACUTE], {"capability": "device", "count": 2}),
        1,
        "unknown_capability",
        "no 2 resources with the capability device is at this site",
    ),
    "a load above every capacity": (
        clinic([ACUTE], {"capability": "device", "load": 2}),
        1,
        "no_capacity",
        "no device from 2026-12-01",
    ),
    "the only device leaves after session 19": (
        clinic([ACUTE], resources=gone("2026-12-28T00:00")),
        20,
        "no_capacity",
        "no device from 2026-12-28",
    ),
    "the only device leaves, and sessions may lie far apart": (
        clinic(
            [{"name": "weekly", "sessions": 36, "per_week": 1, "min_gap_days": 5, "max_gap_days": 14}], resources=gone("2027-03-28T00:00")
        ),
        18,
        "no_capacity",
        "no device from 2027-03-29",
    ),
    "twice a week until the device leaves": (
        clinic(
            [
                {"name": "induction", "sessions": 8, "per_week": 2, "per_7_days": 2, "min_gap_days": 2, "max_gap_days": 7},
                {"name": "weekly", "sessions": 28, "per_week": 1, "min_gap_days": 5, "max_gap_days": 16},
            ],
            resources=gone("2027-06-28T00:00"),
        ),
        35,
        "no_capacity",
        "no device from 2027-06-28",
    ),
    "a finish that cannot be kept": (
        with_course(clinic([ACUTE]), finish_on_or_before="2027-01-10"),
        30,
        "no_date",
        "the rules leave no date for session 30 up to 2027-01-10",
    ),
    "a start that cannot be kept": (
        with_course(clinic([ACUTE], resources=gone("2026-12-01T00:00", "2026-12-04T00:00")), start_on_or_before="2026-12-03"),
        1,
        "no_capacity",
        "no device from 2026-12-01 to 2026-12-03",
    ),
    "a start on a date that the phase does not allow": (
        with_course(clinic([ACUTE | {"weekdays": ["mon"]}]), start_on_or_before="2026-12-03", finish_on_or_before="2027-12-31"),
        1,
        "no_date",
        "the rules leave no date for session 1 up to 2026-12-03",
    ),
    "a patient who can never come": (
        with_patient(clinic([ACUTE]), available={}),
        1,
        "no_patient_time",
        "the patient has no 30 minutes free from 2026-12-01",
    ),
    "a patient who can come when the clinic is closed": (
        with_patient(clinic([ACUTE]), available=hours("17:00", "20:00")),
        1,
        "no_capacity",
        "device and the patient are never free together from 2026-12-01",
    ),
    "a session longer than the day": (
        clinic([ACUTE], minutes=600),
        1,
        "no_capacity",
        "no device from 2026-12-01",
    ),
    "a weekday on which the clinic is closed": (
        clinic([ACUTE | {"weekdays": ["sat"]}]),
        1,
        "no_capacity",
        "no device from 2026-12-05",
    ),
    "a window in the holidays": (
        with_course(
            with_closure(clinic(WINDOWS), "2026-12-19T00:00", "2027-01-04T00:00"),
            start_on_or_after="2026-12-18",
            start_on_or_before="2026-12-19",
        ),
        2,
        "no_capacity",
        "no device from 2026-12-20 to 2026-12-23",
    ),
    "a greatest gap over Christmas": (
        with_course(
            with_closure(clinic([ACUTE | {"max_gap_days": 5}]), "2026-12-24T00:00", "2027-01-04T00:00"),
            start_on_or_after="2026-12-14",
            start_on_or_before="2026-12-15",
        ),
        9,
        "no_capacity",
        "no device from 2026-12-24 to 2026-12-28",
    ),
    "a chain longer than the day": (
        clinic([CHAIN | {"min_gap_minutes": 50, "max_gap_minutes": 60}]),
        8,
        "no_date",
        "on 2026-12-01 only 7 of the 10 sessions from session 1 on have room",
    ),
    "a chain whose turnovers need more devices": (
        clinic([CHAIN], {"capability": "device", "turnover_minutes": 40}, minutes=10),
        2,
        "no_date",
        "on 2026-12-01 only 1 of the 10 sessions from session 1 on have room",
    ),
    "ten devices wanted of nine": (
        clinic([ACUTE], {"capability": "device", "count": 5}, {"capability": "device", "count": 5}, resources=devices(9)),
        1,
        "no_capacity",
        "device and the patient are never free together from 2026-12-01",
    ),
    "a chain with one scarce resource among many": (
        clinic(
            [CHAIN],
            {"capability": "device", "turnover_minutes": 40},
            {"capability": "operator", "turnover_minutes": 40},
            {"capability": "room"},
            minutes=10,
            resources=[
                *devices(10),
                *({"id": f"o-{k}", "kind": "staff", "capabilities": ["operator"]} for k in range(1)),
                *({"id": f"r-{k}", "kind": "room", "capabilities": ["room"]} for k in range(10)),
            ],
        ),
        2,
        "no_date",
        "on 2026-12-01 only 1 of the 10 sessions from session 1 on have room",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_impossible_session_what_is_scarce_and_when(case: str) -> None:
    document, session, code, detail = CASES[case]
    began = process_time()

    planned = Planned(document)

    answer = planned.written["courses"][0]
    assert answer["status"] == "unplaceable"
    assert (answer["reason"]["session"], answer["reason"]["code"]) == (session, code)
    assert answer["reason"]["detail"].startswith(detail)
    assert planned.faults() == []
    assert process_time() - began < 10


def test_a_course_waits_for_the_end_of_the_holidays_where_it_may() -> None:
    gap = with_course(with_closure(clinic([ACUTE | {"max_gap_days": 5}]), "2026-12-24T00:00", "2027-01-04T00:00"))
    windows = with_course(with_closure(clinic(WINDOWS), "2026-12-19T00:00", "2027-01-04T00:00"), start_on_or_after="2026-12-18")

    for document in (gap, windows):
        planned = Planned(document)

        assert planned.faults() == []
        assert planned.written["courses"][0]["sessions"][0]["start"].startswith("2027-01-04T")


def test_a_session_inside_a_full_clinic_names_what_is_booked() -> None:
    document = with_course(clinic([{"name": "only", "sessions": 1}]), finish_on_or_before="2026-12-01")
    document["bookings"] = [{"resource": "device-1", "start": "2026-12-01T08:00", "end": "2026-12-01T17:00"}]

    reason = Planned(document).written["courses"][0]["reason"]

    assert reason == {"session": 1, "code": "no_capacity", "detail": "no device on 2026-12-01"}
