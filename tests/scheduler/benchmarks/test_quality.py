"""How good plans are, counted on plans that are made up for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from courses.plans.batch import Clinic
from courses.plans.plan import Cost, CoursePlan, PlannedSession, Seat
from courses.plans.request import CourseRequest, Window
from courses.protocols.protocol import Phase, SessionRule, TreatmentProtocol
from courses.protocols.session_template import SessionTemplate, Step, StepRequirement
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.availability.interval import Interval
from rooms.resources.requirement import Requirement
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.benchmarks.quality import cost_beside, placed_by_all, quality, utilization

MONDAY = date(2026, 11, 30)
NINE = 9 * 60
VISIT = SessionTemplate("visit", (Step("all", 30),), (StepRequirement(Requirement("chair")), StepRequirement(Requirement("nurse", load=2))))
PROTOCOL = TreatmentProtocol("p", "", "", (Phase("all", sessions=4),), {"visit": VISIT}, (SessionRule("visit"),))
REQUEST = CourseRequest("c", "p", PROTOCOL, MONDAY, window=Window(NINE, NINE + 60))


def plan(*minutes: int, outside: int = 0, total: float = 10) -> CoursePlan:
    """One session a day from Monday on, at these minutes of the day."""
    sessions = []
    for number, minute in enumerate(minutes, 1):
        starts_at = datetime(2026, 11, 30, tzinfo=UTC) + timedelta(days=number - 1, minutes=minute)
        interval = Interval(starts_at, starts_at + timedelta(minutes=30))
        seats = (Seat(0, "chair", "chair-1", interval, 1), Seat(1, "nurse", "nurse-1", interval, 2))
        sessions.append(PlannedSession(number, "all", "visit", interval, seats))
    return CoursePlan("c", tuple(sessions), Cost(3, outside, 0, 2, total))


def test_a_plan_is_told_by_what_the_patient_meets() -> None:
    found = quality([(REQUEST, plan(NINE, NINE, NINE, NINE + 120, outside=1))], [0], SiteTime("UTC"))
    assert (found.courses, found.placed, found.alike, found.cost, found.changes, found.delay_days) == (1, 1, 1, 10, 2, 3)
    assert (found.in_window, found.at_home, found.distinct_starts) == (0.75, 0.75, 2)
    assert found.sd_minutes == pytest.approx(51.96, abs=0.01)


def test_ways_are_compared_by_the_courses_that_all_of_them_place() -> None:
    ours = [(REQUEST, plan(NINE)), (REQUEST, plan(NINE, total=100))]
    theirs = [(REQUEST, plan(NINE, total=15)), (REQUEST, None)]
    alike = placed_by_all([ours, theirs])
    assert alike == [0]
    assert quality(ours, alike, SiteTime("UTC")).cost == 10
    assert quality(theirs, alike, SiteTime("UTC")).placed == 1
    assert cost_beside(theirs, ours) == pytest.approx(0.5)


def test_nothing_placed_is_told_without_a_figure() -> None:
    assert quality([(REQUEST, None)], [], SiteTime("UTC")).cost == 0
    assert cost_beside([(REQUEST, None)], [(REQUEST, plan(NINE))]) is None


def test_utilization_is_of_what_the_scarcest_resource_could_bear() -> None:
    hours = WeeklyHours.of({day: [("08:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
    chairs = [Resource(f"chair-{n}", Kind.CHAIR, frozenset({"chair"})) for n in (1, 2)]
    nurse = Resource("nurse-1", Kind.STAFF, frozenset({"nurse"}), 3)
    held = [("nurse-1", Interval(datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC)), 3)]
    clinic = Clinic(Site("s", "s", "UTC", hours), [*chairs, nurse], held)
    attainable = 20 * 600 * 3
    assert utilization(clinic, [(REQUEST, None)]) == pytest.approx(180 / attainable)
    assert utilization(clinic, [(REQUEST, plan(NINE, NINE))]) == pytest.approx((180 + 2 * 60) / attainable)
    two_nurses = replace(clinic, resources=[*chairs, nurse, replace(nurse, id="nurse-2")])
    assert utilization(two_nurses, [(REQUEST, plan(NINE))]) == pytest.approx(30 / (20 * 600 * 2))
