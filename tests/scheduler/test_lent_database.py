"""The PostgreSQL database that one test after another gets is as good as new, whatever the test before did to it."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
import sqlalchemy

from scheduler.database import Database
from tests.courses.clinic import SmallClinic, daily
from tests.postgres_server import LentDatabase


@pytest.fixture(scope="module")
def lender(postgres_server_url: str, postgres_url_template: str, worker_id: str) -> LentDatabase:
    """A database of this file's own, so that nothing here reaches another test."""
    return LentDatabase(postgres_server_url, f"chairtime_lent_{worker_id}", str(sqlalchemy.make_url(postgres_url_template).database))


def asked(url: str, sql: str) -> object:
    with closing(psycopg.connect(url.replace("+psycopg", ""), autocommit=True)) as connection:
        answer = connection.execute(sql.encode())
        return answer.fetchall() if answer.description else None


def test_rows_are_gone_and_counted_from_one_again(lender: LentDatabase) -> None:
    for _ in range(2):
        with lender.lent() as url:
            database = Database(url)
            with database.transaction() as db:
                clinic = SmallClinic().build(db, {"tms-1": ("device", 1, ("tms-device",))})
                clinic.protocol(db, "daily", daily(3))  # published, and guarded by a trigger
            database.dispose()

            assert asked(url, "SELECT id FROM site") == [(1,)]

    assert asked(url, "SELECT (SELECT count(*) FROM site) + (SELECT count(*) FROM protocol_version)") == [(0,)]
    assert asked(url, "SELECT count(*) FROM alembic_version") == [(1,)]


def test_nobody_stays_connected(lender: LentDatabase) -> None:
    with lender.lent() as url:
        left_open = psycopg.connect(url.replace("+psycopg", ""))
        left_open.execute("LOCK TABLE booking")

    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE booking DISABLE TRIGGER ALL",
        "ALTER TABLE site ADD COLUMN more integer",
        "CREATE TABLE more (id integer)",
        "DROP INDEX ix_idempotent_reply_created_at",
        "ALTER TABLE idempotent_reply DROP CONSTRAINT uq_idempotent_reply_key_scope",
    ],
)
def test_tables_are_as_migrated_again(lender: LentDatabase, change: str) -> None:
    tables = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    others = "SELECT conname FROM pg_constraint UNION ALL SELECT relname FROM pg_class ORDER BY 1"
    disabled = "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'"
    before = [asked(lender.url, each) for each in (tables, others, disabled)]

    with lender.lent() as url:
        asked(url, change)
        assert [asked(url, each) for each in (tables, others, disabled)] != before

    assert [asked(lender.url, each) for each in (tables, others, disabled)] == before
