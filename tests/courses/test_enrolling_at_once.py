"""Several desks book courses in the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from courses import enrolling, queries, rescheduling
from courses.plans.ongoing.course import Course, CourseWish
from courses.plans.ongoing.outdated import PlanOutdated
from courses.plans.plan import CoursePlan
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import NOW, SmallClinic, daily


def booked_at_once(database: Database, asked: list[tuple[CourseWish, CoursePlan]]) -> list[PlanOutdated]:
    """Books all of them, each from a thread of its own, and gives the refusals."""
    together = Barrier(len(asked))

    def book(wish: CourseWish, plan: CoursePlan) -> PlanOutdated | None:
        together.wait()
        try:
            with database.transaction() as db:
                enrolling.enrol(db, wish, plan, by="desk", now=NOW, new_id=SystemClock().new_id)
        except PlanOutdated as outdated:
            return outdated
        return None

    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(book, *zip(*asked, strict=True)))
    return [answer for answer in answers if answer is not None]


def test_of_eight_who_were_shown_the_same_places_one_gets_them_and_the_others_are_offered_others(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
        clinic.protocol(db, "daily", daily(5))
        wishes = [clinic.wish(clinic.patient(db, f"Ana{n}"), "daily") for n in range(8)]
        asked = [(wish, clinic.plan(db, wish)) for wish in wishes]

    refusals = booked_at_once(database, asked)

    assert len(refusals) == 7
    assert all(each.conflicts[0].held_by for each in refusals)
    assert all(clinic.offered_anew(database, each).sessions for each in refusals)
    with database.reading() as db:
        assert len(queries.courses(db, clinic.site_id, now=NOW)) == 1
    assert verify(database, now=NOW) == []


def test_two_courses_of_one_patient_at_once_never_overlap(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(5))
        wish = clinic.wish(clinic.patient(db), "daily")
        plan = clinic.plan(db, wish)

    refusals = booked_at_once(database, [(wish, plan)] * 4)

    assert [each.conflicts[0].reasons[0].split(" at ")[0] for each in refusals] == ["the patient is in another session"] * 3
    assert verify(database, now=NOW) == []


def test_desks_that_cancel_at_once_lose_no_cancellation_and_overfill_nothing(database: Database) -> None:
    """All make-up sessions want the same few free places at the end; who comes too late has one that is owed."""
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
        clinic.protocol(db, "daily", daily(5))
        courses = [clinic.enrol(db, clinic.wish(clinic.patient(db, f"Ana{n}"), "daily")) for n in range(8)]
    together = Barrier(len(courses))

    def cancel(course: Course) -> None:
        together.wait()
        with database.transaction() as db:
            doing = rescheduling.Doing("desk", NOW, SystemClock().new_id, "a cold")
            rescheduling.cancel_session(db, course.live[0].id, doing)

    with ThreadPoolExecutor(len(courses)) as pool:
        list(pool.map(cancel, courses))

    with database.reading() as db:
        after = [queries.course(db, course.id).course for course in courses]
    assert all(new.session(old.live[0].id).status == "cancelled" and len(new.live) == 5 for old, new in zip(courses, after, strict=True))
    assert verify(database, now=NOW) == []
