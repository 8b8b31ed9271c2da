"""A planner with a defect planted in it is caught: by our judge and by the shared checker, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from courses.plans.plan import PlannedSession
from courses.plans.possible import cadence
from courses.plans.possible.openings import Openings
from courses.protocols.located.yaml_text import Data
from courses.protocols.session_template import Demand, SessionTemplate, StepRequirement
from rooms.availability import free_time
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.bookings import calendar
from rooms.resources.resource import Resource
from scheduler.clinic_file import plan_writing
from tests.plans.checking import Planned, shared_faults, shared_module
from tests.plans.judge import judge
from tests.plans.one_course import clinic, devices
from tests.plans.site_facts import Document

Plant = Callable[[pytest.MonkeyPatch], None]
TURNOVER = 10


def turnover_ignored(patch: pytest.MonkeyPatch) -> None:
    """Room is looked for until the patient leaves, and what is held is written down in full."""
    whole = SessionTemplate._demand

    def until_the_patient_leaves(self: SessionTemplate, index: int, each: StepRequirement) -> Demand:
        found = whole(self, index, each)
        return replace(found, end=found.end - each.requirement.turnover_minutes)

    def in_full(session: PlannedSession, here: SiteTime) -> dict[str, Data]:
        seats = (replace(seat, interval=_longer(seat.interval, TURNOVER)) for seat in session.seats)
        return written(replace(session, seats=tuple(seats)), here)

    written = plan_writing._session
    patch.setattr(SessionTemplate, "_demand", until_the_patient_leaves)
    patch.setattr(plan_writing, "_session", in_full)


def _longer(interval: Interval, minutes: int) -> Interval:
    return Interval(interval.starts_at, interval.ends_at + timedelta(minutes=minutes))


def week_counted_from_sunday(patch: pytest.MonkeyPatch) -> None:
    """The week begins a day too early."""
    patch.setattr(cadence, "week", lambda day: day // cadence.DAYS_OF_WEEK)


def capacity_off_by_one(patch: pytest.MonkeyPatch) -> None:
    """Everything bears one more than it does."""

    def one_more(loads: Iterable[tuple[int, int, int]], room: int) -> int:
        return free_time.over_capacity(loads, room + 1)

    def too_full(self: calendar.Calendar, resource: Resource, on: date, load: int) -> int:
        return one_more(self._loads.get((resource.id, on), ()), resource.capacity - load)

    patch.setattr(calendar, "over_capacity", one_more)
    patch.setattr(calendar.Calendar, "_too_full", too_full)


def patient_in_two_places(patch: pytest.MonkeyPatch) -> None:
    """The patient's other sessions are forgotten."""

    def at_any_time(self: Openings, on: date, minutes: int) -> int:
        day = self.calendar.day(on)
        return free_time.starts_within(free_time.span(0, day.length), minutes) & self.calendar.grid(on)

    patch.setattr(Openings, "patient_starts", at_any_time)


def made_clinic() -> Document:
    """A clinic of the benchmark."""
    document: Document = shared_module("make_clinic").clinic_file("S", 0.5, 2, 1)
    return document


def two_courses_clinic() -> Document:
    """Two courses of one patient, with a device for each."""
    document = clinic([{"name": "all", "sessions": 4, "per_week": 4}], resources=devices(2))
    document["courses"].append(document["courses"][0] | {"id": "other"})
    return document


def turnover_clinic() -> Document:
    """A course whose visits only turnover keeps apart from others."""
    phases: list[Document] = [{"name": "all", "sessions": 6, "per_week": 3}]
    document = clinic(phases, {"capability": "device", "turnover_minutes": TURNOVER}, resources=devices(1))
    days = [f"2026-12-{day:02d}" for day in range(1, 20)]
    document["bookings"] = [{"resource": "device-1", "start": f"{day}T08:30", "end": f"{day}T09:00"} for day in days]
    return document


def sunday_clinic() -> Document:
    """A course of three a week in a clinic that is open on Sundays."""
    document = clinic([{"name": "all", "sessions": 6, "per_week": 3}], resources=devices(1))
    document["clinic"]["hours"] |= {day: [["08:00", "17:00"]] for day in ("sat", "sun")}
    return document


PLANTED: dict[str, tuple[Plant, Callable[[], Document], tuple[str, str]]] = {
    "turnover ignored": (turnover_ignored, turnover_clinic, ("load 2 of 1", "load 2 of 1")),
    "week counted from Sunday": (week_counted_from_sunday, sunday_clinic, ("per_week", "in the week")),
    "capacity off by one": (capacity_off_by_one, made_clinic, ("load 2 of 1", "load 2 of 1")),
    "patient in two places": (patient_in_two_places, two_courses_clinic, ("at once", "overlap")),
}


@pytest.mark.parametrize("defect", PLANTED)
def test_a_planted_defect_is_caught_by_both_judges(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, document, (ours, shared) = PLANTED[defect]
    plant(monkeypatch)

    planned = Planned(document())

    assert any(ours in fault for fault in judge(planned.document, planned.written).faults)
    assert any(shared in fault for fault in shared_faults(planned.document, planned.written))


@pytest.mark.parametrize("document", [made_clinic, turnover_clinic, two_courses_clinic, sunday_clinic])
def test_without_a_defect_nothing_is_caught(document: Callable[[], Document]) -> None:
    assert Planned(document()).faults() == []
