"""Two real roles on PostgreSQL: the program works with its own, and can bend nothing that was written down."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from courses import rescheduling
from rooms import reserving
from rooms.base import Base
from rooms.errors import Unknown
from scheduler.access.author import Author, AuthorKind
from scheduler.auditing import seen_by
from scheduler.backing_up import make_backup, restore
from scheduler.clock import SystemClock
from scheduler.database import Database
from scheduler.granting import (
    APPEND_ONLY,
    NEVER_CHANGED,
    NEVER_REMOVED,
    ONLY_READ,
    NotOnSqlite,
    RoleTooStrong,
    grant,
    may_bend_the_trail,
    rights_to,
)
from scheduler.idempotency import Answer, Call, answer_once, forget_old_answers
from scheduler.verify import verify
from tests.courses.clinic import NOW
from tests.keeping.conftest import KeyPair
from tests.keeping.safe import fill, pg_bin
from tests.postgres_server import created_database

FIRST_SESSION = sqlalchemy.text("SELECT public_id FROM session WHERE status = 'booked' ORDER BY starts_at LIMIT 1")
INSUFFICIENT_PRIVILEGE = "42501"
ROOT = Path(__file__).parents[2]
AUTHOR = Author(AuthorKind.COMMAND_LINE, "somebody", operation="test")


def test_program_works_with_what_it_is_given(running: Database, backup_key: KeyPair, tmp_path: Path) -> None:
    audited = seen_by(running, AUTHOR, lambda: NOW)

    fill(audited)
    with audited.transaction() as db:
        first = str(db.scalar(FIRST_SESSION))
        rescheduling.cancel_session(db, first, rescheduling.Doing("desk", NOW, SystemClock().new_id, "ill"))
        reserving.sweep_holds(db, now=NOW)
        answer_once(db, Call("key", "scope", "digest"), lambda: Answer(200, "{}"), now=NOW)
        forget_old_answers(db, now=NOW + timedelta(days=9))
    make_backup(audited, tmp_path, [backup_key.public], pg_bin=pg_bin(), now=NOW)

    assert verify(running, now=NOW) == []
    with running.reading() as db:
        assert db.connection().exec_driver_sql("SELECT count(*) FROM audit_event").scalar_one() > 2
        assert not may_bend_the_trail(db)


def test_owner_puts_back_what_the_program_backed_up(
    owner: Database, running: Database, role: str, postgres_server_url: str, worker_id: str, backup_key: KeyPair, tmp_path: Path
) -> None:
    """Neither role is a superuser, and the rights are given anew."""
    fill(seen_by(running, AUTHOR, lambda: NOW))
    made = make_backup(running, tmp_path, [backup_key.public], pg_bin=pg_bin(), now=NOW)
    with created_database(postgres_server_url, f"chairtime_again_{worker_id}") as url:
        owned = make_url(owner.url).set(database=make_url(url).database).render_as_string(hide_password=False)
        server = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {make_url(url).database} OWNER TO {make_url(owned).username}")

        restore(tmp_path / made.name, backup_key.secret, owned, pg_bin=pg_bin(), now=NOW)
        again = Database(owned)
        with again.transaction() as db:
            grant(db, role)
        again.dispose()

        program = Database(make_url(running.url).set(database=make_url(url).database).render_as_string(hide_password=False))
        assert verify(program, now=NOW) == []
        with program.reading() as db:
            assert not may_bend_the_trail(db)
        program.dispose()
        server.dispose()


TRAIL = [f"{change} {table}{rest}" for table in APPEND_ONLY for change, rest in (("UPDATE", " SET id = id"), ("DELETE FROM", ""))]
FORBIDDEN = [
    *(line.replace("SET id = id", "SET seq = seq") if " audit_event" in line else line for line in TRAIL),
    *(f"TRUNCATE {table} CASCADE" for table in (*APPEND_ONLY, *NEVER_CHANGED)),
    *(f"UPDATE {table} SET id = id" for table in NEVER_CHANGED),  # noqa: S608  # names of ours
    *(f"DELETE FROM {table}" for table in (*NEVER_REMOVED, *ONLY_READ)),  # noqa: S608  # names of ours
    *(f"ALTER TABLE {table} ADD COLUMN extra text" for table in ("audit_event", "session")),
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "ALTER TABLE audit_event OWNER TO CURRENT_USER",
    "DROP TRIGGER audit_event_guard ON audit_event",
    "DROP TABLE audit_event CASCADE",
    "CREATE TRIGGER mine BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_trail()",
    "CREATE RULE mine AS ON INSERT TO audit_event DO INSTEAD NOTHING",
    "CREATE TABLE mine (id int)",
    "CREATE OR REPLACE FUNCTION refuse_to_change_the_trail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "INSERT INTO restoration (restored_at, point, name, digest) VALUES (1, 1, '', '')",
    "UPDATE alembic_version SET version_num = '0001'",
    "SET session_replication_role = replica",
    "COPY audit_event TO '/tmp/trail'",
    "COPY audit_event TO PROGRAM 'cat'",
    "COPY audit_event FROM '/tmp/trail'",
    "COPY audit_event FROM PROGRAM 'true'",
]


def test_program_can_bend_nothing_that_was_written_down(running: Database) -> None:
    fill(seen_by(running, AUTHOR, lambda: NOW))

    with running.engine.connect() as connection:
        told = {statement: _refusal(connection, statement) for statement in FORBIDDEN}

    assert {statement: state for statement, state in told.items() if state != INSUFFICIENT_PRIVILEGE} == {}
    assert len(FORBIDDEN) > 50


def _refusal(connection: sqlalchemy.Connection, statement: str) -> str | None:
    """The state that PostgreSQL refuses it with; None if it does it."""
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as refused:
        return str(getattr(refused.orig, "sqlstate", ""))
    else:
        return None
    finally:
        connection.rollback()


def test_each_table_of_the_lists_is_there(running: Database) -> None:
    tables = {*Base.metadata.tables, "alembic_version"}

    lists = (APPEND_ONLY, NEVER_CHANGED, NEVER_REMOVED, ONLY_READ)
    listed = [table for each in lists for table in each]
    assert set(listed) - tables == set()
    assert len(set(listed)) == len(listed)
    with running.reading() as db:
        given = db.execute(
            sqlalchemy.text("SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = current_user")
        ).all()
    assert {tuple(row) for row in given} == {(table, right) for table in tables for right in rights_to(table).split(", ")}


def test_granting_again_takes_back_what_was_given_besides(owner: Database, running: Database, role: str) -> None:
    with owner.transaction() as db:
        db.execute(sqlalchemy.text(f"GRANT ALL ON audit_event TO {role}"))
    with running.reading() as db:
        assert may_bend_the_trail(db)

    with owner.transaction() as db:
        grant(db, role)

    with running.reading() as db:
        assert not may_bend_the_trail(db)


def test_role_that_could_take_every_right_is_refused(owner: Database) -> None:
    own = str(make_url(owner.url).username)
    for strong in (own, "postgres"):
        with pytest.raises(RoleTooStrong), owner.transaction() as db:
            grant(db, strong)
    with pytest.raises(Unknown), owner.transaction() as db:
        grant(db, "nobody'; DROP TABLE session; --")
    with owner.reading() as db:
        assert may_bend_the_trail(db)


def changes(verb: str) -> Iterator[tuple[str, str]]:
    """Each statement of the program that changes or removes rows: its place and its table."""
    rows = {mapper.class_.__name__: str(mapper.local_table) for mapper in Base.registry.mappers}
    for package in ("rooms", "courses", "scheduler"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for function in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)):
                named = {}
                for node in ast.walk(function):
                    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                        named[node.targets[0].id] = ast.unparse(node.value)
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == verb and node.args:
                        name = ast.unparse(node.args[0])
                        if table := rows.get(named.get(name, name)):
                            yield f"{file.relative_to(ROOT)}:{node.lineno}", table


@pytest.mark.parametrize(("verb", "right", "least"), [("update", "UPDATE", 20), ("delete", "DELETE", 10)])
def test_program_has_the_right_to_each_of_its_statements(verb: str, right: str, least: int) -> None:
    found = list(changes(verb))

    assert [f"{place} {verb}s {table}" for place, table in found if right not in rights_to(table)] == []
    assert len(found) >= least


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_sqlite_has_no_roles(database: Database) -> None:
    with pytest.raises(NotOnSqlite), database.transaction() as db:
        grant(db, "chairtime")
