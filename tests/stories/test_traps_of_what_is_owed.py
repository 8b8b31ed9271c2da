"""What goes wrong with forms, safety programs and authorized devices when a scheduler does not know them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from courses import attending, certifying, charting, registering
from courses.certifying import NewCertification, NewEnrollment
from courses.charting import Saved
from courses.checklists.gates import Facts, Stopped
from courses.checklists.writing import Answered, Press, Writer
from courses.owed.deadline import Urgency, due_at
from courses.owed.enrollment import Enrollment
from courses.owed.units import Ahead, reach
from courses.plans.ongoing.course import Course
from courses.plans.request import Authorization
from courses.progressing import Moment, attend
from courses.queries import charts, enrollments, owed
from courses.rescheduling import Doing, cancel_session
from rooms.availability.hours import SiteTime
from rooms.base import Db
from scheduler.database import Database
from tests.charts.ward import EVERYTHING, SHEET, adopt
from tests.courses.clinic import NOW, RESOURCES, SmallClinic, daily
from tests.owed.days import PROGRAM, device

HERE = SiteTime("America/New_York")
SPRAY = SHEET.replace("[{modality: tms}]", f"[{{modality: esketamine}}]\nprogram: {PROGRAM}").replace(
    ', gate: {before: dose, kind: regulatory, passing: ["yes"]}', ""
)


@dataclass
class Suite:
    """A site at which a drug of a safety program is given by the twice-a-week course of this clinic."""

    clinic: SmallClinic
    course: Course

    def session(self, number: int) -> str:
        return next(each.id for each in self.course.live if each.number == number)

    def starts_at(self, number: int) -> datetime:
        interval = self.course.session(self.session(number)).interval
        assert interval is not None
        return interval.starts_at

    def begin(self, db: Db, number: int) -> None:
        at, key = self.starts_at(number), self.session(number)
        attend(db, [Moment(key, "arrive", at), Moment(key, "start", at)], by="nurse")

    def give(self, db: Db, number: int, devices: int, *, minutes: int = 5) -> Saved:
        """So many devices, one after the other."""
        answers = [Answered("oximeter", True), Answered("calm", True)]
        saved = charting.record(db, self.session(number), answers, self.press(number, minutes))
        for place in range(devices):
            saved = charting.record(db, self.session(number), [Answered("device", device("A1"))], self.press(number, minutes + 5 * place))
        return saved

    def press(self, number: int, minutes: int) -> Press:
        writer = Writer("a_nora", "Nora", {self.clinic.site_id: EVERYTHING}, "two_factors", "tablet")
        return Press(writer, self.starts_at(number) + timedelta(minutes=minutes), self.clinic.new_id, self.clinic.new_id("k"))

    def doing(self, number: int, minutes: int) -> Doing:
        return Doing("nurse", self.starts_at(number) + timedelta(minutes=minutes), self.clinic.new_id, "felt unwell")


def suite(db: Db, *, permit: Authorization | None = None, enrolled: bool = True, sessions: int = 11) -> Suite:
    clinic = SmallClinic().build(db, RESOURCES)
    text = daily(sessions).replace("id: daily", "id: daily\nmodality: esketamine").replace("per_week: 5", "per_week: 2, min_gap_days: 2")
    clinic.protocol(db, "daily", text)
    adopt(db, clinic.site_id, SPRAY)
    certifying.certify(db, "main", NewCertification(PROGRAM, "C-1", "Dr. Reed", date(2026, 1, 1)), by="x", new_id=clinic.new_id)
    patient = clinic.patient(db)
    if enrolled:
        certifying.enroll(db, patient.id, "main", NewEnrollment(PROGRAM, date(2026, 1, 1)), by="x", new_id=clinic.new_id)
    return Suite(clinic, clinic.enrol(db, clinic.wish(patient, "daily", date(2026, 11, 24), authorization=permit)))


def queue(db: Db, clinic: SmallClinic, now: datetime) -> list[tuple[str, date, Urgency]]:
    return [
        (line.known.form.session, HERE.local(line.known.form.due_at).date(), line.left.urgency)
        for line in owed.forms_owed(db, clinic.site_id, now=now)
    ]


# 17. The form is due on a weekend or a holiday


def test_a_form_is_due_on_the_seventh_day_whatever_day_that_is() -> None:
    """A Friday's dose on the Friday after, Thanksgiving's week or not; a Saturday's on a Saturday; Christmas Day counts."""
    for dose_on, due_on in (
        (date(2026, 11, 20), date(2026, 11, 27)),  # the day after Thanksgiving
        (date(2026, 11, 19), date(2026, 11, 26)),  # Thanksgiving
        (date(2026, 11, 21), date(2026, 11, 28)),  # a Saturday
        (date(2026, 12, 18), date(2026, 12, 25)),
        (date(2026, 10, 30), date(2026, 11, 6)),  # the clock goes back in between
    ):
        assert f"{HERE.local(due_at(dose_on, HERE)):%Y-%m-%d %H:%M}" == f"{due_on} 23:59"


def test_a_form_is_owed_for_what_was_broken_off_after_the_first_device_and_none_for_what_was_cancelled_before(database: Database) -> None:
    with database.transaction() as db:
        there = suite(db)
        there.begin(db, 1)
        there.give(db, 1, 1)
        attending.abort(db, there.session(1), there.doing(1, 12))
    with database.transaction() as db:
        cancel_session(db, there.session(2), there.doing(1, 60))
        third = there.session(3)
        there.begin(db, 3)
        attending.abort(db, third, there.doing(3, 3))

        assert charts.chart_of(db, third).status == "cancelled"
        assert queue(db, there.clinic, NOW) == [(there.session(1), date(2026, 12, 1), Urgency.IN_TIME)]


def test_forms_are_called_for_on_day_three_and_five_through_a_weekend(database: Database) -> None:
    """Doses of a Tuesday and a Thursday: on Sunday the first is on its fifth day and comes first, the second on its third."""
    with database.transaction() as db:
        there = suite(db)
        for number in (1, 2):
            there.begin(db, number)
            there.give(db, number, 2)
        first, second = there.session(1), there.session(2)
        assert [f"{HERE.local(there.starts_at(number)):%a}" for number in (1, 2)] == ["Tue", "Thu"]

        sunday = datetime(2026, 11, 29, 17, tzinfo=UTC)
        days = [(sunday + timedelta(days=days)) for days in (-3, 0, 2, 3)]
        assert [[urgency for _, _, urgency in queue(db, there.clinic, now)] for now in days] == [
            [Urgency.IN_TIME, Urgency.IN_TIME],
            [Urgency.DAY_5, Urgency.DAY_3],
            [Urgency.DAY_5, Urgency.DAY_5],
            [Urgency.OVERDUE, Urgency.DAY_5],
        ]
        assert [session for session, _, _ in queue(db, there.clinic, sunday)] == [first, second]
        assert [owed.n_forms_called_for(db, there.clinic.site_id, HERE.date_of(now)) for now in days] == [0, 2, 2, 2]


# 18. The wrong location


def test_a_patient_enrolled_elsewhere_gets_no_dose_before_the_program_was_told(database: Database) -> None:
    """Certified at site A and enrolled there, booked at site B: B has to be certified by itself, and the change told beforehand."""
    with database.transaction() as db:
        there = suite(db, enrolled=False)
        elsewhere = SmallClinic("east").build(db, {})
        patient = there.course.request.patient
        at_east = NewEnrollment(PROGRAM, date(2026, 1, 1))
        certifying.enroll(db, patient, "east", at_east, by="x", new_id=elsewhere.new_id)
        there.begin(db, 1)
        assert owed.facts_for(db, there.session(1)) == Facts(certified=True, enrolled=False)
    with database.transaction() as db, pytest.raises(Stopped):
        there.give(db, 1, 1)
    with database.transaction() as db:
        here = certifying.enroll(db, patient, "main", NewEnrollment(PROGRAM, date(2026, 11, 24)), by="x", new_id=there.clinic.new_id)
        assert owed.facts_for(db, there.session(1)).enrolled is False, "the program was not told"
        certifying.tell_transfer(db, here.id, date(2026, 11, 25))
        assert owed.facts_for(db, there.session(1)).enrolled is False, "it was told a day too late"
        told: Enrollment = certifying.tell_transfer(db, here.id, date(2026, 11, 23))
        assert (told.version, owed.facts_for(db, there.session(1))) == (3, Facts(certified=True, enrolled=True))
        there.give(db, 1, 1)


def test_certification_is_of_the_site_not_of_the_clinic(database: Database) -> None:
    with database.transaction() as db:
        there = suite(db)
        for held in enrollments.certifications(db, there.clinic.site_id):
            certifying.end_certification(db, held.id, date(2026, 11, 23))
        elsewhere = SmallClinic("east").build(db, {})
        certifying.certify(db, "east", NewCertification(PROGRAM, "C-2", "", date(2026, 1, 1)), by="x", new_id=elsewhere.new_id)
        there.begin(db, 1)
        assert owed.facts_for(db, there.session(1)) == Facts(certified=False, enrolled=True)
    with database.transaction() as db, pytest.raises(Stopped):
        there.give(db, 1, 1)


# 19. Units exhausted before the date


def test_authorized_devices_end_in_week_four_though_the_date_is_months_away(database: Database) -> None:
    """23 devices in three months, 2 and then 3 at a time: enough for 8 sessions, four weeks. It shows the day the dose goes up."""
    permit = Authorization(40, date(2026, 11, 1), date(2027, 2, 1), devices=23)
    with database.transaction() as db:
        there = suite(db, permit=permit)
        there.begin(db, 1)
        first = there.give(db, 1, 2)
        assert [each.code for each in first.cautions if each.code == "devices_run_out"] == [], "at 2 a session 23 are enough for 11"
        there.begin(db, 2)
        second = there.give(db, 2, 3)

        told = next(each.sentence for each in second.cautions if each.code == "devices_run_out")
        assert told.startswith("18 authorized devices are left: at 3 a session, session 9 on ")
        assert (there.starts_at(8) - there.starts_at(1)).days < 28


def test_how_far_devices_reach() -> None:
    ahead = [Ahead(number, None) for number in range(3, 13)]
    assert reach(23, 5, 3, ahead).first_without == Ahead(9, None)
    assert reach(23, 5, 2, ahead).first_without == Ahead(12, None)
    assert reach(23, 23, 3, ahead).first_without == Ahead(3, None)
    assert reach(50, 5, 3, ahead).first_without is None


def test_whom_the_program_knows_nothing_of(database: Database) -> None:
    with database.transaction() as db:
        there = suite(db, enrolled=False)
        stranger = registering.NewPatient("Ben", "Oak", date(1970, 1, 1))
        registering.register_patient(db, "main", stranger, now=NOW, new_id=there.clinic.new_id)
        assert owed.facts_for(db, there.session(1)).enrolled is False
