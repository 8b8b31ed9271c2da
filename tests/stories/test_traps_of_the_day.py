"""What goes wrong on the day itself when a clinic's computer does not know its treatments: traps 6, 8, 15, 16, 20, 21 and 22.

Trap 12 is in `test_traps`, 13 and 14 are in `tests/checklists/test_release`, 17 to 19 in `test_traps_of_what_is_owed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from courses import attending, charting, enrolling, listing, queries, sliding
from courses.checklists.checklist import Checklist
from courses.checklists.clocks import Moments
from courses.checklists.fold import fold
from courses.checklists.gates import Facts, Stopped, standing
from courses.checklists.item import Verb
from courses.checklists.notation import read_checklist
from courses.checklists.writing import Answered, Press, Writer
from courses.days.case_list import LeavesGap, ListChanged, Ready
from courses.days.presence import CLOSING, ON_SITE
from courses.library import library
from courses.listing import Seen
from courses.plans.ongoing.course import Course
from courses.plans.plan import Unplaceable
from courses.progressing import Moment, attend
from courses.queries.lists import Block, block
from courses.rescheduling import Doing
from courses.sessions.session import TreatmentSession
from rooms import queries as rooms_queries
from rooms import rostering
from rooms.availability.closure import Closure
from rooms.availability.interval import Interval
from rooms.resources.resource import Absence
from scheduler.database import Database
from scheduler.verify import verify
from tests.charts.ward import EVERYTHING, adopt
from tests.checklists.build import entry
from tests.courses.clinic import WEEKDAYS, Equipment, SmallClinic, starts

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = date(2026, 11, 30)
SPRAY = {"product": "Device", "lot": "A1", "units": 1}
CHAIRS: Equipment = {
    "chair-1": ("chair", 1, ("esketamine-chair",)),
    "nurse-a": ("staff", 3, ("esketamine-nurse",)),
    "nurse-b": ("staff", 3, ("esketamine-nurse",)),
    "dr-a": ("staff", 4, ("prescriber",)),
}
SUITE: Equipment = {
    "room-1": ("room", 1, ("ect-room",)),
    **{f"bay-{n}": ("room", 1, ("ect-bay",)) for n in range(1, 9)},
    "nurse-a": ("staff", 6, ("ect-nurse",)),
    "nurse-b": ("staff", 6, ("ect-nurse",)),
    "nurse-c": ("staff", 6, ("recovery-nurse",)),
    "anesthesia-1": ("staff", 1, ("anesthesia",)),
    "dr-e": ("staff", 1, ("ect-psychiatrist",)),
}
LAB: Equipment = {
    "coil-1": ("device", 1, ("tms-device",)),
    **{f"op-{n}": ("staff", 1, ("tms-operator",)) for n in (1, 2)},
    "dr-t": ("staff", 4, ("prescriber",)),
    **{f"rest-{n}": ("chair", 1, ("rest-chair",)) for n in range(1, 5)},
}
WATCHING = """
id: watching
title: Watching after a dose
used_for: [{modality: esketamine}]
watch: {minutes: 120, source: "[test]"}
items:
  - {code: device, words: Device, kind: device, marks: first_dose, answered_by: [nurse]}
"""
UNDER_A_PROGRAM = WATCHING.replace("watch: {minutes: 120,", "program: a-program\nwatch: {minutes: 120, counted_from: last_dose,")
HOLDING = """
id: holding
title: Holding
used_for: [{modality: ect}]
items:
  - code: fasted
    words: Fasted
    kind: choice
    choices: ["yes", "no"]
    due: [{before: start}]
    gate: {before: start, kind: clinical, passing: ["yes"], overridden_by: [anesthesia]}
  - {code: consent, words: Consent, kind: check, due: [{before: start}], gate: {before: start, kind: regulatory, passing: ["yes"]}}
  - code: escort
    words: Adult to go home with
    kind: choice
    choices: [confirmed, none]
    due: [{before: start}]
    gate: {before: start, kind: clinical, passing: [confirmed], overridden_by: [physician]}
  - code: escort-present
    words: Adult to go home with is here
    kind: check
    due: [{before: release}]
    gate: {before: release, kind: clinical, passing: ["yes"], overridden_by: [physician]}
"""


@dataclass
class Clinic:
    """A clinic with what one treatment takes, and the day as it goes."""

    database: Database
    small: SmallClinic

    @classmethod
    def made(cls, database: Database, equipment: Equipment, protocol: str, sheet: str = "") -> Clinic:
        small = SmallClinic(hours={day: [("07:00", "19:00")] for day in WEEKDAYS} if equipment is LAB else dict(WEEKDAYS))
        with database.transaction() as db:
            small.build(db, equipment)
            small.protocol(db, protocol)
            if sheet:
                adopt(db, small.site_id, sheet)
        return cls(database, small)

    def course(self, protocol: str, given: str = "Ana") -> Course:
        with self.database.transaction() as db:
            return self.small.enrol(db, self.small.wish(self.small.patient(db, given), protocol, MONDAY))

    def at(self, moment: datetime) -> Clinic:
        """It is so late now."""
        self.small.now = moment
        return self

    @property
    def doing(self) -> Doing:
        return Doing("nurse", self.small.now, self.small.new_id, "a reason")

    def came(self, session: str, *verbs: str) -> None:
        with self.database.transaction() as db:
            attend(db, [Moment(session, verb, self.small.now) for verb in verbs], by="desk")

    def wrote(self, session: str, **answers: object) -> None:
        nurse = Writer("a_nora", "Nora", {self.small.site_id: EVERYTHING}, "two_factors", "tablet")
        press = Press(nurse, self.small.now, self.small.new_id, self.small.new_id("k_"))
        with self.database.transaction() as db:
            charting.record(db, session, [Answered(item.replace("_", "-"), value) for item, value in answers.items()], press)  # type: ignore[arg-type]

    def booked(self, session: str) -> dict[str, list[Interval]]:
        with self.database.reading() as db:
            found: dict[str, list[Interval]] = {}
            for each in rooms_queries.bookings_of(db, [session], now=self.small.now).get(session, ()):
                found.setdefault(each.claim.resource, []).append(each.claim.interval)
        return found

    def session(self, key: str) -> TreatmentSession:
        with self.database.reading() as db:
            return queries.course_of_session(db, key).course.session(key)

    def list_of(self, on: date = MONDAY) -> Block:
        with self.database.reading() as db:
            return block(db, self.small.site_id, on, "anesthesia-1", now=self.small.now)

    def seen(self) -> Seen:
        return Seen(self.small.site, MONDAY, "anesthesia-1", self.list_of().order)


# 6: a chain of ten


def test_a_delay_slides_the_rest_of_one_patients_chain_and_squeezes_no_gap(database: Database) -> None:
    """Twelve minutes late at the third: sessions 3 to 10 of that patient are later, and the patient in between stays."""
    clinic = Clinic.made(database, LAB, "tms-accelerated-50")
    ana, ben = clinic.course("tms-accelerated-50"), clinic.course("tms-accelerated-50", "Ben")
    before, others = starts(ana), starts(ben)
    clinic.at(before[2])

    with database.transaction() as db:
        after = sliding.slide(db, ana.live[2].id, before[2] + 12 * MINUTE, clinic.doing)

    now = starts(after)
    assert now[:2] == before[:2]
    assert all(later >= was + 12 * MINUTE for was, later in zip(before[2:10], now[2:10], strict=True))
    assert now[10:] == before[10:]
    ends = [session.interval.ends_at for session in after.live[:10] if session.interval]
    assert all(begins - ends_at >= 50 * MINUTE for ends_at, begins in zip(ends[1:], now[2:10], strict=False))
    with database.reading() as db:
        assert starts(queries.course(db, ben.id).course) == others
    assert verify(database, now=clinic.small.now) == []


def test_a_session_that_starts_late_slides_what_follows_by_itself(database: Database) -> None:
    clinic = Clinic.made(database, LAB, "tms-accelerated-50")
    ana = clinic.course("tms-accelerated-50")
    before = starts(ana)
    clinic.at(before[2] + 12 * MINUTE).came(ana.live[2].id, "arrive")

    with database.transaction() as db:
        done = attending.start(db, ana.live[2].id, clinic.doing)
    after = done.course
    assert done.warned == ()

    now = starts(after)
    assert (now[:3], now[10:]) == (before[:3], before[10:])
    assert all(later >= was + 12 * MINUTE for was, later in zip(before[3:10], now[3:10], strict=True))
    assert verify(database, now=clinic.small.now) == []


def test_a_chain_without_room_that_day_stays_and_is_the_prescribers_to_decide(database: Database) -> None:
    clinic = Clinic.made(database, LAB, "tms-accelerated-50")
    ana = clinic.course("tms-accelerated-50")
    before = starts(ana)
    clinic.at(before[2])

    with pytest.raises(sliding.CannotSlide, match="prescriber"), database.transaction() as db:
        sliding.slide(db, ana.live[2].id, before[2] + 5 * HOUR, clinic.doing)

    with database.reading() as db:
        assert starts(queries.course(db, ana.id).course) == before


# 8: five days straight


def test_five_days_straight_are_refused_in_a_week_with_a_holiday(database: Database) -> None:
    """The site's calendar, the roster and the device are asked together: with a closed Wednesday the course begins a week later."""
    clinic = Clinic.made(database, LAB, "tms-accelerated-50")
    closed = Interval(datetime(2026, 12, 2, 5, tzinfo=UTC), datetime(2026, 12, 3, 5, tzinfo=UTC))
    away = Absence(Interval(datetime(2026, 12, 11, 5, tzinfo=UTC), datetime(2026, 12, 12, 5, tzinfo=UTC)), "service")
    with database.transaction() as db:
        rostering.close_site(
            db, clinic.small.site_id, Closure(closed, "holiday"), by="desk", new_id=clinic.small.new_id, now=clinic.small.now
        )
        rostering.add_absence(db, clinic.small.site_id, "coil-1", away, new_id=clinic.small.new_id, now=clinic.small.now)
        patient = clinic.small.patient(db)
        plan = enrolling.propose(db, clinic.small.wish(patient, "tms-accelerated-50", MONDAY), now=clinic.small.now)

    assert not isinstance(plan, Unplaceable)
    dates = sorted({(session.interval.starts_at - 5 * HOUR).date() for session in plan.sessions})
    assert dates == [date(2026, 12, 14) + n * DAY for n in range(5)]


# 15: the observation runs past its end


def watched(database: Database) -> tuple[Clinic, str, datetime]:
    """Ana has had her dose, in the one chair; Ben has the chair right after her."""
    clinic = Clinic.made(database, CHAIRS, "esketamine-trd", WATCHING)
    ana = clinic.course("esketamine-trd").live[0]
    clinic.course("esketamine-trd", "Ben")
    assert ana.interval is not None
    clinic.at(ana.interval.starts_at).came(ana.id, "arrive", "start")
    clinic.at(ana.interval.starts_at + 22 * MINUTE).wrote(ana.id, device=SPRAY)
    return clinic, ana.id, ana.interval.starts_at


def test_a_watch_past_its_end_keeps_chair_nurse_and_prescriber_and_says_whom_it_pushes(database: Database) -> None:
    """Still sedated forty minutes after the watch was to end; Ben has the chair and the nurse from ten past eleven on."""
    clinic, ana, began = watched(database)
    before, ben_begins = clinic.booked(ana), began + 190 * MINUTE
    clinic.at(began + 183 * MINUTE)

    with database.transaction() as db:
        overrun = attending.extend_overrun(db, ana, clinic.doing)

    after = clinic.booked(ana)
    assert overrun is not None
    assert overrun.minutes == 45
    assert max(each.ends_at for each in after["dr-a"]) == max(each.ends_at for each in before["dr-a"]) + 45 * MINUTE
    assert {max(each.ends_at for each in after[code]) for code in ("chair-1", "nurse-a")} == {ben_begins}
    (pushed,) = overrun.pushed
    assert (pushed.who, pushed.minutes, pushed.resource) == ("Ben Lopez, session 1 of 12", 12, "chair-1")
    assert verify(database, now=clinic.small.now) == []


def test_no_dose_begins_so_late_that_the_watch_would_outlast_the_day(database: Database) -> None:
    """The clinic closes at 17:00; a dose of 56 mg, its two hours and the going home take 132 minutes."""
    clinic = Clinic.made(database, CHAIRS, "esketamine-trd", WATCHING)
    ana = clinic.course("esketamine-trd").live[0]
    assert ana.interval is not None
    clinic.at(ana.interval.starts_at).came(ana.id, "arrive", "start")
    closes = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)

    with pytest.raises(Stopped) as stopped:
        clinic.at(closes - 131 * MINUTE).wrote(ana.id, device=SPRAY)
    assert [stop.gate for stop in stopped.value.stops] == [CLOSING]
    clinic.at(closes - 132 * MINUTE).wrote(ana.id, device=SPRAY)


# 16: the prescriber leaves


@pytest.mark.parametrize("virtual", [True, False], ids=["leaves-in-the-middle", "stays"])
def test_nothing_is_given_unless_a_prescriber_is_there_to_the_end_of_the_watch(database: Database, *, virtual: bool) -> None:
    clinic = Clinic.made(database, CHAIRS, "esketamine-trd", UNDER_A_PROGRAM)
    ana = clinic.course("esketamine-trd").live[0]
    assert ana.interval is not None
    clinic.at(ana.interval.starts_at).came(ana.id, "arrive", "start")
    noon = ana.interval.starts_at + (120 if virtual else 180) * MINUTE
    with database.transaction() as db:
        away = Absence(Interval(noon, noon + HOUR), "works from home")
        rostering.add_absence(db, clinic.small.site_id, "dr-a", away, new_id=clinic.small.new_id, now=clinic.small.now)

    with pytest.raises(Stopped) as stopped:
        clinic.at(ana.interval.starts_at + 15 * MINUTE).wrote(ana.id, device=SPRAY)

    assert (ON_SITE in [stop.gate for stop in stopped.value.stops if stop.kind == "regulatory"]) is virtual


# 20: the patient ate breakfast


def listed(database: Database, *given: str) -> tuple[Clinic, list[str]]:
    """Patients on the list of a Monday, in order."""
    clinic = Clinic.made(database, SUITE, "ect-index-3-per-week", HOLDING)
    for each in given:
        clinic.course("ect-index-3-per-week", each)
    order = list(clinic.list_of().order)
    assert len(order) == len(given)
    first = clinic.list_of().cases[0].starts_at
    clinic.at(first - 45 * MINUTE)
    return clinic, order


def test_who_ate_breakfast_gives_room_bay_and_anesthesia_back_together_and_is_owed(database: Database) -> None:
    clinic, (ana, ben, cleo) = listed(database, "Ana", "Ben", "Cleo")
    clinic.came(ana, "arrive")
    clinic.wrote(ana, fasted="no")
    for ready in (ben, cleo):
        clinic.came(ready, "arrive")
        clinic.wrote(ready, fasted="yes", consent=True)
    (free, second, _) = (case.starts_at for case in clinic.list_of().cases)

    with database.transaction() as db:
        done = listing.take_off(db, ana, clinic.doing)

    assert clinic.booked(ana) == {}
    assert (clinic.session(ana).status, len(done.follow.changes)) == ("cancelled", 12)
    assert done.places.of_session == {ben: free, cleo: second}
    with database.transaction() as db:
        moved = listing.move_up(db, clinic.seen(), done.free, clinic.doing)
    assert [(case.session, case.starts_at) for case in moved.cases] == [(ben, free), (cleo, second)]
    assert verify(database, now=clinic.small.now) == []


def test_nobody_moves_up_who_has_not_fasted_and_the_block_stands_still_only_if_anesthesia_says_so(database: Database) -> None:
    clinic, (ana, ben, cleo, dan) = listed(database, "Ana", "Ben", "Cleo", "Dan")
    clinic.wrote(ben, fasted="yes")
    clinic.came(cleo, "arrive")
    clinic.wrote(cleo, fasted="yes", consent=True)
    (free, second, third, fourth) = (case.starts_at for case in clinic.list_of().cases)
    with database.transaction() as db:
        done = listing.take_off(db, ana, clinic.doing)
    assert done.places.of_session == {cleo: free}
    assert done.places.gaps == (third,)

    with pytest.raises(LeavesGap), database.transaction() as db:
        listing.move_up(db, clinic.seen(), done.free, clinic.doing)
    with database.transaction() as db:
        moved = listing.move_up(db, clinic.seen(), done.free, clinic.doing, leave_gaps=True)

    assert [(case.session, case.starts_at) for case in moved.cases] == [(cleo, free), (ben, second), (dan, fourth)]


def test_a_list_is_put_in_another_order_all_or_nothing(database: Database) -> None:
    clinic, (ana, ben, cleo) = listed(database, "Ana", "Ben", "Cleo")
    places = [case.starts_at for case in clinic.list_of().cases]

    with database.transaction() as db:
        after = listing.reorder(db, clinic.seen(), [cleo, ana, ben], clinic.doing)

    assert [(case.session, case.starts_at) for case in after.cases] == list(zip([cleo, ana, ben], places, strict=True))
    with pytest.raises(ListChanged), database.transaction() as db:
        listing.reorder(db, Seen(clinic.small.site, MONDAY, "anesthesia-1", (ana, ben, cleo)), [ana, ben, cleo], clinic.doing)
    assert clinic.list_of().order == (cleo, ana, ben)
    assert verify(database, now=clinic.small.now) == []


# 21: no escort


def test_the_escort_is_asked_for_before_the_anesthesia_and_the_bay_stays_taken_without_one(database: Database) -> None:
    clinic, (ana,) = listed(database, "Ana")
    clinic.came(ana, "arrive")
    clinic.wrote(ana, fasted="yes", consent=True, escort="none")
    with pytest.raises(Stopped) as stopped, database.transaction() as db:
        attending.start(db, ana, clinic.doing)
    assert [stop.gate for stop in stopped.value.stops] == ["escort"]
    assert clinic.list_of().cases[0].ready is Ready.HOLDING

    clinic.wrote(ana, escort="confirmed")
    with database.transaction() as db:
        attending.start(db, ana, clinic.doing)
        attending.observe(db, ana, clinic.doing)
    ends = max(each for code, times in clinic.booked(ana).items() if code.startswith("bay") for each in times).ends_at
    clinic.at(ends)
    with pytest.raises(Stopped) as stopped, database.transaction() as db:
        attending.release(db, ana, clinic.doing)
    assert [stop.gate for stop in stopped.value.stops] == ["escort-present"]
    with database.transaction() as db:
        attending.extend_overrun(db, ana, clinic.doing)
    assert max(each for code, times in clinic.booked(ana).items() if code.startswith("bay") for each in times).ends_at > ends


# 22: consent and history in a series


def ect_sheet() -> Checklist:
    return read_checklist(library()["ect"])


@pytest.mark.parametrize(("day", "stands"), [(0, False), (30, False), (31, True), (32, True)])
def test_a_history_is_out_of_date_at_the_fifteenth_treatment_of_a_series(day: int, *, stands: bool) -> None:
    """Done on the day of the first: Mondays, Wednesdays and Fridays come to day 32, Mondays and Thursdays at the tenth to day 31."""
    first = datetime(2026, 11, 30, 13, tzinfo=UTC)
    done = fold([entry("e_1", "history-physical-on", first, 0), entry("e_2", "consent-signed-on", first, 0)])

    stops = standing([ect_sheet()], done, Verb.START, Facts(), moments=Moments(), now=first + day * DAY)

    assert ("history-physical-on" in [stop.gate for stop in stops]) is stands
    assert {stop.kind for stop in stops if stop.gate == "history-physical-on"} <= {"regulatory"}


def test_without_consent_for_this_very_treatment_nothing_begins() -> None:
    stops = standing([ect_sheet()], fold([]), Verb.START, Facts(), moments=Moments(), now=datetime(2026, 11, 30, 13, tzinfo=UTC))

    assert "consent-holds" in [stop.gate for stop in stops if stop.kind == "regulatory"]
