"""What would help is the nearest thing that does, keeps every rule of the protocol, and is told in a sentence."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from courses.plans.offering.relaxation import Gives, Relaxation
from tests.plans.choices.offered import Offered, offered_tiny, relaxed
from tests.plans.every_way import EveryWay
from tests.plans.one_course import WEEKDAYS, clinic, devices, gone, hours, with_course, with_patient
from tests.plans.site_facts import Document, SiteFacts
from tests.plans.tiny_clinics import DAYS, MONDAYS

DAILY = [{"name": "acute", "sessions": 5, "per_week": 5}]


def help_for(document: Document) -> Relaxation:
    """What would help, its plan judged in the document in which somebody gave way."""
    offered = Offered(document)
    found = offered.relaxation()
    assert found is not None
    if found.can_be_booked:
        assert offered.faults(found.plan, relaxed(offered.document, found)) == []
    return found


CASES: dict[str, tuple[Document, Gives, str]] = {
    "half an hour of the patient": (
        with_patient(clinic(DAILY, minutes=45), available=hours("16:00", "16:30")),
        Gives.PATIENT_HOURS,
        "Possible if the patient can come half an hour earlier than said.",
    ),
    "half an hour at the other end": (
        with_patient(clinic(DAILY), available=hours("07:30", "08:00")),
        Gives.PATIENT_HOURS,
        "Possible if the patient can stay half an hour longer than said.",
    ),
    "a weekday more": (
        with_patient(clinic([{"name": "acute", "sessions": 4, "max_gap_days": 5}]), available={"mon": [["09:00", "12:00"]]}),
        Gives.PATIENT_HOURS,
        "Possible if the patient can also come on Wednesdays, 09:00-12:00.",
    ),
    "a later end": (
        with_course(clinic(DAILY), finish_on_or_before="2026-12-03"),
        Gives.FINISH,
        "Possible if the course may end on 2026-12-07, 4 days later than asked.",
    ),
    "a later start": (
        with_course(clinic(DAILY, resources=gone("2026-12-01T00:00", "2026-12-03T00:00")), start_on_or_before="2026-12-01"),
        Gives.START,
        "Possible if the course may start on 2026-12-03, 2 days later than asked.",
    ),
    "a day that opens earlier": (
        with_patient(clinic(DAILY), available={"thu": [["06:00", "07:00"]]}),
        Gives.SITE_HOURS,
        "Possible if Thursdays may start at 06:00.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_nearest_single_thing_that_helps(case: str) -> None:
    document, gives, words = CASES[case]

    found = help_for(document)

    assert (found.gives, found.words) == (gives, words)
    assert found.can_be_booked == (gives is not Gives.SITE_HOURS)


def test_a_day_that_opens_earlier_is_no_help_where_those_hours_are_booked() -> None:
    document = with_patient(clinic(DAILY), available={"thu": [["05:00", "07:00"]]})
    thursdays = [date(2026, 12, 3) + timedelta(weeks=n) for n in range(80)]
    document["bookings"] = [{"resource": "device-1", "start": f"{day}T06:00", "end": f"{day}T07:00"} for day in thursdays]

    assert Offered(document).relaxation() is None


def test_the_rules_of_the_protocol_never_give_way() -> None:
    closed = [{"start": "2026-12-05T00:00", "end": "2026-12-30T00:00"}]
    document = clinic([{"name": "acute", "sessions": 5, "per_week": 3, "max_gap_days": 4}], resources=devices(1, unavailable=closed))

    assert Offered(with_course(document, start_on_or_before="2026-12-02")).relaxation() is not None
    assert Offered(with_course(document, start_on_or_before="2026-12-02", finish_on_or_before="2026-12-31")).relaxation() is None


def test_nothing_is_said_of_a_course_that_keeps_its_wishes_or_needs_what_nobody_has() -> None:
    assert Offered(with_course(clinic(DAILY), prefer={"window": ["09:00", "09:30"]})).relaxation() is None
    assert Offered(clinic(DAILY, {"capability": "laser"})).relaxation() is None


def test_a_placed_course_that_misses_its_wishes_is_told_what_would_halve_them() -> None:
    document = with_course(clinic(DAILY), prefer={"window": ["08:00", "08:30"]})
    document["bookings"] = [{"resource": "device-1", "start": f"{day}T08:00", "end": f"{day}T09:00"} for day in _working_days()]

    found = help_for(document)

    assert found.gives is Gives.WINDOW
    assert found.words == "Better if sessions may start until 09:00: all 5 inside 08:00-09:00."


def test_longer_hours_of_the_patient_are_told_where_they_halve_the_delay() -> None:
    document = with_patient(clinic([{"name": "acute", "sessions": 5, "per_week": 5}]), available=hours("08:00", "09:00"))
    document["bookings"] = [
        {"resource": "device-1", "start": f"{day}T08:00", "end": f"{day}T09:00"} for day in _working_days() if day.weekday() != 4
    ]

    assert help_for(document).words == (
        "Better if the patient can stay half an hour longer than said: starts 3 days earlier, ends 25 days earlier, usually at 09:00."
    )


def _working_days() -> list[date]:
    days = (date(2026, 12, 1) + timedelta(days=n) for n in range(60))
    return [day for day in days if day.weekday() < len(WEEKDAYS)]


def could_end_sooner(document: Document, name: str, limit: date) -> bool:
    """Whether the course has a place with a limit one day earlier than the one that was told, every way having been tried."""
    course = document["courses"][0] | {name: (limit - timedelta(days=1)).isoformat()}
    facts = SiteFacts(document | {"courses": [course]})
    return EveryWay(facts, course).least(MONDAYS[document["clinic"]["timezone"]] + timedelta(days=DAYS)) is not None


def test_what_helps_in_tiny_clinics_keeps_every_rule_and_no_smaller_limit_would_do() -> None:
    gave: Counter[Gives] = Counter()
    for seed, offered in offered_tiny(range(150)):
        found = offered.relaxation()
        if found is None:
            continue
        gave[found.gives] += 1
        changed = relaxed(offered.document, found)
        if found.can_be_booked:
            assert offered.faults(found.plan, changed) == [], f"seed {seed}: {found.words}"
        for gives, limit in ((Gives.FINISH, found.request.finish_on_or_before), (Gives.START, found.request.start_on_or_before)):
            if found.gives is gives and limit:
                assert not could_end_sooner(changed, gives.value, limit), f"seed {seed}: {found.words}"
    assert gave[Gives.FINISH] > 5
    assert gave[Gives.START] > 0
    assert gave[Gives.PATIENT_HOURS] > 2
