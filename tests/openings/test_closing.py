"""Closing a day tells those who wait for a place on it: once, by message or on the list of calls, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from courses import queries as courses_queries
from courses.openings.closed import takes_all
from courses.openings.wish import When
from courses.patients.contact import Contact
from courses.plans.ongoing.course import Course
from courses.reaching import record_contact
from courses.waiting import Acting, put_on
from rooms import rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.availability.interval import Interval
from rooms.resources.site import Site
from scheduler.database import Database
from scheduler.reminders import queries
from scheduler.web.message_views import KINDS
from scheduler.web.waiting_views import WaitingView
from tests.openings.test_messages import PHONE, Told
from tests.openings.test_offering import EIGHT, FIRST_THING, TUESDAY
from tests.openings.ward import DAY, HOUR

WHOLE = SiteTime("America/New_York").day(TUESDAY).whole
CLOSED = "we are closed on the days you asked for"


@pytest.fixture
def told(database: Database) -> Told:
    """Bea waits for the first place of a Tuesday, which nobody gives up."""
    return Told(database, is_free=False)


def close(told: Told, interval: Interval = WHOLE) -> str:
    told.ward.pass_time(HOUR / 60)
    with told.ward.database.transaction() as db:
        shut, _ = rostering.close_site(
            db, told.ward.site_id, Closure(interval, "closed"), by="desk", new_id=told.ward.clinic.new_id, now=told.ward.now
        )
    return shut.public_id


def said(told: Told) -> list[str]:
    return [text for text in told.box.texts if CLOSED in text]


def test_who_waits_for_a_day_that_is_closed_is_told_once(told: Told) -> None:
    told.turn()
    assert said(told) == []

    close(told)
    for _ in range(3):
        told.turn()
        told.ward.pass_time(HOUR)

    (text,) = said(told)
    assert text == f"Linden Clinic: Bea, {CLOSED}. Would other days do? Call +15551234567. Reply STOP to end texts."
    assert told.about("closed") == ["sent"]


def test_it_is_said_in_their_language(told: Told) -> None:
    with told.ward.database.transaction() as db:
        record_contact(db, told.bea.patient.id, Contact(phone=PHONE, language="es"), by="desk", now=told.ward.now)
    close(told)
    told.turn()
    assert "los dias que nos pidio va a estar cerrado" in told.box.texts[-1]


def test_who_cannot_be_reached_is_called(told: Told) -> None:
    cleo = told.ward.course("Cleo", TUESDAY, (720, 750))
    told.ward.wish(cleo, FIRST_THING)
    close(told)
    told.turn()

    with told.ward.database.reading() as db:
        listed = [each for each in queries.call_list(db, told.ward.site_id, now=told.ward.now) if each.kind == "closed"]
    assert [(each.channel, each.visit_at) for each in listed] == [("desk", cleo.live[0].interval and cleo.live[0].interval.starts_at)]
    assert KINDS[listed[0].kind] == "Closed on the days they asked for"


@pytest.mark.parametrize(
    "shut",
    [
        Interval(EIGHT + HOUR, EIGHT + 9 * HOUR),
        Interval(EIGHT - HOUR, EIGHT + HOUR / 4),
        Interval(WHOLE.starts_at + DAY, WHOLE.ends_at + DAY),
    ],
)
def test_whose_wish_keeps_some_time_is_not_told(told: Told, shut: Interval) -> None:
    close(told, shut)
    told.turn()
    assert (said(told), told.about("closed")) == ([], [])


def test_a_sooner_place_is_sooner_than_the_visit(told: Told) -> None:
    monday = replace(FIRST_THING, earliest=TUESDAY - DAY, latest=None, closes=1440)
    cleo = told.ward.course("Cleo", TUESDAY, (720, 750))
    told.ward.wish(cleo, monday)
    told.ward.reach(cleo, "+12125550199")

    close(told)
    told.turn()
    assert not [text for text in said(told) if "Cleo" in text]  # Monday is left

    close(told, Interval(WHOLE.starts_at - DAY, WHOLE.ends_at - DAY))
    told.turn()
    assert len([text for text in said(told) if "Cleo" in text]) == 1


def test_a_day_that_was_closed_already_is_no_news(told: Told) -> None:
    close(told)
    told.ward.pass_time(HOUR)
    cleo: Course = told.ward.course("Cleo", date(2026, 12, 2), (720, 750))
    told.ward.wish(cleo, When(earliest=TUESDAY, latest=TUESDAY))
    told.ward.reach(cleo, "+12125550199")
    told.turn()
    assert [text for text in said(told) if "Cleo" in text] == []


def test_a_day_that_is_opened_again_before_it_was_said_is_not_spoken_of(told: Told) -> None:
    told.ward.clock.set(EIGHT - 6 * DAY - 6 * HOUR)  # 2:00 at night
    shut = close(told)
    told.turn()
    assert told.about("closed") == ["planned"]
    with told.ward.database.transaction() as db:
        rostering.remove_closure(db, told.ward.site_id, shut, now=told.ward.now)

    told.turn()
    told.ward.pass_time(9 * HOUR)
    told.turn()

    assert (told.about("closed"), said(told)) == (["voided"], [])


def test_who_was_offered_a_place_on_the_day_hears_of_it_once(database: Database) -> None:
    told = Told(database)
    told.turn()
    assert told.ward.running()

    close(told)
    for _ in range(4):
        told.turn()
        told.ward.pass_time(20 * HOUR)

    assert (told.about("offer_gone"), told.about("closed")) == (["sent"], [])


def test_who_was_offered_a_place_at_night_and_never_told_hears_of_the_closing(database: Database) -> None:
    told = Told(database)
    told.ward.clock.set(EIGHT - 6 * DAY - 6 * HOUR)
    told.turn()
    assert told.about("offer") == ["planned"]

    close(told)
    told.turn()
    told.ward.pass_time(9 * HOUR)
    told.turn()

    assert (told.about("offer_gone"), told.about("closed")) == ([], ["sent"])


def test_a_course_on_the_waiting_list_that_could_begin_on_no_other_day_is_marked(told: Told) -> None:
    ward = told.ward

    def hurdles() -> list[str]:
        with ward.database.reading() as db:
            there = courses_queries.waiting_courses(db, ward.site_id)
        return [WaitingView.of(each.waiting, SiteTime(ward.clinic.zone), ward.now, each.site.site).hurdle for each in there]

    with ward.database.transaction() as db:
        for given, last in (("Dora", TUESDAY), ("Emil", TUESDAY + DAY)):
            wish = replace(ward.clinic.wish(ward.clinic.patient(db, given), "daily", TUESDAY), start_on_or_before=last)
            put_on(db, wish, Acting("desk", ward.now), new_id=ward.clinic.new_id)
    assert hurdles() == ["", ""]

    close(told)

    assert hurdles() == ["closed on every day on which it may begin: call", ""]


@pytest.mark.parametrize(
    ("hours", "dates", "taken"),
    [
        ({"tue": [("08:00", "17:00")]}, [TUESDAY], True),
        ({"tue": [("08:00", "17:00")]}, [TUESDAY, TUESDAY + DAY], True),  # nobody is there on a Wednesday anyway
        ({"tue": [("08:00", "17:00")], "wed": [("08:00", "17:00")]}, [TUESDAY, TUESDAY + DAY], False),
        ({"wed": [("08:00", "17:00")]}, [TUESDAY], False),  # closed, and never open then
        ({"tue": [("08:00", "20:00")]}, [TUESDAY], False),
        ({}, [TUESDAY], False),  # a site that says nothing is always open
        ({"tue": [("08:00", "17:00")]}, [], False),
    ],
)
def test_what_closures_take(hours: dict[str, list[tuple[str, str]]], dates: list[date], taken: bool) -> None:
    site = Site("main", "Main", "America/New_York", WeeklyHours.of(hours))
    morning, afternoon = Interval(EIGHT, EIGHT + 4 * HOUR), Interval(EIGHT + 4 * HOUR, EIGHT + 9 * HOUR)
    assert takes_all(site, [Closure(morning, ""), Closure(afternoon, "")], dates) is taken
    assert takes_all(site, [Closure(morning, "")], dates) is False
