"""What a clinic does with a course after it was booked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from courses import queries, rescheduling
from courses.errors import Faulty, StaleVersion
from courses.plans.ongoing.anew import NoPlace
from courses.plans.ongoing.course import Course
from courses.plans.ongoing.follow import What
from courses.plans.ongoing.moving import CannotMove
from courses.plans.ongoing.outdated import HeldBy
from courses.plans.request import Authorization
from courses.rescheduling import Doing
from courses.sessions.status import WrongState
from rooms import reserving
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.booking import Claim
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import Equipment, SmallClinic, daily, starts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKLY = daily(6).replace("per_week: 5", "per_week: 1, min_gap_days: 5, max_gap_days: 10")
TWICE = daily(8).replace("per_week: 5", "per_week: 2, min_gap_days: 2")


def doing(clinic: SmallClinic, reason: str | None = "a reason", expected: int | None = None) -> Doing:
    return Doing("desk", clinic.now, clinic.new_id, reason, expected)


def small(db: Db, text: str, resources: Equipment | None = None) -> tuple[SmallClinic, Course]:
    clinic = SmallClinic().build(db, resources)
    clinic.protocol(db, "daily", text)
    return clinic, clinic.enrol(db, clinic.wish(clinic.patient(db), "daily"))


def course_now(db: Db, course: Course) -> Course:
    return queries.course(db, course.id).course


def days(course: Course) -> list[str]:
    return [f"{start:%m-%d}" for start in starts(course)]


def test_a_move_puts_one_session_elsewhere_and_leaves_the_rest(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(5))
        third = course.live[2]
        assert third.interval
        later = third.interval.starts_at + 3 * HOUR

        after = rescheduling.move_session(db, third.id, later, doing(clinic))
        happened = queries.history_of(db, queries.course(db, course.id).id)[-1]

    assert [s.id for s in after.live] == [s.id for s in course.live]
    assert starts(after) == [*starts(course)[:2], later, *starts(course)[3:]]
    assert (after.version, after.live[2].version, after.live[1]) == (2, 2, course.live[1])
    assert (happened.kind, happened.session, happened.by, happened.reason) == ("moved", third.id, "desk", "a reason")
    assert verify(database, now=clinic.now) == []


def test_a_move_onto_a_part_of_its_own_time(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(1), {"tms-1": ("device", 1, ("tms-device",))})
        later = starts(course)[0] + timedelta(minutes=15)

        after = rescheduling.move_session(db, course.live[0].id, later, doing(clinic))

    assert starts(after) == [later]
    assert verify(database, now=clinic.now) == []


def test_a_session_moved_past_others_is_numbered_with_them_in_order_of_time(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(4).replace("per_week: 5", "per_week: 5"))
        monday = starts(course)[3] + 4 * DAY

        after = rescheduling.move_session(db, course.live[1].id, monday, doing(clinic))

    assert [s.id for s in after.live] == [course.live[k].id for k in (0, 2, 3, 1)]
    assert [s.number for s in after.live] == [1, 2, 3, 4]
    assert starts(after) == [starts(course)[0], starts(course)[2], starts(course)[3], monday]
    assert verify(database, now=clinic.now) == []


def test_a_refused_move_says_why_who_is_there_and_what_is_near_and_the_old_visit_stands(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(2), {"tms-1": ("device", 1, ("tms-device",))})
        other = clinic.enrol(db, clinic.wish(clinic.patient(db, "Ben"), "daily"))
        taken = other.live[0].interval
        assert taken

    with pytest.raises(CannotMove) as caught, database.transaction() as db:
        rescheduling.move_session(db, course.live[0].id, taken.starts_at, doing(clinic))

    refusal = caught.value
    assert "tms-1 is taken from" in refusal.message
    assert refusal.held_by == (HeldBy("tms-1", other.live[0].bookings[0].claim.interval, "Ben Lopez, session 1 of 2"),)
    assert len(refusal.alternatives) == 3
    with database.transaction() as db:
        assert course_now(db, course) == course
        for offered in refusal.alternatives:
            moved = rescheduling.move_session(db, course.live[0].id, offered.interval.starts_at, doing(clinic))
            there = moved.session(course.live[0].id)
            assert (there.number, there.interval, there.resources) == (offered.number, offered.interval, offered.resources)
    assert verify(database, now=clinic.now) == []


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (timedelta(minutes=2), "off the grid"),
        (timedelta(seconds=1), "off the grid"),
        (DAY, "at least 1 days must lie between sessions"),
        (5 * DAY, "2026-12-05"),
        (timedelta(hours=8, minutes=45), "does not work"),
    ],
)
def test_a_move_keeps_the_rules_of_the_phase_and_the_site(database: Database, by: timedelta, said: str) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(3, weekdays="[mon, tue, wed, thu, fri]"))

    with pytest.raises(CannotMove) as caught, database.transaction() as db:
        rescheduling.move_session(db, course.live[0].id, starts(course)[0] + by, doing(clinic))

    assert said in caught.value.message
    with database.reading() as db:
        assert course_now(db, course) == course


def test_a_move_into_the_past_or_of_what_has_begun_is_refused(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(3))
        first = starts(course)[0]
        with pytest.raises(Faulty, match="is past"):
            rescheduling.move_session(db, course.live[0].id, clinic.now - HOUR, doing(clinic))
        clinic.now = first + timedelta(minutes=5)
        with pytest.raises(WrongState, match="has begun already"):
            rescheduling.move_session(db, course.live[0].id, first + 2 * DAY, doing(clinic))


def test_a_move_onto_a_named_resource(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(2))
        assert course.live[0].resources == ("tms-1",)

        after = rescheduling.move_session(db, course.live[0].id, starts(course)[0], doing(clinic), onto=["tms-2"])
        with pytest.raises(CannotMove, match="op-a is not what the session needs"):
            rescheduling.move_session(db, course.live[1].id, starts(course)[1], doing(clinic), onto=["op-a"])

    assert after.live[0].resources == ("tms-2",)


def test_an_old_version_of_the_course_is_refused(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(2))
        rescheduling.move_session(db, course.live[0].id, starts(course)[0] + HOUR, doing(clinic, expected=1))

        with pytest.raises(StaleVersion):
            rescheduling.move_session(db, course.live[0].id, starts(course)[0] + 2 * HOUR, doing(clinic, expected=1))


def test_after_a_missed_session_of_a_daily_course_the_visits_stay_and_one_is_added_at_the_end(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(8))
        fourth = course.live[3]
        clinic.now = starts(course)[3] + timedelta(minutes=20)
        shown = rescheduling.consequences(db, fourth.id, now=clinic.now)

        done = rescheduling.miss_session(db, fourth.id, doing(clinic, "did not come"))
        after = course_now(db, course)

    assert (len(done.those(What.ADDED)), len(done.those(What.MOVED)), len(done.those(What.RENUMBERED))) == (1, 0, 4)
    assert shown == done
    assert done.sentence == "1 session is added."
    kept = [session for session in course.live if session.id != fourth.id]
    assert [(s.id, s.interval, s.bookings) for s in after.live[:7]] == [(s.id, s.interval, s.bookings) for s in kept]
    assert [s.number for s in after.live] == list(range(1, 9))
    assert after.live[7].replaces == fourth.id
    assert days(after)[-1] == "12-10"
    gone = after.session(fourth.id)
    assert (gone.status, gone.reason, gone.number, gone.interval, gone.bookings) == ("missed", "did not come", 4, fourth.interval, ())
    assert verify(database, now=clinic.now) == []


def test_visits_at_odd_times_stay_there_when_they_get_another_number(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(5))
        course = rescheduling.move_session(db, course.live[3].id, starts(course)[3] + 4 * HOUR, doing(clinic))
        clinic.now = starts(course)[0] + HOUR

        rescheduling.miss_session(db, course.live[0].id, doing(clinic))
        after = course_now(db, course)

    assert [(s.id, s.interval) for s in after.live[:4]] == [(s.id, s.interval) for s in course.live[1:]]


def test_a_cancelled_session_of_a_course_with_room_is_made_up_for_in_between(database: Database) -> None:
    """Twice a week there is room the same week, so that nothing else moves and the end stays."""
    with database.transaction() as db:
        clinic, course = small(db, TWICE)
        assert days(course)[:4] == ["11-30", "12-02", "12-07", "12-09"]

        done = rescheduling.cancel_session(db, course.live[3].id, doing(clinic, "a cold"))
        after = course_now(db, course)

    assert done.sentence == "1 session is added."
    assert [start.date() for start in starts(after)[:5]] == [
        date(2026, 11, 30), date(2026, 12, 2), date(2026, 12, 7), date(2026, 12, 10), date(2026, 12, 14)
    ]  # fmt: skip
    assert starts(after)[-1] == starts(course)[-1]
    assert verify(database, now=clinic.now) == []


def test_a_cancelled_session_frees_its_time_at_once(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(2), {"tms-1": ("device", 1, ("tms-device",))})
        freed = course.live[0].interval
        assert freed

        rescheduling.cancel_session(db, course.live[0].id, doing(clinic))
        reserving.reserve(db, clinic.site_id, [Claim("tms-1", freed, 1, "somebody else")], new_id=clinic.new_id, now=clinic.now)

    assert verify(database, now=clinic.now) == []


def test_nothing_can_be_placed_and_the_miss_is_on_record_all_the_same(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, WEEKLY)
        sixth = course.live[5]
        clinic.now = starts(course)[4] + 10 * DAY + 9 * HOUR

        done = rescheduling.miss_session(db, sixth.id, doing(clinic, "did not come"))
        after = course_now(db, course)

    assert done.unplaceable is not None
    assert "1 session is owed and has no place yet" in done.sentence
    (owed,) = after.owed
    assert (owed.number, owed.status, owed.interval, owed.replaces) == (6, "planned", None, sixth.id)
    assert (len(after.live), after.session(sixth.id).status) == (6, "missed")
    with database.reading() as db:
        assert [line.id for line in queries.owed_sessions(db, clinic.site_id, now=clinic.now)] == [owed.id]
    assert verify(database, now=clinic.now) == []
    with database.transaction() as db:
        too_late = starts(course)[4] + 14 * DAY
        with pytest.raises(CannotMove, match="at most 10 days"):
            rescheduling.move_session(db, owed.id, too_late, doing(clinic))
        placed = rescheduling.move_session(db, owed.id, too_late, doing(clinic, "the prescriber agrees"), despite_gap=True)
    assert (placed.owed, placed.live[-1].id) == ((), owed.id)
    assert verify(database, now=clinic.now) == []


def test_what_is_over_is_missed_and_what_is_to_come_is_cancelled(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(3))
        with pytest.raises(WrongState, match="has not begun"):
            rescheduling.miss_session(db, course.live[0].id, doing(clinic))
        clinic.now = starts(course)[0] + HOUR
        with pytest.raises(WrongState, match="is over"):
            rescheduling.cancel_session(db, course.live[0].id, doing(clinic))
        rescheduling.miss_session(db, course.live[0].id, doing(clinic))
        with pytest.raises(WrongState, match="is missed and cannot be"):
            rescheduling.miss_session(db, course.live[0].id, doing(clinic))
        with pytest.raises(Faulty, match="say why"):
            rescheduling.cancel_session(db, course.live[1].id, doing(clinic, " "))


def test_a_held_course_frees_its_time_and_goes_on_later(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(6))
        clinic.now = starts(course)[2] - HOUR

        held = rescheduling.hold_course(db, course.id, doing(clinic, "a journey"))
        booked = queries.sessions_on(db, clinic.site_id, Interval(clinic.now, clinic.now + 90 * DAY), now=clinic.now)
        with pytest.raises(WrongState, match="on hold"):
            rescheduling.move_session(db, course.live[4].id, starts(course)[4] + HOUR, doing(clinic))
        resumed = rescheduling.resume_course(db, course.id, date(2026, 12, 16), doing(clinic))

    assert (held.status, held.reason, len(held.owed), booked) == ("on_hold", "a journey", 4, ())
    assert (resumed.status, resumed.owed, [s.id for s in resumed.live]) == ("active", (), [s.id for s in course.live])
    assert days(resumed) == ["11-30", "12-01", "12-16", "12-17", "12-18", "12-21"]
    assert {start.time() for start in starts(resumed)} == {starts(course)[0].time()}
    assert verify(database, now=clinic.now) == []


def test_a_gap_longer_than_the_phase_allows_is_for_a_person_to_decide(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, WEEKLY)
        clinic.now = starts(course)[1] + HOUR
        rescheduling.hold_course(db, course.id, doing(clinic))

        with pytest.raises(NoPlace, match="a prescriber may decide"):
            rescheduling.resume_course(db, course.id, date(2027, 1, 4), doing(clinic))
        resumed = rescheduling.resume_course(db, course.id, date(2027, 1, 4), doing(clinic, "Dr. Reed agrees"), despite_gap=True)

    assert days(resumed) == ["11-30", "12-07", "01-04", "01-11", "01-18", "01-25"]
    assert verify(database, now=clinic.now) == []


def test_a_stopped_course_frees_all_that_was_to_come_and_keeps_what_was(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(6))
        clinic.now = starts(course)[2] + HOUR

        with pytest.raises(Faulty, match="say why"):
            rescheduling.stop_course(db, course.id, doing(clinic, None))
        stopped = rescheduling.stop_course(db, course.id, doing(clinic, "remission"))
        with pytest.raises(WrongState, match="stopped"):
            rescheduling.resume_course(db, course.id, date(2026, 12, 16), doing(clinic))

    assert (stopped.status, stopped.reason) == ("stopped", "remission")
    assert stopped.live == course.live[:3]
    assert [s.status for s in stopped.sessions[3:]] == ["cancelled"] * 3
    assert all(s.bookings == () for s in stopped.sessions[3:])
    assert verify(database, now=clinic.now) == []


def test_a_course_is_extended_as_its_protocol_foresees(database: Database) -> None:
    """20 and 5 sessions at first; after an improvement ten more daily ones and a taper of six in place of the taper of five."""
    permit = Authorization(25, date(2026, 11, 1), date(2027, 6, 30))
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "tms-payer-20-plus-5")
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "tms-payer-20-plus-5", authorization=permit))
        clinic.now = starts(course)[17]
        more = Authorization(36, date(2026, 11, 1), date(2027, 6, 30))

        extended = rescheduling.extend_course(db, course.id, doing(clinic, "PHQ-9 down by half"), authorization=more)
        with pytest.raises(Faulty, match="extended so already"):
            rescheduling.extend_course(db, course.id, doing(clinic))

    assert (extended.agreed_sessions, len(extended.live)) == (36, 36)
    assert extended.live[:20] == course.live[:20]
    assert [s.phase for s in extended.live[20:]] == ["acute-extension"] * 10 + ["extension-taper"] * 6
    assert all(session.authorized for session in extended.live)
    assert verify(database, now=clinic.now) == []


def test_an_extension_in_the_middle_of_the_taper_keeps_what_was_given_of_it(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "tms-payer-20-plus-5")
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "tms-payer-20-plus-5"))
        clinic.now = starts(course)[21] + HOUR

        extended = rescheduling.extend_course(db, course.id, doing(clinic, "PHQ-9 down by half"))
        again = course_now(db, course)

    phases = [s.phase for s in extended.live]
    assert (phases[20:22], phases[22:32], phases[32:]) == (["taper"] * 2, ["acute-extension"] * 10, ["extension-taper"] * 6)
    assert again == extended
    assert extended.live[:22] == course.live[:22]
    assert verify(database, now=clinic.now) == []


def test_so_many_more_sessions_like_the_last(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, WEEKLY)

        extended = rescheduling.extend_course(db, course.id, doing(clinic), more=3)
        further = rescheduling.extend_course(db, course.id, doing(clinic), more=1)
        with pytest.raises(Faulty, match="foresees no extension"):
            rescheduling.extend_course(db, course.id, doing(clinic))
        with pytest.raises(Faulty, match="cannot be added"):
            rescheduling.extend_course(db, course.id, doing(clinic), more=0)

    assert extended.live[:6] == course.live
    assert days(further)[5:] == ["01-04", "01-11", "01-18", "01-25", "02-01"][0:5]
    assert further.agreed_sessions == 10
    assert verify(database, now=clinic.now) == []


def test_sessions_outside_the_authorization_show_it_when_they_move_there(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(5))
        permit = Authorization(5, date(2026, 11, 1), date(2026, 12, 4))
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "daily", authorization=permit))

        rescheduling.cancel_session(db, course.live[1].id, doing(clinic))
        after = course_now(db, course)

    assert [s.authorized for s in course.live] == [True] * 5
    assert (days(after)[-1], [s.authorized for s in after.live]) == ("12-07", [True] * 4 + [False])


def test_alternatives_are_the_nearest_that_fit(database: Database) -> None:
    with database.transaction() as db:
        clinic, course = small(db, daily(2), {"tms-1": ("device", 1, ("tms-device",))})
        near = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
        reserving.reserve(db, clinic.site_id, [Claim("tms-1", Interval(near, near + HOUR), 1, "x")], new_id=clinic.new_id, now=clinic.now)

        found = rescheduling.alternatives(db, course.live[1].id, near, now=clinic.now)

    assert [each.interval.starts_at for each in found] == [near - timedelta(minutes=35), near + HOUR, near + DAY]
    assert [each.resources for each in found] == [("tms-1",)] * 3
