"""Changing what a clinic has and when it is there, with visits standing against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rooms import equipping, queries, rostering
from rooms.availability.closure import Closure
from rooms.availability.hours import NoSuchZone, SiteTime, WeeklyHours
from rooms.bookings.conflict import BookingRefused
from rooms.errors import Faulty, Unknown
from rooms.resources.resource import Absence, Kind, Resource
from scheduler.verify import verify
from tests.rooms.small_clinic import NOW, RESOURCES, SITE, Clinic, at, between, claim

MONDAYS = WeeklyHours.of({"mon": [("09:00", "12:00")]})


def test_equipped_is_known_as_it_was_given(clinic: Clinic) -> None:
    with clinic.database.reading() as db:
        assert queries.site(db, "main").site == SITE
        assert queries.sites(db) == (queries.site(db, clinic.site_id),)
        assert tuple(known.resource for known in queries.resources(db, clinic.site_id)) == RESOURCES
        public_id = queries.resource(db, clinic.site_id, "nurse").public_id
        assert queries.resource(db, clinic.site_id, public_id).resource == RESOURCES[2]


def test_what_is_not_there_is_unknown(clinic: Clinic) -> None:
    with clinic.database.transaction() as db:
        with pytest.raises(Unknown, match="There is no site 'elsewhere'"):
            queries.site(db, "elsewhere")
        with pytest.raises(Unknown, match="There is no resource 'chair-9'"):
            equipping.change_capacity(db, clinic.site_id, "chair-9", 2, now=NOW)
        with pytest.raises(Unknown, match="There is no closure"):
            rostering.remove_closure(db, clinic.site_id, "c_none", now=NOW)
        with pytest.raises(Unknown, match="There is no absence"):
            rostering.remove_absence(db, clinic.site_id, "a_none")


def test_second_of_the_same_id_is_refused(clinic: Clinic) -> None:
    with clinic.database.transaction() as db:
        with pytest.raises(equipping.AlreadyThere, match="There is a resource 'nurse' already"):
            equipping.add_resource(db, clinic.site_id, RESOURCES[2], new_id=clinic.new_id, now=NOW)
        with pytest.raises(equipping.AlreadyThere):
            equipping.add_site(db, SITE, new_id=clinic.new_id, now=NOW)


def test_wrong_zone_is_refused(clinic: Clinic) -> None:
    with clinic.database.transaction() as db, pytest.raises(NoSuchZone):
        equipping.change_site(db, clinic.site_id, replace(SITE, timezone="America/Atlantis"), now=NOW)


def test_capacity_is_lowered_only_to_what_is_booked_to_come(clinic: Clinic) -> None:
    clinic.reserve(
        claim("nurse", "10:00", "11:00", "s_1", load=2), claim("nurse", "10:30", "11:30", "s_2"), claim("nurse", "12:00", "13:00", "s_3")
    )

    with clinic.database.transaction() as db:
        with pytest.raises(equipping.StillBooked) as refused:
            equipping.change_capacity(db, clinic.site_id, "nurse", 2, now=NOW)
        assert [booking.claim.purpose for booking in refused.value.bookings] == ["s_1", "s_2"]
        assert str(refused.value) == "Nurse A cannot bear only 2 at once: 2 bookings stand against it. Move them first."
        equipping.change_capacity(db, clinic.site_id, "nurse", 3, now=NOW)

    with pytest.raises(BookingRefused, match="3 of 3 places taken from 2026-12-01 10:30 until 11:00"):
        clinic.reserve(claim("nurse", "10:00", "11:00", "s_4"))


def test_hold_that_ran_out_stands_against_nothing(clinic: Clinic) -> None:
    clinic.reserve(claim("nurse", "10:00", "11:00", "s_1", load=2), claim("doctor", "10:00", "11:00", "s_1", part=1), hold_minutes=10)
    clinic.reserve(claim("nurse", "10:00", "11:00", "s_2", load=1))
    later = NOW + timedelta(minutes=11)

    with clinic.database.transaction() as db:
        equipping.change_capacity(db, clinic.site_id, "nurse", 1, now=later)
        equipping.retire_resource(db, clinic.site_id, "doctor", now=later)

    stray = "There is no session s_2."  # and none of the holds
    assert [breach.sentence for breach in verify(clinic.database, now=later)] == [stray]


def test_raised_capacity_gives_places_at_once(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_1"))
    with clinic.database.transaction() as db:
        equipping.change_capacity(db, clinic.site_id, "chair-1", 2, now=NOW)

    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_2"))

    with pytest.raises(BookingRefused):
        clinic.reserve(claim("chair-1", "10:30", "11:00", "s_3"))


def test_capacity_below_one_is_refused(clinic: Clinic) -> None:
    with clinic.database.transaction() as db, pytest.raises(Faulty, match="0 is no capacity"):
        equipping.change_capacity(db, clinic.site_id, "nurse", 0, now=NOW)


def test_retired_resource_is_booked_no_more_and_keeps_its_history(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00"))
    with clinic.database.transaction() as db:
        with pytest.raises(equipping.StillBooked, match="Chair 1 cannot be retired: 1 booking stands against it"):
            equipping.retire_resource(db, clinic.site_id, "chair-1", now=NOW)
        equipping.retire_resource(db, clinic.site_id, "chair-1", now=at("11:00"))

    with pytest.raises(BookingRefused, match="has no resource 'chair-1'"):
        clinic.reserve(claim("chair-1", "10:00", "11:00", day=2))
    assert clinic.day() == [("chair-1", "10:00", "11:00", "s_1")]


def test_fewer_hours_give_the_visits_that_they_hit(clinic: Clinic) -> None:
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_1"), claim("chair-1", "10:00", "11:00", "s_2", day=7))

    with clinic.database.transaction() as db:
        assert [b.claim.purpose for b in equipping.change_hours(db, clinic.site_id, "chair-1", MONDAYS, now=NOW)] == ["s_1"]
    with clinic.database.transaction() as db:
        assert [b.claim.purpose for b in equipping.change_site(db, clinic.site_id, replace(SITE, hours=MONDAYS), now=NOW)] == ["s_1"]

    assert len(clinic.day()) == 1


def test_lost_capability_gives_the_visits_that_need_it(clinic: Clinic) -> None:
    clinic.reserve(claim("nurse", "10:00", "11:00", "s_1"))

    with clinic.database.transaction() as db:
        assert [b.claim.purpose for b in equipping.change_capabilities(db, clinic.site_id, "nurse", ["reception"], now=NOW)] == ["s_1"]


def test_renamed_resource_is_called_so(clinic: Clinic) -> None:
    with clinic.database.transaction() as db:
        equipping.rename_resource(db, clinic.site_id, "chair-2", name=" Window chair ", now=NOW, position=0)
        assert [known.resource.title for known in queries.resources(db, clinic.site_id)][:2] == ["Window chair", "Chair 1"]


def test_leave_names_the_visits_that_it_hits_and_cancels_none(clinic: Clinic) -> None:
    clinic.reserve(claim("doctor", "10:00", "11:00", "s_1", load=0), claim("chair-1", "10:00", "11:00", "s_2"))

    with clinic.database.transaction() as db:
        known, hit = rostering.add_absence(
            db, clinic.site_id, "doctor", Absence(between("10:30", "12:00"), "training"), new_id=clinic.new_id, now=NOW
        )
    assert [booking.claim.purpose for booking in hit] == ["s_1"]
    assert len(clinic.day()) == 2
    with pytest.raises(BookingRefused, match=r"Dr. Who is not available from 2026-12-01 10:30 until 12:00 \(training\)"):
        clinic.reserve(claim("doctor", "11:00", "12:00", "s_3", load=0))

    with clinic.database.transaction() as db:
        rostering.remove_absence(db, clinic.site_id, known.public_id)
    clinic.reserve(claim("doctor", "11:00", "12:00", "s_3", load=0))


def test_closure_names_the_visits_that_it_hits_and_is_made_once(clinic: Clinic) -> None:
    clinic.reserve(claim("doctor", "10:00", "11:00", "s_1"), claim("doctor", "12:00", "13:00", "s_2"))
    snow = Closure(between("08:00", "12:00"), "snow")

    for _ in range(2):
        with clinic.database.transaction() as db:
            known, hit = rostering.close_site(db, clinic.site_id, snow, by="desk", new_id=clinic.new_id, now=NOW)
        assert [booking.claim.purpose for booking in hit] == ["s_1"]

    with clinic.database.transaction() as db:
        assert queries.closures(db, clinic.site_id) == (known,)
        rostering.remove_closure(db, clinic.site_id, known.public_id, now=NOW)
        assert queries.closures(db, clinic.site_id) == ()
    clinic.reserve(claim("chair-1", "10:00", "11:00", "s_3"))


def test_holidays_are_proposed_and_nothing_closes_until_somebody_accepts(clinic: Clinic) -> None:
    with clinic.database.transaction() as db:
        proposed = rostering.proposed_holidays(db, clinic.site_id, "US", 2026)
        christmas = next(each for each in proposed if each.reason == "Christmas Day")
        time = SiteTime(SITE.timezone)
        assert christmas.interval == time.day(date(2026, 12, 25)).whole
        assert queries.closures(db, clinic.site_id) == ()

        known, _ = rostering.accept_holiday(db, clinic.site_id, christmas, by="manager", new_id=clinic.new_id, now=NOW)

        assert (known.source, known.accepted_by, known.accepted_at) == ("holidays", "manager", NOW)
        assert christmas not in rostering.proposed_holidays(db, clinic.site_id, "US", 2026)
        assert len(rostering.proposed_holidays(db, clinic.site_id, "US", 2026)) == len(proposed) - 1


def test_country_without_known_holidays_is_refused() -> None:
    with pytest.raises(Faulty, match="no public holidays are known for ZZ"):
        rostering.propose_holidays("America/New_York", "ZZ", 2026)


def test_holiday_of_a_part_of_a_country() -> None:
    names = [each.reason for each in rostering.propose_holidays("America/Los_Angeles", "US", 2026, subdivision="CA")]

    assert any("Chavez" in name or "Farmworkers" in name for name in names)


def test_bookings_to_come_leave_out_what_is_over(clinic: Clinic) -> None:
    clinic.reserve(claim("doctor", "10:00", "11:00", "s_1"), claim("doctor", "11:00", "12:00", "s_2"))

    with clinic.database.reading() as db:
        coming = queries.bookings_to_come(db, clinic.site_id, now=at("11:00") - timedelta(seconds=1))
        assert [booking.claim.purpose for booking in coming] == ["s_1", "s_2"]
        assert [b.claim.purpose for b in queries.bookings_to_come(db, clinic.site_id, now=at("11:00"), resource="doctor")] == ["s_2"]


def test_calendar_without_some_purposes(clinic: Clinic) -> None:
    clinic.reserve(claim("doctor", "10:00", "11:00", "s_1"), claim("doctor", "11:00", "12:00", "s_2"))

    with clinic.database.reading() as db:
        calendar = queries.calendar(db, clinic.site_id, between("08:00", "17:00"), now=NOW, without_purposes=["s_1"])
    starts = calendar.starts(calendar.resources["doctor"], at("10:00").date(), 60, 1)
    assert (starts >> 600 & 1, starts >> 660 & 1) == (1, 0)


def test_added_resource_stands_last_on_the_board(clinic: Clinic) -> None:
    with clinic.database.transaction() as db:
        equipping.add_resource(db, clinic.site_id, Resource("bay", Kind.ROOM, frozenset()), new_id=clinic.new_id, now=NOW)
        assert [known.resource.id for known in queries.resources(db, clinic.site_id)][-1] == "bay"
