"""Fifty desks at once: nothing is held twice, no desk sees an error, and every refusal names who is in the way."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from rooms import equipping, queries, reserving, rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.availability.interval import Interval
from rooms.bookings.booking import Booking, Claim
from rooms.bookings.conflict import BookingRefused
from rooms.resources.resource import Kind, Resource
from rooms.resources.site import Site
from scheduler.clock import SystemClock
from scheduler.database import Database
from tests.races.workload import MONDAY, NOW, open_clinic, race

NEW_ID = SystemClock().new_id
TEN = MONDAY + timedelta(hours=10)
HOUR = Interval(TEN, TEN + timedelta(hours=1))


def test_fifty_desks(database: Database) -> None:
    tally = race(database, clients=50, attempts=8)

    print(tally)  # noqa: T201  # the figures, for whoever runs it with -s
    assert tally.is_clean(), str(tally)
    assert tally.told["booked"] > 40
    assert tally.told["refused by hand"] > 0


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 21))
def test_fifty_desks_forty_times(database: Database, seed: int) -> None:
    tally = race(database, clients=50, attempts=40, seed=seed)

    print(tally)  # noqa: T201
    assert tally.is_clean(), str(tally)


def at_once(writers: int, ask: Callable[[int], Booking]) -> list[Booking | str]:
    """What each of so many writers is told who all ask at the same moment: a booking, or the refusal's sentence."""
    together = threading.Barrier(writers)

    def one(number: int) -> Booking | str:
        together.wait()
        try:
            return ask(number)
        except BookingRefused as refused:
            return str(refused)

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(one, range(writers)))


def test_one_place_fifty_writers(database: Database) -> None:
    # Two users, same resource, same moment: both told "booked".
    site_id = open_clinic(database)

    def ask(number: int) -> Booking:
        with database.transaction() as db:
            return reserving.reserve(db, site_id, [Claim("r-01", HOUR, 1, f"v_{number}")], new_id=NEW_ID, now=NOW)[0]

    told = at_once(50, ask)

    assert sum(isinstance(each, Booking) for each in told) == 1
    assert [each for each in told if isinstance(each, str)] == ["r-01 is taken from 2026-12-07 10:00 until 11:00."] * 49


def test_last_place_twenty_writers(database: Database) -> None:
    # Seat limit passed by parallel requests.
    site_id = open_clinic(database)
    with database.transaction() as db:
        reserving.reserve(db, site_id, [Claim("r-20", HOUR, 2, "v_first")], new_id=NEW_ID, now=NOW)

    def ask(number: int) -> Booking:
        with database.transaction() as db:
            return reserving.reserve(db, site_id, [Claim("r-20", HOUR, 1, f"v_{number}")], new_id=NEW_ID, now=NOW)[0]

    assert sum(isinstance(each, Booking) for each in at_once(20, ask)) == 1


def test_first_joins_of_a_group_fill_one_group(database: Database) -> None:
    # First bookings into an empty group slot each create their own group.
    site_id = open_clinic(database)
    with database.transaction() as db:
        group = Resource("group", Kind.ROOM, frozenset({"group"}), capacity=8)
        equipping.add_resource(db, site_id, group, new_id=NEW_ID, now=NOW)

    def ask(number: int) -> Booking:
        with database.transaction() as db:
            return reserving.reserve(db, site_id, [Claim("group", HOUR, 1, f"v_{number}", 0, "group")], new_id=NEW_ID, now=NOW)[0]

    told = at_once(20, ask)

    assert Counter(each.claim.resource for each in told if isinstance(each, Booking)) == {"group": 8}


def test_pool_gives_each_chair_once(database: Database) -> None:
    # "Any provider" picks one that is being taken: each writer takes the first that its stale picture shows free, and looks again.
    site_id = open_clinic(database)

    def ask(number: int) -> Booking:
        while True:
            with database.reading() as db:
                picture = queries.calendar(db, site_id, Interval(MONDAY, MONDAY + timedelta(days=1)), now=NOW)
            chairs = [r.id for r in picture.pool("any") if r.capacity == 1 and picture.starts(r, MONDAY.date(), 60, 1) >> 600 & 1]
            try:
                with database.transaction() as db:
                    claim = Claim(chairs[0] if chairs else "r-00", HOUR, 1, f"v_{number}")
                    return reserving.reserve(db, site_id, [claim], new_id=NEW_ID, now=NOW)[0]
            except BookingRefused:
                if not chairs:
                    raise

    given = [each.claim.resource for each in at_once(24, ask) if isinstance(each, Booking)]

    assert sorted(given) == [f"r-{number:02d}" for number in range(20)]


def test_move_and_cancel_of_one_visit_at_once(database: Database) -> None:
    site_id = open_clinic(database)
    with database.transaction() as db:
        reserving.reserve(db, site_id, [Claim(f"r-{n:02d}", HOUR, 1, "v_1", n) for n in range(4)], new_id=NEW_ID, now=NOW)

    def ask(number: int) -> str:
        there = Interval(HOUR.starts_at + timedelta(minutes=number), HOUR.ends_at + timedelta(minutes=number))
        claims = [Claim(f"r-{(n + number) % 8:02d}", there, 1, "v_1", n) for n in range(4)]
        try:
            with database.transaction() as db:
                if number % 4 == 3:
                    return f"freed {reserving.release(db, ['v_1'], now=NOW)}"
                reserving.move(db, site_id, "v_1", claims, new_id=NEW_ID, now=NOW)
        except reserving.ChangedMeanwhile:
            return "changed meanwhile"
        return "moved"

    told = Counter([ask(0)])  # where a cancel is the first of all, nothing is left to be moved
    with ThreadPoolExecutor(20) as pool:
        told.update(pool.map(ask, range(1, 20)))

    with database.reading() as db:
        assert len(queries.bookings_of(db, ["v_1"]).get("v_1", ())) in {0, 4}
    assert set(told) <= {"moved", "freed 0", "freed 4", "changed meanwhile"}
    assert told["moved"] > 0


def test_two_sites_in_two_zones_at_once(database: Database) -> None:
    # The zone of one request was set for the whole process, so that parallel ones computed in another's.
    zones = ("Pacific/Auckland", "America/Los_Angeles")
    week = WeeklyHours.of({day: [("09:00", "10:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
    with database.transaction() as db:
        for zone in zones:
            known = equipping.add_site(db, Site(zone, zone, zone, week), new_id=NEW_ID, now=NOW)
            for n in range(10):
                equipping.add_resource(db, known.id, Resource(f"c-{n}", Kind.CHAIR, frozenset()), new_id=NEW_ID, now=NOW)

    def ask(number: int) -> Booking:
        zone = zones[number % 2]
        nine = SiteTime(zone).exact(datetime(2026, 12, 7, 9))  # noqa: DTZ001  # the wall clock's own time
        with database.transaction() as db:
            claim = Claim(f"c-{number // 2}", Interval(nine, nine + timedelta(hours=1)), 1, f"v_{number}")
            return reserving.reserve(db, queries.site(db, zone).id, [claim], new_id=NEW_ID, now=NOW)[0]

    told = at_once(20, ask)

    assert Counter(each.claim.interval.starts_at for each in told if isinstance(each, Booking)) == {
        datetime(2026, 12, 6, 20, tzinfo=UTC): 10,
        datetime(2026, 12, 7, 17, tzinfo=UTC): 10,
    }


def test_closing_a_day_and_booking_into_it_at_once(database: Database) -> None:
    """Whoever is booked is named by the closure, or was refused by it; nobody falls between."""
    site_id = open_clinic(database)
    closure = Closure(Interval(MONDAY, MONDAY + timedelta(days=1)), "snow")

    def ask(number: int) -> list[str]:
        if number == 10:
            with database.transaction() as db:
                _, hit = rostering.close_site(db, site_id, closure, by="desk", new_id=NEW_ID, now=NOW)
            return [f"hit {booking.claim.purpose}" for booking in hit]
        try:
            with database.transaction() as db:
                claim = Claim(f"r-{number % 20:02d}", HOUR, 1, f"v_{number}")
                return [booking.claim.purpose for booking in reserving.reserve(db, site_id, [claim], new_id=NEW_ID, now=NOW)]
        except BookingRefused as refused:
            return [] if "closed" in str(refused) else [str(refused)]

    with ThreadPoolExecutor(20) as pool:
        told = [line for lines in pool.map(ask, range(20)) for line in lines]

    assert sorted(line.removeprefix("hit ") for line in told if line.startswith("hit")) == sorted(
        line for line in told if not line.startswith("hit")
    )
