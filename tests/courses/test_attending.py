"""The day itself: what happened to sessions is recorded in its order, and never out of it."""

import itertools
import threading
from datetime import timedelta

import pytest

from courses import attending, queries, rescheduling
from courses.attending import Moment
from courses.errors import Unknown
from courses.rescheduling import Doing
from courses.sessions.status import WrongState
from scheduler.database import Database
from tests.courses.clinic import NOW, SmallClinic


def booked(database: Database) -> tuple[str, str]:
    """The first two sessions of a booked course."""
    clinic = SmallClinic()
    with database.transaction() as db:
        clinic.build(db)
        clinic.protocol(db, "tms-itbs-36")
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "tms-itbs-36"))
    return course.live[0].id, course.live[1].id


def test_sessions_go_their_way_and_everything_is_on_record(database: Database) -> None:
    first, second = booked(database)
    day = [Moment(first, verb, NOW + timedelta(minutes=n)) for n, verb in enumerate(("arrive", "start", "observe", "discharge"))]

    with database.transaction() as db:
        attending.attend(db, [*day, Moment(second, "arrive", NOW)], by="nurse")

    with database.reading() as db:
        course = queries.course_of_session(db, first)
        history = queries.history_of(db, course.id)
    assert [session.status for session in course.course.live[:3]] == ["discharged", "arrived", "booked"]
    assert [(each.kind, each.at) for each in history if each.session == first and each.kind != "booked"] == [
        (status, NOW + timedelta(minutes=n)) for n, status in enumerate(("arrived", "in_treatment", "in_observation", "discharged"))
    ]


def test_nobody_is_discharged_who_was_not_treated(database: Database) -> None:
    first, second = booked(database)

    with pytest.raises(WrongState, match="Session 2"), database.transaction() as db:
        attending.attend(db, [Moment(first, "arrive", NOW), Moment(second, "discharge", NOW)], by="nurse")

    with database.reading() as db:
        assert {session.status for session in queries.course_of_session(db, first).course.live} == {"booked"}


def test_unknown_session_is_refused(database: Database) -> None:
    with pytest.raises(Unknown, match="s_nobody"), database.transaction() as db:
        attending.attend(db, [Moment("s_nobody", "arrive", NOW)], by="nurse")


def test_an_arrival_waits_for_a_cancellation_under_way_and_is_then_refused(database: Database) -> None:
    first, _ = booked(database)
    cancelled, numbers = threading.Event(), itertools.count()
    refused: list[WrongState] = []

    def arrive() -> None:
        cancelled.wait(10)
        try:
            with database.transaction() as db:
                attending.attend(db, [Moment(first, "arrive", NOW)], by="nurse")
        except WrongState as error:
            refused.append(error)

    nurse = threading.Thread(target=arrive)
    nurse.start()
    with database.transaction() as db:
        rescheduling.cancel_session(db, first, Doing("desk", NOW, lambda prefix: f"{prefix}late{next(numbers)}", "asked by phone"))
        cancelled.set()
        nurse.join(0.5)
    nurse.join()

    assert len(refused) == 1
