"""Failures of peers with time zones and changes of the clock, each a test of ours."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from courses import enrolling, queries, rescheduling
from courses.errors import Faulty
from courses.plans.best_plan import Situation, plan_course
from courses.plans.ongoing.moving import CannotMove
from courses.plans.plan import CoursePlan
from courses.plans.request import Authorization, CourseRequest, PatientHours, Window
from courses.protocols.notation import read_protocol
from courses.rescheduling import Doing
from rooms import reserving
from rooms.availability.hours import NoSuchTime, SiteTime, WeeklyHours
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from rooms.bookings.calendar import Calendar
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.database import Database
from scheduler.verify import verify
from tests.courses.clinic import SmallClinic, daily, starts

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour
    "America/Phoenix",  # no change at all
    "Africa/Casablanca",  # back and forth around Ramadan
    "America/St_Johns",  # three and a half hours behind
    "Pacific/Auckland",
    "Africa/Cairo",  # at midnight: the date begins at 01:00
)
ALL_WEEK = daily(9).replace("per_week: 5", "per_week: 7").replace("minutes: 30", "minutes: 120")


def changes(zone: str, first: int, last: int) -> list[date]:
    """The dates on which the clock of a zone changes in these years."""
    info, found, day = ZoneInfo(zone), [], date(first, 1, 1)
    while day <= date(last, 12, 31):
        here, morrow = (datetime.combine(each, time(), info).astimezone(UTC) for each in (day, day + DAY))
        if morrow - here != DAY:
            found.append(day)
        day += DAY
    return found


def planned(zone: str, start: date, opens: str = "08:00", closes: str = "12:00", window: tuple[int, int] = (540, 540)) -> CoursePlan:
    """A two-hour visit on each of nine days in a clinic that is open every day, wished for at 09:00."""
    hours = WeeklyHours.of({day: [(opens, closes)] for day in EVERY_DAY})
    device = Resource("tms-1", Kind.DEVICE, frozenset({"tms-device"}))
    calendar = Calendar(Site("main", "Main", zone, hours), [device])
    protocol = read_protocol(ALL_WEEK.replace("turnover_minutes: 5", "turnover_minutes: 0")).protocol
    plan = plan_course(CourseRequest("c", "p", protocol, start, window=Window(*window)), Situation(calendar, PatientHours("p")))
    assert isinstance(plan, CoursePlan)
    return plan


CHANGES = [(zone, on) for zone in ZONES for on in changes(zone, 2026, 2030)]


def test_the_zones_change_as_often_as_they_should() -> None:
    """So that the sweeps below are over something."""
    per_zone = {zone: sum(each == zone for each, _ in CHANGES) for zone in ZONES}

    assert per_zone.pop("America/Phoenix") == 0
    assert all(n in {10, 11} for n in per_zone.values()), per_zone  # eleven where Ramadan falls twice into a year


@pytest.mark.parametrize(("zone", "on"), [*CHANGES, *(("America/Phoenix", date(year, 3, 8)) for year in range(2026, 2031))])
def test_nine_oclock_stays_nine_oclock_and_two_hours_two_real_hours(zone: str, on: date) -> None:
    plan = planned(zone, on - 4 * DAY)
    info = ZoneInfo(zone)

    local = [session.interval.starts_at.astimezone(info) for session in plan.sessions]
    assert [(each.date(), each.time()) for each in local] == [(on + n * DAY, time(9)) for n in range(-4, 5)]
    assert {session.interval.ends_at - session.interval.starts_at for session in plan.sessions} == {2 * HOUR}
    assert {seat.interval.length for session in plan.sessions for seat in session.seats} == {2 * HOUR}


@pytest.mark.parametrize(("zone", "on"), CHANGES)
def test_no_session_is_at_a_time_that_does_not_exist_even_at_night(zone: str, on: date) -> None:
    """The clinic is open in just the hours in which clocks change; sessions may start at any minute of the grid."""
    plan = planned(zone, on - 4 * DAY, "00:00", "06:00", (120, 120))
    info = ZoneInfo(zone)

    for session in plan.sessions:
        starts_at = session.interval.starts_at
        wall = starts_at.astimezone(info).replace(tzinfo=None)
        assert wall.replace(tzinfo=info, fold=starts_at.astimezone(info).fold).astimezone(UTC) == starts_at
        assert wall.minute % 5 == 0
        assert session.interval.length == 2 * HOUR
        opens, closes = (datetime.combine(wall.date(), time(hour), info).astimezone(UTC) for hour in (0, 6))
        assert opens <= starts_at
        assert session.interval.ends_at <= closes


@pytest.mark.parametrize(
    ("zone", "skipped"),
    [
        ("America/New_York", datetime(2027, 3, 14, 2, 30)),  # noqa: DTZ001  # a local time
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, 15)),  # noqa: DTZ001  # a local time
        ("Africa/Cairo", datetime(2027, 4, 30, 0, 30)),  # noqa: DTZ001  # a local time
    ],
)
def test_a_time_that_the_clock_skips_is_refused_in_a_plain_sentence(zone: str, skipped: datetime) -> None:
    with pytest.raises(NoSuchTime, match=f"does not exist in {zone}"):
        SiteTime(zone).exact(skipped)


def sunday_clinic(zone: str = "America/New_York") -> SmallClinic:
    return SmallClinic(zone=zone, hours={day: [("00:00", "24:00")] for day in EVERY_DAY})


def doing(clinic: SmallClinic) -> Doing:
    return Doing("desk", clinic.now, clinic.new_id, "a reason")


def test_a_session_on_the_very_day_of_the_change_is_right(database: Database) -> None:
    """Sunday, 14 March 2027 in New York: the clock is put forward at 02:00."""
    with database.transaction() as db:
        clinic = sunday_clinic().build(db)
        clinic.protocol(db, "daily", ALL_WEEK)
        wish = clinic.wish(clinic.patient(db), "daily", date(2027, 3, 14), window=Window(90, 90))
        course = clinic.enrol(db, wish)
        first, second = course.live[:2]

    info = ZoneInfo("America/New_York")
    assert first.interval is not None
    assert second.interval is not None
    assert first.interval.starts_at.astimezone(info).time() == second.interval.starts_at.astimezone(info).time() == time(1, 30)
    assert first.interval.ends_at.astimezone(info).time() == time(4, 30)  # two real hours, three on the wall
    assert second.interval.ends_at.astimezone(info).time() == time(3, 30)
    assert verify(database, now=clinic.now) == []


@pytest.mark.parametrize("now", [datetime(2027, 1, 11, 15, tzinfo=UTC), datetime(2027, 7, 12, 15, tzinfo=UTC)], ids=["winter", "summer"])
def test_summer_is_booked_in_winter_and_winter_in_summer(database: Database, now: datetime) -> None:
    with database.transaction() as db:
        clinic = SmallClinic(now=now).build(db)
        clinic.protocol(db, "daily", daily(5))
        patient = clinic.patient(db)
        for start in (date(2027, 7, 19), date(2027, 12, 6)):
            course = clinic.enrol(db, clinic.wish(patient, "daily", start, window=Window(540, 540)))
            assert {each.astimezone(ZoneInfo("America/New_York")).time() for each in starts(course)} == {time(9)}
    assert verify(database, now=clinic.now) == []


@pytest.mark.parametrize("night", [date(2026, 11, 28), date(2027, 3, 14), date(2027, 11, 7)], ids=["24 hours", "23 hours", "25 hours"])
def test_a_day_may_be_booked_whole_however_long_it_is(database: Database, night: date) -> None:
    """But nothing for more than 24 hours, so the long day takes two bookings."""
    time_here = SiteTime("America/New_York")
    whole = time_here.day(night).whole
    middle = whole.starts_at + 12 * HOUR
    with database.transaction() as db:
        clinic = sunday_clinic().build(db)
        claims = [
            Claim("tms-1", Interval(whole.starts_at, middle), 1, "research 1"),
            Claim("tms-1", Interval(middle, whole.ends_at), 1, "research 2"),
        ]
        made = reserving.reserve(db, clinic.site_id, claims, new_id=clinic.new_id, now=clinic.now)

    assert sum((booking.claim.interval.length for booking in made), timedelta()) == whole.length
    assert verify(database, now=clinic.now) == []


def test_a_time_that_leaves_the_house_is_read_alike_by_another_program() -> None:
    """Every instant is written with its offset; SQLite reads it back."""
    time_here, reader = SiteTime("America/St_Johns"), sqlite3.connect(":memory:")
    for instant in (datetime(2027, month, 14, 16, 30, tzinfo=UTC) for month in range(1, 13)):
        (seconds,) = reader.execute("SELECT unixepoch(?)", (time_here.text(instant),)).fetchone()
        assert datetime.fromtimestamp(seconds, UTC) == instant
    reader.close()


def test_what_the_desk_is_told_is_in_the_clinics_time(database: Database) -> None:
    with database.transaction() as db:
        clinic = SmallClinic(zone="Australia/Brisbane", now=datetime(2026, 11, 22, 22, tzinfo=UTC)).build(
            db, {"tms-1": ("device", 1, ("tms-device",))}
        )
        clinic.protocol(db, "daily", daily(1))
        ben, ana = (clinic.enrol(db, clinic.wish(clinic.patient(db, name), "daily")) for name in ("Ben", "Ana"))
        with pytest.raises(CannotMove, match="tms-1 is taken from 2026-11-30 08:00 until 08:35"):
            rescheduling.move_session(db, ana.live[0].id, starts(ben)[0], doing(clinic))


def test_the_date_is_the_clinics_wherever_the_patient_and_the_server_are(database: Database) -> None:
    """It is Sunday in Los Angeles and in UTC, and Monday 08:00 in Brisbane (+10) already: a course may start today, and does."""
    now = datetime(2026, 11, 29, 22, 0, tzinfo=UTC)
    with database.transaction() as db:
        clinic = SmallClinic(zone="Australia/Brisbane", now=now).build(db)
        clinic.protocol(db, "daily", daily(3))
        wish = clinic.wish(clinic.patient(db), "daily", date(2026, 11, 30))
        course = clinic.enrol(db, wish)
        with pytest.raises(Faulty, match="today is 2026-11-30"):
            enrolling.propose(db, replace(wish, start_on_or_after=date(2026, 11, 29)), now=now)

    assert starts(course)[0] == now
    assert [each.astimezone(ZoneInfo("Australia/Brisbane")).date() for each in starts(course)] == [
        date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)
    ]  # fmt: skip


def test_an_evening_visit_is_on_todays_board_and_inside_an_authorization_that_ends_today(database: Database) -> None:
    """21:00 in New York is 02:00 tomorrow in UTC."""
    permit = Authorization(1, date(2026, 11, 30), date(2026, 11, 30))
    with database.transaction() as db:
        clinic = SmallClinic(hours={"mon": [("21:00", "22:00")]}).build(db)
        clinic.protocol(db, "daily", daily(1))
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "daily", authorization=permit))

    today = SiteTime(clinic.zone).day(date(2026, 11, 30)).whole
    with database.reading() as db:
        board = queries.sessions_on(db, clinic.site_id, today, now=clinic.now)
        tomorrow = queries.sessions_on(db, clinic.site_id, Interval(today.ends_at, today.ends_at + DAY), now=clinic.now)
    assert starts(course) == [datetime(2026, 12, 1, 2, 0, tzinfo=UTC)]
    assert [line.id for line in board] == [course.live[0].id]
    assert tomorrow == ()
    assert course.live[0].authorized


def test_a_start_given_in_another_zone_is_the_same_instant(database: Database) -> None:
    """Whoever's browser it was: 16:00 in Berlin is 10:00 in New York."""
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "daily", daily(1))
        course = clinic.enrol(db, clinic.wish(clinic.patient(db), "daily"))
        in_berlin = datetime(2026, 11, 30, 16, 0, tzinfo=ZoneInfo("Europe/Berlin"))

        moved = rescheduling.move_session(db, course.live[0].id, in_berlin, doing(clinic))
        read = queries.course(db, course.id).course

    assert starts(moved) == starts(read) == [datetime(2026, 11, 30, 15, 0, tzinfo=UTC)]
    assert verify(database, now=clinic.now) == []


def test_two_sites_in_two_zones_on_one_server_keep_their_own_hours(database: Database) -> None:
    with database.transaction() as db:
        sites = [SmallClinic(name, zone).build(db) for name, zone in (("east", "America/New_York"), ("west", "America/Los_Angeles"))]
        for clinic in sites:
            clinic.protocol(db, "daily", daily(3))
        courses = [clinic.enrol(db, clinic.wish(clinic.patient(db), "daily")) for clinic in sites]

    local = [
        {each.astimezone(ZoneInfo(clinic.zone)).time() for each in starts(course)} for clinic, course in zip(sites, courses, strict=True)
    ]
    assert local == [{time(8)}, {time(8)}]
    assert starts(courses[1])[0] - starts(courses[0])[0] == 3 * HOUR
    assert verify(database, now=sites[0].now) == []


@pytest.mark.parametrize("month", range(1, 13))
def test_a_course_lives_through_any_part_of_the_year(database: Database, month: int) -> None:
    """Booked two weeks before the change of the clock, on the eve of it, and at ten other dates; moved, missed and extended."""
    on = {3: 13, 10: 31, 11: 1}.get(month, 8)
    with database.transaction() as db:
        clinic = SmallClinic(now=datetime(2027, month, on, 15, 0, tzinfo=UTC)).build(db)
        clinic.protocol(db, "daily", daily(6))
        wish = clinic.wish(clinic.patient(db), "daily", date(2027, month, on), window=Window(600, 660))
        course = clinic.enrol(db, wish)
        rescheduling.move_session(db, course.live[2].id, starts(course)[2] + HOUR, doing(clinic))
        clinic.now = starts(course)[0] + HOUR
        rescheduling.miss_session(db, course.live[0].id, doing(clinic))
        after = rescheduling.extend_course(db, course.id, doing(clinic), more=5)

    assert len(starts(after)) == 11
    info = ZoneInfo(clinic.zone)
    assert all(time(10) <= each.astimezone(info).time() <= time(12) and each.astimezone(info).weekday() < 5 for each in starts(after))
    assert verify(database, now=clinic.now) == []
