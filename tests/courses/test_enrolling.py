"""A course is booked just as it was shown, whole, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy

from courses import enrolling, queries, registering
from courses.errors import CodeTaken, Faulty, Unknown
from courses.patients.patient import PatientAbsence
from courses.plans.ongoing.outdated import HeldBy, PlanOutdated
from courses.plans.plan import CoursePlan, PlannedSession, Unplaceable
from courses.plans.possible.rulebook import ImpossiblePlan
from courses.plans.request import Authorization, Window
from courses.protocols.version import RetiredProtocol
from courses.queries import Happening
from rooms import reserving
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import SmallClinic, daily

MINUTE = timedelta(minutes=1)


def shifted(session: PlannedSession, by: timedelta) -> PlannedSession:
    def later(interval: Interval) -> Interval:
        return Interval(interval.starts_at + by, interval.ends_at + by)

    seats = tuple(replace(seat, interval=later(seat.interval)) for seat in session.seats)
    return replace(session, interval=later(session.interval), seats=seats)


def changed(plan: CoursePlan, number: int, session: PlannedSession) -> CoursePlan:
    return replace(plan, sessions=(*plan.sessions[: number - 1], session, *plan.sessions[number:]))


def rows(database: Database) -> list[int]:
    tables = ("course", "session", "booking", "session_event")
    with database.reading() as db:
        return [db.execute(sqlalchemy.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]  # noqa: S608


def test_a_course_is_booked_just_as_it_was_shown(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "tms-standard-36")
        wish = clinic.wish(clinic.patient(db), "tms-standard-36", window=Window(540, 630))
    with database.reading() as db:
        plan = clinic.plan(db, wish)

    with database.transaction() as db:
        course = clinic.enrol(db, wish, plan)

    assert [(s.number, s.phase, s.template, s.interval) for s in course.live] == [
        (s.number, s.phase, s.template, s.interval) for s in plan.sessions
    ]
    assert [s.resources for s in course.live] == [tuple(seat.resource for seat in s.seats) for s in plan.sessions]
    assert (course.agreed_sessions, course.status, course.version) == (36, "active", 1)
    with database.reading() as db:
        again = queries.course(db, course.id)
        first = queries.history_of(db, again.id)[0]
    assert again.course == course
    assert isinstance(first, Happening)
    assert (first.kind, first.by, first.session) == ("booked", "desk", course.live[0].id)
    assert verify(database, now=clinic.now) == []


def test_a_proposal_books_nothing(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(10))
        wish = clinic.wish(clinic.patient(db), "daily")

    with database.reading() as db:  # which cannot write at all
        clinic.plan(db, wish)

    assert rows(database) == [0, 0, 0, 0]


def test_the_world_changed_and_the_answer_names_the_session_who_holds_its_place_and_offers_another_plan(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
        clinic.protocol(db, "daily", daily(3))
        one, other = (clinic.wish(clinic.patient(db, name), "daily") for name in ("Ana", "Ben"))
        shown = clinic.plan(db, other)
        clinic.enrol(db, one)
    counted = rows(database)

    with pytest.raises(PlanOutdated) as caught, database.transaction() as db:
        clinic.enrol(db, other, shown)

    outdated = caught.value
    assert [conflict.session for conflict in outdated.conflicts] == [1, 2, 3]
    taken = Interval(shown.sessions[0].interval.starts_at, shown.sessions[0].interval.starts_at + 35 * MINUTE)
    assert outdated.conflicts[0].held_by == (HeldBy("tms-1", taken, "Ana Lopez, session 1 of 3"),)
    assert "tms-1 is taken from 2026-11-30 08:00 until 08:35" in outdated.conflicts[0].reasons[0]
    assert rows(database) == counted
    assert outdated.replan is None  # nobody plans while others wait for the locks
    assert outdated.message.endswith("Nothing was booked; plan it again.")
    anew = clinic.offered_anew(database, outdated)
    with database.transaction() as db:
        clinic.enrol(db, other, anew)
    assert verify(database, now=clinic.now) == []


def test_a_patient_who_cannot_come_any_more_is_offered_other_days(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        patient = clinic.patient(db)
        wish = clinic.wish(patient, "daily")
        shown = clinic.plan(db, wish)
        day = shown.sessions[1].interval
        registering.note_absence(db, patient.id, PatientAbsence(Interval(day.starts_at, day.ends_at), "a wedding"))

    with pytest.raises(PlanOutdated) as caught, database.transaction() as db:
        clinic.enrol(db, wish, shown)

    assert [conflict.session for conflict in caught.value.conflicts] == [2]
    assert all(not session.interval.overlaps(day) for session in clinic.offered_anew(database, caught.value).sessions)
    assert rows(database)[0] == 0


def test_a_patient_is_never_in_two_sessions_at_once(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        clinic.protocol(db, "other", daily(3).replace("id: daily", "id: other"))
        patient = clinic.patient(db)
        wishes = [clinic.wish(patient, code) for code in ("daily", "other")]
        shown = [clinic.plan(db, wish) for wish in wishes]
        assert shown[0].sessions[0].interval == shown[1].sessions[0].interval
        clinic.enrol(db, wishes[0], shown[0])

    with pytest.raises(PlanOutdated, match="the patient is in another session") as caught, database.transaction() as db:
        clinic.enrol(db, wishes[1], shown[1])

    anew = clinic.offered_anew(database, caught.value)
    with database.transaction() as db:
        clinic.enrol(db, wishes[1], anew)
    assert verify(database, now=clinic.now) == []


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        ("count", lambda plan: replace(plan, sessions=plan.sessions[:-1])),
        ("count", lambda plan: replace(plan, sessions=())),
        ("grid", lambda plan: changed(plan, 2, shifted(plan.sessions[1], 3 * MINUTE))),
        ("grid", lambda plan: changed(plan, 2, shifted(plan.sessions[1], timedelta(seconds=30)))),
        ("length", lambda plan: changed(plan, 2, replace(plan.sessions[1], interval=Interval(
            plan.sessions[1].interval.starts_at, plan.sessions[1].interval.ends_at - 5 * MINUTE)))),
        ("date", lambda plan: changed(plan, 2, shifted(plan.sessions[1], timedelta(days=-1, hours=2)))),
        ("date", lambda plan: replace(plan, sessions=tuple(shifted(session, timedelta(days=-1)) for session in plan.sessions))),
        ("order", lambda plan: changed(plan, 2, shifted(plan.sessions[1], timedelta(days=2)))),
        ("seats", lambda plan: changed(plan, 2, replace(plan.sessions[1], seats=()))),
        ("seats", lambda plan: changed(plan, 2, replace(plan.sessions[1], seats=plan.sessions[1].seats * 2))),
        ("seats", lambda plan: changed(plan, 2, replace(plan.sessions[1], seats=tuple(
            replace(seat, interval=plan.sessions[1].interval) for seat in plan.sessions[1].seats)))),
        ("seats", lambda plan: changed(plan, 2, replace(plan.sessions[1], seats=tuple(
            replace(seat, load=0) for seat in plan.sessions[1].seats)))),
        ("seats", lambda plan: changed(plan, 2, replace(plan.sessions[1], seats=tuple(
            replace(seat, requirement=7) for seat in plan.sessions[1].seats)))),
        ("template", lambda plan: changed(plan, 2, replace(plan.sessions[1], template="mapping"))),
        ("phase", lambda plan: changed(plan, 2, replace(plan.sessions[1], phase="taper"))),
        ("authorization", lambda plan: changed(plan, 3, replace(plan.sessions[2], authorized=True))),
    ],
)  # fmt: skip
def test_a_plan_made_by_hand_that_breaks_a_rule_is_refused(database: Database, rule: str, spoil: object) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(4, min_gap_days=1))
        permit = Authorization(2, date(2026, 11, 1), date(2026, 12, 31))
        wish = clinic.wish(clinic.patient(db), "daily", authorization=permit)
        plan = clinic.plan(db, wish)
    assert callable(spoil)

    with pytest.raises(ImpossiblePlan) as caught, database.transaction() as db:
        clinic.enrol(db, wish, spoil(plan))

    assert rule in {fault.code for fault in caught.value.faults}
    assert rows(database) == [0, 0, 0, 0]


def test_the_plan_as_it_was_shown_breaks_no_rule(database: Database) -> None:
    """So that the test above cannot pass for another reason."""
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(4, min_gap_days=1))
        wish = clinic.wish(clinic.patient(db), "daily", authorization=Authorization(2, date(2026, 11, 1), date(2026, 12, 31)))
        course = clinic.enrol(db, wish)

    assert [session.authorized for session in course.live] == [True, True, False, False]


def test_a_past_start_is_refused(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        wish = clinic.wish(clinic.patient(db), "daily", date(2026, 11, 22))

        with pytest.raises(Faulty, match="2026-11-22 is past; today is 2026-11-23"):
            enrolling.propose(db, wish, now=clinic.now)


def test_a_plan_whose_first_session_has_gone_by_is_offered_anew(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        wish = clinic.wish(clinic.patient(db), "daily", date(2026, 11, 23))
        shown = clinic.plan(db, wish)
        clinic.now += timedelta(minutes=10)

    with pytest.raises(PlanOutdated, match="is past") as caught, database.transaction() as db:
        clinic.enrol(db, wish, shown)

    assert clinic.offered_anew(database, caught.value).sessions[0].interval.starts_at >= clinic.now


def test_what_a_wish_names_must_be_there(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        wish = clinic.wish(clinic.patient(db), "daily")

        for strange in (replace(wish, site="x"), replace(wish, patient="x"), replace(wish, protocol="x"), replace(wish, version=2)):
            with pytest.raises(Unknown):
                enrolling.propose(db, strange, now=clinic.now)


def test_a_patient_of_another_site_is_unknown_here(database: Database) -> None:
    with database.transaction() as db:
        clinic, other = SmallClinic().build(db), SmallClinic("other").build(db)
        clinic.protocol(db, "daily", daily(3))

        with pytest.raises(Unknown, match="patient"):
            enrolling.propose(db, clinic.wish(other.patient(db), "daily"), now=clinic.now)


def test_a_retired_version_begins_no_course_and_a_running_course_keeps_it(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        wish = clinic.wish(clinic.patient(db), "daily")
        course = clinic.enrol(db, wish)
        clinic.protocol(db, "daily", daily(5))

        with pytest.raises(RetiredProtocol, match="Version 1"):
            enrolling.propose(db, replace(wish, version=1), now=clinic.now)
        running = queries.course(db, course.id).course
        anew = clinic.plan(db, replace(wish, start_on_or_after=date(2026, 12, 7)))

    assert (running.version_of.number, running.request.protocol.n_sessions) == (1, 3)
    assert len(anew.sessions) == 5


def test_a_code_names_one_course(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        wish = replace(clinic.wish(clinic.patient(db), "daily"), code="c-001")
        clinic.enrol(db, wish)

        with pytest.raises(CodeTaken, match="c-001"):
            clinic.enrol(db, wish)


def test_what_can_never_be_placed_says_which_session_and_why(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3).replace("tms-device", "laser"))

        answer = enrolling.propose(db, clinic.wish(clinic.patient(db), "daily"), now=clinic.now)

    assert isinstance(answer, Unplaceable)
    assert (answer.session, answer.code) == (1, "unknown_capability")


def test_what_is_booked_beyond_the_first_look_is_seen(database: Database) -> None:
    """The only device is taken on every day of the fifth month, which a weekly course reaches."""
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
        clinic.protocol(db, "weekly", daily(24).replace("per_week: 5", "per_week: 1"))
        wish = clinic.wish(clinic.patient(db), "weekly")
        first = clinic.plan(db, wish).sessions[20].interval.starts_at
        days = [Interval(first + timedelta(days=n), first + timedelta(days=n, hours=9)) for n in range(5)]
        claims = [Claim("tms-1", interval, 1, f"research {n}") for n, interval in enumerate(days)]
        reserving.reserve(db, clinic.site_id, claims, new_id=clinic.new_id, now=clinic.now)

        course = clinic.enrol(db, wish)

    assert all(session.interval and not any(session.interval.overlaps(day) for day in days) for session in course.live)


def test_a_plan_that_is_held_keeps_its_places_until_then(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
        clinic.protocol(db, "daily", daily(3))
        ana, ben = (clinic.wish(clinic.patient(db, name), "daily") for name in ("Ana", "Ben"))
        plan, same = clinic.plan(db, ana), clinic.plan(db, ben)
        until = clinic.now + 10 * MINUTE
        key = enrolling.hold_plan(db, ana, plan, until=until, now=clinic.now, new_id=clinic.new_id)
    assert verify(database, now=clinic.now) == []

    with pytest.raises(PlanOutdated), database.transaction() as db:
        clinic.enrol(db, ben, same)
    with database.transaction() as db:
        course = enrolling.enrol(db, ana, plan, by="desk", now=clinic.now, new_id=clinic.new_id, held=key)

    assert [session.interval for session in course.live] == [session.interval for session in plan.sessions]
    assert verify(database, now=until) == []


def test_a_hold_that_ran_out_keeps_nobody_off(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
        clinic.protocol(db, "daily", daily(3))
        ana, ben = (clinic.wish(clinic.patient(db, name), "daily") for name in ("Ana", "Ben"))
        plan, same = clinic.plan(db, ana), clinic.plan(db, ben)
        until = clinic.now + 10 * MINUTE
        key = enrolling.hold_plan(db, ana, plan, until=until, now=clinic.now, new_id=clinic.new_id)
        clinic.now = until
        clinic.enrol(db, ben, same)

    with pytest.raises(PlanOutdated), database.transaction() as db:
        enrolling.enrol(db, ana, plan, by="desk", now=clinic.now, new_id=clinic.new_id, held=key)
    assert verify(database, now=until) == []


@pytest.mark.parametrize("start", [date(2030, 1, 1), date(9999, 12, 31), date(1, 1, 1)])
def test_a_start_that_no_clinic_means_is_refused(database: Database, start: date) -> None:
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(3))
        wish = clinic.wish(clinic.patient(db), "daily")
        plan = clinic.plan(db, wish)

        with pytest.raises(Faulty, match="start_on_or_after"):
            enrolling.propose(db, replace(wish, start_on_or_after=start), now=clinic.now)
        far = datetime.combine(start, datetime.min.time(), UTC)
        session = replace(plan.sessions[0], interval=Interval(far, far + 30 * MINUTE))
        with pytest.raises(ImpossiblePlan):
            clinic.enrol(db, wish, changed(plan, 1, session))
