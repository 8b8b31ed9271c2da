"""A plan that is kept as text is the same plan when it is read again."""

from __future__ import annotations

from datetime import date, timedelta

from courses.plans.plan import Cost, CoursePlan, MissedWish, PlannedSession, Seat
from courses.plans.request import Authorization, Window
from courses.plans.waiting.kept_plan import kept_plan, plan_of
from rooms.availability.interval import Interval
from scheduler.database import Database
from tests.courses.clinic import NOW, SmallClinic


def test_every_part_of_a_plan_is_kept() -> None:
    at, after = Interval(NOW, NOW + timedelta(minutes=30)), Interval(NOW, NOW + timedelta(minutes=35))
    seats = (Seat(0, "tms-device", "tms-1", after, 1), Seat(1, "prescriber", "dr-a", at, 0))
    missed = (MissedWish("between 09:00 and 10:00", "nobody is free", "date"), MissedWish("the same device", "it is away", "resource"))
    session = PlannedSession(7, "acute", "treatment", at, seats, authorized=False, missed=missed)
    plan = CoursePlan("w_1", (session,), Cost(1, 2, 3, 4, 5.5))

    assert plan_of(kept_plan(plan)) == plan


def test_the_plan_of_a_whole_course_is_kept(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "tms-standard-36")
        permit = Authorization(20, date(2026, 11, 30), date(2026, 12, 31))
        plan = clinic.plan(db, clinic.wish(clinic.patient(db), "tms-standard-36", window=Window(540, 550), authorization=permit))

    assert len(plan.sessions) == 36
    assert plan_of(kept_plan(plan)) == plan
