"""An event is in the trail exactly if what it tells of was committed, and the database lets nobody change it."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy

from scheduler import auditing
from scheduler.access.audit_event import Category
from scheduler.access.author import Author, AuthorKind
from scheduler.access.chain import NOTHING_BEFORE
from scheduler.access.table import standard_table
from scheduler.auditing import append
from scheduler.database import Database
from tests.audit.trail import NOW, NURSE, add_site, events

NOBODY = Author(AuthorKind.NOBODY, "", source="10.6.6.6")
NAMELESS = Author(AuthorKind.STAFF, "")


def test_events_form_one_chain(database: Database) -> None:
    database.run(lambda db: append(db, NURSE, action="first", now=NOW, category="access"))
    database.run(lambda db: append(db, NURSE, action="second", now=NOW, category="access", patients=["p_2", "p_1", "p_2"]))

    begun, first, second = events(database)

    assert [each["seq"] for each in (begun, first, second)] == [1, 2, 3]
    assert [begun["prev"], first["prev"], second["prev"]] == [NOTHING_BEFORE, begun["hash"], first["hash"]]
    assert begun["action"] == "audit.begun"
    assert second["patients"] == ["p_1", "p_2"]
    assert (second["actor_id"], second["roles"], second["login"], second["source"]) == ("a_nurse", ["nurse"], "l_1", "10.0.0.7")
    with database.reading() as db:
        assert auditing.anchor(db) == second["hash"][:12]


def test_what_is_given_up_is_not_told(database: Database) -> None:
    def give_up() -> None:
        with database.transaction() as db:
            append(db, NURSE, action="lost", now=NOW, category="access")
            raise RuntimeError

    with contextlib.suppress(RuntimeError):
        give_up()
    database.what_would_follow(lambda db: append(db, NURSE, action="tried", now=NOW, category="access"))

    assert events(database) == []


def test_what_a_savepoint_takes_back_is_not_told(database: Database) -> None:
    with database.transaction() as db:
        append(db, NURSE, action="kept", now=NOW, category="access")
        with contextlib.suppress(RuntimeError), db.begin_nested():
            append(db, NURSE, action="lost", now=NOW, category="access")
            raise RuntimeError
        with db.begin_nested():
            append(db, NURSE, action="kept too", now=NOW, category="access")

    assert [each["action"] for each in events(database)] == ["audit.begun", "kept", "kept too"]


def test_the_event_is_committed_with_what_it_tells_of(database: Database) -> None:
    """M15: an event that is written after the commit would be missing here, and one that is written before it, left over."""
    seen: list[tuple[int, int]] = []
    with database.transaction() as db:
        add_site(db)
        append(db, NURSE, action="opened", now=NOW, category="settings")
        sqlalchemy.event.listen(database.engine, "commit", lambda connection: seen.append(counts(connection)))

    assert seen == [(1, 2)]


def counts(connection: sqlalchemy.Connection) -> tuple[int, int]:
    sites, told = connection.exec_driver_sql("SELECT (SELECT count(*) FROM site), (SELECT count(*) FROM audit_event)").one()
    return sites, told


def test_a_change_that_cannot_be_told_is_not_made(database: Database) -> None:
    def break_the_chain(*_: object) -> None:
        raise OSError

    with pytest.raises(OSError), database.transaction() as db:  # noqa: PT011, PT012
        add_site(db)
        append(db, NURSE, action="opened", now=NOW, category="settings")
        sqlalchemy.event.listen(db, "do_orm_execute", break_the_chain)

    with database.engine.connect() as connection:
        assert counts(connection) == (0, 0)


def test_what_nobody_tried_is_told_too(database: Database) -> None:
    database.run(lambda db: append(db, NOBODY, action="sign in", now=NOW, category="access", outcome="denied"))

    told = events(database)[-1]
    assert (told["actor_kind"], told["actor_id"], told["source"], told["outcome"]) == ("nobody", "", "10.6.6.6", "denied")


@pytest.mark.parametrize(
    ("author", "now", "category"),
    [(NAMELESS, NOW, "access"), (NURSE, datetime(2026, 11, 23), "access"), (NURSE, NOW, "gossip")],  # noqa: DTZ001
    ids=["nameless", "no zone", "no such category"],
)
def test_an_event_says_who_when_and_what_of(database: Database, author: Author, now: datetime, category: str) -> None:
    with pytest.raises(ValueError, match=r"\w"), database.transaction() as db:
        append(db, author, action="x", now=now, category=category)


def test_a_look_cannot_write_an_event(database: Database) -> None:
    with database.reading() as db, pytest.raises(ValueError, match="only looks"):
        append(db, NURSE, action="x", now=NOW, category="access")


def test_no_byte_from_outside_breaks_the_chain(database: Database) -> None:
    hostile = Author(AuthorKind.STAFF, "a\0\ud800", device="\udfff\U0001f600" * 300, operation="x")
    database.run(lambda db: append(db, hostile, action="x", now=NOW, category="access", reason="\0" * 5000))

    event = events(database)[-1]

    assert event["actor_id"] == "a\ufffd\ufffd"
    assert (len(event["device"]), len(event["reason"])) == (200, 2000)


def test_a_clock_that_goes_back_says_so(database: Database) -> None:
    for now in (NOW, NOW - timedelta(seconds=90), NOW - timedelta(days=1)):
        database.run(lambda db, at=now: append(db, NURSE, action="x", now=at, category="access"))  # type: ignore[misc]

    assert [each["action"] for each in events(database)] == ["audit.begun", "x", "x", "audit.clock_went_back", "x"]


def test_many_at_once_make_one_chain(database: Database) -> None:
    def work(number: int) -> None:
        database.run(lambda db: append(db, NURSE, action=f"call {number}", now=NOW, category="access"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(80)))

    told = events(database)
    assert [each["seq"] for each in told] == list(range(1, 82))
    assert all(after["prev"] == before["hash"] for before, after in pairwise(told))
    assert {each["action"] for each in told} == {"audit.begun", *(f"call {number}" for number in range(80))}


@pytest.mark.parametrize(("table", "column"), [("audit_event", "reason"), ("audit_checkpoint", "hash"), ("review", "note")], ids=str)
def test_the_database_refuses_to_change_the_trail(database: Database, table: str, column: str) -> None:
    with database.transaction() as db:
        add_site(db)
        append(db, NURSE, action="x", now=NOW, category="access")
    fill = {
        "audit_checkpoint": "INSERT INTO audit_checkpoint VALUES (1, 1, 'h', 1, 0, 'k', 's')",
        "review": "INSERT INTO review SELECT 1, id, '2026-11-23', 'f', 'accepted', 'n', 'a', 1, '' FROM site",
    }
    with database.engine.begin() as connection:
        if table in fill:
            connection.exec_driver_sql(fill[table])
    replace = {"sqlite": "INSERT OR REPLACE INTO {table} SELECT * FROM {table}", "postgresql": "TRUNCATE {table}"}
    tried = ["UPDATE {table} SET {column} = 'bent'", "DELETE FROM {table}", replace[database.engine.dialect.name]]
    for statement in tried:
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="audit_is_append_only"), database.engine.begin() as connection:
            connection.exec_driver_sql(statement.format(table=table, column=column))


def test_every_category_of_the_permission_table_can_be_told() -> None:
    told = {row.category for row in standard_table().rows if row.category}

    assert told <= {each.value for each in Category}
