"""The waiting list: who is on it, planning together, and booking what was found; on both databases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from courses import enrolling, queries, registering, rescheduling, waiting
from courses.errors import Faulty, StaleVersion, Unknown
from courses.patients.patient import PatientAbsence
from courses.plans.batch import plan_clinic
from courses.plans.ongoing.course import Course
from courses.plans.ongoing.outdated import PlanOutdated
from courses.plans.request import Authorization, Window
from courses.plans.waiting.joint import JointPlan, JointPlanExpired, JointStatus, NotInJointPlan, NotPlannedYet
from courses.plans.waiting.wait import AlreadyWaiting, NobodyWaits, NotWaiting, WaitingCourse, WaitingStatus
from courses.protocols.version import RetiredProtocol
from courses.waiting import Acting
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.availability.interval import Interval
from rooms.base import Db
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import NOW, Equipment, SmallClinic, daily, starts

ONE_DEVICE: Equipment = {"tms-1": ("device", 1, ("tms-device",))}
LIMIT = timedelta(seconds=10)
DESK = Acting("desk", NOW)


@dataclass
class Waiters:
    """A clinic with one device that four people want every day at 08:00, and a protocol of three sessions."""

    db: Db
    clinic: SmallClinic

    def put_on(self, given: str, *, days_ago: int = 0, **wishes: Any) -> WaitingCourse:
        wish = self.clinic.wish(self.clinic.patient(self.db, given), "daily")
        acting = Acting("desk", NOW - timedelta(days=days_ago))
        return waiting.put_on(self.db, replace(wish, **wishes), acting, new_id=self.clinic.new_id)

    def planned(self, *keys: str, now: datetime = NOW) -> JointPlan:
        """A joint plan of those, or of all, made in this process."""
        joint = waiting.ask_together(self.db, self.clinic.site, DESK, new_id=self.clinic.new_id, keys=keys or None, limit=LIMIT)
        assert waiting.take_up(self.db, joint.id)
        work = waiting.to_plan(self.db, joint.id, now=now)
        waiting.keep_found(self.db, joint.id, plan_clinic(work.clinic, work.requests), work.hopeless, now=now)
        return queries.joint_plan(self.db, joint.id).joint

    def book(self, joint: JointPlan, key: str, acting: Acting = DESK) -> Course:
        return waiting.book(self.db, joint.id, key, acting, new_id=self.clinic.new_id)

    def listed(self) -> list[str]:
        return [known.waiting.patient.given_name for known in queries.waiting_courses(self.db, self.clinic.site_id)]


def built(db: Db, resources: Equipment = ONE_DEVICE) -> Waiters:
    clinic = SmallClinic().build(db, resources)
    clinic.protocol(db, "daily", daily(3))
    return Waiters(db, clinic)


def test_the_weightiest_is_first_and_then_who_has_waited_longest(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        waiters.put_on("Ana", days_ago=1)
        waiters.put_on("Bo", days_ago=9)
        waiters.put_on("Cleo", priority=5.0)

        assert waiters.listed() == ["Cleo", "Bo", "Ana"]
        (_, bo, _) = queries.waiting_courses(db, waiters.clinic.site_id)
        assert bo.waiting.days_waiting(NOW, SiteTime(waiters.clinic.zone)) == 9


def test_what_was_wished_for_is_kept(database: Database) -> None:
    window, permit = Window(540, 600), Authorization(3, date(2026, 11, 1), date(2026, 12, 31))
    limits: dict[str, Any] = {"start_on_or_before": date(2026, 12, 7), "finish_on_or_before": date(2026, 12, 31)}
    with database.transaction() as db:
        waiters = built(db)
        made = waiters.put_on("Ana", window=window, authorization=permit, priority=2.5, code="A-1", **limits)

        there = queries.waiting_course(db, made.id).waiting
        assert (there.wish.window, there.wish.authorization, there.wish.priority, there.wish.code) == (window, permit, 2.5, "A-1")
        assert (there.wish.start_on_or_before, there.wish.finish_on_or_before) == (date(2026, 12, 7), date(2026, 12, 31))
        assert (there.wish.version, there.status, there.since) == (1, WaitingStatus.WAITING, NOW)


def test_nobody_waits_twice_for_the_same(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana")

        with pytest.raises(AlreadyWaiting, match="Ana Lopez is on the waiting list for daily already"):
            waiting.put_on(db, ana.wish, DESK, new_id=waiters.clinic.new_id)

        waiting.take_off(db, ana.id, replace(DESK, reason="moved away"))
        assert waiting.put_on(db, ana.wish, DESK, new_id=waiters.clinic.new_id).status is WaitingStatus.WAITING


def test_a_course_is_taken_off_for_a_reason_and_stays_off(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana")
        with pytest.raises(Faulty, match="reason"):
            waiting.take_off(db, ana.id, DESK)

        gone = waiting.take_off(db, ana.id, replace(DESK, reason="moved away"))

        assert (gone.status, gone.reason, waiters.listed()) == (WaitingStatus.TAKEN_OFF, "moved away", [])
        with pytest.raises(NotWaiting, match="taken off"):
            waiting.take_off(db, ana.id, replace(DESK, reason="again"))
        history = queries.waiting_history_of(db, queries.waiting_course(db, ana.id).id)
        assert [(each.kind, each.by, each.reason) for each in history] == [("put_on", "desk", None), ("taken_off", "desk", "moved away")]


def test_wishes_are_changed_and_the_place_on_the_list_stays(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana", days_ago=20)
        wish = replace(ana.wish, priority=3, window=Window(600, 660))

        changed = waiting.change_wish(db, ana.id, wish, replace(DESK, expected=1), ordered_by="Dr. Reed")

        assert (changed.wish, changed.since, changed.ordered_by, changed.version) == (wish, ana.since, "Dr. Reed", 2)
        with pytest.raises(StaleVersion):
            waiting.change_wish(db, ana.id, wish, replace(DESK, expected=1))


def test_a_start_that_is_past_by_now_is_today(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana", days_ago=20, start_on_or_after=date(2026, 11, 10))

        (answer,) = waiters.planned(now=NOW + timedelta(hours=2, minutes=3)).answers

        assert answer.plan is not None
        assert answer.plan.sessions[0].interval.starts_at == NOW + timedelta(hours=2, minutes=5)  # 10:05 today, and not before
        assert waiting.change_wish(db, ana.id, replace(ana.wish, priority=2), DESK).wish.start_on_or_after == date(2026, 11, 10)


def test_those_planned_together_have_places_side_by_side(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        names = ("Ana", "Bo", "Cleo", "Dan")
        keys = [waiters.put_on(name).id for name in names]

        joint = waiters.planned()
        assert queries.courses(db, waiters.clinic.site_id, now=NOW) == ()
        courses = [waiters.book(joint, key) for key in keys]

        assert (joint.status, joint.objective) == (JointStatus.READY, 0)
        assert len({at for course in courses for at in starts(course)}) == 12
        assert [queries.waiting_course(db, key).waiting.course for key in keys] == [course.id for course in courses]
        assert waiters.listed() == []
    assert verify(database, now=NOW) == []


def test_only_those_who_were_chosen_are_planned(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana, _ = waiters.put_on("Ana"), waiters.put_on("Bo")

        assert [answer.waiting.id for answer in waiters.planned(ana.id).answers] == [ana.id]
        with pytest.raises(Unknown):
            waiters.planned("w_nobody")


def test_planning_nobody_is_refused(database: Database) -> None:
    with database.transaction() as db, pytest.raises(NobodyWaits):
        built(db).planned()


def test_what_the_patients_have_already_stays_free_of_it(database: Database) -> None:
    """Their other sessions, their absences and what others have booked."""
    with database.transaction() as db:
        waiters = built(db, {**ONE_DEVICE, "tms-2": ("device", 1, ("tms-device",))})
        clinic = waiters.clinic
        clinic.protocol(db, "other", daily(5).replace("id: daily", "id: other"))
        ana = clinic.patient(
            db, "Ana", available=WeeklyHours.of({day: [("08:00", "10:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
        )
        there = clinic.enrol(db, clinic.wish(ana, "other"))
        tuesday = Interval(NOW + timedelta(days=8), NOW + timedelta(days=8, hours=3))
        registering.note_absence(db, ana.id, PatientAbsence(tuesday))
        made = waiting.put_on(db, clinic.wish(ana, "daily"), DESK, new_id=clinic.new_id)

        course = waiters.book(waiters.planned(), made.id)

        assert [f"{at:%d %H:%M}" for at in starts(course)] == ["30 13:30", "02 13:30", "03 13:30"]
        assert len(there.live) == 5
    assert verify(database, now=NOW) == []


def test_a_course_booked_twice_is_booked_once(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana")
        joint = waiters.planned()

        first, second = waiters.book(joint, ana.id), waiters.book(joint, ana.id)

        assert first == second
        assert len(queries.courses(db, waiters.clinic.site_id, now=NOW)) == 1
        history = queries.waiting_history_of(db, queries.waiting_course(db, ana.id).id)
        assert [each.kind for each in history] == ["put_on", "booked"]


def test_a_place_taken_meanwhile_is_refused_with_a_fresh_plan_that_can_be_booked(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana")
        joint = waiters.planned()
        waiters.clinic.enrol(db, waiters.clinic.wish(waiters.clinic.patient(db, "Quick"), "daily"))

        with pytest.raises(PlanOutdated) as outdated, db.begin_nested():
            waiters.book(joint, ana.id)
        assert outdated.value.conflicts[0].held_by[0].who == "Quick Lopez, session 1 of 3"
        fresh = enrolling.offer_anew(db, outdated.value, now=NOW).replan
        assert waiting.offer_instead(db, joint.id, ana.id, fresh, "Quick was quicker")

        (answer,) = queries.joint_plan(db, joint.id).joint.open_answers
        assert answer.trouble == "Quick was quicker"
        assert answer.plan is not None
        assert starts(waiters.book(joint, ana.id)) == [session.interval.starts_at for session in answer.plan.sessions]
    assert verify(database, now=NOW) == []


def test_wishes_that_changed_after_planning_are_not_booked_as_they_were(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana")
        joint = waiters.planned()
        waiting.change_wish(db, ana.id, replace(ana.wish, start_on_or_after=date(2026, 12, 7)), DESK)

        with pytest.raises(StaleVersion):
            waiters.book(joint, ana.id)


def test_who_cannot_be_placed_is_told_why_and_the_others_are_placed(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        waiters.put_on("Ana", finish_on_or_before=date(2026, 12, 1))
        waiters.put_on("Bo", days_ago=30, start_on_or_after=date(2026, 10, 30), start_on_or_before=date(2026, 11, 10))
        waiters.put_on("Cleo")

        answers = {answer.waiting.patient.given_name: answer for answer in waiters.planned().answers}

        assert answers["Ana"].trouble.startswith("session 3 cannot be placed")
        assert "start_on_or_before: 2026-11-10 is before start_on_or_after" in answers["Bo"].trouble
        assert [name for name, answer in answers.items() if answer.is_open] == ["Cleo"]
        with pytest.raises(NotInJointPlan, match="no place for the course of Ana Lopez: session 3"):
            waiters.book(
                queries.joint_plan(db, str(queries.newest_joint_plan(db, waiters.clinic.site_id))).joint, answers["Ana"].waiting.id
            )


def test_a_protocol_version_that_was_retired_is_said_by_name(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana")
        joint = waiters.planned()
        waiters.clinic.protocol(db, "daily", daily(4))

        with pytest.raises(RetiredProtocol):
            waiters.book(joint, ana.id)
        (answer,) = waiters.planned().answers
        assert answer.trouble == "Version 1 of protocol 'daily' is retired; choose an active one."

        assert waiting.change_wish(db, ana.id, replace(ana.wish, version=None), DESK).version_of.number == 2
        (answer,) = waiters.planned().answers
        assert answer.plan is not None
        assert len(answer.plan.sessions) == 4


def test_a_joint_plan_is_booked_from_when_it_is_ready_and_not_for_ever(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana")
        asked = waiting.ask_together(db, waiters.clinic.site, DESK, new_id=waiters.clinic.new_id, limit=LIMIT)
        with pytest.raises(NotPlannedYet):
            waiters.book(asked, ana.id)
        assert asked.was_cut_off(NOW + timedelta(minutes=5))
        assert not asked.was_cut_off(NOW + timedelta(seconds=20))

        joint = waiters.planned()

        with pytest.raises(JointPlanExpired):
            waiters.book(joint, ana.id, replace(DESK, now=joint.stands_until))


def test_a_joint_plan_is_made_by_one_only(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        waiters.put_on("Ana")
        joint = waiting.ask_together(db, waiters.clinic.site, DESK, new_id=waiters.clinic.new_id, limit=LIMIT)

        assert (waiting.take_up(db, joint.id), waiting.take_up(db, joint.id)) == (True, False)


def test_old_joint_plans_are_forgotten(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        waiters.put_on("Ana")
        old = waiters.planned()
        waiting.ask_together(
            db, waiters.clinic.site, replace(DESK, now=NOW + timedelta(days=40)), new_id=waiters.clinic.new_id, limit=LIMIT
        )

        with pytest.raises(Unknown):
            queries.joint_plan(db, old.id)


def test_a_planning_that_takes_for_ever_is_not_asked_for(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        waiters.put_on("Ana")
        with pytest.raises(Faulty, match="seconds"):
            waiting.ask_together(db, waiters.clinic.site, DESK, new_id=waiters.clinic.new_id, limit=timedelta(days=1))


def test_a_booked_course_goes_its_own_way(database: Database) -> None:
    with database.transaction() as db:
        waiters = built(db)
        ana = waiters.put_on("Ana", code="A-7")
        course = waiters.book(waiters.planned(), ana.id)

        rescheduling.stop_course(db, course.id, rescheduling.Doing("desk", NOW, waiters.clinic.new_id, "moved away"))

        assert course.code == "A-7"
        assert queries.waiting_course(db, ana.id).waiting.status is WaitingStatus.BOOKED
