"""A clinic whose sessions are charted, and a nurse, a second one and a physician who write at them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count

from courses import progressing, queries
from courses.checklists.writing import Press, Rights, Writer
from courses.progressing import Moment
from courses.publishing import digest_of
from courses.queries.charts import SessionChart, chart_of
from courses.records import ChecklistRow, ChecklistVersionRow
from rooms.base import Db
from scheduler.database import Database
from tests.courses.clinic import NOW, SmallClinic, daily
from tests.kept import World

SHEET = """
id: watching
title: Watching after a dose
used_for: [{modality: tms}]
watch: {minutes: 120, source: "[test]"}
late_after_minutes: 10
items:
  - {code: fasted, words: Fasted, kind: check, due: [{before: start}]}
  - {code: oximeter, words: Oximeter on, kind: check, gate: {before: dose, kind: regulatory, passing: ["yes"]}}
  - code: calm
    words: Calm
    kind: check
    gate: {before: dose, kind: clinical, passing: ["yes"], overridden_by: [physician]}
  - {code: device, words: Device, kind: device, marks: first_dose, answered_by: [nurse, physician]}
  - code: systolic
    words: Systolic pressure
    kind: number
    unit: mmHg
    bands: {possible: {low: 40, high: 300}, likely: {low: 70, high: 220}, limits: {low: 90, high: 140}}
  - {code: diastolic, words: Diastolic pressure, kind: number, unit: mmHg, bands: {possible: {low: 20, high: 200}}, below: systolic}
  - {code: saturation, words: Oxygen saturation, kind: number, unit: "%", bands: {possible: {low: 0, high: 100}}}
  - {code: note, words: Note, kind: text}
meanings:
  - {code: watched, words: I watched this patient, roles: [nurse, physician]}
  - {code: reviewed, words: I reviewed this record, roles: [nurse, physician, anesthesia], another: true, before_release: false}
"""

EVERYTHING = Rights(
    write=("nurse",),
    dose=("nurse",),
    late=("nurse",),
    paper=("nurse",),
    amend=("nurse",),
    retract=("nurse",),
    sign=("nurse",),
    co_sign=("nurse",),
    override=("nurse",),
)
"""What a nurse may."""


def rights_but(name: str) -> Rights:
    """All that a nurse may, but one thing."""
    return replace(EVERYTHING, **{name: ()})


PHYSICIAN = Rights(*[("physician",)] * 10)


MADE_LATER = 1_000
WARDS: World[tuple[int, str, str]] = World()


@dataclass
class Ward:
    """`session` is Ana's first, `other` Ben's; both have arrived at `NOW`. Everything is written in real transactions."""

    database: Database
    session: str = ""
    other: str = ""
    site_id: int = 0
    clinic: SmallClinic = field(default_factory=SmallClinic)
    _keys: count[int] = field(default_factory=lambda: count(1))

    def open(self, sheet: str = SHEET) -> Ward:
        """In a database without a row. Whatever is made afterwards has the same ids, whether this ward was made here or before."""
        self.site_id, self.session, self.other = WARDS.begin(self.database, lambda: self._made(sheet), by=sheet)
        self.clinic = SmallClinic(site_id=self.site_id, _count=count(MADE_LATER))
        return self

    def _made(self, sheet: str) -> tuple[int, str, str]:
        with self.database.transaction() as db:
            self.clinic.build(db)
            self.clinic.protocol(db, "daily", daily(4).replace("id: daily", "id: daily\nmodality: tms"))
            adopt(db, self.clinic.site_id, sheet)
            sessions = []
            for given in ("Ana", "Ben"):
                course = self.clinic.enrol(db, self.clinic.wish(self.clinic.patient(db, given), "daily", date(2026, 11, 23)))
                sessions.append(course.live[0].id)
            progressing.attend(db, [Moment(each, "arrive", NOW) for each in sessions], by="desk")
        return self.clinic.site_id, sessions[0], sessions[1]

    def writer(self, name: str = "nora", rights: Rights = EVERYTHING) -> Writer:
        return Writer(f"a_{name}", name.title(), {self.site_id: rights}, "two_factors", f"device of {name}")

    def press(self, minutes: float = 5, *, by: str = "nora", key: str = "", rights: Rights = EVERYTHING) -> Press:
        """A press so many minutes after the arrival."""
        at = NOW + timedelta(minutes=minutes)
        return Press(self.writer(by, rights), at, self.clinic.new_id, key or f"key{next(self._keys)}")

    def sessions_of(self, course: str) -> list[str]:
        with self.database.reading() as db:
            return [session.id for session in queries.course(db, course).course.live]

    def arrive(self) -> None:
        """The patient of `session` is here, if they are not yet."""
        if self.chart().arrived_at is None:
            self._attend("arrive", 0)

    def start(self) -> None:
        """Ana's treatment begins, three minutes after the arrival."""
        self._attend("start", 3)

    def release(self, minutes: float) -> None:
        """Ana is let go, so many minutes after the arrival."""
        self._attend("discharge", minutes)

    def _attend(self, verb: str, minutes: float) -> None:
        with self.database.transaction() as db:
            progressing.attend(db, [Moment(self.session, verb, at(minutes))], by="nurse")

    def chart(self, session: str = "") -> SessionChart:
        with self.database.reading() as db:
            return chart_of(db, session or self.session)


def adopt(db: Db, site_id: int, sheet: str, *, from_on: date = date(2026, 1, 1), number: int = 1) -> None:
    """Have a site chart by a checklist."""
    row = ChecklistRow(site_id=site_id, public_id=f"l_watching{site_id}", code="watching", origin=None)
    db.add(row)
    db.flush()
    db.add(
        ChecklistVersionRow(
            checklist_id=row.id,
            number=number,
            status="active",
            document=sheet,
            digest=digest_of(sheet),
            from_on=from_on,
            published_at=NOW,
            published_by="Dr. Reed",
        )
    )
    db.flush()


def at(minutes: float) -> datetime:
    """So many minutes after the arrival."""
    return NOW + timedelta(minutes=minutes)
