"""Where only visits on like chairs are in the way, those go to other chairs at the same time, unless somebody cares."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from threading import Barrier

import pytest

from courses import enrolling, queries, rescheduling
from courses.plans.offering.choices import Aim
from courses.plans.ongoing.course import Course, CourseWish
from courses.plans.ongoing.moving import CannotMove
from courses.plans.ongoing.outdated import PlanOutdated
from courses.plans.plan import CoursePlan
from courses.plans.request import Window
from courses.rescheduling import Doing
from rooms import equipping, reserving, rostering
from rooms import queries as rooms_queries
from rooms.availability.interval import Interval
from rooms.base import Db
from rooms.bookings.booking import BookingStatus, Claim, SeatChange
from rooms.bookings.conflict import BookingRefused
from rooms.resources.resource import Absence
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import Equipment, SmallClinic

DAY = date(2026, 12, 1)
MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
MORNINGS = {day: [("08:00", "12:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
DESKS, VISITS = 4, 6
CHAIRS: Equipment = {"chair-1": ("chair", 1, ("chair",)), "chair-2": ("chair", 1, ("chair",))}


def one_visit(code: str, minutes: int, more: str = "") -> str:
    return f"""
id: {code}
phases: [{{name: all, sessions: 1}}]
session_templates:
  visit:
    steps: [{{name: visit, minutes: {minutes}}}]
    requirements: [{{capability: chair{more}}}]
session_rules: [{{template: visit}}]
"""


class Morning:
    """Two chairs from 8 to 12. Ana sits on one from 8, Ben on the other from 10: nobody fits in for four hours, though half is free."""

    def __init__(self, db: Db, *, more: str = "", chairs: Equipment | None = None) -> None:
        self.clinic = SmallClinic(zone="UTC", hours=dict(MORNINGS)).build(db, chairs or CHAIRS)
        self.clinic.protocol(db, "short", one_visit("short", 120, more))
        self.clinic.protocol(db, "long", one_visit("long", 240))
        self.ana = self.book(db, "Ana", 8, "chair-1")
        self.ben = self.book(db, "Ben", 10, "chair-2")

    def wish(self, db: Db, name: str, protocol: str, latest: date = DAY) -> CourseWish:
        return replace(self.clinic.wish(self.clinic.patient(db, name), protocol, DAY), finish_on_or_before=latest)

    def book(self, db: Db, name: str, hour: int, chair: str) -> Course:
        wish = self.wish(db, name, "short")
        plan = self.clinic.plan(db, wish)
        starts_at = MIDNIGHT + timedelta(hours=hour)
        there = Interval(starts_at, starts_at + timedelta(hours=2))
        (session,) = plan.sessions
        (seat,) = session.seats
        seat = replace(seat, resource=chair, interval=there)
        return self.clinic.enrol(db, wish, replace(plan, sessions=(replace(session, interval=there, seats=(seat,)),)))

    def seat(self, db: Db, course: Course) -> tuple[str, int]:
        (session,) = queries.course(db, course.id).course.live
        assert session.interval is not None
        return session.resources[0], session.interval.starts_at.hour

    def seats(self, db: Db) -> list[tuple[str, int]]:
        return [self.seat(db, course) for course in (self.ana, self.ben)]

    def doing(self) -> Doing:
        return Doing("desk", self.clinic.now, self.clinic.new_id)


def happenings(db: Db, course: Course) -> list[tuple[str, object]]:
    known = queries.course(db, course.id)
    return [(each.kind, each.detail) for each in queries.history_of(db, known.id) if each.kind in {"reseated", "made_room"}]


def test_a_visit_that_fits_only_if_another_takes_a_like_chair_gets_its_time(database: Database) -> None:
    with database.transaction() as db:
        morning = Morning(db)
        plan = morning.clinic.plan(db, morning.wish(db, "Cy", "long"))
        wish = morning.wish(db, "Cyd", "long")
        course = morning.clinic.enrol(db, wish, plan)

    with database.transaction() as db:
        assert course.reseated == 1
        assert morning.seat(db, course)[1] == 8
        assert {hour: chair for chair, hour in morning.seats(db)} in ({8: "chair-1", 10: "chair-1"}, {8: "chair-2", 10: "chair-2"})
        (gone,) = [each for each in (morning.ana, morning.ben) if happenings(db, each)]
        was, now_is = ("chair-1", "chair-2") if gone is morning.ana else ("chair-2", "chair-1")
        place = {"at": "2026-12-01T08:00:00+00:00" if gone is morning.ana else "2026-12-01T10:00:00+00:00", "from": was, "to": now_is}
        assert happenings(db, gone) == [("reseated", {"number": 1, **place})]
        assert happenings(db, course) == [("made_room", {"bookings": [place]})]


def test_the_desk_is_told_of_the_choice_beside_a_later_one(database: Database) -> None:
    with database.transaction() as db:
        morning = Morning(db)
        offered = enrolling.propose_choices(db, morning.wish(db, "Cy", "long", date(2026, 12, 4)), now=morning.clinic.now)
        alone = enrolling.propose_choices(db, morning.wish(db, "Dan", "long"), now=morning.clinic.now)

    assert [(choice.name, choice.plan.sessions[0].interval.starts_at.day) for choice in offered.choices][:2] == [
        (Aim.RECOMMENDED, 2),
        (Aim.RESEATING, 1),
    ]
    assert "1 visit of others on like resources at the same time" in offered.choices[1].words
    assert [choice.name for choice in alone.choices] == [Aim.RESEATING]
    assert alone.unplaceable is None


@pytest.mark.parametrize("cares", ["continuity", "named", "forbidden", "staff", "within the hour", "away"])
def test_where_somebody_cares_nobody_is_re_seated(database: Database, cares: str) -> None:
    kind = "staff" if cares == "staff" else "chair"
    chairs: Equipment = {code: (kind, 1, ("chair",)) for code in CHAIRS}
    with database.transaction() as db:
        morning = Morning(db, more=", continuity: true" if cares == "continuity" else "", chairs=chairs)
        _make_them_care(db, morning, cares)
        at = morning.clinic.now if cares != "within the hour" else MIDNIGHT + timedelta(hours=7, minutes=30)
        found = enrolling.propose_choices(db, morning.wish(db, "Cy", "long"), now=at)

        assert found.choices == ()
        with pytest.raises(PlanOutdated):
            enrolling.enrol(db, morning.wish(db, "Cyd", "long"), _forced(db, morning), by="desk", now=at, new_id=morning.clinic.new_id)
        assert morning.seats(db) == [("chair-1", 8), ("chair-2", 10)]


def _make_them_care(db: Db, morning: Morning, cares: str) -> None:
    site, now = morning.clinic.site_id, morning.clinic.now
    if cares == "forbidden":
        for chair in CHAIRS:
            equipping.allow_reseating(db, site, chair, allowed=False, now=now)
    if cares == "away":
        for chair, hour in (("chair-1", 10), ("chair-2", 8)):
            away = Absence(Interval(MIDNIGHT + timedelta(hours=hour), MIDNIGHT + timedelta(hours=hour, minutes=30)))
            rostering.add_absence(db, site, chair, away, new_id=morning.clinic.new_id, now=now)
    if cares in {"named", "within the hour"}:
        for course, chair, hour in ((morning.ana, "chair-1", 8), (morning.ben, "chair-2", 10)):
            if cares == "named" or hour > 8:
                (session,) = course.live
                rescheduling.move_session(db, session.id, MIDNIGHT + timedelta(hours=hour), morning.doing(), onto=[chair])


def _forced(db: Db, morning: Morning) -> CoursePlan:
    """A plan of the whole first day on the second chair, as if it were free."""
    there = Interval(MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=12))
    plan = morning.clinic.plan(db, morning.wish(db, "Eve", "long", date(2026, 12, 4)))
    (session,) = plan.sessions
    seats = tuple(replace(seat, resource="chair-2", interval=there) for seat in session.seats)
    return replace(plan, sessions=(replace(session, interval=there, seats=seats),))


def test_a_session_moves_to_a_time_that_others_make_room_for(database: Database) -> None:
    with database.transaction() as db:
        morning = Morning(db)
        later = morning.clinic.enrol(db, morning.wish(db, "Cy", "long", date(2026, 12, 4)), _on_the_second(db, morning))
        (session,) = later.live
        moved = rescheduling.move_session(db, session.id, MIDNIGHT + timedelta(hours=8), morning.doing())

        assert moved.reseated == 1
        assert moved.live[0].interval == Interval(MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=12))
        assert sorted(hour for _, hour in morning.seats(db)) == [8, 10]
        assert len({chair for chair, _ in morning.seats(db)}) == 1
        assert [kind for kind, _ in happenings(db, moved)] == ["made_room"]


def _on_the_second(db: Db, morning: Morning) -> CoursePlan:
    wish = replace(morning.wish(db, "Fay", "long", date(2026, 12, 4)), start_on_or_after=date(2026, 12, 2))
    return morning.clinic.plan(db, wish)


def test_a_named_chair_is_freed_too_and_then_kept(database: Database) -> None:
    with database.transaction() as db:
        morning = Morning(db)
        (session,) = morning.ben.live
        moved = rescheduling.move_session(db, session.id, MIDNIGHT + timedelta(hours=8), morning.doing(), onto=["chair-1"])

        assert (moved.reseated, morning.seats(db)) == (1, [("chair-2", 8), ("chair-1", 8)])
        between = Interval(MIDNIGHT, MIDNIGHT + timedelta(days=1))
        there = rooms_queries.movable_bookings(db, morning.clinic.site_id, between, now=morning.clinic.now)
        assert [(each.claim.resource, each.claim.purpose) for each in there] == [("chair-2", morning.ana.live[0].id)]


def test_a_time_at_which_the_whole_pool_is_full_is_refused_as_ever(database: Database) -> None:
    with database.transaction() as db:
        morning = Morning(db)
        morning.book(db, "Cy", 8, "chair-2")
        (session,) = morning.ben.live
        with pytest.raises(CannotMove):
            rescheduling.move_session(db, session.id, MIDNIGHT + timedelta(hours=8), morning.doing())
        assert morning.seats(db) == [("chair-1", 8), ("chair-2", 10)]


@pytest.mark.parametrize("changed", ["gone", "elsewhere", "pinned since", "held"])
def test_who_is_no_longer_as_they_were_seen_makes_no_room(database: Database, changed: str) -> None:
    with database.transaction() as db:
        morning = Morning(db)
        between = Interval(MIDNIGHT, MIDNIGHT + timedelta(days=1))
        seen = rooms_queries.movable_bookings(db, morning.clinic.site_id, between, now=morning.clinic.now)
        (ben,) = [each for each in seen if each.claim.purpose == morning.ben.live[0].id]
        if changed == "gone":
            rescheduling.stop_course(db, morning.ben.id, replace(morning.doing(), reason="well again"))
        if changed == "elsewhere":
            rescheduling.move_session(db, ben.claim.purpose, MIDNIGHT + timedelta(hours=9), morning.doing())
        if changed == "pinned since":
            starts_at = ben.claim.interval.starts_at
            rescheduling.move_session(db, ben.claim.purpose, starts_at, morning.doing(), onto=["chair-2"])
        if changed == "held":
            ben = replace(ben, status=BookingStatus.HELD)
        before = rooms_queries.bookings_on(db, morning.clinic.site_id, between, now=morning.clinic.now)

        with pytest.raises(BookingRefused):
            reserving.replace_all(
                db,
                morning.clinic.site_id,
                (),
                [Claim("chair-2", Interval(MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=9)), 1, "v", 0, "chair")],
                new_id=morning.clinic.new_id,
                now=morning.clinic.now,
                making_room=[SeatChange(ben, "chair-1")],
            )
        assert rooms_queries.bookings_on(db, morning.clinic.site_id, between, now=morning.clinic.now) == before


def test_two_visits_change_places(database: Database) -> None:
    with database.transaction() as db:
        morning = Morning(db)
        between = Interval(MIDNIGHT, MIDNIGHT + timedelta(days=1))
        morning.book(db, "Cy", 8, "chair-2")
        first, second = (
            each
            for each in rooms_queries.movable_bookings(db, morning.clinic.site_id, between, now=morning.clinic.now)
            if each.claim.interval.starts_at.hour == 8
        )
        reserving.replace_all(
            db,
            morning.clinic.site_id,
            (),
            [Claim("chair-1", Interval(MIDNIGHT + timedelta(hours=10), MIDNIGHT + timedelta(hours=12)), 1, "v", 0, "chair")],
            new_id=morning.clinic.new_id,
            now=morning.clinic.now,
            making_room=[SeatChange(first, "chair-2"), SeatChange(second, "chair-1")],
        )
        there = rooms_queries.movable_bookings(db, morning.clinic.site_id, between, now=morning.clinic.now)

    assert {each.id: each.claim.resource for each in there if each.claim.interval.starts_at.hour == 8} == {
        first.id: "chair-2",
        second.id: "chair-1",
    }
    assert verify(database, now=morning.clinic.now) == []


def test_desks_that_make_room_at_once_overfill_nothing_and_change_nobodys_time(database: Database) -> None:
    """Each books visits of two and four hours, again and again, where all share three chairs."""
    with database.transaction() as db:
        chairs = {f"chair-{n}": ("chair", 1, ("chair",)) for n in range(1, 4)}
        clinic = SmallClinic(zone="UTC", hours=dict(MORNINGS)).build(db, chairs)
        for code, minutes in (("short", 90), ("long", 240)):
            clinic.protocol(db, code, one_visit(code, minutes))
    together = Barrier(DESKS)

    def desk(number: int) -> list[Course]:
        chance, new_id, booked = Random(number), SystemClock().new_id, []
        together.wait()
        for n in range(VISITS):
            with database.transaction() as db:
                wish = clinic.wish(clinic.patient(db, f"P{number}.{n}"), chance.choice(["short", "short", "long"]), DAY)
                hour = chance.choice([8, 9, 10])
                window = Window(60 * hour, 60 * hour + 30)
                plan = enrolling.propose(db, replace(wish, window=window, finish_on_or_before=date(2026, 12, 3)), now=clinic.now)
            if isinstance(plan, CoursePlan):
                try:
                    with database.transaction() as db:
                        booked.append(enrolling.enrol(db, wish, plan, by="desk", now=clinic.now, new_id=new_id))
                except PlanOutdated:
                    continue
        return booked

    with ThreadPoolExecutor(DESKS) as pool:
        booked = [course for found in pool.map(desk, range(DESKS)) for course in found]

    with database.reading() as db:
        now_are = [queries.course(db, course.id).course.live[0].interval for course in booked]
    assert now_are == [course.live[0].interval for course in booked]
    assert verify(database, now=clinic.now) == []
    assert sum(course.reseated for course in booked) > 0
