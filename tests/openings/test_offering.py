"""A place that becomes free is offered in turn, kept for a while, taken in one step, and passed on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from courses import offering, rescheduling
from courses.openings.offer import By, Offer, Offering, OfferOver, OfferStatus
from courses.openings.wish import Aim, When, WishedAlready, WishStatus
from courses.plans.ongoing.course import Course
from courses.queries import openings as looks
from rooms import equipping, reserving, rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from rooms.bookings.conflict import BookingRefused
from rooms.errors import Faulty
from rooms.records import BookingRow
from rooms.resources.resource import Absence, Kind, Resource
from scheduler.database import Database
from scheduler.verify import verify
from tests.openings.ward import DAY, HOUR, WEEKLY, Ward, starts_of

TUESDAY, FRIDAY = date(2026, 12, 1), date(2026, 12, 4)
EIGHT = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
FIRST_THING = When(earliest=TUESDAY, latest=TUESDAY, opens=480, closes=510)
"""Tuesday from 8:00 to 8:30: there is room for one visit."""


def ward_with_a_full_morning(database: Database) -> tuple[Ward, Course]:
    ward = Ward(database)
    first = ward.course("Ana", TUESDAY, (480, 510))
    assert starts_of(first) == [EIGHT]
    return ward, first


def waiting(ward: Ward, given: str, *, priority: float = 1, window: tuple[int, int] = (600, 960)) -> Course:
    course = ward.course(given, TUESDAY, window)
    ward.wish(course, FIRST_THING, session=course.live[0].id, priority=priority)
    return course


def test_a_freed_place_is_offered_and_taking_it_moves_the_visit(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    late = waiting(ward, "Bea")
    assert ward.look() == 0  # nothing is free for it yet

    ward.stop(first)
    assert ward.look() == 1
    (offer,) = ward.running()
    taken = ward.accept(offer)

    assert (offer.place.starts_at, offer.hold_until, offer.by) == (EIGHT, ward.now + HOUR, By.DESK)
    assert taken.status is OfferStatus.ACCEPTED
    assert starts_of(ward.now_of(late)) == [EIGHT]
    assert ward.accept(offer) == taken  # once more: it is there already
    with database.reading() as db:
        assert looks.wish(db, offer.wish).status is WishStatus.MET
    assert (ward.look(), ward.running()) == (0, ())
    assert verify(database, now=ward.now) == []


def test_the_weightier_wish_has_its_turn_first_then_the_older_and_each_passes_it_on(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    for given, priority in (("Old", 1.0), ("New", 1.0), ("Pressing", 2.0)):
        waiting(ward, given, priority=priority)
        ward.pass_time(HOUR / 4)
    ward.stop(first)

    asked = []
    while ward.look():
        asked += ward.names()
        ward.decline(ward.running()[0])

    assert asked == ["Pressing", "Old", "New"]


def test_an_offer_that_runs_out_goes_to_the_next_and_can_be_taken_no_more(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    slow, next_one = waiting(ward, "Slow"), waiting(ward, "Next")
    ward.stop(first)
    ward.look()
    (offer,) = ward.running()
    ward.pass_time(HOUR)  # to the second

    with pytest.raises(OfferOver):
        ward.accept(offer)
    ward.look()

    assert ward.names() == ["Next"]
    assert starts_of(ward.now_of(slow)) == starts_of(slow)
    with database.reading() as db:
        assert looks.offer(db, offer.id).status is OfferStatus.RUN_OUT
    ward.accept(ward.running()[0])
    assert starts_of(ward.now_of(next_one)) == [EIGHT]


def test_while_a_place_is_offered_nobody_else_can_book_it(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    waiting(ward, "Bea")
    ward.stop(first)
    ward.look()
    (offer,) = ward.running()
    claim = Claim("tms-1", offer.place, 1, "s_other")

    with pytest.raises(BookingRefused):
        database.run(lambda db: reserving.reserve(db, ward.site_id, [claim], new_id=ward.clinic.new_id, now=ward.now))

    ward.decline(offer)
    database.run(lambda db: reserving.reserve(db, ward.site_id, [claim], new_id=ward.clinic.new_id, now=ward.now))


def test_the_place_that_an_accepted_offer_frees_goes_to_the_next(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    bea = waiting(ward, "Bea", window=(600, 630))
    (freed,) = starts_of(bea)
    cleo = ward.course("Cleo", TUESDAY, (720, 750))
    ward.wish(cleo, When(earliest=TUESDAY, latest=TUESDAY, opens=600, closes=630))
    ward.stop(first)

    ward.look()
    assert ward.names() == ["Bea"]
    ward.accept(ward.running()[0])
    ward.look()

    assert ward.names() == ["Cleo"]
    assert ward.running()[0].place.starts_at == freed


def test_a_course_is_offered_only_what_keeps_its_gaps(database: Database) -> None:
    ward = Ward(database, WEEKLY)
    course = ward.course("Ana", TUESDAY, (600, 630))  # Tuesdays at 10, at least seven days apart
    second = course.live[1]
    assert second.interval is not None
    ward.wish(course, session=second.id)

    ward.look()
    (offer,) = ward.running()
    ward.accept(offer)

    assert offer.place.starts_at == EIGHT + 7 * DAY  # Monday is free as well, and would break the gap
    assert verify(database, now=ward.now) == []


def test_other_times_are_as_near_to_the_present_one_as_can_be_and_the_wish_is_met_once_all_are_there(database: Database) -> None:
    ward = Ward(database, WEEKLY)
    course = ward.course("Ana", TUESDAY, (600, 630))
    wish = ward.wish(course, When(opens=14 * 60, closes=17 * 60), Aim.OTHER_TIMES)

    days = []
    while ward.look():
        (offer,) = ward.running()
        days.append(offer.place.starts_at.date() == offer.was_at.date() if offer.was_at else False)
        ward.accept(offer)

    local = [at.astimezone(UTC).hour for at in starts_of(ward.now_of(course)) if at]
    assert days == [True] * 4
    assert all(hour >= 19 for hour in local)  # 14:00 in New York
    with database.reading() as db:
        assert looks.wish(db, wish.id).status is WishStatus.MET


def test_a_visit_that_is_owed_is_offered_a_place_once_the_site_is_open_again(database: Database) -> None:
    ward = Ward(database)
    course = ward.course("Bea", TUESDAY, finish=FRIDAY)
    ward.wish(course)
    shut = close(ward, Interval(EIGHT - DAY, EIGHT + 30 * DAY))
    ward.cancel(course)
    assert starts_of(ward.now_of(course)) == [None]
    assert ward.look() == 0

    with database.transaction() as db:
        rostering.remove_closure(db, ward.site_id, shut, now=ward.now)
    assert ward.look() == 1
    ward.accept(ward.running()[0])

    assert None not in starts_of(ward.now_of(course))
    assert verify(database, now=ward.now) == []


def close(ward: Ward, interval: Interval) -> str:
    """Close the site for a time. The closure's id."""
    with ward.database.transaction() as db:
        shut, _ = rostering.close_site(db, ward.site_id, Closure(interval), by="desk", new_id=ward.clinic.new_id, now=ward.now)
    return shut.public_id


def close_all_of(ward: Ward, on: date) -> None:
    close(ward, SiteTime(ward.clinic.zone).day(on).whole)


def test_a_device_that_is_back_and_a_capacity_that_is_raised_free_places(database: Database) -> None:
    ward, _ = ward_with_a_full_morning(database)
    waiting(ward, "Bea")
    waiting(ward, "Cleo")
    assert ward.look() == 0
    with database.transaction() as db:
        second = Resource("tms-2", Kind.DEVICE, frozenset({"tms-device"}), 1)
        equipping.add_resource(db, ward.site_id, second, new_id=ward.clinic.new_id, now=ward.now)
        away = Absence(Interval(ward.now, ward.now + 30 * DAY), "serviced")
        back, _hit = rostering.add_absence(db, ward.site_id, "tms-2", away, new_id=ward.clinic.new_id, now=ward.now)
    assert ward.look() == 0

    with database.transaction() as db:
        rostering.remove_absence(db, ward.site_id, back.public_id)
    assert (ward.look(), ward.names()) == (1, ["Bea"])
    with database.transaction() as db:
        equipping.change_capacity(db, ward.site_id, "tms-2", 2, now=ward.now)
    ward.look()
    assert ward.names() == ["Bea", "Cleo"]


def test_declining_bars_that_day_and_the_wish_stands(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    waiting(ward, "Bea")
    ward.stop(first)
    ward.look()
    (offer,) = ward.running()

    declined = ward.decline(offer)

    assert (declined.status, ward.decline(offer)) == (OfferStatus.DECLINED, declined)
    assert ward.look() == 0
    with database.reading() as db:
        wish = looks.wish(db, offer.wish)
    assert (wish.status, wish.barred) == (WishStatus.OPEN, frozenset({TUESDAY}))


def test_closing_the_day_withdraws_what_is_offered_on_it(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    bea = waiting(ward, "Bea")
    ward.stop(first)
    ward.look()
    (offer,) = ward.running()
    close_all_of(ward, TUESDAY)

    ward.look()

    with database.reading() as db:
        ended = looks.offer(db, offer.id)
    assert (ended.status, ended.why) == (OfferStatus.WITHDRAWN, offering.CLOSED)
    assert starts_of(ward.now_of(bea)) == starts_of(bea)


def test_a_visit_that_was_moved_meanwhile_is_offered_no_more(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    bea = waiting(ward, "Bea")
    ward.stop(first)
    ward.look()
    (offer,) = ward.running()
    with database.transaction() as db:
        rescheduling.move_session(db, bea.live[0].id, offer.place.starts_at + 3 * DAY + 5 * HOUR, ward.doing())

    with pytest.raises(OfferOver):
        ward.accept(offer)
    ward.look()

    with database.reading() as db:
        assert looks.offer(db, offer.id).why == offering.CHANGED


def test_a_wish_that_is_taken_back_frees_what_is_offered_for_it(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    waiting(ward, "Bea")
    ward.stop(first)
    ward.look()
    (offer,) = ward.running()

    withdrawn = database.run(lambda db: offering.withdraw_wish(db, offer.wish, ward.doing()))

    assert withdrawn == database.run(lambda db: offering.withdraw_wish(db, offer.wish, ward.doing()))
    assert (ward.running(), active_bookings(ward, offer)) == ((), 0)


def active_bookings(ward: Ward, offer: Offer) -> int:
    with ward.database.reading() as db:
        asked = select(BookingRow.id).where(BookingRow.purpose == offer.id, BookingRow.status != "released")
        return len(db.scalars(asked).all())


def test_one_wish_for_the_same_visits_and_times_that_can_be(database: Database) -> None:
    ward = Ward(database)
    course = ward.course("Ana", FRIDAY)
    ward.wish(course)
    with pytest.raises(WishedAlready):
        ward.wish(course, When(opens=600), Aim.OTHER_TIMES)
    for wrong in (When(opens=600, closes=600), When(weekdays=frozenset()), When(latest=date(2026, 1, 1)), When(notice_hours=9999)):
        with pytest.raises(Faulty):
            ward.wish(course, wrong, session=course.live[0].id)
    with pytest.raises(Faulty):
        ward.wish(course, aim=Aim.OTHER_TIMES, session=course.live[0].id)


def test_a_site_says_for_how_long_it_keeps_a_place_and_may_offer_by_hand_alone(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    waiting(ward, "Bea")
    with database.transaction() as db:
        offering.set_offering(db, "main", Offering(hold_minutes=15, by_itself=False))
    ward.stop(first)
    assert ward.look() == 0

    with database.transaction() as db:
        offering.set_offering(db, "main", Offering(hold_minutes=15), expected=1)
    assert ward.look() == 1
    assert ward.running()[0].hold_until == ward.now + HOUR / 4


def test_at_night_the_time_to_answer_begins_in_the_morning(database: Database) -> None:
    ward, first = ward_with_a_full_morning(database)
    waiting(ward, "Bea")
    ward.stop(first)
    ward.clock.set(datetime(2026, 11, 25, 7, 0, tzinfo=UTC))  # 2:00 in New York

    ward.look()

    (offer,) = ward.running()
    assert (offer.begins_at.hour, offer.hold_until.hour) == (13, 14)  # 8:00 and 9:00 there
