"""Every wish that a plan could not keep has a reason, and it is the real one."""

from __future__ import annotations

from tests.plans.choices.offered import Offered, offered_tiny
from tests.plans.one_course import clinic, devices, hours, with_course, with_patient
from tests.plans.site_facts import Document

STAY = {"capability": "device", "continuity": True}
DAILY = [{"name": "acute", "sessions": 5, "per_week": 5}]


def told(document: Document, about: str) -> dict[int, tuple[str, str]]:
    """By session, the wish that it could not keep and why, in the recommended plan."""
    plan = Offered(document).named("recommended").plan
    return {session.number: (each.wish, each.reason) for session in plan.sessions for each in session.missed if each.about == about}


def taken(resource: str, day: int, start: str = "08:00", end: str = "17:00") -> Document:
    return {"resource": resource, "start": f"2026-12-{day:02d}T{start}", "end": f"2026-12-{day:02d}T{end}"}


def test_a_missed_time_names_who_is_short_and_what_keeps_them() -> None:
    resources = devices(3)
    resources[0] |= {"unavailable": [{"start": "2026-12-02T08:00", "end": "2026-12-02T12:00", "reason": "service"}]}
    resources[2] |= {"hours": hours("13:00", "17:00")}
    document = with_course(clinic(DAILY, resources=resources), prefer={"window": ["09:00", "09:30"]})
    document["bookings"] = [taken("device-2", 2, "08:00", "11:00")]

    assert told(document, "time") == {
        2: (
            "start between 09:00 and 09:30",
            "no device is free then on 2026-12-02: device-1 away (service), device-2 booked, device-3 out of hours",
        )
    }


def test_of_many_resources_it_is_told_how_many_are_kept_by_what() -> None:
    resources = [each | {"name": f"TMS {number}"} for number, each in enumerate(devices(6), 1)]
    resources[0]["unavailable"] = [{"start": "2026-12-02T08:00", "end": "2026-12-02T12:00"}]
    document = with_course(clinic(DAILY, resources=resources), prefer={"window": ["09:00", "09:30"]})
    document["bookings"] = [taken(f"device-{number}", 2, "08:00", "11:00") for number in range(2, 7)]

    ((_, reason),) = told(document, "time").values()

    assert reason in {
        "no TMS is free then on 2026-12-02: 1 away, 5 booked",
        "no device is free then on 2026-12-02: 1 away, 5 booked",
    }


def test_a_patient_who_cannot_come_is_said_so() -> None:
    document = with_course(clinic(DAILY), prefer={"window": ["09:00", "09:30"]})
    document = with_patient(document, unavailable=[{"start": "2026-12-03T08:00", "end": "2026-12-03T12:00"}])

    assert told(document, "time") == {3: ("start between 09:00 and 09:30", "the patient cannot come then on 2026-12-03")}


def test_a_delay_is_told_once_where_it_arises() -> None:
    document = clinic(DAILY)
    document["bookings"] = [taken("device-1", 2), taken("device-1", 3)]

    assert told(document, "date") == {2: ("be no later than 2026-12-02", "device-1 is not free in time on 2026-12-02 and 1 more")}


def test_a_change_names_what_keeps_the_resource_from_staying() -> None:
    document = with_course(clinic(DAILY, STAY, resources=devices(2)), finish_on_or_before="2026-12-07")
    document["bookings"] = [taken("device-1", day) for day in (3, 4, 7)] + [taken("device-2", day) for day in (1, 2)]

    assert told(document, "resource") == {3: ("stay with device-1", "device-1 is booked then on 2026-12-03")}


def test_every_missed_wish_of_the_cost_has_a_reason() -> None:
    missed = 0
    for seed, offered in offered_tiny(range(100)):
        for choice in offered.choices():
            about = [each.about for session in choice.plan.sessions for each in session.missed]
            assert about.count("time") == choice.plan.cost.outside, f"seed {seed}"
            assert about.count("resource") >= choice.plan.cost.changes, f"seed {seed}"
            assert ("date" in about) >= (choice.plan.cost.delay > 0), f"seed {seed}: {choice.plan}"
            missed += len(about)
    assert missed > 50
