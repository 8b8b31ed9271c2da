"""A week at a clinic in which twelve people look where they should not, among others who only work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from rooms.base import Db
from scheduler.access.author import Author, AuthorKind
from scheduler.access.role import Role
from scheduler.access.unusual import Kind
from scheduler.auditing import append
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.records.accounts import AccountRow
from tests.api.clinic import Clinic, daily
from tests.signed_in import SignedIn, Staff

MONDAY = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
"""10:00 in New York."""
NEXT_MONDAY = MONDAY + timedelta(days=7)
LOOK = "GET /patients/{patient}"


@dataclass
class Ward:
    """The clinic, its patients by family name, and its site's row."""

    clinic: Clinic
    patients: dict[str, str]
    site_id: int

    def patient(self, family: str, given: str = "Ana") -> str:
        body = {"given_name": given, "family_name": family, "born_on": "1980-05-17"}
        made = self.clinic.made(f"/sites/{self.clinic.site}/patients", body)
        self.patients[family] = str(made["id"])
        return str(made["id"])


def ward_of(app: FastAPI, database: Database, clock: SettableClock) -> Ward:
    """A site in New York with one patient, Treated, who comes daily; everybody else has no visit."""
    client = SignedIn(app, Staff(database, clock))
    clinic = Clinic(client)
    clinic.open_site()
    clinic.resource("tms-1")
    clinic.protocol(daily(5))
    ward = Ward(clinic, {}, 0)
    treated = {"id": ward.patient("Treated", "Tess")}
    assert clinic.book(clinic.plan(clinic.wish(treated))).status_code == 201
    with database.engine.connect() as connection:
        ward.site_id = connection.exec_driver_sql("SELECT site_id FROM patient").scalars().first() or 0
    return ward


def person(db: Db, key: str, given: str, family: str) -> Author:
    db.add(AccountRow(public_id=key, handle=key, given_name=given, family_name=family, status="active", created_at=MONDAY))
    return Author(AuthorKind.STAFF, key, roles=frozenset({Role.NURSE}), operation=LOOK)


def look(
    db: Db, ward: Ward, who: Author, patients: Sequence[str], at: datetime = MONDAY, *, outcome: str = "done", reason: str = ""
) -> None:
    """Somebody looks; `Author.site_id` is put in."""
    known = Author(who.kind, who.id, roles=who.roles, operation=who.operation, site_id=ward.site_id, break_glass=who.break_glass)
    append(db, known, action=who.operation, now=at, category="demographics", patients=patients, outcome=outcome, reason=reason)


def snoop(db: Db, ward: Ward) -> dict[str, tuple[str, Kind]]:
    """Twelve patterns: each by somebody else; who they are and as what they must be on the list."""
    treated = ward.patients["Treated"]
    made: dict[str, tuple[str, Kind]] = {}

    def by(key: str, family: str, kind: Kind, pattern: str, given: str = "Quin") -> Author:
        made[pattern] = (key, kind)
        return person(db, key, given, family)

    look(db, ward, by("a_01", "Lopez", Kind.SAME_SURNAME, "a relative"), [ward.patients["Lopez"]])
    look(db, ward, by("a_02", "garcia", Kind.SAME_SURNAME, "a relative with a name written otherwise"), [ward.patients["García-Núñez"]])
    look(db, ward, by("a_03", "Selfe", Kind.SELF, "oneself", "Sam"), [ward.patients["Selfe"]])
    look(db, ward, by("a_04", "Curious", Kind.COLLEAGUE, "a colleague who is treated"), [ward.patients["Selfe"]])
    look(db, ward, by("a_05", "Evening", Kind.AFTER_HOURS, "in the evening"), [treated], MONDAY + timedelta(hours=11))
    look(db, ward, by("a_06", "Sunday", Kind.AFTER_HOURS, "on a closed day"), [treated], MONDAY + timedelta(days=6))
    look(db, ward, by("a_07", "Gossip", Kind.NOT_ON_LIST, "somebody known from the papers"), [ward.patients["Famous"]])
    again = by("a_08", "Stalker", Kind.NOT_ON_LIST, "again and again")
    for day in range(4):
        look(db, ward, again, [ward.patients["Watched"]], MONDAY + timedelta(days=day))
    glass = by("a_09", "Breaker", Kind.BREAK_GLASS, "through broken glass")
    broken = Author(glass.kind, glass.id, roles=glass.roles, operation=LOOK, break_glass=True)
    look(db, ward, broken, [treated], reason="no colleague was there")
    look(db, ward, by("a_10", "Pretext", Kind.OVERRIDE, "with a pretext"), [treated], reason="asked by the physician")
    collector = by("a_11", "Collector", Kind.MANY, "one after another")
    for number in range(30):
        look(db, ward, collector, [f"p_{number}"], MONDAY + timedelta(minutes=number))
    prober = by("a_12", "Prober", Kind.REFUSED, "at doors that are shut")
    for _ in range(3):
        look(db, ward, prober, [], outcome="denied")
    return made


def work(db: Db, ward: Ward) -> None:
    """What is usual: the board of the day, a look at a patient of today, a patient registered and booked."""
    nurse = person(db, "a_worker", "Will", "Worker")
    everybody = sorted(ward.patients.values())
    look(db, ward, nurse, everybody)
    look(db, ward, nurse, [ward.patients["Treated"]])
    known = Author(nurse.kind, nurse.id, operation="POST /patients", site_id=ward.site_id)
    booked = [ward.patients["Famous"]]
    append(db, known, action="POST /book", now=MONDAY, category="schedule", patients=booked, diff={"course": {}})
    look(db, ward, nurse, booked)
