"""What goes wrong in the treatments of this clinic when a scheduler does not know them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from courses import queries, registering, rescheduling
from courses.library import protocol_files
from courses.plans.ongoing.course import Course
from courses.plans.ongoing.follow import What
from courses.plans.ongoing.moving import CannotMove
from courses.plans.request import Authorization
from courses.protocols.notation import read_protocol
from courses.rescheduling import Doing
from rooms import rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Db
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import SmallClinic, starts

LIBRARY = protocol_files()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def doing(clinic: SmallClinic) -> Doing:
    return Doing("desk", clinic.now, clinic.new_id, "a reason")


def enrolled(db: Db, code: str, permit: Authorization | None = None, closed: tuple[date, ...] = ()) -> tuple[SmallClinic, Course]:
    """A course from the library in a suite that has all that its protocol asks for, and is closed on some dates."""
    clinic = SmallClinic()
    protocol = next(file for file in LIBRARY if file.name == f"{code}.yaml").read_text("utf-8")
    asked = {d.requirement.capability for t in read_protocol(protocol).protocol.templates.values() for d in t.demands}
    suite = {f"{capability}-{n}": ("room", 4, (capability,)) for capability in sorted(asked) for n in (1, 2, 3)}
    clinic.build(db, suite)
    clinic.protocol(db, code, protocol)
    for on in closed:
        day = Interval(datetime(on.year, on.month, on.day, 5, tzinfo=UTC), datetime(on.year, on.month, on.day, 5, tzinfo=UTC) + DAY)
        rostering.close_site(db, clinic.site_id, Closure(day, "holiday"), by="desk", new_id=clinic.new_id, now=clinic.now)
    return clinic, clinic.enrol(db, clinic.wish(clinic.patient(db), code, authorization=permit))


def dates(course: Course) -> list[date]:
    return [(start - 5 * HOUR).date() for start in starts(course)]


def weeks(course: Course, phase: str) -> list[int]:
    """How many sessions of a phase each week holds."""
    of_phase = [on for session, on in zip(course.live, dates(course), strict=True) if session.phase == phase]
    return list(Counter(on.isocalendar()[:2] for on in of_phase).values())


def test_a_holiday_in_a_taper_week_moves_the_end_and_drops_no_session(database: Database) -> None:
    """The taper's first week, 11 to 15 January, has only two open days: its third session comes a week later, the 2 and the 1 after it."""
    closed = (date(2027, 1, 11), date(2027, 1, 12), date(2027, 1, 13))
    with database.transaction() as db:
        _, course = enrolled(db, "tms-standard-36", closed=closed)

    assert len(course.live) == 36
    assert weeks(course, "taper") == [2, 1, 2, 1]
    assert not set(dates(course)) & set(closed)
    assert dates(course)[-1] > date(2027, 1, 25)


def test_a_closure_inside_a_daily_course_makes_no_date_hold_two_sessions(database: Database) -> None:
    closed = (date(2026, 12, 25), date(2027, 1, 1))
    with database.transaction() as db:
        _, course = enrolled(db, "tms-standard-36", closed=closed)

    assert len(set(dates(course))) == 36
    assert dates(course)[29] == date(2027, 1, 12)  # 30 open weekdays from 30 November, not 42 days


def test_sessions_beyond_a_payers_25_are_not_there_before_they_are_granted(database: Database) -> None:
    permit = Authorization(25, date(2026, 11, 1), date(2027, 6, 30))
    with database.transaction() as db:
        clinic, course = enrolled(db, "tms-payer-20-plus-5", permit)
        assert len(course.live) == 25
        clinic.now = starts(course)[19] + HOUR

        extended = rescheduling.extend_course(db, course.id, doing(clinic))

    assert [session.number for session in extended.live if not session.authorized] == list(range(26, 37))


def test_there_is_one_mapping_visit_however_often_the_course_is_interrupted(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, "tms-payer-20-plus-5")
        clinic.now = starts(course)[5] + HOUR
        rescheduling.miss_session(db, course.live[5].id, doing(clinic))
        rescheduling.hold_course(db, course.id, doing(clinic))
        rescheduling.resume_course(db, course.id, date(2026, 12, 14), doing(clinic))
        after = rescheduling.extend_course(db, course.id, doing(clinic))

    assert [session.template for session in after.live].count("mapping") == 1
    assert verify(database, now=clinic.now) == []


def test_a_policy_that_stops_at_30_shows_at_booking_time(database: Database) -> None:
    with database.transaction() as db:
        _, course = enrolled(db, "tms-itbs-36", Authorization(30, date(2026, 11, 1), date(2027, 6, 30)))

    assert [session.number for session in course.live if not session.authorized] == list(range(31, 37))


def test_an_authorization_that_ends_in_the_middle_shows_at_booking_time(database: Database) -> None:
    with database.transaction() as db:
        _, course = enrolled(db, "tms-standard-36", Authorization(36, date(2026, 11, 1), date(2026, 12, 31)))

    assert [session.authorized for session in course.live] == [on <= date(2026, 12, 31) for on in dates(course)]
    assert not all(session.authorized for session in course.live)


def test_twice_a_week_is_not_monday_and_tuesday(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, "esketamine-trd")
        second = course.live[1]

        with pytest.raises(CannotMove, match="at least 2 days"):
            rescheduling.move_session(db, second.id, starts(course)[0] + DAY, doing(clinic))


def test_moving_one_dose_never_makes_three_in_seven_days(database: Database) -> None:
    """Mondays and Wednesdays: from Friday to the Wednesday after, there would be three."""
    with database.transaction() as db:
        clinic, course = enrolled(db, "esketamine-trd")
        assert dates(course)[:4] == [date(2026, 11, 30), date(2026, 12, 2), date(2026, 12, 7), date(2026, 12, 9)]

        with pytest.raises(CannotMove, match="session 4: 2026-12-09 cannot be: seven days already hold 2 sessions"):
            rescheduling.move_session(db, course.live[1].id, starts(course)[1] + 2 * DAY, doing(clinic))


def test_friday_then_monday_is_legal_spacing(database: Database) -> None:
    mondays_and_fridays = WeeklyHours.of({"mon": [("08:00", "17:00")], "fri": [("08:00", "17:00")]})
    with database.transaction() as db:
        clinic, course = enrolled(db, "esketamine-trd")
        registering.change_patient_hours(db, course.patient.id, mondays_and_fridays)
        rescheduling.hold_course(db, course.id, doing(clinic))
        after = rescheduling.resume_course(db, course.id, date(2026, 11, 30), doing(clinic))

    assert dates(after)[:4] == [date(2026, 11, 30), date(2026, 12, 4), date(2026, 12, 7), date(2026, 12, 11)]


def test_after_a_missed_induction_dose_the_course_goes_on_and_does_not_begin_again(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, "esketamine-trd")
        clinic.now = starts(course)[2] + HOUR

        follow = rescheduling.miss_session(db, course.live[2].id, doing(clinic))
        after = queries.course(db, course.id).course

    assert after.live[:2] == course.live[:2]
    assert len(after.live) == len(course.live)
    assert len(follow.those(What.ADDED)) == 1
    for week in {on.isocalendar()[:2] for on in dates(after)}:
        assert sum(on.isocalendar()[:2] == week for on in dates(after)) <= 2
    assert len(set(dates(after))) == len(after.live)
    assert verify(database, now=clinic.now) == []


def test_a_missed_treatment_with_a_window_is_made_up_for_inside_it_or_owed(database: Database) -> None:
    """Days 2-5, 7-12, 14-19 and 23-28: the second is due on days 7 to 12."""
    with database.transaction() as db:
        clinic, course = enrolled(db, "ect-continuation-windows")
        anchor = date(2026, 11, 30)
        assert [(on - anchor).days for on in dates(course)][:2] == [2, 7]
        clinic.now = starts(course)[1] + HOUR

        rescheduling.miss_session(db, course.live[1].id, doing(clinic))
        once = queries.course(db, course.id).course
        clinic.now = starts(once)[1] + 4 * DAY
        follow = rescheduling.miss_session(db, once.live[1].id, doing(clinic))
        twice = queries.course(db, course.id).course

    assert 8 <= (dates(once)[1] - anchor).days <= 12
    assert follow.unplaceable is not None
    assert [session.number for session in twice.owed] == [2]
    assert twice.live[2:] == once.live[2:]


def test_a_start_on_a_day_that_no_window_holds_is_refused(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, "ect-continuation-windows")
        first = starts(course)[0]

        for day in (6, 13):  # counted from 30 November
            with pytest.raises(CannotMove):
                rescheduling.move_session(db, course.live[1].id, first + (day - 2) * DAY, doing(clinic))
        rescheduling.move_session(db, course.live[1].id, first + (8 - 2) * DAY, doing(clinic))


def test_one_more_treatment_by_the_weekly_score_again_and_again(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = enrolled(db, "ect-continuation-windows")
        clinic.now = starts(course)[3] + HOUR
        for _ in range(3):
            course = rescheduling.extend_course(db, course.id, doing(clinic))

    assert [session.phase for session in course.live[4:]] == ["by-score", "by-score, extension 1", "by-score, extension 2"]
    assert verify(database, now=clinic.now) == []
