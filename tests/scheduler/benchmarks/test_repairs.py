"""The benchmark's own view of a re-plan: what it changed, and what it may not have done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from courses.plans.plan import ClinicPlan, CoursePlan, Unplaceable
from courses.plans.repair import Disruptions, Missed, PatientUnavailable, ResourceDown, SiteClosed
from rooms.availability.interval import Interval
from scheduler.benchmarks.families import Family
from scheduler.benchmarks.judging import Judge
from scheduler.benchmarks.repairs import changes_between, repairs, with_mishaps
from tests.scheduler.benchmarks.made import planned
from tests.scheduler.benchmarks.test_judging import moved

LATER = timedelta(minutes=30)


def with_session(plan: CoursePlan, number: int, by: timedelta) -> CoursePlan:
    sessions = [moved(each, by) if each.number == number else each for each in plan.sessions]
    return replace(plan, sessions=tuple(sessions))


def test_moves_reassignments_and_lost_courses_are_counted() -> None:
    _, _, plans = planned()
    one, two, three, *rest = plans
    now = one.sessions[0].interval.starts_at - timedelta(days=30)
    seats = (replace(two.sessions[0].seats[0], resource="another"), *two.sessions[0].seats[1:])
    reassigned = replace(two, sessions=(replace(two.sessions[0], seats=seats), *two.sessions[1:]))
    shifted, lost = replace(with_session(one, 3, LATER), moved=(3,)), Unplaceable(three.course, 1, "no_capacity", "")
    changed, faults = changes_between(plans, ClinicPlan((shifted, reassigned, lost, *rest), 0), now, [])
    assert (changed.moved, changed.reassigned, changed.lost, faults) == (1, 1, 1, [])


def test_history_may_not_change_and_moves_must_be_told() -> None:
    _, _, plans = planned()
    now = plans[0].sessions[5].interval.starts_at
    after = ClinicPlan((with_session(plans[0], 3, LATER), *plans[1:]), 0)
    _, faults = changes_between(plans, after, now, [])
    course = plans[0].course
    assert f"('{course}', 3) is history, and changed" in faults
    assert f"('{course}', 3) is put into the past" in faults
    assert any(fault.startswith("it says that [] moved") for fault in faults)
    _, faults = changes_between(plans, ClinicPlan((replace(plans[0], moved=(3,)), *plans[1:]), 0), now, [Missed(course, 3)])
    assert faults == [f"it says that [('{course}', 3)] moved; it is []"]


def test_a_mishap_strikes_the_plan_that_was_sound_before() -> None:
    clinic, requests, plans = planned()
    session = plans[0].sessions[4]
    day = Interval(session.interval.starts_at - timedelta(hours=1), session.interval.ends_at + timedelta(hours=1))
    patient = next(request.patient for request in requests if request.id == plans[0].course)
    for mishap, told in (
        (ResourceDown(session.seats[0].resource, day), "cannot be had then"),
        (SiteClosed(day), "cannot be had then"),
        (PatientUnavailable(patient, day), "while the patient is away"),
    ):
        struck = with_mishaps(clinic, Disruptions(session.interval.starts_at, (mishap,)))
        faults = Judge(struck).faults(requests, plans)
        assert any(fault.startswith(f"{plans[0].course}: session 5: ") and told in fault for fault in faults)


def test_every_mishap_is_repaired_and_judged() -> None:
    said: list[str] = []
    found = repairs(Family("S", 0.5, 1, 6), 0.2, said.append)
    assert [each.mishap for each in found][-1] == "all of these but the closed day"
    assert len(said) == len(found) >= 5
    assert all(each.struck for each in found)
    assert all((each.lost, each.moved) <= (each.first_lost, each.first_moved) or each.lost < each.first_lost for each in found)
