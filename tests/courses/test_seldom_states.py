"""States into which a course comes seldom, found by letting a clinic live at random."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest

from courses import queries, registering, rescheduling
from courses.patients.patient import PatientAbsence
from courses.plans.ongoing.course import Course
from courses.plans.ongoing.moving import CannotMove
from courses.plans.ongoing.outdated import PlanOutdated
from courses.rescheduling import Doing
from rooms import rostering
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.resources.resource import Absence
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import SmallClinic, daily, starts

DAY = timedelta(days=1)


def with_nothing_free(db: Db, sessions: int, cancelled: int) -> tuple[SmallClinic, Course]:
    """A course of which the first sessions were cancelled while the only device is away: they are owed. It is back again."""
    clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
    clinic.protocol(db, "daily", daily(sessions))
    course = clinic.enrol(db, clinic.wish(clinic.patient(db), "daily", date(2026, 12, 7), finish=date(2026, 12, 31)))
    away = Absence(Interval(clinic.now, clinic.now + 300 * DAY), "repair")
    made, _ = rostering.add_absence(db, clinic.site_id, "tms-1", away, new_id=clinic.new_id, now=clinic.now)
    for session in course.live[:cancelled]:
        rescheduling.cancel_session(db, session.id, Doing("desk", clinic.now, clinic.new_id, "device away"))
    rostering.remove_absence(db, clinic.site_id, made.public_id)
    return clinic, queries.course(db, course.id).course


def test_a_place_for_the_only_session_that_is_owed(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = with_nothing_free(db, sessions=1, cancelled=1)
        (owed,) = course.owed

        places = rescheduling.alternatives(db, owed.id, clinic.now + 14 * DAY, now=clinic.now)
        after = rescheduling.move_session(db, owed.id, places[0].interval.starts_at, Doing("desk", clinic.now, clinic.new_id))

    assert starts(after) == [places[0].interval.starts_at]
    assert verify(database, now=clinic.now) == []


def test_a_second_session_before_the_start_of_the_course_while_the_first_is_owed(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = with_nothing_free(db, sessions=3, cancelled=2)
        doing = Doing("desk", clinic.now, clinic.new_id)
        assert [session.number for session in course.owed] == [1, 2]

        with pytest.raises(CannotMove, match="the course starts on or after 2026-12-07"):
            rescheduling.move_session(db, course.owed[1].id, starts(course)[0] - 7 * DAY, doing)


def test_a_second_miss_after_visits_that_came_behind_one_that_is_owed(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(5))
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "daily", date(2026, 12, 7), finish=date(2026, 12, 11)))
        clinic.now = starts(course)[1] + DAY / 24
        rescheduling.miss_session(db, course.live[1].id, Doing("desk", clinic.now, clinic.new_id, "ill"))
        (owed,) = queries.course(db, course.id).course.owed
        clinic.now = starts(course)[4] + DAY / 24

        rescheduling.miss_session(db, course.live[4].id, Doing("desk", clinic.now, clinic.new_id, "ill"))
        after = queries.course(db, course.id).course

    assert [session.number for session in after.live if session.interval] == [1, 2, 3]
    assert [session.number for session in after.owed] == [4, 5]
    assert after.owed[0].id == owed.id
    assert verify(database, now=clinic.now) == []


def test_a_plan_is_outdated_by_an_absence_of_the_patient_noted_in_that_moment(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(5))
        patient = clinic.patient(db)
        wish = clinic.wish(patient, "daily")
        plan = clinic.plan(db, wish)
    told: list[type[Exception]] = []

    def enrol() -> None:
        try:
            with database.transaction() as db:
                clinic.enrol(db, wish, plan)
        except PlanOutdated as outdated:
            told.append(type(outdated))

    other = threading.Thread(target=enrol)
    with database.transaction() as db:
        registering.note_absence(db, patient.id, PatientAbsence(plan.sessions[2].interval, "a journey"))
        other.start()
        other.join(0.5)  # long enough for it to look, and to wait for the patient
    other.join()

    assert told == [PlanOutdated]
