"""A small clinic with one device, patients with courses on it, and wishes; a clock that the test sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from courses import offering, queries, rescheduling
from courses.openings.offer import Offer
from courses.openings.wish import Aim, NewWish, OpeningWish, When
from courses.patients.contact import Channel, Contact, Opted
from courses.plans.ongoing.course import Course
from courses.plans.request import Window
from courses.queries import openings as looks
from courses.reaching import Agreement, record_consent, record_contact
from courses.rescheduling import Doing
from scheduler import openings
from scheduler.clock import SettableClock
from scheduler.database import Database
from tests.courses.clinic import NOW, WEEKDAYS, Equipment, SmallClinic, daily

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE_DEVICE: Equipment = {"tms-1": ("device", 1, ("tms-device",))}
WEEKLY = daily(4).replace("per_week: 5", "per_week: 1, min_gap_days: 7, max_gap_days: 9")
ONCE = daily(1)
ANY_TIME = When()


@dataclass
class Ward:
    """One site; everybody's course is by the protocol `daily`, whatever its text."""

    database: Database
    text: str = ONCE
    equipment: Equipment = field(default_factory=lambda: dict(ONE_DEVICE))
    hours: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: dict(WEEKDAYS))

    def __post_init__(self) -> None:
        self.clock = SettableClock(NOW + 2 * HOUR, frozen=True)
        self.clinic = SmallClinic(hours=self.hours)
        self.clinic.now = self.clock.now()
        with self.database.transaction() as db:
            self.clinic.build(db, self.equipment)
            self.clinic.protocol(db, "daily", self.text)
        self.site_id = self.clinic.site_id
        self.worker = openings.Openings(self.database, self.clock)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def doing(self, reason: str | None = "a reason") -> Doing:
        return Doing("desk", self.now, self.clinic.new_id, reason)

    def course(self, given: str, start: date, window: tuple[int, int] | None = None, *, finish: date | None = None) -> Course:
        """Somebody with a course that begins on a date, at a time of the day where one is named."""
        with self.database.transaction() as db:
            self.clinic.now = self.now
            wish = self.clinic.wish(
                self.clinic.patient(db, given), "daily", start, window=Window(*window) if window else None, finish=finish
            )
            return self.clinic.enrol(db, wish)

    def reach(self, course: Course, phone: str) -> None:
        """Give somebody a phone that was opted in."""
        with self.database.transaction() as db:
            record_contact(db, course.patient.id, Contact(phone=phone), by="desk", now=self.now)
            agreement = Agreement(Channel.SMS, phone, Opted.IN, "said so at the desk")
            record_consent(db, course.patient.id, agreement, by="desk", now=self.now)

    def wish(
        self, course: Course, when: When = ANY_TIME, aim: Aim = Aim.SOONER, *, session: str | None = None, priority: float = 1
    ) -> OpeningWish:
        new = NewWish(course.id, session, aim, when, priority)
        return self.database.run(lambda db: offering.put_wish(db, new, self.doing()))

    def look(self) -> int:
        """What a worker does with its beat."""
        return self.worker.see_to_all()

    def cancel(self, course: Course, number: int = 1) -> None:
        self.database.run(lambda db: rescheduling.cancel_session(db, course.live[number - 1].id, self.doing()))

    def stop(self, course: Course) -> None:
        """A course ends, and all its places are free."""
        self.database.run(lambda db: rescheduling.stop_course(db, course.id, self.doing()))

    def accept(self, offer: Offer) -> Offer:
        return self.database.run(lambda db: offering.accept(db, offer.id, self.doing()))

    def decline(self, offer: Offer) -> Offer:
        return self.database.run(lambda db: offering.decline(db, offer.id, self.doing()))

    def running(self) -> tuple[Offer, ...]:
        with self.database.reading() as db:
            return looks.running_offers(db, self.site_id)

    def now_of(self, course: Course | str) -> Course:
        with self.database.reading() as db:
            return queries.course(db, course if isinstance(course, str) else course.id).course

    def names(self) -> list[str]:
        """Who is being offered something, by first name."""
        with self.database.reading() as db:
            people = queries.patients_with(db, {each.patient_id for each in self.running()})
        return [people[each.patient_id].patient.given_name for each in self.running()]

    def pass_time(self, by: timedelta) -> None:
        self.clock.set(self.now + by)


def starts_of(course: Course) -> list[datetime | None]:
    """When the live sessions begin."""
    return [each.interval.starts_at if each.interval else None for each in course.live]
