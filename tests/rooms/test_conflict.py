"""The rules that a booking may break, without a database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rooms.availability.closure import Closure
from rooms.availability.hours import WeeklyHours
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from rooms.bookings.conflict import BookingRefused, Holder, Occupancy, conflicts
from rooms.resources.resource import Absence, Kind, Resource
from tests.rooms.small_clinic import RESOURCES, SITE, at, between, claim

# Allen's thirteen relations of a claim to the booking 10:00 to 11:00, and whether the two clash.
RELATIONS = {
    "before": ("08:30", "09:30", False),
    "meets": ("09:00", "10:00", False),
    "overlaps": ("09:30", "10:30", True),
    "finished by": ("09:30", "11:00", True),
    "contains": ("09:30", "11:30", True),
    "starts": ("10:00", "10:30", True),
    "equals": ("10:00", "11:00", True),
    "started by": ("10:00", "11:30", True),
    "during": ("10:15", "10:45", True),
    "finishes": ("10:30", "11:00", True),
    "overlapped by": ("10:30", "11:30", True),
    "met by": ("11:00", "12:00", False),
    "after": ("11:30", "12:30", False),
}


def held(resource: str, opens: str, closes: str, load: int = 1, purpose: str = "s_0") -> Holder:
    return Holder(resource, between(opens, closes), load, purpose)


def codes(occupancy: Occupancy, *claims: Claim) -> list[str]:
    return [conflict.code for conflict in conflicts(occupancy, claims)]


@pytest.mark.parametrize(("opens", "closes", "clash"), RELATIONS.values(), ids=RELATIONS)
def test_each_of_the_thirteen_interval_relations(opens: str, closes: str, clash: bool) -> None:
    # Overlap in the middle of a longer slot missed; a clash counted only if the old visit covers the new one.
    occupancy = Occupancy(SITE, RESOURCES, [held("chair-1", "10:00", "11:00")])

    assert codes(occupancy, claim("chair-1", opens, closes)) == (["over_capacity"] if clash else [])


def test_conflict_names_who_holds_what_from_when_until_when() -> None:
    holder = held("chair-1", "10:00", "11:40", purpose="s_9")

    (conflict,) = conflicts(Occupancy(SITE, RESOURCES, [holder]), [claim("chair-1", "11:00", "12:00")])

    assert conflict.holders == (holder,)
    assert conflict.sentence == "Chair 1 is taken from 2026-12-01 10:00 until 11:40."


def test_refusal_lists_all_conflicts() -> None:
    occupancy = Occupancy(SITE, RESOURCES, [held("chair-1", "10:00", "11:00"), held("nurse", "10:00", "11:00", 3)])

    found = conflicts(
        occupancy, [claim("chair-1", "10:30", "11:30"), claim("nurse", "10:00", "11:00", load=2), claim("ghost", "10:00", "11:00")]
    )

    assert [(conflict.claim.resource, conflict.code) for conflict in found] == [
        ("chair-1", "over_capacity"),
        ("nurse", "over_capacity"),
        ("ghost", "unknown_resource"),
    ]
    assert str(BookingRefused(found)) == "Chair 1 is taken from 2026-12-01 10:00 until 11:00. There are 2 more conflicts."


def test_loads_are_counted_per_instant_not_per_day() -> None:
    # Slot capacity compared with the day's count.
    watched = [held("nurse", f"{hour:02d}:00", f"{hour + 1:02d}:00", 4) for hour in range(8, 16)]

    assert codes(Occupancy(SITE, RESOURCES, watched), claim("nurse", "16:00", "17:00", load=4)) == []


def test_two_that_never_meet_do_not_add_up() -> None:
    occupancy = Occupancy(SITE, RESOURCES, [held("nurse", "09:00", "10:00", 3), held("nurse", "10:00", "11:00", 3)])

    assert codes(occupancy, claim("nurse", "09:30", "10:30", load=1)) == []
    assert codes(occupancy, claim("nurse", "09:30", "10:30", load=2)) == ["over_capacity"]


def test_mixed_capacities_are_each_counted_by_their_own() -> None:
    # The largest capacity of all resources in a booking was taken for each of them.
    occupancy = Occupancy(SITE, RESOURCES, [held("chair-1", "10:00", "11:00"), held("nurse", "10:00", "11:00")])

    assert codes(occupancy, claim("nurse", "10:00", "11:00"), claim("chair-1", "10:00", "11:00")) == ["over_capacity"]


def test_chair_clashes_whoever_works_at_it() -> None:
    # Two practitioners held one chair at one time.
    occupancy = Occupancy(SITE, RESOURCES, [held("chair-1", "10:00", "11:00"), held("nurse", "10:00", "11:00")])

    assert codes(occupancy, claim("chair-1", "10:30", "11:30"), claim("doctor", "10:30", "11:30")) == ["over_capacity"]


def test_presence_is_shared_by_any_number() -> None:
    there = [held("doctor", "09:00", "12:00", 0, f"s_{n}") for n in range(20)]

    assert codes(Occupancy(SITE, RESOURCES, there), claim("doctor", "09:00", "12:00", load=0), claim("doctor", "09:00", "12:00")) == []


def test_claims_of_one_request_count_against_each_other() -> None:
    assert codes(Occupancy(SITE, RESOURCES), claim("chair-1", "10:00", "11:00"), claim("chair-1", "10:30", "11:30", part=1)) == [
        "over_capacity"
    ]


def test_more_load_than_the_resource_ever_bears() -> None:
    assert codes(Occupancy(SITE, RESOURCES), claim("nurse", "10:00", "11:00", load=5)) == ["over_capacity"]


@pytest.mark.parametrize(("opens", "closes"), [("07:59", "09:00"), ("16:00", "17:01"), ("15:30", "18:00")], ids=["start", "end", "far end"])
def test_start_and_end_are_inside_the_hours(opens: str, closes: str) -> None:
    # Visit ends after closing time: a two-hour observation at 16:00.
    assert codes(Occupancy(SITE, RESOURCES), claim("chair-1", opens, closes)) == ["outside_hours"]


def test_booking_lies_inside_one_stretch_of_hours() -> None:
    lunch = replace(RESOURCES[0], hours=WeeklyHours.of({"tue": [("08:00", "12:00"), ("12:00", "17:00")]}))

    assert codes(Occupancy(SITE, [lunch]), claim("chair-1", "11:30", "12:30")) == ["outside_hours"]
    assert codes(Occupancy(SITE, [lunch]), claim("chair-1", "11:30", "12:00"), claim("chair-1", "12:00", "12:30")) == []


def test_visit_over_midnight_clashes_like_any_other_and_lies_on_no_one_date() -> None:
    # The end compared as a bare time of day, so that a visit past midnight never clashed.
    always = replace(RESOURCES[0], hours=WeeklyHours((((0, 1440),),) * 7))
    night = Interval(at("23:00", 1), at("01:00", 2))

    assert codes(Occupancy(SITE, [always], [Holder("chair-1", night, 1, "s_0")]), claim("chair-1", "00:30", "01:30", day=2)) == [
        "over_capacity"
    ]
    assert codes(Occupancy(SITE, [always]), Claim("chair-1", night, 1, "s_1")) == ["outside_hours"]


def test_closed_site_refuses_with_the_reason() -> None:
    closed = replace(SITE, closures=(Closure(between("12:00", "17:00"), "snow"),))

    (conflict,) = conflicts(Occupancy(closed, RESOURCES), [claim("chair-1", "11:30", "12:30")])

    assert (conflict.code, conflict.sentence) == ("site_closed", "Main Street is closed from 2026-12-01 12:00 until 17:00 (snow).")


def test_absent_resource_refuses_with_the_reason() -> None:
    away = replace(RESOURCES[3], absences=(Absence(between("08:00", "10:00"), "training"),))

    assert codes(Occupancy(SITE, [away]), claim("doctor", "09:59", "10:30", load=0)) == ["absent"]
    assert codes(Occupancy(SITE, [away]), claim("doctor", "10:00", "10:30", load=0)) == []


def test_resource_without_the_capability_refuses() -> None:
    assert codes(Occupancy(SITE, RESOURCES), replace(claim("chair-1", "09:00", "10:00"), capability="nurse")) == ["lacks_capability"]


def test_nothing_is_booked_for_more_than_a_day() -> None:
    week = Claim("chair-1", Interval(at("08:00", 1), at("08:01", 2)), 1, "s_1")

    assert codes(Occupancy(SITE, RESOURCES), week) == ["too_long"]


def test_room_that_is_large_enough_is_granted_among_long_bookings() -> None:
    """Those that began long before still count, those that ended do not."""
    always = Resource("bay", Kind.ROOM, frozenset(), capacity=2, hours=WeeklyHours((((0, 1440),),) * 7))
    long = Holder("bay", Interval(at("10:00", 1), at("10:00", 2)), 1, "s_0")

    assert codes(Occupancy(SITE, [always], [long, long]), claim("bay", "09:59", "10:01", day=2)) == ["lacks_capability"]
    assert codes(Occupancy(SITE, [always], [long, long]), Claim("bay", between("09:59", "10:01", 2), 1, "s_1")) == ["over_capacity"]
    assert codes(Occupancy(SITE, [always], [long, long]), Claim("bay", between("10:00", "10:01", 2), 1, "s_1")) == []
