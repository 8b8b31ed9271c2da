"""A clinic whose patients are written to: rows made at once, a clock that the test sets, and a channel that keeps what it is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import select, update

from courses import publishing, queries
from courses.patients.contact import Channel, Contact, Opted
from courses.reaching import Agreement, record_consent, record_contact
from courses.records import CourseRow, PatientRow, SessionEventRow, SessionRow
from rooms import equipping
from rooms.availability.hours import SiteTime, WeeklyHours
from rooms.base import Db
from rooms.resources.site import Site
from scheduler import auditing
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.jobs import WORKER
from scheduler.records.messages import MessageAttemptRow, MessageRow, MessagingRow
from scheduler.reminders.channels.carrier import Came, Carrier, Outcome, Parcel
from scheduler.reminding.working import Worker

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""A Monday, 10:00 in New York."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def weekly(modality: str) -> str:
    """A protocol of half-hour sessions of a modality."""
    return f"""
id: {modality}
modality: {modality}
phases: [{{name: acute, sessions: 60, per_week: 5}}]
session_templates: {{visit: {{steps: [{{name: visit, minutes: 30}}], requirements: []}}}}
session_rules: [{{template: visit}}]
"""


@dataclass
class Box:
    """A channel that takes everything, or answers as the test says; `given` is what it was handed, with the time."""

    clock: SettableClock
    kind: str = "sms"
    given: list[tuple[datetime, Parcel]] = field(default_factory=list)
    answer: Callable[[Parcel], Outcome] = lambda parcel: Outcome(Came.ACCEPTED, f"SM{parcel.id}")

    @property
    def channel(self) -> str:
        return self.kind

    def send(self, parcel: Parcel) -> Outcome:
        self.given.append((self.clock.now(), parcel))
        return self.answer(parcel)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def texts(self) -> list[str]:
        return [parcel.text for _, parcel in self.given]

    @property
    def times(self) -> list[datetime]:
        return [at for at, _ in self.given]

    def copies(self) -> Counter[str]:
        return Counter(parcel.id for _, parcel in self.given)


@dataclass
class World:
    """One site in a zone. Everything that is booked says so in the course's history, as booking does."""

    database: Database
    zone: str = "America/New_York"
    now: datetime = NOW
    numbers: count[int] = field(default_factory=lambda: count(1))
    versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = SettableClock(self.now, frozen=True)
        self.box = Box(self.clock)
        self.mails = Box(self.clock, "mail")
        self.site = SiteTime(self.zone)
        with self.database.transaction() as db:
            at = equipping.add_site(db, Site("main", "Main", self.zone, WeeklyHours.of({})), new_id=self.new_id, now=self.now)
            self.site_id = at.id
            db.add(MessagingRow(site_id=at.id, label="Linden Clinic", phone="+15551234567", opens=480, closes=1200, version=1))
        self.worker = self.hire()

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self.numbers):06d}"

    def hire(self, clock: SettableClock | None = None) -> Worker:
        """One more worker."""
        clock = clock or self.clock
        return Worker(auditing.seen_by(self.database, WORKER, clock.now), clock)

    def local(self, text: str) -> datetime:
        """The instant of a local time as 2026-12-01T09:00."""
        return self.site.instant(datetime.fromisoformat(text))

    def version(self, db: Db, modality: str) -> int:
        """The row number of a protocol version of a modality."""
        if modality not in self.versions:
            made = publishing.publish_protocol(db, "main", modality, weekly(modality), by="Dr. Reed", now=self.now, new_id=self.new_id)
            self.versions[modality] = version_id(db, made.protocol_id)
        return self.versions[modality]

    def patient(self, db: Db, *, given: str = "Ana", phone: str | None = "", opted: bool = True, contact: Contact | None = None) -> int:
        """Somebody with a phone of their own that was opted in, and no visit yet. Their row number."""
        n, row = next(self.numbers), PatientRow(site_id=self.site_id, given_name=given, family_name="Lopez", version=1)
        row.public_id, row.code = f"p_{n}", f"P{n}"
        db.add(row)
        db.flush()
        number = f"+1{2120000000 + n}" if phone == "" else phone or ""
        how = contact or Contact(phone=number)
        if how.phone or how.mail:
            record_contact(db, row.public_id, how, by="desk", now=self.clock.now())
        for channel, address in ((Channel.SMS, how.phone), (Channel.MAIL, how.mail)) if opted else ():
            if address:
                agreement = Agreement(channel, address, Opted.IN, "said so at the desk")
                record_consent(db, row.public_id, agreement, by="desk", now=self.clock.now())
        return row.id

    def course(self, db: Db, patient: int, *starts: datetime, modality: str = "evaluation") -> list[int]:
        """A course with visits at these times, booked just now. The row numbers of its sessions."""
        now, n = self.clock.now(), next(self.numbers)
        row = CourseRow(
            site_id=self.site_id,
            public_id=f"c_{n}",
            code=f"C{n}",
            patient_id=patient,
            protocol_version_id=self.version(db, modality),
            status="active",
            starts_on=now.date(),
            agreed_sessions=len(starts),
            created_at=now,
            priority=1.0,
            version=1,
        )
        db.add(row)
        db.flush()
        return [self.visit(db, row.id, patient, number, at) for number, at in enumerate(starts, 1)]

    def visit(self, db: Db, course: int, patient: int, number: int, starts_at: datetime) -> int:
        """One visit of a course."""
        row = SessionRow(
            course_id=course,
            patient_id=patient,
            public_id=f"s_{next(self.numbers)}",
            number=number,
            phase="acute",
            template="visit",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=30),
            status="booked",
            authorized=True,
            version=1,
        )
        db.add(row)
        db.flush()
        self._tell(db, row, "booked", {})
        return row.id

    def _tell(self, db: Db, row: SessionRow, kind: str, detail: dict[str, object]) -> None:
        db.add(SessionEventRow(session_id=row.id, course_id=row.course_id, at=self.clock.now(), kind=kind, by="desk", detail=detail))
        db.flush()

    def move(self, session: int, starts_at: datetime) -> None:
        """Move a visit."""
        with self.database.transaction() as db:
            row = self._row(db, session)
            was = {"at": [str(row.starts_at and row.starts_at.isoformat()), ""]}
            row.starts_at, row.ends_at, row.version = starts_at, starts_at + timedelta(minutes=30), row.version + 1
            self._tell(db, row, "moved", {"from": was})

    def cancel(self, session: int) -> None:
        """Call a visit off."""
        with self.database.transaction() as db:
            row = self._row(db, session)
            was = {"at": [str(row.starts_at and row.starts_at.isoformat()), ""]}
            row.status, row.version = "cancelled", row.version + 1
            self._tell(db, row, "cancelled", {"from": was})

    def _row(self, db: Db, session: int) -> SessionRow:
        return db.execute(select(SessionRow).where(SessionRow.id == session)).scalar_one()

    def booked(self, *starts: datetime, modality: str = "evaluation", **who: object) -> int:
        """A patient with one course at these times. The row number of the first session."""
        with self.database.transaction() as db:
            patient = self.patient(db, **who)  # type: ignore[arg-type]  # what a test says of somebody
            return self.course(db, patient, *starts, modality=modality)[0]

    def opt_out(self, address: str) -> None:
        """Somebody says that they want no more texts."""
        with self.database.transaction() as db:
            whose = db.scalars(select(MessageRow.patient_id).where(MessageRow.address == address)).first()
            key = db.scalars(select(PatientRow.public_id).where(PatientRow.id == whose)).one()
            record_consent(db, key, Agreement(Channel.SMS, address, Opted.OUT, "told the desk"), by="desk", now=self.clock.now())

    def turn(self, *, worker: Worker | None = None, plans: bool = True, carriers: tuple[Carrier, ...] = ()) -> None:
        """One round of a worker."""
        at_work = worker or self.worker
        at_work.beat()
        if plans:
            at_work.plan()
        for carrier in carriers or (self.box, self.mails):
            at_work.deliver(carrier)

    def run(self, until: datetime, step: timedelta = timedelta(hours=6)) -> None:
        """Rounds until a time: at each moment at which something is to be tried, and now and then."""
        while self.clock.now() < until:
            self.turn()
            self.clock.set(min(until, self._next(self.clock.now() + step)))
        self.turn()

    def _next(self, at: datetime) -> datetime:
        waiting = [row.try_at for row in self.messages("planned", "uncertain") if row.channel != "desk"]
        return min([at, *(each for each in waiting if each > self.clock.now())])

    def messages(self, *states: str) -> list[MessageRow]:
        """The messages in some states, by what they are for."""
        with self.database.reading() as db:
            asked = select(MessageRow).order_by(MessageRow.visit_at, MessageRow.kind, MessageRow.id)
            return [row for row in db.scalars(asked) if not states or row.state in states]

    def states(self) -> Counter[str]:
        """How many messages are in each state."""
        return Counter(row.state for row in self.messages())

    def lines(self, key: str) -> list[str]:
        """What happened to a message, in order."""
        with self.database.reading() as db:
            asked = select(MessageAttemptRow.what).join(MessageRow, MessageRow.id == MessageAttemptRow.message_id)
            return list(db.scalars(asked.where(MessageRow.public_id == key).order_by(MessageAttemptRow.id)))

    def make_due(self, at: datetime) -> None:
        """Have everything that is planned be due at a time."""
        with self.database.transaction() as db:
            db.execute(update(MessageRow).where(MessageRow.state == "planned").values(due_at=at, try_at=at))


def version_id(db: Db, protocol: str) -> int:
    """The row number of the active version of a protocol."""
    return queries.protocol_version(db, protocol).id
