"""Making the demo clinic around the present moment: what is past took place, and the weeks ahead are booked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.resources import files

from courses import attending, certifying, enrolling, publishing, queries, rescheduling, stocking, waiting
from courses.attending import Moment
from courses.certifying import NewCertification, NewEnrollment
from courses.library import protocol_files
from courses.plans.batch import Progress, no_progress
from courses.plans.ongoing.course import CourseWish
from courses.plans.plan import CoursePlan
from courses.queries import SessionLine
from courses.sessions.status import SessionStatus
from courses.stocking import Moving
from courses.waiting import Acting
from rooms import queries as rooms_queries
from rooms import rostering
from rooms.availability.hours import SiteTime
from rooms.availability.interval import Interval
from rooms.base import Db, NewId
from rooms.errors import Unknown
from rooms.resources.resource import Absence
from scheduler.clinic_file import ClinicFile, read_clinic
from scheduler.database import Database
from scheduler.demo.awaited import awaited
from scheduler.demo.suite import LOT, NURSE, PRODUCT, PROGRAM, build_suite
from scheduler.demo.told import tell_demo
from scheduler.demo.treated import Treated, treated
from scheduler.demo.wished import wish_demo
from scheduler.loading import load_clinic

SITE = "hudson-street-interventional-psychiatry"
BY = "demo"

PATIENCE_DAYS = 8
WEEKS_BACK = 10
"""How long before today the demo clinic opened."""
WATCHED = frozenset({"esketamine", "ketamine", "ect"})
"""Modalities after which a patient is watched before going home."""
BEFORE_START = timedelta(minutes=6)
AWAY = (("tms-3", 5, 1, "service"), ("ana", 9, 3, "leave"), ("dr-chen", 16, 2, "training"))
"""Who or what is away: in so many days, for so many, and why."""


def build_demo(database: Database, *, now: datetime, new_id: NewId, progress: Progress = no_progress) -> None:
    """Make the demo clinic in a database that has none: all of it, or nothing."""
    with database.transaction() as db:
        _Making(db, now, new_id, progress).make()
        build_suite(db, now=now, new_id=new_id)


def made_on(db: Db) -> date | None:
    """The local date on which the demo in a database was made; None where it has none."""
    try:
        site = rooms_queries.site(db, SITE)
    except Unknown:
        return None
    accepted = [known.accepted_at for known in rooms_queries.closures(db, site.id) if known.accepted_by == BY]
    return SiteTime(site.site.timezone).date_of(min(accepted) + timedelta(weeks=WEEKS_BACK)) if accepted else None


class _Making:
    """One demo on its way into one database."""

    def __init__(self, db: Db, now: datetime, new_id: NewId, progress: Progress) -> None:
        self.db, self.now, self.new_id, self.progress = db, now, new_id, progress
        self.opened = now - timedelta(weeks=WEEKS_BACK)
        self.clinic = _clinic()
        self.time = SiteTime(self.clinic.site.timezone)
        self.today = self.time.date_of(now)
        self.booked: list[Treated] = []

    def make(self) -> None:
        load_clinic(self.db, self.clinic, now=self.opened, new_id=self.new_id)
        self.site_id = rooms_queries.site(self.db, SITE).id
        publishing.load_library(self.db, SITE, protocol_files(), by=BY, now=self.opened, new_id=self.new_id)
        self._certify()
        self._close_on_holidays()
        self._send_away()
        wanted = treated()
        for done, each in enumerate(wanted, 1):
            self._book(each)
            self.progress(done, len(wanted))
        for each in self.booked:
            self._miss(each)
            self._end(each)
        self._attend()
        self._let_wait()
        courses = [(each.code, each.patient) for each in self.booked if not each.then]
        tell_demo(self.db, SITE, courses, opened=self.opened, now=self.now, new_id=self.new_id)
        wish_demo(self.db, SITE, {patient: code for code, patient in courses}, now=self.now, new_id=self.new_id)

    def _certify(self) -> None:
        """The site may give the drug of the safety program, and has devices of it."""
        since = self.time.date_of(self.opened)
        certifying.certify(self.db, SITE, NewCertification(PROGRAM, "DEMO-0041", "Adele Stone", since), by=BY, new_id=self.new_id)
        lot = stocking.open_lot(self.db, SITE, PRODUCT, LOT, self.today + timedelta(days=400), new_id=self.new_id)
        stocking.receive(self.db, lot.id, Moving(60, self.opened, NURSE, self.opened))

    def _enroll(self, wish: CourseWish, then: datetime) -> None:
        if wish.protocol.startswith("esketamine"):
            patient = queries.patient(self.db, wish.patient, site_id=self.site_id).patient.id
            new = NewEnrollment(PROGRAM, self.time.date_of(then))
            certifying.enroll(self.db, patient, SITE, new, by=BY, new_id=self.new_id)

    def _close_on_holidays(self) -> None:
        for year in range(self.opened.year, self.now.year + 2):
            for holiday in rostering.proposed_holidays(self.db, self.site_id, "US", year):
                rostering.accept_holiday(self.db, self.site_id, holiday, by=BY, new_id=self.new_id, now=self.opened)

    def _send_away(self) -> None:
        for resource, days, length, reason in AWAY:
            first, after = (self.time.day(self.today + timedelta(days=n)).midnight for n in (days, days + length))
            absence = Absence(Interval(first, after), reason)
            rostering.add_absence(self.db, self.site_id, resource, absence, new_id=self.new_id, now=self.opened)

    def _book(self, each: Treated) -> None:
        """Book a course, a few days later where a holiday is in the way; one that finds no place even so is left out."""
        for shifted in (replace(each, starts=each.starts + days) for days in range(PATIENCE_DAYS)):
            wish, then = shifted.wish(SITE, self.today), shifted.booked_at(self.now)
            plan = enrolling.propose(self.db, wish, now=then)
            if isinstance(plan, CoursePlan):
                enrolling.enrol(self.db, wish, plan, by=BY, now=then, new_id=self.new_id)
                self.booked.append(each)
                self._enroll(wish, then)
                return

    def _miss(self, each: Treated) -> None:
        for number in each.misses:
            course = queries.course(self.db, each.code, site_id=self.site_id).course
            session = next(session for session in course.live if session.number == number)
            if session.interval and session.interval.ends_at <= self.now:
                doing = rescheduling.Doing(BY, session.interval.ends_at, self.new_id, "did not come")
                rescheduling.miss_session(self.db, session.id, doing)

    def _end(self, each: Treated) -> None:
        change = {"hold": rescheduling.hold_course, "stop": rescheduling.stop_course}.get(each.then)
        if change is not None:
            course = queries.course(self.db, each.code, site_id=self.site_id).course
            reason = "traveling until next month" if each.then == "hold" else "moved to another city"
            change(self.db, course.id, rescheduling.Doing(BY, self.now - timedelta(days=2), self.new_id, reason))

    def _attend(self) -> None:
        until_now = Interval(self.opened, self.now + BEFORE_START)
        lines = queries.sessions_on(self.db, self.site_id, until_now, now=self.now)
        moments = sorted((moment for line in lines for moment in _moments(line)), key=lambda moment: moment.at)
        attending.attend(self.db, [moment for moment in moments if moment.at <= self.now], by=BY)

    def _let_wait(self) -> None:
        for each in awaited():
            acting = Acting(BY, self.now - each.waiting)
            waiting.put_on(self.db, each.wish(SITE, self.today), acting, new_id=self.new_id, ordered_by=each.ordered_by)


def _clinic() -> ClinicFile:
    return read_clinic(files("scheduler.demo").joinpath("clinic.yaml").read_bytes(), "clinic.yaml")


def _moments(line: SessionLine) -> Iterator[Moment]:
    """What happens at a session that goes as it should."""
    if line.status is not SessionStatus.BOOKED or line.interval is None:
        return
    begins, ends = line.interval.starts_at, line.interval.ends_at
    yield Moment(line.id, "arrive", begins - BEFORE_START)
    yield Moment(line.id, "start", begins)
    if line.modality in WATCHED:
        yield Moment(line.id, "observe", begins + (ends - begins) / 4)
    yield Moment(line.id, "discharge", ends)
