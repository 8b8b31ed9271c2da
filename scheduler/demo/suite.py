"""The demo's observation suite: six patients around the present moment, from one who may leave soon to one who has just come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable

from courses import attending, certifying, charting, enrolling, publishing, queries, stocking
from courses.certifying import NewCertification, NewEnrollment
from courses.checklists.entry import Person
from courses.checklists.kept import Kept
from courses.checklists.writing import Answered, Press, Rights, Writer
from courses.library import protocol_files
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from courses.plans.request import Window
from courses.rescheduling import Doing
from courses.sessions.session import TreatmentSession
from courses.stocking import Moving
from rooms import queries as rooms_queries
from rooms.availability.hours import SiteTime
from rooms.base import Db, NewId
from scheduler.clinic_file import ClinicFile, read_clinic
from scheduler.loading import load_clinic

SUITE = "hudson-street-observation-suite"
PROTOCOL, PROGRAM, PRODUCT, LOT = "esketamine-trd", "spravato-rems", "28 mg device", "DEMO-7731"
NURSE = Person("demo-nurse", "Nell Okoye", "nurse")
BY = "demo"
BOOKED_AHEAD = timedelta(days=12)
GRID = timedelta(minutes=5)

ZONES = (
    *("America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "Pacific/Auckland", "Australia/Sydney", "Asia/Tokyo"),
    *("Asia/Kolkata", "Asia/Dubai", "Europe/Berlin", "Europe/London", "America/Sao_Paulo"),
)
"""The suite stands where it is the middle of the day when the demo is made: a visit does not go past midnight."""

BEFORE_DOSE: dict[str, Kept] = {
    **{"enrollment-verified": True, "prescriber-on-site": True, "oximeter": True, "first-treatment": "no", "preparation": "followed"},
    **{"safety-asked": "no concern", "ride": "arranged", "benzodiazepines": "no", "sedative-hypnotics": "no", "psychostimulants": "no"},
    **{"maois": "no", "opioids": "no", "dose": "56 mg"},
}
CALM: dict[str, Kept] = {"sedation": "no", "dissociation": "no", "breathing": "no"}


@dataclass(frozen=True, slots=True)
class Visit:
    """A patient of the suite, who began so many minutes ago (below zero: comes in so many). `vitals`: pressure over pressure, oxygen."""

    patient: str
    began: int
    vitals: tuple[int, int, int] = (126, 78, 98)
    skips: tuple[str, ...] = ()


VISITS = (
    Visit("S-01", 135),
    Visit("S-02", 100, (134, 84, 97)),
    Visit("S-03", 75, (118, 74, 99), skips=("pressure",)),
    Visit("S-04", 50, (148, 92, 96)),
    Visit("S-05", 20),
    Visit("S-06", 0),
)
"""`skips` names what was not done though it was time for it, so that the board has something to say."""


def build_suite(db: Db, *, now: datetime, new_id: NewId) -> None:
    """Make the suite around the present moment."""
    clinic = _clinic(now)
    load_clinic(db, clinic, now=now - BOOKED_AHEAD, new_id=new_id)
    site_id = rooms_queries.site(db, SUITE).id
    publishing.load_library(db, SUITE, _protocols(), by=BY, now=now - BOOKED_AHEAD, new_id=new_id)
    first_day = SiteTime(clinic.site.timezone).date_of(now - BOOKED_AHEAD)
    certifying.certify(db, SUITE, NewCertification(PROGRAM, "DEMO-0042", "Adele Stone", first_day), by=BY, new_id=new_id)
    lot = stocking.open_lot(db, SUITE, PRODUCT, LOT, first_day + timedelta(days=400), new_id=new_id)
    stocking.receive(db, lot.id, Moving(60, now - BOOKED_AHEAD, NURSE, now - BOOKED_AHEAD))
    for visit in reversed(VISITS):  # who has just come is the hardest to place
        known = queries.patient(db, visit.patient, site_id=site_id)
        certifying.enroll(db, known.patient.id, SUITE, NewEnrollment(PROGRAM, first_day), by=BY, new_id=new_id)
        _Visit(db, visit, site_id, now, new_id).make(clinic)


class _Visit:
    """One visit on its way."""

    def __init__(self, db: Db, visit: Visit, site_id: int, now: datetime, new_id: NewId) -> None:
        self.db, self.visit, self.now, self.new_id = db, visit, now, new_id
        on_the_grid = datetime.fromtimestamp(now.timestamp() // GRID.total_seconds() * GRID.total_seconds(), now.tzinfo)
        self.began = on_the_grid - timedelta(minutes=visit.began)
        self.site_id, self.nurse = site_id, NURSE

    def make(self, clinic: ClinicFile) -> None:
        session = self._booked(SiteTime(clinic.site.timezone))
        if session is None:
            return
        nurses = {each.id: each.title for each in clinic.resources if "esketamine-nurse" in each.capabilities}
        self.nurse = next(Person(f"demo-{code}", nurses[code], NURSE.role) for code in session.resources if code in nurses)
        for minutes, do in self._story(session.id):
            at = self.began + timedelta(minutes=minutes)
            if at > self.now:
                return
            do(at)

    def _booked(self, time: SiteTime) -> TreatmentSession | None:
        """The first visit of a course that is booked for it, as near to its time as there is room; None where there is none."""
        local = time.local(self.began)
        today = local.date()
        minute = local.hour * 60 + local.minute
        window = Window(minute, minute + 5)
        wish = CourseWish(
            SUITE, self.visit.patient, PROTOCOL, today, start_on_or_before=today, window=window, code=f"C-{self.visit.patient}"
        )
        plan = enrolling.propose(self.db, wish, now=self.now - BOOKED_AHEAD)
        if not isinstance(plan, CoursePlan):
            return None
        self.began = plan.sessions[0].interval.starts_at
        course = enrolling.enrol(self.db, wish, plan, by=BY, now=self.now - BOOKED_AHEAD, new_id=self.new_id)
        return course.live[0]

    def _story(self, session: str) -> Iterator[tuple[int, Callable[[datetime], object]]]:
        """What happens, by minutes after the booked beginning; a start is as punctual as its gates let it be."""
        upper, lower, oxygen = self.visit.vitals
        pressure: dict[str, Kept] = {"systolic": upper, "diastolic": lower}
        yield -6, lambda at: attending.arrive(self.db, session, Doing(BY, at, self.new_id))
        yield 0, lambda at: attending.start(self.db, session, Doing(BY, at, self.new_id))
        yield 4, lambda at: self._write(session, at, BEFORE_DOSE)
        yield (
            8,
            lambda at: self._write(session, at, {"systolic": 122, "diastolic": 76, "spo2": 98, "sedation": "no", "vitals-before": "yes"}),
        )
        for minutes in (16, 22):
            yield minutes, lambda at: self._write(session, at, {"device": {"product": PRODUCT, "lot": LOT, "units": 1}})
        yield 23, lambda at: attending.observe(self.db, session, Doing(BY, at, self.new_id))
        yield 52, lambda at: self._write(session, at, CALM | {"spo2": oxygen, "dissociation": "yes"})
        if "pressure" not in self.visit.skips:
            yield 62, lambda at: self._write(session, at, pressure)
        yield 82, lambda at: self._write(session, at, CALM | {"spo2": oxygen, "dissociation": "yes"})
        yield 112, lambda at: self._write(session, at, CALM | {"spo2": oxygen})
        yield 142, lambda at: self._write(session, at, CALM | pressure | {"spo2": oxygen})

    def _write(self, session: str, at: datetime, answers: dict[str, Kept]) -> None:
        given = [Answered(item, value, at, action="prescriber_told") for item, value in answers.items()]
        rights = Rights(write=("nurse",), dose=("nurse",), late=("nurse",), sign=("nurse",))
        writer = Writer(self.nurse.id, self.nurse.name, {self.site_id: rights})
        charting.record(self.db, session, given, Press(writer, at, self.new_id, self.new_id("k_")))


def _protocols() -> list[Traversable]:
    return [file for file in protocol_files() if file.name.startswith("esketamine")]


def _clinic(now: datetime) -> ClinicFile:
    clinic = read_clinic(files("scheduler.demo").joinpath("suite.yaml").read_bytes(), "suite.yaml")
    return replace(clinic, site=replace(clinic.site, timezone=min(ZONES, key=lambda zone: _from_noon(zone, now))))


def _from_noon(zone: str, now: datetime) -> int:
    """How many minutes a place is from a little after noon."""
    local = SiteTime(zone).local(now)
    return abs(local.hour * 60 + local.minute - 13 * 60)
