"""Failures of peers with series and moves, each a test of ours. Kills in the middle of a booking are in tests/kills."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import median
from time import perf_counter

import pytest
import sqlalchemy

from courses import enrolling, queries, registering, rescheduling
from courses.patients.patient import PatientAbsence
from courses.plans.ongoing.course import Course, place_of
from courses.plans.ongoing.moving import CannotMove
from courses.plans.ongoing.outdated import PlanOutdated
from courses.plans.plan import CoursePlan, Unplaceable
from courses.protocols.located.faults import FaultyDocument
from courses.rescheduling import Doing
from rooms import reserving, rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import WEEKDAYS, WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.booking import Claim
from rooms.resources.resource import Absence
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import Equipment, SmallClinic, daily, starts
from tests.known_failures.full_years import ROOMY, fill

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE_DEVICE = {"tms-1": ("device", 1, ("tms-device",))}


def doing(clinic: SmallClinic, reason: str = "a reason") -> Doing:
    return Doing("desk", clinic.now, clinic.new_id, reason)


def enrolled(db: Db, text: str, resources: Equipment | None = None) -> tuple[SmallClinic, Course]:
    clinic = SmallClinic().build(db, resources)
    clinic.protocol(db, "daily", text)
    return clinic, clinic.enrol(db, clinic.wish(clinic.patient(db), "daily"))


def now_of(db: Db, course: Course) -> Course:
    return queries.course(db, course.id).course


def count(db: Db, table: str) -> int:
    return int(db.execute(sqlalchemy.text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_a_clash_planted_at_session_31_of_36_is_found(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "tms-standard-36")
        wish = clinic.wish(clinic.patient(db), "tms-standard-36")
        shown = clinic.plan(db, wish)
        planted = Claim("tms-1", shown.sessions[30].interval, 1, "research")
        reserving.reserve(db, clinic.site_id, [planted], new_id=clinic.new_id, now=clinic.now)

    with pytest.raises(PlanOutdated) as caught, database.transaction() as db:
        clinic.enrol(db, wish, shown)

    assert [conflict.session for conflict in caught.value.conflicts] == [31]
    with database.reading() as db:
        assert (count(db, "session"), count(db, "booking")) == (0, 1)


def test_the_number_of_sessions_is_the_same_after_any_number_of_moves(database: Database) -> None:
    chance = random.Random(7)
    moved = 0
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(12))
        for _ in range(60):
            session = chance.choice(course.live)
            wished = starts(course)[0].replace(hour=14) + chance.randrange(20) * DAY + chance.randrange(0, 300, 5) * timedelta(minutes=1)
            try:
                course = rescheduling.move_session(db, session.id, wished, doing(clinic))
                moved += 1
            except CannotMove:
                continue
            assert (len(course.live), count(db, "session")) == (12, 12)

    assert moved > 8
    assert verify(database, now=clinic.now) == []


def test_a_moved_visit_is_at_its_new_time_in_every_list_and_nowhere_else(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(3))
        session, old = course.live[2], starts(course)[2]
        rescheduling.move_session(db, session.id, old + DAY, doing(clinic))

    with database.reading() as db:
        old_day, new_day = (Interval(start - HOUR, start + 8 * HOUR) for start in (old, old + DAY))
        assert queries.sessions_on(db, clinic.site_id, old_day, now=clinic.now) == ()
        (there,) = queries.sessions_on(db, clinic.site_id, new_day, now=clinic.now)
        (line,) = queries.courses(db, clinic.site_id, now=clinic.now)
    assert there.id == session.id
    assert there.interval is not None
    assert there.interval.starts_at == line.last_at == old + DAY


def test_a_cancelled_session_never_comes_back_whatever_is_done_to_the_course(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(6))
        gone = course.live[2]
        rescheduling.cancel_session(db, gone.id, doing(clinic, "a cold"))
        tombstone = now_of(db, course).session(gone.id)

        rescheduling.move_session(db, course.live[0].id, starts(course)[0] + HOUR, doing(clinic))
        rescheduling.cancel_session(db, course.live[3].id, doing(clinic))
        rescheduling.extend_course(db, course.id, doing(clinic), more=2)
        rescheduling.hold_course(db, course.id, doing(clinic))
        rescheduling.resume_course(db, course.id, date(2026, 12, 7), doing(clinic))
        after = now_of(db, course)

    assert after.session(gone.id) == tombstone
    assert tombstone.status == "cancelled"
    assert len(after.live) == 8
    assert verify(database, now=clinic.now) == []


def test_a_change_from_the_middle_on_leaves_the_past_alone_and_makes_no_twins(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(10))
        clinic.now = starts(course)[4] + HOUR
        past = course.live[:5]

        rescheduling.hold_course(db, course.id, doing(clinic))
        rescheduling.resume_course(db, course.id, date(2026, 12, 14), doing(clinic))
        rescheduling.extend_course(db, course.id, doing(clinic), more=2)
        after = now_of(db, course)
        of_patient = queries.courses(db, clinic.site_id, now=clinic.now)

    assert after.live[:5] == past
    assert len({start.date() for start in starts(after)}) == len(after.live) == 12
    assert [line.id for line in of_patient] == [course.id]


def test_a_weekday_that_is_given_up_keeps_no_visit_not_even_the_first(database: Database) -> None:
    """Sessions on every weekday, then the patient cannot come on Mondays any more; the first session is on a Monday."""
    no_mondays = WeeklyHours.of({day: [("00:00", "24:00")] for day in WEEKDAYS if day != "mon"})
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(10))
        assert starts(course)[0].weekday() == 0
        registering.change_patient_hours(db, course.patient.id, no_mondays)
        rescheduling.hold_course(db, course.id, doing(clinic))
        after = rescheduling.resume_course(db, course.id, date(2026, 11, 30), doing(clinic))

    assert len(starts(after)) == 10
    assert all(start.weekday() != 0 for start in starts(after))


def test_stopping_a_course_touches_no_other(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(5))
        same_patient = clinic.enrol(db, replace(clinic.wish(course.patient, "daily"), start_on_or_after=date(2026, 12, 7)))
        somebody = clinic.enrol(db, clinic.wish(clinic.patient(db, "Ben"), "daily"))
        rescheduling.stop_course(db, course.id, doing(clinic))

        assert now_of(db, same_patient) == same_patient
        assert now_of(db, somebody) == somebody


def test_moving_the_first_visit_leaves_the_later_ones_within_reach_and_the_rule_as_it_is(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(5))
        moved = rescheduling.move_session(db, course.live[0].id, starts(course)[0] + 2 * HOUR, doing(clinic))
        assert (moved.request, moved.version_of, moved.live[1:]) == (course.request, course.version_of, course.live[1:])

        for session in course.live[1:]:
            assert session.interval
            moved = rescheduling.move_session(db, session.id, session.interval.starts_at + HOUR, doing(clinic))
    assert [after - before for after, before in zip(starts(moved), starts(course), strict=True)] == [2 * HOUR, *[HOUR] * 4]


def test_the_count_that_is_reported_is_the_count_that_is_written(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(7))
        assert len(course.live) == course.agreed_sessions == count(db, "session") == count(db, "booking") == 7
        wrong = course.live[2]
        follow = rescheduling.cancel_session(db, wrong.id, doing(clinic))
        after = now_of(db, course)

    assert follow.gone == wrong
    assert [s.id for s in after.sessions if s.status == "cancelled"] == [wrong.id]
    with database.reading() as db:
        assert count(db, "session") == 7 + len([change for change in follow.changes if change.before is None])


def test_a_series_without_end_is_refused(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        with pytest.raises(FaultyDocument, match="1000"):
            clinic.protocol(db, "daily", daily(1001))


def test_a_patient_has_one_place_in_a_group_however_often_they_are_enrolled(database: Database) -> None:
    group = {"room-a": ("room", 8, ("group-room",))}
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(4).replace("tms-device", "group-room"), group)
        wish = clinic.wish(course.patient, "daily")
        shown = CoursePlan("again", tuple(place_of(session) for session in course.live), clinic.plan(db, wish).cost)

        with pytest.raises(PlanOutdated, match="in another session"):
            clinic.enrol(db, wish, shown)
    with database.reading() as db:
        twice = "SELECT count(*) FROM booking GROUP BY purpose, starts_at HAVING count(*) > 1"
        assert db.execute(sqlalchemy.text(twice)).all() == []
        assert count(db, "booking") == 4


def test_a_course_without_a_single_possible_date_gets_a_reason(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        always = Interval(clinic.now, clinic.now + 3000 * DAY)
        rostering.close_site(db, clinic.site_id, Closure(always, "closed for good"), by="desk", new_id=clinic.new_id, now=clinic.now)

        answer = enrolling.propose(db, clinic.wish(clinic.patient(db), "daily"), now=clinic.now)

    assert isinstance(answer, Unplaceable)
    assert (answer.session, bool(answer.detail)) == (1, True)


def test_every_session_of_a_series_has_every_resource_that_it_needs(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "tms-standard-36")
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "tms-standard-36"))

    for session in course.live:
        demands = course.request.protocol.templates[session.template].demands
        assert [booking.claim.capability for booking in session.bookings] == [demand.requirement.capability for demand in demands]


def test_a_move_that_is_refused_leaves_the_old_visit_and_its_place(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(1), ONE_DEVICE)
        wished = starts(course)[0] + 3 * HOUR
        block = Claim("tms-1", Interval(wished, wished + HOUR), 1, "research")
        reserving.reserve(db, clinic.site_id, [block], new_id=clinic.new_id, now=clinic.now)

    with database.transaction() as db:  # the same transaction goes on, and commits
        with pytest.raises(CannotMove):
            rescheduling.move_session(db, course.live[0].id, wished, doing(clinic))
        assert now_of(db, course) == course
    with database.reading() as db:
        assert now_of(db, course) == course
    assert verify(database, now=clinic.now) == []


@pytest.mark.parametrize("way_out", ["move", "cancel"])
@pytest.mark.parametrize("block", ["closure", "absence", "patient"])
def test_visits_inside_a_new_block_can_still_be_moved_out_and_cancelled(database: Database, way_out: str, block: str) -> None:
    """One after the other, while the next one still lies inside."""
    with database.transaction() as db:
        clinic, course = enrolled(db, daily(4))
        blocked = Interval(starts(course)[1] - HOUR, starts(course)[2] + 9 * HOUR)
        if block == "closure":
            rostering.close_site(db, clinic.site_id, Closure(blocked, "snow"), by="desk", new_id=clinic.new_id, now=clinic.now)
        elif block == "absence":
            rostering.add_absence(db, clinic.site_id, "tms-1", Absence(blocked, "repair"), new_id=clinic.new_id, now=clinic.now)
        else:
            registering.note_absence(db, course.patient.id, PatientAbsence(blocked))
        if block != "patient":
            resource = None if block == "closure" else "tms-1"
            found = queries.sessions_hit(db, clinic.site_id, blocked, now=clinic.now, resource=resource)
            assert [line.id for line in found] == [session.id for session in course.live[1:3]]

        for n, hit in enumerate(course.live[1:3]):
            if way_out == "move":
                rescheduling.move_session(db, hit.id, starts(course)[3] + (4 + n) * DAY, doing(clinic))
            elif now_of(db, course).session(hit.id).interval == hit.interval:
                rescheduling.cancel_session(db, hit.id, doing(clinic, block))
        after = now_of(db, course)

    assert len(after.live) == 4
    on_the_resource = [b.claim for session in after.live for b in session.bookings if block != "absence" or b.claim.resource == "tms-1"]
    assert not any(claim.interval.overlaps(blocked) for claim in on_the_resource)
    assert verify(database, now=clinic.now) == []


def statements(database: Database) -> list[str]:
    """Everything that is asked of the database from now on."""
    asked: list[str] = []

    @sqlalchemy.event.listens_for(database.engine, "before_cursor_execute")
    def note(*context: object) -> None:
        asked.append(str(context[2]))

    return asked


@pytest.mark.parametrize("n_courses", [2, 20])
def test_the_board_and_a_booking_ask_no_more_of_the_database_the_fuller_it_is(database: Database, n_courses: int) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {f"tms-{n}": ("device", 1, ("tms-device",)) for n in range(12)})
        clinic.protocol(db, "daily", daily(5))
        wishes = [clinic.wish(clinic.patient(db, f"Ana{n}"), "daily") for n in range(n_courses + 1)]
        for wish in wishes[1:]:
            clinic.enrol(db, wish)
        plan = clinic.plan(db, wishes[0])
    asked = statements(database)

    with database.reading() as db:
        lines = queries.sessions_on(db, clinic.site_id, Interval(clinic.now, clinic.now + 9 * DAY), now=clinic.now)
    for_the_board = len(asked)
    with database.transaction() as db:
        clinic.enrol(db, wishes[0], plan)
    to_book = len(asked) - for_the_board

    assert len(lines) >= 2 * n_courses
    assert for_the_board <= 5
    assert to_book <= 50


@pytest.mark.soak
@pytest.mark.benchmark
def test_planning_booking_and_the_board_are_quick_in_a_database_of_100_000_bookings(database: Database) -> None:
    """36 sessions beside 500 courses that run: planned and booked in less than a second each; a day shown in less than 0.2."""
    with database.transaction() as db:
        clinic = SmallClinic().build(db, ROOMY)
        clinic.protocol(db, "tms-standard-36")
        n_bookings, n_running = fill(db, clinic)
    assert (n_bookings >= 100_000, n_running >= 500) == (True, True)
    planning, booking, showing = [], [], []

    for n in range(5):
        with database.transaction() as db:
            wish = clinic.wish(clinic.patient(db, f"Ana{n}"), "tms-standard-36")
            since = perf_counter()
            plan = clinic.plan(db, wish)
            planning.append(perf_counter() - since)
        since = perf_counter()
        with database.transaction() as db:
            clinic.enrol(db, wish, plan)
        booking.append(perf_counter() - since)
    for n in range(9):
        day = datetime.combine(date(2026, 11, 30) + n * DAY, datetime.min.time(), clinic.now.tzinfo)
        with database.reading() as db:
            since = perf_counter()
            queries.sessions_on(db, clinic.site_id, Interval(day, day + DAY), now=clinic.now)
            showing.append(perf_counter() - since)

    assert median(planning) < 1
    assert median(booking) < 1
    assert median(showing) < 0.2
