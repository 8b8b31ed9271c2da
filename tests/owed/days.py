"""Random days at a ward where every dose owes a form, and what must be owed after them, counted apart from the product."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from courses import attending, certifying, charting, filing, queries, rescheduling, stocking
from courses.certifying import NewCertification, NewEnrollment
from courses.checklists.entry import Person
from courses.checklists.kept import Kept
from courses.checklists.writing import Amended, Answered, Press, TakenBack
from courses.filing import Sending
from courses.progressing import Moment, attend
from courses.queries import charts, lots, owed
from courses.rescheduling import Doing
from courses.stocking import Moving
from rooms.base import Db
from rooms.queries import sites
from scheduler.database import Database
from tests.charts.ward import SHEET, Ward, at
from tests.courses.clinic import NOW

PROGRAM = "watched-drug"
OWING = SHEET.replace("[{modality: tms}]", f"[{{modality: tms}}]\nprogram: {PROGRAM}")
NORA, RUBEN = Person("a_nora", "Nora", "nurse"), Person("a_ruben", "Ruben", "nurse")
LOTS = ("A1", "B2")
RECEIVED = 50


def owing_ward(database: Database, sheet: str = OWING) -> Ward:
    """A ward of a certified site, both patients enrolled, fifty devices of each lot on the shelf."""
    ward = Ward(database).open(sheet)
    with database.transaction() as db:
        new_id = ward.clinic.new_id
        certifying.certify(db, "main", NewCertification(PROGRAM, "C-1", "Dr. Reed", date(2026, 1, 1)), by="x", new_id=new_id)
        for session in (ward.session, ward.other):
            patient = charts.chart_of(db, session).patient.id
            certifying.enroll(db, patient, "main", NewEnrollment(PROGRAM, date(2026, 1, 1)), by="x", new_id=new_id)
        for name in LOTS:
            lot = stocking.open_lot(db, "main", "Device", name, date(2027, 1, 31), new_id=new_id)
            stocking.receive(db, lot.id, Moving(RECEIVED, NOW, NORA, NOW))
    return ward


@dataclass
class Visit:
    """What was done at one session: the devices that stand, by their chain, and how the form must be."""

    session: str
    state: str = "arrived"
    chains: list[list[tuple[str, str]]] = field(default_factory=list)
    """Of each device that was written down: entries with their lots, the last of which stands; empty when it was taken back."""
    had_dose: bool = False
    sent: bool = False
    changed_since: bool = False

    @property
    def lots(self) -> list[str]:
        """The lots of the devices that stand."""
        return [chain[-1][1] for chain in self.chains if chain]

    @property
    def form(self) -> str | None:
        """How the form must be."""
        if not self.had_dose:
            return None
        if self.sent:
            return "owed" if self.changed_since else "submitted"
        return "owed" if self.lots else "void"


class RandomDay:
    """So many random steps at two sessions; `minute` counts from the arrival."""

    def __init__(self, ward: Ward, seed: int) -> None:
        self.ward, self.chance, self.minute = ward, random.Random(seed), 5
        self.visits = [Visit(ward.session), Visit(ward.other)]

    def live(self, steps: int) -> None:
        """Do them, and look after each whether what is owed is owed."""
        for _ in range(steps):
            self.minute += 1
            visit = self.chance.choice(self.visits)
            possible = STEPS[visit.state]
            step = getattr(self, self.chance.choice(possible))
            with self.ward.database.transaction() as db:
                step(db, visit)
            self.check()

    def check(self) -> None:
        """One form for each session with a dose that stands, none for the others, and as many devices gone as stand."""
        with self.ward.database.reading() as db:
            for visit in self.visits:
                known = owed.form_of_session(db, visit.session)
                assert (known.form.status if known else None) == visit.form, visit
                dosed = charts.chart_of(db, visit.session).moments.first_dose is not None
                assert dosed == bool(visit.lots)
                assert not dosed or (known is not None and known.form.status in {"owed", "submitted"})
            site = next(each for each in sites(db) if each.site.id == "main")
            gone = Counter(lot for visit in self.visits for lot in visit.lots)
            assert {lot.lot: lot.balance for lot in lots.lots(db, site.id)} == {name: RECEIVED - gone[name] for name in LOTS}
            queue = [line.known.form.session for line in owed.forms_owed(db, site.id, now=at(self.minute))]
            assert sorted(queue) == sorted(visit.session for visit in self.visits if visit.form == "owed")

    def cancel(self, db: Db, visit: Visit) -> None:
        """Not once the visit's time is over: who did not come by then was missed."""
        planned = queries.course_of_session(db, visit.session).course.session(visit.session).interval
        if planned is not None and at(self.minute) < planned.ends_at:
            rescheduling.cancel_session(db, visit.session, self._doing())
            visit.state = "gone"

    def start(self, db: Db, visit: Visit) -> None:
        attend(db, [Moment(visit.session, "start", at(self.minute))], by="nurse")
        charting.record(db, visit.session, [Answered("oximeter", True), Answered("calm", True)], self._press())
        visit.state = "treated"

    def give(self, db: Db, visit: Visit) -> None:
        lot = self.chance.choice(LOTS)
        saved = charting.record(db, visit.session, [Answered("device", device(lot))], self._press())
        visit.chains.append([(saved.entries[0].id, lot)])
        visit.had_dose = True
        visit.changed_since = True

    def note(self, db: Db, visit: Visit) -> None:
        charting.record(db, visit.session, [Answered("note", "calm")], self._press())
        visit.changed_since = True

    def amend(self, db: Db, visit: Visit) -> None:
        chain = self._some_chain(visit)
        if chain:
            lot = self.chance.choice(LOTS)
            saved = charting.amend(db, visit.session, chain[-1][0], Amended(device(lot), "typing_mistake", "wrong lot"), self._press())
            chain.append((saved.entries[0].id, lot))
            visit.changed_since = True

    def take_back(self, db: Db, visit: Visit) -> None:
        chain = self._some_chain(visit)
        if chain:
            why = TakenBack("did_not_happen", "it was not given", RUBEN)
            charting.retract(db, visit.session, chain[-1][0], why, self._press())
            chain.pop()
            visit.changed_since = True

    def abort(self, db: Db, visit: Visit) -> None:
        attending.abort(db, visit.session, self._doing())
        visit.state = "over" if visit.lots else "gone"

    def release(self, db: Db, visit: Visit) -> None:
        self.minute += 130
        attend(db, [Moment(visit.session, "discharge", at(self.minute))], by="nurse")
        visit.state = "over"

    def submit(self, db: Db, visit: Visit) -> None:
        known = owed.form_of_session(db, visit.session)
        released = charts.chart_of(db, visit.session).released_at is not None
        if known is not None and known.form.status == "owed" and (released or not known.form.has_dose):
            filing.submit(db, known.form.id, Sending("fax", at(self.minute), "", known.form.digest, NORA, at(self.minute)))
            visit.sent, visit.changed_since = True, False

    def _some_chain(self, visit: Visit) -> list[tuple[str, str]] | None:
        there = [chain for chain in visit.chains if chain]
        return self.chance.choice(there) if there else None

    def _press(self) -> Press:
        return self.ward.press(self.minute)

    def _doing(self) -> Doing:
        return Doing("nurse", at(self.minute), self.ward.clinic.new_id, "as it came")


WRITING = ("give", "note", "amend", "amend", "take_back", "take_back")
STEPS = {
    "arrived": ("start", "start", "start", "cancel"),
    "treated": (*WRITING, "give", "abort", "release"),
    "over": ("amend", "take_back", "note", "submit", "submit", "submit"),
    "gone": ("submit",),
}
"""What may come next in each state."""


def device(lot: str) -> Kept:
    """A device of a lot."""
    return {"product": "Device", "lot": lot, "units": 1}
