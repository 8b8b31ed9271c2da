"""In whichever way time becomes free, whoever waits for it is offered it with the worker's next beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from courses import registering, rescheduling
from courses.patients.patient import PatientAbsence
from courses.plans.ongoing.course import Course
from rooms import equipping, queries, reserving, rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.booking import Claim
from rooms.resources.resource import Absence, Kind, Resource
from scheduler.database import Database
from tests.openings.test_offering import EIGHT, TUESDAY, waiting, ward_with_a_full_morning
from tests.openings.ward import DAY, HOUR, Ward

EARLY = WeeklyHours.of({"tue": [("08:00", "17:00")]})
PLACE = Interval(EIGHT, EIGHT + HOUR / 2)
SECOND = Resource("tms-2", Kind.DEVICE, frozenset({"tms-device"}), 1)

Frees = Callable[[Db], object]
"""What frees the place at last."""


class Full:
    """Tuesday's first place is Ana's, and Bea waits for it."""

    def __init__(self, database: Database) -> None:
        self.ward, self.ana = ward_with_a_full_morning(database)
        self.bea = waiting(self.ward, "Bea")

    def do(self, doing: Frees) -> None:
        """A minute later."""
        self.ward.pass_time(timedelta(minutes=1))
        with self.ward.database.transaction() as db:
            doing(db)


def visit_cancelled(full: Full) -> Frees:
    return lambda db: rescheduling.cancel_session(db, full.ana.live[0].id, full.ward.doing())


def visit_moved(full: Full) -> Frees:
    return lambda db: rescheduling.move_session(db, full.ana.live[0].id, EIGHT + 6 * HOUR, full.ward.doing())


def course_held(full: Full) -> Frees:
    return lambda db: rescheduling.hold_course(db, full.ana.id, full.ward.doing())


def course_stopped(full: Full) -> Frees:
    return lambda db: rescheduling.stop_course(db, full.ana.id, full.ward.doing())


def new_device(full: Full) -> Frees:
    ward = full.ward
    return lambda db: equipping.add_resource(db, ward.site_id, SECOND, new_id=ward.clinic.new_id, now=ward.now)


def more_capacity(full: Full) -> Frees:
    ward = full.ward
    return lambda db: equipping.change_capacity(db, ward.site_id, "tms-1", 2, now=ward.now)


def one_more_thing_it_can_do(full: Full) -> Frees:
    ward = full.ward
    other = replace(SECOND, capabilities=frozenset({"other"}))
    full.do(lambda db: equipping.add_resource(db, ward.site_id, other, new_id=ward.clinic.new_id, now=ward.now))
    return lambda db: equipping.change_capabilities(db, ward.site_id, "tms-2", ["other", "tms-device"], now=ward.now)


def longer_hours_of_a_device(full: Full) -> Frees:
    ward = full.ward
    late = replace(SECOND, hours=WeeklyHours.of({"tue": [("12:00", "12:10")]}))
    full.do(lambda db: equipping.add_resource(db, ward.site_id, late, new_id=ward.clinic.new_id, now=ward.now))
    return lambda db: equipping.change_hours(db, ward.site_id, "tms-2", EARLY, now=ward.now)


def longer_hours_of_the_site(full: Full) -> Frees:
    ward = full.ward
    full.do(new_device(full))

    def hours(db: Db, opens: str) -> None:
        known = queries.site(db, ward.site_id)
        days = {day: [(opens, "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
        equipping.change_site(db, ward.site_id, replace(known.site, hours=WeeklyHours.of(days)), now=ward.now)

    full.do(lambda db: hours(db, "08:30"))
    return lambda db: hours(db, "08:00")


def device_back(full: Full) -> Frees:
    ward, away = full.ward, list[str]()
    full.do(new_device(full))

    def leave(db: Db) -> None:
        absence = Absence(Interval(ward.now, ward.now + 30 * DAY), "serviced")
        made, _ = rostering.add_absence(db, ward.site_id, "tms-2", absence, new_id=ward.clinic.new_id, now=ward.now)
        away.append(made.public_id)

    full.do(leave)
    return lambda db: rostering.remove_absence(db, ward.site_id, away[0])


def day_reopened(full: Full) -> Frees:
    ward, shut = full.ward, list[str]()
    full.do(new_device(full))

    def close(db: Db) -> None:
        closure = Closure(Interval(EIGHT - HOUR, EIGHT + HOUR / 2), "closed")
        made, _ = rostering.close_site(db, ward.site_id, closure, by="desk", new_id=ward.clinic.new_id, now=ward.now)
        shut.append(made.public_id)

    full.do(close)
    return lambda db: rostering.remove_closure(db, ward.site_id, shut[0], now=ward.now)


def patient_there_after_all(full: Full) -> Frees:
    absence = PatientAbsence(PLACE, "travels")
    full.do(lambda db: registering.note_absence(db, full.bea.patient.id, absence))
    full.do(new_device(full))
    return lambda db: registering.remove_absence(db, full.bea.patient.id, absence)


def hold_run_out(full: Full) -> Frees:
    ward = full.ward
    full.do(new_device(full))
    claim = Claim("tms-2", PLACE, 1, "somebody who thinks about it")
    until = ward.now + 2 * HOUR
    full.do(lambda db: reserving.reserve(db, ward.site_id, [claim], new_id=ward.clinic.new_id, now=ward.now, hold_until=until))
    return lambda _: ward.clock.set(until)


def hold_released(full: Full) -> Frees:
    hold_run_out(full)
    return lambda db: reserving.release(db, ["somebody who thinks about it"], now=full.ward.now)


WAYS = (
    *(visit_cancelled, visit_moved, course_held, course_stopped, new_device, more_capacity, one_more_thing_it_can_do),
    *(longer_hours_of_a_device, longer_hours_of_the_site, device_back, day_reopened, patient_there_after_all, hold_run_out, hold_released),
)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_offered_with_the_next_beat(database: Database, way: Callable[[Full], Frees]) -> None:
    full = Full(database)
    frees = way(full)
    assert (full.ward.look(), full.ward.running()) == (0, ())  # and it is seen that nothing is free

    full.do(frees)

    assert (full.ward.look(), full.ward.names()) == (1, ["Bea"])
    assert full.ward.running()[0].place == PLACE


def test_a_visit_that_ends_before_its_time_frees_what_is_left_of_it(database: Database) -> None:
    ward = Ward(database)
    long: Course = ward.course("Ana", TUESDAY, (480, 510))
    ward.clock.set(EIGHT + HOUR / 60)
    with database.reading() as db:
        before = queries.freedom(db, ward.site_id, now=ward.now)

    with database.transaction() as db:
        reserving.release(db, [long.live[0].id], now=ward.now)

    with database.reading() as db:
        assert queries.freedom(db, ward.site_id, now=ward.now) != before
