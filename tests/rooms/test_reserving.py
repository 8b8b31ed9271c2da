"""Booking, moving, holding and freeing on both databases, through every way in which a booking can be written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rooms import queries, reserving
from rooms.availability.interval import Interval
from rooms.bookings.booking import Booking, BookingStatus, Claim
from rooms.bookings.conflict import BookingRefused
from tests.rooms.small_clinic import NOW, Clinic, at, between, claim


def test_reserved_is_there_with_all_that_was_asked(clinic: Clinic) -> None:
    asked = (claim("chair-1", "10:00", "11:40"), claim("nurse", "10:10", "10:30", load=4, part=1))

    granted = clinic.reserve(*asked)

    with clinic.database.reading() as db:
        assert queries.bookings_of(db, ["s_1"]) == {"s_1": granted}
    assert [booking.claim for booking in granted] == list(asked)
    assert {booking.status for booking in granted} == {BookingStatus.BOOKED}


def reserve(clinic: Clinic, asked: Claim) -> None:
    clinic.reserve(asked)


def hold(clinic: Clinic, asked: Claim) -> None:
    clinic.reserve(asked, hold_minutes=10)


def move(clinic: Clinic, asked: Claim) -> None:
    clinic.reserve(claim("chair-2", "15:00", "16:00", asked.purpose))
    clinic.move(asked.purpose, asked)


def move_into_more_bookings(clinic: Clinic, asked: Claim) -> None:
    clinic.reserve(claim("chair-2", "15:00", "16:00", asked.purpose))
    clinic.move(asked.purpose, asked, claim("doctor", "15:00", "16:00", asked.purpose, part=1))


def series(clinic: Clinic, asked: Claim) -> None:
    clinic.reserve(*(claim("chair-2", "09:00", "10:00", f"s_{day}", day=day) for day in (2, 3, 4)), asked)


def replan(clinic: Clinic, asked: Claim) -> None:
    clinic.reserve(claim("chair-2", "15:00", "16:00", "s_old"))
    clinic.replace(("s_old",), asked)


def undo_cancel(clinic: Clinic, asked: Claim) -> None:
    clinic.reserve(claim("chair-2", "15:00", "16:00", asked.purpose))
    clinic.release(asked.purpose)
    clinic.reserve(asked)


WAYS_TO_WRITE = [reserve, hold, move, move_into_more_bookings, series, replan, undo_cancel]


@pytest.mark.parametrize("write", WAYS_TO_WRITE)
def test_every_way_to_write_asks_the_same_rules(clinic: Clinic, write: Callable[[Clinic, Claim], None]) -> None:
    # The staff's calendar and the API skip the check; availability checked far before the insert.
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_first"))

    with pytest.raises(BookingRefused) as refused:
        write(clinic, claim("chair-1", "10:30", "11:30", "s_second"))

    (conflict,) = refused.value.conflicts
    assert [(holder.resource, holder.purpose) for holder in conflict.holders] == [("chair-1", "s_first")]
    assert [line for line in clinic.day() if line[0] == "chair-1"] == [("chair-1", "10:00", "11:00", "s_first")]


@pytest.mark.parametrize("write", WAYS_TO_WRITE)
def test_every_way_to_write_counts_what_is_held(clinic: Clinic, write: Callable[[Clinic, Claim], None]) -> None:
    # Pending bookings were invisible to the check.
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_first"), hold_minutes=10)

    with pytest.raises(BookingRefused):
        write(clinic, claim("chair-1", "10:30", "11:30", "s_second"))


def test_two_stale_forms_for_one_time(clinic: Clinic) -> None:
    # Two browser tabs, same provider and hour.
    with clinic.database.reading() as db:
        both_saw = queries.calendar(db, clinic.site_id, between("08:00", "17:00"), now=NOW)
    chair, on = both_saw.resources["chair-1"], at("12:00").date()
    assert both_saw.starts(chair, on, 60, 1) >> 600 & 1

    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_tab_1"))
    with pytest.raises(BookingRefused, match="Chair 1 is taken from 2026-12-01 10:00 until 11:00"):
        clinic.reserve(claim("chair-1", "10:00", "11:00", "s_tab_2"))

    with clinic.database.reading() as db:
        fresh = queries.calendar(db, clinic.site_id, between("08:00", "17:00"), now=NOW)
    assert not fresh.starts(fresh.resources["chair-1"], on, 60, 1) >> 600 & 1


def test_hand_made_request_inside_a_turnover(clinic: Clinic) -> None:
    # Buffers shown but not enforced on write: the patient leaves at 11:30, the chair is free again at 11:40.
    clinic.reserve(claim("chair-1", "10:00", "11:40"))

    with pytest.raises(BookingRefused, match="until 11:40"):
        clinic.reserve(claim("chair-1", "11:30", "12:00", "s_2"))
    clinic.reserve(claim("chair-1", "11:40", "12:10", "s_3"))


def test_own_turnover_reaching_into_the_next_visit(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "11:30", "12:00"))

    with pytest.raises(BookingRefused):
        clinic.reserve(claim("chair-1", "10:00", "11:40", "s_2"))


def test_booking_is_whole_or_not_at_all(clinic: Clinic) -> None:
    clinic.reserve(claim("doctor", "10:00", "11:00", "s_first"))

    with pytest.raises(BookingRefused):
        clinic.reserve(claim("chair-1", "09:00", "10:00", "s_2"), claim("doctor", "10:30", "11:30", "s_2", part=1))

    assert clinic.day() == [("doctor", "10:00", "11:00", "s_first")]


def test_free_places_are_capacity_less_what_is_booked_always(clinic: Clinic) -> None:
    # Capacity shown full although bookings exist; capacity check, save and counter were three steps.
    for number in range(4):
        clinic.reserve(claim("nurse", "10:00", "12:00", f"s_{number}"))
        clinic.release(f"s_{number}")
        clinic.reserve(claim("nurse", "10:00", "12:00", f"s_{number}"))
        clinic.move(f"s_{number}", claim("nurse", "10:30", "12:30", f"s_{number}"))

        with clinic.database.reading() as db:
            calendar = queries.calendar(db, clinic.site_id, between("08:00", "17:00"), now=NOW)
        nurse, noon = calendar.resources["nurse"], at("12:00").date()
        free = max((load for load in range(1, 5) if calendar.starts(nurse, noon, 60, load) >> 660 & 1), default=0)
        assert free == 4 - (number + 1)

    with pytest.raises(BookingRefused, match="Nurse A has 4 of 4 places taken from 2026-12-01 10:30 until 12:30"):
        clinic.reserve(claim("nurse", "12:00", "13:00", "s_9"))


def test_series_without_a_live_visit_touches_nothing(clinic: Clinic) -> None:
    # An empty set of occurrences made the overlap filter match everything.
    clinic.reserve(claim("chair-1", "10:00", "11:00"))

    assert clinic.reserve() == ()
    assert clinic.replace(()) == ()
    assert clinic.release() == 0
    clinic.confirm()

    assert clinic.day() == [("chair-1", "10:00", "11:00", "s_1")]


def test_cancelled_visit_frees_its_time_at_once(clinic: Clinic) -> None:
    # Cancelled visits still hide free time.
    clinic.reserve(claim("chair-1", "10:00", "11:00"), claim("nurse", "10:00", "11:00", load=4, part=1))

    assert clinic.release("s_1") == 2

    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_2"), claim("nurse", "10:00", "11:00", "s_2", load=4, part=1))


def test_visit_that_would_end_after_closing(clinic: Clinic) -> None:
    # Two hours of observation at 16:00.
    with pytest.raises(BookingRefused, match="Chair 1 does not work from 2026-12-01 16:00 until 18:00"):
        clinic.reserve(claim("chair-1", "16:00", "18:00"))


def test_no_load_and_no_override_passes_an_exclusive_resource(clinic: Clinic) -> None:
    # "Allow double booking" off, still double booked: here nothing allows it, and a load of 2 on a chair is refused as such.
    with pytest.raises(BookingRefused, match="bears 1 at once"):
        clinic.reserve(claim("chair-1", "10:00", "11:00", load=2))


@pytest.mark.parametrize(("opens", "closes"), [("10:15", "11:15"), ("09:45", "10:45"), ("10:00", "11:00"), ("10:00", "11:30")])
def test_move_that_overlaps_its_own_old_place(clinic: Clinic, opens: str, closes: str) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00"), claim("nurse", "10:00", "11:00", load=4, part=1))

    clinic.move("s_1", claim("chair-1", opens, closes), claim("nurse", opens, closes, load=4, part=1))

    assert clinic.day() == [("chair-1", opens, closes, "s_1"), ("nurse", opens, closes, "s_1")]


@pytest.mark.parametrize("minutes", [-30, -15, 15, 30])
def test_move_of_bookings_that_follow_each_other_on_one_resource(clinic: Clinic, minutes: int) -> None:
    parts = [
        claim("chair-1", f"{10 + n // 2}:{30 * (n % 2):02d}", f"{10 + (n + 1) // 2}:{30 * ((n + 1) % 2):02d}", part=n) for n in range(3)
    ]
    clinic.reserve(*parts)
    shift = timedelta(minutes=minutes)
    moved = [replace(p, interval=Interval(p.interval.starts_at + shift, p.interval.ends_at + shift)) for p in parts]

    clinic.move("s_1", *moved)

    assert len(clinic.day()) == 3
    with clinic.database.reading() as db:
        assert [booking.claim for booking in queries.bookings_of(db, ["s_1"])["s_1"]] == moved


def test_move_that_exchanges_two_of_its_own_places(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00"), claim("chair-1", "11:00", "12:00", part=1))

    clinic.move("s_1", claim("chair-1", "11:00", "12:00"), claim("chair-1", "10:00", "11:00", part=1))

    with clinic.database.reading() as db:
        assert [(b.claim.part, b.claim.interval) for b in queries.bookings_of(db, ["s_1"])["s_1"]] == [
            (0, between("11:00", "12:00")),
            (1, between("10:00", "11:00")),
        ]


def test_refused_move_leaves_the_old_place(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00"), claim("nurse", "10:00", "11:00", part=1))
    clinic.reserve(claim("chair-2", "14:00", "15:00", "s_2"))
    before = clinic.day()

    there = [claim("chair-2", "14:30", "15:30"), claim("nurse", "14:30", "15:30", part=1)]

    with clinic.database.transaction() as db, pytest.raises(BookingRefused):
        reserving.move(db, clinic.site_id, "s_1", there, new_id=clinic.new_id, now=NOW)

    assert clinic.day() == before


def test_moved_hold_stays_a_hold(clinic: Clinic) -> None:
    (held,) = clinic.reserve(claim("chair-1", "10:00", "11:00"), hold_minutes=5)

    for there in ([claim("chair-1", "12:00", "13:00")], [claim("chair-1", "14:00", "15:00"), claim("doctor", "14:00", "15:00", part=1)]):
        moved = clinic.move("s_1", *there)
        assert {(booking.status, booking.hold_until) for booking in moved} == {(BookingStatus.HELD, held.hold_until)}


def test_hold_that_ran_out_is_not_moved_into_a_booking(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "09:00", "10:00"), hold_minutes=10)
    clinic.now += timedelta(minutes=10)

    with pytest.raises(reserving.ChangedMeanwhile):
        clinic.move("s_1", claim("chair-1", "11:00", "12:00"))

    assert clinic.day() == []


def test_replan_may_use_what_it_frees(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "09:00", "10:00", "s_1"), claim("chair-1", "10:00", "11:00", "s_2"))

    clinic.replace(("s_1", "s_2"), claim("chair-1", "10:00", "11:00", "s_1"), claim("chair-1", "09:00", "10:00", "s_2"))

    assert clinic.day() == [("chair-1", "09:00", "10:00", "s_2"), ("chair-1", "10:00", "11:00", "s_1")]


def test_refused_replan_leaves_everything(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "09:00", "10:00", "s_1"), claim("chair-2", "10:00", "11:00", "s_other"))
    before = clinic.day()

    wanted = [claim("chair-1", "12:00", "13:00", "s_1"), claim("chair-2", "10:30", "11:30", "s_1", part=1)]

    with clinic.database.transaction() as db, pytest.raises(BookingRefused):
        reserving.replace_all(db, clinic.site_id, ("s_1",), wanted, new_id=clinic.new_id, now=NOW)

    assert clinic.day() == before


def test_hold_runs_out_and_is_taken_by_another(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_1"), hold_minutes=5)
    clinic.now = NOW + timedelta(minutes=5)

    assert clinic.day() == []
    clinic.reserve(claim("chair-1", "10:30", "11:30", "s_2"))

    with pytest.raises(reserving.HoldExpired):
        clinic.confirm("s_1")
    assert clinic.day() == [("chair-1", "10:30", "11:30", "s_2")]


def test_confirmed_hold_is_a_booking(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00"), hold_minutes=5)
    clinic.now = NOW + timedelta(minutes=4, seconds=59)
    clinic.confirm("s_1")
    clinic.now = NOW + timedelta(hours=1)

    with pytest.raises(BookingRefused):
        clinic.reserve(claim("chair-1", "10:30", "11:30", "s_2"))


def test_hold_that_ran_out_is_not_confirmed_though_nobody_took_it(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00"), hold_minutes=5)
    clinic.now = NOW + timedelta(minutes=5)

    with pytest.raises(reserving.HoldExpired):
        clinic.confirm("s_1")


def test_sweep_frees_only_what_has_run_out(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_1"), hold_minutes=5)
    clinic.reserve(claim("chair-2", "10:00", "11:00", "s_2"), hold_minutes=6)
    clinic.reserve(claim("doctor", "10:00", "11:00", "s_3"))

    with clinic.database.transaction() as db:
        assert reserving.sweep_holds(db, now=NOW + timedelta(minutes=5)) == 1
        assert sorted(queries.bookings_of(db, ["s_1", "s_2", "s_3"])) == ["s_2", "s_3"]
        assert reserving.sweep_holds(db, now=NOW + timedelta(minutes=5)) == 0


def test_any_chair_never_picks_one_that_is_taken(clinic: Clinic) -> None:
    # "Any provider" picks one that is being taken.
    def any_chair(purpose: str) -> Booking | None:
        for chair in ("chair-1", "chair-2"):
            try:
                return clinic.reserve(claim(chair, "10:00", "11:00", purpose))[0]
            except BookingRefused:
                continue
        return None

    taken = [any_chair(f"s_{n}") for n in range(3)]

    assert [booking and booking.claim.resource for booking in taken] == ["chair-1", "chair-2", None]


def test_resource_of_another_site_is_unknown(clinic: Clinic) -> None:
    with pytest.raises(BookingRefused, match="Main Street has no resource 'chair-9'"):
        clinic.reserve(replace(claim("chair-1", "10:00", "11:00"), resource="chair-9"))
