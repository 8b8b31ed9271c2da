"""The peers that look at one session at a time: what they give is valid, and no better than they promise to be."""

from __future__ import annotations

import pytest

from courses.plans.plan import CoursePlan
from scheduler.benchmarks.booking_tools import FirstFit, NaiveScan
from scheduler.benchmarks.greedy import Greedy
from scheduler.benchmarks.judging import Judge
from tests.scheduler.benchmarks.made import clinic_file

WAYS: list[type[Greedy]] = [FirstFit, NaiveScan]


def booked(way: type[Greedy], size: str, load: float, seed: int) -> dict[str, CoursePlan]:
    file = clinic_file(size, load, 12, seed)
    planner, plans = way(file.as_planned_against()), {}
    for request in file.requests:
        plan = planner.plan(request)
        if plan is not None:
            planner.book(request, plan)
            plans[request.id] = plan
    return plans


@pytest.mark.parametrize(("size", "load", "seed"), [("S", 0.5, 1), ("S", 0.8, 2), ("M", 0.8, 1)])
@pytest.mark.parametrize("way", WAYS)
def test_courses_booked_one_after_another_break_no_rule(way: type[Greedy], size: str, load: float, seed: int) -> None:
    file = clinic_file(size, load, 12, seed)
    plans = booked(way, size, load, seed)
    assert len(plans) >= 8
    assert Judge(file.as_planned_against()).faults(file.requests, plans.values()) == []


def test_first_fit_takes_the_earliest_free_start_and_the_scan_agrees_on_the_date() -> None:
    file = clinic_file("S", 0.5, 12, 1)
    request = next(each for each in file.requests if each.protocol.id == "tms-standard-36")
    clinic = file.as_planned_against()
    fit, scan = FirstFit(clinic).plan(request), NaiveScan(clinic).plan(request)
    assert fit is not None
    assert scan is not None
    first = fit.sessions[0].interval.starts_at
    assert first == min(first, scan.sessions[0].interval.starts_at)
    assert [each.interval.starts_at.date() for each in fit.sessions] == [each.interval.starts_at.date() for each in scan.sessions]


def test_the_scan_keeps_the_wished_window_better_than_the_first_fit() -> None:
    fit, scan = booked(FirstFit, "S", 0.5, 1), booked(NaiveScan, "S", 0.5, 1)
    both = fit.keys() & scan.keys()
    assert sum(scan[course].cost.outside for course in both) < sum(fit[course].cost.outside for course in both)
