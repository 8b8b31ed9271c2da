"""What a transaction changed is told as one event, however it was changed."""

import contextlib
from datetime import date, timedelta

import sqlalchemy
from sqlalchemy import UpdateBase, delete, insert, update

from courses.patients.patient import PatientAbsence
from courses.records import PatientRow
from courses.registering import NewPatient, note_absence, register_patient, remove_absence
from rooms import equipping
from rooms.availability.interval import Interval
from rooms.base import Db
from scheduler.database import Database
from scheduler.records.accounts import AccountRow, GuessRow, LoginRow
from tests.audit.trail import NOW, Ids, add_chair, add_site, events, watched


def told(database: Database) -> list[dict[str, object]]:
    """What the events say, but for the one with which the trail begins."""
    wanted = ("action", "category", "objects", "patients", "diff")
    return [{name: each[name] for name in wanted} for each in events(database)[1:]]


def add_patient(db: Db, new_id: Ids, code: str = "MRN 1") -> str:
    new = NewPatient("Ana", "Lopez", date(1980, 5, 17), code=code)
    return register_patient(db, "main", new, now=NOW, new_id=new_id).id


def test_what_statements_made_is_told(database: Database) -> None:
    new_id = Ids()

    with watched(database).transaction() as db:
        site_id = add_site(db, new_id=new_id)
        add_chair(db, site_id, new_id=new_id)

    made = told(database)
    assert len(made) == 1
    assert made[0]["category"] == "settings"
    assert made[0]["objects"] == [["resource", "r_0002"], ["site", "si_0001"]]
    assert made[0]["diff"] == {
        "resource": {"r_0002": {"how": "made", "version": 1, "capacity": 1, "position": 1, "retired_at": None}},
        "resource_capability": {"made": 1},
        "site": {"si_0001": {"how": "made", "version": 1, "granularity_minutes": 5}},
    }


def test_what_was_changed_by_a_statement_is_told_with_both_values(database: Database) -> None:
    with database.transaction() as db:
        site_id = add_site(db)
        add_chair(db, site_id)

    watched(database).run(lambda db: equipping.change_capacity(db, site_id, "chair-1", 3, now=NOW + timedelta(hours=1)))

    entry = {"how": "changed", "version": 2, "capacity": [1, 3], "fields": ["capacity_since", "changed_at"]}
    assert [each["diff"] for each in told(database)] == [{"resource": {"r_0001": entry}}]


def test_the_patient_is_found_and_no_name_is_told(database: Database) -> None:
    new_id = Ids()
    database.run(add_site)
    seen = watched(database)

    patient = seen.run(lambda db: add_patient(db, new_id))
    away = PatientAbsence(Interval(NOW, NOW + timedelta(days=1)), "a wedding")
    seen.run(lambda db: note_absence(db, patient, away))
    seen.run(lambda db: remove_absence(db, patient, away))

    assert [(each["patients"], each["objects"], each["category"]) for each in told(database)] == [
        ([patient], [["patient", patient]], "demographics")
    ] * 3
    assert [each["diff"] for each in told(database)] == [
        {"patient": {patient: {"how": "made", "version": 1}}},
        {"patient": {patient: {"how": "changed", "version": 2, "fields": []}}, "patient_absence": {"made": 1}},
        {"patient": {patient: {"how": "changed", "version": 3, "fields": []}}, "patient_absence": {"removed": 1}},
    ]
    assert "Lopez" not in str(events(database))
    assert "wedding" not in str(events(database))


def do(database: Database, statement: UpdateBase, rows: list[dict[str, object]] | None = None) -> None:
    with database.transaction() as db:
        db.execute(statement, rows)


def account(**changed: object) -> AccountRow:
    values = {"public_id": "a_1", "handle": "ana", "given_name": "Ana", "family_name": "Lopez", "status": "active", "created_at": NOW}
    return AccountRow(**{**values, **changed})


def test_rows_are_told_however_they_are_written(database: Database) -> None:
    seen = watched(database)
    with seen.transaction() as db:
        db.add(account(password_hash="$argon2id$secret"))
    with seen.transaction() as db:
        row = db.get_one(AccountRow, 1)
        row.password_hash, row.status = "$argon2id$other", "disabled"
    do(seen, update(AccountRow).where(AccountRow.handle == "ana").values(handle="anna", status="active"))
    with seen.transaction() as db:
        db.delete(db.get_one(AccountRow, 1))
    do(seen, insert(AccountRow), [columns("a_2"), columns("a_3")])
    do(seen, delete(AccountRow).where(AccountRow.public_id == "a_3"))

    made = {"how": "made", "version": 1, "status": "active", "disabled_at": None}
    gone = {"how": "removed", "version": 1}
    assert [each["diff"]["account"] for each in told(database)] == [  # type: ignore[index]
        {"a_1": made},
        {"a_1": {"how": "changed", "version": 1, "status": ["active", "disabled"], "fields": ["password_hash"]}},
        {"a_1": {"how": "changed", "version": 1, "status": ["disabled", "active"], "fields": ["handle"]}},
        {"a_1": gone},
        {"a_2": made, "a_3": made},
        {"a_3": gone},
    ]
    assert "argon2" not in str(events(database))


def columns(key: str) -> dict[str, object]:
    names = {"public_id": key, "handle": key, "given_name": "Ana", "family_name": "Lopez"}
    return {**names, "status": "active", "created_at": NOW, "version": 1}


def test_what_changed_nothing_is_not_told(database: Database) -> None:
    with database.transaction() as db:
        db.add(account())
        db.flush()
        db.add(LoginRow(account_id=1, public_id="l_1", digest="d", device="desk", strength="password", source="", label="", **times()))
    seen = watched(database)

    do(seen, update(AccountRow).where(AccountRow.handle == "nobody").values(status="disabled"))
    do(seen, update(LoginRow).values(acted_at=NOW + timedelta(minutes=1)))
    with seen.transaction() as db:
        db.get_one(LoginRow, 1).acted_at = NOW + timedelta(minutes=2)
        db.add(GuessRow(key="ana", failures=1, since=NOW, last_at=NOW))
    with seen.transaction() as db:
        db.add(account(public_id="a_9", handle="z"))
        db.flush()
        db.execute(delete(AccountRow).where(AccountRow.public_id == "a_9"))

    assert events(database) == []


def times() -> dict[str, object]:
    return dict.fromkeys(("opened_at", "proven_at", "acted_at", "ends_at"), NOW)


def test_what_a_savepoint_takes_back_is_not_told(database: Database) -> None:
    database.run(add_site)
    new_id = Ids()

    with watched(database).transaction() as db:
        with contextlib.suppress(RuntimeError), db.begin_nested():
            add_patient(db, new_id, "MRN 1")
            raise RuntimeError
        kept = add_patient(db, new_id, "MRN 2")

    assert [(each["patients"], each["objects"]) for each in told(database)] == [([kept], [["patient", kept]])]
    with database.engine.connect() as connection:
        assert connection.execute(sqlalchemy.select(PatientRow.public_id)).scalars().all() == [kept]
