"""Bookings that last longer, as far as their resources are free."""

from __future__ import annotations

from datetime import timedelta

import pytest

from courses.days.overrun import Watched
from courses.plans.ongoing.course import Course
from rooms import queries, reserving, rostering
from rooms.availability.interval import Interval
from rooms.bookings.booking import Claim
from rooms.bookings.stretching import Stretched
from rooms.resources.resource import Absence
from scheduler.database import Database
from tests.courses.clinic import Equipment, SmallClinic

MINUTE = timedelta(minutes=1)
ROOMS: Equipment = {
    "chair-1": ("chair", 1, ("esketamine-chair",)),
    "nurse-a": ("staff", 3, ("esketamine-nurse",)),
    "dr-a": ("staff", 4, ("prescriber",)),
}


class Visit:
    """The first session of a course in a clinic with one chair, at nine."""

    def __init__(self, database: Database) -> None:
        self.database, self.clinic = database, SmallClinic()
        with database.transaction() as db:
            self.clinic.build(db, ROOMS)
            self.clinic.protocol(db, "esketamine-trd")
            self.course: Course = self.clinic.enrol(db, self.clinic.wish(self.clinic.patient(db), "esketamine-trd"))
        self.session = self.course.live[0]
        assert self.session.interval is not None
        self.starts_at = self.session.interval.starts_at
        self.visit = Watched(self.course.request.protocol.templates[self.session.template], self.starts_at)

    def stretch(self, minutes: int) -> dict[int, Stretched]:
        over = minutes * MINUTE
        with self.database.transaction() as db:
            found = reserving.stretch(
                db, self.clinic.site_id, self.session.id, lambda claim: self.visit.longer(claim, over), now=self.clinic.now
            )
        return {each.before.part: each for each in found}

    def taken(self, code: str, after: int, until: int, load: int = 1) -> None:
        interval = Interval(self.starts_at + after * MINUTE, self.starts_at + until * MINUTE)
        with self.database.transaction() as db:
            claim = Claim(code, interval, load, "s_next")
            reserving.reserve(db, self.clinic.site_id, [claim], new_id=self.clinic.new_id, now=self.clinic.now)

    def booked(self) -> dict[int, Interval]:
        with self.database.reading() as db:
            return {each.claim.part: each.claim.interval for each in queries.bookings_of(db, [self.session.id])[self.session.id]}


@pytest.fixture
def visit(database: Database) -> Visit:
    return Visit(database)


def later(before: Interval, begin: int, end: int) -> Interval:
    return Interval(before.starts_at + begin * MINUTE, before.ends_at + end * MINUTE)


def test_where_all_is_free_all_last_longer(visit: Visit) -> None:
    before = visit.booked()

    found = visit.stretch(20)

    assert visit.booked() == {
        0: later(before[0], 0, 20),
        1: before[1],
        2: later(before[2], 0, 20),
        3: later(before[3], 20, 20),
        4: later(before[4], 0, 20),
    }
    assert not any(each.conflict for each in found.values())


def test_the_chair_is_had_until_the_next_visit_which_is_told(visit: Visit) -> None:
    chair_ends = visit.booked()[0].ends_at
    visit.taken("chair-1", int((chair_ends - visit.starts_at) / MINUTE) + 7, int((chair_ends - visit.starts_at) / MINUTE) + 60)

    found = visit.stretch(20)

    assert visit.booked()[0].ends_at == chair_ends + 7 * MINUTE
    assert found[0].conflict is not None
    assert [holder.purpose for holder in found[0].conflict.holders] == ["s_next"]
    assert found[2].conflict is None


def test_a_nurse_who_goes_home_is_kept_as_long_as_she_is_there(visit: Visit) -> None:
    before = visit.booked()
    leaves = before[2].ends_at + 15 * MINUTE
    with visit.database.transaction() as db:
        away = Absence(Interval(leaves, leaves + timedelta(hours=8)), "leave")
        rostering.add_absence(db, visit.clinic.site_id, "nurse-a", away, new_id=visit.clinic.new_id, now=visit.clinic.now)

    found = visit.stretch(20)

    after = visit.booked()
    assert after[3] == before[3]  # she sends the patient home as it was booked, and has no minute to spare after it
    assert after[2] == before[2]
    assert found[2].conflict is not None
    assert found[3].conflict is not None
    assert after[0].ends_at == before[0].ends_at + 20 * MINUTE


def test_it_is_never_made_shorter(visit: Visit) -> None:
    visit.stretch(20)
    longer = visit.booked()

    visit.stretch(5)

    assert visit.booked() == longer


def test_nothing_is_booked_for_a_stranger(visit: Visit) -> None:
    with pytest.raises(reserving.ChangedMeanwhile), visit.database.transaction() as db:
        reserving.stretch(db, visit.clinic.site_id, "s_nobody", lambda claim: claim, now=visit.clinic.now)
