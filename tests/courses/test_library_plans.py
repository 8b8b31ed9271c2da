"""Every protocol of the library finds its place in a small clinic that has what it asks for."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from courses.library import protocol_files
from courses.plans.best_plan import Situation, plan_course
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest, PatientHours
from courses.protocols.notation import read_protocol
from courses.protocols.protocol import TreatmentProtocol
from rooms.availability.hours import WeeklyHours
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site

LIBRARY = {file.name.removesuffix(".yaml"): file for file in protocol_files()}
WEEK = WeeklyHours.of({day: [("07:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
OWN_HOURS = {
    "anesthesia": WeeklyHours.of({day: [("07:00", "12:00")] for day in ("mon", "wed", "fri")}),
    "dbt-skills-group": WeeklyHours.of({"thu": [("15:00", "16:45")]}),
    "mbct-group": WeeklyHours.of({"tue": [("16:00", "18:30")]}),
    "mbct-all-day": WeeklyHours.of({"sat": [("09:00", "16:30")]}),
}
MONDAY = date(2027, 1, 4)


def protocol_of(name: str) -> TreatmentProtocol:
    return read_protocol(LIBRARY[name].read_text(encoding="utf-8"), name).protocol


def planned(name: str, start: date = MONDAY) -> CoursePlan:
    """The course of one patient in a clinic that has one of each thing that the protocol asks for."""
    protocol = protocol_of(name)
    asked = {each.requirement.capability for template in protocol.templates.values() for each in template.requirements}
    clinic = [Resource(capability, Kind.ROOM, frozenset({capability}), 3, OWN_HOURS.get(capability)) for capability in sorted(asked)]
    calendar = Calendar(Site("main", "Main Street", "America/New_York", WEEK), clinic)
    answer = plan_course(CourseRequest("course", "patient", protocol, start), Situation(calendar, PatientHours("patient")))
    assert isinstance(answer, CoursePlan), answer
    return answer


@pytest.mark.parametrize("name", LIBRARY)
def test_a_protocol_of_the_library_can_be_placed(name: str) -> None:
    assert len(planned(name).sessions) == protocol_of(name).n_sessions


@pytest.mark.parametrize("start", [MONDAY, MONDAY + timedelta(days=1)], ids=["monday", "tuesday"])
def test_the_accelerated_course_takes_five_dates_in_a_row_and_50_minutes_between_sessions(start: date) -> None:
    sessions = planned("tms-accelerated-50", start).sessions

    dates = sorted({session.interval.starts_at.date() for session in sessions})
    first = MONDAY if start == MONDAY else MONDAY + timedelta(days=7)
    assert dates == [first + timedelta(days=day) for day in range(5)]
    assert min(after.interval.starts_at - before.interval.ends_at for before, after in pairwise(sessions)) == timedelta(minutes=50)


def test_esketamine_is_never_given_on_consecutive_days_nor_three_times_in_seven() -> None:
    dates = [session.interval.starts_at.date() for session in planned("esketamine-trd", MONDAY + timedelta(days=3)).sessions[:8]]

    assert min(after - before for before, after in pairwise(dates)) >= timedelta(days=2)
    assert min(third - first for first, third in zip(dates, dates[2:], strict=False)) >= timedelta(days=7)


def test_ect_continuation_stays_inside_its_windows() -> None:
    days = [(session.interval.starts_at.date() - MONDAY).days for session in planned("ect-continuation-windows").sessions]

    assert [2 <= days[0] <= 5, 7 <= days[1] <= 12, 14 <= days[2] <= 19, 23 <= days[3] <= 28] == [True] * 4


def test_the_all_day_class_comes_between_the_sixth_and_the_seventh() -> None:
    sessions = planned("mbct-group-8").sessions

    assert [session.template for session in sessions] == ["orientation", *["class"] * 6, "all-day", *["class"] * 2]
    assert sessions[8].interval.starts_at - sessions[6].interval.starts_at == timedelta(days=7)
