"""The program dies while it books a joint plan: each course is there whole or not at all, and going on books the others once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from courses import queries, waiting
from courses.plans.batch import plan_clinic
from courses.waiting import Acting
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import NOW, SmallClinic, daily
from tests.kills.doomed import Doomed, book_a_joint_plan

NAMES = ("Ana", "Bo", "Cleo", "Dan")


def planned(database: Database) -> tuple[SmallClinic, str]:
    """A clinic where four wait, and a joint plan for them."""
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
        clinic.protocol(db, "daily", daily(3))
        for name in NAMES:
            wish = clinic.wish(clinic.patient(db, name), "daily")
            waiting.put_on(db, wish, Acting("desk", NOW), new_id=clinic.new_id)
        asked = waiting.ask_together(db, clinic.site, Acting("desk", NOW), new_id=clinic.new_id, limit=timedelta(seconds=5))
        assert waiting.take_up(db, asked.id)
        work = waiting.to_plan(db, asked.id, now=NOW)
        waiting.keep_found(db, asked.id, plan_clinic(work.clinic, work.requests), work.hopeless, now=NOW)
        return clinic, asked.id


def booked(database: Database, joint: str, fault: str = "") -> list[str]:
    """The courses that the program acknowledged before it was done, or died."""
    program = Doomed(book_a_joint_plan, fault, database.url, joint)
    said = program.said()
    assert program.was_killed is bool(fault)
    return said


@pytest.mark.parametrize("fault", ["F9:kill@4", "F5:kill@2", "F6:kill@2"])
def test_killed_between_two_courses_nothing_acknowledged_is_lost_and_nothing_booked_twice(database: Database, fault: str) -> None:
    clinic, joint = planned(database)

    acknowledged = booked(database, joint, fault)

    with database.reading() as db:
        there = {line.id: line.agreed_sessions for line in queries.courses(db, clinic.site_id, now=NOW)}
    assert 0 < len(acknowledged) < len(NAMES)
    assert set(acknowledged) <= set(there)
    assert len(there) - len(acknowledged) in {0, 1}  # one may have been booked that nobody was told of
    assert verify(database, now=NOW) == []

    all_of_them = booked(database, joint)

    with database.reading() as db:
        courses = queries.courses(db, clinic.site_id, now=NOW)
        assert queries.waiting_courses(db, clinic.site_id) == ()
    assert {line.id for line in courses} == set(all_of_them) >= set(there)
    assert len(all_of_them) == len(courses) == len(NAMES)
    assert verify(database, now=NOW) == []
