"""A clinic file whose protocol reserves room: other courses leave it, if that costs them less than a month."""

from dataclasses import replace
from datetime import date

from courses.plans.batch import plan_clinic
from courses.plans.plan import CoursePlan
from courses.plans.request import CourseRequest
from tests.plans.reserve.test_reserve import MONDAY, clinic


def first_weeks(reserve: dict[str, float] | None) -> list[date]:
    """The dates of the first sessions of twenty courses, when nobody urgent has asked yet."""
    file = clinic(reserve)
    protocol = file.protocols["regular"].protocol
    requests = [CourseRequest(f"c-{n}", f"p-{n}", protocol, MONDAY) for n in range(20)]
    plan = plan_clinic(replace(file, requests=tuple(requests)).as_planned_against(), requests)
    return [answer.sessions[0].interval.starts_at.date() for answer in plan.courses if isinstance(answer, CoursePlan)]


def test_courses_leave_the_reserved_half_of_every_day_but_the_first() -> None:
    days = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)]
    freely, beside = first_weeks(None), first_weeks({"share": 0.5, "until_days": 0})

    assert [freely.count(on) for on in days] == [12, 8, 0]
    assert [beside.count(on) for on in days] == [12, 6, 2]
