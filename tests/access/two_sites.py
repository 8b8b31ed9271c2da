"""Two sites that are alike, and one person of each role who works at the first of them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from courses import queries as course_queries
from rooms import queries
from rooms.base import Db
from scheduler import admitting, guarding, signing_in, wall_screens
from scheduler.access.actor import Strength
from scheduler.access.role import Role
from scheduler.access.table import Table, standard_table
from scheduler.access.token import digest_of
from scheduler.app import create_app
from scheduler.clock import SettableClock
from scheduler.database import Database
from scheduler.queries import KnownAccount
from scheduler.records.accounts import AccountRow, BreakGlassRow, LoginRow
from scheduler.settings import Settings
from scheduler.wall_screens import NewScreen
from tests.access.bodies import body_of, query_of
from tests.access.message_rows import tell
from tests.access.opening_rows import wish
from tests.access.owed_rows import chart, owe
from tests.api.clinic import Clinic, daily
from tests.api.conftest import NOW
from tests.signed_in import QUICK, SignedIn, Staff

TABLE: Table = standard_table()
TODAY = "2026-11-23"
DISCIPLINES = {Role.TECHNICIAN: "tms", Role.ANESTHESIA: "ect"}
"""Whose patients of today are whose; written down once more, so that a mistake in the product is not made here too."""

TRAIL = {"audit_event", "audit_head", "audit_checkpoint"}


@dataclass
class TwoSites:
    """The application with both sites in it, and the ids of one thing of each kind by site and modality."""

    app: FastAPI
    database: Database
    path: Path
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOW, frozen=True))
    ids: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    people: dict[Role, KnownAccount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = TestClient(self.app, base_url="http://127.0.0.1", follow_redirects=False, raise_server_exceptions=False)
        self.client.__enter__()
        self._looks = sqlite3.connect(self.path, cached_statements=1_000, check_same_thread=False)

    def close(self) -> None:
        """Give everything back."""
        self.client.__exit__()
        self._looks.close()
        self.database.dispose()

    def send(
        self, operation: str, ids: Mapping[str, str], token: str, *, reason: str = "because I must", approval: str = ""
    ) -> tuple[int, str]:
        """The status and the code of what comes back for an operation on a thing."""
        method, _, template = operation.partition(" ")
        path = re.sub(r"\{(\w+)\}", lambda match: ids.get(match[1], f"no-{match[1]}"), template)
        is_page = not template.startswith("/api/")
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": self.clock.new_id("k-"),
            "If-Match": '"0"',
            "Chairtime-Reason": reason,
        }
        self.client.cookies.clear()
        headers |= {"Chairtime-Approval": approval} if approval else {}
        has_body = method in {"POST", "PUT", "PATCH"}
        form = {"reason": reason, "which": "ticked"} if is_page and has_body else None
        body = body_of(operation, ids) | ({"reason": reason} if not reason and "reason" in body_of(operation, ids) else {})
        sent = body if has_body and not is_page else None
        answer = self.client.request(method, path, headers=headers, params=query_of(operation), data=form, json=sent)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        said = answer.json() if is_json else {}
        return answer.status_code, str(said.get("code", "")) if isinstance(said, dict) else ""

    def keep(self) -> None:
        """Remember how everything stands now."""
        with closing(sqlite3.connect(self.path)) as connection, closing(sqlite3.connect(self.path.with_suffix(".kept"))) as kept:
            connection.backup(kept)

    def put_back(self) -> None:
        """Have it stand as it was kept."""
        with closing(sqlite3.connect(self.path.with_suffix(".kept"))) as kept, closing(sqlite3.connect(self.path)) as connection:
            kept.backup(connection)

    def sign_in(self, role: Role, *, proven: bool = True) -> str:
        """A new sign-in of the person of a role."""
        with self.database.transaction() as db:
            opened = signing_in.open_login(
                db,
                self.people[role].id,
                strength=Strength.TWO_FACTORS,
                device="desk",
                source="127.0.0.1",
                label="test",
                now=self.clock.now(),
                new_id=self.clock.new_id,
                new_secret=self.clock.new_secret,
            )
            if not proven:
                before = self.clock.now() - timedelta(minutes=6)
                db.execute(update(LoginRow).where(LoginRow.digest == digest_of(opened.token)).values(proven_at=before))
        return opened.token

    def break_glass(self, role: Role) -> None:
        """An hour in which the person of a role sees everybody."""
        with self.database.transaction() as db:
            _glass(db, self, self.people[role], "main")

    def approved(self, role: Role, operation: str, *, by_oneself: bool = False) -> str:
        """The approval of an operation that the person of a role asked for; by somebody else, or by themselves."""
        second = self.people[role] if by_oneself else self.people[Role.ADMIN if role != Role.ADMIN else Role.PHYSICIAN]
        with self.database.transaction() as db:
            now, new_secret = self.clock.now(), self.clock.new_secret
            return guarding.approve(db, self.people[role].id, second.id, operation, now=now, new_secret=new_secret)

    def token_of(self, who: str) -> str:
        """The token of somebody who is no longer, or never was, signed in."""
        if who in {"nobody", "a guess"}:
            return "" if who == "nobody" else self.clock.new_secret()
        token = self.sign_in(Role.ADMIN)
        with self.database.transaction() as db:
            past = self.clock.now() - timedelta(hours=1)
            row = update(LoginRow).where(LoginRow.digest == digest_of(token))
            if who == "expired":
                db.execute(row.values(ends_at=past))
            elif who == "closed":
                db.execute(row.values(closed_at=past))
            else:
                gone = self._person_more(db)
                db.execute(row.values(account_id=gone))
        return token

    def _person_more(self, db: Db) -> int:
        account = _person(db, self, Role.ADMIN, handle="gone")
        db.execute(update(AccountRow).where(AccountRow.id == account.id).values(status="disabled", disabled_at=self.clock.now()))
        return account.id

    def rows(self) -> dict[str, object]:
        """Everything in the database but the trail, to be compared."""
        named = self._looks.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in named if name not in TRAIL]
        return {table: self._looks.execute(f'SELECT * FROM "{table}" ORDER BY rowid').fetchall() for table in tables}  # noqa: S608


def two_sites(template: Path, at: Path) -> TwoSites:
    """Made anew in a file."""
    path = at / "two.db"
    path.write_bytes(template.read_bytes())
    database, clock = Database(f"sqlite:///{path}"), SettableClock(NOW, frozen=True)
    app = create_app(Settings(database_url=database.url, password_rounds=1, password_memory_kib=32), clock, database)
    world = TwoSites(app, database, path, clock)
    staff = Staff(database, clock)
    with SignedIn(app, staff) as client:
        clinic = Clinic(client)
        for code in ("main", "east"):
            _furnish(world, clinic, code)
    with database.transaction() as db:
        world.people |= {role: _person(db, world, role) for role in Role}
        for site in ("main", "east"):
            somebody = _person(db, world, Role.NURSE, handle=f"nurse.of.{site}", site=site)
            screen = _screen(db, world, site)
            glass = _glass(db, world, somebody, site)
            for modality in ("tms", "ect"):
                ids = world.ids[site, modality] | {"person": somebody.public_id, "glass": glass, "screen": screen}
                rows, now, new_id = rows_of(db, ids), world.clock.now(), world.clock.new_id
                charted = chart(db, rows, now=now, new_id=new_id)
                told = tell(db, rows | {"first": modality == "tms"}, now=now, new_id=new_id)
                told |= wish(db, rows | {"first": modality == "tms"}, now=now, new_id=new_id)
                world.ids[site, modality] = ids | charted | owe(db, rows, now=now, new_id=new_id) | told
    world.keep()
    return world


def rows_of(db: Db, ids: Mapping[str, str]) -> dict[str, int]:
    """The row numbers of a site, a patient and a session."""
    session = course_queries.session_ids(db, [ids["session"]])[ids["session"]]
    return {"site": queries.site(db, ids["site"]).id, "patient": course_queries.patient(db, ids["patient"]).id, "session": session}


def _screen(db: Db, world: TwoSites, site: str) -> str:
    new = NewScreen("Hall", "Robin Vale", f"token-of-{site}")
    return wall_screens.make_screen(db, site, new, now=world.clock.now(), new_id=world.clock.new_id)


def _glass(db: Db, world: TwoSites, account: KnownAccount, site: str) -> str:
    now, public_id = world.clock.now(), world.clock.new_id("g_")
    row = BreakGlassRow(
        public_id=public_id,
        account_id=account.id,
        site_id=queries.site(db, site).id,
        reason="an emergency",
        begins_at=now,
        ends_at=now + timedelta(hours=1),
        seen_by=[],
    )
    db.add(row)
    db.flush()
    return public_id


def _person(db: Db, world: TwoSites, role: Role, handle: str = "", site: str = "main") -> KnownAccount:
    return admitting.add_account(
        db,
        handle=handle or f"{role.value}.person",
        given_name=role.words,
        family_name="Person",
        roles={site: {role}},
        password=None,
        hasher=QUICK,
        now=world.clock.now(),
        new_id=world.clock.new_id,
    )


def _furnish(world: TwoSites, clinic: Clinic, code: str) -> None:
    clinic.open_site(code)
    time = {"starts_at": "2027-03-01T09:00", "ends_at": "2027-03-01T10:00"}
    for modality in ("tms", "ect"):
        resource = clinic.resource(f"{modality}-1", f"{modality}-device")
        text = daily(4).replace("modality: tms", f"modality: {modality}").replace("stimulator", f"{modality}-device")
        protocol = clinic.protocol(text.replace("id: daily", f"id: {modality}"), modality)
        course = clinic.book(clinic.plan(clinic.wish(clinic.patient(modality.title()), modality, TODAY))).json()
        clinic.change(f"/patients/{course['patient']['id']}/absences", {**time, "reason": "away"}, 1)
        waiting = clinic.made(f"/sites/{clinic.site}/waiting-list", {"wish": clinic.wish(clinic.patient(f"{modality} waits"), modality)})
        joint = clinic.made(f"/sites/{clinic.site}/joint-plans", {"waiting": [waiting["id"]], "seconds": 1})
        world.ids[code, modality] = {
            "site": clinic.site,
            "resource": resource["id"],
            "protocol": protocol["id"],
            "checklist": clinic.get(f"/sites/{clinic.site}/checklists").json()["checklists"][0]["id"],
            "number": "1",
            "day": TODAY,
            "patient": course["patient"]["id"],
            "course": course["id"],
            "session": course["sessions"][0]["id"],
            "absence": clinic.made(f"/sites/{clinic.site}/resources/{modality}-1/absences", time)["id"],
            "closure": clinic.made(f"/sites/{clinic.site}/closures", time)["id"],
            "waiting": waiting["id"],
            "key": waiting["id"],
            "joint_plan": joint["id"],
            "joint": joint["id"],
            "proposal": json.dumps(clinic.plan(clinic.wish(clinic.patient(f"{modality} books"), modality))),
        }
